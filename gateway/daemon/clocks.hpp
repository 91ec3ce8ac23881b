// The only place of the gateway that looks at clocks.
//
// Threads: free functions; any thread.
#pragma once

#include <cstdint>

#include "rules/time.hpp"

namespace anban::clocks {

// CLOCK_BOOTTIME and wall time with its quality. `floor` is a time that has certainly passed (the last
// record of the journal): an undisciplined clock that lies before it, or before this program was written,
// is unset.
[[nodiscard]] instant now(utc_time floor = {}) noexcept;

// Changes with each boot of the machine.
[[nodiscard]] std::uint64_t boot_id() noexcept;

} // namespace anban::clocks
