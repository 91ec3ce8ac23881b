// A client of a broker for tests: one that listens, or a device that says what no honest device would.
//
// Threads: every function from any thread; messages arrive on a thread of libmosquitto.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "tests/stage/mailbox.hpp"

namespace anban::stage {

struct mqtt_login {
    std::uint16_t port = 0;
    std::string client_id = {};
    std::string username = {};
    std::string password = {};
    std::filesystem::path ca = {}; // these three: mutual TLS
    std::filesystem::path certificate = {};
    std::filesystem::path key = {};
    std::string address = "127.0.0.1";
};

struct mqtt_message {
    std::string topic;
    std::string payload;
    int qos = 0;
    bool retained = false;
    std::int64_t at_us = 0; // UTC
};

class mqtt_client {
public:
    explicit mqtt_client(mqtt_login login);
    ~mqtt_client();
    mqtt_client(const mqtt_client&) = delete;
    mqtt_client& operator=(const mqtt_client&) = delete;

    // 0: accepted; else the broker's reason (MQTT 5), or nothing if it did not answer or closed.
    std::optional<int> connect(std::chrono::milliseconds patience = std::chrono::seconds(5));
    // The reason code of the SUBACK; nothing if none came.
    std::optional<int> subscribe(std::string_view filter, int qos = 1);
    // The reason code of the PUBACK (0x10: nobody is subscribed, 0x87: not authorised); 0 for QoS 0.
    std::optional<int> publish(std::string_view topic, std::string_view payload, int qos = 1, bool retain = false);
    [[nodiscard]] bool connected() const noexcept;

    mailbox<mqtt_message> received;

private:
    class link;
    std::unique_ptr<link> link_;
};

} // namespace anban::stage
