// A box that was off for a time that no clock could tell: its timers went on with what remained. When a time
// server tells the time at last, how long it was off is known, and the same past is judged again: what ran out
// meanwhile comes now, late. What was told in the first judgement is neither told again nor taken back.
#include <algorithm>
#include <utility>

#include "gateway/home/machine.hpp"

namespace anban {
namespace {

// A press is one and the same, whether a hold ran when it came or not.
[[nodiscard]] std::string key_of(const condition_change& change) {
    using kind = condition_change::kind;
    const kind what = change.what == kind::suspected ? kind::pressed : change.what;
    return change.rule.str() + '\n' + change.who.id + '\n' + std::to_string(static_cast<int>(change.who.of)) +
           '\n' + std::to_string(static_cast<int>(what)) + (change.test ? "t\n" : "\n") + change.why.device.str() +
           '\n' + std::to_string(change.why.key.boot) + '.' + std::to_string(change.why.key.sequence);
}

} // namespace

void home_machine::begin_unsure() {
    // A snapshot whose own time was unset will never tell how long ago it was.
    if (state_.rules.wall.quality != clock_quality::synchronised) return;
    unsure_ = unsure_time{.before = state_.rules, .since = now_, .heard = {}, .told = {}};
}

void home_machine::remember_unsure(std::variant<reading, closed_by_hand> what) {
    if (!unsure_) return;
    unsure_->heard.emplace_back(now_, std::move(what));
    if (unsure_->heard.size() > unsure_time::most) unsure_.reset(); // the remaining times stand
}

void home_machine::remember_told(const condition_change& change) {
    if (unsure_) unsure_->told.insert(key_of(change));
}

void home_machine::judge_again() {
    if (!unsure_ || now_.wall.quality != clock_quality::synchronised) return;
    const unsure_time then = std::move(*std::exchange(unsure_, std::nullopt));
    const auto stamped = [this](mono_time at) {
        instant i = now_;
        i.mono = at;
        i.wall.at -= std::chrono::floor<std::chrono::microseconds>(now_.mono - at);
        return i;
    };
    const instant begin = stamped(then.since.mono);
    if (begin.wall.at < then.before.wall.at) return; // off for less than no time: nothing is known
    engine again = make_engine(rules_as_loaded_, begin);
    if (!again.restore(then.before.snapshot, begin, begin.wall.at - then.before.wall.at)) return;
    condition_changes changes;
    for (const auto& [at, what] : then.heard) {
        if (const auto* r = std::get_if<reading>(&what)) {
            again.step(stamped(at.mono), *r, changes);
        } else {
            const auto& closed = std::get<closed_by_hand>(what);
            again.close(stamped(at.mono), closed.rule, closed.who);
        }
    }
    again.advance(now_, changes);
    engine_ = std::move(again);
    judged_until_ = now_.mono;
    engine_changes_saved_ = engine_.changes() + 1; // another than the journal's
    shelves_shown_at_ = 0;
    told_already_ = then.told;
    take_changes(changes);
}

// True once for each: in the past as it really was it may come later than it was told.
bool home_machine::was_told(const condition_change& change) {
    return !told_already_.empty() && told_already_.erase(key_of(change)) > 0;
}

} // namespace anban
