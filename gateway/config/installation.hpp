// What the rules need to know of a house: who speaks for whom from where, and which signals they give.
//
// Threads: free function without state.
#pragma once

#include "gateway/config/house.hpp"
#include "rules/installation.hpp"

namespace anban {

// A device's signals are those that devices.toml names, else those of its role, as far as its family says so
// much; a sensor that names none gives nothing that anybody could rely on.
// The zone is the box's (zone.hpp).
[[nodiscard]] installation installation_of(const house& h, zone_table zone);

} // namespace anban
