// Every bound against the engine itself: readings as late as the devices may be, and at random within that.
#include <doctest/doctest.h>

#include <map>
#include <memory>

#include <fmt/format.h>

#include "rules/prover/delays.hpp"
#include "rules/prover/prover.hpp"
#include "rules/prover/sources.hpp"
#include "tests/rules/prover/world.hpp"

namespace {

using namespace anban;
using namespace anban::written;
using prover::term;
using enum condition_change::kind;

constexpr std::uint64_t seeds = 120;

// One value before the onset, another one after it.
measured step(double before, double after) {
    return [=](const device_id&, signal, nanoseconds since, const run&) -> std::optional<double> {
        return since < 0ns ? before : after;
    };
}

// The same, said by the carrier alone in every other run; the others know nothing.
measured carried(double before, double after) {
    return [=](const device_id& d, signal, nanoseconds since, const run& r) -> std::optional<double> {
        if (d != r.carrier && (r.late || r.x < 0.5)) return std::nullopt;
        return since < 0ns ? before : after;
    };
}

measured by_device(std::map<std::string, measured> all) {
    return [all = std::move(all)](const device_id& d, signal s, nanoseconds since, const run& r) {
        const auto found = all.find(d.str());
        return found == all.end() ? std::optional<double>{} : found->second(d, s, since, r);
    };
}

measured by_signal(std::map<signal, measured> all) {
    return [all = std::move(all)](const device_id& d, signal s, nanoseconds since, const run& r) {
        const auto found = all.find(s);
        return found == all.end() ? std::optional<double>{} : found->second(d, s, since, r);
    };
}

installed_device band() {
    return device("band", {signal::heart_rate}, 1min, wang);
}
installed_device oximeter() {
    return device("oximeter", {signal::spo2}, 30s, wang);
}
installed_device zigbee(installed_device d) {
    d.family = "zigbee2mqtt";
    return d;
}
installed_device native(installed_device d) {
    d.family = "native";
    return d;
}
installed_device detector() {
    return native(device("detector", {signal::fall, signal::cancel, signal::battery}, 1h, wang));
}

scene of_state(std::string name, installation where, expression when, measured says, nanoseconds before = 0ns) {
    scene s;
    s.name = std::move(name);
    s.where = std::move(where);
    s.rules = rules({rule("proven", std::move(when))});
    s.says = std::move(says);
    s.before = before;
    return s;
}

scene of_event(std::string name, installation where, expression when, std::vector<happening> happens,
               nanoseconds before = 0ns, measured says = step(0, 0)) {
    auto s = of_state(std::move(name), std::move(where), std::move(when), std::move(says), before);
    s.happens = [happens = std::move(happens)](const run&) { return happens; };
    s.told = pressed;
    s.right_after_a_report = false;
    return s;
}

nanoseconds constants() {
    return prover::evaluation_takes + prover::commit_takes + prover::delivery(lane::p1);
}

void check(const scene& s) {
    const std::string name = s.name; // doctest wants an lvalue that lives
    CAPTURE(name);
    const auto proof = prover::prove(s.rules, s.where).rules.back();
    const auto& whole = s.told == confirmed ? proof.confirmed : proof.told;
    REQUIRE(whole);
    const auto bound = whole->total() - constants();
    device_id slowest;
    for (const auto& t : whole->terms)
        if (slowest.empty()) slowest = t.device;
    nanoseconds worst{-1};
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto o = play(s, slowest, bound, seed);
        CAPTURE(seed);
        REQUIRE_FALSE(o.too_early);
        REQUIRE(o.told);
        const auto late = prover::in_words(*o.told);
        const auto most = prover::in_words(bound);
        CAPTURE(late);
        CAPTURE(most);
        REQUIRE(*o.told <= bound);
        worst = std::max(worst, *o.told);
    }
    const auto seen = fmt::format("{} of {}", prover::in_words(worst), prover::in_words(bound));
    CAPTURE(seen);
    CHECK(worst * 10 >= bound * 9);
}

const auto low = below(signal::heart_rate, 40);

} // namespace

