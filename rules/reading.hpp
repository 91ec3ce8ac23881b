// A reading: what a device said, once. Decoders make `observation`s; the home adds who and where and
// makes `reading`s of them, and from there nothing is decoded again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "rules/ids.hpp"
#include "rules/signal.hpp"
#include "rules/time.hpp"

namespace anban {

enum class quality : std::uint8_t {
    good,
    suspect, // the device itself doubts it (artefact, poor contact)
    unknown, // the device says that it has no value: the state becomes unknown
};

// What a frame says about one signal. `value` is in the signal's unit; 1 or 0 for a boolean state, 1 for
// an event.
struct observation {
    signal what = signal::sos;
    double value = 0;
    quality how = quality::good;
    std::optional<std::chrono::milliseconds> age; // how long before the frame was sent, where it says so
};

// An event that a device's family tells as a state and repeats from a cache: whether it stands just now. Only
// its beginning is news, and only the home knows what stood before.
struct standing_event {
    signal what = signal::sos;
    std::uint8_t degree = 0; // 0: it doesn't stand; other numbers tell degrees apart (maybe a fall, a fall)
    quality how = quality::good;
};

struct reading {
    signal what = signal::sos;
    double value = 0;
    quality how = quality::good;
    cause from;     // device and frame
    subject who;    // resolved by the home from the device's role
    room_id room;   // where the device is; empty for a worn device
    mono_time at{}; // when it was heard; event time where the device gave an age
    stamp wall{};
    bool test = false; // inside an announced test window
};

} // namespace anban
