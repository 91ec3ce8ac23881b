// What a proof refuses, and what it lets pass.
#include <doctest/doctest.h>

#include "rules/prover/delays.hpp"
#include "rules/prover/prover.hpp"
#include "tests/rules/prover/written.hpp"

namespace {

using namespace anban;
using namespace anban::written;
using prover::finding;
using enum finding::kind;

std::vector<installed_device> furniture() {
    return {device("band", {signal::heart_rate, signal::spo2, signal::fall}, 1min, wang),
            device("mat", {signal::bed_occupied}, 1min, wang, "bedroom"),
            device("bath", {signal::motion}, 1min, the_home, "bathroom"),
            device("hall", {signal::motion}, 1min, the_home, "hall")};
}

struct judged {
    bool proven = false;
    std::vector<finding::kind> found;
    friend bool operator==(const judged&, const judged&) = default;
};

judged judge(const language::effective_rules& all, const installation& where, std::size_t which = 0) {
    const auto p = prover::prove(all, where).rules.at(which);
    judged j{p.proven(), {}};
    for (const auto& f : p.findings) j.found.push_back(f.what);
    return j;
}

judged judge(const expression& when, const installation& where = home_of(furniture())) {
    return judge(rules({rule("r", when)}), where);
}

const judged fine{true, {}};
judged refused(finding::kind k) {
    return {false, {k}};
}
judged warned(finding::kind k) {
    return {true, {k}};
}

} // namespace

TEST_CASE("a condition that contradicts itself is refused [prover-5]") {
    const auto low = below(signal::heart_rate, 40);
    const auto high = above(signal::heart_rate, 120);
    CHECK(judge(both(low, high)) == refused(never));
    CHECK(judge(either(low, high)) == fine);
    CHECK(judge(both(lasts(low, 1min), lasts(high, 1min))) == refused(never));
    CHECK(judge(both(either(low, high), is(signal::bed_occupied))) == fine);
    CHECK(judge(both(either(low, below(signal::heart_rate, 50)), high)) == refused(never));
    CHECK(judge(both(negate(low), below(signal::heart_rate, 40))) == refused(never));
    CHECK(judge(both(compare(signal::spo2, comparison::less_equal, 90),
                     compare(signal::spo2, comparison::greater_equal, 90))) == fine);
    CHECK(judge(both(compare(signal::spo2, comparison::less, 90),
                     compare(signal::spo2, comparison::greater_equal, 90))) == refused(never));
    CHECK(judge(both(is(signal::bed_occupied), is(signal::bed_occupied, false))) == refused(never));
    CHECK(judge(both(is(signal::motion, true, in("bathroom")), is(signal::motion, false, anywhere))) ==
          refused(never));
    CHECK(judge(both(is(signal::motion, false, in("bathroom")), is(signal::motion, true, anywhere))) == fine);
    CHECK(judge(both(is(signal::motion), absent(signal::motion, 1h))) == refused(never));
    CHECK(judge(both(last_in(signal::motion, "bathroom"), last_in(signal::motion, "hall"))) == refused(never));
    CHECK(judge(of(node_kind::at_time_of, becomes(is(signal::bed_occupied), false), is(signal::bed_occupied))) ==
          refused(never));
}

TEST_CASE("times of day that don't meet are refused [prover-5]") {
    const auto low = below(signal::heart_rate, 40);
    CHECK(judge(both(both(low, during(22, 6)), during(8, 20))) == refused(never));
    CHECK(judge(both(both(low, during(22, 6)), during(5, 20))) == fine);
    CHECK(judge(lasts(both(low, during(22, 6)), 7h)) == fine);
    CHECK(judge(lasts(both(low, during(22, 6)), 8h)) == refused(never));
    CHECK(judge(both(lasts(low, 8h), during(22, 6))) == fine);
    // By turns it can last.
    CHECK(judge(lasts(either(both(low, during(22, 6)), both(low, during(6, 22))), 10h)) == fine);
}

TEST_CASE("a limit outside of what can be measured is refused [prover-5]") {
    CHECK(judge(below(signal::heart_rate, 20)) == refused(never));
    CHECK(judge(compare(signal::heart_rate, comparison::less_equal, 20)) == fine);
    CHECK(judge(above(signal::spo2, 100)) == refused(never));
    CHECK(judge(window(window_function::mean, signal::spo2, 1h, comparison::greater, 100)) == refused(never));
    CHECK(judge(window(window_function::count, signal::spo2, 1h, comparison::less, 1)) == refused(never));
    CHECK(judge(counted(occurs(signal::fall), 1h, comparison::less, 0)) == refused(never));
    CHECK(judge(above(signal::spo2, 50)) == warned(always));
}

