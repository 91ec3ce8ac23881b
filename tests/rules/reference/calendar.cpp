#include "tests/rules/reference/calendar.hpp"

#include <algorithm>

namespace anban::reference {
namespace {

using namespace std::chrono;

std::int64_t local_seconds(const zone_table& zone, utc_time at) {
    seconds offset{0};
    if (!zone.empty()) offset = zone.front().offset;
    for (const auto& change : zone) {
        if (change.from <= at) offset = change.offset;
    }
    return (floor<seconds>(at) + offset).time_since_epoch().count();
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a / b - (a % b < 0 ? 1 : 0);
}

// The latest that the local wall ever showed up to then: a time that comes twice counts as the last before.
std::int64_t latest_shown(const zone_table& zone, utc_time at) {
    auto latest = local_seconds(zone, at);
    for (const auto& change : zone) {
        if (change.from <= at) latest = std::max(latest, local_seconds(zone, change.from - 1s));
    }
    return latest;
}

// In the first minute after the clock was put forward: is a whole span among what was skipped?
bool skipped_whole(const language::daily_span& span, const zone_table& zone, utc_time at) {
    const auto minute = floor<minutes>(at);
    const auto first_skipped = floor_div(latest_shown(zone, minute - 1min), 60) + 1;
    const auto first_shown = floor_div(latest_shown(zone, minute), 60);
    for (auto begin = first_skipped; begin < first_shown; ++begin) {
        if (begin - floor_div(begin, 1440) * 1440 != span.from) continue;
        const auto length = span.to > span.from ? span.to - span.from : span.to + 1440 - span.from;
        if (begin + length <= first_shown) return true;
    }
    return false;
}

template <class Answer>
std::optional<mono_time> next_change(const wall_clock& clock, mono_time t, Answer&& answer) {
    const auto before = answer(clock.at(t));
    auto wall = floor<minutes>(clock.at(t));
    for (int i = 0; i < 2 * 24 * 60; ++i) {
        wall += minutes{1};
        if (answer(utc_time{wall}) != before) return t + (utc_time{wall} - clock.at(t));
    }
    return std::nullopt;
}

} // namespace

utc_time wall_clock::at(mono_time t) const {
    return showed.at + floor<microseconds>(t - seen_at);
}

int minute_on_the_wall(const zone_table& zone, utc_time at) {
    const auto s = local_seconds(zone, at);
    return static_cast<int>((s - floor_div(s, 86'400) * 86'400) / 60);
}

std::int64_t day_on_the_wall(const zone_table& zone, utc_time at) {
    return floor_div(local_seconds(zone, at), 86'400);
}

bool inside(const language::daily_span& span, int minute) {
    if (span.from < span.to) return span.from <= minute && minute < span.to;
    return span.from <= minute || minute < span.to;
}

bool inside(const language::daily_span& span, const zone_table& zone, utc_time at) {
    const auto s = latest_shown(zone, at);
    if (inside(span, static_cast<int>((s - floor_div(s, 86'400) * 86'400) / 60))) return true;
    return skipped_whole(span, zone, at);
}

std::optional<mono_time> next_border(const wall_clock& clock, const zone_table& zone,
                                     const language::daily_span& span, mono_time t) {
    return next_change(clock, t, [&](utc_time w) { return inside(span, zone, w); });
}

std::optional<mono_time> next_midnight(const wall_clock& clock, const zone_table& zone, mono_time t) {
    return next_change(clock, t, [&](utc_time w) { return day_on_the_wall(zone, w); });
}

} // namespace anban::reference
