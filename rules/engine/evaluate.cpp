// A rule's nodes, evaluated as a whole in the order of children before parents, whenever one of its leaves
// changed or a deadline of it has come. What each node means stands in rules/language/README.md.
#include <algorithm>

#include "rules/engine/impl.hpp"

namespace anban {

using namespace judging;
using language::node_kind;

namespace {

[[nodiscard]] constexpr std::uint64_t bit(std::uint8_t n) noexcept {
    return std::uint64_t{1} << n;
}

[[nodiscard]] truth and_of(truth a, truth b) noexcept {
    if (a == truth::no || b == truth::no) return truth::no;
    return a == truth::yes && b == truth::yes ? truth::yes : truth::unknown;
}

[[nodiscard]] truth not_of(truth a) noexcept {
    if (a == truth::unknown) return a;
    return as_truth(a == truth::no);
}

[[nodiscard]] bool compares(language::comparison how, double value, double limit) noexcept {
    switch (how) {
    case language::comparison::less: return value < limit;
    case language::comparison::less_equal: return value <= limit;
    case language::comparison::greater: return value > limit;
    case language::comparison::greater_equal: break;
    }
    return value >= limit;
}

[[nodiscard]] std::int64_t width_of(const compiled_node& c) noexcept {
    return c.lasting / static_cast<std::int64_t>(limits::window_panes);
}

} // namespace

// `quiet`: nothing turns by it (a load, a close): no event happens.
void engine::impl::evaluate(index i, bool quiet) {
    instance& it = instances_[i];
    event_now_ = 0;
    turned_ = 0;
    for (std::uint8_t n = 0; n < it.nodes; ++n) evaluate_node(i, n, quiet);
    it.happened = 0;
}

void engine::impl::set_state(index i, std::uint8_t n, truth is) {
    set_state(i, n, is, as_of_);
}

void engine::impl::set_state(index i, std::uint8_t n, truth is, own_ns moment) {
    node_state& s = states_of(instances_[i])[n];
    if (s.is == is) return;
    s.is = is;
    s.moment = std::max(s.moment, moment);
    turned_ |= bit(n);
}

// A time that begins or ends to run must be known after a restart.
void engine::impl::note_timer(node_state& s, own_ns due) noexcept {
    if (s.extra == due) return;
    s.extra = due;
    ++changes_;
}

void engine::impl::evaluate_node(index i, std::uint8_t n, bool quiet) {
    instance& it = instances_[i];
    const compiled_node& c = nodes_of(it)[n];
    node_state* const states = states_of(it);
    const auto is = [states](std::uint8_t child) { return states[child].is; };
    switch (c.kind) {
    case node_kind::compare:
    case node_kind::is:
    case node_kind::last_in:
    case node_kind::during: return; // set by whom they watch
    case node_kind::absent: return set_state(i, n, absent_now(it, c));
    case node_kind::unheard: {
        const own_ns last = std::max({channels_[c.channel].last_good, states[n].extra, it.floor});
        return set_state(i, n, as_truth(last + c.lasting <= t_));
    }
    case node_kind::window:
        if (c.over == language::window_function::rate) {
            slopes_[c.slot].move_to(pane_of(t_, width_of(c)));
        } else {
            windows_[c.slot].move_to(pane_of(t_, width_of(c)));
        }
        return set_state(i, n, window_now(c));
    case node_kind::condition: return set_state(i, n, as_truth(c.slot != none && is_active(c.slot)));
    case node_kind::both: return set_state(i, n, and_of(is(c.a), is(c.b)));
    case node_kind::either: return set_state(i, n, not_of(and_of(not_of(is(c.a)), not_of(is(c.b)))));
    case node_kind::negate: return set_state(i, n, not_of(is(c.a)));
    case node_kind::lasts: {
        if (is(c.a) != truth::yes) {
            note_timer(states[n], long_ago);
            return set_state(i, n, is(c.a));
        }
        const own_ns since = std::max(states[c.a].moment, it.floor) + c.lasting;
        note_timer(states[n], since);
        return since <= t_ ? set_state(i, n, truth::yes, since) : set_state(i, n, truth::no);
    }
    case node_kind::counted: {
        panes<count_pane>& w = counts_[c.slot];
        const std::int64_t newest = pane_of(t_, width_of(c));
        w.move_to(newest);
        if ((event_now_ & bit(c.a)) != 0) {
            if (count_pane* p = w.at(pane_of(event_at_[c.a], width_of(c)), newest)) ++p->count;
        }
        return set_state(i, n, as_truth(compares(c.how, value_of(w), c.limit)));
    }
    default: break;
    }
    if (!quiet || c.kind == node_kind::becomes) judge_event_node(i, n);
    if (quiet) event_now_ = 0;
}

void engine::impl::judge_event_node(index i, std::uint8_t n) {
    instance& it = instances_[i];
    const compiled_node& c = nodes_of(it)[n];
    node_state& s = states_of(it)[n];
    const auto happened = [this](std::uint8_t child) { return (event_now_ & bit(child)) != 0; };
    const auto happens = [&](own_ns at, const origin& why) {
        event_at_[n] = at;
        event_by_[n] = why;
        event_now_ |= bit(n);
    };
    switch (c.kind) {
    case node_kind::occurs:
        if ((it.happened & bit(n)) != 0) happens(as_of_, by_origin_);
        return;
    case node_kind::becomes: {
        const node_state& child = states_of(it)[c.a];
        const bool turned = child.is == as_truth(c.wanted) && s.was == as_truth(!c.wanted);
        s.was = child.is;
        if (turned) happens(child.moment, by_ != nullptr ? by_origin_ : arming(i));
        return;
    }
    case node_kind::one_of:
        if (happened(c.a)) {
            happens(event_at_[c.a], event_by_[c.a]);
        } else if (happened(c.b)) {
            happens(event_at_[c.b], event_by_[c.b]);
        }
        return;
    case node_kind::followed:
        if (happened(c.b) && s.extra != long_ago) {
            const own_ns between = event_at_[c.b] - s.extra;
            if (between >= 0 && between < c.lasting) happens(event_at_[c.b], event_by_[c.b]);
        }
        if (happened(c.a)) {
            s.extra = event_at_[c.a];
            ++changes_;
        }
        return;
    case node_kind::alone: {
        if (s.extra != long_ago && happened(c.b)) {
            const own_ns between = event_at_[c.b] - s.extra;
            if (between >= 0 && between < c.lasting) {
                s.extra = long_ago;
                ++changes_;
            }
        }
        const auto run_out = [&] {
            if (s.extra == long_ago || s.extra + c.lasting > t_) return;
            happens(s.extra + c.lasting, waits_[c.slot]);
            s.extra = long_ago;
            ++changes_;
        };
        run_out();
        if (s.extra == long_ago && happened(c.a)) {
            s.extra = event_at_[c.a];
            waits_[c.slot] = event_by_[c.a];
            ++changes_;
            run_out();
        }
        return;
    }
    case node_kind::at_time_of:
        if (happened(c.a) && states_of(it)[c.b].is == truth::yes) happens(event_at_[c.a], event_by_[c.a]);
        return;
    default: return;
    }
}

truth engine::impl::absent_now(const instance& it, const compiled_node& c) const noexcept {
    const channel& ch = channels_[c.channel];
    if (ch.active_now > 0) return truth::no;
    const own_ns last = std::max(ch.last_active, it.floor);
    if (last != long_ago && last + c.lasting > t_) return truth::no;
    if (ch.live > 0 && ch.live_since + c.lasting <= t_) return truth::yes;
    return truth::unknown;
}

std::optional<double> engine::impl::window_value(const compiled_node& c) {
    if (c.over == language::window_function::rate) return value_of(slopes_[c.slot], c.from_readings);
    return value_of(windows_[c.slot], c.over, c.from_readings);
}

truth engine::impl::window_now(const compiled_node& c) {
    const auto value = window_value(c);
    if (!value || !c.known_limit) return truth::unknown;
    return as_truth(compares(c.how, *value, c.limit));
}

// When time alone may change the node.
own_ns engine::impl::due_of(const instance& it, std::uint8_t n) const noexcept {
    const compiled_node& c = nodes_of(it)[n];
    const node_state& s = states_of(it)[n];
    switch (c.kind) {
    case node_kind::absent: {
        const channel& ch = channels_[c.channel];
        if (ch.active_now > 0 || s.is == truth::yes) return never; // its end wakes, or an activity
        const own_ns last = std::max(ch.last_active, it.floor);
        if (last != long_ago && last + c.lasting > t_) return last + c.lasting;
        return ch.live > 0 ? ch.live_since + c.lasting : never;
    }
    case node_kind::unheard:
        if (s.is == truth::yes) return never;
        return std::max({channels_[c.channel].last_good, s.extra, it.floor}) + c.lasting;
    case node_kind::window:
        if (c.over == language::window_function::rate) return slopes_[c.slot].next_loss(width_of(c));
        return windows_[c.slot].next_loss(width_of(c));
    case node_kind::counted: return counts_[c.slot].next_loss(width_of(c));
    case node_kind::lasts: {
        const node_state& child = states_of(it)[c.a];
        if (child.is != truth::yes || s.is == truth::yes) return never;
        return std::max(child.moment, it.floor) + c.lasting;
    }
    case node_kind::alone: return s.extra == long_ago ? never : s.extra + c.lasting;
    default: return never;
    }
}

void engine::impl::set_deadline(index i) {
    const instance& it = instances_[i];
    own_ns due = never;
    for (std::uint8_t n = 0; n < it.nodes; ++n) due = std::min(due, due_of(it, n));
    if (it.holds != none) {
        due = std::min({due, holds_[it.holds].real.until, holds_[it.holds].test.until});
    }
    timers_.set(rule_entry(i), due);
}

} // namespace anban
