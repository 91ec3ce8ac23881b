// From cells to channels, from channels to leaves: after a load, and after a restart brought the cells back.
#include <algorithm>
#include <array>
#include <tuple>

#include "rules/engine/impl.hpp"

namespace anban {

using namespace judging;

void engine::impl::rebuild_channels() {
    for (device_state& d : devices_) {
        for (coverage& c : d.covers) {
            for (const index at : channels_[c.channel].cells) {
                const cell& said = cells_[at];
                if (&devices_[said.device] != &d || !said.spoken || (c.counts && c.since == long_ago)) continue;
                c.since = c.counts ? std::min(c.since, said.spoken_since) : said.spoken_since;
                c.counts = true;
            }
            channel& ch = channels_[c.channel];
            if (!c.counts) continue;
            ch.dark_since = std::max(ch.dark_since, d.live ? long_ago : d.dark_since);
            if (!d.live) continue;
            const own_ns since = std::max(d.live_since, c.since);
            ch.live_since = ch.live++ == 0 ? since : std::min(ch.live_since, since);
        }
    }
    // Of two at one moment the later heard.
    struct orders {
        std::uint32_t good = 0, active = 0, reported = 0;
    };
    std::vector<orders> newest(channels_.size());
    std::vector<std::array<std::uint32_t, news2_parts>> inputs(scores_.size());
    const auto is_later = [](own_ns at, std::uint32_t order, own_ns than, std::uint32_t& than_order) {
        if (at == long_ago || at < than || (at == than && order < than_order)) return false;
        than_order = order;
        return true;
    };
    for (index at = 0; at < cells_.size(); ++at) {
        const cell& c = cells_[at];
        if (!c.spoken) continue;
        const bool boolean = facts_of(c.what).kind == signal_kind::boolean;
        for (const link& l : c.links) {
            if (l.as == link::how::baseline) continue;
            if (l.as == link::how::score) {
                std::uint32_t& order = inputs[l.target][l.part];
                if (is_later(c.good_at, c.good_order, scores_[l.target].inputs[l.part].at, order)) {
                    scores_[l.target].inputs[l.part] = {c.said.value, c.good_at};
                }
                continue;
            }
            channel& ch = channels_[l.target];
            const bool on_change = l.as == link::how::active_on_change;
            const own_ns active = on_change ? c.change_at : c.active_at;
            const own_ns reported = on_change ? c.change_at : c.true_at;
            orders& last = newest[l.target];
            if (is_later(c.good_at, c.good_order, ch.last_good, last.good)) {
                std::tie(ch.last_good, ch.last_good_cell) = std::pair{c.good_at, at};
            }
            if (is_later(active, c.order, ch.last_active, last.active)) {
                std::tie(ch.last_active, ch.last_active_cell) = std::pair{active, at};
            }
            const std::uint32_t reported_as = on_change ? c.order : c.true_order;
            if (is_later(reported, reported_as, ch.last_true, last.reported)) {
                std::tie(ch.last_true, ch.last_room) = std::pair{reported, devices_[c.device].room};
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
