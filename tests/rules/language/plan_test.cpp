#include "rules/language/plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "rules/limits.hpp"
#include "tests/rules/language/packs.hpp"

using namespace anban;
using namespace anban::language;
using namespace std::chrono_literals;

namespace {

[[nodiscard]] pack read(std::string_view text) {
    auto p = read_pack(text, "p.rules");
    INFO(test::mistakes_in(text));
    REQUIRE(p);
    return std::move(*p);
}

const char* const cardiac = R"(pack cardiac "心脏病"
alarm bradycardia "心率过低" "Heart rate low" {
  class suspected
  param low = 40 bpm in 30 bpm .. 60 bpm
  param long = 1 min in 10 s .. 10 min
  when  heart_rate < low for long
  clear heart_rate > low + 5 bpm for 2 min
})";

[[nodiscard]] installation home_of(std::vector<care_plan> plans) {
    installation where;
    where.plans = std::move(plans);
    return where;
}
[[nodiscard]] care_plan plan(const char* who, std::vector<std::string> packs,
                             std::vector<plan_override> overrides = {}) {
    return {.who = resident_id{who}, .packs = std::move(packs), .overrides = std::move(overrides)};
}

// "bradycardia@r-wang fall@r-wang fall@home"
[[nodiscard]] std::string names(const effective_rules& e) {
    std::string all;
    for (const auto& r : e.rules) {
        if (!all.empty()) all += ' ';
        all += r.rule.id.str() + "@" + (r.who.id.empty() ? "home" : r.who.id);
    }
    return all;
}

[[nodiscard]] std::string problems(const effective_rules& e) {
    std::string all;
    for (const auto& p : e.problems) {
        CHECK_FALSE(p.what_zh.empty());
        CHECK_FALSE(p.cure_en.empty());
        CHECK_FALSE(p.cure_zh.empty());
        all += p.who.str() + ": " + p.what_en + " (" + p.cure_en + ")\n";
    }
    return all;
}

} // namespace

TEST_CASE("without any pack everybody has the built-in fall [language-10]") {
    auto where = home_of({plan("r-wang", {}), plan("r-li", {})});
    where.free_beds = {bed_id{"bed-2"}};
    const auto laid = lay_plans({}, where);
    CHECK(names(laid) == "fall@r-wang fall@r-li fall@bed-2 fall@home");
    CHECK(laid.rules[0].rule.hold == 20s);
    CHECK(laid.problems.empty());
    CHECK(built_in_rules().size() == 3);
}

TEST_CASE("a rule runs once for each resident whose plan names its pack [language-10]") {
    const auto p = read(std::string{cardiac} + "\nalarm gas { class life-safety about home when gas is true }");
    const auto laid =
        lay_plans({p}, home_of({plan("r-wang", {"cardiac"}), plan("r-li", {}), plan("r-ma", {"cardiac"})}));
    CHECK(names(laid) == "fall@r-wang fall@r-li fall@r-ma fall@home bradycardia@r-wang bradycardia@r-ma gas@home");
    CHECK(laid.problems.empty());
}

TEST_CASE("a plan sets a parameter inside its bounds, and it is known where the number came from [language-11]") {
    const auto laid = lay_plans({read(cardiac)},
                                home_of({plan("r-wang", {"cardiac"},
                                              {{"", "cardiac.bradycardia", "low", 45, "bpm", "residents.toml:7"},
                                               {"cardiac", "bradycardia", "long", 2, "min", "residents.toml:12"}}),
                                         plan("r-li", {"cardiac"})}));
    CHECK(problems(laid).empty());
    REQUIRE(laid.rules.size() == 5);
    const auto& wang = laid.rules[3];
    CHECK(in_words(wang.rule.when) == "heart_rate < 45 bpm for 2 min");
    CHECK(in_words(wang.rule.clear) == "heart_rate > 50 bpm for 2 min");
    REQUIRE(wang.origins.size() == 2);
    CHECK(wang.origins[0].value == 45);
    CHECK(wang.origins[0].overridden);
    CHECK(wang.origins[0].where == "residents.toml:7");
    CHECK(wang.origins[1].value == 120);
    const auto& li = laid.rules[4];
    CHECK(in_words(li.rule.when) == "heart_rate < 40 bpm for 1 min");
    CHECK_FALSE(li.origins[0].overridden);
    CHECK(li.origins[0].where == "cardiac");
}

