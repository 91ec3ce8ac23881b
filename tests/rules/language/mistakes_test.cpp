#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "rules/limits.hpp"
#include "tests/rules/language/packs.hpp"

using namespace anban;
using namespace anban::language;
using namespace anban::test;

namespace {
[[nodiscard]] bool says(std::string_view told, std::string_view part) {
    INFO(std::string{told});
    CHECK(told.contains(part));
    return told.contains(part);
}
} // namespace

TEST_CASE("a mistake is told with file, line, column, the line, a caret and a hint [language-2]") {
    CHECK(mistake_when("heart_rat < 40 bpm") == "p.rules:4:8: there is no signal 'heart_rat'\n"
                                                "      when heart_rat < 40 bpm\n"
                                                "           ^\n"
                                                "    did you mean 'heart_rate'?\n");
    CHECK(mistake_when("heart_rat < 40 bpm", true) == "p.rules:4:8: 没有信号“heart_rat”\n"
                                                      "      when heart_rat < 40 bpm\n"
                                                      "           ^\n"
                                                      "    是否应为“heart_rate”？\n");
}

TEST_CASE("a column counts characters, and the caret stands right under wide ones [language-2]") {
    const auto read = read_pack("pack p alarm a \"心率\" { clas suspected when fall }", "p");
    REQUIRE_FALSE(read);
    CHECK(read.error().front().column == 23);
    CHECK(read.error().front().in_words().contains("\n    pack p alarm a \"心率\" { clas suspected when fall }"
                                                   "\n                            ^"));
    CHECK(mistakes_in("pack p\nalarm a {\n\tclass suspected\n\twhen fal\n}")
              .contains("\n    \twhen fal\n    \t     ^"));
}

TEST_CASE("a very long line is shown in part, and no control character reaches a terminal [language-2]") {
    const std::string told = mistake_when(std::string(5000, ' ') + "heart_rat < 40 bpm");
    CHECK(told.size() < 700);
    CHECK(says(told, "heart_rat < 40 bpm"));
    const std::string escape = mistakes_in("pack p \x1b[2J alarm a { class suspected when fall }");
    CHECK_FALSE(escape.contains('\x1b'));
    CHECK(says(mistakes_in("pack p \"\x1b[2J\""), "control character"));
    // Found by fuzzing: a title where a condition belongs is quoted in the complaint.
    const std::string quoted = mistake_when("\"\x1b[2J\xc2\x9b\"");
    CHECK(says(quoted, "a condition is expected here, not '\"?[2J?\"'"));
    CHECK_FALSE(quoted.contains('\x1b'));
}

TEST_CASE("several mistakes are told in one run, each once [language-2]") {
    const auto read = read_pack(R"(pack p
alarm a {
  clas suspected
  when heart_rat < 40 bpm
  clear heart_rate > 45 s
}
alarm b {
  class suspectd
  when bed_occupied
}
alarm c { class suspected when fall }
alarm c { class suspected when fall }
)",
                                "p");
    REQUIRE_FALSE(read);
    std::vector<std::size_t> lines;
    for (const auto& e : read.error()) lines.push_back(e.line);
    CHECK(lines == std::vector<std::size_t>{3, 4, 5, 8, 9, 12});
}

TEST_CASE("a param that doesn't read isn't held against what uses it [language-2]") {
    const auto read =
        read_pack(pack_with("param low = 40 bpm in 50 bpm .. 60 bpm\n when heart_rate < low for 60 s"), "p");
    REQUIRE_FALSE(read);
    CHECK(read.error().size() == 1);
}

TEST_CASE("no more mistakes are told than the bound [language-2]") {
    std::string text = "pack p\n";
    for (int i = 0; i < 100; ++i) text += "alarm a" + std::to_string(i) + " { class x when y }\n";
    const auto read = read_pack(text, "p");
    REQUIRE_FALSE(read);
    CHECK(read.error().size() == limits::pack_errors);
    const auto signs = read_pack("pack p " + std::string(1000, '"') + std::string(1000, '\n'), "p");
    CHECK(signs.error().size() <= limits::pack_errors);
}

