#include "cloud-bridge/dispatch/desk/escalation.hpp"

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

void timers::add(timer t) {
    all_.insert(std::move(t));
}

std::vector<timer> timers::due(utc_time now) {
    std::vector<timer> found;
    while (!all_.empty() && all_.begin()->due <= now) found.push_back(all_.extract(all_.begin()).value());
    return found;
}

std::optional<utc_time> timers::next() const {
    if (all_.empty()) return std::nullopt;
    return all_.begin()->due;
}

bool fires(const timer& t, const standing& now) noexcept {
    return now.at == alarm_progress::open && now.epoch == t.epoch;
}

} // namespace anban::dispatch
