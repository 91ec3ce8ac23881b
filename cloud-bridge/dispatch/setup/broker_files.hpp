// Configuration of the district's broker (mosquitto 2.0.11), written whole each time:
//
//   DIR/broker/mosquitto.conf   two listeners: TLS for gateways, loopback for anban-dispatch
//   DIR/broker/acl              what a certificate's CN may say and hear, by pattern: no state a gateway
//   DIR/broker/passwd           the one user with a password, anban-dispatch
//   DIR/broker/local.password   that password, 0600; kept when it is there
//   DIR/broker/data/            mosquitto's persistence
//
// Threads: one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "cloud-bridge/dispatch/words.hpp"

namespace anban::dispatch {

struct broker_wish {
    std::string tls_address = "0.0.0.0";
    std::uint16_t tls_port = 8883;
    std::uint16_t local_port = 1885;
    bool as_root = false; // mosquitto started by root would drop to a user that can't write its data
};

// Needs the server's certificate from `ca init`; says so if it is missing.
[[nodiscard]] outcome<void> write_broker_files(const std::filesystem::path& data, const broker_wish& wish);

// The password of the local listener, as written above.
[[nodiscard]] outcome<std::string> local_password(const std::filesystem::path& data);

// The local listener's port as the configuration says it; 0 if there is none to read.
[[nodiscard]] std::uint16_t configured_local_port(const std::filesystem::path& data);

} // namespace anban::dispatch
