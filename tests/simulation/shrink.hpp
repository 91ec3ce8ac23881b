// A failing story made short: deeds are left out as long as the same invariant breaks (delta debugging over the
// script: halves, quarters … single deeds; first whole kinds of faults), and what lasts is made to last less.
//
// Threads: one.
#pragma once

#include <cstddef>
#include <functional>

#include "tests/simulation/world/world.hpp"

namespace anban::simulation {

struct shrunk {
    script story;
    run_result result;
    std::size_t runs = 0;
};

// `failing` must break an invariant with `options`.
[[nodiscard]] shrunk shrink(const script& failing, const run_options& options, std::size_t most_runs = 2'000);

} // namespace anban::simulation
