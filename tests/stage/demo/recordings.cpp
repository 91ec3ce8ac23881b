#include "tests/stage/demo/recordings.hpp"

#include <fmt/format.h>

namespace anban::stage::demo {

std::vector<recording> find_recordings(const std::filesystem::path& folder) {
    std::vector<recording> found;
    if (folder.empty()) return found;
    const auto zigbee = folder / "mqtt_zigbee2mqtt" / "field_logs.jsonl";
    if (std::filesystem::exists(zigbee))
        found.push_back({"Zigbee2MQTT", fmt::format("play {}", std::filesystem::absolute(zigbee).string())});
    return found;
}

} // namespace anban::stage::demo
