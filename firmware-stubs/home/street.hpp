// All devices of the home that is played, their loop and its timers.
//
// Threads: one; run() is the loop.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "firmware-stubs/home/native_device.hpp"
#include "firmware-stubs/home/zigbee.hpp"

namespace anban::played {

// Where commands come from: a descriptor whose lines are handed on; a line is at most 64 KiB.
struct line_source {
    int descriptor = -1; // -1: ended
    std::string rest;
};

class street {
public:
    explicit street(const config& home);

    [[nodiscard]] native_device* find(std::string_view id);
    [[nodiscard]] zigbee_bridge* bridge() noexcept { return bridge_.get(); }
    [[nodiscard]] connection* link_of(std::string_view id); // a Zigbee device's is its bridge's
    [[nodiscard]] std::vector<native_device*> all(kind what);

    // Runs `task` once, not before `at_us` of the monotonic clock in microseconds.
    void at(std::int64_t at_us, std::function<void()> task);
    [[nodiscard]] static std::int64_t monotonic_us() noexcept;

    // Until quit() or `stop` becomes readable. `line` gets each line of `commands`, `ended` its end.
    void run(line_source& commands, int stop, const std::function<void(std::string_view)>& line,
             const std::function<void()>& ended);
    void quit() noexcept { running_ = false; }
    // The commands' next line is not read before this moment (a script's `wait`).
    void pause_until(std::int64_t at_us) noexcept { paused_until_us_ = at_us; }

private:
    struct task {
        std::int64_t at_us;
        std::function<void()> what;
    };
    void hand_on(line_source& commands, const std::function<void(std::string_view)>& line,
                 const std::function<void()>& ended);
    [[nodiscard]] std::int64_t wait_us(bool lines_waiting) const;

    std::vector<std::unique_ptr<native_device>> devices_;
    std::unique_ptr<zigbee_bridge> bridge_;
    std::vector<connection*> links_;
    std::list<task> tasks_; // by time
    std::int64_t paused_until_us_ = 0;
    bool running_ = true;
    bool told_ready_ = false;
};

} // namespace anban::played
