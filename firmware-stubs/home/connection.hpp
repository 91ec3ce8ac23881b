// One MQTT 5 connection of one device: its own socket, credentials and client id. Not blocking, for a loop
// that polls its descriptor; connects again by itself.
//
// What is lost with a connection stays lost here: no message waits in the client, since a device's outbox is
// the only one that repeats.
//
// Threads: one. Callbacks run inside ready(), tick() and publish() of that thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct mosquitto;

namespace anban::played {

struct connection_events {
    std::function<void()> connected;                        // subscriptions are asked for
    std::function<void(std::string_view why)> disconnected; // also: the broker refused us
    std::function<void(std::string_view topic, std::span<const std::uint8_t> payload)> message;
    std::function<void(int id, std::uint8_t reason)> acknowledged; // PUBACK of a QoS 1 message
};

struct last_will {
    std::string topic;
    std::string payload;
};

struct connection_options {
    std::string host;
    std::uint16_t port = 1883;
    std::string username; // also the client id
    std::string password;
    std::vector<std::string> subscriptions; // at QoS 1
    std::optional<last_will> will;          // QoS 1, retained
};

enum class publish_error : std::uint8_t { offline, busy, refused };

class connection {
public:
    connection(connection_options options, connection_events events);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    // Lets go of the broker and stays away until online() is called.
    void offline(bool graceful = true);
    void online();

    [[nodiscard]] bool connected() const noexcept { return connected_; }

    // Hands the message to the socket at once; the id comes back with `acknowledged`.
    std::expected<int, publish_error> publish(std::string_view topic, std::span<const std::uint8_t> payload,
                                              int qos, bool retain);

    // For the loop: -1 while there is no socket.
    [[nodiscard]] int descriptor() const noexcept;
    [[nodiscard]] bool wants_write() const noexcept;
    void ready(bool readable, bool writable);

    // Keep-alive and reconnecting; at least every second.
    void tick(std::uint64_t now_ms);
    [[nodiscard]] std::uint64_t next_ms() const noexcept { return next_ms_; }

private:
    struct closer {
        void operator()(mosquitto* m) const noexcept;
    };
    void open(std::uint64_t now_ms);
    void lost(std::string_view why);

    connection_options options_;
    connection_events events_;
    std::unique_ptr<mosquitto, closer> client_;
    std::uint64_t next_ms_ = 0;
    std::uint32_t tries_ = 0;
    bool wanted_ = true;
    bool connected_ = false;
};

} // namespace anban::played
