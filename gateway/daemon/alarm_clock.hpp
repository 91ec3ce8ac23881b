// Wakes the io_context's thread after a moment, set from any thread without waking anybody before: the kernel's
// timer is the messenger.
//
// Threads: `ring_in` from any; `rings` runs on the io_context's.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <functional>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

namespace anban {

class alarm_clock {
public:
    alarm_clock(boost::asio::io_context& io, std::function<void()> rings);

    // Where it is set already, the earlier setting holds; it is set anew from when `rings` begins.
    void ring_in(std::chrono::microseconds after);

private:
    void wait();

    boost::asio::posix::stream_descriptor timer_;
    std::function<void()> rings_;
    std::atomic<bool> set_ = false;
    std::array<char, 8> count_{};
};

} // namespace anban
