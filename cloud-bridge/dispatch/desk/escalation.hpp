// Nobody has taken it: marks in time at which an open alarm is told further. They run from the centre's
// commit, on its clock, and are rows, so that a restart neither forgets one nor fires one twice. A timer
// belongs to an epoch; a take or a reopening makes a new epoch and so ends it.
//
// Threads: one; time is an argument.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "cloud-bridge/dispatch/desk/case_file.hpp"

namespace anban::dispatch {

// From the commit; empty where nobody is told further: tests and technical alarms.
[[nodiscard]] std::span<const std::chrono::seconds> marks_of(alarm_class of, bool test) noexcept;

struct timer {
    utc_time due{};
    case_key key;
    std::uint32_t epoch = 0;
    std::uint8_t mark = 0; // from 1
    friend auto operator<=>(const timer&, const timer&) = default;
};

class timers {
public:
    void add(timer t);
    // Takes out what is due at or before `now`, oldest first.
    [[nodiscard]] std::vector<timer> due(utc_time now);
    [[nodiscard]] std::optional<utc_time> next() const;
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

private:
    std::set<timer> all_;
};

// True if the mark still means something: untaken, and in the epoch it was set for.
[[nodiscard]] bool fires(const timer& t, const standing& now) noexcept;

} // namespace anban::dispatch
