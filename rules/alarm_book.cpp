#include "rules/alarm_book.hpp"

#include <algorithm>

#include "rules/limits.hpp"

namespace anban {
namespace {

using kind = condition_change::kind;

[[nodiscard]] bool is_press(const condition_change& change) noexcept {
    return change.what == kind::pressed || change.what == kind::suspected;
}

// What a change of the condition makes of the alarm's phase. A confirmed alarm stays confirmed when the
// same condition is suspected again.
[[nodiscard]] alarm_phase phase_after(const alarm_state& alarm, kind what) noexcept {
    switch (what) {
    case kind::suspected:
        return alarm.newest.phase == alarm_phase::active ? alarm_phase::active : alarm_phase::suspected;
    case kind::pressed:
        return alarm.newest.phase == alarm_phase::suspected ? alarm_phase::suspected : alarm_phase::active;
    case kind::cancelled:
        return alarm.newest.phase == alarm_phase::active ? alarm_phase::active : alarm_phase::cancelled;
    case kind::cleared: return alarm_phase::cleared;
    case kind::began:
    case kind::confirmed:
    case kind::held_down: break;
    }
    return alarm_phase::active;
}

[[nodiscard]] std::string_view sentence_of(kind what) noexcept {
    switch (what) {
    case kind::pressed: return "the key was pressed";
    case kind::suspected: return "a detector suspects it; the hold runs";
    case kind::began: return "the condition held for as long as the rule demands";
    case kind::confirmed: return "nothing ended it before its hold ran out";
    case kind::cancelled: return "it was withdrawn before its hold ran out";
    case kind::held_down: return "the condition is held down";
    case kind::cleared: break;
    }
    return "the condition is over";
}

void remember_asker(alarm_state& alarm, const asker& who) {
    std::erase_if(alarm.askers, [&](const asker& a) { return a.device == who.device; });
    if (alarm.askers.size() == limits::askers) alarm.askers.erase(alarm.askers.begin());
    alarm.askers.push_back(who);
}

} // namespace

alarm_status status_of(const alarm_state& alarm) noexcept {
    if (!alarm.open()) return alarm_status::normal;
    const bool over = alarm.newest.phase == alarm_phase::cleared || alarm.newest.phase == alarm_phase::cancelled;
    const bool taken = alarm.newest.progress != alarm_progress::open;
    if (over) return taken ? alarm_status::latched : alarm_status::returned_unacknowledged;
    return taken ? alarm_status::acknowledged_active : alarm_status::unacknowledged_active;
}

alarm_book::alarm_book(gateway_id gateway, std::map<alarm_id, alarm_state>& alarms)
    : gateway_(std::move(gateway)), alarms_(alarms) {}

alarm_state* alarm_book::find(const alarm_id& id) noexcept {
    const auto found = alarms_.find(id);
    return found == alarms_.end() ? nullptr : &found->second;
}

alarm_state* alarm_book::open_alarm(const rule_id& by, const subject& who, bool test) noexcept {
    for (auto& [id, alarm] : alarms_) {
        if (alarm.open() && !alarm.adopted && alarm.newest.rule == by && alarm.newest.who == who &&
            alarm.newest.test == test) {
            return &alarm;
        }
    }
    return nullptr;
}

bool alarm_book::closed_before(const condition_change& change, const language::alarm_rule& by) const {
    const auto known = alarms_.find(derive_alarm_id(gateway_, by.id, change.who, change.why, 0));
    return known != alarms_.end() && !known->second.open();
}

alarm_state& alarm_book::begin(const condition_change& change, const language::alarm_rule& by, const event& e) {
    // The first occurrence of this cause that has not been closed. It may be here: adopted from the centre
    // before our own cause came again.
    std::uint32_t occurrence = 0;
    alarm_id id = derive_alarm_id(gateway_, by.id, change.who, change.why, occurrence);
    for (const alarm_state* known = find(id); known != nullptr && !known->open(); known = find(id)) {
        id = derive_alarm_id(gateway_, by.id, change.who, change.why, ++occurrence);
    }
    alarm_state& alarm = alarms_[id];
    alarm.adopted = false;
    alarm.first_cause = change.why;
    alarm_revision& first = alarm.newest;
    first.id = id;
    first.rule = by.id;
    first.title_zh = by.title_zh;
    first.title_en = by.title_en;
    first.of = by.of;
    first.urgency = by.urgency;
    first.who = change.who;
    first.room = change.room;
    first.test = change.test;
    first.phase = change.what == kind::suspected ? alarm_phase::suspected : alarm_phase::active;
    first.raised = e.wall;
    return alarm;
}

std::optional<alarm_id> alarm_book::forget_oldest_closed() {
    const auto closed = [](const auto& entry) { return !entry.second.open(); };
    if (alarms_.size() <= limits::closed_alarms_kept) return std::nullopt;
    if (static_cast<std::size_t>(std::ranges::count_if(alarms_, closed)) <= limits::closed_alarms_kept) {
        return std::nullopt;
    }
    auto oldest = alarms_.end();
    for (auto it = alarms_.begin(); it != alarms_.end(); ++it) {
        const bool older =
            closed(*it) && (oldest == alarms_.end() || it->second.newest.number < oldest->second.newest.number);
        if (older) oldest = it;
    }
    const alarm_id gone = oldest->first;
    alarms_.erase(oldest);
    return gone;
}

alarm_state* alarm_book::apply(const condition_change& change, const language::alarm_rule& by, const event& e) {
    alarm_state* alarm = open_alarm(by.id, change.who, change.test);
    const bool ends = change.what == kind::cleared || change.what == kind::cancelled;
    // A person has closed it already: neither its end nor the confirmation of what they judged is news.
    if (alarm == nullptr && (ends || (change.what == kind::confirmed && closed_before(change, by))))
        return nullptr;
    // A condition that is over twice is no news.
    if (ends && !after(status_of(*alarm), alarm_event::returned, by.of)) return nullptr;
    if (alarm == nullptr) alarm = &begin(change, by, e);
    alarm_revision& next = alarm->newest;
    // That what is certain is so once more calls nobody who was not called before.
    const bool certain_again = change.what == kind::confirmed && next.phase == alarm_phase::active;
    next.number = e.number;
    next.phase = phase_after(*alarm, change.what);
    next.device = change.why.device;
    next.unregistered = next.unregistered || e.unregistered;
    next.news.reset();
    next.because = sentence_of(change.what);
    for (const evidence& seen : change.seen) {
        if (next.seen.size() == limits::evidence_kept) next.seen.erase(next.seen.begin());
        next.seen.push_back(seen);
    }
    if (is_press(change)) {
        press record{.from = change.why,
                     .what = change.seen.empty() ? signal::sos : change.seen.back().what,
                     .at = e.wall,
                     .repeat = e.repeat};
        if (!e.repeat) ++next.press_count;
        next.news = record;
        if (alarm->presses.size() == limits::presses_kept) alarm->presses.erase(alarm->presses.begin());
        alarm->presses.push_back(std::move(record));
    }
    if (!ends && !certain_again) {
        alarm->last_call = e.number;
        alarm->call_stored = false;
    }
    if (e.answer_to) remember_asker(*alarm, *e.answer_to);
    return alarm;
}

alarm_book::progress_result alarm_book::progress(const alarm_id& id, alarm_progress to, revision_number seen,
                                                 std::string_view code, bool test, revision_number number,
                                                 stamp wall) {
    alarm_state* alarm = find(id);
    if (alarm == nullptr) {
        if (to == alarm_progress::closed) return {outcome::nothing_new, nullptr};
        alarm = &alarms_[id];
        alarm->adopted = true;
        alarm->newest.id = id;
        alarm->newest.number = seen;
        alarm->newest.progress = to;
        alarm->newest.test = test;
        alarm->newest.raised = wall;
        alarm->acked = seen;
        return {outcome::adopted, alarm};
    }
    if (to == alarm_progress::closed && alarm->open() && seen < alarm->last_call) {
        alarm->newest.number = number;
        alarm->newest.progress = alarm_progress::open;
        alarm->newest.news.reset();
        alarm->newest.because = "closed by somebody who had not seen the newest press; it stays open";
        return {outcome::newer_press, alarm};
    }
    const auto by_person = to == alarm_progress::closed ? alarm_event::closed : alarm_event::acknowledged;
    const bool legal = after(status_of(*alarm), by_person, alarm->newest.of).has_value();
    if (alarm->newest.progress == to || !legal) return {outcome::nothing_new, alarm};
    alarm->newest.progress = to;
    if (to == alarm_progress::closed) {
        alarm->closing_code = code;
        alarm->closed_at = wall;
    }
    return {outcome::changed, alarm};
}

bool alarm_book::acknowledged(const alarm_id& id, revision_number revision) {
    alarm_state* alarm = find(id);
    if (alarm == nullptr || revision > alarm->newest.number) return false;
    bool news = revision > alarm->acked;
    if (news) alarm->acked = revision;
    if (revision == alarm->last_call && !alarm->call_stored) {
        alarm->call_stored = true;
        news = true;
    }
    return news;
}

} // namespace anban
