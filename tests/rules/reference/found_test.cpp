// What random stories found in the engine, each as small as it went, with the result that the page demands.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include "rules/engine/engine.hpp"
#include "tests/rules/reference/expressions.hpp"

using namespace anban;
using namespace anban::reference;
using namespace std::chrono_literals;
using std::chrono::seconds;
using enum language::comparison;

namespace {

const subject wang{subject::kind::resident, "wang"};

struct small_home {
    language::effective_rules rules;
    installation where;
    engine judge;
    condition_changes told;
    std::uint32_t sequence = 0;

    explicit small_home(const language::alarm_rule& rule, seconds reports_every = 1h)
        : rules{{{rule, wang, {}}}, {}}, where(installed(reports_every)), judge(rules, where, at(0s)) {}

    static installation installed(seconds reports_every) {
        installation in;
        in.plans = {{resident_id{"wang"}, {}, {}, false, false}};
        in.rooms = {room_id{"bathroom"}, room_id{"hall"}};
        in.devices = {{device_id{"bath"}, subject{}, room_id{"bathroom"}, reports_every},
                      {device_id{"hall"}, subject{}, room_id{"hall"}, reports_every}};
        return in;
    }
    static instant at(seconds t) {
        return {mono_time{t}, {utc_time{std::chrono::days{20'000}} + t, clock_quality::synchronised}};
    }
    void says(seconds h, const char* device, signal what, double value, seconds age = 0s, bool test = false) {
        reading r;
        r.what = what;
        r.value = value;
        r.from = {device_id{device}, {1, ++sequence}};
        r.at = mono_time{h - age};
        r.test = test;
        judge.step(at(h), r, told);
    }
    void wait(seconds t) { judge.advance(at(t), told); }
    void restart(seconds before, seconds after) {
        const auto saved = judge.snapshot(at(before));
        judge = engine(rules, where, at(after));
        REQUIRE(judge.restore(saved, at(after), after - before).has_value());
        wait(after);
    }
};

} // namespace

TEST_CASE("chatter is counted by the moments, also of a press that came late") {
    small_home h(rule_when("call", occurs(signal::visit_started)));
    h.says(100s, "bath", signal::visit_started, 1);
    h.says(110s, "bath", signal::visit_started, 1, 62s); // at 48
    h.says(129s, "bath", signal::visit_started, 1);      // 81 s after that
    REQUIRE(h.told.size() == 3);
    CHECK(!h.told[2].chatter);
}

TEST_CASE("a device that is heard so late that it is silent again proves no absence") {
    small_home h(rule_when("still", absent(signal::motion, 20s)), 8s);
    h.says(1000s, "bath", signal::motion, 0, 60s);
    h.wait(2000s);
    CHECK(h.told.empty());
}

TEST_CASE("what a press leads to is no test because a test comes after it") {
    const auto never = occurs(signal::visit_ended);
    const auto start = occurs(signal::visit_started);
    small_home h(rule_when("overdue", alone(alone(start, never, 2s), never, 2s)));
    h.says(100s, "bath", signal::visit_started, 1);
    h.says(102s, "bath", signal::visit_started, 1, 0s, true);
    h.wait(104s);
    REQUIRE(h.told.size() == 1);
    CHECK(!h.told[0].test);
    CHECK(h.told[0].why.key.sequence == 1);
}

TEST_CASE("closing what is over lets nothing begin by itself, and the next reading does") {
    small_home h(rule_when("heard", negate(unheard(signal::door_open, 60s))));
    h.wait(100s);
    REQUIRE(h.told.size() == 2); // began at the load, cleared at 60
    h.judge.close(small_home::at(200s), rule_id{"heard"}, wang);
    h.wait(210s);
    CHECK(h.told.size() == 2);
    h.says(215s, "bath", signal::door_open, 0);
    REQUIRE(h.told.size() == 3);
    CHECK(h.told[2].at == mono_time{215s});
}

TEST_CASE("a restart is no news to a rule that a person closed") {
    small_home h(rule_when("few", counted(becomes(during(3 * 60, 22 * 60)), 16s, less, 2)));
    h.wait(10s);
    REQUIRE(h.told.size() == 1);
    h.judge.close(small_home::at(20s), rule_id{"few"}, wang);
    h.wait(20s);
    h.restart(30s, 100s);
    CHECK(h.told.size() == 1);
}

TEST_CASE("a restart remembers which of two reports at one moment was heard later") {
    small_home h(rule_when("there", last_in(signal::motion, "bathroom")));
    h.says(80s, "bath", signal::motion, 1);
    h.says(100s, "hall", signal::motion, 1, 20s);
    REQUIRE(h.told.size() == 2); // began, cleared
    h.restart(101s, 110s);
    h.wait(200s);
    CHECK(h.told.size() == 2);
}

TEST_CASE("a window with too few readings lives through a restart [F19]") {
    small_home h(
        rule_when("mean", window(language::window_function::mean, signal::heart_rate, 160s, greater, 50, 2)));
    h.says(5s, "bath", signal::heart_rate, 60);
    h.restart(10s, 50s);
    h.says(60s, "bath", signal::heart_rate, 60);
    CHECK(h.told.size() == 1);
}

TEST_CASE("what was said to be a window's cause is the reading that made it true") {
    small_home h(
        rule_when("most", window(language::window_function::most, signal::heart_rate, 160s, greater, 50)));
    h.says(5s, "bath", signal::heart_rate, 60);
    REQUIRE(h.told.size() == 1);
    CHECK(h.told[0].why.device == device_id{"bath"});
}

TEST_CASE("a late report of a device that has fallen silent still says where somebody was") {
    small_home h(rule_when("there", last_in(signal::door_open, "bathroom")), 8s);
    h.says(100s, "bath", signal::smoke, 0);
    h.wait(200s);
    h.says(500s, "bath", signal::door_open, 1, 450s); // at 50, older than what it said last
    CHECK(h.told.size() == 1);
}

TEST_CASE("a restart keeps the cause of a silence: of two readings at one moment the later heard") {
    small_home h(rule_when("quiet", unheard(signal::weight, 5s)));
    h.wait(5s);
    h.says(10s, "bath", signal::weight, 63);
    h.says(10s, "hall", signal::weight, 58);
    h.restart(11s, 60s);
    REQUIRE(h.told.size() == 3); // began, cleared, began
    CHECK(h.told[2].why.device == device_id{"hall"});
}

TEST_CASE("who becomes a source by saying it counts from then on, over a restart too") {
    for (const bool with_restart : {false, true}) {
        CAPTURE(with_restart);
        small_home h(rule_when("still", absent(signal::motion, 60s)));
        h.says(100s, "bath", signal::heart_rate, 60);
        h.says(150s, "bath", signal::motion, 0);
        if (with_restart) h.restart(155s, 156s);
        h.wait(209s);
        CHECK(h.told.empty());
        h.wait(210s);
        CHECK(h.told.size() == 1);
    }
}
