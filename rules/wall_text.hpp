// Moments as people and files write them. Pure: the zone is an argument.
//
// Threads: free functions without state.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rules/local_time.hpp"

namespace anban {

// "2026-11-22 03:15:00" in the zone's local time; an empty zone is UTC.
[[nodiscard]] std::string wall_text(const zone_table& zone, utc_time at);

// "2026-11-22T03:15:00.250Z", cut to milliseconds; with `whole` to the microsecond.
[[nodiscard]] std::string iso_text(utc_time at, bool whole = false);

// Either of the two, with or without a part of a second, taken as UTC; seconds may be left out. Nothing where
// it is no moment of the calendar.
[[nodiscard]] std::optional<utc_time> utc_from_text(std::string_view text) noexcept;

} // namespace anban
