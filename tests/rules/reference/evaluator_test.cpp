// The check of the checker: sentences of rules/language/README.md with results written by hand.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include "tests/rules/reference/evaluator.hpp"
#include "tests/rules/reference/expressions.hpp"

using namespace anban;
using namespace anban::reference;
using namespace std::chrono_literals;
using enum language::comparison;

namespace {

const subject wang{subject::kind::resident, "wang"};
const subject li{subject::kind::resident, "li"};
const subject home{};

installation home_of(std::vector<subject> residents) {
    installation in;
    for (const auto& r : residents) in.plans.push_back({resident_id{r.id}, {}, {}, false, false});
    in.rooms = {room_id{"bathroom"}, room_id{"kitchen"}};
    in.devices = {{device_id{"band"}, wang, {}, 1h},
                  {device_id{"bath"}, home, room_id{"bathroom"}, 1h, {signal::motion}},
                  {device_id{"cook"}, home, room_id{"kitchen"}, 1h, {signal::motion}},
                  {device_id{"other"}, li, {}, 1h}};
    return in;
}

language::effective_rules for_subject(std::vector<language::alarm_rule> rules, const subject& who = wang) {
    language::effective_rules set;
    for (auto& r : rules) set.rules.push_back({std::move(r), who, {}});
    return set;
}

instant moment(std::chrono::seconds s, clock_quality q = clock_quality::synchronised) {
    return {mono_time{s}, {utc_time{std::chrono::days{20'000}} + s, q}};
}

// Tells a story to one evaluator; what it told so far, as "began@60".
struct teller {
    evaluator judge;
    condition_changes told;
    std::uint32_t sequence = 0;

    explicit teller(std::vector<language::alarm_rule> rules, std::vector<subject> residents = {wang})
        : judge(for_subject(std::move(rules)), home_of(std::move(residents)), moment(0s)) {}

    void says(std::chrono::seconds h, const char* device, signal what, double value, std::chrono::seconds age = 0s,
              quality how = quality::good, bool test = false) {
        reading r;
        r.what = what;
        r.value = value;
        r.how = how;
        r.from = {device_id{device}, {1, ++sequence}};
        r.who = std::string{device} == "band" ? wang : std::string{device} == "other" ? li : home;
        r.at = mono_time{h - age};
        r.test = test;
        judge.step(moment(h), r, told);
    }
    void pressed(std::chrono::seconds h, signal what, std::chrono::seconds age = 0s, bool test = false) {
        says(h, "band", what, 1, age, quality::good, test);
    }
    void wait(std::chrono::seconds h) { judge.advance(moment(h), told); }
    std::string story() {
        static const char* const names[] = {"pressed",   "suspected", "began",    "confirmed",
                                            "cancelled", "cleared",   "held_down"};
        std::string s;
        for (const auto& c : told) {
            s += fmt::format("{}{}@{}", s.empty() ? "" : " ", names[static_cast<int>(c.what)],
                             c.at.time_since_epoch() / 1s);
        }
        told.clear();
        return s;
    }
};

language::alarm_rule fall_rule() {
    auto r = rule_when("fall", occurs(signal::fall), alarm_class::life_safety);
    r.hold = 20s;
    r.unless = {occurs(signal::cancel), becomes(is(signal::bed_occupied, true, own()))};
    return r;
}

constexpr auto hr = signal::heart_rate;

} // namespace

TEST_CASE("what has to last is true at its deadline, and what comes exactly then comes after it") {
    teller t({rule_when("low", lasts(compare(hr, less, 40), 60s))});
    t.says(10s, "band", hr, 39);
    t.wait(69s);
    CHECK(t.story() == "");
    t.says(70s, "band", hr, 50);
    CHECK(t.story() == "began@70 cleared@70");
}

TEST_CASE("a value ends what lasts, and unknown too") {
    teller t({rule_when("low", lasts(compare(hr, less, 40), 60s))});
    t.says(0s, "band", hr, 39);
    t.says(30s, "band", hr, 39, 0s, quality::suspect);
    t.says(31s, "band", hr, 39);
    t.wait(90s);
    CHECK(t.story() == "");
    t.wait(91s);
    CHECK(t.story() == "began@91");
    t.says(100s, "band", hr, 0, 0s, quality::unknown);
    CHECK(t.story() == "");
    t.says(101s, "band", hr, 41);
    CHECK(t.story() == "cleared@101");
}

TEST_CASE(
    "a late reading is judged before a deadline that hasn't been run, and is out of order after a newer one") {
    teller t({rule_when("low", lasts(compare(hr, less, 40), 60s))});
    t.says(0s, "band", hr, 39);
    t.says(80s, "band", hr, 50, 21s); // e = 59
    CHECK(t.story() == "");
    t.says(81s, "band", hr, 39, 30s); // e = 51: older than 59, changes nothing
    t.wait(200s);
    CHECK(t.story() == "");
    t.says(300s, "band", hr, 39, 90s); // true since 210, so it has lasted since 270
    CHECK(t.story() == "began@270");
}

TEST_CASE("an event time is no further back than ten minutes") {
    teller t({rule_when("low", compare(hr, less, 40))});
    t.says(1000s, "band", hr, 39, 900s);
    CHECK(t.story() == "began@400");
}

TEST_CASE("a fall is suspected at once and confirmed after its hold; records and cancels in between") {
    teller t({fall_rule()});
    t.pressed(10s, signal::fall);
    t.pressed(15s, signal::fall);
    t.wait(30s);
    CHECK(t.story() == "suspected@10 pressed@15 confirmed@30");
    t.pressed(40s, signal::fall);
    t.pressed(60s, signal::cancel); // exactly at the deadline: after it
    CHECK(t.story() == "suspected@40 confirmed@60");
    t.pressed(70s, signal::fall);
    t.says(75s, "band", signal::bed_occupied, 1); // from unknown: turns nothing
    t.says(76s, "band", signal::bed_occupied, 0);
    CHECK(t.story() == "suspected@70");
    t.says(77s, "band", signal::bed_occupied, 1);
    CHECK(t.story() == "cancelled@77");
    t.pressed(200s, signal::fall, 60s);
    CHECK(t.story() == "suspected@140 confirmed@160");
    t.pressed(300s, signal::fall);
    t.pressed(305s, signal::cancel, 6s); // before the suspicion
    t.wait(320s);
    CHECK(t.story() == "suspected@300 confirmed@320");
}

TEST_CASE("an emergency is never part of a test's hold") {
    teller t({fall_rule()});
    t.pressed(0s, signal::fall, 0s, true);
    t.pressed(5s, signal::fall, 0s, true);
    t.pressed(6s, signal::fall);
    t.pressed(7s, signal::fall, 0s, true);
    CHECK(t.story() == "suspected@0 pressed@5 suspected@6 pressed@7");
    t.wait(30s);
    CHECK(t.told[0].test);
    CHECK(!t.told[1].test);
    CHECK(t.story() == "confirmed@20 confirmed@26");
}

TEST_CASE("absence is known only where somebody would have been heard") {
    teller t({rule_when("still", absent(signal::motion, 100s))});
    t.says(10s, "bath", signal::motion, 1);
    t.says(20s, "bath", signal::motion, 0);
    t.wait(119s);
    CHECK(t.story() == "");
    t.wait(120s); // active in [10, 20), so still in (20, 120]
    CHECK(t.story() == "began@120");
    t.wait(20s + 1h); // silent: unknown ends nothing
    CHECK(t.story() == "");
    t.says(4000s, "cook", signal::motion, 0); // one source is heard, but not for long enough
    t.wait(4099s);
    CHECK(t.story() == "");
    t.says(4100s, "cook", signal::motion, 1);
    CHECK(t.story() == "cleared@4100");
}

TEST_CASE("unheard counts from the load and is never unknown") {
    teller t({rule_when("mute", unheard(hr, 60s))});
    t.wait(59s);
    CHECK(t.story() == "");
    t.wait(60s);
    CHECK(t.story() == "began@60");
    t.says(70s, "band", hr, 60, 0s, quality::suspect);
    CHECK(t.story() == "");
    t.says(71s, "band", hr, 60);
    CHECK(t.story() == "cleared@71");
}

TEST_CASE("a window holds sixteen panes") {
    // Panes of 10 s. A reading of 5 is in pane 0, which leaves when pane 16 begins.
    teller t({rule_when("mean", window(language::window_function::mean, hr, 160s, less, 50))});
    t.says(5s, "band", hr, 40);
    CHECK(t.story() == "began@5");
    t.says(15s, "band", hr, 58);
    CHECK(t.story() == "");
    t.says(16s, "band", hr, 58);
    CHECK(t.story() == "cleared@16");
    t.says(25s, "band", hr, 34);
    CHECK(t.story() == "began@25"); // 190 / 4 = 47.5
    t.wait(159s);
    CHECK(t.story() == "");
    t.wait(160s); // (58 + 58 + 34) / 3 = 50
    CHECK(t.story() == "cleared@160");
    t.wait(170s);
    CHECK(t.story() == "began@170");
    t.wait(1000s); // empty: unknown, ends nothing
    CHECK(t.story() == "");
}

TEST_CASE("rate needs two moments, fewer readings than demanded are unknown") {
    teller t({rule_when("gain", window(language::window_function::rate, signal::weight, 16h, greater, 23.9)),
              rule_when("some", window(language::window_function::least, hr, 160s, greater, 10, 3))});
    t.says(0s, "band", signal::weight, 60);
    t.says(0s, "band", signal::weight, 61);
    t.says(3600s, "band", hr, 60);
    t.says(3600s, "band", hr, 60);
    CHECK(t.story() == "");
    t.says(3601s, "band", hr, 60);
    CHECK(t.story() == "began@3601");
    t.says(7200s, "band", signal::weight, 62); // 60 to 62 in two hours
    CHECK(t.story() == "began@7200");
}

TEST_CASE("the bathroom example: last seen there, and nothing elsewhere") {
    teller t({rule_when("long_bathroom", both(last_in(signal::motion, "bathroom"),
                                              absent(signal::motion, 100s, elsewhere("bathroom"))))});
    t.says(0s, "cook", signal::motion, 1);
    t.says(10s, "cook", signal::motion, 0);
    t.says(20s, "bath", signal::motion, 1);
    t.wait(110s);
    CHECK(t.story() == "began@110");
    t.says(200s, "cook", signal::motion, 1);
    CHECK(t.story() == "cleared@200");
}

TEST_CASE("events in a row: then within, without within, while") {
    const auto sos = occurs(signal::visit_started);
    const auto end = occurs(signal::visit_ended);
    SUBCASE("then") {
        teller t({rule_when("r", followed(sos, end, 10s))});
        t.pressed(0s, signal::visit_started);
        t.pressed(9s, signal::visit_ended);
        t.pressed(10s, signal::visit_ended);
        CHECK(t.story() == "pressed@9");
    }
    SUBCASE("without") {
        teller t({rule_when("r", alone(sos, end, 10s))});
        t.pressed(0s, signal::visit_started);
        t.pressed(5s, signal::visit_started); // adds nothing
        t.pressed(10s, signal::visit_ended);  // too late
        CHECK(t.story() == "pressed@10");
        t.pressed(20s, signal::visit_started);
        t.pressed(29s, signal::visit_ended);
        t.wait(60s);
        CHECK(t.story() == "");
        t.pressed(100s, signal::visit_started, 20s);
        CHECK(t.story() == "pressed@90");
    }
    SUBCASE("while") {
        teller t({rule_when("r", at_time_of(sos, is(signal::presence, true)))});
        t.pressed(0s, signal::visit_started);
        t.says(1s, "band", signal::presence, 1);
        t.pressed(2s, signal::visit_started);
        CHECK(t.story() == "pressed@2");
    }
    SUBCASE("counted") {
        teller t({rule_when("r", counted(sos, 160s, greater_equal, 2))});
        t.pressed(5s, signal::visit_started);
        t.pressed(12s, signal::visit_started);
        t.wait(200s);
        CHECK(t.story() == "began@12 cleared@160");
    }
}

TEST_CASE("hysteresis: over when clear is true and the condition isn't") {
    auto r = rule_when("low", compare(hr, less, 40));
    r.clear = lasts(compare(hr, greater, 45), 30s);
    teller t({r});
    t.says(0s, "band", hr, 39);
    t.says(10s, "band", hr, 43);
    t.says(20s, "band", hr, 46);
    t.wait(49s);
    CHECK(t.story() == "began@0");
    t.wait(50s);
    CHECK(t.story() == "cleared@50");
}

TEST_CASE("what is still true after a close must last anew, and needs news to begin") {
    teller t({rule_when("low", lasts(compare(hr, less, 40), 60s)), rule_when("now", compare(hr, less, 40))});
    t.says(0s, "band", hr, 39);
    t.wait(60s);
    CHECK(t.story() == "began@0 began@60");
    t.judge.close(moment(100s), rule_id{"low"}, wang);
    t.judge.close(moment(100s), rule_id{"now"}, wang);
    t.wait(159s);
    CHECK(t.story() == "");
    t.wait(160s);
    CHECK(t.story() == "began@160");
    t.says(170s, "band", hr, 38);
    CHECK(t.story() == "began@170");
}

TEST_CASE("a rule is held down by another, or by a shelf, and told as begun when that ends") {
    auto narrow = rule_when("narrow", compare(hr, less, 50));
    narrow.inhibited_by = {rule_id{"broad"}};
    teller t({rule_when("broad", compare(hr, less, 40)), narrow});
    t.says(0s, "band", hr, 39);
    CHECK(t.told.back().held == held_reason::inhibited);
    CHECK(t.story() == "began@0 held_down@0");
    t.says(10s, "band", hr, 45);
    CHECK(t.story() == "cleared@10 began@10");
    t.says(20s, "band", hr, 60);
    CHECK(t.story() == "cleared@20");
    REQUIRE(t.judge.put_on_shelf(moment(20s),
                                 {rule_id{"narrow"}, wang, held_reason::shelved, "n", "w", mono_time{50s}}));
    t.says(30s, "band", hr, 45);
    CHECK(t.told.back().held == held_reason::shelved);
    CHECK(t.story() == "held_down@30");
    t.wait(50s);
    CHECK(t.story() == "began@50");
    CHECK(!t.judge.put_on_shelf(moment(60s),
                                {rule_id{"fall"}, wang, held_reason::shelved, "n", "w", mono_time{90s}}));
}

TEST_CASE("a schedule is local time, unknown without a clock that is right") {
    auto in = home_of({wang});
    in.zone = {{std::chrono::sys_seconds{}, 8h}};
    condition_changes told;
    evaluator judge(for_subject({rule_when("night", during(22 * 60, 6 * 60))}), in, moment(0s)); // 08:00 local
    judge.advance(moment(14h - 1s), told);
    CHECK(told.empty());
    judge.advance(moment(14h), told);
    REQUIRE(told.size() == 1);
    CHECK(told[0].at == mono_time{14h});
    judge.advance(moment(15h, clock_quality::unset), told);
    CHECK(told.size() == 1);
    judge.advance(moment(40h),
                  told); // right again: local time is reckoned back, six and ten o'clock were in between
    REQUIRE(told.size() == 3);
    CHECK(told[1].at == mono_time{22h});
    CHECK(told[2].at == mono_time{38h});
    judge.advance(moment(46h), told); // six in the morning
    CHECK(told.size() == 4);
}

TEST_CASE("in a home of two the plain selector means one's own, and a place means everybody's but the other's") {
    teller t({rule_when("plain", compare(hr, less, 40)),
              rule_when("bath", is(signal::motion, true, in_room("bathroom"))),
              rule_when("any", is(signal::presence, true, anywhere()))},
             {wang, li});
    t.says(0s, "other", hr, 30);
    t.says(1s, "other", signal::presence, 1);
    CHECK(t.story() == "");
    t.says(2s, "bath", signal::motion, 1);
    t.says(3s, "cook", signal::presence, 1);
    t.says(4s, "band", hr, 30);
    CHECK(t.story() == "began@2 began@3 began@4");
}

TEST_CASE("a restart goes on where it stood, or with what remained where the time away isn't known") {
    for (const bool known : {true, false}) {
        teller t({fall_rule(), rule_when("low", lasts(compare(hr, less, 40), 60s))});
        t.says(0s, "band", hr, 39);
        t.pressed(10s, signal::fall);
        t.wait(15s);
        t.told.clear();
        t.judge.restart(moment(100s), known ? std::optional<std::chrono::nanoseconds>{85s} : std::nullopt);
        t.wait(100s);
        if (known) {
            CHECK(t.told.at(0).late == 70s);
            CHECK(t.story() == "confirmed@30 began@60");
        } else {
            CHECK(t.story() == "confirmed@100");
            t.wait(144s);
            CHECK(t.story() == "");
            t.wait(145s);
            CHECK(t.story() == "began@145");
        }
    }
}

TEST_CASE("a baseline is the median of daily medians, its spread at least one bin") {
    auto n = node_of(node_kind::compare, hr);
    n.how = greater;
    n.against.of_baseline = true;
    n.against.baseline_days = 5;
    n.against.spreads = 2;
    teller t({rule_when("high", leaf(n))});
    std::chrono::seconds h = 1h;
    for (int day = 0; day < 5; ++day, h += 24h) t.says(h, "band", hr, 70);
    t.says(h, "band", hr, 72);
    CHECK(t.story() == "");
    t.says(h + 1s, "band", hr, 80);
    CHECK(t.story() == fmt::format("began@{}", (h + 1s) / 1s));
}

TEST_CASE("NEWS2 gives the published points and stays unknown while one input is missing") {
    teller t({rule_when("seven", compare(signal::news2, greater_equal, 7)),
              rule_when("single", compare(signal::news2_single, greater_equal, 3))});
    t.says(0s, "band", signal::respiration, 22);
    t.says(1s, "band", signal::spo2, 93);
    t.says(2s, "band", signal::on_oxygen, 1);
    t.says(3s, "band", signal::systolic, 105);
    t.says(4s, "band", hr, 112);
    t.says(5s, "band", signal::alert, 1);
    CHECK(t.story() == "");
    t.says(6s, "band", signal::temperature, 38.5); // 2 + 2 + 2 + 1 + 2 + 0 + 1 = 10
    CHECK(t.story() == "began@6");
    t.says(7s, "band", signal::alert, 0);
    CHECK(t.story() == "began@7");
    t.wait(4h); // the respiration has become too old
    CHECK(t.story() == "");
}
