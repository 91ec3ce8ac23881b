#include "device-drivers/native/native.hpp"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>

#include "native.pb.h"
#include "rules/limits.hpp"
#include "rules/signal.hpp"

namespace anban::drivers {
namespace {

using namespace std::chrono_literals;

// native.proto bounds the device's name so that firmware needs no more than 33 bytes for it.
constexpr std::size_t native_id_bytes = 32;

// The wire's numbers are cast to ours below: they must be the same.
static_assert(static_cast<int>(native::SOS) == static_cast<int>(signal::sos));
static_assert(static_cast<int>(native::VISIT_ENDED) == static_cast<int>(signal::visit_ended));
static_assert(native::Signal_ARRAYSIZE == static_cast<int>(signal::visit_ended) + 1,
              "computed signals are none of a device's");
static_assert(static_cast<int>(native::RECEIVED) == static_cast<int>(answer::received));
static_assert(static_cast<int>(native::NOT_DELIVERED) == static_cast<int>(answer::not_delivered));
static_assert(native::AnswerKind_ARRAYSIZE == static_cast<int>(all_answers.size()) + 1);

enum class topic_kind : std::uint8_t { alarm, reading };

struct native_topic {
    std::string_view device;
    topic_kind kind = topic_kind::reading;
};

constexpr std::string_view prefix = "anban/dev/";

[[nodiscard]] std::optional<native_topic> parse_topic(std::string_view topic) noexcept {
    if (!topic.starts_with(prefix)) return std::nullopt;
    topic.remove_prefix(prefix.size());
    const std::size_t slash = topic.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    native_topic t;
    t.device = topic.substr(0, slash);
    const std::string_view rest = topic.substr(slash + 1);
    if (rest != "alarm" && rest != "reading") return std::nullopt;
    t.kind = rest == "alarm" ? topic_kind::alarm : topic_kind::reading;
    if (!well_formed_id(t.device) || t.device.size() > native_id_bytes) return std::nullopt;
    return t;
}

[[nodiscard]] quality quality_from(native::Quality q) noexcept {
    switch (q) {
    case native::GOOD: return quality::good;
    case native::UNKNOWN: return quality::unknown;
    default: return quality::suspect; // a doubt that this version has no word for is still a doubt
    }
}

// An event always happened, whatever stands in its value: a press is never lost to a firmware's slip.
[[nodiscard]] observation event_from(const native::Observation& from, const signal_facts& facts, decoded& into) {
    if (from.value_milli() != 1000) {
        into.remark({fmt::format("事件 {} 的值是 {}，不是 1000", facts.name, from.value_milli()),
                     fmt::format("event {} came with value {} and not 1000", facts.name, from.value_milli())});
    }
    const quality how = quality_from(from.quality());
    return {facts.what, 1, how == quality::unknown ? quality::suspect : how, std::nullopt};
}

// Nothing where the value can't be: that is the device's fault and no reading.
[[nodiscard]] std::optional<observation> state_from(const native::Observation& from, const signal_facts& facts,
                                                    decoded& into) {
    observation to{facts.what, from.value_milli() / 1000.0, quality_from(from.quality()), std::nullopt};
    if (to.how == quality::unknown) {
        to.value = 0;
        return to;
    }
    if (facts.kind == signal_kind::boolean && to.value != 0 && to.value != 1) {
        into.remark({fmt::format("{} 既不是 0 也不是 1000，而是 {}", facts.name, from.value_milli()),
                     fmt::format("{} is neither 0 nor 1000 but {}", facts.name, from.value_milli())});
        if (!facts.life_safety) return std::nullopt;
        to.value = 1; // smoke or not: in doubt there is smoke
        to.how = quality::suspect;
    }
    if (to.value < facts.least || to.value > facts.most) {
        into.impossible.push_back(to);
        return std::nullopt;
    }
    return to;
}

[[nodiscard]] std::optional<observation> observation_from(const native::Observation& from, decoded& into) {
    const auto number = static_cast<std::int64_t>(from.signal());
    if (number < 1 || number >= static_cast<std::int64_t>(native::Signal_ARRAYSIZE)) {
        into.remark({fmt::format("本版本不认识信号编号 {}", number),
                     fmt::format("signal number {} is not known to this version", number)});
        return std::nullopt;
    }
    const signal_facts& facts = facts_of(static_cast<signal>(number));
    auto to = facts.kind == signal_kind::momentary ? event_from(from, facts, into) : state_from(from, facts, into);
    if (to && from.age_ms() != 0) to->age = std::chrono::milliseconds{from.age_ms()};
    return to;
}

class native_family final : public driver {
public:
    std::string_view name() const noexcept override { return "native"; }

    std::vector<std::string> alarm_filters(std::string_view address) const override {
        if (!well_formed_id(address) || address.size() > native_id_bytes) return {};
        return {fmt::format("{}{}/alarm", prefix, address)};
    }

    std::vector<std::string> other_filters() const override {
        return {fmt::format("{}+/alarm", prefix), fmt::format("{}+/reading", prefix)};
    }

