// Deadlines through crashes, power cuts and clocks that lie: neither forgotten nor early.
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
    if (!read) FAIL(read.error().front().in_words());
    rules.packs.push_back(*read);
    return rules;
}

constexpr const char* cardiac = R"(pack cardiac "心脏病"
alarm bradycardia "心率过低" "Heart rate low" {
  class suspected
  when heart_rate < 40 bpm for 60 s
}
)";

constexpr const char* nightly = R"(pack cardiac "夜间"
alarm night "夜间" "Night" {
  class suspected
  when during 02:15..02:45
}
)";

house band_home() {
    house h = small_home();
    h.residents = {{.id = resident_id{"r-wang"}, .packs = {"cardiac"}}};
    h.devices.push_back({.id = device_id{"band-1"},
                         .driver = "native",
                         .address = "band-1",
                         .role = device_role::vitals_band,
                         .owner = resident_id{"r-wang"}});
    return h;
}

// What a while brought, looked at every second as a real shell would at the latest.
std::vector<alarm_revision> live(world& w, std::chrono::seconds t) {
    std::vector<alarm_revision> told;
    const auto keep = [&told](const outputs& out) {
        for (const deliver& d : all<deliver>(out)) told.push_back(decoded(d));
    };
    for (; t > 0s; t -= 1s) {
        w.pass(1s);
        keep(w.tell(tick{}));
        keep(w.commit());
    }
    return told;
}

std::vector<alarm_revision> at_start(world& w) {
    std::vector<alarm_revision> told;
    for (const deliver& d : all<deliver>(w.tell(tick{}))) told.push_back(decoded(d));
    w.commit();
    return told;
}

// A heart rate below its limit, for so long.
void arm(world& w, std::chrono::seconds since) {
    w.says("band-1", signal::heart_rate, 35);
    w.commit();
    REQUIRE(live(w, since).empty());
}

} // namespace

TEST_CASE("a power cut at nine tenths of the time: it comes at its original moment [F19] [home-37]") {
    world w{band_home(), packs(cardiac)};
    arm(w, 54s);
    w.power_cut(3s, clock_quality::synchronised);
    CHECK(at_start(w).empty());
    CHECK(live(w, 2s).empty());
    const auto told = live(w, 1s);
    REQUIRE(told.size() == 1);
    CHECK(told.front().rule.str() == "bradycardia");
    CHECK(live(w, 300s).empty());
}

TEST_CASE("what ran out while the power was off comes at the start, with how late it is [F20] [home-37]") {
    world w{band_home(), packs(cardiac)};
    arm(w, 30s);
    w.power_cut(150s, clock_quality::synchronised);
    const auto told = at_start(w);
    REQUIRE(told.size() == 1);
    CHECK(told.front().because.find("found 120 s late, the gateway was off") != std::string::npos);
    CHECK(live(w, 300s).empty());
}

TEST_CASE("where no clock can tell how long it was off the remaining time goes on, and says so [F19] [home-37]") {
    for (const auto quality : {clock_quality::unset, clock_quality::restored}) {
        world w{band_home(), packs(cardiac)};
        arm(w, 54s);
        w.power_cut(1h, quality);
        CHECK(at_start(w).empty());
        CHECK(live(w, 59s).empty()); // of the state that was last on the disk
        const auto told = live(w, 1s);
        REQUIRE(told.size() == 1);
        CHECK(told.front().because.find("off for a time that no clock could tell") != std::string::npos);
        // The time comes too late to change anything.
        w.synchronise();
        CHECK(live(w, 300s).empty());
    }
}

TEST_CASE("when the time is known at last the same past is judged again [F20] [home-37]") {
    SUBCASE("it had run out: it comes now, late, and once") {
        world w{band_home(), packs(cardiac)};
        arm(w, 54s);
        w.power_cut(1h, clock_quality::unset);
        CHECK(live(w, 10s).empty());
        w.synchronise();
        const auto told = live(w, 1s);
        REQUIRE(told.size() == 1);
        CHECK(told.front().because.find("late, the gateway was off") != std::string::npos);
        CHECK(live(w, 300s).empty());
    }
    SUBCASE("it had not: it comes at its original moment") {
        world w{band_home(), packs(cardiac)};
        arm(w, 30s);
        w.power_cut(5s, clock_quality::restored);
        CHECK(live(w, 10s).empty());
        w.synchronise();
        CHECK(live(w, 14s).empty());
        CHECK(live(w, 1s).size() == 1); // 30 + 5 + 10 + 15
        CHECK(live(w, 300s).empty());
    }
    SUBCASE("what was said meanwhile counts, and isn't older than it is") {
        world w{band_home(), packs(cardiac)};
        arm(w, 10s);
        w.power_cut(20s, clock_quality::unset);
        w.says("band-1", signal::heart_rate, 70); // 30 s after it began
        CHECK(live(w, 3s).empty());
        w.says("band-1", signal::heart_rate, 35);
        w.commit();
        w.synchronise();
        CHECK(live(w, 59s).empty());
        CHECK(live(w, 1s).size() == 1);
    }
    SUBCASE("a press in between is not told again") {
        world w{band_home(), packs(cardiac)};
        arm(w, 10s);
        w.power_cut(20s, clock_quality::unset);
        REQUIRE(all<deliver>(w.press(1)).size() == 1);
        w.commit();
        w.synchronise();
        CHECK(live(w, 29s).empty());
        CHECK(live(w, 300s).size() == 1); // the heart rate alone
    }
}

