// What the daemon does for its own health, every few seconds: canaries on their way, the home broker's limits
// tried, faults of the way told, and whether the service manager's watchdog may be fed.
//
// Threads: all calls on the io_context's; the broker is tried in a thread of its own, which posts what it found.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include <boost/asio/io_context.hpp>

#include "gateway/config/house.hpp"
#include "gateway/daemon/health/canary.hpp"
#include "gateway/home/home.hpp"

namespace anban {

class self_watch {
public:
    struct body {
        std::function<void(const input&)> feed;
        std::function<mono_time()> now;
        std::function<void(std::uint64_t canary)> sing;              // through the broker
        std::function<void(std::uint64_t canary, bool commit)> pass; // through the journal's thread
        std::function<broker_address()> broker;
    };
    struct senses {
        bool broker_up = false;
        bool listens = false; // and the broker has answered all that was asked
        bool ear_waits = false;
        std::optional<std::chrono::milliseconds> since_beat;
    };

    self_watch(boost::asio::io_context& io, body of) : io_(io), of_(std::move(of)) {}

    // True where all that a restart could mend is well.
    [[nodiscard]] bool look(const senses& now);

    void broker_connected();                        // it may be another, or have other limits
    void heard(std::uint64_t canary, mono_time at); // came through the broker
    void passed(std::uint64_t canary) { bird_.passed(canary); }

private:
    void judge(std::uint64_t canary);
    void probe_broker();

    boost::asio::io_context& io_;
    body of_;
    canary bird_;
    bool probed_ = false;
    mono_time connected_at_{};
};

} // namespace anban
