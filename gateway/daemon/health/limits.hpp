// The bounds of the box's care for itself, beside those of the house (rules/limits.hpp).
#pragma once

#include <chrono>
#include <cstddef>

namespace anban::limits {
using namespace std::chrono_literals;

// After an end that wasn't meant.
inline constexpr std::size_t starts_kept = 16;
inline constexpr auto crash_loop = 5min;
inline constexpr std::size_t crashes_to_set_rules_aside = 3; // two of one frame, which is then in quarantine

// The canary through broker, core and journal.
inline constexpr auto canary_every = 30s;
inline constexpr auto canary_patience = 10s;
inline constexpr auto canary_commit_every = 1h;
inline constexpr auto journal_stuck_for = 5min;

inline constexpr auto beat_overdue = 10s;       // of the message to oneself every 500 ms
inline constexpr auto broker_probed_after = 5s; // a connection: behind what a restart has held up
inline constexpr auto probe_patience = 20s;

static_assert(canary_patience < canary_every);
static_assert(crashes_to_set_rules_aside < starts_kept);

} // namespace anban::limits
