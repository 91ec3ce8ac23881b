#include "cloud-bridge/uplink/delivery.hpp"

#include <algorithm>

#include "rules/ensure.hpp"

namespace anban::uplink {
namespace {

using namespace std::chrono_literals;

using duration = mono_clock::duration;

[[nodiscard]] duration part_of(duration whole, double chance) {
    return std::chrono::duration_cast<duration>(whole * chance);
}

// first, 2 × first, 4 × first … most.
[[nodiscard]] duration doubled(duration first, duration most, unsigned times) noexcept {
    duration d = first;
    for (unsigned i = 0; i < times && d < most; ++i) d *= 2;
    return std::min(d, most);
}

} // namespace

delivery::delivery(std::function<double()> chance, delivery_bounds bounds)
    : chance_(std::move(chance)), bounds_(bounds) {
    ensure(chance_ && bounds_.in_flight_for_p0_alone < bounds_.in_flight);
}

delivery_outputs delivery::step(mono_time now, const delivery_input& in) {
    delivery_outputs out;
    std::visit([&](const auto& one) { on(now, one, out); }, in);
    if (in_session_) {
        wake_due(now);
        send_ready(now, out);
    }
    if (owes_ && entries_.size() <= bounds_.revisions / 2 && bytes_ <= bounds_.bytes / 2) {
        owes_ = false;
        out.emplace_back(ask_again{});
    }
    return out;
}

std::optional<mono_time> delivery::next_deadline() const {
    if (!in_session_ || timers_.empty()) return std::nullopt;
    return timers_.begin()->first.first;
}

// ---- What comes from anband ---------------------------------------------------------------------------

void delivery::on(mono_time now, const deliver_request& d, delivery_outputs& out) {
    const key k{d.alarm, d.revision};
    if (const auto known = entries_.find(k); known != entries_.end()) { // handed over again: it is under way
        known->second.comes_again = known->second.comes_again && d.comes_again;
        return;
    }
    if (!make_room(d.via, d.envelope.size(), out)) {
        owes_ = true;
        out.emplace_back(shed{d.alarm, d.revision, d.via});
        return;
    }
    const auto it = entries_.emplace(k, entry{}).first;
    entry& e = it->second;
    e.via = d.via;
    e.envelope = d.envelope;
    e.comes_again = d.comes_again;
    e.arrival = ++arrivals_;
    bytes_ += e.envelope.size();
    const auto [newest, is_first] = newest_.emplace(d.alarm, d.revision);
    e.history = !is_first && newest->second > d.revision;
    by_age_[index(e.via)].emplace(age_of(e), it);
    begin_turn(now, it);
    if (!is_first && !e.history) {
        const auto former = entries_.find({d.alarm, newest->second});
        newest->second = d.revision;
        if (former != entries_.end() && former != it) mark_history(former, true);
    }
}

void delivery::on(mono_time, const forget_request& f, delivery_outputs&) {
    const auto it = entries_.find({f.alarm, f.revision});
    if (it != entries_.end()) remove(it);
}

void delivery::on(mono_time, const anband_came&, delivery_outputs&) {
    for (auto it = entries_.begin(); it != entries_.end();) {
        const auto one = it++;
        if (one->second.comes_again) remove(one);
    }
}

bool delivery::make_room(lane for_lane, std::size_t bytes, delivery_outputs& out) {
    const auto fits = [&] { return entries_.size() < bounds_.revisions && bytes_ + bytes <= bounds_.bytes; };
    while (!fits()) {
        // The lowest lane that has something, but never p0 and nothing more urgent than what comes.
        std::size_t l = by_age_.size() - 1;
        while (l > 0 && by_age_[l].empty()) --l;
        if (l == 0 || l < index(for_lane)) return false;
        const auto it = by_age_[l].begin()->second;
        out.emplace_back(shed{it->first.first, it->first.second, it->second.via});
        owes_ = true;
        remove(it);
    }
    return true;
}

// ---- What comes from the network ----------------------------------------------------------------------

void delivery::on(mono_time now, const session_began&, delivery_outputs&) {
    in_session_ = true;
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
        unplace(it);
        it->second.attempts = 0;
        begin_turn(now, it);
    }
}

void delivery::on(mono_time, const session_ended&, delivery_outputs&) {
    in_session_ = false;
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
        if (it->second.at == stage::ready) continue;
        unplace(it);
        place(it, stage::ready);
    }
}

void delivery::on(mono_time now, const flight_ended& f, delivery_outputs&) {
    const auto found = flights_.find(f.flight);
    if (found == flights_.end()) return; // acknowledged meanwhile, or of an earlier session
    const auto it = found->second;
    unplace(it);
    place(it, stage::waiting,
          now + (f.arrived ? retry_delay(it->second.via, it->second.attempts) : limits::retry_least));
}

