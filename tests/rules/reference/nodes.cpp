// What each node says at a judgement: the tables "States" and "Events" of the README, row by row.
#include <algorithm>
#include <cstdint>

#include "rules/limits.hpp"
#include "tests/rules/reference/evaluator.hpp"

namespace anban::reference {

using language::node;
using language::node_kind;

bool holds(double value, language::comparison how, double against) {
    switch (how) {
    case language::comparison::less: return value < against;
    case language::comparison::less_equal: return value <= against;
    case language::comparison::greater: return value > against;
    case language::comparison::greater_equal: return value >= against;
    }
    return false;
}

namespace {

truth of(bool b) {
    return b ? truth::yes : truth::no;
}

truth opposite(truth t) {
    if (t == truth::unknown) return t;
    return of(t == truth::no);
}

// Which pane a moment lies in, counted from the beginning of the engine's own time.
std::int64_t pane_of(mono_time t, std::chrono::nanoseconds window) {
    const auto width = window / limits::window_panes;
    const auto n = t.time_since_epoch() / width;
    return t.time_since_epoch() % width < std::chrono::nanoseconds{0} ? n - 1 : n;
}

bool in_window(mono_time e, mono_time t, std::chrono::nanoseconds window) {
    const auto pane = pane_of(e, window);
    const auto last = pane_of(t, window);
    return pane <= last && pane > last - static_cast<std::int64_t>(limits::window_panes);
}

} // namespace

void evaluator::judge_expression(expression_log& e, const instance& i, const judgement& j) {
    for (std::size_t n = 0; n < e.what->nodes.size(); ++n) {
        if (language::is_event(e.what->nodes[n].kind)) {
            judge_event(e, n, i, j);
        } else {
            judge_state(e, n, i, j);
        }
    }
}

void evaluator::judge_state(expression_log& e, std::size_t index, const instance& i, const judgement& j) {
    auto& log = e.nodes[index].truths;
    auto now = state_now(e, index, i, j);
    if (!log.empty() && log.back().is == now.is) return;
    const bool never_known = log.size() == 1 && log.back().is == truth::unknown;
    if (!log.empty() && !never_known) now.at = std::max(now.at, log.back().at);
    now.judged = j.number;
    log.push_back(now);
    note_moment(now.at);
}

stood evaluator::state_now(const expression_log& e, std::size_t index, const instance& i,
                           const judgement& j) const {
    const auto& n = e.what->nodes[index];
    stood s{j.as_of, truth::unknown, {}};
    switch (n.kind) {
    case node_kind::compare: return compared(n, i, j, world_.quantity(n.what, i.who, j.t));
    case node_kind::is:
        s.is = world_.boolean(n.what, i.who);
        if (!n.wanted) s.is = opposite(s.is);
        return s;
    case node_kind::last_in: {
        const auto room = world_.last_room(n.what.what, i.who);
        if (room) s.is = of(*room == n.what.from.room);
        return s;
    }
    case node_kind::absent: return absent_now(n, i, j);
    case node_kind::unheard: return unheard_now(n, i, j);
    case node_kind::window: return window_now(n, i, j);
    case node_kind::during:
        if (clock_.synchronised()) s.is = of(inside(n.span, world_.where.zone, clock_.at(j.t)));
        return s;
    case node_kind::condition: s.is = of(is_active(n.other, i.who)); return s;
    case node_kind::lasts: return lasts_now(e, n, i, j);
    case node_kind::counted: {
        double count = 0;
        for (const auto& o : e.nodes[n.a].happened) {
            if (in_window(o.at, j.t, n.lasting)) ++count;
        }
        s.is = of(holds(count, n.how, n.against.value));
        return s;
    }
    case node_kind::both:
    case node_kind::either:
    case node_kind::negate: return composed_now(e, n, j);
    default: return s;
    }
}

std::optional<double> evaluator::limit_now(const node& n, const instance& i) const {
    if (!n.against.of_baseline) return n.against.value;
    if (!today_) return std::nullopt;
    const auto usual = world_.baseline(n.what.what, i.who, n.against.baseline_days, *today_);
    if (!usual) return std::nullopt;
    return n.against.value + usual->median + n.against.spreads * usual->spread;
}

stood evaluator::compared(const node& n, const instance& i, const judgement& j,
                          std::optional<double> value) const {
    stood s{j.as_of, truth::unknown, {}};
    const auto against = limit_now(n, i);
    if (value && against) s.is = of(holds(*value, n.how, *against));
    return s;
}

stood evaluator::absent_now(const node& n, const instance& i, const judgement& j) const {
    stood s{j.as_of, truth::no, {}};
    const auto begin = j.t - n.lasting; // the interval is (begin, t]
    const auto active = world_.last_active(n.what, i.who, j.t);
    if (active && active->at > begin) return s;
    if (i.closed && *i.closed > begin) return s;
    const auto covered = world_.covered_since(n.what, i.who, j.t);
    s.is = of(covered && covered->at <= begin);
    if (s.is == truth::no) {
        s.is = truth::unknown;
        return s;
    }
    if (active) s.because = active->because;
    return s;
}

stood evaluator::unheard_now(const node& n, const instance& i, const judgement& j) const {
    stood s{j.as_of, truth::no, {}};
    const auto begin = j.t - n.lasting;
    auto since = loaded_;
    if (i.closed) since = std::max(since, *i.closed);
    const auto newest = world_.newest_good(n.what, i.who, j.t);
    if (newest) since = std::max(since, newest->at);
    if (since > begin) return s;
    s.is = truth::yes;
    s.at = since + n.lasting;
    if (newest) s.because = newest->because;
    return s;
}

stood evaluator::window_now(const node& n, const instance& i, const judgement& j) const {
    std::vector<const heard*> in;
    for (const auto& h : world_.all) {
        if (h.said.what != n.what.what || !world_.good(h.said)) continue;
        if (world_.admits(n.what.from, i.who, h.said.from.device) && in_window(h.e, j.t, n.lasting))
            in.push_back(&h);
    }
    const auto unknown = stood{j.as_of, truth::unknown, {}};
    if (in.empty() || in.size() < n.from_readings) return unknown;

    const heard* first = in.front();
    const heard* last = in.front();
    double sum = 0;
    double least = in.front()->said.value;
    double most = least;
    for (const auto* h : in) {
        if (h->e < first->e) first = h;
        if (h->e >= last->e) last = h;
        sum += h->said.value;
        least = std::min(least, h->said.value);
        most = std::max(most, h->said.value);
    }
    double value = 0;
    switch (n.over) {
    case language::window_function::count: value = static_cast<double>(in.size()); break;
    case language::window_function::sum: value = sum; break;
    case language::window_function::mean: value = sum / static_cast<double>(in.size()); break;
    case language::window_function::least: value = least; break;
    case language::window_function::most: value = most; break;
    case language::window_function::rate: {
        if (first->e == last->e) return unknown;
        const auto days = std::chrono::duration<double, std::ratio<86'400>>(last->e - first->e).count();
        value = (last->said.value - first->said.value) / days;
        break;
    }
    }
    return compared(n, i, j, value);
}

stood evaluator::lasts_now(const expression_log& e, const node& n, const instance& i, const judgement& j) const {
    const auto& a = e.nodes[n.a].truths.back();
    stood s{j.as_of, truth::no, {}};
    if (a.is == truth::unknown) s.is = truth::unknown;
    if (a.is != truth::yes) return s;
    auto since = a.at;
    if (i.closed) since = std::max(since, *i.closed);
    if (since + n.lasting > j.t) return s;
    s.is = truth::yes;
    s.at = since + n.lasting;
    return s;
}

stood evaluator::composed_now(const expression_log& e, const node& n, const judgement& j) const {
    const auto& a = e.nodes[n.a].truths.back();
    stood s{j.as_of, truth::unknown, {}};
    if (n.kind == node_kind::negate) {
        s.is = opposite(a.is);
    } else {
        const auto b = e.nodes[n.b].truths.back().is;
        const auto wins = n.kind == node_kind::both ? truth::no : truth::yes;
        if (a.is == wins || b == wins) {
            s.is = wins;
        } else if (a.is == truth::unknown || b == truth::unknown) {
            s.is = truth::unknown;
        } else {
            s.is = opposite(wins);
        }
    }
    return s;
}

void evaluator::judge_event(expression_log& e, std::size_t index, const instance& i, const judgement& j) {
    const auto& n = e.what->nodes[index];
    auto& log = e.nodes[index].happened;
    const auto happens = [&](mono_time at, const origin& because) {
        log.push_back({at, because, j.number});
        note_moment(at);
    };
    const auto now = [&](std::uint8_t child) -> const occurrence* {
        const auto& of_child = e.nodes[child].happened;
        return !of_child.empty() && of_child.back().judged == j.number ? &of_child.back() : nullptr;
    };
    switch (n.kind) {
    case node_kind::occurs: {
        if (!j.reading) return;
        const auto& h = world_.all[*j.reading];
        if (world_.is_event(n.what, i.who, h)) happens(h.e, h.because());
        return;
    }
    case node_kind::becomes: {
        const auto& truths = e.nodes[n.a].truths;
        if (truths.back().judged != j.number || truths.size() < 2 || j.begins_watch) return;
        const auto wanted = of(n.wanted);
        if (truths.back().is == wanted && truths[truths.size() - 2].is == opposite(wanted))
            happens(truths.back().at, j.reading ? world_.all[*j.reading].because() : cause_of_deadline(i, j));
        return;
    }
    case node_kind::one_of:
        if (const auto* a = now(n.a)) {
            happens(a->at, a->because);
        } else if (const auto* b = now(n.b)) {
            happens(b->at, b->because);
        }
        return;
    case node_kind::followed: {
        const auto* b = now(n.b);
        if (b == nullptr) return;
        const occurrence* a = nullptr;
        for (const auto& o : e.nodes[n.a].happened) {
            if (o.judged < j.number) a = &o;
        }
        if (a != nullptr && a->at <= b->at && b->at - a->at < n.lasting) happens(b->at, b->because);
        return;
    }
    case node_kind::alone: judge_alone(e, index, j); return;
    case node_kind::at_time_of: {
        const auto* a = now(n.a);
        if (a != nullptr && e.nodes[n.b].truths.back().is == truth::yes) happens(a->at, a->because);
        return;
    }
    default: return;
    }
}

void evaluator::judge_alone(expression_log& e, std::size_t index, const judgement& j) {
    const auto& n = e.what->nodes[index];
    auto& log = e.nodes[index];
    const auto& firsts = e.nodes[n.a].happened;
    const auto& others = e.nodes[n.b].happened;
    const auto try_to_end = [&] {
        if (log.wait_over.empty() || log.wait_over.back()) return;
        const auto& a = firsts[log.first_waits.back()];
        const bool due = a.at + n.lasting <= j.t;
        for (const auto& b : others) {
            if (b.judged > a.judged && b.at >= a.at && b.at < a.at + n.lasting) {
                log.wait_over.back() = true;
                return;
            }
        }
        if (!due) return;
        log.wait_over.back() = true;
        log.happened.push_back({a.at + n.lasting, a.because, j.number});
        note_moment(a.at + n.lasting);
    };
    try_to_end();
    const bool waiting = !log.wait_over.empty() && !log.wait_over.back();
    if (waiting || firsts.empty() || firsts.back().judged != j.number) return;
    log.first_waits.push_back(firsts.size() - 1);
    log.wait_over.push_back(false);
    try_to_end();
}

} // namespace anban::reference