TEST_CASE("no run is later than the bound of a sampled state, and some are as late [prover-11]") {
    check(of_state("compare", home_of({band()}), low, step(60, 35)));
    check(of_state("compare, two devices", home_of({band(), device("mat", {signal::heart_rate}, 5min, wang)}), low,
                   carried(60, 35)));
    check(of_state("compare, repeats over the air",
                   home_of({band(), zigbee(device("mat", {signal::heart_rate}, 70s, wang))}), low,
                   carried(60, 35)));
    check(of_state("not", home_of({band()}), negate(low), step(35, 60)));
    check(of_state("is", home_of({device("a", {signal::motion}, 2min), device("b", {signal::motion}, 3min)}),
                   is(signal::motion),
                   [](const device_id& d, signal, nanoseconds since, const run& r) -> std::optional<double> {
                       return since >= 0ns && d == r.carrier ? 1 : 0;
                   }));
    check(of_state("is false", home_of({device("a", {signal::motion}, 2min), device("b", {signal::motion}, 3min)}),
                   is(signal::motion, false), step(1, 0)));
    check(of_state("is, told at a change", home_of({zigbee(device("smoke", {signal::smoke}, 12h))}),
                   is(signal::smoke), step(0, 1)));
}

TEST_CASE("no run is later than the bound of where somebody was last [prover-11]") {
    const auto bath = device("bath", {signal::motion}, 2min, the_home, "bathroom");
    const auto hall = zigbee(device("hall", {signal::motion}, 3min, the_home, "hall"));
    check(of_state("last in", home_of({bath, hall}), last_in(signal::motion, "bathroom"),
                   by_device({{"bath", step(0, 1)}, {"hall", step(1, 0)}})));
    check(of_state("not last in", home_of({bath, hall}), negate(last_in(signal::motion, "bathroom")),
                   by_device({{"bath", step(1, 0)}, {"hall", step(0, 1)}})));
}

TEST_CASE("no run is later than the bound of an absence [prover-11]") {
    const auto bath = device("bath", {signal::motion}, 2min, the_home, "bathroom");
    const auto hall = device("hall", {signal::motion}, 3min, the_home, "hall");
    check(of_state("absent, boolean", home_of({bath, hall}), absent(signal::motion, 20min), step(1, 0)));
    check(of_state("absent, told at a change", home_of({zigbee(hall)}), absent(signal::motion, 2min), step(1, 0)));
    check(of_state("absent elsewhere", home_of({bath, hall}),
                   both(last_in(signal::motion, "bathroom"), absent(signal::motion, 20min, elsewhere("bathroom"))),
                   by_device({{"bath", step(0, 1)}, {"hall", step(1, 0)}})));
    const measured falls_silent = [](const device_id&, signal, nanoseconds since,
                                     const run&) -> std::optional<double> {
        return since <= 0ns ? std::optional<double>{60} : std::nullopt;
    };
    auto quantity =
        of_state("absent, quantity", home_of({zigbee(band())}), absent(signal::heart_rate, 10min), falls_silent);
    check(quantity);
    quantity.name = "unheard";
    quantity.rules = rules({rule("proven", unheard(signal::heart_rate, 10min))});
    check(quantity);
    const device_id d{"detector"};
    auto event = of_event("absent, event", home_of({detector()}), absent(signal::fall, 30min),
                          {{d, signal::fall, -10min}, {d, signal::fall, 0ns}});
    event.told = began;
    check(event);
    auto acts =
        of_state("absent, activity", home_of({hall, device("door", {signal::door_open}, 5min, the_home, "hall")}),
                 absent(signal::activity, 30min), by_device({{"hall", step(0, 0)}, {"door", step(0, 1)}}));
    check(acts);
}

