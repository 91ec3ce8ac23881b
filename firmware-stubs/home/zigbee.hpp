// A Zigbee2MQTT bridge that is played: one connection for all its devices, in Zigbee2MQTT's own topics and
// JSON. As the real one, it forgets what it can't publish.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "firmware-stubs/home/config.hpp"
#include "firmware-stubs/home/connection.hpp"
#include "firmware-stubs/home/native_device.hpp"

namespace anban::played {

class zigbee_bridge {
public:
    zigbee_bridge(const config& home, const played_device& bridge);
    zigbee_bridge(const zigbee_bridge&) = delete;
    zigbee_bridge& operator=(const zigbee_bridge&) = delete;

    [[nodiscard]] const std::string& id() const noexcept { return id_; }
    [[nodiscard]] connection& link() noexcept { return link_; }
    [[nodiscard]] bool has(std::string_view device) const;

    // {"action":"emergency",…}, and at once {"action":"",…}, as a TS0215A does.
    refusal sos(const std::string& device);

private:
    void came_online();
    void heard(std::string_view topic, std::span<const std::uint8_t> payload);
    void publish_lamp(const std::string& lamp);
    bool publish(const std::string& device, const boost::json::object& what);

    std::string id_;
    std::map<std::string, boost::json::object, std::less<>> lamps_; // their states
    std::map<std::string, boost::json::object, std::less<>> buttons_;
    connection link_;
};

} // namespace anban::played
