// What will happen, in the order in which it will: virtual time that jumps to the next event. Of two at one moment
// the one that was asked for first comes first.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

namespace anban::simulation {

// Since the beginning of the world; no clock of any machine in it.
using moment_ns = std::chrono::nanoseconds;

class timeline {
public:
    using handle = std::pair<moment_ns, std::uint64_t>;

    [[nodiscard]] moment_ns now() const noexcept { return now_; }
    [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

    handle at(moment_ns when, std::function<void()> what) {
        const handle h{when < now_ ? now_ : when, ++sequence_};
        events_.emplace(h, std::move(what));
        return h;
    }
    handle in(std::chrono::nanoseconds delay, std::function<void()> what) {
        return at(now_ + delay, std::move(what));
    }
    void cancel(const handle& h) { events_.erase(h); }

    // The next event, if it comes before `end`; else time goes to `end`.
    bool step(moment_ns end) {
        const auto first = events_.begin();
        if (first == events_.end() || first->first.first > end) {
            now_ = end;
            return false;
        }
        now_ = first->first.first;
        const auto what = std::move(first->second);
        events_.erase(first);
        ++steps_;
        what();
        return true;
    }

private:
    moment_ns now_{0};
    std::uint64_t sequence_ = 0;
    std::uint64_t steps_ = 0;
    std::map<handle, std::function<void()>> events_;
};

} // namespace anban::simulation
