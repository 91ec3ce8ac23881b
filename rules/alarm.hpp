// An alarm: one open matter of one home that a person must end. And a revision: everything that the
// centre is told about one alarm at one moment, complete in itself, so that any one of them is enough to
// show the alarm and the newest wins.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rules/alarm_class.hpp"
#include "rules/ids.hpp"
#include "rules/signal.hpp"
#include "rules/time.hpp"

namespace anban {

// The id follows from what happened: SHA-256, cut to 128 bits, over gateway, rule, subject, cause and
// occurrence. The same cause gives the same id after a crash, a redelivery or a replay.
// `occurrence` counts how often an alarm of this very cause has been closed before (a condition that goes on).
[[nodiscard]] alarm_id derive_alarm_id(const gateway_id& gateway, const rule_id& rule, const subject& who,
                                       const cause& why, std::uint32_t occurrence) noexcept;

// Where the condition behind the alarm stands. Independent of what people have done about it.
enum class alarm_phase : std::uint8_t {
    suspected = 1, // told at once, its hold still runs
    active = 2,    // confirmed, or a rule without a hold
    cleared = 3,   // the condition is over; only a person closes
    cancelled = 4, // the hold was ended by its own declared condition; only a person closes
};

[[nodiscard]] std::string_view name_of(alarm_phase p) noexcept;

// How far people have come with it.
enum class alarm_progress : std::uint8_t { open = 1, taken = 2, on_the_way = 3, closed = 4 };

[[nodiscard]] std::string_view name_of(alarm_progress p) noexcept;

// One event of a device that belongs to an alarm. The centre counts these: press records = presses.
struct press {
    cause from;
    signal what = signal::sos;
    stamp at;
    bool repeat = false; // told again in other words within a second; recorded, does not ring again
    friend bool operator==(const press&, const press&) = default;
};

// What a rule saw, for the person who must judge it.
struct evidence {
    device_id device;
    signal what = signal::sos;
    double value = 0;
    stamp at;
    friend bool operator==(const evidence&, const evidence&) = default;
};

// What is sent of one alarm at one moment.
struct alarm_revision {
    alarm_id id;
    revision_number number;
    rule_id rule;
    std::string title_zh;
    std::string title_en;
    alarm_class of = alarm_class::life_safety;
    priority urgency = priority::high;
    alarm_phase phase = alarm_phase::active;
    alarm_progress progress = alarm_progress::open;
    subject who;
    room_id room;
    device_id device; // the one that spoke last
    bool test = false;
    bool unregistered = false; // the device is not in devices.toml
    // The gateway refused a close that had not seen its newest call: whoever closed it must look again. Of that
    // one revision; the alarm's state doesn't keep it.
    bool close_refused = false;
    stamp raised; // of the first press or the condition's beginning
    std::uint32_t press_count = 0;
    std::optional<press> news;  // the press that made this revision; none where something else did
    std::vector<evidence> seen; // at most 8, newest last
    std::string because;        // one sentence, in English; the centre words its own by rule and phase
    friend bool operator==(const alarm_revision&, const alarm_revision&) = default;
};

} // namespace anban
