// A sliding window in fixed memory: 16 panes, aligned to the engine's own time. At moment T it holds what lies
// in the 16 panes that end with T's own, so it reaches back between 15/16 of its length and all of it.
//
// Threads: one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>

#include "rules/language/expression.hpp"
#include "rules/limits.hpp"

namespace anban::judging {

using own_ns = std::int64_t; // nanoseconds on the engine's own scale

inline constexpr own_ns never = std::numeric_limits<own_ns>::max();
inline constexpr own_ns long_ago = std::numeric_limits<own_ns>::min();

// Which pane a moment lies in, for panes of this width.
[[nodiscard]] constexpr std::int64_t pane_of(own_ns at, std::int64_t width) noexcept {
    return at / width - (at % width < 0 ? 1 : 0);
}

// Sixteen of whatever a pane holds, as a ring; those that have left the window are empty.
template <class Pane>
class panes {
public:
    // The pane of this number, or nothing where it has left the window that ends with `newest`.
    [[nodiscard]] Pane* at(std::int64_t number, std::int64_t newest) noexcept {
        move_to(newest);
        if (number > newest_ || number <= newest_ - count) return nullptr;
        return &ring_[slot(number)];
    }
    void move_to(std::int64_t newest) noexcept {
        if (newest <= newest_) return;
        const std::int64_t gone = newest_ == long_ago || newest - newest_ > count ? count : newest - newest_;
        for (std::int64_t i = 0; i < gone; ++i) ring_[slot(newest - i)] = Pane{};
        newest_ = newest;
    }
    // From the oldest to the newest.
    template <class Visit>
    void each(Visit visit) const {
        if (newest_ == long_ago) return;
        for (std::int64_t n = newest_ - count + 1; n <= newest_; ++n) visit(n, ring_[slot(n)]);
    }
    [[nodiscard]] std::int64_t newest() const noexcept { return newest_; }
    // The moment at which the oldest pane that isn't empty leaves; never where all are.
    [[nodiscard]] own_ns next_loss(std::int64_t width) const noexcept {
        own_ns next = never;
        each([&](std::int64_t n, const Pane& p) {
            if (next == never && p.count > 0) next = (n + count) * width;
        });
        return next;
    }

private:
    static constexpr std::int64_t count = limits::window_panes;
    [[nodiscard]] static std::size_t slot(std::int64_t number) noexcept {
        return static_cast<std::size_t>(static_cast<std::uint64_t>(number) % limits::window_panes);
    }
    std::int64_t newest_ = long_ago;
    std::array<Pane, limits::window_panes> ring_{};
};

// How many events.
struct count_pane {
    std::uint32_t count = 0;
};

// Sum, least or most of readings, by the window's function.
struct value_pane {
    double value = 0;
    std::uint32_t count = 0;
};
static_assert(sizeof(value_pane) == 16);

// First and last by event time.
struct slope_pane {
    own_ns first_at = 0;
    own_ns last_at = 0;
    double first = 0;
    double last = 0;
    std::uint32_t count = 0;
};

void add(value_pane& p, language::window_function over, double value) noexcept;
void add(slope_pane& p, own_ns at, double value) noexcept;

// What the window says; nothing with fewer than `least` readings in it.
[[nodiscard]] std::optional<double> value_of(const panes<value_pane>& w, language::window_function over,
                                             std::uint32_t least) noexcept;
// Per day: last less first by the time between.
[[nodiscard]] std::optional<double> value_of(const panes<slope_pane>& w, std::uint32_t least) noexcept;
[[nodiscard]] double value_of(const panes<count_pane>& w) noexcept;

} // namespace anban::judging
