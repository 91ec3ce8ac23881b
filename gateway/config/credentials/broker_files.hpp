// The home broker's own files: mosquitto.conf, acl, passwd. The broker is part of the box: nobody without a
// password, every device its own user and topics, a client id that equals the user so that no device can
// take over another's session, and a listener of its own for the daemon.
//
// passwd holds the only copy of a device's password, as a hash; a lost one is replaced, never read back.
//
// Threads: one writer a directory.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config/error.hpp"
#include "gateway/config/house.hpp"

namespace anban {

struct listener {
    std::string address;
    std::uint16_t port = 0;
};

// "0.0.0.0:1883" or "[::]:1883"; nothing for anything else.
[[nodiscard]] std::optional<listener> parse_listener(std::string_view text);

// Users of the home broker that are no devices. A native device can't have one of these ids.
inline constexpr const char* daemon_user = "anband";
inline constexpr const char* zigbee_user = "zigbee2mqtt";
[[nodiscard]] bool reserved_user(std::string_view id) noexcept;

struct new_password {
    std::string user;
    std::string password;
};

// Writes all three files, keeping what passwd has for the devices of `h` and dropping users that are none.
// Draws the daemon's and the bridge's password where secrets/ has none. Returns the passwords of native
// devices that had none: this is the only time that they are known.
[[nodiscard]] std::expected<std::vector<new_password>, config_error>
write_broker_files(const std::filesystem::path& dir, const house& h, const listener& devices,
                   std::uint16_t daemon_port);

// Gives a native device a new password (an old one is void) and returns it.
[[nodiscard]] std::expected<std::string, config_error> set_device_password(const std::filesystem::path& dir,
                                                                           const device_id& id);
[[nodiscard]] std::expected<void, config_error> remove_device_password(const std::filesystem::path& dir,
                                                                       const device_id& id);

// Makes a running broker read acl and passwd again (SIGHUP to the process of broker/mosquitto.pid).
// False: no broker runs; it will read them when it starts.
[[nodiscard]] bool reload_broker(const std::filesystem::path& dir);

[[nodiscard]] std::string broker_acl();
[[nodiscard]] std::string broker_conf(const std::filesystem::path& dir, const listener& devices,
                                      std::uint16_t daemon_port, const std::string& run_as);

} // namespace anban
