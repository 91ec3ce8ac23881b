#include "gateway/daemon/inbox.hpp"

#include <boost/asio/post.hpp>

#include "rules/limits.hpp"

namespace anban {

inbox::inbox(boost::asio::io_context& io, std::function<void(const input&)> taker)
    : io_(io), taker_(std::move(taker)) {}

void inbox::put(input in) {
    boost::asio::post(io_, [this, in = std::move(in)] { taker_(in); });
}

bool inbox::put_heard(input in, bool alarm) {
    {
        std::unique_lock lock{mutex_};
        // Half of the room is the alarms' own.
        if (!alarm && waiting_ >= limits::ingest_queue / 2) {
            ++shed_;
            return false;
        }
        room_.wait(lock, [this] { return waiting_ < limits::ingest_queue; });
        ++waiting_;
    }
    boost::asio::post(io_, [this, in = std::move(in)] {
        taker_(in);
        {
            const std::lock_guard lock{mutex_};
            --waiting_;
        }
        room_.notify_one();
    });
    return true;
}

bool inbox::empty() const {
    const std::lock_guard lock{mutex_};
    return waiting_ == 0;
}

std::uint64_t inbox::shed() const {
    const std::lock_guard lock{mutex_};
    return shed_;
}

} // namespace anban
