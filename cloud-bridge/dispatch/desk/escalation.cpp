#include "cloud-bridge/dispatch/desk/escalation.hpp"

#include <algorithm>
#include <array>

#include "cloud-bridge/dispatch/limits.hpp"

namespace anban::dispatch {
namespace {

constexpr std::array<std::chrono::seconds, 2> both{limits::first_mark, limits::second_mark};
constexpr std::array<std::chrono::seconds, 1> late_only{limits::second_mark};

} // namespace

std::span<const std::chrono::seconds> marks_of(alarm_class of, bool test) noexcept {
    if (test) return {};
    switch (of) {
    case alarm_class::life_safety:
    case alarm_class::suspected: return both;
    case alarm_class::service: return late_only;
    case alarm_class::technical: break;
    }
    return {};
}

std::optional<std::chrono::seconds> mark_after(alarm_class of, bool test, std::uint8_t mark) noexcept {
    const auto marks = marks_of(of, test);
    if (mark == 0 || mark > marks.size()) return std::nullopt;
    return marks[mark - 1U];
}

mono_time due_again(const timer_row& row, std::chrono::seconds whole, const moment& now) noexcept {
    using left = mono_clock::duration;
    if (row.due.boot != 0 && row.due.boot == now.boot) return std::min(row.due.mono, now.mono + whole);
    // Compared before it is converted: a wall clock may be centuries away, which nanoseconds can't count.
    const auto by_wall = row.due.wall - now.wall;
    if (by_wall >= whole) return now.mono + whole;
    return now.mono + std::max(std::chrono::duration_cast<left>(by_wall > -whole ? by_wall : -whole), left{0});
}

void timers::add(timer t) {
    all_.insert(std::move(t));
}

std::vector<timer> timers::due(mono_time now) {
    std::vector<timer> found;
    while (!all_.empty() && all_.begin()->due <= now) found.push_back(all_.extract(all_.begin()).value());
    return found;
}

std::optional<mono_time> timers::next() const {
    if (all_.empty()) return std::nullopt;
    return all_.begin()->due;
}

bool fires(const timer& t, const standing& now) noexcept {
    return now.at == alarm_progress::open && now.epoch == t.epoch;
}

} // namespace anban::dispatch
