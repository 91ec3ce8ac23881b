#include <doctest/doctest.h>

#include "rules/language/plan.hpp"
#include "rules/limits.hpp"
#include "tests/rules/language/packs.hpp"

using namespace anban;
using namespace anban::language;
using namespace anban::test;
using namespace std::chrono_literals;

TEST_CASE("a pack reads as it is written [language-1]") {
    const auto read = read_pack(R"(
pack cardiac "心脏病" "Heart disease"      # for residents with heart disease
alarm bradycardia "心率过低" "Heart rate low" {
  class suspected
  priority high
  param low = 40 bpm in 30 bpm .. 60 bpm
  param stay = 1 min in 30 s .. 5 min
  when  heart_rate < low for stay
  clear heart_rate > low + 5 bpm for 2 min
  inhibited by fall, off_body
  detect within 3 min
}
alarm fall "跌倒" {
  class life-safety
  when  fall
  hold  20 s unless cancel or own bed_occupied becomes true
}
alarm off_body { class technical about home when tamper is true }
)",
                                "cardiac.rules");
    REQUIRE(read);
    CHECK(read->name == "cardiac");
    CHECK(read->title_zh == "心脏病");
    CHECK(read->title_en == "Heart disease");
    REQUIRE(read->rules.size() == 3);
    const alarm_rule& low = read->rules[0];
    CHECK(low.id.str() == "bradycardia");
    CHECK(low.pack == "cardiac");
    CHECK(low.urgency == priority::high);
    CHECK(low.parameters == std::vector<parameter>{{"low", 40, 30, 60, "bpm"}, {"stay", 60, 30, 300, "s"}});
    REQUIRE(low.when.nodes.size() == 2);
    CHECK(low.when.nodes[0].kind == node_kind::compare);
    CHECK(low.when.nodes[0].against.param == "low");
    CHECK(low.when.root().kind == node_kind::lasts);
    CHECK(low.when.root().lasting == 60s);
    CHECK(low.when.root().lasting_param == "stay");
    CHECK(low.clear.nodes[0].against.value == 45);
    CHECK(low.clear.nodes[0].against.offset == 5);
    CHECK(low.inhibited_by == std::vector{rule_id{"fall"}, rule_id{"off_body"}});
    CHECK(low.detect_within == 3min);
    const alarm_rule& fall = read->rules[1];
    CHECK(fall.title_en == "跌倒");
    CHECK(fall.urgency == priority::high);
    CHECK(fall.hold == 20s);
    CHECK(fall.unless.size() == 2);
    CHECK(read->rules[2].about_home);
    CHECK(read->rules[2].title_zh == "off_body");
}

TEST_CASE("a pack's fall equals the built-in one where it says the same [language-1]") {
    auto r = only_rule(
        "pack p alarm fall \"跌倒\" \"Fall\" { class life-safety when own fall hold 20 s unless own cancel or own "
        "bed_occupied becomes true }");
    r.pack.clear();
    CHECK(r == built_in_rules().back());
}

TEST_CASE("each condition reads and is said again in the same words [language-1] [language-9]") {
    for (const char* as : {
             "heart_rate < 40 bpm",
             "own heart_rate >= 130 bpm",
             "temperature > 38.5 °C",
             "link_quality < 20",
             "news2 >= 7 points",
             "heart_rate > baseline over 14 d + 3 spread",
             "heart_rate <= baseline over 5 d",
             "mean of weight over 3 d > baseline over 28 d - 0.5 spread",
             "bed_occupied is false",
             "smoke in kitchen is true",
             "last motion in bathroom",
             "last motion in bathroom and no motion elsewhere for 4 h",
             "no motion anywhere for 10 h",
             "no own motion for 10 h",
             "heart_rate unheard for 1 h",
             "heart_rate unheard for 1 h and bed_occupied is true",
             "mean of heart_rate over 10 min from 3 readings < 45 bpm",
             "min of spo2 over 1 h < 88 %",
             "max of temperature over 6 h > 38.5 °C",
             "sum of water_use over 12 h < 10 l",
             "rate of weight over 3 d > 0.6 kg/d",
             "rate of temperature over 2 h > 1 °C/h",
             "count of heart_rate over 1 h < 3 readings",
             "count of fall over 1 d >= 3 times",
             "count of door_open becomes true over 1 h > 5 times",
             "during 22:00..06:00",
             "bed_occupied is false and during 22:00..06:00",
             "alarm fall is active",
             "not alarm fall is active",
             "not (heart_rate < 40 bpm for 1 min)",
             "heart_rate < 40 bpm for 90 s",
             "(heart_rate < 40 bpm or spo2 < 90 %) for 1 min",
             "(heart_rate < 40 bpm for 1 min) or spo2 < 90 %",
             "(no motion for 1 h) for 10 min",
             "motion is true and bed_occupied is true or smoke is true",
             "motion is true and (bed_occupied is true or smoke is true)",
             "motion is true and (bed_occupied is true and smoke is true)",
             "fall",
             "fall or sos or cancel",
             "fall or (sos or cancel)",
             "bed_occupied becomes false",
             "(bed_occupied is false) becomes true",
             "(heart_rate < 40 bpm for 1 min) becomes true",
             "fall then sos within 10 min",
             "visit_started without visit_ended within 2 h",
             "fall while no motion for 10 min",
             "fall while (bed_occupied is false and during 22:00..06:00)",
             "(fall then sos within 1 min) then cancel within 500 ms",
             "(fall while motion is true) or sos",
         }) {
        CHECK(reads_as(as) == as);
    }
}