TEST_CASE("a rule whose device isn't there is refused [prover-6]") {
    CHECK(judge(is(signal::smoke)) == refused(missing));
    CHECK(judge(both(is(signal::smoke), is(signal::bed_occupied))) == refused(missing));
    CHECK(judge(absent(signal::presence, 1h)) == refused(missing));
    CHECK(judge(last_in(signal::motion, "kitchen")) == refused(missing));
    CHECK(judge(occurs(signal::visit_started)) == refused(missing));
    CHECK(judge(unheard(signal::systolic, 1h)) == refused(missing));
    SUBCASE("one side of an `or` may miss it, visibly") {
        CHECK(judge(either(is(signal::smoke), is(signal::bed_occupied))) == warned(partly_blind));
        CHECK(judge(of(node_kind::one_of, occurs(signal::sos), occurs(signal::fall))) == warned(partly_blind));
    }
    SUBCASE("what is built in waits for its device") {
        auto e = rule("fall", occurs(signal::fall), li);
        e.rule.pack.clear();
        CHECK(judge(rules({e}), home_of(furniture(), {wang, li})) == warned(missing));
    }
}

TEST_CASE("a rule that nothing bounds is refused [prover-7]") {
    CHECK(judge(window(window_function::mean, signal::spo2, 5min, comparison::less, 90, 5)) == refused(unbounded));
    CHECK(judge(window(window_function::mean, signal::spo2, 6min, comparison::less, 90, 5)) == fine);
}

TEST_CASE("a promise that can't be kept is refused, and one that can is kept to the nanosecond [prover-7]") {
    auto e = rule("r", lasts(below(signal::spo2, 90), 1min));
    const auto worst = 2min + prover::evaluation_takes + prover::commit_takes + prover::delivery(lane::p1);
    e.rule.detect_within = worst;
    CHECK(judge(rules({e}), home_of(furniture())) == fine);
    e.rule.detect_within = worst - 1ns;
    CHECK(judge(rules({e}), home_of(furniture())) == refused(too_slow));
}

TEST_CASE("absence in rooms that residents share is refused unless it is accepted in writing [prover-8]") {
    auto where = home_of(furniture(), {wang, li});
    const auto gone = absent(signal::motion, 4h, elsewhere("bathroom"));
    CHECK(judge(gone, where) == refused(shared_absence));
    CHECK(judge(negate(negate(gone)), where) == refused(shared_absence));
    CHECK(judge(is(signal::motion, false, anywhere), where) == refused(shared_absence));
    CHECK(judge(lasts(negate(is(signal::motion, true, anywhere)), 1h), where) == refused(shared_absence));
    CHECK(judge(within(node_kind::alone, occurs(signal::fall), becomes(is(signal::motion, true, anywhere)), 1h),
                where) == refused(shared_absence));
    CHECK(judge(counted(becomes(is(signal::motion, true, anywhere)), 1h, comparison::less, 2), where) ==
          refused(shared_absence));
    SUBCASE("presence is no absence") {
        CHECK(judge(is(signal::motion, true, anywhere), where) == fine);
        CHECK(judge(negate(gone), where) == fine);
        CHECK(judge(counted(becomes(is(signal::motion, true, anywhere)), 1h, comparison::greater, 2), where) ==
              fine);
    }
    SUBCASE("one's own devices miss nobody else") {
        CHECK(judge(is(signal::bed_occupied, false, own), where) == fine);
        CHECK(judge(absent(signal::bed_occupied, 4h), where) == fine);
    }
    SUBCASE("who lives alone shares nothing") {
        CHECK(judge(gone) == fine);
    }
    SUBCASE("a rule about the home means everybody") {
        CHECK(judge(rules({rule("r", gone, the_home)}), where) == fine);
    }
    SUBCASE("accepted") {
        where.plans[0].shared_absence_accepted = true;
        CHECK(judge(gone, where) == fine);
        CHECK(judge(rules({rule("r", gone, li)}), where) == refused(shared_absence));
    }
}

