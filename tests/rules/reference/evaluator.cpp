// The engine's time: the page "Moments" of the README.
#include "tests/rules/reference/evaluator.hpp"

#include <algorithm>

#include "rules/limits.hpp"

namespace anban::reference {

using namespace std::chrono_literals;
using language::node_kind;

evaluator::evaluator(language::effective_rules rules, installation where, instant loaded)
    : rules_(std::move(rules)), world_(std::move(where)), clock_{loaded.mono, loaded.wall}, loaded_(loaded.mono),
      t_(loaded.mono) {
    for (const auto& d : world_.where.devices) {
        world_.devices[d.id] = d;
        durations_.push_back(d.reports_every);
    }
    durations_.push_back(25h); // devices that nobody entered
    const auto watch = [&](const language::expression& e) {
        collect_durations(e);
        expression_log log{&e, {}};
        log.nodes.resize(e.nodes.size());
        return log;
    };
    for (std::size_t n = 0; n < rules_.rules.size(); ++n) {
        auto& i = instances_.emplace_back();
        i.index = n;
        i.rule = &rules_.rules[n].rule;
        i.who = rules_.rules[n].who;
        i.when = watch(i.rule->when);
        i.clear = watch(i.rule->clear);
        for (const auto& e : i.rule->unless) i.unless.push_back(watch(e));
        if (i.rule->hold > 0ns) durations_.push_back(i.rule->hold);
    }
    note_moment(loaded_);
    find_border();
    look_at_day();
    out_ = &begun_by_load_;
    judge({++judgements_, t_, t_, std::nullopt, true});
    out_ = nullptr;
}

void evaluator::collect_durations(const language::expression& e) {
    for (const auto& n : e.nodes) {
        if (n.kind == node_kind::window || n.kind == node_kind::counted) {
            windows_.push_back(n.lasting);
        } else if (n.lasting > 0ns) {
            durations_.push_back(n.lasting);
        }
        if (n.kind == node_kind::during) spans_.push_back(n.span);
        if (n.against.of_baseline) days_matter_ = true;
        if (n.what.what == signal::news2 || n.what.what == signal::news2_single)
            durations_.insert(durations_.end(), {4h, 8h, 24h});
    }
}

void evaluator::note_moment(mono_time m) {
    for (const auto d : durations_) {
        if (m + d > t_) candidates_.insert(m + d);
    }
    // A window loses what happened at m when the sixteenth pane after m's own begins.
    for (const auto w : windows_) {
        const auto pane = w / limits::window_panes;
        auto gone = m - m.time_since_epoch() % pane + w;
        if (m.time_since_epoch() < 0ns) gone -= pane;
        for (const auto c : {gone, gone + pane}) {
            if (c > t_) candidates_.insert(c);
        }
    }
}

void evaluator::find_border() {
    border_.reset();
    const auto add = [&](std::optional<mono_time> m) {
        if (m && (!border_ || *m < *border_)) border_ = m;
    };
    if (!clock_.synchronised()) return;
    for (const auto& span : spans_) add(next_border(clock_, world_.where.zone, span, t_));
    if (days_matter_) add(next_midnight(clock_, world_.where.zone, t_));
}

void evaluator::run_deadlines(mono_time until) {
    for (;;) {
        std::optional<mono_time> next = world_.next_silence();
        if (!candidates_.empty() && (!next || *candidates_.begin() < *next)) next = *candidates_.begin();
        if (border_ && (!next || *border_ < *next)) next = border_;
        if (!next || *next > until) return;
        candidates_.erase(*next);
        t_ = std::max(t_, *next);
        if (border_ && *border_ <= t_) find_border();
        look_at_day();
        if (next == world_.next_silence()) note_moment(*next);
        world_.fall_silent(*next);
        judge({++judgements_, t_, *next, std::nullopt, false});
    }
}

void evaluator::judge(judgement j) {
    if (j.reading) note_moment(j.as_of);
    for (const auto& s : shelves_) {
        if (s.until > j.t) continue;
        for (auto& i : instances_) {
            if (i.rule->id == s.rule && i.who == s.who) i.shelf_ended = j.number;
        }
    }
    std::erase_if(shelves_, [&](const shelf& s) { return s.until <= j.t; });
    if (j.reading && out_ != nullptr) {
        const auto& h = world_.all[*j.reading];
        if ((h.said.what == signal::sos || h.said.what == signal::service) && world_.happens(h.said)) {
            condition_change c;
            c.what = condition_change::kind::pressed;
            c.rule = rule_id{h.said.what == signal::sos ? "sos" : "service"};
            c.who = h.said.who;
            c.why = h.said.from;
            c.at = h.e - to_own_;
            c.test = h.said.test;
            out_->push_back(c);
        }
    }
    for (auto& i : instances_) {
        judge_expression(i.when, i, j);
        judge_expression(i.clear, i, j);
        for (auto& e : i.unless) judge_expression(e, i, j);
        judge_rule(i, j);
    }
}

void evaluator::step(const instant& now, const reading& r, condition_changes& out) {
    tell_load(out);
    out_ = &out;
    const auto h = own(now.mono);
    const auto e = std::clamp(own(r.at), h - 10min, h);
    look_at(now);
    run_deadlines(e);
    t_ = std::max(t_, e);
    world_.hear(r, e, t_, clock_);
    judge({++judgements_, t_, e, world_.all.size() - 1, false});
    run_deadlines(h);
    t_ = h;
    out_ = nullptr;
    restarted_.reset();
}

void evaluator::advance(const instant& now, condition_changes& out) {
    tell_load(out);
    out_ = &out;
    look_at(now);
    run_deadlines(own(now.mono));
    t_ = own(now.mono);
    out_ = nullptr;
    restarted_.reset();
}

// Local time is reckoned back from the newest stamp, and where that changes something it is judged first.
void evaluator::look_at(const instant& now) {
    const wall_clock seen{own(now.mono), now.wall};
    const bool as_expected =
        seen.showed.quality == clock_.showed.quality && seen.showed.at == clock_.at(seen.seen_at);
    clock_ = seen;
    if (as_expected) return;
    find_border();
    look_at_day();
    judge({++judgements_, t_, t_, std::nullopt, false});
}

// While the clock isn't right, the baseline stays as it was.
void evaluator::look_at_day() {
    if (clock_.synchronised()) today_ = day_on_the_wall(world_.where.zone, clock_.at(t_));
}

void evaluator::tell_load(condition_changes& out) {
    out.insert(out.end(), begun_by_load_.begin(), begun_by_load_.end());
    begun_by_load_.clear();
}

void evaluator::close(const instant& now, const rule_id& by, const subject& who) {
    const auto c = own(now.mono);
    t_ = std::max(t_, c);
    for (auto& i : instances_) {
        if (i.rule->id != by || i.who != who) continue;
        i.closed = c;
        i.open = false;
        const bool event = language::is_event(i.rule->when.root().kind);
        if (event) i.active = false;
        judgement j{++judgements_, t_, c, std::nullopt, true};
        judge_expression(i.when, i, j);
        judge_expression(i.clear, i, j);
        for (auto& e : i.unless) judge_expression(e, i, j);
        if (event) continue;
        if (held_down(i).first == held_reason::none) i.held_down_told = false;
        if (is_over(i)) {
            i.active = i.waits_for_news = i.held_down_told = false;
        } else {
            i.waits_for_news = i.waits_for_news || i.active || i.when.nodes.back().truths.back().is == truth::yes;
        }
    }
    note_moment(c);
    candidates_.insert(c); // what looks at this rule's alarm sees it gone
}

bool evaluator::put_on_shelf(const instant& now, const shelf& s) {
    const auto until = own(s.until);
    if (until <= own(now.mono)) return false;
    for (const auto& i : instances_) {
        if (i.rule->id != s.rule || i.who != s.who) continue;
        if (i.rule->of == alarm_class::life_safety) return false;
        std::erase_if(shelves_, [&](const shelf& o) { return o.rule == s.rule && o.who == s.who; });
        shelves_.push_back(s);
        shelves_.back().until = until;
        candidates_.insert(until);
        return true;
    }
    return false;
}

void evaluator::take_off_shelf(const instant& now, const rule_id& by, const subject& who, condition_changes& out) {
    advance(now, out);
    out_ = &out;
    for (auto& s : shelves_) {
        if (s.rule == by && s.who == who) s.until = t_;
    }
    judge({++judgements_, t_, t_, std::nullopt, false});
    out_ = nullptr;
}

void evaluator::restart(const instant& now, std::optional<std::chrono::nanoseconds> away) {
    to_own_ = t_ + away.value_or(0ns) - now.mono;
    restarted_ = own(now.mono);
    if (away) return;
    for (auto& i : instances_) {
        for (auto& h : i.holds) h.ends = t_;
    }
    candidates_.insert(t_);
}

void evaluator::emit(condition_change::kind what, const instance& i, mono_time at, const origin& because,
                     held_reason held, const std::string& held_by) {
    condition_change c;
    c.what = what;
    c.index = i.index;
    c.rule = i.rule->id;
    c.who = i.who;
    c.why = because.why;
    c.at = at - to_own_;
    if (restarted_ && at < *restarted_) c.late = *restarted_ - at;
    c.test = because.test;
    const bool beginning = what == condition_change::kind::began || what == condition_change::kind::suspected ||
                           (what == condition_change::kind::pressed && i.rule->hold == 0ns);
    c.chatter = beginning && chatters(i);
    c.held = held;
    c.held_by = held_by;
    if (out_ != nullptr) out_->push_back(std::move(c));
}

} // namespace anban::reference
