#include "gateway/config/zone.hpp"

#include <algorithm>
#include <ctime>

#include "rules/limits.hpp"

namespace anban {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

[[nodiscard]] seconds offset_of_libc(sys_seconds at) {
    const std::time_t t = at.time_since_epoch().count();
    std::tm local{};
    if (::localtime_r(&t, &local) == nullptr) return seconds{0};
    return seconds{local.tm_gmtoff};
}

// The first second in (before, after] with another offset than `before`.
[[nodiscard]] sys_seconds first_other(sys_seconds before, sys_seconds after) {
    const seconds old = offset_of_libc(before);
    while (after - before > seconds{1}) {
        const sys_seconds middle = before + (after - before) / 2;
        (offset_of_libc(middle) == old ? before : after) = middle;
    }
    return after;
}

} // namespace

zone_table zone_of_box(sys_seconds now) {
    constexpr auto back = std::chrono::days{366};
    constexpr auto ahead = std::chrono::days{366 * 15};
    constexpr auto stride = std::chrono::days{1}; // no zone has changed twice within a day
    ::tzset();
    // A box without a clock chip wakes in 1970: no box of ours ran before this.
    now = std::max(now, sys_seconds{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}});
    sys_seconds at = now - back;
    zone_table zone{{at, offset_of_libc(at)}};
    for (; at < now + ahead && zone.size() < limits::zone_changes; at += stride) {
        if (offset_of_libc(at + stride) == offset_of_libc(at)) continue;
        const sys_seconds change = first_other(at, at + stride);
        zone.push_back({change, offset_of_libc(change)});
    }
    return zone;
}

} // namespace anban
