#include "gateway/daemon/alarm_clock.hpp"

#include <sys/timerfd.h>

#include <algorithm>

#include <boost/asio/buffer.hpp>

#include "rules/ensure.hpp"

namespace anban {

alarm_clock::alarm_clock(boost::asio::io_context& io, std::function<void()> rings)
    : timer_(io, ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)), rings_(std::move(rings)) {
    ensure(timer_.native_handle() >= 0);
    wait();
}

void alarm_clock::ring_in(std::chrono::microseconds after) {
    if (set_.exchange(true)) return;
    const auto ns = std::max<std::chrono::nanoseconds>(after, std::chrono::nanoseconds{1}); // 0 would unset it
    itimerspec when{};
    when.it_value.tv_sec = ns.count() / 1'000'000'000;
    when.it_value.tv_nsec = ns.count() % 1'000'000'000;
    ensure(::timerfd_settime(timer_.native_handle(), 0, &when, nullptr) == 0);
}

void alarm_clock::wait() {
    timer_.async_read_some(boost::asio::buffer(count_),
                           [this](const boost::system::error_code& error, std::size_t) {
                               if (error) return;
                               set_ = false;
                               rings_();
                               wait();
                           });
}

} // namespace anban
