// Recordings as text: our own form, and the tables of binary sensors that research homes are published in.
//
// Our own form is CSV in UTF-8. Lines that begin with '#' describe the home:
//
//   # zone +08:00
//   # device mat-1 reports_every 60 s
//   time,device,subject,room,signal,value,quality
//   2026-11-01T08:15:00.250Z,mat-1,resident:r-wang,bedroom,bed_occupied,1,good
//
// `subject` is home, resident:ID or bed:ID. A row of another column count, an unknown signal or a time that
// can't be read is an error with its line; nothing is skipped in silence.
//
// The other form has the header start,end,sensor_id,name,kind,place with local times: each row is a sensor
// that was on from start to end. Kinds: motion, pressure, contact, mercury_contact, flow, power; places
// are given the language's general room names.
//
// Bounds: limits::recording_samples readings, limits::recorded_devices devices.
// Threads: free functions without state.
#pragma once

#include <expected>
#include <iosfwd>
#include <string>

#include "rules/backtest/recording.hpp"

namespace anban {

// "home.csv:17: there is no signal 'hart_rate'".
using recording_error = std::string;

[[nodiscard]] std::expected<recording, recording_error> read_recording(std::istream& from, std::string_view name);

void write_recording(std::ostream& to, const recording& r);

// The general room name of a place that a published home names, e.g. "KitchStor": "kitchen".
[[nodiscard]] std::string general_room(std::string_view place);

} // namespace anban