TEST_CASE("an override that doesn't fit is told, and the pack's value holds [language-11]") {
    const auto with = [](plan_override o) {
        return lay_plans({read(cardiac)}, home_of({plan("r-wang", {"cardiac"}, {std::move(o)})}));
    };
    const auto holds = [](const effective_rules& e) {
        return in_words(e.rules.back().rule.when) == "heart_rate < 40 bpm for 1 min";
    };
    const auto outside = with({"", "cardiac.bradycardia", "low", 61, "bpm", "residents.toml:7"});
    CHECK(problems(outside) ==
          "r-wang: residents.toml:7: low = 61 bpm lies outside its bounds; the pack's 40 bpm holds "
          "(allowed: 30 bpm .. 60 bpm)\n");
    CHECK(holds(outside));
    const auto unit = with({"", "cardiac.bradycardia", "low", 45, "s", ""});
    CHECK(problems(unit).contains("'low' is measured in 'bpm', not in 's'"));
    CHECK(holds(unit));
    CHECK(problems(with({"", "cardiac.bradycardia", "lo", 45, "bpm", ""}))
              .contains("has no parameter 'lo' (it has: low, long)"));
    CHECK(problems(with({"", "cardiac.tachycardia", "low", 45, "bpm", ""}))
              .contains("no alarm 'cardiac.tachycardia'"));
    CHECK(problems(with({"", "copd.bradycardia", "low", 45, "bpm", ""})).contains("no alarm"));
    CHECK(problems(with({"", "cardiac.bradycardia", "low", 60, "bpm", ""})).empty());
    CHECK(problems(with({"", "cardiac.bradycardia", "low", 30, "bpm", ""})).empty());
}

TEST_CASE("nothing overrides life safety, not even a rule made by hand [language-11]") {
    pack p = read("pack p alarm x { class life-safety when fall hold 20 s }");
    p.rules[0].parameters = {{"t", 20, 1, 3600, "s"}};
    p.rules[0].hold_param = "t";
    const auto laid = lay_plans({p}, home_of({plan("r", {"p"}, {{"p", "x", "t", 3600, "s", ""}})}));
    CHECK(problems(laid).contains("life safety can't be overridden"));
    CHECK(laid.rules.back().rule.hold == 20s);
}

TEST_CASE("a parameter reaches a hold and a window alike [language-11]") {
    const auto p =
        read("pack p alarm x { class suspected param t = 20 s in 10 s .. 60 s when visit_started hold t }\n"
             "alarm y { class suspected param n = 3 times in 2 times .. 9 times param w = 1 h in 1 h .. 1 d\n"
             "when count of fall over w >= n }");
    const auto laid = lay_plans(
        {p}, home_of({plan(
                 "r", {"p"},
                 {{"p", "x", "t", 45, "s", ""}, {"p", "y", "w", 6, "h", ""}, {"p", "y", "n", 5, "times", ""}})}));
    CHECK(problems(laid).empty());
    CHECK(laid.rules[2].rule.hold == 45s);
    CHECK(in_words(laid.rules[3].rule.when) == "count of fall over 6 h >= 5 times");
}

TEST_CASE("a pack's fall stands for the built-in one, for whom it concerns [language-10]") {
    const auto p = read("pack p alarm fall { class life-safety when fall hold 30 s unless cancel }");
    const auto laid = lay_plans({p}, home_of({plan("r-wang", {"p"}), plan("r-li", {})}));
    CHECK(names(laid) == "fall@r-li fall@home fall@r-wang");
    CHECK(laid.rules[2].rule.hold == 30s);
}

TEST_CASE("one alarm in two packs is one rule, two contents are a problem [language-12]") {
    const auto a = read("pack a alarm x \"甲\" { class suspected when motion is true }");
    const auto same = read("pack b\n# elsewhere\nalarm x { class suspected when motion is true }");
    const auto other =
        read("pack c alarm x { class suspected when motion is false } alarm y { class suspected when fall }");
    CHECK(names(lay_plans({a, same}, home_of({plan("r", {"a", "b"})}))) == "fall@r fall@home x@r");
    CHECK(lay_plans({a, same}, home_of({plan("r", {"a", "b"})})).problems.empty());
    const auto laid = lay_plans({a, other}, home_of({plan("r", {"c", "a"})}));
    CHECK(names(laid) == "fall@r fall@home x@r y@r");
    CHECK(problems(laid).contains("'x' is in the packs 'c' and 'a' with two contents; that of 'c' holds"));
    CHECK(in_words(laid.rules[2].rule.when) == "motion is false");
    // Two residents may have one each.
    CHECK(lay_plans({a, other}, home_of({plan("r", {"a"}), plan("s", {"c"})})).problems.empty());
}