TEST_CASE("no run is later than the bound of a duration or of what is put together [prover-11]") {
    const auto where = home_of({band(), oximeter()});
    const auto hypoxic = below(signal::spo2, 90);
    const measured both_fall = [](const device_id&, signal s, nanoseconds since,
                                  const run& r) -> std::optional<double> {
        const auto at = s == signal::spo2 ? -nanoseconds{static_cast<std::int64_t>(r.x * 6e11)} : 0ns;
        return s == signal::spo2 ? (since < at ? 97 : 85) : (since < at ? 60 : 35);
    };
    check(of_state("for", where, lasts(low, 5min), step(60, 35)));
    check(of_state("for, zigbee", home_of({zigbee(device("mat", {signal::heart_rate}, 40s, wang))}),
                   lasts(low, 1min), step(60, 35)));
    check(of_state("and", where, both(low, hypoxic), both_fall, 20min));
    check(of_state("and, for", where, lasts(both(low, hypoxic), 5min), both_fall, 20min));
    check(of_state("for, and", where, both(lasts(low, 5min), hypoxic), both_fall, 20min));
    check(of_state("or", where, either(low, hypoxic),
                   [](const device_id& d, signal s, nanoseconds since, const run& r) -> std::optional<double> {
                       const bool turns = since >= 0ns && d == r.carrier;
                       return s == signal::spo2 ? (turns ? 85 : 97) : (turns ? 35 : 60);
                   }));
    check(of_state("not for", where, negate(lasts(negate(low), 5min)), step(60, 35), 20min));
}

TEST_CASE("no run is later than the bound of a window [prover-11]") {
    const auto hr = [](window_function f, comparison how, nanoseconds d, unsigned n = 1) {
        return window(f, signal::heart_rate, d, how, 50, n);
    };
    const auto where = home_of({zigbee(band())});
    check(
        of_state("mean", where, hr(window_function::mean, comparison::less, 20min, 10), step(300, 49.999), 30min));
    check(of_state("mean, one reading a window", home_of({device("slow", {signal::heart_rate}, 10min, wang)}),
                   hr(window_function::mean, comparison::less, 4min), step(300, 49.999), 30min));
    check(of_state("min below", where, hr(window_function::least, comparison::less, 20min), step(60, 45), 30min));
    check(
        of_state("min above", where, hr(window_function::least, comparison::greater, 20min), step(45, 60), 30min));
    check(
        of_state("max above", where, hr(window_function::most, comparison::greater, 20min), step(45, 60), 30min));
    check(of_state("max below", where, hr(window_function::most, comparison::less, 20min), step(60, 45), 30min));
    check(of_state("mean, for", home_of({band()}),
                   lasts(hr(window_function::mean, comparison::less, 20min), 10min), step(300, 49.999), 30min));
    const measured seldom = [slot = std::make_shared<std::int64_t>(0)](const device_id&, signal, nanoseconds since,
                                                                       const run&) -> std::optional<double> {
        if (since < 0ns) return 60;
        const auto now = since / 10min;
        return std::exchange(*slot, now) != now ? std::optional<double>{60} : std::nullopt;
    };
    check(of_state("count below", home_of({band()}),
                   window(window_function::count, signal::heart_rate, 1h, comparison::less, 10), seldom, 2h));
    const measured grows = [](const device_id&, signal, nanoseconds since, const run&) -> std::optional<double> {
        return since < 0ns ? 60 : 60 + 2.0 * static_cast<double>(since.count()) / 86'400e9;
    };
    check(of_state("rate", home_of({device("scale", {signal::weight}, 2h, wang)}),
                   window(window_function::rate, signal::weight, 72h, comparison::greater, 1.99), grows, 100h));
    // The report that comes after the onset tells what flowed before it.
    const auto flow = [](double before, double first, double after) -> measured {
        auto last = std::make_shared<nanoseconds>(0ns);
        return [=](const device_id&, signal, nanoseconds since, const run&) -> std::optional<double> {
            const bool first_after = since >= 0ns && *last < 0ns;
            *last = since;
            return since < 0ns ? before : first_after ? first : after;
        };
    };
    const auto metered = home_of({device("meter", {signal::water_use}, 5min, the_home)});
    check(of_state("sum above", metered,
                   window(window_function::sum, signal::water_use, 2h, comparison::greater, 100), flow(0, 200, 0),
                   3h));
    check(of_state("sum below", metered, window(window_function::sum, signal::water_use, 2h, comparison::less, 1),
                   flow(10, 10, 0), 3h));
}

