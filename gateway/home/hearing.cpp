// Frames of devices: who speaks, whether it is news, and what it says to the rules.
#include <algorithm>

#include <fmt/format.h>

#include "device-drivers/driver.hpp"
#include "gateway/home/machine.hpp"
#include "rules/limits.hpp"
#include "rules/sha256.hpp"

namespace anban {
namespace {

// Frames without a number of their own get one of the gateway's: no device's boot id has this bit, since a
// device counts its boots from 1. The machine's boot goes into it beside the start, so that a box with a new
// card, whose starts count from 1 again, never names an old press.
constexpr std::uint64_t gateway_key_bit = std::uint64_t{1} << 63U;

[[nodiscard]] std::uint64_t gateway_boot(std::uint64_t boot_id, std::uint32_t start) noexcept {
    sha256 sum;
    sum.update_u64(boot_id);
    sum.update_u64(start);
    const sha256_digest digest = sum.finish();
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < 8; ++i) key = (key << 8U) | digest[i];
    return key | gateway_key_bit;
}

// A name for a device that nobody entered: the same for the same speaker, and well-formed whatever it says.
[[nodiscard]] device_id stranger(std::string_view driver, std::string_view address) {
    sha256 sum;
    sum.update_field(driver);
    sum.update_field(address);
    const sha256_digest digest = sum.finish();
    return device_id{fmt::format("unknown-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3])};
}

[[nodiscard]] bool is_event(const observation& o) noexcept {
    return facts_of(o.what).kind == signal_kind::momentary && o.how != quality::unknown;
}

[[nodiscard]] bool has_event(const heard& in) noexcept {
    return std::ranges::any_of(in.observations, is_event);
}

} // namespace

void home_machine::on(const heard& in) {
    if (in.standing.empty()) {
        take(in);
        return;
    }
    const device* entered = house_.find_device(in.driver, in.address);
    const device_id id = entered != nullptr ? entered->id : stranger(in.driver, in.address);
    take(with_what_began(id, in));
    if (entered != nullptr || views_.contains(id)) keep_standing(id, in);
}

void home_machine::take(const heard& in) {
    const device* entered = house_.find_device(in.driver, in.address);
    const device_id id = entered != nullptr ? entered->id : stranger(in.driver, in.address);
    draft_.arrived = in.arrived.value_or(now_);
    if (in.token != 0) draft_.after.tokens.push_back(in.token);
    watch(id, entered, in);
    if (entered == nullptr)
        report_stranger(id, in);
    else
        watch_values(id, in);

    const remembered_frame* before = repeated(id, in);
    if (before != nullptr && in.key && !in.history) {
        answer_repeat(id, *before, in);
        return;
    }
    draft_.repeat = before != nullptr;
    draft_.unregistered = entered == nullptr;

    // A number that was used for something else can't name this press.
    const auto earlier = state_.frames.find(id);
    const bool collides =
        in.key && earlier != state_.frames.end() &&
        std::ranges::any_of(earlier->second, [&](const remembered_frame& f) { return f.key == in.key; });
    draft_.stable = in.key.has_value() && !collides;
    const frame_key key = draft_.stable ? *in.key : frame_key{gateway_boot(boot_id_, start_), ++keyless_frames_};
    // What the broker kept is history: neither remembered nor answered, or it would swallow the live copy.
    if (in.wants_answer && in.key && !in.history) draft_.answer_to = asker{id, *in.key};
    const bool test = draft_.repeat ? is_test(*before) : take_test(id, in);
    draft_.frame = cause{id, key};

    for (const reading& r : readings_of(id, entered, key, in, test)) {
        say(notice{.of = notice::kind::reading,
                   .name = std::string{name_of(r.what)},
                   .device = id,
                   .at = now_,
                   .seen = r});
        judge(r);
    }
    draft_.frame.reset();

    const std::optional<alarm_id> became = draft_.became;
    if (draft_.answer_to) draft_.after.answers.emplace_back(*draft_.answer_to, became);
    const bool known = entered != nullptr || views_.contains(id); // strangers past the bound leave nothing behind
    if ((in.wants_answer || has_event(in)) && !in.history && known) {
        const remembered_frame frame{.key = in.key,
                                     .content = in.content,
                                     .at = now_.wall,
                                     .mono_ns = now_.mono.time_since_epoch().count(),
                                     .alarm = became};
        if (entered == nullptr) keep_address(id, in);
        state_.remember(id, frame);
        draft_.delta.frames.emplace_back(id, frame);
        draft_.durable = true;
    }
}

// The frame that this one repeats, if any. Numbered frames: same number, same content, the last copy at most
// limits::repeat_window ago; across a reboot, where no clock can tell, the number decides. Others: an equal
// payload with an event within limits::keyless_repeat_window, in this boot.
const remembered_frame* home_machine::repeated(const device_id& id, const heard& in) const {
    const auto kept = state_.frames.find(id);
    if (kept == state_.frames.end()) return nullptr;
    const auto since = [this](const remembered_frame& f) {
        return now_.mono - mono_time{std::chrono::nanoseconds{f.mono_ns}};
    };
    for (const remembered_frame& f : kept->second) {
        if (f.key != in.key || f.content != in.content) continue;
        if (in.key && since(f) <= limits::repeat_window) return &f;
        const bool just_now = since(f).count() >= 0 && since(f) <= limits::keyless_repeat_window;
        if (!in.key && just_now && has_event(in)) return &f;
    }
    return nullptr;
}

// Nothing new: the device only asks again. The answer waits if the first copy isn't on the disk yet.
void home_machine::answer_repeat(const device_id& id, const remembered_frame& before, const heard& in) {
    remembered_frame again = before;
    again.at = now_.wall;
    again.mono_ns = now_.mono.time_since_epoch().count();
    state_.remember(id, again);
    if (!in.wants_answer) return;
    const asker who{id, *in.key};
    if (waits_for_commit(who)) return; // its commit answers
    // Nobody is told that it was received while neither a disk nor the centre is known to have it.
    const alarm_state* alarm = again.alarm ? book_.find(*again.alarm) : nullptr;
    if (lives_in_memory() && (alarm == nullptr || !alarm->call_stored || waits_for_centre(who))) return;
    answer_asker(who, again.alarm);
}

// A press told twice is a test if its first copy was.
bool home_machine::is_test(const remembered_frame& before) const {
    if (!before.alarm) return false;
    const auto alarm = state_.alarms.find(*before.alarm);
    return alarm != state_.alarms.end() && alarm->second.newest.test;
}

// Uses up an open test window: it is for one press.
bool home_machine::take_test(const device_id& id, const heard& in) {
    if (!has_event(in) || in.history) return false;
    const auto window = tests_.find(id);
    if (window == tests_.end()) return false;
    const bool open = window->second > now_.mono;
    tests_.erase(window);
    return open;
}

std::vector<reading> home_machine::readings_of(const device_id& id, const device* entered, const frame_key& key,
                                               const heard& in, bool test) const {
    std::vector<reading> all;
    for (const observation& o : in.observations) {
        if (in.history && is_event(o)) continue;
        reading r;
        r.what = o.what;
        r.value = o.value;
        r.how = o.how;
        r.from = {id, key};
        r.who = subject_of(entered);
        if (entered != nullptr) r.room = entered->room;
        // A deadline runs from when it happened, but never from further back than the frame's own window.
        const auto age = std::min<std::chrono::nanoseconds>(o.age.value_or(std::chrono::milliseconds{0}),
                                                            limits::repeat_window);
        r.at = now_.mono - age;
        r.wall = now_.wall;
        r.wall.at -= std::chrono::duration_cast<std::chrono::microseconds>(age);
        r.test = test;
        all.push_back(std::move(r));
    }
    return all;
}

subject home_machine::subject_of(const device* entered) const {
    if (entered == nullptr) return {};
    if (!entered->owner.empty()) return {subject::kind::resident, entered->owner.str()};
    if (const bed* on = house_.find_bed(entered->bed); on != nullptr && !entered->bed.empty()) {
        if (!on->owner.empty()) return {subject::kind::resident, on->owner.str()};
        return {subject::kind::bed, on->id.str()};
    }
    return {};
}

void home_machine::watch(const device_id& id, const device* entered, const heard& in) {
    if (entered == nullptr && !views_.contains(id)) {
        const auto strangers = std::ranges::count_if(views_, [](const auto& v) { return !v.second.registered; });
        if (static_cast<std::size_t>(strangers) >= limits::strangers) return;
    }
    device_view& view = views_[id];
    view.id = id;
    view.registered = entered != nullptr;
    view.driver = in.driver;
    view.address = in.address;
    if (!in.history) {
        view.last_heard = now_.wall;
        view.last_heard_mono = now_.mono;
        if (in.qos >= 0) view.last_qos = in.qos;
    }
    if (!in.note.en.empty()) view.last_note = in.note;
    for (const observation& o : in.observations) {
        if (o.how == quality::unknown) continue;
        if (o.what == signal::battery) view.battery = o.value;
        if (o.what == signal::link_quality) view.link_quality = o.value;
    }
    end_fault("device.unreadable." + id.str());
    if (in.history && has_event(in)) {
        say(notice{.of = notice::kind::refused,
                   .name = "retained",
                   .device = id,
                   .text = "a retained event is history: nothing was raised",
                   .at = now_});
    }
    if (entered == nullptr) return;
    // The QoS is known on the durable session only; other messages come with -1.
    const bool carries_life =
        entered->role == device_role::call_button || entered->role == device_role::fall_detector;
    const std::string key = "device.qos0." + id.str();
    if (carries_life && in.qos == 0 && !in.history) {
        const drivers::driver* family = drivers::find_driver(in.driver);
        const wording cure = family != nullptr ? family->qos_cure() : wording{};
        begin_fault(
            {.key = key,
             .what_zh = fmt::format("{}（{}）以 QoS 0 发送：网关重启期间的按键可能丢失", id.str(), in.address),
             .what_en = fmt::format("{} ({}) publishes at QoS 0: a press may be lost during a restart", id.str(),
                                    in.address),
             .cure_zh = cure.zh.empty() ? "将该设备设为 QoS 1、不保留消息" : cure.zh,
             .cure_en = cure.en.empty() ? "Set the device to QoS 1, retain off" : cure.en,
             .urgency = priority::medium});
    } else if (carries_life && in.qos > 0 && has_event(in)) {
        end_fault(key);
    }
}

void home_machine::keep_address(const device_id& id, const heard& in) {
    if (state_.strangers.contains(id) || state_.strangers.size() >= limits::strangers) return;
    stranger_address one{id, in.driver, in.address};
    state_.strangers.emplace(id, one);
    draft_.delta.strangers.push_back(std::move(one));
}

void home_machine::report_stranger(const device_id& id, const heard& in) {
    const bool full = !views_.contains(id);
    if (full) return;
    begin_fault(
        {.key = "device.unregistered." + id.str(),
         .what_zh = fmt::format("未登记的设备 {}（{}）在发送消息", in.address, in.driver),
         .what_en = fmt::format("A device that nobody entered speaks: {} ({})", in.address, in.driver),
         .cure_zh = fmt::format("登记：anban device add NAME --driver {} --address {} --role …；或将其移除",
                                in.driver, in.address),
         .cure_en =
             fmt::format("Enter it: anban device add NAME --driver {} --address {} --role …; or take it away",
                         in.driver, in.address),
         .urgency = priority::medium});
}

void home_machine::on(const unreadable& in) {
    if (in.token != 0) draft_.after.tokens.push_back(in.token);
    const device* entered = house_.find_device(in.driver, in.address);
    const device_id id = entered != nullptr ? entered->id : stranger(in.driver, in.address);
    if (in.shut_in != 0) return hear_shut_in(in, id, entered);
    const std::string key = (in.wrong_speaker ? "device.impostor." : "device.unreadable.") + id.str();
    if (in.wrong_speaker) {
        begin_fault(
            {.key = key,
             .what_zh = fmt::format("主题 {} 上有消息冒用其他设备的名字：{}", in.topic, in.why.zh),
             .what_en = fmt::format("A message on {} names another device: {}", in.topic, in.why.en),
             .cure_zh = "检查该设备的配置；必要时移除并重新登记以更换密码",
             .cure_en = "Check the device's set-up; if in doubt remove it and add it again for a new password",
             .urgency = priority::high});
    } else {
        const bool life = entered != nullptr && (entered->role == device_role::call_button ||
                                                 entered->role == device_role::fall_detector);
        begin_fault({.key = key,
                     .what_zh = fmt::format("{} 的消息无法读取：{}", in.topic, in.why.zh),
                     .what_en = fmt::format("A message on {} can't be read: {}", in.topic, in.why.en),
                     .cure_zh = "用 anban device test 测试该设备；若重复出现请更换",
                     .cure_en = "Try the device with anban device test; replace it if this comes again",
                     .urgency = life ? priority::high : priority::medium});
    }
    say(notice{.of = notice::kind::refused,
               .name = in.wrong_speaker ? "impostor" : "unreadable",
               .device = id,
               .text = in.why.in(house_.language),
               .at = now_});
}

void home_machine::on(const open_test& in) {
    if (house_.find_device(in.device) == nullptr) return; // the control socket has refused it with a reason
    tests_[in.device] = now_.mono + limits::test_window;
    note({.what = audit_event::kind::test_opened, .device = in.device, .who = in.by});
}

void home_machine::on(const house_changed& in) {
    forget_standing_of_others(in.now);
    forget_calls_of_others(in.now);
    forget_values_of_others(in.now);
    const bool renamed = house_.gateway != in.now.gateway;
    house_ = in.now;
    told_.clear();
    note({.what = audit_event::kind::house_changed, .who = in.by, .text = in.what});
    if (renamed) reissue_due_ = holds_entries_of_another();
    replace_rules(in.rules);
    for (auto& [id, view] : views_) {
        const bool was = view.registered;
        view.registered = house_.find_device(id) != nullptr;
        if (was && !view.registered) end_fault("device.qos0." + id.str());
    }
    // A stranger that has been entered goes by its new name from now on.
    std::vector<device_id> entered_now;
    for (const auto& [id, view] : views_) {
        if (!view.registered && house_.find_device(view.driver, view.address) != nullptr)
            entered_now.push_back(id);
    }
    for (const device_id& id : entered_now) {
        rename_standing(id, house_.find_device(views_[id].driver, views_[id].address)->id);
        views_.erase(id);
        end_fault("device.unregistered." + id.str());
    }
}

} // namespace anban
