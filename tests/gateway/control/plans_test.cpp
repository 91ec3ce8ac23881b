// What a technician changes of rules: a resident's plan, and what lies on a shelf.
#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "rules/language/pack.hpp"
#include "rules/limits.hpp"
#include "tests/gateway/control/desk.hpp"

using namespace anban;
using namespace std::chrono_literals;
using namespace anban::control::testing;
namespace json = boost::json;

namespace {

constexpr const char* living_alone = R"(pack living-alone "独居"
alarm bradycardia "心率过低" "Heart rate low" {
  class suspected
  param low = 40 bpm in 30 bpm .. 60 bpm
  when heart_rate < low for 60 s
}
)";

constexpr const char* dementia = R"(pack dementia "失智"
alarm night_door "夜间开门" "Door at night" {
  class suspected
  when door_open becomes true
}
)";

[[nodiscard]] rule_packs packs() {
    rule_packs rules;
    for (const char* text : {living_alone, dementia}) rules.packs.push_back(*language::read_pack(text, "t.rules"));
    return rules;
}

[[nodiscard]] json::object shelve_request(const char* rule, const char* who, std::int64_t seconds) {
    return {{"do", "rule_shelve"},        {"rule", rule},    {"who", who}, {"by", "nurse 7"},
            {"reason", "band at repair"}, {"for_s", seconds}};
}

[[nodiscard]] std::vector<std::string> shelved_faults(const desk& d) {
    std::vector<std::string> found;
    for (const auto& f : const_cast<desk&>(d).home_world().core().faults()) {
        if (f.key.starts_with("rules.shelved.")) found.push_back(f.key + " " + f.what_en);
    }
    return found;
}

} // namespace

TEST_CASE(
    "a rule on a shelf is seen by everybody, survives a crash, and comes back by itself [control-9] [home-30]") {
    desk d{packs()};
    CHECK(d.ask(shelve_request("bradycardia", "r-wang", 7200)).at("ok").as_bool());
    (void)d.home_world().commit();
    CHECK(shelved_faults(d) ==
          std::vector<std::string>{"rules.shelved.bradycardia.r-wang Rule bradycardia of r-wang "
                                   "is shelved by nurse 7: band at repair"});
    const auto all = d.ask({{"do", "rules_shelved"}}).at("shelves").as_array();
    REQUIRE(all.size() == 1);
    CHECK(all.at(0).as_object().at("ends_in_s").to_number<int>() == 7200);
    SUBCASE("until its end") {
        d.pass(2h);
        CHECK(shelved_faults(d).empty());
        CHECK(d.home_world().core().shelves().empty());
    }
    SUBCASE("or until somebody brings it back") {
        CHECK(d.ask({{"do", "rule_unshelve"}, {"rule", "bradycardia"}, {"who", "r-wang"}}).at("ok").as_bool());
        CHECK(shelved_faults(d).empty());
        CHECK(error_of(d.ask({{"do", "rule_unshelve"}, {"rule", "bradycardia"}, {"who", "r-wang"}}))
                  .find("isn't shelved") != std::string::npos);
    }
    SUBCASE("over a crash") {
        auto& w = d.home_world();
        w.pass(1h);
        w.crash();
        w.boot();
        (void)w.tell(tick{});
        REQUIRE(w.core().shelves().size() == 1);
        CHECK(w.core().shelves().front().until == w.now().mono + 1h);
    }
    SUBCASE("and what is another's runs on") {
        CHECK(d.ask(shelve_request("bradycardia", "r-wang", 60)).at("ok").as_bool()); // again: replaced
        CHECK(d.home_world().core().shelves().size() == 1);
    }
}

