// A district's dispatch centre: its authority, its broker, anban-dispatch and one operator.
//
// Threads: those of process.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/stage/broker.hpp"
#include "tests/stage/http.hpp"
#include "tests/stage/mqtt.hpp"
#include "tests/stage/process.hpp"

namespace anban::stage {

struct home_card {
    std::string gateway;
    std::string name;
    std::string address;
    std::string phone;
    std::vector<std::pair<std::string, std::string>> residents; // id, name
    std::vector<std::pair<std::string, std::string>> rooms;
};

class centre {
public:
    // Writes everything below `folder`, starts nothing.
    explicit centre(std::filesystem::path folder);

    void start_broker();
    // Returns when it said that it is ready. Throws fault with the log's end.
    void start_dispatch();
    void start() {
        start_broker();
        start_dispatch();
    }

    // Enters the card, which may then join by `port` of loopback; gives the join file.
    std::filesystem::path add_home(const home_card& card, std::uint16_t port);
    // Only a certificate of the district, no card: a gateway that nobody has entered. Gives its join file.
    std::filesystem::path certify_stranger(const std::string& gateway, std::uint16_t port);

    // A new one-time token for the operator `li`.
    std::string token();
    http_client session();
    // One who hears all homes at the centre's broker, beside anban-dispatch.
    [[nodiscard]] mqtt_login listener() const;

    [[nodiscard]] const std::string& url() const noexcept { return url_; }
    [[nodiscard]] std::uint16_t tls_port() const noexcept { return tls_port_; }
    [[nodiscard]] std::uint16_t local_port() const noexcept { return local_port_; }
    [[nodiscard]] std::uint16_t http_port() const noexcept { return http_port_; }
    [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }
    [[nodiscard]] std::filesystem::path log() const { return folder_ / "dispatch.log"; }
    [[nodiscard]] broker& mosquitto() { return *broker_; }
    [[nodiscard]] process& dispatch() { return *dispatch_; }

private:
    // anban-dispatch with --data; throws fault with what it said if its status isn't 0.
    std::string tell(std::vector<std::string> words, std::string_view input = {});

    std::filesystem::path folder_;
    std::uint16_t tls_port_;
    std::uint16_t local_port_;
    std::uint16_t http_port_;
    std::string url_;
    std::unique_ptr<broker> broker_;
    std::unique_ptr<process> dispatch_;
};

} // namespace anban::stage
