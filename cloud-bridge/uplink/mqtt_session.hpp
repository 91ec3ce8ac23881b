// One MQTT 5 session with one of the district's hosts, over mutual TLS: connects once when told to,
// subscribes to what comes down, publishes what it is given, and says when it ends. When and where to try
// again is the caller's matter; Paho's automatic reconnect is never used.
//
// The server must prove itself to the CA file, by name or IP. The will is given by the caller.
//
// A message to itself goes out every limits::pulse while the session stands. It proves the whole way to the broker
// and back: once one has returned, a silence of limits::pulse_lost_after ends the session as half open.
//
// Threads: the io_context's one, and what is published is on the socket when the call returns. Other threads only
// post owned copies to it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/io_context.hpp>

#include "cloud-bridge/uplink/district.hpp"

namespace anban::uplink {

struct session_events {
    std::function<void()> up;                  // connected and subscribed
    std::function<void(std::string why)> down; // of each connect() exactly once, at its end
    std::function<void(std::uint64_t flight, bool arrived)> flight_ended;
    std::function<void(std::string bytes)> downlink; // of dn/<gw>/ack and dn/<gw>/cmd
};

class mqtt_session {
public:
    // `pulse` 0 switches the messages to itself off.
    mqtt_session(boost::asio::io_context& io, std::chrono::milliseconds pulse, session_events tell);
    ~mqtt_session();
    mqtt_session(const mqtt_session&) = delete;
    mqtt_session& operator=(const mqtt_session&) = delete;

    // Only while there is none. `host` is one of the district's.
    void connect(const district& d, const host_port& host, std::string will);
    // QoS 1; `flight_ended` follows, unless the session ends before. False: not taken.
    [[nodiscard]] bool publish(std::uint64_t flight, const std::string& topic, const std::string& payload);
    // QoS 0; nothing follows.
    void tell_once(const std::string& topic, const std::string& payload);
    [[nodiscard]] bool up() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};

} // namespace anban::uplink
