// Frames that the program crashes on: never read again, and never swallowed.
#include <algorithm>

#include <fmt/format.h>

#include "device-drivers/driver.hpp"
#include "gateway/home/machine.hpp"

namespace anban {
namespace {

// No device counts its boots that far, and the gateway's own keys have one bit of it only.
constexpr std::uint64_t shut_in_boot = ~std::uint64_t{0};

[[nodiscard]] frame_key key_of(std::uint64_t digest) noexcept {
    return {shut_in_boot - digest % (std::uint64_t{1} << 62U), 1};
}

// Whether a press could have come here. A stranger's only where its family has a topic for alarms alone.
[[nodiscard]] bool on_alarm_topic(const unreadable& in, const device* entered) {
    const drivers::driver* family = drivers::find_driver(in.driver);
    if (family == nullptr) return false;
    if (entered != nullptr && entered->role != device_role::call_button &&
        entered->role != device_role::fall_detector) {
        return false;
    }
    const bool answers = family->answer_to(in.address, {1, 1}, answer::received).has_value();
    if (entered == nullptr && !answers) return false;
    const auto topics = family->alarm_filters(in.address);
    return std::ranges::find(topics, in.topic) != topics.end();
}

[[nodiscard]] language::alarm_rule rule_of(const std::string& device) {
    language::alarm_rule rule;
    rule.id = rule_id{"unreadable"};
    rule.title_zh = fmt::format("无法读取来自 {} 的消息", device);
    rule.title_en = fmt::format("Unreadable message from {}", device);
    rule.of = alarm_class::life_safety;
    rule.urgency = priority::high;
    return rule;
}

} // namespace

// In doubt it was a press. Told once: its device may repeat it for ever, since nobody can answer what isn't read.
void home_machine::hear_shut_in(const unreadable& in, const device_id& id, const device* entered) {
    begin_fault(
        {.key = "device.quarantine." + id.str(),
         .what_zh = fmt::format("网关两次因 {} 上的同一条消息崩溃，该消息已隔离", in.topic),
         .what_en = fmt::format("The gateway crashed twice on one message on {}; it is in quarantine", in.topic),
         .cure_zh = "将 crashes/quarantine 中的文件交给厂家；更新网关后删除该文件夹并重启 anband",
         .cure_en = "Give the file in crashes/quarantine to the maker; after an update remove that folder and "
                    "restart anband",
         .urgency = priority::high});
    say(notice{.of = notice::kind::refused,
               .name = "quarantine",
               .device = id,
               .text = in.why.in(house_.language),
               .at = now_});
    if (!on_alarm_topic(in, entered)) return;
    const frame_key key = key_of(in.shut_in);
    const auto known = state_.frames.find(id);
    const auto is_it = [&](const remembered_frame& f) { return f.key == key; };
    if (known != state_.frames.end() && std::ranges::any_of(known->second, is_it)) return;

    const language::alarm_rule by = rule_of(entered != nullptr ? id.str() : in.address);
    condition_change change;
    change.what = condition_change::kind::began;
    change.rule = by.id;
    change.who = subject_of(entered);
    if (entered != nullptr) change.room = entered->room;
    change.why = {id, key};
    change.at = now_.mono;
    alarm_state* alarm = book_.apply(
        change, by, {.number = next_revision(), .wall = now_.wall, .unregistered = entered == nullptr});
    if (alarm == nullptr) return;
    alarm->newest.title_zh = by.title_zh; // of the newest, where several devices have come to one alarm
    alarm->newest.title_en = by.title_en;
    alarm->newest.because = "the gateway crashed twice on a message where presses come; it can't be read";
    add_hop(alarm->newest.id, "judged", now_, id, alarm->newest.number);
    revise(*alarm, true);
    const remembered_frame frame{.key = key,
                                 .content = in.shut_in,
                                 .at = now_.wall,
                                 .mono_ns = now_.mono.time_since_epoch().count(),
                                 .alarm = alarm->newest.id};
    state_.remember(id, frame);
    draft_.delta.frames.emplace_back(id, frame);
    draft_.durable = true;
}

} // namespace anban
