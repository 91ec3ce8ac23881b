// Two kinds of time, kept apart by type.
//
// `mono_time` drives every deadline: nanoseconds on a clock that never steps (CLOCK_BOOTTIME in the
// daemon, a counter in tests). Its clock has no `now()`, so code below the daemon's shell that tries to
// read time does not compile; time is always an argument.
//
// `utc_time` is a stamp for people and for the centre. It comes with the quality of the clock that made
// it, because a box may wake in 1970: nothing is ever decided from a stamp alone.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace anban {

struct mono_clock {
    using rep = std::int64_t;
    using period = std::nano;
    using duration = std::chrono::nanoseconds;
    using time_point = std::chrono::time_point<mono_clock>;
    static constexpr bool is_steady = true;
};
using mono_time = mono_clock::time_point;

using utc_time = std::chrono::sys_time<std::chrono::microseconds>;

enum class clock_quality : std::uint8_t {
    unset,        // never set since boot: the stamp says nothing
    restored,     // set from a saved floor: not before the true time by much, may be late
    synchronised, // the kernel says that a time server disciplines it
};

[[nodiscard]] constexpr std::string_view name_of(clock_quality q) noexcept {
    switch (q) {
    case clock_quality::restored: return "restored";
    case clock_quality::synchronised: return "synchronised";
    case clock_quality::unset: break;
    }
    return "unset";
}

struct stamp {
    utc_time at{};
    clock_quality quality = clock_quality::unset;
    friend bool operator==(const stamp&, const stamp&) = default;
};

// One look at both clocks, taken once per input by the shell and handed down.
struct instant {
    mono_time mono{};
    stamp wall{};
};

} // namespace anban