TEST_CASE("a fall that waits for its confirmation is confirmed at once where no clock can tell [home-37]") {
    world w;
    REQUIRE(all<deliver>(w.press(1, 77, signal::fall, "fall-1")).size() == 1);
    w.commit();
    w.power_cut(2s, clock_quality::unset);
    const auto told = at_start(w);
    REQUIRE(told.size() == 1);
    CHECK(told.front().phase == alarm_phase::active);
    CHECK(told.front().of == alarm_class::life_safety);
    w.synchronise();
    CHECK(live(w, 300s).empty());
}

TEST_CASE("a wall clock that jumps two weeks either way fires and forgets nothing [F23] [home-37]") {
    constexpr auto fortnight = std::chrono::hours{24 * 14};
    for (const auto step : {fortnight, -fortnight}) {
        world w{band_home(), packs(cardiac)};
        w.says("band-1", signal::heart_rate, 35);
        w.press(1, 77, signal::fall, "fall-1");
        w.commit();
        CHECK(live(w, 10s).empty());
        w.step_wall(step);
        CHECK(live(w, 5s).empty());
        w.crash(); // the daemon alone: the same boot
        w.boot();
        CHECK(at_start(w).empty());
        w.step_wall(-step);
        CHECK(live(w, 4s).empty());
        const auto fall = live(w, 1s); // its hold of 20 s
        REQUIRE(fall.size() == 1);
        CHECK(fall.front().phase == alarm_phase::active);
        w.step_wall(step);
        CHECK(live(w, 39s).empty());
        const auto heart = live(w, 1s);
        REQUIRE(heart.size() == 1);
        CHECK(heart.front().rule.str() == "bradycardia");
        CHECK(live(w, 300s).empty());
        // A repeat is told by the monotonic clock too: the same press is none again.
        w.step_wall(-step);
        CHECK(all<deliver>(w.press(1, 77, signal::fall, "fall-1")).empty());
    }
}

TEST_CASE("on both days of the summer time a schedule comes once a day, reboots and all [F35] [home-37]") {
    using std::chrono::sys_days, std::chrono::sys_seconds, std::chrono::year, std::chrono::microseconds;
    for (const auto day : {sys_days{year{2026} / 3 / 29}, sys_days{year{2026} / 10 / 25}}) {
        for (const bool reboots : {false, true}) {
            CAPTURE(reboots);
            rule_packs rules = packs(nightly);
            rules.zone = {{sys_seconds{}, 1h},
                          {sys_days{year{2026} / 3 / 29} + 1h, 2h},
                          {sys_days{year{2026} / 10 / 25} + 1h, 1h}};
            world w{band_home(), rules};
            w.step_wall(std::chrono::duration_cast<microseconds>(utc_time{day - 36h} - w.now().wall.at));
            std::vector<utc_time> began;
            for (int half = 0; half < 72 * 120; ++half) { // more often than a band must report
                w.pass(30s);
                const auto keep = [&](const outputs& out) {
                    for (const deliver& d : all<deliver>(out)) {
                        const auto r = decoded(d);
                        if (r.rule.str() != "night" || r.phase != alarm_phase::active) continue;
                        began.push_back(w.now().wall.at);
                        w.tell(centre_receipt{
                            .alarm = r.id, .progress = alarm_progress::closed, .seen = r.number, .code = "seen"});
                    }
                };
                keep(w.says("band-1", signal::heart_rate, 70));
                keep(w.commit());
                if (reboots && half % 97 == 0) w.power_cut(1s, clock_quality::synchronised);
            }
            CHECK(began.size() == 3);
        }
    }
}
