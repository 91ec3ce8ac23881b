#include "tests/stage/demo/recordings.hpp"

#include <fstream>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "tests/stage/home.hpp"

namespace anban::stage::demo {

namespace {

// Falls of young people and daily activities of elderly ones, one of each in turn.
void add_falls(const std::filesystem::path& folder, std::vector<recording>& found) {
    std::error_code ignored;
    if (!std::filesystem::exists(folder / "trials.csv", ignored)) return;
    for (const auto* trial : {"SA02:F01:R01", "SE01:D07:R01", "SA03:F05:R01", "SE01:D11:R01", "SA04:F10:R01",
                              "SE03:D02:R01", "SA06:F15:R01", "SE03:D05:R01"})
        found.push_back({fmt::format("SisFall {}", trial),
                         fmt::format("play falldetector-1 sisfall:{}:{}", folder.string(), trial),
                         std::string_view(trial).find(":F") != std::string_view::npos, false});
}

// Messages of Zigbee devices as people logged them; their senders are strangers to this home.
void add_zigbee(const std::filesystem::path& file, std::vector<recording>& found) {
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
        boost::system::error_code error;
        const auto one = boost::json::parse(line, error);
        const auto topic = text_of(one, "topic");
        if (error || !topic.starts_with("zigbee2mqtt/") || topic.find(' ') != std::string::npos) continue;
        std::string hex;
        for (const char c : text_of(one, "payload")) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
        found.push_back({fmt::format("{} ({})", topic, text_of(one, "class")),
                         fmt::format("raw zigbee2mqtt {} {}", topic, hex.empty() ? "-" : hex),
                         text_of(one, "class") == "sos", true});
    }
}

} // namespace

std::vector<recording> find_recordings(const std::filesystem::path& folder) {
    std::vector<recording> found;
    const auto whole = std::filesystem::absolute(folder).lexically_normal();
    for (const auto& at : {whole, whole / "sisfall"}) add_falls(at, found);
    for (const auto& at : {whole, whole / "mqtt_zigbee2mqtt"}) add_zigbee(at / "field_logs.jsonl", found);
    return found;
}

} // namespace anban::stage::demo
