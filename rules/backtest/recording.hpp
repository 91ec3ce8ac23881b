// What a home said over days or weeks, for running rules over it again: compact, in order, with the home as
// it was installed.
//
// Bounds: limits::recording_samples samples.
// Threads: a value.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/installation.hpp"
#include "rules/reading.hpp"

namespace anban {

struct sample {
    utc_time at{};
    std::uint16_t device = 0; // index into recording::where.devices
    signal what = signal::motion;
    quality how = quality::good;
    double value = 0;
};

struct recording {
    std::string name;
    installation where;
    std::vector<sample> samples; // by time; those of one moment in the order in which they were heard
};

// Puts samples in order of time, those of one moment as they stood.
void sort_by_time(recording& r);

} // namespace anban
