// The clocks of one machine, as the daemon's clocks.cpp reads them: a boot clock that never steps, and a wall
// clock that may be wrong, step, or begin in 1970.
//
// Threads: one.
#pragma once

#include "rules/time.hpp"
#include "tests/simulation/clockwork/process.hpp"

namespace anban::simulation {

// True wall time when a run begins: a Friday in 2027.
inline constexpr utc_time world_begins{std::chrono::sys_days{std::chrono::year{2027} / 1 / 15}};

class machine_clock {
public:
    machine_clock(const timeline& when, bool battery_backed) : when_(when), battery_backed_(battery_backed) {}

    // `boot` names this boot. Without a battery the wall clock begins in 1970.
    void boot(std::uint64_t boot) {
        boot_ = boot;
        booted_at_ = when_.now();
        if (battery_backed_) return;
        offset_ = -(world_begins.time_since_epoch() +
                    std::chrono::duration_cast<std::chrono::microseconds>(when_.now()));
        disciplined_ = false;
    }
    void step(std::chrono::microseconds by) { offset_ += by; }
    void undiscipline() { disciplined_ = false; }
    void discipline() {
        offset_ = {};
        disciplined_ = true;
    }

    [[nodiscard]] std::uint64_t boot_id() const noexcept { return boot_; }
    [[nodiscard]] mono_time mono() const {
        return mono_time{std::chrono::seconds{5} + (when_.now() - booted_at_)};
    }
    [[nodiscard]] utc_time wall() const {
        return world_begins + offset_ + std::chrono::duration_cast<std::chrono::microseconds>(when_.now());
    }
    [[nodiscard]] instant now(utc_time floor) const {
        constexpr utc_time written{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
        instant at{mono(), {wall(), clock_quality::unset}};
        if (disciplined_) {
            at.wall.quality = clock_quality::synchronised;
        } else if (at.wall.at >= floor && at.wall.at >= written) {
            at.wall.quality = clock_quality::restored;
        }
        return at;
    }

private:
    const timeline& when_;
    bool battery_backed_;
    std::uint64_t boot_ = 1;
    sim_time booted_at_{};
    std::chrono::microseconds offset_{};
    bool disciplined_ = true;
};

} // namespace anban::simulation
