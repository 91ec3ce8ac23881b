// A program of the simulated world: what it had planned dies with it.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "tests/simulation/timeline.hpp"

namespace anban::simulation {

using namespace std::chrono_literals;
// True time since the run began. No process of the world sees it: each machine has clocks of its own.
using sim_time = moment_ns;

class process {
public:
    explicit process(timeline& when) : time_(when) {}
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    [[nodiscard]] bool alive() const noexcept { return alive_; }
    // Which of its lives this is; rises with each start.
    [[nodiscard]] std::uint64_t life() const noexcept { return life_; }

protected:
    ~process() = default;
    void begin_life() {
        alive_ = true;
        ++life_;
    }
    void end_life() { alive_ = false; }
    void after(sim_time wait, std::function<void()> what) {
        time_.in(wait, [this, life = life_, what = std::move(what)] {
            if (alive_ && life == life_) what();
        });
    }
    [[nodiscard]] timeline& events() const noexcept { return time_; }

private:
    timeline& time_;
    bool alive_ = false;
    std::uint64_t life_ = 0;
};

} // namespace anban::simulation