TEST_CASE("every word is asked back where another was probably meant [language-2]") {
    CHECK(says(mistakes_in("pakc p"), "did you mean 'pack'?"));
    CHECK(says(mistakes_in("pack p alrm a {}"), "did you mean 'alarm'?"));
    CHECK(says(mistake_with("wehn fall"), "did you mean 'when'?"));
    CHECK(says(mistakes_in("pack p alarm a { class life-safty when fall }"), "did you mean 'life-safety'?"));
    CHECK(says(mistake_with("priority hgh when fall"), "did you mean 'high'?"));
    CHECK(says(mistake_when("heart_rate < 40 bmp"), "did you mean 'bpm'?"));
    CHECK(
        says(mistake_with("param low = 40 bpm in 30 bpm .. 60 bpm when heart_rate < lo"), "did you mean 'low'?"));
    CHECK(says(mistake_when("bed_occupied is flase"), "did you mean 'false'?"));
    CHECK(says(mistake_when("alarm fall is activ"), "did you mean 'active'?"));
    CHECK(says(mistake_when("fall then sos witin 5 min"), "'within' is expected here"));
    CHECK(says(mistake_when("men of heart_rate over 1 h < 40 bpm"), "did you mean 'mean'?"));
}

TEST_CASE("signs of a Chinese keyboard are named with what to write instead [language-2]") {
    CHECK(says(mistakes_in("pack p “独居”"), "'“' is a full-width sign"));
    CHECK(says(mistake_when("heart_rate ＜ 40 bpm"), "write <"));
    CHECK(says(mistake_when("temperature > 38 ℃"), "write °C"));
    CHECK(says(mistake_when("temperature > 38 ℃", true), "改写为半角 °C"));
}

TEST_CASE("units must be the signal's [language-3]") {
    CHECK(says(mistake_when("heart_rate > 40 s"), "'heart_rate' is measured in 'bpm', not in 's'"));
    CHECK(says(mistake_when("heart_rate > 40 s"), "how long it must last comes after it: … bpm for 60 s"));
    CHECK(says(mistake_when("heart_rate > 40"), "no unit is written"));
    CHECK(says(mistake_when("link_quality > 40 %"), "has no unit"));
    CHECK(says(mistake_when("heart_rate > 40 bpm + 5 s"), "not in 's'"));
    CHECK(says(mistake_when("heart_rate < 40 bpm for 60 bpm"), "'bpm' is no unit of time"));
    CHECK(says(mistake_when("heart_rate < 40 bpm for 60"), "needs a unit of time"));
    CHECK(says(mistake_when("rate of weight over 3 d > 1 kg"), "measured in 'kg/d', not in 'kg'"));
    CHECK(says(mistake_when("count of fall over 1 h >= 3"), "measured in 'times'"));
    CHECK(says(mistake_with("param tt = 1 h in 1 h .. 2 h when heart_rate < tt"),
               "measured in 'bpm', and 'tt' in 's'"));
    CHECK(says(mistake_with("param low = 40 bpm in 30 bpm .. 50 bpm when heart_rate < low for low"),
               "is no duration"));
    CHECK(says(mistake_with("param low = 40 bpm in 30 bpm .. 50 bpm when heart_rate < low + 5 s"),
               "can't be added"));
    CHECK(says(mistake_with("param low = 40 bpm in 30 s .. 50 bpm when heart_rate < low"), "one kind of unit"));
    CHECK(says(mistake_with("detect within 5 bpm when fall"), "a duration is expected"));
}

