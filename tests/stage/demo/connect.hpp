// What a visitor enters in a device of their own so that it speaks to the played home.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/stage/home.hpp"

namespace anban::stage::demo {

// A press of the device own-1 as one line of shell: a native frame with a boot id that is new each time.
[[nodiscard]] std::string own_press(const home_box& home);

// Throws fault where `address` isn't one of this machine's (0.0.0.0 stands for all of them).
void demand_own_address(const std::string& address, bool chinese);

// Log-ins and settings for Zigbee2MQTT, a native device and ESPHome.
[[nodiscard]] std::string how_to_connect(const home_box& home, bool chinese);

// The same of plain values, for whoever has them.
struct log_in {
    std::string address;
    std::uint16_t port = 0;
    std::string user; // also the client id
    std::string password;
};
[[nodiscard]] std::string zigbee2mqtt_settings(const log_in& l);
[[nodiscard]] std::string native_settings(const log_in& l);
[[nodiscard]] std::string esphome_settings(const log_in& l);

// Bytes as the printf of any shell takes them: in octal, since dash knows no hex.
[[nodiscard]] std::string as_printf(std::string_view bytes);
// The bytes of native.proto's Frame before and behind the eight of its boot id, for one red key of `device`.
struct frame_parts {
    std::string before;
    std::string behind;
};
[[nodiscard]] frame_parts sos_frame(std::string_view device);

} // namespace anban::stage::demo
