// Faults that others met in the field, at the engine and in virtual time: restarts, clocks, summer time.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "rules/engine/engine.hpp"
#include "tests/rules/reference/expressions.hpp"

using namespace anban;
using namespace anban::reference;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using enum language::comparison;

namespace {

const subject wang{subject::kind::resident, "wang"};

// Ten in the evening of a winter's day in China.
constexpr utc_time ten_in_the_evening = std::chrono::sys_days{std::chrono::year{2026} / 1 / 15} + 14h;

installation home_in(zone_table zone = china_zone()) {
    installation in;
    in.plans = {{resident_id{"wang"}, {}, {}, false, false}};
    in.rooms = {room_id{"kitchen"}};
    in.devices = {{device_id{"band"}, wang, {}, 25h, {signal::heart_rate, signal::fall, signal::motion}}};
    in.zone = std::move(zone);
    return in;
}

language::alarm_rule fall_rule() {
    auto r = rule_when("fall", occurs(signal::fall), alarm_class::life_safety);
    r.hold = 20s;
    r.unless = {occurs(signal::cancel)};
    return r;
}

// One rule of each sort that waits for something.
std::vector<language::alarm_rule> rules_that_wait() {
    const auto low = compare(signal::heart_rate, less, 40);
    auto hysteresis = rule_when("hysteresis", low);
    hysteresis.clear = lasts(negate(low), 600s);
    return {fall_rule(),
            rule_when("for", lasts(low, 600s)),
            rule_when("no", absent(signal::motion, 600s)),
            rule_when("unheard", unheard(signal::spo2, 600s)),
            rule_when("without", alone(occurs(signal::visit_started), occurs(signal::visit_ended), 600s)),
            rule_when("then", followed(occurs(signal::visit_started), occurs(signal::visit_ended), 601s)),
            rule_when("mean", window(language::window_function::mean, signal::heart_rate, 640s, greater, 50, 2)),
            rule_when("count", counted(occurs(signal::visit_started), 640s, greater_equal, 2)),
            hysteresis};
}

// A gateway with its two clocks, neither of which need agree with the engine's memory.
struct gateway {
    language::effective_rules rules;
    installation where;
    nanoseconds booted{0}; // what the monotonic clock is behind the story's time
    utc_time wall_base = ten_in_the_evening;
    clock_quality quality = clock_quality::synchronised;
    std::uint32_t sequence = 0;
    nanoseconds now{0};
    engine judge;
    condition_changes told;
    std::vector<std::string> lines_told; // "began for@600 late 3", in story time

    explicit gateway(std::vector<language::alarm_rule> some, zone_table zone = china_zone(),
                     utc_time base = ten_in_the_evening)
        : rules(for_wang(std::move(some))), where(home_in(std::move(zone))), wall_base(base),
          judge(rules, where, at(0s)) {}

    static language::effective_rules for_wang(std::vector<language::alarm_rule> some) {
        language::effective_rules set;
        for (auto& r : some) set.rules.push_back({std::move(r), wang, {}});
        return set;
    }
    instant at(nanoseconds t) const {
        return {mono_time{t - booted}, {wall_base + floor<std::chrono::microseconds>(t), quality}};
    }
    void says(nanoseconds t, signal what, double value) {
        now = t;
        reading r;
        r.what = what;
        r.value = value;
        r.from = {device_id{"band"}, {1, ++sequence}};
        r.who = wang;
        r.at = at(t).mono;
        r.wall = at(t).wall;
        judge.step(at(t), r, told);
        write_down();
    }
    void wait(nanoseconds t) {
        now = t;
        judge.advance(at(t), told);
        write_down();
    }
    // As the daemon sleeps: until the engine's own next deadline.
    void sleep(nanoseconds until) {
        while (judge.next_deadline() && judge.next_deadline()->time_since_epoch() + booted < until) {
            const auto due = judge.next_deadline()->time_since_epoch() + booted;
            wait(std::max(due, now));
        }
        wait(until);
    }
    void off_until(nanoseconds t, bool known, nanoseconds monotonic_starts_at = 0s) {
        const auto saved = judge.snapshot(at(now));
        booted = t - monotonic_starts_at; // another boot, another zero
        judge = engine(rules, where, at(t));
        const auto away = known ? std::optional<nanoseconds>{t - now} : std::nullopt;
        const auto ok = judge.restore(saved, at(t), away);
        REQUIRE_MESSAGE(ok.has_value(), ok.error());
        wait(t);
    }
    void step_wall(seconds by, clock_quality q = clock_quality::synchronised) {
        wall_base += by;
        quality = q;
        wait(now);
    }
    void write_down() {
        static constexpr std::array names{"pressed",   "suspected", "began",    "confirmed",
                                          "cancelled", "cleared",   "held_down"};
        for (const auto& c : told) {
            lines_told.push_back(
                fmt::format("{} {}@{}{}", names[static_cast<std::size_t>(c.what)], c.rule.str(),
                            std::chrono::duration<double>(c.at.time_since_epoch() + booted).count(),
                            c.late ? fmt::format(" late {}", *c.late / 1s) : ""));
        }
        told.clear();
    }
    std::vector<std::string> story() { return std::exchange(lines_told, {}); }
};

using lines = std::vector<std::string>;

std::string joined(const lines& all) {
    std::string s;
    for (const auto& l : all) s += l + "\n";
    return s;
}

// Something for each of the rules that wait.
void busy_begin(gateway& g) {
    g.says(0s, signal::motion, 1);
    g.says(0s, signal::motion, 0);
    g.says(0s, signal::heart_rate, 39);
    g.says(0s, signal::visit_started, 1);
}

} // namespace

