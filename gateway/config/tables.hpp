// What each of the three files of a home directory adds to the house. Usable parts are always taken over; what
// is wrong is told with file, line, column and cure, and a reference into nowhere is left out. Home first, then
// residents, then devices: each refers to what the ones before it named.
//
// Bounds: limits.hpp, a count for each kind of entry.
// Threads: free functions without state; any thread.
#pragma once

#include "gateway/config/error.hpp"
#include "gateway/config/house.hpp"
#include "gateway/config/load.hpp"
#include "gateway/config/toml_text.hpp"

namespace anban {

void read_home(const toml_text::table& root, const driver_names& drivers, house& into, config_errors& errors);
void read_residents(const toml_text::table& root, const driver_names& drivers, house& into, config_errors& errors);
void read_devices(const toml_text::table& root, const driver_names& drivers, house& into, config_errors& errors);

} // namespace anban
