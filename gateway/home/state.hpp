// What of the home must survive: the fold of all journal records. A `home_delta` holds the new value of
// whatever one step changed; applying the deltas in order rebuilds the state, and applying one twice does
// no harm.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/alarm_book.hpp"
#include "rules/ids.hpp"
#include "rules/time.hpp"

namespace anban {

// A revision that the centre has not acknowledged.
struct outbox_entry {
    alarm_id alarm;
    revision_number revision;
    lane via = lane::p0;
    std::string envelope;
    friend bool operator==(const outbox_entry&, const outbox_entry&) = default;
};

// A frame that was heard, to know its repeats and to answer them.
struct remembered_frame {
    std::optional<frame_key> key;
    std::uint64_t content = 0;
    stamp at;
    std::int64_t mono_ns = 0;      // in the boot of the record that holds it
    std::optional<alarm_id> alarm; // what it became
    friend bool operator==(const remembered_frame&, const remembered_frame&) = default;
};

// What is known of an event that a device tells as a state (standing_event); no degree: it is forgotten.
struct known_standing {
    device_id device;
    signal what = signal::sos;
    std::optional<std::uint8_t> degree;
    friend bool operator==(const known_standing&, const known_standing&) = default;
};

// Where a device that nobody entered is reached, for the answers to its frames.
struct stranger_address {
    device_id device;
    std::string driver;
    std::string address;
    friend bool operator==(const stranger_address&, const stranger_address&) = default;
};

// The engine's state and when it was taken, so that a restart knows how long it stood still.
struct saved_rules {
    std::string snapshot;
    stamp wall;
    std::uint64_t boot_id = 0;
    std::int64_t mono_ns = 0;
    friend bool operator==(const saved_rules&, const saved_rules&) = default;
};

// Who did what, for the audit trail. Kept beside the state and no part of it.
struct audit_event {
    enum class kind : std::uint8_t {
        started = 1,
        raised,           // an alarm began
        pressed,          // a further press of an open one
        judged,           // confirmed, cancelled or cleared by its rule
        taken,            // by a person at the centre
        on_the_way,       // help is
        closed,           // by a person
        close_refused,    // its closer had not seen the newest press
        test_opened,      // a press of this device is announced as a test
        shelved,          // a rule was put away
        unshelved,        // and taken back
        house_changed,    // the configuration
        restored,         // a backup was played in
        journal_replaced, // the file was set aside and a new one begun
        journal_mended,   // nothing could be written for a while; it can again
    };
    kind what = kind::started;
    alarm_id alarm;
    device_id device;
    std::string who;  // whom it concerns or who did it, as far as the box knows
    std::string text; // the rest, in English
    friend bool operator==(const audit_event&, const audit_event&) = default;
};

[[nodiscard]] std::string_view name_of(audit_event::kind k) noexcept;

struct home_delta {
    bool complete = false;              // a snapshot: forget everything before it
    std::optional<std::uint32_t> start; // a start of the daemon
    // New value of each that changed; of its presses only those that are new: a row stays small, however often
    // somebody presses.
    std::vector<alarm_state> alarms;
    std::vector<alarm_id> forgotten; // closed ones that were let go
    std::vector<outbox_entry> queued;
    std::vector<std::pair<alarm_id, revision_number>> acknowledged;
    std::vector<std::pair<device_id, remembered_frame>> frames;
    std::vector<stranger_address> strangers;
    std::vector<known_standing> standing;
    std::optional<saved_rules> rules;
    std::optional<stamp> restored; // a backup of this moment was played in: what it tells may be long over
    bool restore_settled = false;  // the centre has been asked; `restored` is over
    stamp wall;
    std::vector<audit_event> events;
    friend bool operator==(const home_delta&, const home_delta&) = default;
};

struct home_state {
    std::uint32_t start = 0;
    std::map<alarm_id, alarm_state> alarms;
    std::deque<outbox_entry> outbox; // in the order they were made
    std::map<device_id, std::deque<remembered_frame>> frames;
    std::map<device_id, stranger_address> strangers;              // with frames; at most limits::strangers
    std::map<device_id, std::map<signal, std::uint8_t>> standing; // at most one a signal and known device
    saved_rules rules;
    std::optional<stamp> restored; // from a backup of this moment, and not yet settled with the centre
    stamp wall;                    // of the last record: a floor for the clock
    friend bool operator==(const home_state&, const home_state&) = default;

    void apply(const home_delta& delta);
    void remember(const device_id& device, const remembered_frame& frame);
    // The degree last heard; nothing where none was.
    [[nodiscard]] std::optional<std::uint8_t> stands(const device_id& device, signal what) const;
    void keep(const known_standing& one);
    void keep(const alarm_state& changed);
    // True if it was there.
    bool drop_from_outbox(const alarm_id& alarm, revision_number revision);
    // A delta that alone rebuilds all of this.
    [[nodiscard]] home_delta whole() const;
};

} // namespace anban
