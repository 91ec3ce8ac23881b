// Local time without a clock and without a time zone library: the shell hands down a table of the zone's
// changes, and everything below computes with it.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "rules/time.hpp"

namespace anban {

// From `from` on (seconds of UTC, inclusive) local time is UTC plus `offset`. Sorted, at most
// limits::zone_changes entries, the first valid since ever. Empty: UTC.
struct zone_change {
    std::chrono::sys_seconds from{};
    std::chrono::seconds offset{0};
    friend bool operator==(const zone_change&, const zone_change&) = default;
};
using zone_table = std::vector<zone_change>;

// China has had one offset and no summer time since 1991.
[[nodiscard]] zone_table china_zone();

[[nodiscard]] std::chrono::seconds offset_at(const zone_table& zone, utc_time at) noexcept;

// Minutes since local midnight, 0..1439.
[[nodiscard]] int minute_of_day(const zone_table& zone, utc_time at) noexcept;

// Days since 1970-01-01 of the local calendar.
[[nodiscard]] std::int64_t local_day(const zone_table& zone, utc_time at) noexcept;

// The first moment after `after` at which the local wall shows `minute` or has jumped past it. In a repeated
// hour that is the first of the two.
[[nodiscard]] utc_time next_minute_of_day(const zone_table& zone, utc_time after, int minute) noexcept;

} // namespace anban
