// The home to play, as its TOML file says; README.md has the format.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace anban::played {

enum class kind : std::uint8_t {
    call_button,
    fall_detector,
    vitals_band,
    bed_mat,
    zigbee_bridge, // the one connection that zigbee_sos and zigbee_lamp speak through
    zigbee_sos,
    zigbee_lamp,
};

[[nodiscard]] std::string_view name_of(kind k) noexcept;
[[nodiscard]] std::optional<kind> kind_from_name(std::string_view name) noexcept;
[[nodiscard]] constexpr bool is_native(kind k) noexcept {
    return k <= kind::bed_mat;
}

struct played_device {
    std::string id; // native id or Zigbee friendly name
    kind what = kind::call_button;
    std::string username; // the id where none is given
    std::string password;
    std::uint32_t every_ms = 0; // reports or check-ins; 0: only when told
    std::uint16_t slots = 0;    // of its outbox
};

struct config {
    std::string host = "127.0.0.1";
    std::uint16_t port = 1883;
    std::filesystem::path state; // persisted counters; the file's own folder + "state" where none is given
    std::vector<played_device> devices;
};

// At most 1,000 devices. A refusal is one sentence with file, line and cure.
[[nodiscard]] std::expected<config, std::string> load(const std::filesystem::path& file);

} // namespace anban::played
