// The signals that readings speak of: declared once, with unit, kind and physical range.
//
// A momentary signal is an event that has no duration (a press); a state holds until the next reading or
// until its device falls silent, and is then unknown. A value outside its physical range is a device
// fault, never a reading. Ranges are of the quantity, not of a healthy person.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace anban {

enum class signal : std::uint8_t {
    sos = 1,     // red key, pull cord
    service = 2, // green key: please come
    cancel = 3,  // the wearer withdrew a suspected fall at the device
    fall = 4,    // a detector suspects a fall
    bed_occupied = 5,
    presence = 6,
    motion = 7,
    door_open = 8,
    heart_rate = 9,
    respiration = 10,
    spo2 = 11,
    temperature = 12,
    systolic = 13,
    diastolic = 14,
    battery = 15,
    link_quality = 16,
    tamper = 17,
    smoke = 18,
    gas = 19,
    carbon_monoxide = 20,
    water = 21,
    mains = 22,
    online = 23,
    battery_low = 24,
    vibration = 25,
    seat_occupied = 26,
    alert = 27,         // NEWS2's consciousness: false is any of confusion, voice, pain, unresponsive
    on_oxygen = 28,     // breathes added oxygen
    weight = 29,        // of the body
    water_use = 30,     // since the meter's last report
    visit_started = 31, // a caregiver checked in at the bed
    visit_ended = 32,   // and out
    activity = 33,      // computed: whatever shows that somebody is up and about
    news2 = 34,         // computed: the whole score, all seven inputs known
    news2_single = 35,  // computed: the largest single score among the known inputs
};

enum class signal_kind : std::uint8_t { momentary, boolean, quantity };

// What a signal says about somebody being up and about.
enum class activity_kind : std::uint8_t { none, while_true, each_change };

struct signal_facts {
    signal what;
    std::string_view name; // as rules and messages write it
    signal_kind kind;
    std::string_view unit; // empty where there is none
    double least;          // inclusive
    double most;           // inclusive
    bool life_safety;      // travels on the durable session and is never shed
    activity_kind shows = activity_kind::none;
    bool computed = false; // made by the engine; no device sends it
};

[[nodiscard]] std::span<const signal_facts> all_signals() noexcept;
[[nodiscard]] const signal_facts& facts_of(signal s) noexcept;
[[nodiscard]] std::optional<signal> signal_from_name(std::string_view name) noexcept;
[[nodiscard]] inline std::string_view name_of(signal s) noexcept {
    return facts_of(s).name;
}

} // namespace anban
