// Every bound of the gateway in one place, with why, and the relations between them checked at compile
// time. What happens at a bound is always a tested result: the lowest priority goes first, nothing grows.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace anban::limits {
using namespace std::chrono_literals;

// Identities and texts.
inline constexpr std::size_t id_bytes = 64;        // fits a topic level and a certificate's CN
inline constexpr std::size_t title_bytes = 256;    // a rule's title, a room's name
inline constexpr std::size_t evidence_bytes = 512; // one sentence of evidence

// A message on the home broker. Events of every family seen are below 4 KiB; descriptions of a Zigbee
// network (bridge/devices) reach several hundred KiB.
inline constexpr std::size_t event_bytes = 16 * 1024;
inline constexpr std::size_t description_bytes = 1024 * 1024;
inline constexpr std::size_t observations_per_frame = 64;

// A home. The largest family care home in use has about 40 devices.
inline constexpr std::size_t devices = 256;
inline constexpr std::size_t residents = 16;
inline constexpr std::size_t rooms = 64;
inline constexpr std::size_t beds = 64;
inline constexpr std::size_t rules_per_resident = 128;
inline constexpr std::size_t packs_per_resident = 16;
inline constexpr std::size_t overrides_per_resident = 64;
inline constexpr std::size_t centre_hosts = 8;
inline constexpr std::size_t native_id_bytes = 32;            // the device's own buffer, see native.options
inline constexpr std::size_t config_file_bytes = 1024 * 1024; // 256 devices need about 60 KiB
inline constexpr auto reports_every_least = 1s;
inline constexpr auto reports_every_most = std::chrono::hours{24 * 31};
inline constexpr std::size_t faults = 512;    // devices plus the box; a stranger per key is bounded below
inline constexpr std::size_t strangers = 256; // devices heard that nobody entered

// Repeats (see home.hpp).
inline constexpr auto repeat_window = 10min;      // same key and content within it: the same press
inline constexpr auto keyless_repeat_window = 1s; // no key: an equal payload within it does not ring again
inline constexpr auto standing_patience = 10min;  // an event told as a state that nobody ends is a fault by then
// A call button that calls so often is told as suspect too, until it has been quiet for a while (F6).
inline constexpr std::size_t chatter_presses = 3;
inline constexpr auto chatter_within = 60s;
inline constexpr auto chatter_quiet = 10min;
// So long after the last impossible value, a sound one ends the fault.
inline constexpr auto implausible_quiet = 10min;
static_assert(chatter_within >
              (chatter_presses - 1) * keyless_repeat_window);   // what is marked a repeat doesn't count
inline constexpr std::size_t remembered_frames_per_device = 64; // a device keeps 32 unanswered frames at most

// Rule packs.
inline constexpr std::size_t pack_bytes = 64 * 1024;
inline constexpr std::size_t pack_errors = 20;
inline constexpr std::size_t unless_terms = 8; // the engine keeps one value for each
inline constexpr std::size_t rule_nodes = 32;  // of all conditions of one rule together
inline constexpr std::size_t rule_depth = 12;
inline constexpr std::size_t rule_parameters = 16;
inline constexpr std::size_t inhibitors = 8;
inline constexpr std::size_t window_panes = 16; // a window's error is one pane
inline constexpr auto shortest_window = 16ms;
inline constexpr auto longest_duration = std::chrono::hours{24 * 31};
inline constexpr std::size_t baseline_bins = 128;
inline constexpr std::size_t baseline_days = 28;
inline constexpr std::size_t baseline_least_days = 5; // fewer say nothing about what is usual
inline constexpr std::size_t shelves = 64;
inline constexpr auto longest_shelf = std::chrono::hours{24 * 31};
// The state of all rules in a record: a timer that begins or ends is kept at once, but where a value hovers at a
// limit only once a minute; what else moved goes along now and then.
inline constexpr std::size_t rule_state_bytes = 48 * 1024; // beyond it values are left out, see engine::snapshot
inline constexpr std::size_t rule_saves = 60;
inline constexpr auto rule_save_again = 1min;
inline constexpr auto rule_state_every = 10min;
inline constexpr auto blind_patience = 1h; // a rule that can't judge for so long is a fault
inline constexpr auto blind_check = 10min;
inline constexpr std::size_t zone_changes = 64;  // two a year for three decades
inline constexpr std::size_t prover_ways = 1024; // of one condition to be true; 16 leaves make a few

