// The algebra of worst cases, one construct after the other.
#include <doctest/doctest.h>

#include "rules/prover/delays.hpp"
#include "rules/prover/prover.hpp"
#include "rules/prover/sources.hpp"
#include "tests/rules/prover/written.hpp"

namespace {

using namespace anban;
using namespace anban::written;
using prover::term;

const auto after = prover::evaluation_takes + prover::commit_takes + prover::delivery(lane::p1);

// Without what is the same for all: judging, the journal, the way to the centre.
std::string bound_of(const expression& when, const installation& where) {
    const auto all = prover::prove(rules({rule("r", when)}), where);
    const auto& r = all.rules.at(0);
    if (!r.told) return "none: " + (r.findings.empty() ? "" : r.findings.front().says.en);
    return prover::in_words(r.told->total() - after);
}

installation room_home() {
    return home_of({device("band", {signal::heart_rate, signal::spo2}, 1min, wang),
                    device("mat", {signal::heart_rate, signal::bed_occupied}, 5min, wang, "bedroom"),
                    device("bath", {signal::motion}, 2min, the_home, "bathroom"),
                    device("hall", {signal::motion}, 3min, the_home, "hall"),
                    device("scale", {signal::weight}, 24h, the_home, "bathroom"),
                    device("meter", {signal::water_use}, 10min, the_home, "kitchen"),
                    device("detector", {signal::fall, signal::cancel}, 1h, wang)});
}

} // namespace

TEST_CASE("a state waits for the slowest device that could carry it [prover-2]") {
    const auto where = room_home();
    CHECK(bound_of(below(signal::heart_rate, 40), where) == "5 min");
    CHECK(bound_of(below(signal::spo2, 90), where) == "1 min");
    CHECK(bound_of(is(signal::motion), where) == "3 min");
    CHECK(bound_of(is(signal::motion, false, in("bathroom")), where) == "2 min");
    CHECK(bound_of(negate(is(signal::motion)), where) == "3 min");
}

TEST_CASE("each part of a bound is named, with the device that makes it so long [prover-2]") {
    auto where = room_home();
    where.devices[1].family = "zigbee2mqtt";
    const auto all = prover::prove(rules({rule("r", lasts(below(signal::heart_rate, 40), 1min))}), where);
    REQUIRE(all.rules.at(0).told);
    const auto& terms = all.rules[0].told->terms;
    REQUIRE(terms.size() == 6);
    CHECK(terms[0] == term{term::kind::report, 5min, "heart_rate", device_id{"mat"}});
    CHECK(terms[1] == term{term::kind::radio, prover::zigbee_repeats, "heart_rate", device_id{"mat"}});
    CHECK(terms[2] == term{term::kind::lasting, 1min, "for", {}});
    CHECK(terms[3].what == term::kind::evaluation);
    CHECK(terms[4].what == term::kind::commit);
    CHECK(terms[5].what == term::kind::delivery);
}

TEST_CASE("what a family sends at a change waits for no report [prover-2]") {
    auto where = room_home();
    for (auto& d : where.devices) d.family = "zigbee2mqtt";
    CHECK(bound_of(is(signal::motion), where) == "4.8 s");
    CHECK(bound_of(below(signal::spo2, 90), where) == "1 min 4.8 s");
    CHECK(bound_of(absent(signal::motion, 4h), where) == "4 h 4.8 s");
    for (auto& d : where.devices) d.family = "native";
    CHECK(bound_of(is(signal::motion), where) == "3 min");
    CHECK(bound_of(occurs(signal::fall), where) == "4.375 s");
}

TEST_CASE("`and` waits for the slower side, `or` for the slower of those that can happen [prover-2]") {
    const auto where = room_home();
    const auto slow = below(signal::heart_rate, 40);
    const auto fast = below(signal::spo2, 90);
    CHECK(bound_of(both(slow, fast), where) == "5 min");
    CHECK(bound_of(either(fast, slow), where) == "5 min");
    CHECK(bound_of(negate(either(fast, slow)), where) == "5 min");
    CHECK(bound_of(either(fast, is(signal::smoke)), where) == "1 min");
    CHECK(bound_of(both(fast, during(22, 6)), where) == "1 min");
    CHECK(bound_of(lasts(both(slow, fast), 10min), where) == "15 min");
    CHECK(bound_of(both(lasts(fast, 10min), slow), where) == "11 min");
    CHECK(bound_of(negate(lasts(negate(fast), 10min)), where) == "1 min");
}

TEST_CASE("absence begins when the last report of it is over [prover-2]") {
    const auto where = room_home();
    CHECK(bound_of(absent(signal::motion, 4h, elsewhere("bathroom")), where) == "4 h 3 min");
    CHECK(bound_of(absent(signal::heart_rate, 1h), where) == "1 h");
    CHECK(bound_of(absent(signal::fall, 1h), where) == "1 h");
    CHECK(bound_of(unheard(signal::heart_rate, 1h), where) == "1 h");
    CHECK(bound_of(both(last_in(signal::motion, "bathroom"), absent(signal::motion, 4h, elsewhere("bathroom"))),
                   where) == "4 h 3 min");
    CHECK(bound_of(last_in(signal::motion, "bathroom"), where) == "2 min");
    CHECK(bound_of(negate(last_in(signal::motion, "bathroom")), where) == "3 min");
}