TEST_CASE("no run is later than the bound of a count of readings [prover-11]") {
    // The third reading within the hour comes at the onset; a report says only that there is none.
    const device_id meter{"meter"};
    const measured nothing = [](const device_id&, signal, nanoseconds, const run&) -> std::optional<double> {
        return std::nullopt;
    };
    auto third = of_event(
        "count above", home_of({zigbee(device("meter", {signal::water_use}, 1min, the_home))}),
        window(window_function::count, signal::water_use, 1h, comparison::greater_equal, 3),
        {{meter, signal::water_use, -40min}, {meter, signal::water_use, -10min}, {meter, signal::water_use, 0ns}},
        2h, nothing);
    third.told = began;
    check(third);
}

TEST_CASE("no run is later than the bound of a comparison with the resident's own baseline [prover-11]") {
    // Days of 57 to 63; the spread of their medians is 0, so it counts as one bin of 2.1875 bpm.
    const measured own = [](const device_id&, signal, nanoseconds since, const run&) -> std::optional<double> {
        if (since >= 0ns) return 75;
        return 60 + 3 * static_cast<double>((since / 1h) % 3 + 1);
    };
    const auto where = home_of({device("band", {signal::heart_rate}, 20min, wang)});
    check(of_state("baseline above", where, against_baseline(comparison::greater, 3, 14), own, 7 * 24h));
    check(of_state(
        "baseline below, for", where, lasts(against_baseline(comparison::less, -3, 7), 30min),
        [](const device_id&, signal, nanoseconds since, const run&) -> std::optional<double> {
            return since >= 0ns ? 45 : 60;
        },
        7 * 24h));
}

TEST_CASE("no run is later than the bound of an activity [prover-11]") {
    const auto hall = device("hall", {signal::motion}, 3min, the_home, "hall");
    const auto door = zigbee(device("door", {signal::door_open}, 5min, the_home, "hall"));
    const measured of_carrier = [](const device_id& d, signal, nanoseconds since,
                                   const run& r) -> std::optional<double> {
        return since >= 0ns && d == r.carrier ? 1 : 0;
    };
    auto moves = of_event("activity", home_of({hall}), occurs(signal::activity), {}, 0ns, of_carrier);
    moves.right_after_a_report = true;
    check(moves);
    moves.name = "activity, told at a change";
    moves.where = home_of({zigbee(hall)});
    check(moves);
    moves.name = "activity, a door";
    moves.where = home_of({door});
    check(moves);
    moves.name = "activity, one of two";
    moves.where = home_of({hall, door});
    check(moves);
}

TEST_CASE("no run is later than the bound of an event [prover-11]") {
    const auto where = home_of({detector(), band(), oximeter()});
    const auto fall = occurs(signal::fall);
    const device_id d{"detector"};
    const measured heart = by_signal({{signal::heart_rate, step(60, 35)}, {signal::spo2, step(97, 97)}});
    check(of_event("occurs", where, fall, {{d, signal::fall, 0ns}}, 0ns, heart));
    auto turns = of_event("becomes", where, becomes(low), {}, 0ns, heart);
    turns.right_after_a_report = true;
    check(turns);
    turns.name = "then";
    turns.rules = rules({rule("proven", within(node_kind::followed, fall, becomes(low), 10min))});
    turns.happens = [=](const run& r) -> std::vector<happening> {
        return {{d, signal::fall, -10s - nanoseconds{static_cast<std::int64_t>(r.x * 5e11)}}};
    };
    check(turns);
    turns.name = "or";
    turns.rules = rules({rule("proven", of(node_kind::one_of, fall, becomes(low)))});
    turns.happens = [](const run&) { return std::vector<happening>{}; };
    check(turns);
    turns.name = "without";
    turns.rules = rules({rule("proven", within(node_kind::alone, becomes(low), fall, 10min))});
    check(turns);
    check(of_event("while", where, of(node_kind::at_time_of, fall, above(signal::spo2, 90)),
                   {{d, signal::fall, 0ns}}, 10min, heart));
    const measured a_minute_ago = [](const device_id&, signal, nanoseconds since,
                                     const run&) -> std::optional<double> { return since < -1min ? 60 : 35; };
    check(of_event("while, just since", where, of(node_kind::at_time_of, fall, low), {{d, signal::fall, 0ns}}, 0ns,
                   a_minute_ago));
    auto thrice =
        of_event("count", where, counted(fall, 1h, comparison::greater_equal, 3),
                 {{d, signal::fall, -50min}, {d, signal::fall, -10min}, {d, signal::fall, 0ns}}, 2h, heart);
    thrice.told = began;
    check(thrice);
    auto few = of_event("count below", where, counted(fall, 1h, comparison::less, 1),
                        {{d, signal::fall, -10min}, {d, signal::fall, 0ns}}, 2h, heart);
    few.told = began;
    check(few);
}

