// A home in which something comes true at one moment, heard by devices that report as late as they may: the
// engine is run on what they say, and the time until it tells is measured.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "rules/engine/engine.hpp"
#include "tests/rules/prover/written.hpp"

namespace anban::written {

// One run: when it comes true, and what chance decided about it.
struct run {
    nanoseconds onset{0};
    bool late = false; // everything as late as it may be
    device_id carrier; // the one device that surely says it
    double x = 0;      // [0, 1), for whatever else a scene wants to vary
};

// What a device measures at a moment after (or before) the onset. Nothing: it can't tell.
using measured = std::function<std::optional<double>(const device_id&, signal, nanoseconds since, const run&)>;

struct happening {
    device_id device;
    signal what = signal::fall;
    nanoseconds since{0}; // from the onset
};

struct scene {
    std::string name;
    installation where;
    language::effective_rules rules; // the last one is the one that is proven
    measured says;
    std::function<std::vector<happening>(const run&)> happens; // momentary signals
    nanoseconds before{0}; // how long the world stands before the onset; at least four intervals are added
    // Where only some onsets are meant: the moment next to the wanted one.
    std::function<nanoseconds(nanoseconds)> onset_at;
    condition_change::kind told = condition_change::kind::began;
    // A seed at which the slowest device has just reported the opposite when it comes true.
    bool right_after_a_report = true;
};

struct outcome {
    std::optional<nanoseconds> told; // since the onset
    bool too_early = false;          // it is active already at the onset: the scene is wrong
};

// The same seed gives the same run. `slowest` is the device that the bound names, if it names one.
[[nodiscard]] outcome play(const scene& s, const device_id& slowest, nanoseconds bound, std::uint64_t seed);

} // namespace anban::written
