// The bounded way into the core's thread. Alarm frames wait for room (the broker keeps the rest), other
// frames are shed and counted, what the house itself says (a commit, a fault) always finds a place: there
// is at most one such message for each frame.
//
// Threads: put functions from any thread; the taker runs on the io_context's.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>

#include <boost/asio/io_context.hpp>

#include "gateway/home/home.hpp"

namespace anban {

class inbox {
public:
    inbox(boost::asio::io_context& io, std::function<void(const input&)> taker);

    void put(input in);
    // False: no room, and the frame is no alarm.
    [[nodiscard]] bool put_heard(input in, bool alarm);
    // Every frame that was put in has been taken and dealt with.
    [[nodiscard]] bool empty() const;
    [[nodiscard]] std::uint64_t shed() const;

private:
    boost::asio::io_context& io_;
    std::function<void(const input&)> taker_;
    mutable std::mutex mutex_;
    std::condition_variable room_;
    std::size_t waiting_ = 0;
    std::uint64_t shed_ = 0;
};

} // namespace anban
