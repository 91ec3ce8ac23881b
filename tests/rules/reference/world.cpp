#include "tests/rules/reference/world.hpp"

#include <algorithm>

namespace anban::reference {

using language::selector;
using language::watched;

std::vector<signal> meant_by(signal what) {
    if (what == signal::news2 || what == signal::news2_single) {
        return {signal::respiration, signal::spo2,  signal::systolic, signal::heart_rate,
                signal::temperature, signal::alert, signal::on_oxygen};
    }
    if (what != signal::activity) return {what};
    std::vector<signal> shown;
    for (const auto& f : all_signals()) {
        if (f.shows != activity_kind::none) shown.push_back(f.what);
    }
    return shown;
}

bool world::good(const reading& r) const {
    if (r.how == quality::good) return true;
    return r.how == quality::suspect && facts_of(r.what).life_safety;
}

bool world::happens(const reading& r) const {
    return facts_of(r.what).kind == signal_kind::momentary && r.how != quality::unknown;
}

void world::hear(const reading& r, mono_time e, mono_time t, const wall_clock& clock) {
    const auto id = r.from.device;
    heard h{r, e};
    if (clock.synchronised()) h.day = day_on_the_wall(where.zone, clock.at(e));
    if (h.day != day_on_the_wall(where.zone, clock.at(t))) h.day.reset();
    for (const auto& other : all) {
        if (other.said.from.device != id || other.e <= e) continue;
        h.newest = false;
        if (other.said.what == r.what) h.in_order = false;
    }
    if (devices.contains(id) && (!newest_e_.contains(id) || silent_.at(id))) {
        h.covers = e + devices.at(id).reports_every > t;
        const bool others_live =
            std::ranges::any_of(silent_, [&](const auto& s) { return s.first != id && !s.second; });
        filled_late = filled_late || (h.covers && e < t && others_live);
    }
    all.push_back(h);
    if (!devices.contains(id)) return; // nobody entered it: no part in any state
    auto& log = values[{id, r.what}];
    if (h.newest) {
        newest_e_[id] = e;
        silent_[id] = false;
    }
    if (h.in_order) {
        const auto at = log.empty() ? e : std::max(e, log.back().at);
        log.push_back({at, e, good(r) && !silent_[id], r.value, all.size() - 1});
    }
}

std::optional<mono_time> world::next_silence() const {
    std::optional<mono_time> first;
    for (const auto& [id, newest] : newest_e_) {
        const auto due = newest + devices.at(id).reports_every;
        if (!silent_.at(id) && (!first || due < *first)) first = due;
    }
    return first;
}

void world::fall_silent(mono_time t) {
    for (const auto& [id, newest] : newest_e_) {
        const auto due = newest + devices.at(id).reports_every;
        if (silent_[id] || due > t) continue;
        silent_[id] = true;
        for (auto& [key, log] : values) {
            if (key.first != id || log.empty()) continue;
            auto last = log.back();
            last.at = std::max(due, last.at);
            last.known = false;
            log.push_back(last);
        }
    }
}

bool world::admits(const selector& s, const subject& who, const device_id& id) const {
    if (!devices.contains(id)) return false;
    const auto& d = devices.at(id);
    const bool of_nobody = d.who.of == subject::kind::home || d.who.of == subject::kind::room;
    const bool own = who.of == subject::kind::home ? of_nobody : d.who == who;
    const bool of_another_resident =
        d.who.of == subject::kind::resident && who.of == subject::kind::resident && !own;
    switch (s.where) {
    case selector::scope::plain:
        if (who.of == subject::kind::home) return true;
        if (who.of == subject::kind::resident && !where.shared()) return true;
        return own;
    case selector::scope::own: return own;
    case selector::scope::in_room: return d.room == s.room && !of_another_resident;
    case selector::scope::elsewhere: return !d.room.empty() && d.room != s.room && !of_another_resident;
    case selector::scope::anywhere: return !of_another_resident;
    }
    return false;
}

truth world::boolean(const watched& w, const subject& who) const {
    bool any_unknown = false;
    bool any_false = false;
    for (const auto& [key, log] : values) {
        if (key.second != w.what || log.empty() || !admits(w.from, who, key.first)) continue;
        const auto& now = log.back();
        if (!now.known) {
            any_unknown = true;
        } else if (now.value != 0) {
            return truth::yes;
        } else {
            any_false = true;
        }
    }
    if (any_unknown) return truth::unknown;
    return any_false ? truth::no : truth::unknown;
}

std::optional<double> world::quantity(const watched& w, const subject& who, mono_time t) const {
    if (w.what == signal::news2) return news2(who, t, false);
    if (w.what == signal::news2_single) return news2(who, t, true);
    const said_since* best = nullptr;
    for (const auto& [key, log] : values) {
        if (key.second != w.what || log.empty() || !admits(w.from, who, key.first)) continue;
        const auto& now = log.back();
        if (!now.known) continue;
        if (best == nullptr || now.e > best->e || (now.e == best->e && now.reading > best->reading)) best = &now;
    }
    if (best == nullptr) return std::nullopt;
    return best->value;
}

bool world::changed_door(const heard& h) const {
    if (!h.in_order || !good(h.said)) return false;
    const auto& log = values.at({h.said.from.device, h.said.what});
    for (std::size_t i = 1; i < log.size(); ++i) {
        if (&all[log[i].reading] != &h || !log[i].known || !log[i - 1].known) continue;
        if ((log[i].value != 0) != (log[i - 1].value != 0)) return true;
    }
    return false;
}

bool world::shows_activity(const heard& h) const {
    if (!h.in_order || !good(h.said)) return false;
    switch (facts_of(h.said.what).shows) {
    case activity_kind::none: return false;
    case activity_kind::while_true: return h.said.value != 0;
    case activity_kind::each_change: return changed_door(h);
    }
    return false;
}

bool world::is_event(const watched& w, const subject& who, const heard& h) const {
    const auto& id = h.said.from.device;
    if (!devices.contains(id)) { // of nobody: an event of the home's own
        const bool own_of_home = w.from.where == selector::scope::own && who.of == subject::kind::home;
        return own_of_home && h.said.what == w.what && happens(h.said);
    }
    if (!admits(w.from, who, id)) return false;
    if (w.what == signal::activity) return shows_activity(h);
    return h.said.what == w.what && happens(h.said);
}

std::optional<room_id> world::last_room(signal what, const subject& who) const {
    const heard* best = nullptr;
    for (const auto signal_meant : meant_by(what)) {
        for (const auto& h : all) {
            if (h.said.what != signal_meant || !admits({}, who, h.said.from.device)) continue;
            const auto& facts = facts_of(signal_meant);
            bool counts = false;
            if (facts.kind == signal_kind::momentary) {
                counts = happens(h.said);
            } else if (what == signal::activity) {
                counts = shows_activity(h);
            } else {
                counts = h.in_order && good(h.said) && h.said.value != 0;
            }
            if (!counts) continue;
            if (best == nullptr || h.e > best->e || (h.e == best->e && &h > best)) best = &h;
        }
    }
    if (best == nullptr) return std::nullopt;
    return devices.at(best->said.from.device).room;
}

std::optional<world::trace> world::last_active(const watched& w, const subject& who, mono_time t) const {
    std::optional<trace> last;
    const heard* newest = nullptr;
    const auto active = [&](mono_time at, const heard& because) {
        if (at > t || (last && at < last->at) || (last && at == last->at && &because < newest)) return;
        last = trace{at, because.because()};
        newest = &because;
    };
    const bool doors_count_by_change = w.what == signal::activity;
    for (const auto what : meant_by(w.what)) {
        const auto& facts = facts_of(what);
        for (const auto& h : all) {
            if (h.said.what != what || !admits(w.from, who, h.said.from.device)) continue;
            if (facts.kind == signal_kind::momentary && happens(h.said)) active(h.e, h);
            if (facts.kind == signal_kind::quantity && h.in_order && good(h.said)) active(h.e, h);
            if (doors_count_by_change && facts.shows == activity_kind::each_change && changed_door(h))
                active(h.e, h);
        }
        if (facts.kind != signal_kind::boolean) continue;
        if (doors_count_by_change && facts.shows == activity_kind::each_change) continue;
        for (const auto& [key, log] : values) {
            if (key.second != what || !admits(w.from, who, key.first)) continue;
            for (std::size_t i = 0; i < log.size(); ++i) {
                if (!log[i].known || log[i].value == 0) continue;
                active(log[i].at, all[log[i].reading]);
                if (i + 1 == log.size()) {
                    active(t, all[log[i].reading]); // true until now
                } else {
                    active(log[i + 1].at, all[log[i + 1].reading]); // true right up to its end
                }
            }
        }
    }
    return last;
}

std::optional<std::size_t> world::source_from(const watched& w, const subject& who, const device_id& id) const {
    if (!admits(w.from, who, id)) return std::nullopt;
    const auto meant = meant_by(w.what);
    for (const auto what : meant) {
        if (std::ranges::count(devices.at(id).provides, what) != 0) return 0;
    }
    // By what it says: from the newest reading on that was there when it first said it.
    std::optional<std::size_t> newest;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].said.from.device != id) continue;
        if (!newest || all[i].e >= all[*newest].e) newest = i;
        if (std::ranges::count(meant, all[i].said.what) != 0) return newest;
    }
    return std::nullopt;
}

