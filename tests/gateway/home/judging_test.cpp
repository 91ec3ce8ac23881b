// Packs in a home: what rules tell becomes alarms, what they hold down is seen, their state is in the journal.
#include <algorithm>

#include <doctest/doctest.h>

#include "rules/language/pack.hpp"
#include "tests/gateway/home/world.hpp"

using namespace anban;
using namespace anban::test;

namespace {

rule_packs packs(const char* text) {
    rule_packs rules;
    const auto read = language::read_pack(text, "test.rules");
    if (read) rules.packs.push_back(*read);
    return rules;
}

constexpr const char* cardiac = R"(pack cardiac "心脏病"
alarm band_empty "手环没电" "Band empty" {
  class technical
  when battery < 10 %
}
alarm bradycardia "心率过低" "Heart rate low" {
  class suspected
  when heart_rate < 40 bpm for 60 s
  clear heart_rate > 45 bpm for 120 s
  inhibited by band_empty
}
)";

house cardiac_home() {
    house h = small_home();
    h.residents = {{.id = resident_id{"r-wang"}, .packs = {"cardiac"}}};
    h.devices.push_back({.id = device_id{"band-1"},
                         .driver = "native",
                         .address = "band-1",
                         .role = device_role::vitals_band,
                         .owner = resident_id{"r-wang"}});
    return h;
}

bool has_fault(world& w, const std::string& key) {
    const auto faults = w.core().faults();
    return std::ranges::any_of(faults, [&](const fault& f) { return f.key == key; });
}

std::vector<std::string> rules_of(const outputs& out) {
    std::vector<std::string> told;
    for (const deliver& d : all<deliver>(out)) told.push_back(decoded(d).rule.str());
    return told;
}

} // namespace

TEST_CASE("a pack's threshold becomes an alarm, and its time survives a crash [F19] [home-26]") {
    world w{cardiac_home(), packs(cardiac)};
    w.says("band-1", signal::heart_rate, 35);
    w.commit();
    w.pass(54s);
    w.crash();
    w.boot();
    w.pass(6s - 1ns);
    CHECK(rules_of(w.tell(tick{})).empty());
    w.pass(1ns);
    const outputs out = w.tell(tick{});
    CHECK(rules_of(out) == std::vector<std::string>{"bradycardia"});
    CHECK(decoded(all<deliver>(out).front()).seen.front().value == 35);
    CHECK(decoded(all<deliver>(out).front()).of == alarm_class::suspected);
}

TEST_CASE("what is held down is seen and is no alarm [home-27]") {
    world w{cardiac_home(), packs(cardiac)};
    CHECK(rules_of(w.says("band-1", signal::battery, 5)) == std::vector<std::string>{"band_empty"});
    w.says("band-1", signal::heart_rate, 35);
    w.pass(60s);
    const outputs out = w.tell(tick{});
    CHECK(all<deliver>(out).empty());
    const auto notices = all<notice>(out);
    const auto held = std::ranges::find(notices, "held_down", &notice::name);
    REQUIRE(held != notices.end());
    CHECK(held->text.find("inhibited by band_empty") != std::string::npos);
    CHECK(rules_of(w.says("band-1", signal::battery, 50)) ==
          std::vector<std::string>{"band_empty", "bradycardia"});
}

TEST_CASE("a plan that can't be kept is a fault with a cure, and ends with it [home-28]") {
    house h = cardiac_home();
    world w{h};
    CHECK(has_fault(w, "rules.plan.r-wang.1"));
    w.tell(house_changed{h, packs(cardiac)});
    CHECK_FALSE(has_fault(w, "rules.plan.r-wang.1"));
}

TEST_CASE("rules that nobody informs are a fault after an hour, until somebody does [home-28]") {
    world w{cardiac_home(), packs(cardiac)};
    const auto pass = [&w](std::chrono::nanoseconds t) {
        for (; t > 0ns; t -= 10min) {
            w.pass(10min);
            w.tell(tick{});
        }
    };
    pass(1h);
    CHECK_FALSE(has_fault(w, "rules.blind.r-wang"));
    pass(20min);
    CHECK(has_fault(w, "rules.blind.r-wang"));
    w.says("band-1", signal::heart_rate, 70);
    w.says("band-1", signal::battery, 70);
    pass(10min);
    CHECK_FALSE(has_fault(w, "rules.blind.r-wang"));
}

TEST_CASE("a value that hovers at a limit doesn't wear the card out [home-29]") {
    world w{cardiac_home(), packs(cardiac)};
    std::size_t syncs = 0;
    for (int i = 0; i < 3600; ++i) {
        w.pass(1s);
        for (const write_record& r : all<write_record>(w.says("band-1", signal::heart_rate, i % 2 ? 39 : 41))) {
            if (!r.lazy) ++syncs;
        }
        w.commit();
    }
    CHECK(syncs >= 100);
    CHECK(syncs <= 125); // sixty at once, then one a minute
}

TEST_CASE("a crash forgets ten minutes of what was heard, so that a silence may be told so much early [home-29] "
          "[rules-5]") {
    constexpr const char* quiet = R"(pack cardiac "心脏病"
alarm no_pulse "没有心率" "No heart rate" {
  class technical
  when heart_rate unheard for 30 min
}
)";
    world w{cardiac_home(), packs(quiet)};
    // 25 minutes of a reading a minute: the state is written every ten.
    for (int i = 0; i < 25; ++i) {
        w.says("band-1", signal::heart_rate, 60);
        w.commit();
        w.pass(1min);
    }
    w.crash();
    w.boot();
    const auto minutes_until_told = [&] {
        for (int minutes = 0; minutes <= 40; ++minutes) {
            if (!w.core().alarms().empty()) return minutes;
            w.pass(1min);
            w.tell(tick{});
            w.commit();
        }
        return -1;
    };
    SUBCASE("nothing more is heard") {
        const int told = minutes_until_told();
        // The last reading was a minute ago, the last that was kept at most ten before that.
        CHECK(told >= 19);
        CHECK(told <= 29);
        CHECK(told < 28); // and some were lost indeed
    }
    SUBCASE("a reading after the restart puts it right") {
        w.says("band-1", signal::heart_rate, 60);
        w.commit();
        CHECK(minutes_until_told() == 30);
    }
}

TEST_CASE("what a frame's reading runs besides isn't answered to its device [home-26]") {
    // The fall's hold ends between the press's own moment and its arrival.
    world w;
    w.press(1, 77, signal::fall, "fall-1");
    w.commit();
    w.pass(25s);
    heard late;
    late.driver = "native";
    late.address = "button-1";
    late.key = frame_key{77, 2};
    late.wants_answer = true;
    late.content = 4711;
    late.observations = {{.what = signal::sos, .value = 1, .how = quality::good, .age = 10s}};
    const outputs out = w.tell(late);
    CHECK(rules_of(out) == std::vector<std::string>{"sos", "fall"});
    const auto alarms = w.core().alarms();
    for (const alarm_state& a : alarms) {
        const bool sos = a.newest.rule == rule_id{"sos"};
        CHECK(std::ranges::any_of(a.askers,
                                  [](const asker& who) { return who.device == device_id{"button-1"}; }) == sos);
    }
}
