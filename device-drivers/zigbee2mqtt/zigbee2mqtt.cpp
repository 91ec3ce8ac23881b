#include "device-drivers/zigbee2mqtt/zigbee2mqtt.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "device-drivers/zigbee2mqtt/flat_json.hpp"
#include "device-drivers/zigbee2mqtt/properties.hpp"
#include "rules/limits.hpp"

namespace anban::drivers {
namespace {

constexpr std::string_view base = "zigbee2mqtt/";

// How a lamp shows each answer. One row an answer; a lamp without colours still changes its brightness.
struct lamp_look {
    answer what;
    std::string_view json;
};
constexpr std::array looks{
    lamp_look{answer::received, R"({"state":"ON","brightness":60,"color":{"hex":"#FFFFFF"}})"},
    lamp_look{answer::stored, R"({"state":"ON","brightness":120,"color":{"hex":"#0040FF"}})"},
    lamp_look{answer::taken, R"({"state":"ON","brightness":180,"color":{"hex":"#FFB000"}})"},
    lamp_look{answer::on_the_way, R"({"state":"ON","brightness":254,"color":{"hex":"#00FF00"}})"},
    lamp_look{answer::closed, R"({"state":"OFF"})"},
    lamp_look{answer::not_delivered, R"({"state":"ON","brightness":254,"color":{"hex":"#FF0000"}})"},
};
static_assert(looks.size() == all_answers.size());

enum class topic_kind : std::uint8_t { state, availability, legacy_action, bridge, request };

struct z2m_topic {
    std::string_view device; // the friendly name, which may hold slashes
    topic_kind kind = topic_kind::state;
};

[[nodiscard]] bool may_be_a_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= limits::title_bytes && std::ranges::none_of(name, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == '+' || c == '#';
    });
}

[[nodiscard]] bool take_suffix(std::string_view& name, std::string_view suffix) noexcept {
    if (name.size() <= suffix.size() || !name.ends_with(suffix)) return false;
    name.remove_suffix(suffix.size());
    return true;
}

[[nodiscard]] std::optional<z2m_topic> parse_topic(std::string_view topic) noexcept {
    if (!topic.starts_with(base)) return std::nullopt;
    z2m_topic t;
    t.device = topic.substr(base.size());
    if (t.device == "bridge" || t.device.starts_with("bridge/")) {
        t.kind = topic_kind::bridge;
        return t;
    }
    // Requests to a device (ours among them) come back to us on the filter `zigbee2mqtt/#`.
    if (t.device.ends_with("/set") || t.device.ends_with("/get") ||
        t.device.find("/set/") != std::string_view::npos || t.device.find("/get/") != std::string_view::npos) {
        t.kind = topic_kind::request;
    } else if (take_suffix(t.device, "/availability")) {
        t.kind = topic_kind::availability;
    } else if (take_suffix(t.device, "/action")) {
        t.kind = topic_kind::legacy_action;
    }
    if (!may_be_a_name(t.device)) return std::nullopt;
    return t;
}

[[nodiscard]] bool begins_an_object(std::string_view payload) noexcept {
    const std::size_t first = payload.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && payload[first] == '{';
}

using result = std::expected<decoded, decode_failure>;

[[nodiscard]] result fail(decode_error what, std::string_view address, wording why) {
    return std::unexpected(decode_failure{what, std::string{address}, std::move(why)});
}

// What the reader of JSON says is about bytes and stays as it is.
[[nodiscard]] wording not_json(const std::string& why) {
    return {"不是可读的 JSON（" + why + "）", why};
}

[[nodiscard]] result read_availability(const z2m_topic& topic, const message& m) {
    std::string_view said = m.payload;
    std::string state;
    if (begins_an_object(m.payload)) {
        auto object = read_flat_object(m.payload);
        if (!object) return fail(decode_error::malformed, topic.device, not_json(object.error()));
        for (json_member& member : *object) {
            if (member.name == "state" && std::holds_alternative<std::string>(member.value)) {
                state = std::get<std::string>(std::move(member.value));
            }
        }
        said = state;
    }
    if (said != "online" && said != "offline") {
        return fail(decode_error::malformed, topic.device,
                    {"在线状态既不是 \"online\" 也不是 \"offline\"。",
                     "The availability is neither \"online\" nor \"offline\"."});
    }
    decoded d;
    d.address = std::string{topic.device};
    d.momentary_are_history = m.retained;
    d.observations.push_back({signal::online, said == "online" ? 1.0 : 0.0, quality::good, std::nullopt});
    return d;
}

// Zigbee2MQTT's older way to tell an action: the same press a second time, as plain text. Reading it as
// an event would make two presses of one.
[[nodiscard]] result read_legacy_action(const z2m_topic& topic, const message& m) {
    decoded d;
    d.address = std::string{topic.device};
    d.momentary_are_history = m.retained;
    d.note = calls_for_help(m.payload)
                 ? wording{"子主题 /action 重复同一次按键；Zigbee2MQTT 须同时发布 JSON（output: json）",
                           "the sub-topic /action tells the press again; Zigbee2MQTT must publish JSON as well "
                           "(output: "
                           "json)"}
                 : wording{"不读取子主题 /action", "the sub-topic /action is not read"};
    return d;
}

[[nodiscard]] result read_state(std::string_view device, const message& m) {
    if (!begins_an_object(m.payload) && device.find('/') != std::string_view::npos) {
        return fail(decode_error::not_for_us, device,
                    {"单个属性，在各自的主题上。", "A single attribute, told on a topic of its own."});
    }
    auto object = read_flat_object(m.payload);
    if (!object) return fail(decode_error::malformed, device, not_json(object.error()));
    decoded d;
    d.address = std::string{device};
    d.momentary_are_history = m.retained;
    read_properties(*object, d);
    return d;
}

class zigbee2mqtt_family final : public driver {
public:
    std::string_view name() const noexcept override { return "zigbee2mqtt"; }

    std::vector<std::string> alarm_filters(std::string_view address) const override {
        if (!may_be_a_name(address)) return {};
        return {fmt::format("{}{}", base, address)};
    }

    std::vector<std::string> other_filters() const override { return {fmt::format("{}#", base)}; }

    std::optional<std::string> speaker(std::string_view topic) const override {
        const auto t = parse_topic(topic);
        if (!t || t->kind == topic_kind::bridge || t->kind == topic_kind::request) return std::nullopt;
        return std::string{t->device};
    }

    std::expected<decoded, decode_failure> decode(const message& m) const override;

    std::optional<publication> answer_to(std::string_view, const frame_key&, answer) const override {
        return std::nullopt;
    }

    std::optional<publication> indicate(std::string_view address, answer what) const override {
        if (!may_be_a_name(address)) return std::nullopt;
        const auto look = std::ranges::find(looks, what, &lamp_look::what);
        if (look == looks.end()) return std::nullopt;
        return publication{fmt::format("{}{}/set", base, address), std::string{look->json}};
    }

    wording qos_cure() const override {
        return {"在 Zigbee2MQTT 中将该设备设为 `qos: 1`、`retain: false`",
                "In Zigbee2MQTT set `qos: 1` and `retain: false` for this device"};
    }
};

std::expected<decoded, decode_failure> zigbee2mqtt_family::decode(const message& m) const {
    const auto topic = parse_topic(m.topic);
    if (!topic || topic->kind == topic_kind::bridge || topic->kind == topic_kind::request) {
        return fail(decode_error::not_for_us, "",
                    {"不是 Zigbee 设备的主题。", "The topic is no Zigbee device's."});
    }
    if (m.payload.size() > limits::event_bytes) {
        return fail(
            decode_error::too_large, topic->device,
            {fmt::format("消息有 {} 字节，超过 {}。", m.payload.size(), limits::event_bytes),
             fmt::format("The message has {} bytes, more than {}.", m.payload.size(), limits::event_bytes)});
    }
    if (m.payload.empty()) {
        return fail(decode_error::not_for_us, topic->device,
                    {"空消息只清除保留消息。", "An empty payload clears a retained message and says nothing."});
    }
    switch (topic->kind) {
    case topic_kind::availability: return read_availability(*topic, m);
    case topic_kind::legacy_action:
        // An object can only be the state of a device whose name ends so; a press in it must be heard.
        if (begins_an_object(m.payload)) return read_state(m.topic.substr(base.size()), m);
        return read_legacy_action(*topic, m);
    default: return read_state(topic->device, m);
    }
}

} // namespace

const driver& zigbee2mqtt_driver() noexcept {
    static const zigbee2mqtt_family family;
    return family;
}

} // namespace anban::drivers
