// The zone that the box is set to, as a table that the core computes with: libc knows it, the core may not ask.
//
// Threads: free functions; they read TZ and the system's zone files.
#pragma once

#include <chrono>

#include "rules/local_time.hpp"

namespace anban {

// From a year before `now` (schedules look back a day, stored readings minutes) on, as far as
// limits::zone_changes reaches or fifteen years.
[[nodiscard]] zone_table zone_of_box(std::chrono::sys_seconds now);

} // namespace anban
