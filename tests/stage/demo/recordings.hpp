// Recordings that a home can play, found below a folder laid out like the project's test data.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace anban::stage::demo {

struct recording {
    std::string what;    // for a person
    std::string command; // for anban-home
    bool calls = false;  // a person called for help in it, or fell
    bool zigbee = false; // speaks through the played Zigbee2MQTT
};

// In a fixed order; empty where `folder` holds nothing that can be played. It may be the whole of the project's
// test data, or its folder `sisfall` or `mqtt_zigbee2mqtt` alone.
[[nodiscard]] std::vector<recording> find_recordings(const std::filesystem::path& folder);

} // namespace anban::stage::demo