TEST_CASE("a rule about the home runs once, whoever names it [language-10]") {
    const char* body =
        " alarm water { class suspected about home param t = 1 min in 1 s .. 1 h when water is true for t }";
    const auto a = read(std::string{"pack a"} + body);
    const auto b = read(std::string{"pack b"} + body);
    const auto laid =
        lay_plans({a, b}, home_of({plan("r", {"a"}), plan("s", {"b"}, {{"", "water", "t", 5, "s", ""}})}));
    CHECK(names(laid) == "fall@r fall@s fall@home water@home");
    CHECK(problems(laid).empty());
    CHECK(laid.rules.back().rule.when.root().lasting == 5s);
    const auto two = lay_plans({a, b}, home_of({plan("r", {"a"}, {{"", "water", "t", 9, "s", ""}}),
                                                plan("s", {"b"}, {{"", "water", "t", 5, "s", ""}})}));
    CHECK(names(two) == "fall@r fall@s fall@home water@home");
    CHECK(problems(two).contains("two plans set it in two ways"));
    CHECK(two.rules.back().rule.when.root().lasting == 9s);
}

TEST_CASE("what is missing is told, and the others run [language-12]") {
    const auto p = read("pack p alarm x { class suspected when alarm gone is active }\n"
                        "alarm y { class suspected when alarm x is active }\n"
                        "alarm z { class suspected when motion is true inhibited by gone, fall }");
    const auto laid = lay_plans({p, p}, home_of({plan("r", {"p", "nothing", "p"})}));
    CHECK(names(laid) == "fall@r fall@home z@r");
    CHECK(laid.rules[2].rule.inhibited_by == std::vector{rule_id{"fall"}});
    CHECK(problems(laid).contains("two files are the pack 'p'"));
    CHECK(problems(laid).contains("the pack 'nothing' isn't there"));
    CHECK(problems(laid).contains("'x' asks for the alarm 'gone'"));
    CHECK(problems(laid).contains("'y' asks for the alarm 'x'"));
    CHECK(problems(laid).contains("'z' is inhibited by 'gone', which isn't in the plan: it runs uninhibited"));
}

TEST_CASE("an alarm is found for the same subject or the home, not for a neighbour [language-12]") {
    const auto a = read("pack a alarm x { class suspected when motion is true }");
    const auto b = read("pack b alarm y { class suspected when alarm x is active }");
    const auto laid = lay_plans({a, b}, home_of({plan("r", {"a"}), plan("s", {"b"})}));
    CHECK(names(laid) == "fall@r fall@s fall@home x@r");
    CHECK(problems(laid).contains("s: 'y' asks for the alarm 'x'"));
    const auto home = read("pack a alarm x { class suspected about home when motion is true }");
    CHECK(names(lay_plans({home, b}, home_of({plan("r", {"a"}), plan("s", {"b"})}))) ==
          "fall@r fall@s fall@home x@home y@s");
}

TEST_CASE("a rule comes after those that it names, the others stay as written [language-13]") {
    const auto p = read("pack p alarm c { class suspected when alarm b is active }\n"
                        "alarm d { class suspected when motion is true }\n"
                        "alarm b { class suspected when motion is true inhibited by a }\n"
                        "alarm a { class suspected when motion is true }");
    CHECK(names(lay_plans({p}, home_of({plan("r", {"p"})}))) == "fall@r fall@home d@r a@r b@r c@r");
}

TEST_CASE("alarms that wait for each other are left out, whatever else there is runs [language-13]") {
    const auto p = read("pack p alarm a { class suspected when alarm b is active }\n"
                        "alarm b { class suspected when motion is true inhibited by c }\n"
                        "alarm c { class suspected when motion is true inhibited by b }\n"
                        "alarm d { class suspected when motion is true inhibited by b }\n"
                        "alarm e { class suspected when motion is true }");
    const auto laid = lay_plans({p}, home_of({plan("r", {"p"})}));
    CHECK(problems(laid).contains("wait for each other and are left out: 'b', 'c' ("));
    CHECK(problems(laid).contains("'a' asks for the alarm 'b'"));
    CHECK(problems(laid).contains("'d' is inhibited by 'b', which isn't in the plan"));
    CHECK(names(laid) == "fall@r fall@home d@r e@r");
}

TEST_CASE("a resident has at most so many rules [language-12]") {
    std::vector<pack> packs;
    care_plan everything = plan("r", {});
    for (int k = 0; k < 2; ++k) {
        std::string text = "pack p" + std::to_string(k) + "\n";
        for (int i = 0; i < 100; ++i)
            text += "alarm a" + std::to_string(k * 100 + i) + " { class suspected when fall }\n";
        packs.push_back(read(text));
        everything.packs.push_back("p" + std::to_string(k));
    }
    const auto laid = lay_plans(packs, home_of({everything}));
    CHECK(laid.rules.size() == limits::rules_per_resident + 2);
    CHECK(problems(laid).contains("the plan has 200 alarms, at most 128 run"));
}