    std::optional<std::string> speaker(std::string_view topic) const override {
        const auto t = parse_topic(topic);
        if (!t) return std::nullopt;
        return std::string{t->device};
    }

    std::expected<decoded, decode_failure> decode(const message& m) const override;

    std::optional<publication> answer_to(std::string_view address, const frame_key& key,
                                         answer what) const override {
        if (!well_formed_id(address)) return std::nullopt;
        native::Answer a;
        a.set_boot(key.boot);
        a.set_sequence(key.sequence);
        a.set_kind(static_cast<native::AnswerKind>(what));
        return publication{fmt::format("{}{}/answer", prefix, address), a.SerializeAsString()};
    }

    std::optional<publication> indicate(std::string_view, answer) const override { return std::nullopt; }

    wording qos_cure() const override {
        return {"安伴设备本应以 QoS 1 发送报警：请升级其固件",
                "An Anban device publishes its alarms at QoS 1 by itself: bring its firmware up to date"};
    }
};

std::expected<decoded, decode_failure> native_family::decode(const message& m) const {
    // What Protobuf would print about foreign bytes is told as a decode_failure instead.
    static const bool quiet = [] {
        google::protobuf::SetLogHandler(nullptr);
        return true;
    }();
    static_cast<void>(quiet);

    const auto topic = parse_topic(m.topic);
    if (!topic) {
        return std::unexpected(decode_failure{
            decode_error::not_for_us, "", {"不是自有设备的主题。", "The topic is no native device's."}});
    }
    const auto fail = [&topic](decode_error what, wording why) {
        return std::unexpected(decode_failure{what, std::string{topic->device}, std::move(why)});
    };
    if (m.payload.size() > limits::event_bytes) {
        return fail(decode_error::too_large,
                    {fmt::format("消息有 {} 字节，超过 {}。", m.payload.size(), limits::event_bytes),
                     fmt::format("The frame has {} bytes, more than {}.", m.payload.size(), limits::event_bytes)});
    }
    thread_local native::Frame frame;
    if (!frame.ParseFromArray(m.payload.data(), static_cast<int>(m.payload.size()))) {
        return fail(decode_error::malformed, {"消息不完整，或不是 native.proto 的 Frame。",
                                              "The frame is cut off or no Frame of native.proto."});
    }
    if (frame.device() != topic->device) {
        return fail(decode_error::wrong_speaker,
                    {fmt::format("消息在“{}”的主题上自称“{}”。", topic->device,
                                 well_formed_id(frame.device()) ? frame.device() : "?"),
                     fmt::format("The frame names device \"{}\" on the topic of \"{}\".",
                                 well_formed_id(frame.device()) ? frame.device() : "?", topic->device)});
    }
    if (frame.boot() == 0 || frame.sequence() == 0) {
        return fail(decode_error::malformed,
                    {"消息没有启动号或序号，无法分辨重复。",
                     "The frame has no boot or no sequence, so its repeats can't be told apart."});
    }
    if (static_cast<std::size_t>(frame.observations_size()) > limits::observations_per_frame) {
        return fail(decode_error::too_many,
                    {fmt::format("消息有 {} 个观测值，超过 {}。", frame.observations_size(),
                                 limits::observations_per_frame),
                     fmt::format("The frame has {} observations, more than {}.", frame.observations_size(),
                                 limits::observations_per_frame)});
    }
    decoded d;
    d.address = std::string{topic->device};
    d.key = frame_key{frame.boot(), frame.sequence()};
    d.wants_answer = topic->kind == topic_kind::alarm;
    d.momentary_are_history = m.retained;
    for (const native::Observation& one : frame.observations()) {
        if (auto o = observation_from(one, d)) d.observations.push_back(*o);
    }
    if (!d.observations.empty()) return d;
    // Answering a frame of which nothing was understood would tell its wearer that help knows.
    if (topic->kind == topic_kind::alarm) {
        std::string all;
        for (const observation& o : d.impossible) {
            const signal_facts& facts = facts_of(o.what);
            all += fmt::format("{}{} = {} {}", all.empty() ? "" : ", ", facts.name, o.value, facts.unit);
        }
        if (!all.empty()) d.remark({"超出物理范围：" + all, "impossible: " + all});
        if (d.note.en.empty()) {
            return fail(decode_error::malformed,
                        {"报警消息中没有观测值。", "The alarm frame holds no observation."});
        }
        return fail(decode_error::malformed, {fmt::format("报警消息中没有可用的内容：{}。", d.note.zh),
                                              fmt::format("Nothing usable in the alarm frame: {}.", d.note.en)});
    }
    if (d.impossible.empty() && !d.note.en.empty()) {
        return fail(decode_error::malformed, {fmt::format("消息中没有可用的内容：{}。", d.note.zh),
                                              fmt::format("Nothing usable in the frame: {}.", d.note.en)});
    }
    return d;
}

} // namespace

const driver& native_driver() noexcept {
    static const native_family family;
    return family;
}

} // namespace anban::drivers
