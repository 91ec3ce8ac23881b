#include "firmware-stubs/home/config.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "firmware-stubs/outbox.h"

namespace anban::played {
namespace {

struct named {
    kind what;
    std::string_view name;
    std::uint32_t every_s;
};

constexpr std::array kinds{
    named{kind::call_button, "call_button", 3600},  named{kind::fall_detector, "fall_detector", 3600},
    named{kind::vitals_band, "vitals_band", 10},    named{kind::bed_mat, "bed_mat", 30},
    named{kind::zigbee_bridge, "zigbee_bridge", 0}, named{kind::zigbee_sos, "zigbee_sos", 0},
    named{kind::zigbee_lamp, "zigbee_lamp", 0},
};

constexpr std::size_t most_devices = 1000; // one process, one descriptor a device, the usual limit of 1,024
constexpr std::int64_t usual_slots = 256;  // more than a device's own: bursts are played too
constexpr std::int64_t most_slots = 60'000;

std::string at(const std::filesystem::path& file, const toml::source_region& where, std::string_view what) {
    return fmt::format("{}:{}: {}", file.string(), where.begin.line, what);
}

std::expected<played_device, std::string> device_of(const toml::table& t) {
    played_device d;
    d.id = t["id"].value_or(std::string());
    const auto what = kind_from_name(t["kind"].value_or(std::string_view()));
    if (d.id.empty() || d.id.find_first_of("+# \t") != std::string::npos)
        return std::unexpected("a [[device]] needs an id without spaces, + and #");
    if (!what)
        return std::unexpected(fmt::format("device {}: kind is one of call_button, fall_detector, vitals_band, "
                                           "bed_mat, zigbee_bridge, zigbee_sos, zigbee_lamp",
                                           d.id));
    d.what = *what;
    if (is_native(d.what) && (d.id.size() >= OUTBOX_DEVICE_BYTES || d.id.contains('/')))
        return std::unexpected(fmt::format("device {}: a native id has at most 32 bytes and no /", d.id));
    d.username = t["username"].value_or(d.id);
    d.password = t["password"].value_or(std::string());
    const auto usual = std::ranges::find(kinds, d.what, &named::what)->every_s;
    const std::int64_t every = t["every_s"].value_or(static_cast<std::int64_t>(usual));
    const std::int64_t slots = t["slots"].value_or(usual_slots);
    if (every < 0 || every > 90'000) return std::unexpected(fmt::format("device {}: every_s is 0 to 90000", d.id));
    if (slots < 1 || slots > most_slots)
        return std::unexpected(fmt::format("device {}: slots is 1 to {}", d.id, most_slots));
    d.every_ms = static_cast<std::uint32_t>(every * 1000);
    d.slots = static_cast<std::uint16_t>(slots);
    return d;
}

} // namespace

std::string_view name_of(kind k) noexcept {
    return std::ranges::find(kinds, k, &named::what)->name;
}

std::optional<kind> kind_from_name(std::string_view name) noexcept {
    const auto found = std::ranges::find(kinds, name, &named::name);
    return found == kinds.end() ? std::nullopt : std::optional(found->what);
}

std::expected<config, std::string> load(const std::filesystem::path& file) {
    const auto parsed = toml::parse_file(file.string());
    if (!parsed) return std::unexpected(at(file, parsed.error().source(), parsed.error().description()));
    const toml::table& root = parsed.table();
    config c;
    c.host = root["broker"]["host"].value_or(c.host);
    const std::int64_t port = root["broker"]["port"].value_or(std::int64_t{c.port});
    if (port < 1 || port > 65535) return std::unexpected(at(file, root.source(), "broker.port is 1 to 65535"));
    c.port = static_cast<std::uint16_t>(port);
    const auto folder = file.parent_path();
    c.state = folder / root["state"].value_or(std::string("state"));

    const toml::array* devices = root["device"].as_array();
    if (devices == nullptr || devices->empty())
        return std::unexpected(at(file, root.source(), "no [[device]]: a home has at least one"));
    if (devices->size() > most_devices)
        return std::unexpected(at(file, devices->source(), fmt::format("more than {} devices", most_devices)));
    std::set<std::string> ids;
    int bridges = 0;
    bool zigbee = false;
    for (const auto& node : *devices) {
        if (!node.is_table()) return std::unexpected(at(file, node.source(), "device is written as [[device]]"));
        auto d = device_of(*node.as_table());
        if (!d) return std::unexpected(at(file, node.source(), d.error()));
        if (!ids.insert(d->id).second)
            return std::unexpected(at(file, node.source(), fmt::format("device {} is there twice", d->id)));
        bridges += d->what == kind::zigbee_bridge;
        zigbee = zigbee || d->what == kind::zigbee_sos || d->what == kind::zigbee_lamp;
        c.devices.push_back(std::move(*d));
    }
    if (bridges > 1 || (zigbee && bridges == 0))
        return std::unexpected(at(file, devices->source(), "Zigbee devices need exactly one zigbee_bridge"));
    return c;
}

} // namespace anban::played