TEST_CASE("what can't be shelved is refused with its reason and changes nothing [control-9]") {
    desk d{packs()};
    const auto without = [](json::object request, const char* key) {
        request.erase(key);
        return request;
    };
    const auto usual = shelve_request("bradycardia", "r-wang", 60);
    const std::vector<std::pair<json::object, std::string>> cases{
        {shelve_request("fall", "r-wang", 60), "life safety"},
        {shelve_request("nosuch", "r-wang", 60), "no rule nosuch runs here"},
        {shelve_request("bradycardia", "r-li", 60), "it runs for: r-wang"},
        {shelve_request("bradycardia", "r-wang", 0), "1 s to 31 days"},
        {shelve_request("bradycardia", "r-wang", -5), "1 s to 31 days"},
        {shelve_request("bradycardia", "r-wang", INT64_MAX), "1 s to 31 days"},
        {without(usual, "by"), "who answers for it"},
        {without(usual, "reason"), "the reason"},
        {without(usual, "for_s"), "1 s to 31 days"},
        {without(usual, "who"), "doesn't run for"},
    };
    for (const auto& [request, told] : cases) {
        CAPTURE(json::serialize(request));
        const std::string error = error_of(d.ask(request));
        CAPTURE(error);
        CHECK(error.find(told) != std::string::npos);
    }
    CHECK(d.home_world().core().shelves().empty());
    CHECK(shelved_faults(d).empty());
}

TEST_CASE("a resident's packs and numbers are changed, and what isn't named stays [control-3] [control-4]") {
    desk d{packs()};
    const auto resident = [&] {
        return *d.home_world().core().as_installed().find_resident(resident_id{"r-wang"});
    };
    const auto value = [](const char* param, const char* text) {
        return json::array{
            json::object{{"pack", ""}, {"alarm", "bradycardia"}, {"param", param}, {"value", text}}};
    };
    REQUIRE(
        d.ask({{"do", "resident_set"}, {"id", "r-wang"}, {"values", value("low", "45 bpm")}}).at("ok").as_bool());
    REQUIRE(resident().overrides.size() == 1);
    CHECK(resident().packs == std::vector<std::string>{"living-alone"});
    REQUIRE(d.ask({{"do", "resident_set"}, {"id", "r-wang"}, {"packs", {"living-alone", "dementia"}}})
                .at("ok")
                .as_bool());
    CHECK(resident().packs == std::vector<std::string>{"living-alone", "dementia"});
    CHECK(resident().overrides.front().value == "45 bpm");
    const std::string before = d.dir().get("residents.toml");
    const std::vector<std::pair<json::object, std::string>> refused{
        {{{"do", "resident_set"}, {"id", "r-wnag"}}, "did you mean r-wang?"},
        {{{"do", "resident_set"}, {"id", "r-wang"}, {"packs", {"dementa"}}}, "did you mean dementia?"},
        {{{"do", "resident_set"}, {"id", "r-wang"}, {"packs", {"dementia"}}},
         "bradycardia"}, // its number hangs in the air
        {{{"do", "resident_set"}, {"id", "r-wang"}, {"values", value("low", "10 bpm")}}, "30 bpm"},
        {{{"do", "resident_set"}, {"id", "r-wang"}, {"values", value("low", "10 bpm")}},
         "--value bradycardia.low: "}, // no line of a file that isn't written
        {{{"do", "resident_set"}, {"id", "r-wang"}, {"values", value("high", "90 bpm")}}, "high"},
        {{{"do", "resident_set"}, {"id", "r-wang"}, {"values", {1}}}, "values"},
        {{{"do", "resident_add"}, {"id", "r-wang"}}, "anban resident set"},
    };
    for (const auto& [request, told] : refused) {
        CAPTURE(json::serialize(request));
        const std::string error = error_of(d.ask(request));
        CAPTURE(error);
        CHECK(error.find(told) != std::string::npos);
    }
    CHECK(d.dir().get("residents.toml") == before);
    REQUIRE(d.ask({{"do", "resident_set"}, {"id", "r-wang"}, {"values", value("low", "")}}).at("ok").as_bool());
    CHECK(resident().overrides.empty());
}