TEST_CASE("states and events are told apart [language-3]") {
    CHECK(says(mistake_when("fall for 5 s"), "an event has no duration"));
    CHECK(says(mistake_when("fall and bed_occupied is true"), "'and' needs a state, and 'fall' is an event"));
    CHECK(says(mistake_when("fall and bed_occupied is true"), "fall while (…)"));
    CHECK(says(mistake_when("not fall"), "'not' needs a state"));
    CHECK(says(mistake_when("fall or bed_occupied is true"), "joins two states or two events"));
    CHECK(says(mistake_when("motion is true then fall within 5 min"), "'then' needs an event"));
    CHECK(says(mistake_when("motion is true then fall within 5 min"), "(motion is true) becomes true"));
    CHECK(says(mistake_when("fall then motion is true within 5 min"), "'then' needs an event"));
    CHECK(says(mistake_when("fall while sos"), "'while' needs a state"));
    CHECK(says(mistake_when("(fall) becomes true"), "'becomes' needs a state"));
    CHECK(says(mistake_when("count of motion over 1 h > 3 times"), "'motion' is true or false"));
    CHECK(says(mistake_when("count of (motion is true) over 1 h > 3 times"), "'count of' needs an event"));
    CHECK(says(mistake_when("bed_occupied"), "is true or false; say which"));
    CHECK(says(mistake_when("bed_occupied < 1"), "is true or false; say which"));
    CHECK(says(mistake_when("heart_rate is true"), "is a quantity and neither true nor false"));
    CHECK(says(mistake_when("fall is true"), "is an event and has no value"));
    CHECK(says(mistake_when("heart_rate = 40 bpm"), "never exactly equal"));
    CHECK(says(mistake_when("last heart_rate in bathroom"), "is a quantity"));
    CHECK(says(mistake_when("mean of motion over 1 h > 1"), "is no quantity"));
    CHECK(says(mistake_with("when heart_rate < 40 bpm hold 5 s"), "a hold goes with an event"));
    CHECK(says(mistake_with("when fall clear motion is true"), "an event doesn't clear"));
    CHECK(says(mistake_with("when motion is true clear fall"), "'clear' needs a state"));
    CHECK(says(mistake_with("when fall hold 20 s unless motion is true"), "'unless' needs an event"));
}

TEST_CASE("what is computed can only be compared [language-3]") {
    CHECK(says(mistake_when("own news2 > 5 points"), "without 'own' or a place"));
    CHECK(says(mistake_when("news2 in bathroom > 5 points"), "without 'own' or a place"));
    CHECK(says(mistake_when("no news2 for 1 h"), "can only be compared"));
    CHECK(says(mistake_when("news2 unheard for 1 h"), "is computed"));
    CHECK(says(mistake_when("mean of news2 over 1 h > 5 points"), "can only be compared"));
    CHECK(says(mistake_when("news2 > baseline"), "has no baseline"));
    CHECK(reads_as("no activity for 10 h") == "no activity for 10 h");
}

TEST_CASE("a limit that no reading can meet, or every one, is a mistake [language-3]") {
    CHECK(says(mistake_when("heart_rate > 300 bpm"), "readings can never meet this: they lie between 20 and 300"));
    CHECK(says(mistake_when("heart_rate >= 20 bpm"), "readings can only meet this"));
    CHECK(says(mistake_with("param low = 90 % in 40 % .. 94 % when spo2 < low"), "(low = 40)"));
    CHECK(says(mistake_when("count of fall over 1 h >= 0 times"), "only meet"));
    CHECK(says(mistake_when("count of fall over 1 h >= 1.5 times"), "a whole number"));
}

