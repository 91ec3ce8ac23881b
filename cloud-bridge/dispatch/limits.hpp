// Every bound of the dispatch centre in one place, with why, and the relations between them checked at
// compile time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "rules/limits.hpp"

namespace anban::dispatch::limits {
using namespace std::chrono_literals;

// Intake. A gateway repeats until it is acknowledged, so what does not fit is only late.
inline constexpr std::size_t message_bytes = 128 * 1024;  // a Birth that names every open alarm of a home
inline constexpr std::size_t arrivals_waiting = 16'384;   // between the broker's thread and the desk
inline constexpr std::size_t arrivals_p0_reserve = 4'096; // of them only life safety may use the last
inline constexpr std::size_t arrivals_a_turn = 64;        // then the operators' requests get their turn

// Memory of the desk. Open alarms always stay; what is trimmed is found in the store.
inline constexpr std::size_t closed_kept = 1'000;  // closed alarms at hand for the page
inline constexpr std::size_t presses_kept = 1'024; // an alarm
inline constexpr std::size_t revisions_kept = 1'024;
inline constexpr std::size_t actions_kept = 512;

// Store.
inline constexpr std::size_t writes_waiting = 16'384; // full: intake answers "busy" and shows all the same
inline constexpr std::size_t write_group = 512;       // write sets in one commit
inline constexpr std::size_t checkpoint_wal_bytes = 1024 * 1024;
inline constexpr auto commit_retry = 1s; // after a failed commit
inline constexpr auto copy_retry = 5s;   // after a failed copy of a file that had failed
inline constexpr auto busy_retry = 5s;   // told to a gateway

// Escalation: a class without a taker. TSA: 97.5 % answered within 60 s, 99 % within 180 s.
inline constexpr auto first_mark = 60s;
inline constexpr auto second_mark = 180s;

// Supervision.
inline constexpr std::uint32_t heartbeat_interval_s = 60; // a third of the default preset (180 s)
inline constexpr auto seen_saved_every = 60s;             // last_seen of a home on disk

inline constexpr std::size_t receipts_under_way = 4'096; // published, the broker's word awaited

// Web.
inline constexpr std::size_t sessions_at_hand = 1'024;
inline constexpr auto session_looked_up_every = 5s; // so long a removed operator may go on
inline constexpr std::size_t request_body_bytes = 64 * 1024;
inline constexpr std::size_t request_header_bytes = 16 * 1024;
inline constexpr std::size_t connections = 256;
inline constexpr auto request_timeout = 15s;
inline constexpr auto idle_timeout = 60s;
inline constexpr std::size_t alarms_a_page = 1'000;
inline constexpr std::size_t note_bytes = 2'000;
inline constexpr auto action_timeout = 10s; // a deferred answer gives up waiting for its commit

// Event stream.
inline constexpr auto stream_comment_every = 5s;
inline constexpr std::size_t stream_replay = 2'048;  // events kept to resume from
inline constexpr std::size_t stream_backlog = 1'024; // events a slow console may lag before it is cut off
inline constexpr std::size_t streams = 64;

// Accounts.
inline constexpr auto session_life = 12h; // one shift
inline constexpr auto token_life = 15min;
inline constexpr std::size_t logins_waiting = 8;          // each costs 64 MiB and some 0.1 s of one thread
inline constexpr std::size_t failures_a_minute = 5;       // of one name from one peer
inline constexpr std::size_t failures_a_minute_peer = 20; // of one peer, whatever names it tries
inline constexpr std::size_t failures_a_minute_name = 30; // of one name, from wherever
inline constexpr std::size_t failures_a_minute_all = 60;
inline constexpr std::size_t password_least = 8; // characters
inline constexpr std::size_t password_most = 256;
inline constexpr std::size_t names_remembered = 1'024; // names, peers and pairs of them

static_assert(failures_a_minute < failures_a_minute_peer && failures_a_minute_peer < failures_a_minute_name &&
              failures_a_minute_name < failures_a_minute_all);
static_assert(arrivals_p0_reserve < arrivals_waiting);
static_assert(write_group <= writes_waiting);
static_assert(anban::limits::envelope_bytes < message_bytes);
static_assert(first_mark < second_mark);
static_assert(stream_backlog <= stream_replay, "who was cut off for lagging can resume");
static_assert(stream_comment_every < idle_timeout);

} // namespace anban::dispatch::limits
