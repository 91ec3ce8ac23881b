// What a rule makes of its conditions: begun, held, confirmed, cancelled, cleared, held down; and what is told.
#include <algorithm>

#include "rules/engine/impl.hpp"
#include "rules/limits.hpp"

namespace anban {

using namespace judging;
using kind = condition_change::kind;
using language::node_kind;

namespace {

constexpr own_ns chatter_window = std::chrono::nanoseconds{std::chrono::seconds{60}}.count();
// The nodes of an expression that ends with this one.
[[nodiscard]] constexpr std::uint64_t up_to(std::uint8_t n) noexcept {
    return (std::uint64_t{2} << n) - 1;
}

constexpr index built_in_rules_without_memory = 2; // sos, service: they come first in rule numbers

} // namespace

void engine::impl::judge_rule(index i) {
    instance& it = instances_[i];
    if (by_ != nullptr && (turned_ & up_to(it.when)) != 0) it.touched = true;
    const bool by_reading = by_ != nullptr && it.touched;
    if (by_reading && (it.is_event || !it.active || it.closed)) {
        it.armed = by_origin_;
        if (by_origin_.device == a_stranger) strangers_[it.stranger] = by_->from.device.str();
    }
    if (it.is_event) {
        judge_as_event(i);
    } else {
        judge_as_state(i);
    }
    it.touched = it.anew = false;
}

// ---- Events -------------------------------------------------------------------------------------------

void engine::impl::judge_as_event(index i) {
    instance& it = instances_[i];
    if (it.holds != none) {
        end_holds_due(i);
        cancel_holds(i);
    }
    if ((event_now_ & (std::uint64_t{1} << it.when)) == 0) return;
    const own_ns at = event_at_[it.when];
    const origin why = event_by_[it.when];
    const obstacle held = held_down(i);
    if (it.holds == none) {
        if (held.why != held_reason::none) return tell_held(i, at, why, held);
        tell(i, kind::pressed, at, why).chatter = chatters(it, at);
        set_active(i, true);
        return;
    }
    hold_pair& holds = holds_[it.holds];
    const bool real_runs = holds.real.until != never;
    const bool test_runs = holds.test.until != never;
    // An emergency is never part of a test; a test while an emergency's hold runs is a record on that.
    if (why.test ? test_runs || real_runs : real_runs) {
        tell(i, kind::pressed, at, why).test = why.test && test_runs;
        return;
    }
    if (held.why != held_reason::none && !real_runs && !test_runs) return tell_held(i, at, why, held);
    running_hold& mine = why.test ? holds.test : holds.real;
    const own_ns lasting = rules_.rules[it.rule].rule.hold.count();
    mine = {.until = at + lasting, .since = at, .why = why};
    tell(i, kind::suspected, at, why).chatter = chatters(it, at);
    wake_dependents(i);
    end_holds_due(i);
}

void engine::impl::end_holds_due(index i) {
    instance& it = instances_[i];
    hold_pair& holds = holds_[it.holds];
    for (running_hold* hold : {&holds.real, &holds.test}) {
        if (hold->until > t_) continue;
        const own_ns at = std::exchange(hold->until, never);
        tell(i, kind::confirmed, at, hold->why);
        set_active(i, true);
    }
}

void engine::impl::cancel_holds(index i) {
    instance& it = instances_[i];
    hold_pair& holds = holds_[it.holds];
    for (running_hold* hold : {&holds.real, &holds.test}) {
        if (hold->until == never) continue;
        for (std::uint8_t u = 0; u < it.unless_count; ++u) {
            const std::uint8_t root = it.unless[u];
            const bool ends = (event_now_ & (std::uint64_t{1} << root)) != 0 && event_at_[root] >= hold->since;
            if (!ends) continue;
            hold->until = never;
            condition_change& change = tell(i, kind::cancelled, event_at_[root], hold->why);
            if (by_ != nullptr) change.seen = {evidence_of(i, by_origin_)};
            wake_dependents(i);
            break;
        }
    }
}

// ---- States -------------------------------------------------------------------------------------------

bool engine::impl::is_over(const instance& it) const noexcept {
    const truth when = states_of(it)[it.when].is;
    if (it.clear == language::no_child) return when == truth::no;
    return when != truth::yes && states_of(it)[it.clear].is == truth::yes;
}

own_ns engine::impl::over_since(const instance& it) const noexcept {
    const own_ns when = states_of(it)[it.when].moment;
    return it.clear == language::no_child ? when : std::max(when, states_of(it)[it.clear].moment);
}

void engine::impl::judge_as_state(index i) {
    instance& it = instances_[i];
    const bool is_true = states_of(it)[it.when].is == truth::yes;
    const bool over = is_over(it);
    if (it.active && !it.closed) {
        if (over) {
            tell(i, kind::cleared, over_since(it), it.armed);
            rest(i);
        } else if (it.anew && is_true) {
            begin(i, as_of_);
        }
        return;
    }
    if (over) return rest(i);
    if (!is_true) return;
    const bool news = it.touched || (turned_ & up_to(it.when)) != 0 || it.told_held || it.anew;
    if (it.closed && !news) return;
    const obstacle held = held_down(i);
    if (held.why == held_reason::none) {
        begin(i, it.closed || it.told_held || it.anew ? as_of_ : states_of(it)[it.when].moment);
    } else if (!it.told_held) {
        it.told_held = true;
        tell_held(i, std::max(as_of_, states_of(it)[it.when].moment), arming(i), held);
    }
}

void engine::impl::begin(index i, own_ns at) {
    instance& it = instances_[i];
    it.armed = arming(i);
    // Nothing was ever said: the moment itself names the occurrence.
    if (it.armed.device == no_device) {
        it.armed.sequence = static_cast<std::uint32_t>(std::max<own_ns>(at, 0) / 1'000'000'000);
    }
    if (it.closed) std::erase(waiting_, i);
    it.closed = it.told_held = false;
    tell(i, kind::began, at, it.armed).chatter = chatters(it, at);
    set_active(i, true);
}

void engine::impl::rest(index i) {
    instance& it = instances_[i];
    if (it.closed) std::erase(waiting_, i);
    if (it.closed || it.told_held) ++changes_;
    it.closed = it.told_held = false;
    set_active(i, false);
}

// ---- Among rules --------------------------------------------------------------------------------------

bool engine::impl::is_active(index i) const noexcept {
    const instance& it = instances_[i];
    if (it.active || it.holds == none) return it.active;
    return holds_[it.holds].real.until != never || holds_[it.holds].test.until != never;
}

void engine::impl::set_active(index i, bool active) {
    instance& it = instances_[i];
    if (it.active == active) return;
    it.active = active;
    ++changes_;
    wake_dependents(i);
}

void engine::impl::wake_dependents(index i) noexcept {
    const instance& it = instances_[i];
    for (index d = 0; d < it.dependents; ++d) wake(dependents_[it.first_dependent + d]);
}

engine::impl::obstacle engine::impl::held_down(index i) const {
    const instance& it = instances_[i];
    if (it.life_safety) return {};
    for (index n = 0; n < it.inhibitors; ++n) {
        const index other = inhibitors_[it.first_inhibitor + n];
        if (is_active(other)) {
            return {held_reason::inhibited, rules_.rules[instances_[other].rule].rule.id.str(), nullptr};
        }
    }
    for (const shelved& s : shelves_) {
        if (s.instance == i) return {s.what.how, {}, &s.what};
    }
    return {};
}

bool engine::impl::chatters(instance& it, own_ns at) noexcept {
    const auto [first, last] = std::minmax({it.begun[0], it.begun[1], at}); // a late one may lie before the others
    const bool third = first != long_ago && last - first < chatter_window;
    it.begun = {it.begun[1], at};
    return third;
}

// What armed the condition that has just turned.
origin engine::impl::arming(index i) const noexcept {
    const instance& it = instances_[i];
    if (by_ != nullptr) return it.touched ? by_origin_ : it.armed;
    for (std::uint8_t n = 0; n <= it.when; ++n) {
        const compiled_node& c = nodes_of(it)[n];
        if (c.kind == node_kind::alone && (event_now_ & (std::uint64_t{1} << n)) != 0) return event_by_[n];
        const bool turned = (turned_ & (std::uint64_t{1} << n)) != 0 && states_of(it)[n].is == truth::yes;
        if (!turned) continue;
        if (c.kind == node_kind::absent && channels_[c.channel].last_active_cell != none) {
            const cell& from = cells_[channels_[c.channel].last_active_cell];
            const bool by_change = facts_of(from.what).shows == activity_kind::each_change;
            return by_change && channels_[c.channel].what == signal::activity ? from.changed : from.acted;
        }
        if (c.kind == node_kind::unheard && channels_[c.channel].last_good_cell != none) {
            return cells_[channels_[c.channel].last_good_cell].said;
        }
    }
    return it.armed;
}

// ---- Telling ------------------------------------------------------------------------------------------

condition_change& engine::impl::tell(index i, kind what, own_ns at, const origin& why) {
    const instance& it = instances_[i];
    const language::effective_rule& r = rules_.rules[it.rule];
    condition_change& change = out_->emplace_back();
    change.what = what;
    change.index = it.rule + built_in_rules_without_memory;
    change.rule = r.rule.id;
    change.who = r.who;
    const std::uint16_t hangs = why.device < devices_.size() ? devices_[why.device].room : no_device;
    const std::uint16_t room = it.room_hint != no_device ? it.room_hint : hangs;
    if (room != no_device) change.room = rooms_[room];
    change.why = {name_of_device(i, why.device), {why.boot, why.sequence}};
    change.at = mono(at);
    if (by_ == nullptr && resumed_ != long_ago && at < resumed_) {
        change.late = std::chrono::nanoseconds{resumed_ - at};
    }
    change.test = why.test;
    if (it.is_event) {
        change.seen.push_back(evidence_of(i, why));
    } else if (what == kind::cleared && it.clear != language::no_child) {
        add_evidence(change, i, it.unless_count == 0 ? it.when : it.unless[it.unless_count - 1], it.clear);
    } else {
        add_evidence(change, i, language::no_child, it.when);
    }
    ++changes_;
    return change;
}

void engine::impl::tell_held(index i, own_ns at, const origin& why, const obstacle& o) {
    condition_change& change = tell(i, kind::held_down, at, why);
    change.held = o.why;
    change.held_by = in_words(o);
}

std::string engine::impl::in_words(const obstacle& o) {
    return o.by == nullptr ? std::string{o.inhibitor} : o.by->owner + ": " + o.by->reason;
}

// `sos` and `service` need no rule, no memory and no known device.
void engine::impl::tell_built_in(const reading& r, own_ns e) {
    const bool sos = r.what == signal::sos;
    if ((!sos && r.what != signal::service) || r.how == quality::unknown) return;
    condition_change& change = out_->emplace_back();
    change.what = kind::pressed;
    change.index = sos ? 0 : 1;
    change.rule = built_in_[change.index].id;
    change.who = r.who;
    change.room = r.room;
    change.why = r.from;
    change.at = mono(e);
    change.test = r.test;
    change.seen.push_back({.device = r.from.device, .what = r.what, .value = r.value, .at = r.wall});
    for (const shelved& s : shelves_) {
        if (sos || s.instance != none || s.what.who != r.who) continue;
        change.what = kind::held_down;
        change.held = s.what.how;
        change.held_by = s.what.owner + ": " + s.what.reason;
    }
}

// The newest of what the conditions behind `after`, up to and with `root`, see.
void engine::impl::add_evidence(condition_change& change, index i, std::uint8_t after, std::uint8_t root) const {
    const instance& it = instances_[i];
    const std::uint8_t first = after == language::no_child ? 0 : static_cast<std::uint8_t>(after + 1);
    for (std::uint8_t n = first; n <= root && change.seen.size() < limits::evidence_kept; ++n) {
        const compiled_node& c = nodes_of(it)[n];
        if (c.channel == none) continue;
        const channel& ch = channels_[c.channel];
        evidence seen;
        if (ch.cells.empty()) { // computed
            if (!ch.known) continue;
            seen = {.device = {}, .what = ch.what, .value = ch.value, .at = {}};
        } else {
            const bool active = c.kind == node_kind::absent || c.kind == node_kind::last_in;
            index at = active ? ch.last_active_cell : ch.newest != none ? ch.newest : ch.last_good_cell;
            if (at == none) at = ch.last_good_cell;
            if (at == none) continue;
            seen = evidence_of(i, active && cells_[at].acted.device != no_device ? cells_[at].acted
                                                                                 : cells_[at].said);
        }
        if (std::ranges::find(change.seen, seen) == change.seen.end()) change.seen.push_back(std::move(seen));
    }
}

evidence engine::impl::evidence_of(index i, const origin& o) const {
    return {.device = name_of_device(i, o.device),
            .what = o.what,
            .value = o.value,
            .at = {utc_time{std::chrono::microseconds{o.wall_us}}, o.wall_quality}};
}

device_id engine::impl::name_of_device(index i, std::uint16_t device) const {
    if (device < devices_.size()) return devices_[device].id;
    if (device == a_stranger && instances_[i].stranger != none) {
        return device_id{strangers_[instances_[i].stranger]};
    }
    return {};
}

} // namespace anban
