#include <algorithm>

#include <fmt/format.h>

#include "rules/engine/impl.hpp"
#include "rules/engine/snapshot_text.hpp"
#include "rules/limits.hpp"

namespace anban {

using namespace judging;

namespace judging {

snapshot_writer& snapshot_writer::word(std::string_view text) {
    if (text.empty()) return put('-');
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                           c == '_' || c == '.' || static_cast<unsigned char>(c) >= 0x80 || c == '/';
        if (plain) {
            text_ += c;
        } else {
            text_ += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        }
    }
    return *this;
}

} // namespace judging

namespace {

class writing {
public:
    writing(const engine::impl& e, own_ns now) : e_(e), out_(now), now_(now) {}
    std::string run(bool with_cells);

private:
    void origin_of(const origin& o);
    void device(const device_state& d);
    void cell_line(const cell& c);
    void rule(index i);
    void extras(index i);
    void hold(char which, const running_hold& h);
    void baseline_line(std::size_t at);
    [[nodiscard]] bool at_rest(index i) const;

    const engine::impl& e_;
    snapshot_writer out_;
    own_ns now_;
};

void writing::origin_of(const origin& o) {
    if (o.device == no_device) {
        out_.put('-').put(':').number(o.sequence);
        return;
    }
    if (o.device == a_stranger) {
        out_.put('*');
    } else {
        out_.number(o.device);
    }
    out_.put(':').number(o.boot).put(':').number(o.sequence).put(':').number(o.wall_us);
    out_.put(':').number(static_cast<int>(o.wall_quality)).put(':').number(static_cast<int>(o.what));
    out_.put(':').real(o.value).put(':').number(o.test ? 1 : 0);
}

void writing::device(const device_state& d) {
    out_.line("D ").word(d.id.str()).space().moment(d.newest).space().number(d.live ? 1 : 0);
    out_.space().moment(d.live_since).space().moment(d.dark_since);
}

void writing::cell_line(const cell& c) {
    out_.line("C ").number(c.device).space().number(static_cast<int>(c.what)).space();
    out_.number(static_cast<int>(c.is)).space().real(c.value).space().moment(c.at).space().number(c.order);
    for (const own_ns at : {c.good_at, c.active_at, c.true_at, c.change_at}) {
        out_.space();
        if (at == c.at) {
            out_.put('=');
        } else {
            out_.moment(at);
        }
    }
    out_.space();
    origin_of(c.said);
    out_.space();
    if (c.acted == c.said) {
        out_.put('=');
    } else {
        origin_of(c.acted);
    }
    out_.space();
    origin_of(c.changed);
    out_.space().moment(c.spoken_since).space().number(c.good_order).space().number(c.true_order);
}

bool writing::at_rest(index i) const {
    const instance& it = e_.instances_[i];
    if (e_.is_active(i) || it.closed || it.told_held || it.floor != long_ago || it.begun[1] != long_ago)
        return false;
    for (std::uint8_t n = 0; n < it.nodes; ++n) {
        const compiled_node& c = e_.nodes_of(it)[n];
        if (c.kind != language::node_kind::window) continue;
        const bool slope = c.over == language::window_function::rate;
        if ((slope ? e_.slopes_[c.slot].next_loss(1) : e_.windows_[c.slot].next_loss(1)) != never) return false;
    }
    const node_state* const states = e_.states_of(it);
    return std::all_of(states, states + it.nodes, [](const node_state& s) {
        return s.is == truth::unknown && s.extra == long_ago && s.moment == long_ago;
    });
}

void writing::rule(index i) {
    const instance& it = e_.instances_[i];
    if (at_rest(i)) return;
    const int flags = (it.active ? 1 : 0) | (it.closed ? 2 : 0) | (it.told_held ? 4 : 0);
    out_.line("R ").number(it.key).space().number(flags).space().moment(it.floor);
    out_.space().moment(it.begun[0]).space().moment(it.begun[1]).space();
    origin_of(it.armed);
    for (std::uint8_t n = 0; n < it.nodes; ++n) {
        const node_state& s = e_.states_of(it)[n];
        out_.space().number(3 * static_cast<int>(s.was) + static_cast<int>(s.is));
        out_.put(':').moment(s.moment).put(':').moment(s.extra).put(':');
        const compiled_node& c = e_.nodes_of(it)[n];
        const bool covers = c.kind == language::node_kind::absent;
        out_.moment(covers ? e_.channels_[c.channel].live_since : long_ago);
    }
    extras(i);
}

void writing::hold(char which, const running_hold& h) {
    if (h.until == never) return;
    out_.line("h ").put(which).space().moment(h.until).space().moment(h.since).space();
    origin_of(h.why);
}

void writing::extras(index i) {
    const instance& it = e_.instances_[i];
    if (it.holds != none) {
        hold('r', e_.holds_[it.holds].real);
        hold('t', e_.holds_[it.holds].test);
    }
    if (it.stranger != none && !e_.strangers_[it.stranger].empty())
        out_.line("s ").word(e_.strangers_[it.stranger]);
    for (std::uint8_t n = 0; n < it.nodes; ++n) {
        const compiled_node& c = e_.nodes_of(it)[n];
        const auto panes_line = [&](const char* head, const auto& w, auto rest) {
            if (w.next_loss(1) == never) return;
            out_.line(head).number(static_cast<int>(n));
            w.each([&](std::int64_t number, const auto& p) {
                if (p.count == 0) return;
                out_.space().number(number).put(':').number(p.count);
                rest(p);
            });
        };
        if (c.kind == language::node_kind::counted) {
            panes_line("n ", e_.counts_[c.slot], [](const count_pane&) {});
        } else if (c.kind == language::node_kind::alone && e_.states_of(it)[n].extra != long_ago) {
            out_.line("a ").number(static_cast<int>(n)).space();
            origin_of(e_.waits_[c.slot]);
        } else if (c.kind == language::node_kind::window && c.over == language::window_function::rate) {
            panes_line("l ", e_.slopes_[c.slot], [&](const slope_pane& p) {
                out_.put(':').moment(p.first_at).put(':').real(p.first);
                out_.put(':').moment(p.last_at).put(':').real(p.last);
            });
        } else if (c.kind == language::node_kind::window) {
            panes_line("w ", e_.windows_[c.slot], [&](const value_pane& p) { out_.put(':').real(p.value); });
        }
    }
}

void writing::baseline_line(std::size_t at) {
    const baseline& b = e_.baselines_[at];
    if (b.today() == baseline::no_day) return;
    const subject& who = e_.baseline_of_[at];
    out_.line("B ").number(static_cast<int>(who.of)).space().word(who.id).space();
    out_.number(static_cast<int>(b.what())).space().number(b.today());
    for (std::size_t bin = 0; bin < b.bins().size(); ++bin) {
        if (b.bins()[bin] > 0) out_.space().number(bin).put(':').number(b.bins()[bin]);
    }
    out_.put('|');
    bool first = true;
    for (const auto& d : b.days()) {
        if (d.bin < 0) continue;
        if (!std::exchange(first, false)) out_.space();
        out_.number(d.day).put(':').number(static_cast<int>(d.bin));
    }
}

std::string writing::run(bool with_cells) {
    out_.line(snapshot_head).put(' ');
    out_.word(fmt::to_string(now_)).space().moment(e_.t_);
    for (const device_state& d : e_.devices_) device(d);
    for (const cell& c : e_.cells_) {
        if (c.spoken && with_cells) cell_line(c);
    }
    for (index i = 0; i < e_.instances_.size(); ++i) rule(i);
    for (std::size_t b = 0; b < e_.baselines_.size(); ++b) baseline_line(b);
    for (const shelved& s : e_.shelves_) {
        out_.line("S ").word(s.what.rule.str()).space().number(static_cast<int>(s.what.who.of)).space();
        out_.word(s.what.who.id).space().number(static_cast<int>(s.what.how)).space().moment(s.until);
        out_.space().word(s.what.owner).space().word(s.what.reason);
    }
    return out_.finish();
}

} // namespace

std::string engine::impl::snapshot(const instant& now) const {
    const own_ns at = std::max(own(now.mono), t_);
    std::string whole = writing{*this, at}.run(true);
    // What devices said is learned anew soon; holds, alarms and shelves are not.
    return whole.size() <= limits::rule_state_bytes ? whole : writing{*this, at}.run(false);
}

} // namespace anban
