// Nobody has taken it: marks in time at which an open alarm is told further. They run from the centre's
// commit on its boot clock, which no step of the wall clock moves, and are rows, so that a restart neither
// forgets one nor fires one twice. A timer belongs to an epoch; a take or a reopening makes a new epoch and so
// ends it.
//
// After a restart of the centre in the same boot a mark is where it was. After a reboot the boot clock has
// begun anew: the mark goes by wall time, but is never further away than it was at its commit, so that a clock
// that was set back delays nobody's help.
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
// The mark of this number, from 1; nothing if that class has none.
[[nodiscard]] std::optional<std::chrono::seconds> mark_after(alarm_class of, bool test,
                                                             std::uint8_t mark) noexcept;

// One reading of the centre's clocks.
struct moment {
    utc_time wall{};
    mono_time mono{};
    std::uint64_t boot = 0; // names the boot that `mono` belongs to; 0: not known, and like no other
};

struct timer {
    mono_time due{};
    case_key key;
    std::uint32_t epoch = 0;
    std::uint8_t mark = 0; // from 1
    friend auto operator<=>(const timer&, const timer&) = default;
};

// A timer as its row says: due at `due`, as both clocks were expected to show.
struct timer_row {
    case_key key;
    std::uint32_t epoch = 0;
    std::uint8_t mark = 0;
    moment due;
};

// When the mark of a row is due on the boot clock of now. `whole`: how long it was at its commit.
[[nodiscard]] mono_time due_again(const timer_row& row, std::chrono::seconds whole, const moment& now) noexcept;

class timers {
public:
    void add(timer t);
    // Takes out what is due at or before `now`, oldest first.
    [[nodiscard]] std::vector<timer> due(mono_time now);
    [[nodiscard]] std::optional<mono_time> next() const;
    [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

private:
    std::set<timer> all_;
};

// True if the mark still means something: untaken, and in the epoch it was set for.
[[nodiscard]] bool fires(const timer& t, const standing& now) noexcept;

} // namespace anban::dispatch
