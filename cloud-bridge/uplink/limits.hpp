// Bounds of anban-uplink (those of the gateway are in rules/limits.hpp).
#pragma once

#include <chrono>
#include <cstddef>

#include "cloud-bridge/protocol/limits.hpp"
#include "rules/limits.hpp"

namespace anban::uplink::limits {
using namespace std::chrono_literals;

// ---- The local socket ------------------------------------------------------------------------------

// One message on the Unix socket. The longest is the Birth in a Hello.
inline constexpr std::size_t frame_bytes = 64 * 1024;
// What may wait for a slow reader of the socket before the connection is given up: anband hands over its
// whole outbox after a reconnect and must not be taken for a slow one.
inline constexpr std::size_t link_backlog_bytes = 1024 * 1024;
inline constexpr auto link_retry_first = 100ms;
inline constexpr auto link_retry_most = 2s;

static_assert(anban::limits::open_alarms * wire::limits::open_alarm_bytes + 2 * 1024 < frame_bytes);
static_assert(anban::limits::envelope_bytes + 1024 < frame_bytes);

// ---- Delivery --------------------------------------------------------------------------------------

// As many revisions as anband's outbox can hold, so that an honest anband never meets this bound.
inline constexpr std::size_t queued_revisions = anban::limits::outbox_entries;
// The revisions of an alarm are 300 to 600 bytes long; this bounds the memory if all are longer.
inline constexpr std::size_t queued_bytes = 16 * 1024 * 1024;

// Publications given to the network and not yet acknowledged by the broker. Mosquitto takes 20 at a time
// from a client (max_inflight_messages); what is more would wait inside Paho, first come first served, and
// a p0 behind it.
inline constexpr std::size_t in_flight = 16;
inline constexpr std::size_t in_flight_for_p0_alone = 4;
// A broker that has not acknowledged a publication by then has lost it or the session is dead.
inline constexpr auto in_flight_at_most = 20s;

// Retries without an Ack of the centre, counted from when the broker had it.
inline constexpr auto p1_retry_first = anban::limits::p1_sent_again_after;
inline constexpr auto p1_retry_most = 60s;
inline constexpr auto p2_first_delay = anban::limits::p2_first_sent_after;
inline constexpr auto p2_retry_first = anban::limits::p2_sent_again_after;
inline constexpr auto p2_retry_most = 5min;
inline constexpr auto retry_least = 1s; // full jitter may draw 0; an Ack needs a moment
// How long a Nack can keep a revision waiting, and what a Nack means that no retry will cure.
inline constexpr auto busy_least = 500ms;
inline constexpr auto busy_most = 60s;
inline constexpr auto refused_retry = 60s;

static_assert(in_flight_for_p0_alone < in_flight);
static_assert(in_flight <= 20, "mosquitto's max_inflight_messages");
static_assert(queued_bytes > 1000 * anban::limits::envelope_bytes);

// ---- The session -----------------------------------------------------------------------------------

inline constexpr auto keep_alive = 20s; // at most 25 s in every preset
inline constexpr auto tcp_user_timeout = 20s;
inline constexpr auto connect_timeout = 10s;   // one host; the next one follows
inline constexpr auto connect_watchdog = 20s;  // Paho has not called back at all
inline constexpr auto reconnect_first = 500ms; // doubles; each delay is drawn between the least and it
inline constexpr auto reconnect_least = 250ms;
inline constexpr auto reconnect_most = 30s;
inline constexpr auto reconnect_most_for_p0 = 1s;
inline constexpr auto birth_again_first = 5s; // until the centre greets; doubles, full jitter
inline constexpr auto birth_again_most = 60s;
inline constexpr auto heartbeat_first = 60s;
inline constexpr auto heartbeat_least = 6s;
inline constexpr auto heartbeat_most = 300s;
inline constexpr auto pulse = 500ms;          // a message to itself; see mqtt_session.hpp
inline constexpr auto pulse_lost_after = 10s; // none came back: the link is half open
inline constexpr std::size_t hosts = 8;

static_assert(keep_alive <= 25s);
static_assert(connect_timeout < connect_watchdog);
static_assert(pulse * 4 < pulse_lost_after);

} // namespace anban::uplink::limits
