// The centre's own link to the district's broker: Paho, MQTT 5, on the loopback listener. It starts without
// a broker, tries again every second for ever, subscribes anew on each connection, and takes a connection
// on which its own echo has not come back for ten seconds for dead.
//
// No durable session: what a gateway has not been acknowledged, it repeats.
//
// Threads: construct, `start`, `publish` and `beat` on one thread; the events are called on Paho's thread,
// must only hand over what they are given, and must not call back in here.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace anban::dispatch {

struct broker_events {
    std::function<void(std::string topic, std::string payload)> heard;
    std::function<void()> up;                    // connected and subscribed
    std::function<void(std::string why)> down;   // also when a try to connect has failed
    std::function<void(std::uint64_t tag)> told; // the broker gave a tagged message to a session
};

class broker_link {
public:
    broker_link(std::string host, std::uint16_t port, std::string user, std::string password,
                broker_events events);
    ~broker_link();
    broker_link(const broker_link&) = delete;
    broker_link& operator=(const broker_link&) = delete;

    // To be called every 500 ms: connects where there is no connection, sends the echo where there is one
    // (Paho's idle loop would otherwise sleep for 100 ms, and a dead link would go unnoticed).
    void beat(mono_time now);

    // QoS 1. Dropped while there is no link: everything sent is sent again by the protocol above. With a tag
    // other than 0, `told` names it when a session of the receiver has it.
    void publish(const std::string& topic, const std::string& payload, std::uint64_t tag);

private:
    struct wire;
    std::unique_ptr<wire> wire_;
};

} // namespace anban::dispatch
