#include "firmware-stubs/home/zigbee.hpp"

#include <algorithm>
#include <charconv>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "firmware-stubs/home/event.hpp"

namespace anban::played {
namespace {

constexpr std::string_view base = "zigbee2mqtt/";
constexpr std::string_view state_topic = "zigbee2mqtt/bridge/state";
constexpr std::string_view is_online = R"({"state":"online"})";
constexpr std::string_view is_offline = R"({"state":"offline"})";
constexpr std::size_t most_lamp_fields = 32;

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::vector<std::string> lamp_topics(const config& home) {
    std::vector<std::string> topics;
    for (const auto& d : home.devices) {
        if (d.what == kind::zigbee_lamp) topics.push_back(fmt::format("{}{}/set", base, d.id));
    }
    return topics;
}

// What a person would read from the lamp, by the house's colours (light.h). A lamp's exact shade is its own.
std::string_view shown_by(const boost::json::object& lamp) {
    const auto* state = lamp.if_contains("state");
    if (state == nullptr || !state->is_string() || state->get_string() != "ON") return "closed";
    const auto* color = lamp.if_contains("color");
    const auto* hex = color != nullptr && color->is_object() ? color->get_object().if_contains("hex") : nullptr;
    if (hex == nullptr || !hex->is_string() || hex->get_string().size() != 7) return "unclear";
    unsigned rgb = 0;
    const auto& text = hex->get_string();
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 7, rgb, 16);
    if (error != std::errc{} || end != text.data() + 7) return "unclear";
    const bool red = ((rgb >> 16) & 0xff) >= 0x80;
    const bool blue = (rgb & 0xff) >= 0x80;
    const unsigned green = (rgb >> 8) & 0xff;
    if (red && blue && green >= 0x80) return "received";
    if (blue && !red) return "stored";
    if (red && !blue && green >= 0x60) return "taken";
    if (!red && !blue && green >= 0x80) return "on_the_way";
    if (red && !blue) return "not_delivered";
    return "unclear";
}

} // namespace

zigbee_bridge::zigbee_bridge(const config& home, const played_device& bridge)
    : id_(bridge.id),
      link_(
          {.host = home.host,
           .port = home.port,
           .username = bridge.username,
           .password = bridge.password,
           .subscriptions = lamp_topics(home),
           .will = last_will{std::string(state_topic), std::string(is_offline)}},
          {.connected = [this] { came_online(); },
           .disconnected = [this](std::string_view why) { tell("disconnected", {{"device", id_}, {"why", why}}); },
           .message = [this](std::string_view topic, std::span<const std::uint8_t> p) { heard(topic, p); },
           .acknowledged = [](int, std::uint8_t) {}}) {
    for (const auto& d : home.devices) {
        if (d.what == kind::zigbee_lamp)
            lamps_[d.id] = {{"state", "OFF"}, {"brightness", 0}, {"linkquality", 132}};
        if (d.what == kind::zigbee_sos) buttons_[d.id] = {{"action", ""}, {"battery", 97}, {"linkquality", 120}};
    }
}

bool zigbee_bridge::has(std::string_view device) const {
    return buttons_.contains(device) || lamps_.contains(device);
}

void zigbee_bridge::came_online() {
    tell("connected", {{"device", id_}});
    (void)link_.publish(state_topic, bytes_of(is_online), 1, true);
    for (const auto& [lamp, state] : lamps_) publish_lamp(lamp);
}

bool zigbee_bridge::publish(const std::string& device, const boost::json::object& what) {
    return link_.publish(fmt::format("{}{}", base, device), bytes_of(boost::json::serialize(what)), 1, false)
        .has_value();
}

refusal zigbee_bridge::sos(const std::string& device) {
    const auto found = buttons_.find(device);
    if (found == buttons_.end()) return std::unexpected(fmt::format("{} is no Zigbee SOS button", device));
    auto& state = found->second;
    state["action"] = "emergency";
    const auto at_us = wall_us();
    const bool sent = publish(device, state);
    state["action"] = "";
    if (sent) (void)publish(device, state);
    tell(at_us, sent ? "published" : "lost", {{"device", device}, {"signal", "sos"}});
    return {};
}

void zigbee_bridge::publish_lamp(const std::string& lamp) {
    (void)publish(lamp, lamps_.find(lamp)->second);
}

void zigbee_bridge::heard(std::string_view topic, std::span<const std::uint8_t> payload) {
    const auto at_us = wall_us();
    topic.remove_prefix(std::min(topic.size(), base.size()));
    if (topic.ends_with("/set")) topic.remove_suffix(4);
    const auto found = lamps_.find(topic);
    if (found == lamps_.end()) return;
    boost::system::error_code error;
    const auto value = boost::json::parse({reinterpret_cast<const char*>(payload.data()), payload.size()}, error);
    if (error || !value.is_object()) {
        tell(at_us, "malformed", {{"device", found->first}});
        return;
    }
    auto& state = found->second;
    for (const auto& field : value.get_object()) {
        if (state.size() < most_lamp_fields || state.contains(field.key())) state[field.key()] = field.value();
    }
    tell(at_us, "lamp", {{"device", found->first}, {"shows", shown_by(state)}, {"state", state}});
    publish_lamp(found->first);
}

} // namespace anban::played
