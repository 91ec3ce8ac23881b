#include "rules/local_time.hpp"

#include <algorithm>

namespace anban {
namespace {

using std::chrono::seconds;

constexpr std::int64_t day_seconds = 24 * 60 * 60;

[[nodiscard]] std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept {
    return a / b - (a % b < 0 ? 1 : 0);
}

[[nodiscard]] std::chrono::sys_seconds whole_seconds(utc_time at) noexcept {
    return std::chrono::floor<seconds>(at);
}

// Seconds of the local calendar, as if it were UTC.
[[nodiscard]] std::int64_t local_seconds(const zone_table& zone, utc_time at) noexcept {
    return whole_seconds(at).time_since_epoch().count() + offset_at(zone, at).count();
}

} // namespace

zone_table china_zone() {
    return {{std::chrono::sys_seconds{}, std::chrono::hours{8}}};
}

std::chrono::seconds offset_at(const zone_table& zone, utc_time at) noexcept {
    if (zone.empty()) return seconds{0};
    const auto after = std::ranges::upper_bound(zone, whole_seconds(at), {}, &zone_change::from);
    return after == zone.begin() ? zone.front().offset : std::prev(after)->offset;
}

int minute_of_day(const zone_table& zone, utc_time at) noexcept {
    const std::int64_t local = local_seconds(zone, at);
    return static_cast<int>((local - floor_div(local, day_seconds) * day_seconds) / 60);
}

std::int64_t local_day(const zone_table& zone, utc_time at) noexcept {
    return floor_div(local_seconds(zone, at), day_seconds);
}

utc_time next_minute_of_day(const zone_table& zone, utc_time after, int minute) noexcept {
    const std::int64_t wanted = std::int64_t{minute} * 60;
    // Within one offset local time runs evenly: the first local moment behind `from` that shows the minute.
    const auto behind = [wanted](std::int64_t from) {
        const std::int64_t candidate = floor_div(from, day_seconds) * day_seconds + wanted;
        return candidate > from ? candidate : candidate + day_seconds;
    };
    std::int64_t since = whole_seconds(after).time_since_epoch().count();
    std::int64_t offset = offset_at(zone, after).count();
    auto change = std::ranges::upper_bound(zone, whole_seconds(after), {}, &zone_change::from);
    if (change == zone.begin() && change != zone.end()) ++change; // the first is valid since ever
    for (;; ++change) {
        const std::int64_t found = behind(since + offset) - offset;
        const bool last = change == zone.end();
        if (last || found < change->from.time_since_epoch().count()) return utc_time{seconds{found}};
        const std::int64_t border = change->from.time_since_epoch().count();
        const std::int64_t shown_before = border + offset; // what the wall would show at the border
        offset = change->offset.count();
        // The wall jumps forward past the minute: the moment of the jump counts as it.
        if (behind(shown_before - 1) <= border + offset) return utc_time{seconds{border}};
        since = border - 1; // the border itself may show it: an hour that begins again
    }
}

} // namespace anban
