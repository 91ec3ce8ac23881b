// The order of things: a reading, deadlines, and what each judgement wakes.
#include "rules/engine/engine.hpp"

#include <algorithm>

#include "rules/engine/impl.hpp"
#include "rules/ensure.hpp"
#include "rules/limits.hpp"

namespace anban {

using namespace judging;

void engine::impl::begin_judgement(own_ns t, condition_changes& out) noexcept {
    as_of_ = t;
    by_ = nullptr;
    out_ = &out;
}

void engine::impl::wake(index i) noexcept {
    if (instances_[i].woken) return;
    instances_[i].woken = true;
    woken_.push_back(i); // within the reserve
    std::ranges::push_heap(woken_, std::greater{});
}

// In the order of the set; what becomes active wakes rules that come after it.
void engine::impl::judge_woken() {
    while (!woken_.empty()) {
        std::ranges::pop_heap(woken_, std::greater{});
        const index i = woken_.back();
        woken_.pop_back();
        instances_[i].woken = false;
        evaluate(i, false);
        judge_rule(i);
        set_deadline(i);
    }
}

// The load's own judgement: what stands by then is told with the first input.
void engine::impl::begin_watch(condition_changes& out) {
    if (!watch_begins_) return;
    watch_begins_ = false;
    begin_judgement(std::max(t_, resumed_), out);
    judge_woken();
}

void engine::impl::step(const instant& now, const reading& r, condition_changes& out) {
    const own_ns h = own(now.mono);
    ensure(h >= t_);
    const own_ns furthest = std::chrono::nanoseconds{limits::repeat_window}.count();
    const own_ns e = std::clamp(own(r.at), h - furthest, h);
    begin_watch(out);
    look_at_clock(now, out);
    run_deadlines(e, out);
    t_ = std::max(t_, e);
    judge_reading(r, e, out);
    run_deadlines(h, out);
    t_ = h;
}

void engine::impl::advance(const instant& now, condition_changes& out) {
    const own_ns h = own(now.mono);
    ensure(h >= t_);
    begin_watch(out);
    look_at_clock(now, out);
    run_deadlines(h, out);
    t_ = h;
}

void engine::impl::judge_reading(const reading& r, own_ns e, condition_changes& out) {
    begin_judgement(e, out);
    by_ = &r;
    tell_built_in(r, e);
    hear(r, e);
    judge_woken();
    by_ = nullptr;
}

// Deadlines at one moment are one judgement: what changes values first, then rules.
void engine::impl::run_deadlines(own_ns until, condition_changes& out) {
    while (timers_.next() <= until) {
        const own_ns at = timers_.next();
        t_ = std::max(t_, at);
        begin_judgement(at, out);
        while (timers_.next() == at) run_entry(timers_.first());
        judge_woken();
    }
}

void engine::impl::run_entry(index entry) {
    if (entry < calendar_entry()) {
        fall_silent(static_cast<std::uint16_t>(entry));
    } else if (entry == calendar_entry()) {
        timers_.set(entry, never);
        run_calendar(as_of_);
    } else if (entry < shelf_entry()) {
        timers_.set(entry, never);
        reckon_score(entry - score_entry(0), false, as_of_);
    } else if (entry == shelf_entry()) {
        end_shelves(as_of_);
    } else {
        timers_.set(entry, never);
        wake(entry - rule_entry(0));
    }
}

// ---- The door -----------------------------------------------------------------------------------------

engine::engine(language::effective_rules rules, installation where, instant loaded)
    : impl_(std::make_unique<impl>(std::move(rules), std::move(where), loaded)) {}
engine::~engine() = default;
engine::engine(engine&&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;

void engine::step(const instant& now, const reading& r, condition_changes& out) {
    impl_->step(now, r, out);
}
void engine::advance(const instant& now, condition_changes& out) {
    impl_->advance(now, out);
}
std::optional<mono_time> engine::next_deadline() const {
    if (impl_->watch_begins_ && !impl_->woken_.empty()) return impl_->mono(impl_->t_);
    if (impl_->timers_.empty()) return std::nullopt;
    return impl_->mono(impl_->timers_.next());
}
void engine::close(const instant& now, const rule_id& by, const subject& who) {
    impl_->close(now, by, who);
}
std::optional<shelf_refusal> engine::refuses(const instant& now, const shelf& s) const {
    return impl_->refuses(now, s);
}

std::expected<void, shelf_refusal> engine::put_on_shelf(const instant& now, const shelf& s) {
    return impl_->put_on_shelf(now, s);
}
void engine::take_off_shelf(const instant& now, const rule_id& by, const subject& who, condition_changes& out) {
    impl_->take_off_shelf(now, by, who, out);
}
std::vector<shelf> engine::shelves() const {
    std::vector<shelf> all;
    for (const shelved& s : impl_->shelves_) {
        all.push_back(s.what);
        all.back().until = impl_->mono(s.until);
    }
    return all;
}
std::uint64_t engine::changes() const noexcept {
    return impl_->changes_;
}
std::string engine::snapshot(const instant& now) const {
    return impl_->snapshot(now);
}
std::expected<void, std::string> engine::restore(std::string_view snapshot, const instant& now,
                                                 std::optional<std::chrono::nanoseconds> away) {
    return impl_->restore(snapshot, now, away);
}

} // namespace anban