bool world::covers(const watched& w, const subject& who, std::size_t reading) const {
    const auto& h = all[reading];
    if (!h.newest || !h.covers || !devices.contains(h.said.from.device)) return false;
    const auto from = source_from(w, who, h.said.from.device);
    return from && *from <= reading;
}

bool world::heard_recently(const watched& w, const subject& who, mono_time t) const {
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& h = all[i];
        if (h.e <= t && covers(w, who, i) && t < h.e + devices.at(h.said.from.device).reports_every) return true;
    }
    return false;
}

std::optional<world::trace> world::covered_since(const watched& w, const subject& who, mono_time t) const {
    if (!heard_recently(w, who, t)) return std::nullopt;
    // Each stretch without a gap begins at some reading: the earliest reading from which on no stretch ends
    // uncovered. A stretch can end only where a reading's time is over.
    std::optional<mono_time> last_gap;
    for (const auto& h : all) {
        if (!devices.contains(h.said.from.device)) continue;
        const auto end = h.e + devices.at(h.said.from.device).reports_every;
        if (end <= t && !heard_recently(w, who, end) && (!last_gap || end > *last_gap)) last_gap = end;
    }
    std::optional<trace> first;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& h = all[i];
        if ((last_gap && h.e < *last_gap) || h.e > t || !covers(w, who, i)) continue;
        if (!first || h.e < first->at) first = trace{h.e, h.because()};
    }
    return first;
}

std::optional<world::trace> world::newest_good(const watched& w, const subject& who, mono_time t) const {
    std::optional<trace> newest;
    for (const auto what : meant_by(w.what)) {
        for (const auto& h : all) {
            if (h.said.what != what || h.e > t || !admits(w.from, who, h.said.from.device)) continue;
            const bool momentary = facts_of(w.what).kind == signal_kind::momentary;
            if (momentary ? !is_event(w, who, h) : !(h.in_order && good(h.said))) continue;
            if (!newest || h.e >= newest->at) newest = trace{h.e, h.because()};
        }
    }
    return newest;
}

} // namespace anban::reference
