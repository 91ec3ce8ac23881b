// What a rule tells: the page "Rules" of the README.
#include <algorithm>

#include "tests/rules/reference/evaluator.hpp"

namespace anban::reference {

using namespace std::chrono_literals;
using kind = condition_change::kind;

bool evaluator::is_active(const rule_id& rule, const subject& who) const {
    for (const auto& i : instances_) {
        const bool concerns = i.who == who || i.who.of == subject::kind::home;
        if (i.rule->id == rule && concerns && (i.active || !i.holds.empty())) return true;
    }
    return false;
}

std::pair<held_reason, std::string> evaluator::held_down(const instance& i) const {
    if (i.rule->of == alarm_class::life_safety) return {held_reason::none, {}};
    for (const auto& other : i.rule->inhibited_by) {
        if (is_active(other, i.who)) return {held_reason::inhibited, other.str()};
    }
    for (const auto& s : shelves_) {
        if (s.rule == i.rule->id && s.who == i.who) return {s.how, s.owner + ": " + s.reason};
    }
    return {held_reason::none, {}};
}

bool evaluator::watches(const instance& i, const reading& r) const {
    std::vector<const language::expression*> all{i.when.what, i.clear.what};
    for (const auto& e : i.unless) all.push_back(e.what);
    for (const auto* e : all) {
        for (const auto& n : e->nodes) {
            using enum language::node_kind;
            switch (n.kind) {
            case compare:
            case is:
            case last_in:
            case absent:
            case unheard:
            case window:
            case occurs: break;
            default: continue;
            }
            auto from = n.what.from;
            if (n.kind == last_in) from = {};
            const auto signals = meant_by(n.what.what);
            if (std::ranges::count(signals, r.what) != 0 && world_.admits(from, i.who, r.from.device)) return true;
        }
    }
    return false;
}

bool chatters(const instance& i) {
    const auto n = i.beginnings.size();
    if (n < 3) return false;
    const auto [first, last] = std::minmax({i.beginnings[n - 1], i.beginnings[n - 2], i.beginnings[n - 3]});
    return last - first < 60s;
}

// Does the reading change anything of `when`, or is it the news that a closed rule waits for?
bool evaluator::arms(const instance& i, const judgement& j) const {
    for (std::size_t n = 0; n < i.when.nodes.size(); ++n) {
        const auto& log = i.when.nodes[n];
        const bool leaf_event = i.when.what->nodes[n].kind == language::node_kind::occurs;
        if (!log.truths.empty() && log.truths.back().judged == j.number) return true;
        if (leaf_event && !log.happened.empty() && log.happened.back().judged == j.number) return true;
    }
    return i.waits_for_news && watches(i, world_.all[*j.reading].said);
}

// Time alone changed something: by what was last there, else by what changed the condition last.
origin evaluator::cause_of_deadline(const instance& i, const judgement& j) const {
    for (std::size_t n = 0; n < i.when.nodes.size(); ++n) {
        const auto& log = i.when.nodes[n];
        const bool alone = i.when.what->nodes[n].kind == language::node_kind::alone;
        if (alone && !log.happened.empty() && log.happened.back().judged == j.number)
            return log.happened.back().because;
        if (log.truths.empty() || log.truths.back().judged != j.number) continue;
        if (log.truths.back().is == truth::yes && log.truths.back().because) return *log.truths.back().because;
    }
    return i.armed_by;
}

void evaluator::judge_rule(instance& i, const judgement& j) {
    const bool event = language::is_event(i.rule->when.root().kind);
    if (j.reading && (event || !i.open) && arms(i, j)) i.armed_by = world_.all[*j.reading].because();
    if (event) {
        judge_as_event(i, j);
    } else {
        judge_as_state(i, j);
    }
}

void evaluator::judge_as_event(instance& i, const judgement& j) {
    const auto begins = [&](kind what, const occurrence& o) {
        i.beginnings.push_back(o.at);
        emit(what, i, o.at, o.because);
    };
    // Holds that have run out, an emergency's before a test's.
    std::ranges::stable_sort(i.holds, {}, [](const running_hold& h) { return h.because.test; });
    for (const auto& h : i.holds) {
        if (h.ends > j.t) continue;
        emit(kind::confirmed, i, h.ends, h.because);
        i.active = true;
    }
    std::erase_if(i.holds, [&](const running_hold& h) { return h.ends <= j.t; });
    // Holds that are ended by what was declared.
    for (const auto& e : i.unless) {
        const auto& happened = e.nodes.back().happened;
        if (happened.empty() || happened.back().judged != j.number) continue;
        const auto ends = [&](const running_hold& h) {
            return h.judged < j.number && happened.back().at >= h.began;
        };
        for (const auto& h : i.holds) {
            if (ends(h)) emit(kind::cancelled, i, happened.back().at, h.because);
        }
        std::erase_if(i.holds, ends);
    }
    const auto& happened = i.when.nodes.back().happened;
    if (happened.empty() || happened.back().judged != j.number) return;
    const auto& now = happened.back();
    for (const auto& h : i.holds) {
        if (h.because.test && !now.because.test) continue; // real ones are no part of a test
        auto part = now.because;
        part.test =
            part.test && std::ranges::any_of(i.holds, [](const auto& other) { return other.because.test; });
        emit(kind::pressed, i, now.at, part);
        return;
    }
    const auto [reason, by] = held_down(i);
    if (reason != held_reason::none && i.holds.empty()) {
        emit(kind::held_down, i, now.at, now.because, reason, by);
        return;
    }
    if (i.rule->hold == 0ns) {
        begins(kind::pressed, now);
        i.active = true;
        return;
    }
    begins(kind::suspected, now);
    const auto ends = now.at + i.rule->hold;
    if (ends <= j.t) {
        emit(kind::confirmed, i, ends, now.because);
        i.active = true;
        return;
    }
    i.holds.push_back({now.at, ends, now.because, j.number});
}

bool evaluator::is_over(const instance& i) {
    const auto when = i.when.nodes.back().truths.back().is;
    if (i.rule->clear.empty()) return when == truth::no;
    return i.clear.nodes.back().truths.back().is == truth::yes && when != truth::yes;
}

void evaluator::judge_as_state(instance& i, const judgement& j) {
    const auto& when = i.when.nodes.back().truths.back();
    if (is_over(i)) {
        auto over_at = when.at;
        if (!i.rule->clear.empty()) over_at = std::max(over_at, i.clear.nodes.back().truths.back().at);
        if (i.open) emit(kind::cleared, i, over_at, i.armed_by);
        i.open = false;
        i.active = false;
        i.held_down_told = false;
        i.waits_for_news = false;
        return;
    }
    const bool begins_anew = i.shelf_ended == j.number;
    if ((i.open && !begins_anew) || when.is != truth::yes) return;
    auto at = when.at;
    const auto because = j.reading ? i.armed_by : cause_of_deadline(i, j);
    if (i.waits_for_news && !begins_anew && !i.held_down_told) {
        bool news = j.reading && watches(i, world_.all[*j.reading].said);
        for (const auto& n : i.when.nodes) {
            if (!n.truths.empty() && n.truths.back().judged == j.number) news = true;
        }
        if (!news) return;
        at = j.as_of;
    }
    const auto [reason, by] = held_down(i);
    if (reason != held_reason::none && !i.open) {
        if (!i.held_down_told) emit(kind::held_down, i, std::max(when.at, j.as_of), because, reason, by);
        i.held_down_told = true;
        return;
    }
    if (i.held_down_told || begins_anew) at = j.as_of;
    i.beginnings.push_back(at);
    emit(kind::began, i, at, because);
    i.active = true;
    i.open = true;
    i.armed_by = because;
    i.held_down_told = false;
    i.waits_for_news = false;
}

} // namespace anban::reference