TEST_CASE("the class of an alarm binds its clauses [language-4]") {
    const auto of = [](std::string_view cls, std::string_view rest, std::string_view name = "x") {
        return mistakes_in("pack p alarm " + std::string{name} + " { class " + std::string{cls} + " " +
                           std::string{rest} + " }");
    };
    CHECK(says(of("life-safety", "when fall inhibited by y"), "life safety can't be inhibited"));
    CHECK(says(of("life-safety", "param low = 40 bpm in 30 bpm .. 50 bpm when heart_rate < low"),
               "life safety has no parameters"));
    CHECK(says(of("life-safety", "when smoke is true and not alarm y is active"), "held down by another alarm"));
    CHECK(of("life-safety", "when smoke is true and alarm y is active") == "no mistake");
    CHECK(says(of("life-safety", "priority medium when fall"), "class life-safety doesn't have priority medium"));
    CHECK(of("life-safety", "priority high when fall") == "no mistake");
    CHECK(of("suspected", "priority high when fall") == "no mistake");
    CHECK(says(of("suspected", "priority low when fall"), "high or medium"));
    CHECK(says(of("service", "priority medium when visit_started"), "doesn't have priority"));
    CHECK(says(of("technical", "priority high when battery_low is true"), "doesn't have priority"));
    CHECK(says(of("life-safety", "when sos", "sos"), "'sos' is built in"));
    CHECK(says(of("service", "when service", "service"), "'service' is built in"));
    CHECK(says(of("technical", "when fall", "fall"), "an alarm called 'fall' is life safety"));
    CHECK(says(mistake_when("alarm sos is active"), "has no memory"));
    CHECK(says(mistake_with("when motion is true inhibited by sos"), "can't inhibit this alarm"));
    CHECK(says(mistake_when("alarm a is active"), "can't depend on itself"));
    CHECK(says(mistake_with("when motion is true inhibited by a"), "can't inhibit this alarm"));
}

TEST_CASE("what can be read in two ways is refused with both ways to write it [language-5]") {
    CHECK(says(mistake_when("heart_rate < 40 bpm and spo2 < 90 % for 60 s"),
               "'for' beside 'and' can be read in two ways"));
    CHECK(
        says(mistake_when("heart_rate < 40 bpm and spo2 < 90 % for 60 s"),
             "heart_rate < 40 bpm and (spo2 < 90 % for 60 s), or (heart_rate < 40 bpm and spo2 < 90 %) for 60 s"));
    CHECK(says(mistake_when("heart_rate < 40 bpm for 60 s or spo2 < 90 %"), "'for' beside 'or'"));
    CHECK(says(mistake_when("not motion is true for 60 s"),
               "not (motion is true for 60 s), or (not motion is true) for 60 s"));
    CHECK(says(mistake_when("motion is true and smoke is true during 22:00..06:00"), "'during' beside 'and'"));
    CHECK(says(mistake_when("fall or sos while motion is true"), "'while' beside 'or'"));
    CHECK(says(mistake_when("fall then sos within 1 min or cancel"), "'then' beside 'or'"));
    CHECK(says(mistake_when("fall without sos within 1 min or cancel"), "'without' beside 'or'"));
    CHECK(says(mistake_with("when fall hold 20 s unless cancel or sos while motion is true"),
               "'while' beside 'or'"));
    CHECK(says(mistake_when("fall while bed_occupied is false for 5 min"), "put parentheses around"));
    CHECK(mistake_when("last motion in bathroom and no motion elsewhere for 4 h") == "no mistake");
    CHECK(mistake_with("when fall hold 20 s unless cancel while motion is true") == "no mistake");
}