TEST_CASE("no run is later than the bound of a hold [prover-11]") {
    auto s = of_event("hold", home_of({detector()}), occurs(signal::fall),
                      {{device_id{"detector"}, signal::fall, 0ns}});
    s.rules.rules.back().rule.hold = 20s;
    s.told = suspected;
    check(s);
    s.told = confirmed;
    check(s);
}

TEST_CASE("no run is later than the bound at a time of day [prover-11]") {
    auto s = of_state("during", home_of({band()}), both(lasts(low, 5min), during(22, 6)), step(60, 35));
    s.onset_at = [](nanoseconds t) { return t / 24h * 24h + 23h + t % 1h; };
    check(s);
    SUBCASE("it is told when the time begins") {
        auto late = of_state("during, begins", home_of({band()}), both(low, during(22, 6)), step(35, 35));
        late.onset_at = [](nanoseconds t) { return t / 24h * 24h + 22h; };
        late.right_after_a_report = false;
        for (std::uint64_t seed = 0; seed < 10; ++seed) {
            const auto o = play(late, {}, 1min, seed);
            REQUIRE(o.told);
            CHECK(*o.told == 0ns);
        }
    }
}

TEST_CASE("no run is later than the bound of a rule that waits for another [prover-11]") {
    auto s = of_state("condition", home_of({band()}), low, step(60, 35));
    s.rules = rules({rule("first", lasts(low, 2min)), rule("proven", lasts(active("first"), 3min))});
    check(s);
    auto over = of_state("not condition", home_of({band()}), low, step(35, 60));
    auto first = rule("first", lasts(low, 2min));
    first.rule.clear = lasts(above(signal::heart_rate, 50), 10min);
    over.rules = rules({first, rule("proven", negate(active("first")))});
    over.before = 10min;
    check(over);
}

TEST_CASE("no run is later than the bound of NEWS2 [prover-11]") {
    const auto where = home_of(
        {device("band", {signal::respiration, signal::spo2, signal::heart_rate}, 1min, wang),
         device("cuff", {signal::systolic}, 4h, wang), device("thermometer", {signal::temperature}, 1h, wang),
         device("nurse", {signal::alert, signal::on_oxygen}, 3h, wang)});
    const auto well = [](signal s) -> double {
        switch (s) {
        case signal::respiration: return 16;
        case signal::spo2: return 97;
        case signal::heart_rate: return 70;
        case signal::systolic: return 120;
        case signal::temperature: return 36.8;
        case signal::alert: return 1;
        default: return 0;
        }
    };
    // The carrier's signals turn as bad as they can; it alone makes the score.
    const measured ill = [=](const device_id& d, signal s, nanoseconds since,
                             const run&) -> std::optional<double> {
        if (since < 0ns || d.str() != "cuff") return well(s);
        return 80;
    };
    check(of_state("news2", where, compare(signal::news2, comparison::greater_equal, 3), ill));
    check(of_state("news2_single", where, compare(signal::news2_single, comparison::greater_equal, 3), ill));
}