TEST_CASE("a restart at nine tenths of the window: everything comes at its original moment [F19]") {
    gateway steady(rules_that_wait());
    busy_begin(steady);
    steady.sleep(600s);
    steady.says(600s, signal::visit_ended, 1);
    steady.says(630s, signal::heart_rate, 80);
    steady.says(631s, signal::visit_started, 1);
    steady.sleep(2000s);
    const auto expected = joined(steady.story());
    CHECK(expected.find("began for@600") != std::string::npos);
    CHECK(expected.find("began no@600") != std::string::npos);
    CHECK(expected.find("began unheard@600") != std::string::npos);
    CHECK(expected.find("pressed without@600") != std::string::npos);
    CHECK(expected.find("pressed then@600") != std::string::npos);
    CHECK(expected.find("began count@631") != std::string::npos);
    CHECK(expected.find("cleared hysteresis@1230") != std::string::npos);

    for (const auto away : {0s, 1s, 59s}) {
        for (const auto monotonic : {0s, 5s, 100'000s}) {
            CAPTURE(away);
            CAPTURE(monotonic);
            gateway g(rules_that_wait());
            busy_begin(g);
            g.sleep(540s);
            g.off_until(540s + away, true, monotonic);
            g.sleep(600s);
            g.says(600s, signal::visit_ended, 1);
            g.says(630s, signal::heart_rate, 80);
            g.says(631s, signal::visit_started, 1);
            g.sleep(2000s);
            CHECK(joined(g.story()) == expected);
        }
    }
}

TEST_CASE("a fall's hold that is interrupted by a restart is confirmed at its original moment [F19]") {
    gateway g({fall_rule()});
    g.says(100s, signal::fall, 1);
    g.wait(118s);
    REQUIRE(g.story() == lines{"suspected fall@100"});
    (void)g.story();
    g.off_until(119s, true);
    CHECK(g.story().empty());
    g.wait(120s);
    CHECK(g.story() == lines{"confirmed fall@120"});
}

TEST_CASE("what ran out while the gateway was off comes at the start, marked with how late it is [F20]") {
    gateway g(rules_that_wait());
    g.says(0s, signal::heart_rate, 39);
    g.says(590s, signal::fall, 1);
    g.wait(595s);
    (void)g.story();
    g.off_until(900s, true);
    CHECK(joined(g.story()) == joined({"began for@600 late 300", "began no@600 late 300",
                                       "began unheard@600 late 300", "confirmed fall@610 late 290"}));
    (void)g.story();
    g.sleep(2000s);
    CHECK(g.story().empty()); // and it comes once
}

TEST_CASE(
    "where no clock tells how long it was off, a fall is told at once and the rest waits what remained [F20]") {
    gateway g({fall_rule(), rule_when("for", lasts(compare(signal::heart_rate, less, 40), 600s))});
    g.says(0s, signal::heart_rate, 39);
    g.says(535s, signal::fall, 1);
    g.wait(540s);
    (void)g.story();
    g.off_until(10'000s, false);
    const auto at_once = joined(g.story());
    CHECK(at_once.starts_with("confirmed fall@"));
    CHECK(std::ranges::count(at_once, '\n') == 1);
    g.wait(10'059s);
    CHECK(g.story().empty());
    g.wait(10'060s);
    CHECK(g.story() == lines{"began for@10060"});
}

TEST_CASE("a clock that goes back two weeks and forward again changes nothing that waits [F23]") {
    const auto tell = [](const std::function<void(gateway&, int)>& clock) {
        gateway g(rules_that_wait());
        for (int i = 0; i < 300; ++i) {
            const auto t = seconds{i * 10};
            g.sleep(t);
            clock(g, i);
            if (i % 70 == 0) g.says(t, signal::fall, 1);
            if (i % 40 == 1) g.says(t, signal::visit_started, 1);
            if (i % 140 == 60) g.says(t, signal::visit_ended, 1);
            if (i % 90 == 2) g.says(t, signal::motion, 1);
            if (i % 90 == 3) g.says(t, signal::motion, 0);
            if (i % 150 == 4 || i % 150 == 30) g.says(t, signal::heart_rate, 39);
            if (i % 150 == 70 || i % 150 == 90 || i % 150 == 130) g.says(t, signal::heart_rate, 80);
        }
        g.sleep(5000s);
        return joined(g.story());
    };
    const auto expected = tell([](gateway&, int) {});
    for (const auto* rule : {"confirmed fall@", "began for@", "began no@", "began mean@", "cleared mean@",
                             "began count@", "pressed then@", "pressed without@", "cleared hysteresis@"})
        CHECK_MESSAGE(expected.find(rule) != std::string::npos, std::string{rule});
    constexpr seconds two_weeks = 14 * 24h;
    CHECK(tell([&](gateway& g, int i) {
              if (i % 7 == 3) g.step_wall(-two_weeks, clock_quality::restored);
              if (i % 7 == 5) g.step_wall(two_weeks);
          }) == expected);
    CHECK(tell([&](gateway& g, int i) {
              if (i == 9) g.step_wall(two_weeks);
              if (i == 150) g.step_wall(-two_weeks, clock_quality::unset);
          }) == expected);
    CHECK(tell([&](gateway& g, int i) { // and no chip at all: each start in 1970, corrected later
              if (i % 50 == 20) {
                  g.wall_base = utc_time{};
                  g.quality = clock_quality::unset;
                  g.off_until(g.now, true, g.at(g.now).mono.time_since_epoch());
              }
              if (i % 50 == 30) {
                  g.wall_base = ten_in_the_evening;
                  g.step_wall(0s);
              }
          }) == expected);
}

TEST_CASE("a schedule is judged by the corrected clock once it is synchronised, and not before [F23]") {
    gateway g({rule_when("night", during(22 * 60, 6 * 60))}, china_zone(), utc_time{});
    g.quality = clock_quality::unset;
    g.wait(100s);
    CHECK(g.story().empty());
    g.step_wall(std::chrono::duration_cast<seconds>(ten_in_the_evening.time_since_epoch()) - 200s); // 21:58:20
    CHECK(g.story().empty());
    g.sleep(1000s);
    CHECK(g.story() == lines{"began night@200"});
}

namespace {

// Central Europe in 2026: forward on 29 March, back on 25 October, each at 01:00 of UTC.
zone_table summer_time() {
    using namespace std::chrono;
    return {
        {sys_seconds{}, 1h}, {sys_days{year{2026} / 3 / 29} + 1h, 2h}, {sys_days{year{2026} / 10 / 25} + 1h, 1h}};
}

// How often a schedule began and ended in the three days around a day of 2026.
std::pair<int, int> times(std::chrono::sys_days day, const zone_table& zone, int from, int to, bool small_steps) {
    gateway g({rule_when("schedule", during(from, to))}, zone, day - 36h);
    if (small_steps) {
        g.sleep(72h);
    } else {
        for (int minute = 0; minute <= 72 * 60; minute += 7) g.wait(std::chrono::minutes{minute});
    }
    int began = 0;
    int cleared = 0;
    for (const auto& line : g.story()) {
        began += line.starts_with("began");
        cleared += line.starts_with("cleared");
    }
    return {began, cleared};
}

} // namespace

TEST_CASE("on both days of the summer time a schedule comes once a day [F35]") {
    using namespace std::chrono;
    for (const auto day : {sys_days{year{2026} / 3 / 29}, sys_days{year{2026} / 10 / 25}}) {
        for (const bool small_steps : {true, false}) {
            CAPTURE(day.time_since_epoch().count());
            CAPTURE(small_steps);
            const auto three = std::pair{3, 3};
            CHECK(times(day, summer_time(), 22 * 60, 6 * 60, small_steps) == three);
            CHECK(times(day, summer_time(), 1 * 60 + 30, 2 * 60 + 30, small_steps) == three); // into the hour
            CHECK(times(day, summer_time(), 2 * 60 + 30, 3 * 60 + 30, small_steps) == three); // out of it
            CHECK(times(day, summer_time(), 2 * 60 + 15, 2 * 60 + 45, small_steps) == three); // inside it
            CHECK(times(day, summer_time(), 1 * 60, 4 * 60, small_steps) == three);           // around it
        }
    }
}

TEST_CASE("a change of zone leaves a schedule at once a day [F35]") {
    using namespace std::chrono;
    const sys_days day{year{2026} / 6 / 10};
    // Three quarters of an hour back in the middle of the schedule, and forward.
    for (const auto change : {-45min, 45min}) {
        const zone_table zone{{sys_seconds{}, 8h}, {day + 1h, 8h + change}};
        for (const bool small_steps : {true, false}) {
            CHECK(times(day, zone, 9 * 60 - 10, 9 * 60 + 10, small_steps) == std::pair{3, 3});
            CHECK(times(day, zone, 22 * 60, 6 * 60, small_steps) == std::pair{3, 3});
        }
    }
}
