// Messages between the broker's thread and the desk's: bounded, life safety first and with a reserve of its
// own. What does not fit is dropped and counted; its gateway repeats it.
//
// Threads: any.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "cloud-bridge/dispatch/desk/desk.hpp"
#include "rules/alarm_class.hpp"

namespace anban::dispatch {

class arrivals {
public:
    enum class put_result : std::uint8_t { first, queued, dropped }; // first: whoever reads must be woken

    [[nodiscard]] put_result put(arrival a, lane via);
    // The most urgent one that waits.
    [[nodiscard]] std::optional<arrival> take();
    [[nodiscard]] std::uint64_t dropped() const;

private:
    mutable std::mutex mutex_;
    std::array<std::deque<arrival>, 4> waiting_;
    std::size_t count_ = 0;
    std::uint64_t dropped_ = 0;
};

} // namespace anban::dispatch
