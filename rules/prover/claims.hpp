// What a condition claims, taken apart into plain claims about the world: for contradictions ("below 40 and
// above 120") and for one rule that follows from another. Sound, not complete: what it calls impossible or
// implied is so; it may miss some.
//
// Threads: free functions without state.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "rules/installation.hpp"
#include "rules/language/expression.hpp"
#include "rules/prover/sources.hpp"

namespace anban::prover {

// One rule's condition as it stands in one home.
struct setting {
    const language::expression& of;
    const subject& who;
    const installation& where;
};

// One node that is (or isn't) so, and has been for at least `lasting`.
struct claim {
    std::size_t node = 0;
    bool wanted = true;
    std::chrono::nanoseconds lasting{0};
};
using claims = std::vector<claim>; // all of them at once

// Every way in which the node can be so; empty: none. For an event: in which it can happen. Nothing where there
// are more ways than limits::prover_ways.
[[nodiscard]] std::optional<std::vector<claims>> ways(const setting& in, std::size_t node, bool want);

// There is at least one way (or too many to look through).
[[nodiscard]] bool possible(const setting& in, std::size_t node, bool want);

// Whenever `b` is true (or happens), `a` is as well and has been for as long as it takes. Both of one subject.
[[nodiscard]] bool implies(const setting& b, const setting& a);

} // namespace anban::prover