TEST_CASE("an alarm is whole, and says nothing twice [language-2]") {
    CHECK(says(mistakes_in("pack p alarm a { when fall }"), "no class"));
    CHECK(says(mistake_with("priority high"), "no 'when'"));
    CHECK(says(mistake_with("when fall when sos"), "has a 'when' already"));
    CHECK(says(mistake_with("class suspected when fall"), "has a 'class' already"));
    CHECK(says(mistake_with("param low = 40 bpm in 30 bpm .. 50 bpm when fall"),
               "nothing uses the parameter 'low'"));
    CHECK(says(mistake_with("param low = 4 h in 1 h .. 5 h param low = 4 h in 1 h .. 5 h when no motion for low"),
               "there is a parameter 'low' already"));
    CHECK(says(mistake_with("param low = 4 h in 5 h .. 6 h when no motion for low"),
               "outside its bounds 5 h .. 6 h"));
    CHECK(says(mistake_with("when motion is true inhibited by b, b"), "named twice"));
    CHECK(says(mistakes_in("pack p alarm a { class suspected when fall"), "this alarm has no end"));
    CHECK(says(mistakes_in("pack p alarm a { class suspected when fall alarm b { class suspected when fall }"),
               "this alarm has no end"));
    CHECK(says(mistakes_in("pack p alarm when { class suspected when fall }"), "it is a word of the language"));
    CHECK(
        says(mistakes_in("pack p alarm 呼救 { class suspected when fall }"), "the alarm's name is expected here"));
    CHECK(
        says(mistake_with("param motion = 4 h in 1 h .. 5 h when no motion for 1 h"), "it is a signal or a unit"));
    CHECK(says(mistakes_in("pack p alarm a \"no end\n"), "this text has no end"));
    CHECK(says(mistakes_in(""), "'pack' is expected here, not the end of the file"));
    CHECK(says(mistake_when("own motion in bathroom is true"), "can't stand together"));
    CHECK(says(mistake_when("during 22:00..22:00"), "two times of day"));
    CHECK(says(mistake_when("during 22:00..24:00"), "'24:00' is no time of day"));
    CHECK(says(mistake_when("heart_rate > baseline over 4 d"), "5 to 28 whole days"));
    CHECK(says(mistake_when("mean of heart_rate over 1 h from 0 readings > 50 bpm"), "whole number from 1"));
}

TEST_CASE("an alarm is bounded in every direction [language-6]") {
    std::string many = "fall";
    for (std::size_t i = 0; i < 10; ++i) many += " or (fall or fall or fall)";
    CHECK(says(mistake_when(many), "more than 32 conditions in one alarm"));
    const std::string deep(limits::rule_depth + 1, '(');
    CHECK(says(mistake_when(deep + "fall" + std::string(limits::rule_depth + 1, ')')),
               "parentheses inside each other"));
    CHECK(says(mistake_when(std::string(30'000, '(')), "parentheses inside each other"));
    std::string left = "motion is true";
    for (std::size_t i = 0; i < limits::rule_depth; ++i) left += " for 1 s";
    CHECK(says(mistake_when(left), "deep inside each other"));
    CHECK(says(mistake_when("no motion for 32 d"), "between 1 ms and 31 d"));
    CHECK(says(mistake_when("no motion for 0 s"), "between 1 ms and 31 d"));
    CHECK(says(mistake_when("mean of heart_rate over 10 ms > 50 bpm"), "between 16 ms and 31 d"));
    CHECK(says(mistake_with("param t = 1 d in 0 s .. 2 d when no motion for t"), "between 1 ms and 31 d"));
    CHECK(says(mistake_when("heart_rate < 40.1234567 bpm"), "can't be kept exactly"));
    CHECK(says(mistake_when("heart_rate < 99999999999999999999 bpm"), "can't be kept exactly"));
    std::string unless = "when fall hold 20 s unless sos";
    for (std::size_t i = 0; i < limits::unless_terms; ++i) unless += " or sos";
    CHECK(says(mistake_with(unless), "more than 8 conditions after 'unless'"));
    std::string params = "when fall";
    for (std::size_t i = 0; i <= limits::rule_parameters; ++i)
        params += " param p" + std::to_string(i) + " = 1 h in 1 h .. 2 h";
    CHECK(says(mistake_with(params), "more than 16 parameters"));
    std::string inhibitors = "when motion is true inhibited by i";
    for (std::size_t i = 0; i < limits::inhibitors; ++i) inhibitors += ", i" + std::to_string(i);
    CHECK(says(mistake_with(inhibitors), "more than 8 inhibitors"));
    std::string alarms = "pack p\n";
    for (std::size_t i = 0; i <= limits::rules_per_resident; ++i)
        alarms += "alarm a" + std::to_string(i) + " { class suspected when fall }\n";
    CHECK(says(mistakes_in(alarms), "more than 128 alarms in one pack"));
    CHECK(says(mistakes_in("pack " + std::string(limits::id_bytes + 1, 'x')), "at most 64"));
    CHECK(says(mistakes_in("pack p \"" + std::string(limits::title_bytes + 1, 'x') + "\""),
               "longer than 256 bytes"));
}
