#include "rules/pack.hpp"

#include <doctest/doctest.h>

#include <random>

#include "rules/limits.hpp"

using namespace anban;
using namespace std::chrono_literals;

namespace {
std::string first_mistake(std::string_view body) {
    const auto read = read_pack(std::string{"pack p \"包\"\n"} + std::string{body}, "p.rules");
    return read ? "no mistake" : read.error().front().in_words();
}
bool says(std::string_view body, std::string_view part) {
    const std::string told = first_mistake(body);
    INFO(told);
    return told.find(part) != std::string::npos;
}
} // namespace

TEST_CASE("a pack reads as it is written [rules-12]") {
    const auto read = read_pack(R"(
pack cardiac "心脏病"       # for residents with heart disease
alarm fall "跌倒" "Fall" {
  class life-safety
  when  fall
  hold  20 s unless cancel or own bed_occupied becomes true
}
alarm bradycardia "心率过低" "Heart rate low" {
  class suspected
  param low = 40 bpm in 30 bpm .. 60 bpm
  when  heart_rate < low for 60 s
  clear heart_rate > low + 5 bpm for 2 min
}
alarm empty_bed "离床" { class technical  when bed_occupied is false for 1 h }
)",
                                "cardiac.rules");
    REQUIRE(read);
    CHECK(read->name == "cardiac");
    REQUIRE(read->rules.size() == 3);
    const rule& fall = read->rules[0];
    CHECK(fall.hold == 20s);
    CHECK(fall.unless.size() == 2);
    CHECK(fall.urgency == priority::high);
    const rule& low = read->rules[1];
    CHECK(std::get<comparison>(low.when).limit == 40);
    CHECK(low.for_at_least == 60s);
    CHECK(low.clear->limit == 45);
    CHECK(low.clear_for == 120s);
    CHECK(read->rules[2].title_en == "离床");
    CHECK(std::get<comparison>(read->rules[2].when).how == comparison::op::is_false);
}

TEST_CASE("a mistake is told with its place, its line and a hint [rules-13]") {
    CHECK(says("alarm a { class suspected when heart_rat < 40 bpm }",
               "p.rules:2:32: there is no signal 'heart_rat'"));
    CHECK(says("alarm a { class suspected when heart_rat < 40 bpm }", "did you mean 'heart_rate'?"));
    CHECK(says("alarm a { class suspected when heart_rate > 40 s }", "measured in 'bpm', not in 's'"));
    CHECK(says("alarm a { class suspected when heart_rate > 4000 bpm }", "can never be crossed"));
    CHECK(says("alarm a { class suspected when fall for 5 s }", "an event has no duration"));
    CHECK(says("alarm a { class suspected when heart_rate < 40 bpm hold 5 s }", "a hold goes with an event"));
    CHECK(says("alarm a { class deadly when fall }", "there is no class 'deadly'"));
    CHECK(says("alarm a { when fall }", "no class"));
    CHECK(says("alarm a { class suspected }", "no 'when'"));
    CHECK(says("alarm sos { class life-safety when sos }", "'sos' is built in"));
    CHECK(
        says("alarm a { class suspected param x = 70 bpm in 30 bpm .. 60 bpm when fall }", "outside its bounds"));
    CHECK(says("alarm a \"no end\n", "this text has no end"));
    CHECK(says("alarm a { class suspected when fall }\nalarm a { class suspected when fall }",
               "in this pack already"));
}

TEST_CASE("a pack in another encoding is refused, not half understood [rules-13]") {
    CHECK(says("alarm a \"\xb5\xf8\xb5\xb9\" { class suspected when fall }", "p.rules:2:1: the text isn't UTF-8"));
}

TEST_CASE("several mistakes are told at once [rules-13]") {
    const auto read =
        read_pack("pack p alarm a { when x } alarm b { class y } alarm c { class suspected when fall }", "p");
    REQUIRE_FALSE(read);
    CHECK(read.error().size() == 2);
}

TEST_CASE("no text crashes or hangs the reader [rules-14]") {
    std::mt19937 random{20261122};
    const std::string seed =
        "pack p \"x\" alarm fall \"a\" { class life-safety param l = 4 bpm in 1 bpm .. 9 bpm when "
        "heart_rate <= l + 5 bpm for 3 min hold 2 s unless cancel or own bed_occupied becomes true }";
    for (int i = 0; i < 20'000; ++i) {
        std::string text = seed;
        for (int k = 0; k < 4; ++k) {
            const std::size_t at = random() % text.size();
            switch (random() % 3) {
            case 0: text[at] = static_cast<char>(random()); break;
            case 1: text.erase(at, random() % 9); break;
            default: text.insert(at, text.substr(random() % text.size(), random() % 20)); break;
            }
            if (text.empty()) text = "p";
        }
        const auto read = read_pack(text, "f");
        if (!read) CHECK(read.error().size() <= limits::pack_errors + 4);
    }
}
