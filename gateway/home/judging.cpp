// The engine in the home: which rules it runs, what becomes of their changes, and their state in the journal.
#include <algorithm>
#include <ranges>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "gateway/config/installation.hpp"
#include "gateway/home/machine.hpp"

namespace anban {
namespace {

// How long the engine stood still since `saved`; nothing where no clock can tell.
[[nodiscard]] std::optional<std::chrono::nanoseconds> away_since(const saved_rules& saved, std::uint64_t boot_id,
                                                                 instant now) {
    const mono_time then{std::chrono::nanoseconds{saved.mono_ns}};
    if (saved.boot_id == boot_id && now.mono >= then) return now.mono - then;
    if (saved.wall.quality == clock_quality::synchronised && now.wall.quality == clock_quality::synchronised &&
        now.wall.at >= saved.wall.at) {
        return now.wall.at - saved.wall.at;
    }
    return std::nullopt;
}

// The same look at both clocks, a while ago.
[[nodiscard]] instant before(instant now, mono_time then) {
    now.wall.at -= std::chrono::floor<std::chrono::microseconds>(now.mono - then);
    now.mono = then;
    return now;
}

[[nodiscard]] std::string_view words_of(held_reason why) noexcept {
    switch (why) {
    case held_reason::inhibited: return "inhibited by";
    case held_reason::shelved: return "shelved by";
    case held_reason::out_of_service: return "out of service,";
    case held_reason::none: break;
    }
    return "";
}

} // namespace

// ---- Which rules --------------------------------------------------------------------------------------

engine home_machine::make_engine(const rule_packs& rules, instant now) {
    installation where = installation_of(house_, rules.zone);
    language::effective_rules effective = language::lay_plans(rules.packs, where);
    plan_problems_ = effective.problems;
    return engine{std::move(effective), std::move(where), now};
}

void home_machine::restore_rules() {
    judged_until_ = rules_kept_at_ = rule_saves_counted_ = now_.mono;
    blind_check_at_ = now_.mono + limits::blind_check;
    tell_plan_problems();
    if (!state_.rules.snapshot.empty()) {
        const auto away = away_since(state_.rules, boot_id_, now_);
        const auto restored = engine_.restore(state_.rules.snapshot, now_, away);
        if (restored && !away) begin_unsure();
        if (!restored) {
            begin_fault(
                {.key = "rules.state",
                 .what_zh = "规则的保存状态无法读取，已从头开始：" + restored.error(),
                 .what_en = "The saved state of the rules can't be read, they start afresh: " + restored.error(),
                 .cure_zh = "无需操作；计时已重新开始",
                 .cure_en = "Nothing to do; running timers began again",
                 .urgency = priority::medium});
        }
    }
    engine_changes_saved_ = engine_.changes();
}

// Another house or other packs: what is unchanged goes on.
void home_machine::replace_rules(const rule_packs& rules) {
    const std::string kept = engine_.snapshot(now_);
    unsure_.reset(); // what was before was judged by others
    engine_ = make_engine(rules, now_);
    (void)engine_.restore(kept, now_, std::chrono::nanoseconds{0}); // ours is always readable
    engine_changes_saved_ = engine_.changes() + 1;                  // and another than the journal's
    shelves_shown_at_ = 0;
    tell_plan_problems();
}

void home_machine::tell_plan_problems() {
    for (const std::string& key : std::exchange(plan_faults_, {})) end_fault(key);
    for (const language::plan_problem& p : plan_problems_) {
        const std::string key = fmt::format("rules.plan.{}.{}", p.who.str(), plan_faults_.size() + 1);
        begin_fault({.key = key,
                     .what_zh = p.what_zh,
                     .what_en = p.what_en,
                     .cure_zh = p.cure_zh,
                     .cure_en = p.cure_en,
                     .urgency = priority::medium});
        plan_faults_.insert(key);
    }
}

// ---- Judging ------------------------------------------------------------------------------------------

mono_time home_machine::first_event(const heard& in) const {
    std::chrono::nanoseconds oldest{0};
    for (const observation& o : in.observations) {
        oldest = std::max<std::chrono::nanoseconds>(oldest, o.age.value_or(std::chrono::milliseconds{0}));
    }
    return now_.mono - std::min<std::chrono::nanoseconds>(oldest, limits::repeat_window);
}

void home_machine::run_rules(mono_time until) {
    if (until < judged_until_) return;
    judged_until_ = until;
    condition_changes due;
    engine_.advance(before(now_, until), due);
    take_changes(due);
}

void home_machine::judge(const reading& r) {
    condition_changes changes;
    remember_unsure(r);
    engine_.step(now_, r, changes);
    judged_until_ = now_.mono;
    take_changes(changes);
}

// A step may run deadlines as well: what they tell isn't the frame's.
bool home_machine::of_this_frame(const condition_change& change) const {
    if (!draft_.frame) return false;
    using kind = condition_change::kind;
    return change.why == *draft_.frame || change.what == kind::cancelled || change.what == kind::cleared;
}

void home_machine::take_changes(const condition_changes& changes) {
    for (const condition_change& change : changes) {
        draft_.rules_told = true;
        if (was_told(change)) continue;
        remember_told(change);
        if (change.what == condition_change::kind::held_down) {
            tell_held_down(change);
            continue;
        }
        const bool ours = of_this_frame(change);
        const language::alarm_rule& by = engine_.rule(change.index);
        const alarm_book::event event{.number = next_revision(),
                                      .wall = now_.wall,
                                      .answer_to = ours ? draft_.answer_to : std::nullopt,
                                      .repeat = ours && draft_.repeat,
                                      .unregistered = ours && draft_.unregistered};
        alarm_state* alarm = book_.apply(change, by, event);
        if (alarm == nullptr) continue;
        if (alarm->newest.news) ++draft_.presses[alarm->newest.id];
        if (change.late) {
            alarm->newest.because +=
                fmt::format("; found {} s late, the gateway was off",
                            std::chrono::duration_cast<std::chrono::seconds>(*change.late).count());
        }
        if (unsure_ && !ours) alarm->newest.because += "; the gateway was off for a time that no clock could tell";
        // The built-in rules have no memory of their own.
        const bool chatters = language::is_call(by.id.str()) && ours && !draft_.repeat && !change.test &&
                              watch_calls(change.why.device);
        if (change.chatter || chatters) alarm->newest.because += "; three times within a minute: it chatters";
        if (ours && draft_.arrived) {
            const auto key = draft_.answer_to ? std::optional{draft_.answer_to->key} : std::nullopt;
            add_hop(alarm->newest.id, "heard", *draft_.arrived, alarm->newest.device, alarm->newest.number, key);
        }
        add_hop(alarm->newest.id, "judged", now_, alarm->newest.device, alarm->newest.number);
        using told = condition_change::kind;
        const bool anew =
            alarm->newest.press_count == 1 || change.what == told::suspected || change.what == told::began;
        const bool settles =
            change.what == told::confirmed || change.what == told::cancelled || change.what == told::cleared;
        note(settles ? audit_event::kind::judged
             : anew  ? audit_event::kind::raised
                     : audit_event::kind::pressed,
             *alarm, settles ? name_of(alarm->newest.phase) : std::string_view{});
        // A frame's answer is about what it called for first.
        if (ours && (!draft_.became || by.of == alarm_class::life_safety)) draft_.became = alarm->newest.id;
        revise(*alarm, !ours || draft_.stable);
        if (const auto gone = book_.forget_oldest_closed()) draft_.delta.forgotten.push_back(*gone);
    }
}

// Held down is no alarm, but everybody can see it.
void home_machine::tell_held_down(const condition_change& change) {
    const language::alarm_rule& by = engine_.rule(change.index);
    say(notice{.of = notice::kind::hop,
               .name = "held_down",
               .device = change.why.device,
               .text = fmt::format("{} ({}) of {} is held down: {} {}", by.id.str(), by.title_en,
                                   change.who.id.empty() ? "the home" : change.who.id, words_of(change.held),
                                   change.held_by),
               .at = now_});
}

// ---- In the journal -----------------------------------------------------------------------------------

// What rules told is durable with it. A timer that only began or ended is too as long as that is seldom: a
// value that hovers at a limit would wear the card out. What else moved goes along now and then.
void home_machine::keep_rules() {
    while (rule_saves_left_ < limits::rule_saves && now_.mono - rule_saves_counted_ >= limits::rule_save_again) {
        rule_saves_counted_ += limits::rule_save_again;
        ++rule_saves_left_;
    }
    if (rule_saves_left_ == limits::rule_saves) rule_saves_counted_ = now_.mono;
    const bool changed = engine_.changes() != engine_changes_saved_;
    const bool at_once = changed && (draft_.rules_told || rule_saves_left_ > 0);
    if (!at_once && now_.mono - rules_kept_at_ < limits::rule_state_every) return;
    saved_rules now_so{.snapshot = engine_.snapshot(now_),
                       .wall = now_.wall,
                       .boot_id = boot_id_,
                       .mono_ns = now_.mono.time_since_epoch().count()};
    rules_kept_at_ = now_.mono;
    engine_changes_saved_ = engine_.changes();
    if (now_so.snapshot.size() > limits::rule_state_bytes) {
        begin_fault({.key = "rules.state.size",
                     .what_zh = "规则状态过大，无法写入日志；重启后计时会重新开始",
                     .what_en = "The rules' state doesn't fit into a journal record; a restart begins timers anew",
                     .cure_zh = "减少护理计划中的规则包",
                     .cure_en = "Choose fewer packs in the care plans",
                     .urgency = priority::medium});
        return;
    }
    end_fault("rules.state.size");
    state_.rules = std::move(now_so);
    draft_.delta.rules = state_.rules;
    if (!at_once) return;
    if (!draft_.rules_told) --rule_saves_left_;
    draft_.durable = true;
}

std::vector<std::pair<rule_view, language::alarm_rule>> home_machine::standing_of(const rule_id& rule) const {
    std::vector<std::pair<rule_view, language::alarm_rule>> all;
    for (rule_view& view : engine_.explain(now_, rule)) {
        const std::size_t index = view.index;
        all.emplace_back(std::move(view), engine_.rule(index));
    }
    return all;
}

// ---- What can't be judged -----------------------------------------------------------------------------

// Unknown is never normal: rules that can't judge for long are a fault, one a subject.
void home_machine::watch_blind() {
    if (now_.mono < blind_check_at_) return;
    blind_check_at_ = now_.mono + limits::blind_check;
    std::map<subject, std::map<std::string, std::string>> lacking; // English, Chinese
    for (const rule_view& view : engine_.blind(now_)) {
        for (const node_view& node : view.nodes) {
            if (!node.lacks.empty()) lacking[view.who].emplace(node.lacks, node.lacks_zh);
        }
    }
    const auto key_of = [](const subject& who) { return "rules.blind." + (who.id.empty() ? "home" : who.id); };
    for (auto known = blind_since_.begin(); known != blind_since_.end();) {
        if (lacking.contains(known->first)) {
            ++known;
            continue;
        }
        end_fault(key_of(known->first));
        known = blind_since_.erase(known);
    }
    for (const auto& [who, what] : lacking) {
        const mono_time since = blind_since_.try_emplace(who, now_.mono).first->second;
        if (now_.mono - since < limits::blind_patience) continue;
        const std::string en = fmt::format("{}", fmt::join(what | std::views::keys, ", "));
        const std::string zh = fmt::format("{}", fmt::join(what | std::views::values, "、"));
        const std::string whom = who.id.empty() ? std::string{"home"} : who.id;
        begin_fault(
            {.key = key_of(who),
             .what_zh = fmt::format("{} 的部分规则无法判断，缺少：{}", whom, zh),
             .what_en = fmt::format("Some rules of {} can't judge; nothing is known of: {}", whom, en),
             .cure_zh = "检查相应的设备是否在线；没有该设备时从护理计划中去掉规则包；详见 anban why-not 规则",
             .cure_en = "See that the devices for it report; where there are none, drop the pack from the plan; "
                        "`anban why-not RULE` tells more",
             .urgency = priority::low});
    }
}

} // namespace anban