TEST_CASE("what may be left out is understood [language-1]") {
    CHECK(reads_as("bed_occupied is false during 22:00..06:00") ==
          "bed_occupied is false and during 22:00..06:00");
    CHECK(reads_as("fall during 22:00..06:00") == "fall while during 22:00..06:00");
    CHECK(reads_as("own bed_occupied is false for 30 min during 22:00..06:00") ==
          "(own bed_occupied is false for 30 min) and during 22:00..06:00");
    CHECK(reads_as("heart_rate > baseline") == "heart_rate > baseline over 14 d");
    CHECK(reads_as("heart_rate<40bpm for 60s") == "heart_rate < 40 bpm for 1 min");
    CHECK(reads_as("heart_rate < 40 bpm + 5 bpm") == "heart_rate < 45 bpm");
    CHECK(reads_as("((fall))") == "fall");
    CHECK(reads_as("fall then sos within 1 min then cancel within 5 min") ==
          "(fall then sos within 1 min) then cancel within 5 min");
}

TEST_CASE("a tree keeps every child before its parent [language-1]") {
    const auto r = rule_with("when (heart_rate < 40 bpm or spo2 < 90 %) for 60 s and no motion for 1 h");
    CHECK(r.id.empty()); // refused: see the next line
    const auto e = rule_with("when ((heart_rate < 40 bpm or spo2 < 90 %) for 60 s) and no motion for 1 h").when;
    REQUIRE(e.nodes.size() == 6);
    for (std::size_t i = 0; i < e.nodes.size(); ++i) {
        for (const auto child : {e.nodes[i].a, e.nodes[i].b}) CHECK((child == no_child || child < i));
    }
    CHECK(e.root().kind == node_kind::both);
}

TEST_CASE("elsewhere is any room but the one named before it [language-1]") {
    const auto r =
        rule_with("when last motion in bathroom and no motion elsewhere for 4 h\n clear motion elsewhere is true");
    REQUIRE_FALSE(r.id.empty());
    CHECK(r.when.nodes[0].what.from == selector{selector::scope::plain, room_id{"bathroom"}});
    CHECK(r.when.nodes[1].what.from == selector{selector::scope::elsewhere, room_id{"bathroom"}});
    CHECK(r.clear.nodes[0].what.from.room.str() == "bathroom");
    CHECK(mistake_when("no motion elsewhere for 4 h").contains("needs a room named before it"));
}

TEST_CASE("a room is called by a general word or its id in the home [language-1]") {
    for (const char* room : {"bathroom", "bedroom-2", "2f-bath", "room.3", "301", "wc", "living-room"})
        CHECK(reads_as(std::string{"last motion in "} + room) == std::string{"last motion in "} + room);
    CHECK(mistake_when("last motion in batroom").contains("did you mean 'bathroom'?"));
    CHECK(mistake_when("last motion in 卧室").contains("a room is expected here"));
}

TEST_CASE("a number keeps its value whatever unit it was written in [language-1]") {
    const auto r = rule_with("param more = 0.1 kg/h in 0.1 kg/h .. 5 kg/d\n param t = 1.5 h in 1 h .. 1 d\n"
                             "when (rate of weight over t > more) for t");
    REQUIRE_FALSE(r.id.empty());
    CHECK(r.parameters[0] == parameter{"more", 2.4, 2.4, 5, "kg/d"});
    CHECK(r.parameters[1] == parameter{"t", 5400, 3600, 86400, "s"});
    CHECK(r.when.nodes[0].against.value == 2.4);
    CHECK(r.when.nodes[0].lasting == 90min);
}

TEST_CASE("where something stands in the text is no part of what it means [language-1]") {
    auto a = rule_with("when heart_rate < 40 bpm for 60 s");
    const auto b = rule_with("   when   heart_rate < 40 bpm # slow\n for 1 min");
    CHECK(a == b);
    CHECK(a.when.nodes[0].at.offset != b.when.nodes[0].at.offset);
}

TEST_CASE("a text may begin with a byte order mark and have Windows' line ends [language-7]") {
    const auto read =
        read_pack("\xef\xbb\xbfpack p\r\nalarm a {\r\n  class suspected # c\r\n  when fall\r\n}\r\n", "p");
    REQUIRE(read);
    CHECK(read->rules.size() == 1);
    CHECK(mistakes_in("\xef\xbb\xbfpakc p").contains("p.rules:1:1: "));
    const auto wrong = read_pack("pack p\r\nalarm a {\r\n  class suspectd\r\n  when fall\r\n}\r\n", "p");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().front().source == "  class suspectd");
    CHECK(wrong.error().front().line == 3);
}

TEST_CASE("a pack in another encoding is refused, not half understood [language-7]") {
    CHECK(mistakes_in("pack p\nalarm a \"\xb5\xf8\xb5\xb9\" { class suspected when fall }")
              .contains("p.rules:2:1: the text isn't UTF-8\n    save the file as UTF-8 (it may be GBK)"));
    CHECK(mistakes_in(std::string{"\xff\xfep\0a\0", 6}).contains("it may be UTF-16"));
    CHECK(mistakes_in(std::string(limits::pack_bytes + 1, ' ')).contains("larger than 64 KiB"));
}
