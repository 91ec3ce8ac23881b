// The bound of a rule's state against what the engine keeps.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "rules/engine/engine.hpp"
#include "rules/language/pack.hpp"
#include "rules/prover/memory.hpp"
#include "tests/rules/prover/written.hpp"

namespace {

using namespace anban;
using namespace anban::written;

std::size_t kept(const language::alarm_rule& r) {
    auto e = rule("r", r.when);
    e.rule = r;
    return engine{rules({e}), home_of({}), {}}.largest_state_bytes();
}

// As much as the engine keeps, and little more: a bound that anything fits under says nothing.
void check(const language::alarm_rule& r) {
    const auto id = r.id.str();
    CAPTURE(id);
    const auto bound = prover::memory_bound(r);
    const auto real = kept(r);
    CHECK(real <= bound);
    CHECK(bound <= real + real / 4);
}

void check(const expression& when) {
    check(rule("r", when).rule);
}

} // namespace

TEST_CASE("no rule keeps more state than its bound [prover-12]") {
    const auto low = below(signal::heart_rate, 40);
    const auto fall = occurs(signal::fall);
    check(low);
    check(lasts(low, 1min));
    check(both(last_in(signal::motion, "bathroom"), absent(signal::motion, 4h, elsewhere("bathroom"))));
    check(either(negate(is(signal::bed_occupied)), unheard(signal::heart_rate, 1h)));
    check(both(during(22, 6), active("other")));
    for (const auto f : {window_function::count, window_function::sum, window_function::mean,
                         window_function::least, window_function::most, window_function::rate})
        check(window(f, signal::heart_rate, 1h, comparison::less, 50));
    check(counted(fall, 1h, comparison::greater, 3));
    check(of(node_kind::one_of, fall, becomes(low)));
    check(within(node_kind::followed, fall, becomes(low), 10min));
    check(within(node_kind::alone, fall, becomes(low), 10min));
    check(of(node_kind::at_time_of, fall, low));
    auto held = rule("held", fall).rule;
    held.hold = 20s;
    held.unless = {occurs(signal::cancel), becomes(is(signal::bed_occupied, true, own))};
    check(held);
    auto cleared = rule("cleared", lasts(low, 1min)).rule;
    cleared.clear = lasts(above(signal::heart_rate, 45), 2min);
    check(cleared);
}

TEST_CASE("no rule of a shipped pack keeps more state than its bound [prover-12]") {
    std::size_t packs = 0;
    for (const auto& file : std::filesystem::directory_iterator{ANBAN_PACKS}) {
        if (file.path().extension() != ".rules") continue;
        std::ifstream in(file.path());
        const auto read = language::read_pack(std::string{std::istreambuf_iterator<char>(in), {}},
                                              file.path().filename().string());
        REQUIRE(read);
        ++packs;
        for (const auto& r : read->rules) check(r);
    }
    CHECK(packs >= 8);
}
