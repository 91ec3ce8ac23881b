// What the properties of Zigbee2MQTT's device objects mean, in one table.
//
// Threads: free functions without state; any thread.
#pragma once

#include "device-drivers/driver.hpp"
#include "device-drivers/zigbee2mqtt/flat_json.hpp"

namespace anban::drivers {

// Observations of all that the object says and we know, at most limits::observations_per_frame (the table
// is shorter than that). What was said and not understood goes into the note. A value that is null or
// outside the signal's physical range is no reading.
void read_properties(const flat_object& object, decoded& into);

// True for an action of a button that calls for help: "emergency", "sos", "panic", "help", also of one of
// several endpoints ("sos_2").
[[nodiscard]] bool calls_for_help(std::string_view action) noexcept;

} // namespace anban::drivers
