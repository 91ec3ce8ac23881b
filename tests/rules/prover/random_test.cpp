// Conditions put together at random, in a home where several things change at once: the bound holds for each,
// and nothing that comes true in the world is called impossible.
#include <doctest/doctest.h>

#include <map>
#include <random>

#include "rules/language/pack.hpp"
#include "rules/prover/delays.hpp"
#include "rules/prover/prover.hpp"
#include "rules/prover/sources.hpp"
#include "tests/rules/prover/world.hpp"

namespace {

using namespace anban;
using namespace anban::written;

constexpr int conditions = 300;
constexpr std::uint64_t seeds = 6;

using values = std::map<std::string, double>; // by device: each gives one signal

struct dice {
    std::mt19937_64 from;
    double chance() { return std::uniform_real_distribution<double>{0, 1}(from); }
    int below(int n) { return std::uniform_int_distribution<int>{0, n - 1}(from); }
};

installation furnished(dice& d) {
    const auto every = [&] { return std::chrono::seconds{20 + d.below(200)}; };
    auto all = std::vector{device("band", {signal::heart_rate}, every(), wang),
                           device("oximeter", {signal::spo2}, every(), wang),
                           device("mat", {signal::bed_occupied}, every(), wang, "bedroom"),
                           device("bath", {signal::motion}, every(), the_home, "bathroom")};
    for (auto& one : all)
        if (d.chance() < 0.4) one.family = "zigbee2mqtt";
    return home_of(std::move(all));
}

expression leaf_of(dice& d) {
    const auto how = static_cast<comparison>(d.below(4));
    switch (d.below(6)) {
    case 0: return compare(signal::heart_rate, how, 40 + 20 * d.below(5));
    case 1: return compare(signal::spo2, how, 80 + 5 * d.below(4));
    case 2: return is(signal::bed_occupied, d.chance() < 0.5);
    case 3: return is(signal::motion, d.chance() < 0.5, in("bathroom"));
    case 4: return absent(signal::motion, std::chrono::seconds{30 + d.below(300)});
    default: return absent(signal::bed_occupied, std::chrono::seconds{30 + d.below(300)});
    }
}

expression tree_of(dice& d, int depth) {
    if (depth == 0) return leaf_of(d);
    switch (d.below(5)) {
    case 0: return both(tree_of(d, depth - 1), tree_of(d, depth - 1));
    case 1: return either(tree_of(d, depth - 1), tree_of(d, depth - 1));
    case 2: return negate(tree_of(d, depth - 1));
    case 3: return lasts(tree_of(d, depth - 1), std::chrono::seconds{30 + d.below(300)});
    default: return leaf_of(d);
    }
}

values measured_at_random(dice& d) {
    return {
        {"band", 30 + 5 * d.below(25)}, {"oximeter", 75 + d.below(25)}, {"mat", d.below(2)}, {"bath", d.below(2)}};
}

// In the world a duration is only a matter of waiting.
bool is_so(const expression& e, std::size_t i, const values& v) {
    const auto& n = e.nodes[i];
    const auto compared = [&](double x) {
        switch (n.how) {
        case comparison::less: return x < n.against.value;
        case comparison::less_equal: return x <= n.against.value;
        case comparison::greater: return x > n.against.value;
        default: return x >= n.against.value;
        }
    };
    const bool in_bed = n.what.what == signal::bed_occupied;
    switch (n.kind) {
    case node_kind::compare: return compared(v.at(n.what.what == signal::spo2 ? "oximeter" : "band"));
    case node_kind::is: return (v.at(in_bed ? "mat" : "bath") != 0) == n.wanted;
    case node_kind::absent: return v.at(in_bed ? "mat" : "bath") == 0;
    case node_kind::both: return is_so(e, n.a, v) && is_so(e, n.b, v);
    case node_kind::either: return is_so(e, n.a, v) || is_so(e, n.b, v);
    case node_kind::negate: return !is_so(e, n.a, v);
    default: return is_so(e, n.a, v);
    }
}

} // namespace

TEST_CASE("the bound of whatever is put together holds in every run [prover-11]") {
    dice d{std::mt19937_64{20261122}};
    int tried = 0;
    while (tried < conditions) {
        const auto when = tree_of(d, 4);
        const auto before = measured_at_random(d);
        const auto after = measured_at_random(d);
        const auto root = when.nodes.size() - 1;
        if (when.nodes.size() > 32 || is_so(when, root, before) || !is_so(when, root, after)) continue;
        ++tried;
        scene s;
        s.where = furnished(d);
        s.rules = rules({rule("proven", when)});
        s.before = 1h;
        s.says = [&](const device_id& id, signal, nanoseconds since, const run&) -> std::optional<double> {
            return (since < 0ns ? before : after).at(id.str());
        };
        const auto words = language::in_words(when);
        CAPTURE(words);
        const auto proof = prover::prove(s.rules, s.where).rules.back();
        REQUIRE(proof.told);
        const auto bound =
            proof.told->total() - prover::evaluation_takes - prover::commit_takes - prover::delivery(lane::p1);
        const auto most = prover::in_words(bound);
        CAPTURE(most);
        device_id slowest;
        for (const auto& t : proof.told->terms)
            if (slowest.empty()) slowest = t.device;
        for (std::uint64_t seed = 0; seed < seeds; ++seed) {
            CAPTURE(seed);
            const auto o = play(s, slowest, bound, seed);
            REQUIRE_FALSE(o.too_early);
            REQUIRE(o.told);
            REQUIRE(*o.told <= bound);
        }
    }
}