void delivery::on(mono_time, const wire::ack& a, delivery_outputs&) {
    const auto it = entries_.find({a.alarm, a.revision});
    if (it == entries_.end()) return;
    // The centre has another content under this number: anband won't take that Ack either.
    if (wire::hash_prefix(it->second.envelope) != a.hash_prefix) return;
    remove(it);
}

void delivery::on(mono_time now, const wire::nack& n, delivery_outputs&) {
    const auto it = entries_.find({n.alarm, n.revision});
    if (it == entries_.end() || !in_session_) return;
    duration wait{};
    switch (n.reason) {
    case wire::nack_reason::busy:
        wait = std::clamp<duration>(std::chrono::milliseconds{n.retry_after_ms}, limits::busy_least,
                                    limits::busy_most);
        break;
    case wire::nack_reason::bad_envelope:
    case wire::nack_reason::other_gateway: // anband hands it over anew under the id that it has now
    case wire::nack_reason::unsupported: wait = limits::refused_retry; break;
    case wire::nack_reason::unknown_gateway:
    case wire::nack_reason::unknown_alarm: return; // says nothing against this revision
    }
    unplace(it);
    place(it, stage::waiting, now + wait);
}

// ---- Turns --------------------------------------------------------------------------------------------

void delivery::begin_turn(mono_time now, entries::iterator it) {
    if (in_session_ && it->second.via >= lane::p2) {
        place(it, stage::waiting, now + part_of(limits::p2_first_delay, chance_()));
    } else {
        place(it, stage::ready);
    }
}

void delivery::place(entries::iterator it, stage at, mono_time due) {
    entry& e = it->second;
    e.at = at;
    e.due = due;
    if (at == stage::ready) {
        ready_[index(e.via)].emplace(turn_of(e), it);
        return;
    }
    timers_.emplace(wake{due, e.arrival}, it);
    if (at == stage::flying) flights_.emplace(e.flight, it);
}

void delivery::unplace(entries::iterator it) {
    const entry& e = it->second;
    if (e.at == stage::ready) {
        ready_[index(e.via)].erase(turn_of(e));
        return;
    }
    timers_.erase(wake{e.due, e.arrival});
    if (e.at == stage::flying) flights_.erase(e.flight);
}

void delivery::mark_history(entries::iterator it, bool history) {
    entry& e = it->second;
    const stage at = e.at;
    const mono_time due = e.due;
    unplace(it);
    by_age_[index(e.via)].erase(age_of(e));
    e.history = history;
    by_age_[index(e.via)].emplace(age_of(e), it);
    place(it, at, due);
}

void delivery::remove(entries::iterator it) {
    unplace(it);
    by_age_[index(it->second.via)].erase(age_of(it->second));
    bytes_ -= it->second.envelope.size();
    const alarm_id alarm = it->first.first;
    entries_.erase(it);
    // Nothing of this alarm is left: what comes next of it is no history. Otherwise the newest that was
    // known stays the measure, also after its Ack.
    const auto next = entries_.lower_bound({alarm, revision_number{}});
    if (next == entries_.end() || next->first.first != alarm) newest_.erase(alarm);
}

void delivery::wake_due(mono_time now) {
    while (!timers_.empty() && timers_.begin()->first.first <= now) {
        const auto it = timers_.begin()->second;
        unplace(it);
        place(it, stage::ready);
    }
}

void delivery::send_ready(mono_time now, delivery_outputs& out) {
    for (std::size_t l = 0; l < ready_.size(); ++l) {
        const std::size_t places =
            l == index(lane::p0) ? bounds_.in_flight : bounds_.in_flight - bounds_.in_flight_for_p0_alone;
        while (!ready_[l].empty() && flights_.size() < places) send(now, ready_[l].begin()->second, out);
    }
}

void delivery::send(mono_time now, entries::iterator it, delivery_outputs& out) {
    entry& e = it->second;
    unplace(it);
    ++e.attempts;
    e.flight = ++flight_count_;
    place(it, stage::flying, now + limits::in_flight_at_most);
    out.emplace_back(publish{e.flight, e.via, it->first.first, it->first.second, e.envelope, !e.ever_sent});
    e.ever_sent = true;
}

mono_clock::duration delivery::retry_delay(lane l, unsigned attempts) {
    static constexpr std::array<duration, 4> p0_delays{anban::limits::p0_sent_again_after, 2s, 5s, 10s};
    const unsigned earlier = attempts == 0 ? 0 : attempts - 1;
    if (l == lane::p0) return p0_delays[std::min<std::size_t>(earlier, p0_delays.size() - 1)];
    const duration whole = l == lane::p1 ? doubled(limits::p1_retry_first, limits::p1_retry_most, earlier)
                                         : doubled(limits::p2_retry_first, limits::p2_retry_most, earlier);
    return std::max<duration>(part_of(whole, chance_()), limits::retry_least);
}

} // namespace anban::uplink
