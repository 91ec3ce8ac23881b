// What of the home must survive: the fold of all journal records. A `home_delta` holds the new value of
// whatever one step changed; applying the deltas in order rebuilds the state, and applying one twice does
// no harm.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/alarm.hpp"
#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace anban {

// One alarm as the gateway knows it.
struct alarm_state {
    alarm_revision newest;                 // the last revision made
    std::vector<press> presses;            // the newest limits::presses_kept
    revision_number last_press;            // the revision that carried the newest press
    cause first_cause;
    std::optional<std::pair<device_id, frame_key>> asker; // whom to answer, the newest press that wants it
    revision_number acked;                 // newest revision that the centre has
    std::string closing_code;
    stamp closed_at;
    bool adopted = false;                  // known from the centre only
    friend bool operator==(const alarm_state&, const alarm_state&) = default;
};

// A revision that the centre has not acknowledged.
struct outbox_entry {
    alarm_id alarm;
    revision_number revision;
    lane via = lane::p0;
    std::string envelope;
    friend bool operator==(const outbox_entry&, const outbox_entry&) = default;
};

// A frame that was heard, to know its repeats.
struct remembered_frame {
    std::optional<frame_key> key;
    std::uint64_t content = 0;
    stamp at;
    friend bool operator==(const remembered_frame&, const remembered_frame&) = default;
};

struct home_delta {
    bool complete = false;                 // a snapshot: forget everything before it
    std::optional<std::uint32_t> start;    // a start of the daemon
    std::vector<alarm_state> alarms;       // new value of each that changed
    std::vector<outbox_entry> queued;
    std::vector<std::pair<alarm_id, revision_number>> acknowledged;
    std::vector<std::pair<device_id, remembered_frame>> frames;
    std::map<std::string, std::uint32_t> closings; // hex of an id with occurrence 0 → how often closed
    std::optional<std::string> rules;      // the engine's snapshot
    std::optional<std::string> proven;     // reserved for commissioning facts
    stamp wall;
    std::uint64_t boot_id = 0;
    std::int64_t mono_ns = 0;
};

struct home_state {
    std::uint32_t start = 0;
    std::map<alarm_id, alarm_state> alarms;
    std::deque<outbox_entry> outbox;       // in the order they were made
    std::map<device_id, std::deque<remembered_frame>> frames;
    std::map<std::string, std::uint32_t> closings;
    std::string rules;
    stamp wall;                            // of the last record: a floor for the clock
    std::uint64_t boot_id = 0;
    std::int64_t mono_ns = 0;

    void apply(const home_delta& delta);
};

} // namespace anban
