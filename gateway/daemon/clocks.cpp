#include "gateway/daemon/clocks.hpp"

#include <sys/timex.h>

#include <ctime>
#include <fstream>
#include <string>

#include "rules/sha256.hpp"

namespace anban::clocks {
namespace {

using namespace std::chrono;

constexpr utc_time written{sys_days{year{2026} / 1 / 1}};

[[nodiscard]] bool disciplined() noexcept {
    timex state{};
    return ::adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

} // namespace

instant now(utc_time floor) noexcept {
    timespec boot{};
    timespec wall{};
    ::clock_gettime(CLOCK_BOOTTIME, &boot);
    ::clock_gettime(CLOCK_REALTIME, &wall);
    instant at;
    at.mono = mono_time{seconds{boot.tv_sec} + nanoseconds{boot.tv_nsec}};
    at.wall.at = utc_time{duration_cast<microseconds>(seconds{wall.tv_sec} + nanoseconds{wall.tv_nsec})};
    if (disciplined()) {
        at.wall.quality = clock_quality::synchronised;
    } else if (at.wall.at >= floor && at.wall.at >= written) {
        at.wall.quality = clock_quality::restored;
    }
    return at;
}

std::uint64_t boot_id() noexcept {
    std::string text;
    std::ifstream{"/proc/sys/kernel/random/boot_id"} >> text;
    const sha256_digest digest = sha256_of(text);
    std::uint64_t id = 0;
    for (std::size_t i = 0; i < 8; ++i) id = (id << 8U) | digest[i];
    return id;
}

} // namespace anban::clocks
