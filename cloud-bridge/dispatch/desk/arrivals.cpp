#include "cloud-bridge/dispatch/desk/arrivals.hpp"

#include "cloud-bridge/dispatch/limits.hpp"

namespace anban::dispatch {

arrivals::put_result arrivals::put(arrival a, lane via) {
    const std::scoped_lock lock(mutex_);
    const auto most =
        via == lane::p0 ? limits::arrivals_waiting : limits::arrivals_waiting - limits::arrivals_p0_reserve;
    if (count_ >= most) {
        ++dropped_;
        return put_result::dropped;
    }
    waiting_[static_cast<std::size_t>(via)].push_back(std::move(a));
    return count_++ == 0 ? put_result::first : put_result::queued;
}

std::optional<arrival> arrivals::take() {
    const std::scoped_lock lock(mutex_);
    for (auto& queue : waiting_) {
        if (queue.empty()) continue;
        arrival first = std::move(queue.front());
        queue.pop_front();
        --count_;
        return first;
    }
    return std::nullopt;
}

std::uint64_t arrivals::dropped() const {
    const std::scoped_lock lock(mutex_);
    return dropped_;
}

} // namespace anban::dispatch
