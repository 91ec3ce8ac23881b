// One MQTT 5 connection with one of the district's hosts, over mutual TLS, by Paho's blocking client: whoever
// publishes writes to the socket itself. (Its other client hands each message to a thread of its own, which costs
// an alarm the waking of a core.) What blocks there (connecting, subscribing, leaving) is done on a thread of this
// class.
//
// Threads: the functions are for one thread. Events come from threads of Paho and of this class, with the number
// of the connect() that they belong to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace anban::uplink {

struct paho_target {
    std::string host; // "name:8883"
    std::string client_id;
    std::filesystem::path credentials; // folder with gateway.crt, gateway.key, ca.crt
    std::string will_topic;
    std::string will;
    std::vector<std::pair<std::string, int>> subscriptions; // filter and QoS
};

struct paho_events {
    // Connected and subscribed; so many publications may be without their PUBACK.
    std::function<void(std::uint64_t attempt, std::size_t in_flight)> connected;
    // It could not be connected, or is no more.
    std::function<void(std::uint64_t attempt, std::string why)> ended;
    std::function<void(std::uint64_t attempt, int message, bool accepted)> acknowledged;
    std::function<void(std::uint64_t attempt, std::string topic, std::string bytes)> heard;
};

class paho_link {
public:
    explicit paho_link(paho_events tell);
    ~paho_link(); // waits for a connect that is under way
    paho_link(const paho_link&) = delete;
    paho_link& operator=(const paho_link&) = delete;

    // Returns at once; `connected` or `ended` follows. Leaves what stood before.
    void connect(std::uint64_t attempt, paho_target target);
    // Returns at once.
    void leave();
    // Written when it returns: the number that `acknowledged` will name, 0 for QoS 0; nothing where there is no
    // connection. With more than `in_flight` unacknowledged, or behind a peer that has stopped reading for longer
    // than a socket buffers, Paho blocks here until TCP_USER_TIMEOUT ends the connection.
    [[nodiscard]] std::optional<int> publish(const std::string& topic, const std::string& payload, int qos);

private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace anban::uplink
