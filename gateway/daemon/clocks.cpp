#include "gateway/daemon/clocks.hpp"

#include <sys/timex.h>

#include <atomic>
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

// The kernel's word changes seldom and costs a system call: it is asked once a second.
[[nodiscard]] bool disciplined_lately(nanoseconds boot) noexcept {
    static std::atomic<std::int64_t> asked_ns{-1};
    static std::atomic<bool> said{false};
    const std::int64_t last = asked_ns.load();
    if (last < 0 || boot.count() - last >= nanoseconds{1s}.count()) {
        said = disciplined();
        asked_ns = boot.count();
    }
    return said;
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
    if (disciplined_lately(at.mono.time_since_epoch())) {
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