// Tests announced by a person.
inline constexpr auto test_window = 5min;

// Alarms. An open alarm keeps its newest presses only; every press is a record at the centre.
inline constexpr std::size_t open_alarms = 512;
inline constexpr std::size_t closed_alarms_kept = 200;
inline constexpr std::size_t presses_kept = 32;
inline constexpr std::size_t askers = 8;        // devices that are told about one alarm
inline constexpr std::size_t evidence_kept = 8; // readings that travel with a revision

// Delivery.
inline constexpr std::size_t outbox_entries = 20'000; // 72 h without a link and a burst of 5,000, with room
inline constexpr std::size_t envelope_bytes = 8 * 1024;
inline constexpr auto answer_not_delivered_after = 10s;
// How a revision travels on a session that stands: kept by the uplink, promised by the prover. The first time
// without the centre's Ack after which it is sent again, by lane; technical ones wait by chance before their first
// try besides, so that a power cut in a street is no storm (DISPATCH, lanes).
inline constexpr auto p0_sent_again_after = 1s;
inline constexpr auto p1_sent_again_after = 2s;
inline constexpr auto p2_sent_again_after = 10s;
inline constexpr auto p2_first_sent_after = 30s;
static_assert(p0_sent_again_after < answer_not_delivered_after &&
              p1_sent_again_after < answer_not_delivered_after);

// Queues between threads.
inline constexpr std::size_t ingest_queue = 16'384;        // frames waiting for the core
inline constexpr auto shedding_over = 1min;                // without a shed frame: a storm comes in waves
inline constexpr std::size_t waiting_publications = 4'096; // answers on their way to the broker
inline constexpr std::size_t journal_queue = 16'384;       // records waiting for the journal's thread
inline constexpr std::size_t journal_group = 512;          // records in one commit
inline constexpr std::size_t watchers = 16;                // `anban watch` at a time
inline constexpr std::size_t watcher_backlog = 256; // events a slow watcher may lag before it is told of a gap

// The control socket. A request is at most a device with all its fields; an answer may be larger.
inline constexpr std::size_t control_connections = 32;
inline constexpr std::size_t control_request_bytes = 64 * 1024;
inline constexpr auto control_patience = 30s; // for the next request of a peer that doesn't watch
inline constexpr auto control_farewell = 2s;  // for a slow watcher to read why it is cut off

// Recordings of the past, for back-tests and `why-not`.
inline constexpr std::size_t readings_queue = 16'384; // waiting for the next group
inline constexpr auto readings_kept_for = std::chrono::hours{24 * 62};
inline constexpr std::uint64_t readings_bytes = 256 * 1024 * 1024; // two months of ten devices and a 1 Hz bed mat
inline constexpr std::size_t recording_samples = 20'000'000;       // half a year of that mat; 480 MB
inline constexpr std::size_t recorded_devices = 1'024;
inline constexpr std::size_t picture_marks = 5'000;

// Journal.
inline constexpr std::size_t journal_record_bytes = 64 * 1024;
inline constexpr std::size_t records_between_snapshots =
    2'000; // replay reads at most this many: well under 100 ms
// Who did what is kept for half a year, and while the whole file is smaller than this; a busy home (500 entries of
// 150 bytes a day) needs 15 MB.
inline constexpr auto audit_kept_for = std::chrono::hours{24 * 184};
inline constexpr std::int64_t audit_file_bytes = 64 * 1024 * 1024;
inline constexpr std::int64_t audit_dropped_at_once = 4'000;
// Given up when the disk is full: what 300 further alarms need. It is taken again where as much is left beside it.
inline constexpr std::size_t journal_reserve_bytes = 4 * 1024 * 1024;

static_assert(audit_dropped_at_once > static_cast<std::int64_t>(records_between_snapshots),
              "the audit trail loses as fast as it can grow");
static_assert(rule_state_bytes + envelope_bytes < journal_record_bytes, "a press and the state that it makes");
static_assert(envelope_bytes < journal_record_bytes, "an outbox entry must fit in its record");
static_assert(event_bytes < description_bytes);
static_assert(keyless_repeat_window < repeat_window);
static_assert(watchers < control_connections, "a technician gets in while others watch");
static_assert(journal_group <= journal_queue);
static_assert(outbox_entries > 3 * 5'000, "a burst of 5,000 on top of an outage must fit");

} // namespace anban::limits
