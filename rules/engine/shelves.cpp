// Shelves (ISA-18.2: an owner, a reason, an end), and what a person's close means to a rule.
#include <algorithm>

#include <fmt/format.h>

#include "rules/engine/impl.hpp"
#include "rules/ensure.hpp"
#include "rules/limits.hpp"

namespace anban {

using namespace judging;

index engine::impl::find_instance(const rule_id& by, const subject& who) const noexcept {
    for (index i = 0; i < instances_.size(); ++i) {
        const auto& r = rules_.rules[instances_[i].rule];
        if (r.who == who && r.rule.id == by) return i;
    }
    return none;
}

// What is still true must last anew, and begins again with the next reading or deadline only.
void engine::impl::close(const instant& now, const rule_id& by, const subject& who) {
    const index i = find_instance(by, who);
    if (i == none) return;
    instance& it = instances_[i];
    const bool was_active = it.active;
    ++changes_;
    it.floor = own(now.mono);
    as_of_ = it.floor;
    by_ = nullptr;
    evaluate(i, true);
    if (it.told_held && held_down(i).why == held_reason::none) it.told_held = false; // the close settles that too
    if (it.is_event) {
        it.active = false;
    } else if (it.active && !it.closed) {
        it.active = it.closed = !is_over(it);
        if (it.closed) waiting_.push_back(i); // within the reserve
    } else if (is_over(it)) {
        rest(i); // also of what was told as held down: it would begin anew
    } else if (!it.active && !it.closed && states_of(it)[it.when].is == truth::yes) {
        it.closed = true; // what lasted begins anew by the close itself: that is no news either
        waiting_.push_back(i);
    }
    set_deadline(i);
    if (was_active == it.active) return;
    for (index d = 0; d < it.dependents; ++d) {
        const index entry = rule_entry(dependents_[it.first_dependent + d]);
        timers_.set(entry, std::min(timers_.due(entry), it.floor));
    }
}

std::optional<shelf_refusal> engine::impl::refuses(const instant& now, const shelf& s) const {
    const index i = find_instance(s.rule, s.who);
    const auto built_in = std::ranges::find(built_in_, s.rule, &language::alarm_rule::id);
    if (i == none && built_in == built_in_.end()) return shelf_refusal::no_such_rule;
    if (i == none ? built_in->of == alarm_class::life_safety : instances_[i].life_safety) {
        return shelf_refusal::life_safety;
    }
    ensure(s.how == held_reason::shelved || s.how == held_reason::out_of_service);
    const auto sound = [](const std::string& text) { return !text.empty() && text.size() <= limits::title_bytes; };
    if (!sound(s.owner)) return shelf_refusal::no_owner;
    if (!sound(s.reason)) return shelf_refusal::no_reason;
    if (s.until <= now.mono || s.until - now.mono > limits::longest_shelf) return shelf_refusal::no_end;
    const bool there = std::ranges::any_of(
        shelves_, [&](const shelved& other) { return other.what.rule == s.rule && other.what.who == s.who; });
    if (!there && shelves_.size() >= limits::shelves) return shelf_refusal::full;
    return std::nullopt;
}

std::expected<void, shelf_refusal> engine::impl::put_on_shelf(const instant& now, const shelf& s) {
    if (const auto why = refuses(now, s)) return std::unexpected(*why);
    const auto same = std::ranges::find_if(
        shelves_, [&](const shelved& other) { return other.what.rule == s.rule && other.what.who == s.who; });
    const index i = find_instance(s.rule, s.who);
    const shelved mine{.what = s, .until = own(s.until), .instance = i};
    if (same == shelves_.end()) {
        shelves_.push_back(mine);
    } else {
        *same = mine;
    }
    set_shelf_timer();
    ++changes_;
    return {};
}

void engine::impl::take_off_shelf(const instant& now, const rule_id& by, const subject& who,
                                  condition_changes& out) {
    advance(now, out);
    begin_judgement(t_, out);
    for (std::size_t at = 0; at < shelves_.size(); ++at) {
        if (shelves_[at].what.rule != by || shelves_[at].what.who != who) continue;
        end_shelf(at);
        break;
    }
    judge_woken();
}

void engine::impl::end_shelves(own_ns t) {
    for (std::size_t at = shelves_.size(); at-- > 0;) {
        if (shelves_[at].until <= t) end_shelf(at);
    }
    set_shelf_timer();
}

void engine::impl::end_shelf(std::size_t at) {
    const index i = shelves_[at].instance;
    shelves_.erase(shelves_.begin() + static_cast<std::ptrdiff_t>(at));
    set_shelf_timer();
    ++changes_;
    if (i == none) return;
    instances_[i].anew = true;
    wake(i);
}

void engine::impl::set_shelf_timer() {
    own_ns next = never;
    for (const shelved& s : shelves_) next = std::min(next, s.until);
    timers_.set(shelf_entry(), next);
}

} // namespace anban
