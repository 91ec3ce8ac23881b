// From cells to channels, from channels to leaves: after a load, and after a restart brought the cells back.
#include <algorithm>
#include <tuple>

#include "rules/engine/impl.hpp"

namespace anban {

using namespace judging;

void engine::impl::rebuild_channels() {
    for (device_state& d : devices_) {
        for (coverage& c : d.covers) {
            for (const index at : channels_[c.channel].cells) {
                if (&devices_[cells_[at].device] == &d && cells_[at].spoken) c.counts = true;
            }
            channel& ch = channels_[c.channel];
            if (!c.counts) continue;
            ch.dark_since = std::max(ch.dark_since, d.live ? long_ago : d.dark_since);
            if (!d.live) continue;
            ch.live_since = ch.live++ == 0 ? d.live_since : std::min(ch.live_since, d.live_since);
        }
    }
    std::vector<std::uint32_t> last_true_order(channels_.size(), 0); // of two at one moment the later heard
    for (index at = 0; at < cells_.size(); ++at) {
        const cell& c = cells_[at];
        if (!c.spoken) continue;
        const bool boolean = facts_of(c.what).kind == signal_kind::boolean;
        for (const link& l : c.links) {
            if (l.as == link::how::baseline) continue;
            if (l.as == link::how::score) {
                if (c.good_at >= scores_[l.target].inputs[l.part].at) {
                    scores_[l.target].inputs[l.part] = {c.said.value, c.good_at};
                }
                continue;
            }
            channel& ch = channels_[l.target];
            const bool on_change = l.as == link::how::active_on_change;
            const own_ns active = on_change ? c.change_at : c.active_at;
            const own_ns reported = on_change ? c.change_at : c.true_at;
            if (c.good_at > ch.last_good) std::tie(ch.last_good, ch.last_good_cell) = std::pair{c.good_at, at};
            if (active > ch.last_active) std::tie(ch.last_active, ch.last_active_cell) = std::pair{active, at};
            const bool later = reported > ch.last_true || (reported == ch.last_true && reported != long_ago &&
                                                           c.order > last_true_order[l.target]);
            if (later) {
                ch.last_true = reported;
                last_true_order[l.target] = c.order;
                ch.last_room = devices_[c.device].room;
            }
            if (boolean && !on_change && c.is == truth::yes) ++ch.active_now;
            if (boolean && l.as == link::how::value) {
                ++(c.is == truth::yes ? ch.yes : c.is == truth::no ? ch.no : ch.unknown);
            }
        }
    }
    for (channel& ch : channels_) {
        if (facts_of(ch.what).kind == signal_kind::quantity && !ch.cells.empty()) find_newest(ch);
    }
}

// What channels say, told to leaves that don't know it: all at a first load, changed ones after a restart.
void engine::impl::refresh_leaves() {
    watch_begins_ = true;
    as_of_ = std::max(t_, resumed_);
    by_ = nullptr;
    for (index i = 0; i < instances_.size(); ++i) {
        instance& it = instances_[i];
        for (std::uint8_t n = 0; n < it.nodes; ++n) {
            node_state& s = states_of(it)[n];
            const bool begins = nodes_of(it)[n].kind == language::node_kind::unheard && s.extra == long_ago;
            if (begins) s.extra = as_of_;
        }
        wake(i);
    }
    for (span_state& s : spans_) s.is = truth::unknown;
    today_ = baseline::no_day;
    run_calendar(t_);
    for (index s = 0; s < scores_.size(); ++s) reckon_score(s, false, t_);
    for (channel& ch : channels_) {
        for (const last_in_leaf& l : ch.lasts) {
            if (ch.last_true != long_ago) set_leaf(l.instance, l.node, as_truth(l.room == ch.last_room));
        }
        ch.is = truth::unknown;
        set_truth(ch);
        for (const is_leaf& l : ch.booleans) {
            const truth seen = ch.is == truth::unknown ? ch.is : as_truth((ch.is == truth::yes) == l.wanted);
            set_leaf(l.instance, l.node, seen);
        }
        if (!ch.cells.empty()) {
            ch.known = ch.newest != none;
            ch.value = ch.known ? cells_[ch.newest].value : 0;
        }
        for (compare_leaf& l : ch.compares) {
            l.is = ch.known && l.known_limit ? as_truth((ch.value < l.limit) != l.not_less) : truth::unknown;
            set_leaf(l.instance, l.node, l.is);
        }
    }
    for (const baseline_limit& b : baseline_limits_) set_limit(b);
}

} // namespace anban