TEST_CASE("a window is as late as its function needs after a step [prover-3]") {
    const auto where = room_home();
    const auto hr = [](window_function f, comparison how, nanoseconds d = 1h, unsigned n = 1) {
        return window(f, signal::heart_rate, d, how, 50, n);
    };
    CHECK(bound_of(hr(window_function::mean, comparison::less), where) == "1 h");
    CHECK(bound_of(hr(window_function::least, comparison::less), where) == "5 min");
    CHECK(bound_of(hr(window_function::least, comparison::greater), where) == "1 h");
    CHECK(bound_of(hr(window_function::most, comparison::greater), where) == "5 min");
    CHECK(bound_of(hr(window_function::most, comparison::less), where) == "1 h");
    CHECK(bound_of(negate(hr(window_function::least, comparison::less)), where) == "1 h");
    CHECK(bound_of(lasts(hr(window_function::mean, comparison::less), 1h), where) == "2 h");
    CHECK(bound_of(window(window_function::sum, signal::water_use, 2h, comparison::greater, 500), where) ==
          "10 min");
    CHECK(bound_of(window(window_function::sum, signal::water_use, 24h, comparison::less, 1), where) ==
          "24 h 10 min");
    CHECK(bound_of(window(window_function::rate, signal::weight, 72h, comparison::greater, 1), where) == "3 d");
}

TEST_CASE("a window that its devices can't fill has no bound [prover-3]") {
    const auto where = room_home();
    const auto mean = [](nanoseconds d, unsigned n) {
        return window(window_function::mean, signal::heart_rate, d, comparison::less, 50, n);
    };
    CHECK(bound_of(mean(32min, 6), where) == "32 min");
    CHECK(bound_of(mean(31min, 6), where) ==
          "none: no worst case can be given: heart_rate may be reported every 5 min: a window of 31 min surely "
          "holds 5 of the 6 readings that it needs");
    CHECK(bound_of(window(window_function::rate, signal::weight, 48h, comparison::greater, 1), where)
              .starts_with("none"));
    SUBCASE("one reading is enough for a mean, but not for it to last") {
        CHECK(bound_of(mean(4min, 1), where) == "5 min 15 s");
        CHECK(bound_of(lasts(mean(4min, 1), 1min), where).starts_with("none"));
    }
}

TEST_CASE("an event is as late as what it is made of [prover-4]") {
    const auto where = room_home();
    const auto fall = occurs(signal::fall);
    const auto low = becomes(below(signal::heart_rate, 40));
    CHECK(bound_of(fall, where) == "0 s");
    CHECK(bound_of(low, where) == "5 min");
    CHECK(bound_of(of(node_kind::one_of, fall, low), where) == "5 min");
    CHECK(bound_of(within(node_kind::followed, low, fall, 10min), where) == "0 s");
    CHECK(bound_of(within(node_kind::followed, fall, low, 10min), where) == "5 min");
    CHECK(bound_of(within(node_kind::followed, low, low, 10min), where).starts_with("none"));
    CHECK(bound_of(within(node_kind::alone, low, fall, 10min), where) == "15 min");
    CHECK(bound_of(of(node_kind::at_time_of, fall, is(signal::motion)), where) == "0 s");
    CHECK(bound_of(counted(fall, 24h, comparison::greater_equal, 3), where) == "0 s");
    CHECK(bound_of(counted(becomes(is(signal::motion)), 1h, comparison::less, 3), where) == "1 h 3 min");
}

TEST_CASE("a hold is told at once as suspected, and once more when it is over [prover-4]") {
    auto e = rule("fall", occurs(signal::fall));
    e.rule.hold = 20s;
    const auto all = prover::prove(rules({e}), room_home());
    REQUIRE(all.rules.at(0).told);
    REQUIRE(all.rules[0].confirmed);
    CHECK(all.rules[0].told->total() == after);
    CHECK(all.rules[0].confirmed->total() == after + 20s);
}

TEST_CASE("a rule that waits for another one is as late as that one [prover-4]") {
    auto first = rule("first", lasts(below(signal::heart_rate, 40), 1min));
    first.rule.clear = lasts(above(signal::heart_rate, 45), 20min);
    const auto bound = [&](const expression& when) {
        const auto all = prover::prove(rules({first, rule("second", when)}), room_home());
        return all.rules.at(1).told ? prover::in_words(all.rules[1].told->total() - after)
                                    : all.rules[1].findings.at(0).says.en;
    };
    CHECK(bound(active("first")) == "6 min");
    CHECK(bound(lasts(active("first"), 1h)) == "1 h 6 min");
    CHECK(bound(negate(active("first"))) == "25 min");
    CHECK(bound(active("third")) == "can't fire here: there is no alarm third here");
}

TEST_CASE("NEWS2 is as late as its slowest part [prover-4]") {
    std::vector<installed_device> all{
        device("band", {signal::respiration, signal::spo2, signal::heart_rate}, 1min, wang),
        device("cuff", {signal::systolic}, 4h, wang),
        device("nurse", {signal::alert, signal::on_oxygen}, 8h, wang)};
    const auto score = compare(signal::news2, comparison::greater_equal, 5);
    const auto single = compare(signal::news2_single, comparison::greater_equal, 3);
    CHECK(bound_of(score, home_of(all)) == "none: can't fire here: no device gives temperature");
    CHECK(bound_of(single, home_of(all)) == "8 h");
    all.push_back(device("thermometer", {signal::temperature}, 1h, wang));
    CHECK(bound_of(score, home_of(all)) == "8 h");
    all[1].reports_every = 5h;
    CHECK(bound_of(score, home_of(all)) ==
          "none: no worst case can be given: systolic counts for 4 h only and may be reported every 5 h");
    CHECK(bound_of(single, home_of(all)) == "8 h");
}
