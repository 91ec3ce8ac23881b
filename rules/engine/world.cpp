// Readings and silences change cells, cells change channels, channels wake the rules that watch them.
#include <algorithm>

#include "rules/engine/content.hpp"
#include "rules/engine/impl.hpp"

namespace anban {

using namespace judging;

namespace {

// What counts as said (README: Quality).
[[nodiscard]] bool counts_as_said(const reading& r, const signal_facts& facts) noexcept {
    if (r.how == quality::good) return true;
    return r.how == quality::suspect && (facts.life_safety || facts.kind == signal_kind::momentary);
}

} // namespace

std::uint16_t engine::impl::find_device(const device_id& id) const noexcept {
    const std::size_t mask = by_name_.size() - 1;
    for (std::size_t at = name_hash(id.str()) & mask; by_name_[at] != no_device; at = (at + 1) & mask) {
        if (devices_[by_name_[at]].id == id) return by_name_[at];
    }
    return no_device;
}

origin engine::impl::origin_of(const reading& r, std::uint16_t device) const noexcept {
    return {.boot = r.from.key.boot,
            .wall_us = r.wall.at.time_since_epoch().count(),
            .value = r.value,
            .sequence = r.from.key.sequence,
            .device = device,
            .what = r.what,
            .wall_quality = r.wall.quality,
            .test = r.test};
}

void engine::impl::hear(const reading& r, own_ns e) {
    const std::uint16_t d = find_device(r.from.device);
    by_origin_ = origin_of(r, d == no_device ? a_stranger : d);
    if (d == no_device) {
        hear_stranger(r);
        return;
    }
    note_heard(d, e);
    const index at = cell_of_[d * (all_signals().size() + 1) + static_cast<std::size_t>(r.what)];
    if (at == none) return;
    take(cells_[at], r, e);
    if (!waiting_.empty()) wake_who_waits(cells_[at]);
}

// It speaks for the home, and only what happens.
void engine::impl::hear_stranger(const reading& r) {
    const signal_facts& facts = facts_of(r.what);
    if (facts.kind != signal_kind::momentary || !counts_as_said(r, facts)) return;
    for (const index at : for_strangers_) {
        if (channels_[at].what == r.what) happen(channels_[at]);
    }
}

// ---- Who is heard -------------------------------------------------------------------------------------

void engine::impl::note_heard(std::uint16_t at, own_ns e) {
    device_state& d = devices_[at];
    if (e < d.newest) return;
    d.newest = e;
    if (d.live && timers_.due(at) != never) return; // moved when it is due
    if (!d.live) {
        if (e > d.dark_since || d.dark_since == long_ago) d.live_since = e;
        d.live = true;
        d.covering = d.newest + d.reports_every > t_; // not what comes so late that it is silent again at once
        for (const coverage& c : d.covers) {
            if (!d.covering) break;
            if (c.counts) cover(channels_[c.channel], std::max(e, d.dark_since));
        }
    }
    timers_.set(at, d.newest + d.reports_every);
}

void engine::impl::fall_silent(std::uint16_t at) {
    device_state& d = devices_[at];
    const own_ns due = d.newest + d.reports_every;
    if (due > as_of_) { // heard since
        timers_.set(at, due);
        return;
    }
    timers_.set(at, never);
    d.live = false;
    d.dark_since = as_of_;
    for (const coverage& c : d.covers) {
        if (!d.covering) break;
        if (c.counts) uncover(channels_[c.channel], as_of_);
    }
    const std::size_t signals = all_signals().size() + 1;
    for (std::size_t s = 0; s < signals; ++s) {
        const index c = cell_of_[at * signals + s];
        if (c == none || cells_[c].is == truth::unknown) continue;
        if (facts_of(cells_[c].what).kind == signal_kind::boolean) {
            take_boolean(cells_[c], false, false, as_of_, false);
        } else {
            take_quantity(cells_[c], false, 0, as_of_, false);
        }
    }
}

void engine::impl::cover(channel& ch, own_ns since) {
    if (ch.live++ == 0) {
        // What went dark and came back at the same moment left no gap.
        if (ch.dark_since == long_ago || since > ch.dark_since) ch.live_since = since;
    } else if (since < ch.live_since) {
        ch.live_since = since;
    } else {
        return;
    }
    wake_leaves(ch.absents);
}

void engine::impl::uncover(channel& ch, own_ns at) {
    if (--ch.live > 0) return;
    ch.dark_since = at;
    wake_leaves(ch.absents);
}

// ---- What is said -------------------------------------------------------------------------------------

void engine::impl::take(cell& c, const reading& r, own_ns e) {
    const signal_facts& facts = facts_of(r.what);
    const bool good = counts_as_said(r, facts);
    if (!c.spoken) {
        c.spoken = true;
        device_state& d = devices_[c.device];
        c.spoken_since = d.newest; // a late reading fills no gap
        for (coverage& cover_of : d.covers) {
            const bool this_one = std::ranges::any_of(c.links, [&](const link& l) {
                return l.target == cover_of.channel && l.as != link::how::score && l.as != link::how::baseline;
            });
            if (!this_one || cover_of.counts) continue;
            cover_of.counts = true;
            cover_of.since = c.spoken_since;
            if (d.live && d.covering) cover(channels_[cover_of.channel], std::max(d.live_since, cover_of.since));
        }
    }
    if (good) {
        for (const link& l : c.links) {
            if (l.as == link::how::value) {
                feed_windows(channels_[l.target], r.value, e);
            } else if (l.as == link::how::baseline && today_ != baseline::no_day && synchronised_) {
                const utc_time wall{std::chrono::microseconds{wall_us(e)}};
                if (local_day(where_.zone, wall) == today_) baselines_[l.target].add(r.value);
            }
        }
    }
    if (facts.kind == signal_kind::momentary && good) take_event(c, e);
    if (e < c.at) return; // out of order: no state changes
    c.at = e;
    c.order = ++orders_;
    if (good) {
        c.said = by_origin_;
        c.good_at = e;
        c.good_order = c.order;
    }
    // Of a device that is silent all the same (what came is older than that) nothing is known.
    const bool known = good && devices_[c.device].live;
    if (facts.kind == signal_kind::boolean) {
        take_boolean(c, known, r.value != 0, e, good);
    } else if (facts.kind == signal_kind::quantity) {
        take_quantity(c, known, r.value, e, good);
    }
    if (!good) return;
    for (const link& l : c.links) {
        if (l.as == link::how::score) take_score(l.target, l.part, r.value, e);
    }
}

void engine::impl::take_event(cell& c, own_ns e) {
    if (e >= c.active_at) {
        c.active_at = c.true_at = e;
        c.true_order = ++orders_;
        c.acted = by_origin_;
    }
    const auto at = static_cast<index>(&c - cells_.data());
    for (const link& l : c.links) {
        if (l.as != link::how::value) continue;
        channel& ch = channels_[l.target];
        happen(ch);
        good(ch, at, e);
        acted(ch, at, e);
        true_report(ch, c, e);
    }
}

// `reported` by a good reading, which says what was at `e` also where nothing is `known` of now; otherwise it
// became unknown.
void engine::impl::take_boolean(cell& c, bool known, bool value, own_ns e, bool reported) {
    const truth before = c.is;
    const truth next = known ? as_truth(value) : truth::unknown;
    const bool said_true = reported && value;
    c.is = next;
    const auto at = static_cast<index>(&c - cells_.data());
    const bool began = next == truth::yes && before != truth::yes;
    const bool ended = before == truth::yes && next != truth::yes;
    const bool changed = before != truth::unknown && next != truth::unknown && before != next;
    if (reported) c.value = value ? 1 : 0;
    if (said_true) c.true_at = e;
    if (said_true) c.true_order = c.order;
    if (ended) c.active_at = std::max(c.active_at, e);
    if (changed) c.change_at = e;
    if (ended) c.acted = by_ != nullptr ? by_origin_ : c.said; // or silence ended it
    if (changed) c.changed = by_origin_;
    for (const link& l : c.links) {
        if (l.as == link::how::score || l.as == link::how::baseline) continue;
        channel& ch = channels_[l.target];
        if (reported) good(ch, at, e);
        if (l.as == link::how::active_on_change) {
            if (!changed) continue;
            acted(ch, at, e);
            true_report(ch, c, e);
            happen(ch);
            continue;
        }
        if (l.as == link::how::value && (before != next || next == truth::unknown)) {
            ch.yes = ch.unknown = ch.no = 0;
            for (const index other : ch.cells) {
                if (!cells_[other].spoken) continue;
                const truth is = cells_[other].is;
                ++(is == truth::yes ? ch.yes : is == truth::no ? ch.no : ch.unknown);
            }
            set_truth(ch);
        }
        if (began && ch.active_now++ == 0) active_again(ch);
        if (ended) {
            --ch.active_now;
            acted(ch, at, e);
            wake_leaves(ch.absents); // from now on time counts
        }
        if (!said_true) continue;
        true_report(ch, c, e);
        if (l.as == link::how::active_while_true) happen(ch);
    }
}

void engine::impl::take_quantity(cell& c, bool known, double value, own_ns e, bool reported) {
    c.is = known ? truth::yes : truth::unknown;
    if (known) c.value = value;
    const auto at = static_cast<index>(&c - cells_.data());
    if (reported) {
        c.active_at = c.true_at = e;
        c.true_order = c.order;
        c.acted = by_origin_;
    }
    for (const link& l : c.links) {
        if (l.as != link::how::value) continue;
        channel& ch = channels_[l.target];
        if (reported) {
            good(ch, at, e);
            acted(ch, at, e);
            true_report(ch, c, e);
        }
        if (!known) {
            if (ch.newest != at) continue;
            find_newest(ch);
        } else if (ch.newest == none || ch.newest == at || e >= cells_[ch.newest].at) {
            ch.newest = at;
        } else {
            continue;
        }
        set_number(ch, ch.newest != none, ch.newest == none ? 0 : cells_[ch.newest].value);
    }
}

// ---- Channels -----------------------------------------------------------------------------------------

void engine::impl::find_newest(channel& ch) {
    ch.newest = none;
    for (const index other : ch.cells) {
        const cell& c = cells_[other];
        if (c.is == truth::unknown) continue;
        const bool newer = ch.newest == none ||
                           std::pair{c.at, c.order} > std::pair{cells_[ch.newest].at, cells_[ch.newest].order};
        if (newer) ch.newest = other;
    }
}

void engine::impl::set_number(channel& ch, bool known, double value) {
    if (known == ch.known && (!known || value == ch.value)) return;
    ch.known = known;
    ch.value = value;
    for (compare_leaf& l : ch.compares) {
        const truth is = known && l.known_limit ? as_truth((value < l.limit) != l.not_less) : truth::unknown;
        if (is == l.is) continue;
        l.is = is;
        set_leaf(l.instance, l.node, is);
    }
}

void engine::impl::set_truth(channel& ch) {
    truth is = truth::unknown;
    if (ch.yes > 0) {
        is = truth::yes;
    } else if (ch.unknown == 0 && ch.no > 0) {
        is = truth::no;
    }
    if (is == ch.is) return;
    ch.is = is;
    for (const is_leaf& l : ch.booleans) {
        const truth seen = is == truth::unknown ? is : as_truth((is == truth::yes) == l.wanted);
        set_leaf(l.instance, l.node, seen);
    }
}

void engine::impl::happen(channel& ch) {
    for (const leaf& l : ch.events) {
        instance& it = instances_[l.instance];
        it.happened |= std::uint64_t{1} << l.node;
        if (l.node <= it.when) it.touched = true;
        wake(l.instance);
    }
}

void engine::impl::good(channel& ch, index at, own_ns e) {
    if (e < ch.last_good) return;
    ch.last_good = e;
    ch.last_good_cell = at;
    for (const leaf& l : ch.unheards) {
        if (states_of(instances_[l.instance])[l.node].is == truth::yes) wake(l.instance);
    }
}

void engine::impl::acted(channel& ch, index at, own_ns e) {
    if (e < ch.last_active) return;
    // What one silence ends, ends at one moment: the cause is what was said last.
    const bool said_before = by_ == nullptr && e == ch.last_active && ch.last_active_cell != none &&
                             cells_[at].order < cells_[ch.last_active_cell].order;
    if (said_before) return;
    ch.last_active = e;
    ch.last_active_cell = at;
    active_again(ch);
}

void engine::impl::active_again(channel& ch) {
    for (const leaf& l : ch.absents) {
        if (states_of(instances_[l.instance])[l.node].is != truth::no) wake(l.instance);
    }
}

void engine::impl::true_report(channel& ch, const cell& c, own_ns e) {
    if (e < ch.last_true) return;
    ch.last_true = e;
    ch.last_room = devices_[c.device].room;
    for (const last_in_leaf& l : ch.lasts) set_leaf(l.instance, l.node, as_truth(l.room == ch.last_room));
}

void engine::impl::feed_windows(channel& ch, double value, own_ns e) {
    for (const leaf& l : ch.windows) {
        const compiled_node& c = nodes_of(instances_[l.instance])[l.node];
        const std::int64_t width = c.lasting / static_cast<std::int64_t>(limits::window_panes);
        const std::int64_t newest = pane_of(t_, width);
        const std::int64_t place = pane_of(e, width);
        if (c.over == language::window_function::rate) {
            if (slope_pane* p = slopes_[c.slot].at(place, newest)) add(*p, e, value);
        } else if (value_pane* p = windows_[c.slot].at(place, newest)) {
            add(*p, c.over, value);
        }
        const bool changes = window_now(c) != states_of(instances_[l.instance])[l.node].is;
        instance& it = instances_[l.instance];
        if (changes && l.node <= it.when) it.touched = true;
        if (changes || place < newest) wake(l.instance);
    }
}

// ---- Towards the rules --------------------------------------------------------------------------------

void engine::impl::set_leaf(index i, std::uint8_t node, truth is) {
    instance& it = instances_[i];
    node_state& s = states_of(it)[node];
    if (s.is == is) return;
    s.is = is;
    s.moment = std::max(s.moment, as_of_);
    if (node <= it.when) it.touched = true;
    wake(i);
}

void engine::impl::wake_leaves(const std::vector<leaf>& leaves) {
    for (const leaf& l : leaves) wake(l.instance);
}

// A rule that was closed while it was true begins again with the next reading that it watches.
void engine::impl::wake_who_waits(const cell& c) {
    for (const index i : waiting_) {
        instance& it = instances_[i];
        const bool watches = std::any_of(nodes_of(it), nodes_of(it) + it.nodes, [&](const compiled_node& n) {
            return std::ranges::any_of(c.links, [&](const link& l) {
                if (l.as == link::how::baseline) return false;
                if (l.as == link::how::score) {
                    return n.channel == scores_[l.target].total || n.channel == scores_[l.target].largest;
                }
                return l.target == n.channel;
            });
        });
        if (!watches) continue;
        it.touched = true;
        wake(i);
    }
}

} // namespace anban
