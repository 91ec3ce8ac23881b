// Whether frames are being shed just now, as a fault: telemetry that is dropped in silence would look like
// devices that are silent.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <optional>

#include "gateway/home/home.hpp"

namespace anban {

class shedding {
public:
    // `total`: frames shed since the start. The fault begins with the first and ends when none was shed for
    // limits::shedding_over; nothing where there is no news.
    [[nodiscard]] std::optional<shell_fault> judge(std::uint64_t total, mono_time now);

private:
    std::uint64_t known_ = 0;
    std::uint64_t before_ = 0; // the total when this time of shedding began
    mono_time last_{};
    bool now_ = false;
};

} // namespace anban
