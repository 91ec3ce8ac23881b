#include "rules/engine/window.hpp"

#include <algorithm>

namespace anban::judging {

using language::window_function;

void add(value_pane& p, window_function over, double value) noexcept {
    if (p.count == 0) {
        p.value = value;
    } else if (over == window_function::least) {
        p.value = std::min(p.value, value);
    } else if (over == window_function::most) {
        p.value = std::max(p.value, value);
    } else {
        p.value += value;
    }
    ++p.count;
}

void add(slope_pane& p, own_ns at, double value) noexcept {
    if (p.count == 0 || at < p.first_at) {
        p.first_at = at;
        p.first = value;
    }
    if (p.count == 0 || at >= p.last_at) { // of two at one moment the later heard
        p.last_at = at;
        p.last = value;
    }
    ++p.count;
}

std::optional<double> value_of(const panes<value_pane>& w, window_function over, std::uint32_t least) noexcept {
    value_pane all;
    w.each([&](std::int64_t, const value_pane& p) {
        if (p.count == 0) return;
        const std::uint32_t so_far = all.count;
        add(all, over, p.value);
        all.count = so_far + p.count;
    });
    if (all.count < least || all.count == 0) return std::nullopt;
    if (over == window_function::count) return static_cast<double>(all.count);
    if (over == window_function::mean) return all.value / static_cast<double>(all.count);
    return all.value;
}

std::optional<double> value_of(const panes<slope_pane>& w, std::uint32_t least) noexcept {
    constexpr double day_ns = 86'400e9;
    slope_pane all;
    w.each([&](std::int64_t, const slope_pane& p) {
        if (p.count == 0) return;
        if (all.count == 0) {
            all = p;
            return;
        }
        all.last_at = p.last_at;
        all.last = p.last;
        all.count += p.count;
    });
    if (all.count < std::max(least, 2U) || all.last_at == all.first_at) return std::nullopt;
    return (all.last - all.first) / (static_cast<double>(all.last_at - all.first_at) / day_ns);
}

double value_of(const panes<count_pane>& w) noexcept {
    std::uint64_t all = 0;
    w.each([&](std::int64_t, const count_pane& p) { all += p.count; });
    return static_cast<double>(all);
}

} // namespace anban::judging
