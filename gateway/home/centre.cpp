// What comes back from the centre, and what the devices are told of it.
#include <fmt/format.h>

#include "cloud-bridge/protocol/codec.hpp"
#include "gateway/home/machine.hpp"
#include "rules/limits.hpp"

#include <algorithm>

namespace anban {

void home_machine::on(const centre_ack& in) {
    const auto entry = std::ranges::find_if(
        state_.outbox, [&](const outbox_entry& e) { return e.alarm == in.alarm && e.revision == in.revision; });
    if (entry != state_.outbox.end() && wire::hash_prefix(entry->envelope) != in.hash_prefix) {
        say(notice{.of = notice::kind::refused,
                   .name = "ack",
                   .alarm = in.alarm,
                   .text = "an acknowledgement with a hash that isn't ours clears nothing",
                   .at = now_});
        begin_fault({.key = "centre.wrong-hash",
                     .what_zh = "中心确认了内容不同的消息，已忽略",
                     .what_en = "The centre acknowledged another content than was sent; it was ignored",
                     .cure_zh = "联系中心管理员：同一网关编号可能被两台设备使用",
                     .cure_en = "Tell the centre: two boxes may be using one gateway id",
                     .urgency = priority::high});
        return;
    }
    const std::optional<cause> brought = note_out_of_outbox(in.revision);
    if (entry != state_.outbox.end()) {
        state_.outbox.erase(entry);
        draft_.delta.acknowledged.emplace_back(in.alarm, in.revision);
        say(forget{in.alarm, in.revision});
        end_fault("outbox.full");
    }
    const bool news = book_.acknowledged(in.alarm, in.revision);
    const alarm_state* known = book_.find(in.alarm);
    if (known == nullptr) return;
    const alarm_state& alarm = *known;
    if (!news) return tell_who_pressed(alarm, brought);
    draft_.touched.insert(in.alarm);
    const bool was_waiting = alarm.call_stored && undelivered_.erase(in.alarm) > 0;
    if (alarm.call_stored) told_undelivered_.erase(in.alarm);
    if (!alarm.call_stored || (alarm.last_call != in.revision && !was_waiting)) {
        return tell_who_pressed(alarm, brought);
    }
    add_hop(in.alarm, "stored", now_, alarm.newest.device);
    tell_news_to_devices(alarm);
}

void home_machine::on(const centre_nack& in) {
    if (in.unknown_gateway) {
        begin_fault({.key = "centre.unknown-gateway",
                     .what_zh = "中心不认识本网关；报警会显示为未登记网关",
                     .what_en = "The centre doesn't know this gateway; its alarms show as from an unknown one",
                     .cure_zh = "请中心登记本网关：anban-dispatch home add " + house_.gateway.str(),
                     .cure_en = "Have the centre enter it: anban-dispatch home add " + house_.gateway.str(),
                     .urgency = priority::high});
        return;
    }
    if (in.other_gateway && holds_entries_of_another()) {
        reissue_due_ = true;
        return;
    }
    alarm_state* alarm = book_.find(in.alarm);
    if (!in.unknown_alarm) {
        say(notice{.of = notice::kind::refused, .name = "nack", .alarm = in.alarm, .text = in.why, .at = now_});
        begin_fault({.key = "centre.refuses",
                     .what_zh = "中心拒绝了一条消息：" + in.why,
                     .what_en = "The centre refused a message: " + in.why,
                     .cure_zh = "检查网关与中心的软件版本是否相容",
                     .cure_en = "Check that the versions of gateway and centre go together",
                     .urgency = priority::high});
        return;
    }
    if (alarm == nullptr || !alarm->open() || alarm->adopted) return;
    const bool still_queued = std::ranges::any_of(state_.outbox, [&](const outbox_entry& e) {
        return e.alarm == in.alarm && e.revision == alarm->newest.number;
    });
    if (still_queued) return; // it is on its way
    // The centre has lost it (an older backup came back, say): tell it again as it stands.
    alarm->newest.number = next_revision();
    alarm->newest.news = alarm->presses.empty() ? std::nullopt : std::optional{alarm->presses.back()};
    alarm->newest.because = "told again: the centre did not know it";
    alarm->last_call = alarm->newest.number;
    alarm->call_stored = false;
    revise(*alarm, true);
}

void home_machine::on(const centre_receipt& in) {
    const std::size_t open = static_cast<std::size_t>(
        std::ranges::count_if(state_.alarms, [](const auto& a) { return a.second.open(); }));
    if (book_.find(in.alarm) == nullptr && open >= limits::open_alarms) {
        say(notice{.of = notice::kind::refused,
                   .name = "receipt",
                   .alarm = in.alarm,
                   .text = "more open alarms at the centre than this gateway can hold",
                   .at = now_});
        return;
    }
    const revision_number number = next_revision();
    const auto result = book_.progress(in.alarm, in.progress, in.seen, in.code, in.test, number, now_.wall);
    using outcome = alarm_book::outcome;
    if (result.what == outcome::nothing_new) return;
    alarm_state& alarm = *result.alarm;
    if (result.what == outcome::newer_press) {
        add_hop(in.alarm, "close_refused", now_, alarm.newest.device);
        note(audit_event::kind::close_refused, alarm, in.code);
        alarm.newest.close_refused = true; // said once: the centre must not keep it closed
        revise(alarm, true);
        alarm.newest.close_refused = false;
        return;
    }
    draft_.touched.insert(in.alarm);
    draft_.durable = true;
    announce_due_ = true;
    note(alarm.newest.progress == alarm_progress::closed       ? audit_event::kind::closed
         : alarm.newest.progress == alarm_progress::on_the_way ? audit_event::kind::on_the_way
                                                               : audit_event::kind::taken,
         alarm, in.code);
    add_hop(in.alarm, name_of(alarm.newest.progress), now_, alarm.newest.device);
    if (result.what == outcome::adopted) return;
    if (alarm.newest.progress == alarm_progress::closed) {
        remember_unsure(closed_by_hand{alarm.newest.rule, alarm.newest.who});
        engine_.close(now_, alarm.newest.rule, alarm.newest.who);
    }
    // Whoever acted on an older call has not got the newest: its honest answer stays.
    if (alarm.call_stored || in.seen >= alarm.last_call) {
        undelivered_.erase(in.alarm);
        told_undelivered_.erase(in.alarm);
    }
    tell_devices(alarm);
}

// With eight who pressed, each acknowledgement of a storm would be eight answers, seven of them told before.
void home_machine::tell_news_to_devices(const alarm_state& alarm) {
    for (const asker& who : alarm.askers) {
        const answer what = answer_to(who, alarm);
        const auto told = told_.find(who.device);
        const bool known = told != told_.end() && told->second == std::pair{who.key, what};
        if (!known) tell_if_true(who, what, alarm);
    }
    show_on_indicators();
}

// An older press has come through: its device alone learns it.
void home_machine::tell_who_pressed(const alarm_state& alarm, const std::optional<cause>& press) {
    for (const asker& who : alarm.askers) {
        if (press == cause{who.device, who.key}) tell_if_true(who, answer_to(who, alarm), alarm);
    }
}

void home_machine::tell_devices(const alarm_state& alarm) {
    for (const asker& who : alarm.askers) {
        tell_if_true(who, answer_to(who, alarm), alarm);
    }
    show_on_indicators();
}

// "received" comes first: the commit that is on its way tells it, and then this. On a dead disk, and until the
// commit that ends it, nothing stands behind it.
void home_machine::tell_if_true(const asker& who, answer what, const alarm_state& alarm) {
    if (waits_for_commit(who) || (what == answer::received && lives_in_memory())) return;
    say_answer(who, what, alarm.newest.id);
}

// What a failed sync left can be read until the power goes: what was found at the start is on no disk for certain
// before the first commit of a journal that begins anew.
bool home_machine::lives_in_memory() const {
    return volatile_ || renewed_by_ != 0;
}

bool home_machine::is_on_disk(const alarm_id& alarm) const {
    return !lives_in_memory() && std::ranges::none_of(waiting_, [&](const waiting& w) {
        return std::ranges::find(w.alarms, alarm) != w.alarms.end();
    });
}

bool home_machine::waits_for_centre(const asker& who) const {
    return waiting_presses_.contains({who.device, who.key});
}

// A lamp shows one thing: a call that doesn't get through before all else, then how far the newest open call
// has come, and "closed" when none is open.
void home_machine::show_on_indicators() {
    const alarm_state* shown = nullptr;
    for (const auto& [id, alarm] : state_.alarms) {
        const bool calls = alarm.open() && !alarm.adopted && alarm.newest.of != alarm_class::technical;
        if (!calls) continue;
        const auto rank = [this](const alarm_state& a) {
            return std::pair{told_undelivered_.contains(a.newest.id), a.last_call};
        };
        if (shown == nullptr || rank(*shown) < rank(alarm)) shown = &alarm;
    }
    const answer what = shown == nullptr ? answer::closed : answer_of(*shown);
    if (what == answer::received && !is_on_disk(shown->newest.id)) return; // its commit shows it
    for (const device& d : house_.devices) {
        if (d.role == device_role::indicator) say(indicate{d.id, what});
    }
}

void home_machine::judge_undelivered() {
    for (auto it = undelivered_.begin(); it != undelivered_.end();) {
        if (it->second > now_.mono) {
            ++it;
            continue;
        }
        const alarm_id id = it->first;
        it = undelivered_.erase(it);
        const alarm_state* alarm = book_.find(id);
        if (alarm == nullptr || alarm->call_stored || !alarm->open()) continue;
        told_undelivered_.insert(id);
        add_hop(id, "not_delivered", now_, alarm->newest.device);
        tell_devices(*alarm);
    }
}

void home_machine::on(const link_changed& in) {
    if (in.up == link_up_ && (in.up || faults_.has("centre.link"))) return;
    link_up_ = in.up;
    if (in.up) {
        end_fault("centre.link");
        say(notice{.of = notice::kind::hop, .name = "link_up", .text = in.host, .at = now_});
        return;
    }
    if (house_.centre.empty()) {
        begin_fault({.key = "centre.link",
                     .what_zh = "本网关还没有加入任何调度中心",
                     .what_en = "This gateway has not joined a centre yet",
                     .cure_zh = "向中心索取加入文件，然后运行：anban join FILE",
                     .cure_en = "Ask the centre for a join file, then run: anban join FILE",
                     .urgency = priority::high});
        return;
    }
    begin_fault({.key = "centre.link",
                 .what_zh = fmt::format("与中心的连接中断：{}", in.why.zh),
                 .what_en = fmt::format("No connection to the centre: {}", in.why.en),
                 .cure_zh = "检查路由器和网线；报警已保存，连接恢复后立即发送",
                 .cure_en = "Check router and cable; alarms are kept and go out as soon as it is back",
                 .urgency = priority::high});
}

void home_machine::on(const sent& in) {
    const alarm_state* alarm = book_.find(in.alarm);
    if (alarm == nullptr) return;
    const auto then = [this](mono_time at) {
        instant t = now_;
        t.mono = std::min(at, now_.mono);
        t.wall.at -= std::chrono::duration_cast<std::chrono::microseconds>(now_.mono - t.mono);
        return t;
    };
    if (in.handed) add_hop(in.alarm, "handed", then(*in.handed), alarm->newest.device, in.revision);
    add_hop(in.alarm, "sent", in.at ? then(*in.at) : now_, alarm->newest.device, in.revision);
}

// It goes out after its commit, see home_machine::queue.
bool home_machine::waits_for_disk(const outbox_entry& entry) const {
    return std::ranges::any_of(waiting_, [&](const waiting& w) {
        return std::ranges::find(w.deliveries, entry.revision, &outbox_entry::revision) != w.deliveries.end();
    });
}

void home_machine::on(const uplink_attached&) {
    for (const lane via : {lane::p0, lane::p1, lane::p2, lane::p3}) {
        for (const outbox_entry& entry : state_.outbox) {
            if (entry.via == via && !waits_for_disk(entry)) {
                say(deliver{entry.alarm, entry.revision, entry.via, entry.envelope});
            }
        }
    }
    announce_due_ = true;
    announce_at_ = now_.mono;
}

} // namespace anban
