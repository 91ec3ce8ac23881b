// A home and its district in virtual time: everything of one run, and the faults that befall it.
//
// Threads: one; two worlds share nothing.
#pragma once

#include <map>
#include <memory>

#include "tests/simulation/world/anband.hpp"
#include "tests/simulation/world/centre_shell.hpp"
#include "tests/simulation/world/devices.hpp"
#include "tests/simulation/world/script.hpp"
#include "tests/simulation/world/uplink_shell.hpp"

namespace anban::simulation {

struct run_options {
    defect wrong = defect::none;
    bool aloud = false;               // print the trace
    std::uint64_t steps = UINT64_MAX; // end after so many
};

struct run_result {
    std::optional<breach> broken;
    std::uint64_t steps = 0;
    sim_time lived{};
    std::uint64_t digest = 0; // of the trace
    std::array<std::uint64_t, deed_kinds> deeds{};
    std::array<std::uint64_t, invariants + 1> checked{};
    std::uint64_t alarms = 0;
    std::uint64_t presses = 0;
    std::uint64_t answered = 0;
    std::uint64_t syncs = 0;
};

// Lives through the script, whole or until an invariant breaks.
[[nodiscard]] run_result live(const script& story, const run_options& options);

} // namespace anban::simulation
