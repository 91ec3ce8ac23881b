// Which revision is sent next, and when again: every decision of the uplink about alarms, pure. It holds
// what anband handed over and the centre has not acknowledged, and forgets it with the process: anband
// hands over again.
//
// Order: lane by lane, p0 first. Within a lane what was never sent in this session goes before repeats,
// the newest revision of an alarm before its older ones (history), and the newest arrival before the
// others: after an outage the centre sees how things stand before how they came to be. p0 and p1 go at
// once when a session stands, p2 after 0 to 30 s.
//
// Again, without an Ack: p0 after 1, 2, 5, 10, 10 … s for ever; p1 after a random part of 2, 4 … 60 s; p2 of
// 10 s … 5 min; counted from when the broker had it. A Nack "busy" sets the time itself. After a reconnect
// everything is sent again at once, as if new. Only an Ack of the same alarm, revision and content ends it.
//
// Bounds (limits.hpp): revisions, bytes, publications in flight with places that only p0 may take. When
// full, the lowest lane sheds its oldest history first; p0 is never shed: where only p0 is left, what
// comes is not taken. What was shed or not taken is asked for again (`ask_again`) when half of the room is free.
//
// Threads: one. Time and chance are arguments.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "cloud-bridge/protocol/codec.hpp"
#include "cloud-bridge/uplink/limits.hpp"
#include "cloud-bridge/uplink/local_frames.hpp"
#include "rules/time.hpp"

namespace anban::uplink {

// ---- Inputs ---------------------------------------------------------------------------------------

struct session_began {}; // connected, subscribed, birth handed over
struct session_ended {};
// The broker has a publication, or the network gave it back.
struct flight_ended {
    std::uint64_t flight = 0;
    bool arrived = true;
};
// anband has connected (again). What it had given before its commit it gives again, if it lives on; if it has
// died, the device says it again, and another revision tells it: the first would make two alarms of one press.
struct anband_came {};
struct tick {};

using delivery_input = std::variant<deliver_request, forget_request, anband_came, session_began, session_ended,
                                    flight_ended, wire::ack, wire::nack, tick>;

// ---- Outputs --------------------------------------------------------------------------------------

// Hand to the network now, QoS 1.
struct publish {
    std::uint64_t flight = 0; // never used twice
    lane via = lane::p0;
    alarm_id alarm;
    revision_number revision;
    std::string envelope;
    bool first = false; // for the first time at all: tell anband when it was handed over
};
// Not kept for want of room; for the log.
struct shed {
    alarm_id alarm;
    revision_number revision;
    lane via = lane::p2;
};
// There is room again: have anband hand over all that it has no Ack for.
struct ask_again {};

using delivery_output = std::variant<publish, shed, ask_again>;
using delivery_outputs = std::vector<delivery_output>;

struct delivery_bounds {
    std::size_t revisions = limits::queued_revisions;
    std::size_t bytes = limits::queued_bytes;
    std::size_t in_flight = limits::in_flight;
    std::size_t in_flight_for_p0_alone = limits::in_flight_for_p0_alone;
};

class delivery {
public:
    // `chance` gives numbers in [0, 1).
    explicit delivery(std::function<double()> chance, delivery_bounds bounds = {});

    [[nodiscard]] delivery_outputs step(mono_time now, const delivery_input& in);
    // When `tick` must come; nothing while there is no session or nothing to wait for.
    [[nodiscard]] std::optional<mono_time> next_deadline() const;

    [[nodiscard]] std::size_t queued() const noexcept { return entries_.size(); }
    [[nodiscard]] std::size_t queued(lane l) const noexcept { return by_age_[index(l)].size(); }
    [[nodiscard]] bool in_session() const noexcept { return in_session_; }

private:
    using key = std::pair<alarm_id, revision_number>;
    enum class stage : std::uint8_t { ready, waiting, flying };
    // Ready ones in the order in which they are sent: (a repeat, history, newest arrival first).
    using turn = std::tuple<bool, bool, std::int64_t>;
    // Kept ones in the order in which they are shed: history before newest states, oldest first.
    using age = std::pair<bool, std::int64_t>;
    // Ties in time are broken by arrival.
    using wake = std::pair<mono_time, std::int64_t>;

    struct entry {
        lane via = lane::p0;
        std::string envelope;
        std::int64_t arrival = 0;
        stage at = stage::ready;
        bool history = false;
        bool comes_again = false;
        bool ever_sent = false;
        unsigned attempts = 0; // in this session
        std::uint64_t flight = 0;
        mono_time due{}; // waiting: send then; flying: lost then
    };
    using entries = std::map<key, entry>;

    [[nodiscard]] static std::size_t index(lane l) noexcept { return static_cast<std::size_t>(l); }
    [[nodiscard]] static turn turn_of(const entry& e) noexcept { return {e.attempts > 0, e.history, -e.arrival}; }
    [[nodiscard]] static age age_of(const entry& e) noexcept { return {!e.history, e.arrival}; }

    void on(mono_time now, const deliver_request& d, delivery_outputs& out);
    void on(mono_time now, const forget_request& f, delivery_outputs& out);
    void on(mono_time now, const anband_came&, delivery_outputs& out);
    void on(mono_time now, const session_began&, delivery_outputs& out);
    void on(mono_time now, const session_ended&, delivery_outputs& out);
    void on(mono_time now, const flight_ended& f, delivery_outputs& out);
    void on(mono_time now, const wire::ack& a, delivery_outputs& out);
    void on(mono_time now, const wire::nack& n, delivery_outputs& out);
    void on(mono_time, const tick&, delivery_outputs&) {}

    [[nodiscard]] bool make_room(lane for_lane, std::size_t bytes, delivery_outputs& out);
    void begin_turn(mono_time now, entries::iterator it);
    void place(entries::iterator it, stage at, mono_time due = {});
    void unplace(entries::iterator it);
    void mark_history(entries::iterator it, bool history);
    void remove(entries::iterator it);
    void wake_due(mono_time now);
    void send_ready(mono_time now, delivery_outputs& out);
    void send(mono_time now, entries::iterator it, delivery_outputs& out);
    [[nodiscard]] mono_clock::duration retry_delay(lane l, unsigned attempts);

    std::function<double()> chance_;
    delivery_bounds bounds_;
    entries entries_;
    std::map<alarm_id, revision_number> newest_;
    std::array<std::map<turn, entries::iterator>, 4> ready_;
    std::array<std::map<age, entries::iterator>, 4> by_age_;
    std::map<wake, entries::iterator> timers_;
    std::map<std::uint64_t, entries::iterator> flights_;
    std::size_t bytes_ = 0;
    std::int64_t arrivals_ = 0;
    std::uint64_t flight_count_ = 0;
    bool in_session_ = false;
    bool owes_ = false; // something was shed and must be asked for again
};

} // namespace anban::uplink