TEST_CASE("a rule that another one always tells first is shown [prover-9]") {
    const auto where = home_of(furniture());
    const auto wide = rule("wide", lasts(below(signal::heart_rate, 50), 30s));
    const auto pair = [&](const expression& when, auto&& change) {
        auto narrow = rule("narrow", when);
        change(narrow.rule);
        return judge(rules({wide, narrow}), where, 1);
    };
    const auto nothing = [](auto&) {};
    const auto low = below(signal::heart_rate, 40);
    // A minute between two readings is more than half a minute: told besides, and not what is meant here.
    CHECK(pair(lasts(low, 60s), nothing) == warned(hidden));
    CHECK(pair(lasts(low, 30s), nothing) == judged{true, {unsampled, hidden}});
    CHECK(pair(lasts(low, 20s), nothing) == warned(unsampled));
    CHECK(pair(lasts(below(signal::heart_rate, 51), 60s), nothing) == fine);
    CHECK(pair(lasts(both(low, is(signal::bed_occupied)), 60s), nothing) == warned(hidden));
    CHECK(pair(either(lasts(low, 60s), is(signal::bed_occupied)), nothing) == fine);
    CHECK(pair(both(lasts(low, 60s), during(22, 6)), nothing) == warned(hidden));
    SUBCASE("a graver one is no repetition") {
        CHECK(pair(lasts(low, 60s), [](auto& r) { r.urgency = priority::high; }) == fine);
        CHECK(pair(lasts(low, 60s), [](auto& r) { r.of = alarm_class::life_safety; }) == fine);
    }
    SUBCASE("held down by what always comes first, it would never be told") {
        const auto held = [](auto& r) {
            r.urgency = priority::high;
            r.inhibited_by = {rule_id{"wide"}};
        };
        CHECK(pair(lasts(low, 60s), held) == refused(always_held));
        CHECK(pair(is(signal::bed_occupied), held) == fine);
    }
    SUBCASE("other residents' rules hide nothing") {
        const auto all = rules({wide, rule("narrow", lasts(low, 60s), li)});
        CHECK(judge(all,
                    home_of({device("a", {signal::heart_rate}, 1min, wang),
                             device("b", {signal::heart_rate}, 1min, li)},
                            {wang, li}),
                    1) == fine);
    }
    SUBCASE("of two that say the same the later one is shown") {
        const auto all = rules({rule("one", lasts(low, 60s)), rule("two", lasts(low, 60s))});
        CHECK(judge(all, where, 0) == fine);
        CHECK(judge(all, where, 1) == warned(hidden));
    }
    SUBCASE("events") {
        const auto fall = occurs(signal::fall);
        const auto at_night = of(node_kind::at_time_of, fall, during(22, 6));
        const auto all = rules({rule("fall", fall), rule("at_night", at_night)});
        CHECK(judge(all, where, 0) == fine);
        CHECK(judge(all, where, 1) == warned(hidden));
    }
}

TEST_CASE("every or-ed side must be hidden, and all the time [prover-9]") {
    const auto where = home_of(furniture());
    const auto hr = below(signal::heart_rate, 40);
    const auto ox = below(signal::spo2, 90);
    const auto turns = lasts(either(hr, ox), 2min);
    const auto all = rules({rule("a", either(lasts(hr, 2min), lasts(ox, 2min))), rule("b", turns)});
    CHECK(judge(all, where, 1) == fine); // by turns: b is told, and a isn't
    CHECK(judge(all, where, 0) == warned(hidden));
}

TEST_CASE("a duration that no report falls into is shown [prover-10]") {
    CHECK(judge(lasts(below(signal::spo2, 90), 30s)) == warned(unsampled));
    CHECK(judge(lasts(below(signal::spo2, 90), 1min)) == fine);
    CHECK(judge(unheard(signal::spo2, 30s)) == warned(unsampled));
    CHECK(judge(absent(signal::spo2, 30s)) == warned(unsampled));
    CHECK(judge(absent(signal::motion, 30s)) == fine);
}

TEST_CASE("an alarm that never clears by itself is shown [prover-10]") {
    auto e = rule("r", below(signal::spo2, 90));
    e.rule.clear = above(signal::spo2, 100);
    CHECK(judge(rules({e}), home_of(furniture())) == warned(never_clears));
    e.rule.clear = is(signal::smoke, false);
    CHECK(judge(rules({e}), home_of(furniture())) == warned(never_clears));
    e.rule.clear = above(signal::spo2, 92);
    CHECK(judge(rules({e}), home_of(furniture())) == fine);
}
