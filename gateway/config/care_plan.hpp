// A resident's plan as the rules take it.
//
// Threads: free function without state.
#pragma once

#include "gateway/config/house.hpp"
#include "rules/installation.hpp"

namespace anban {

// Values keep the place where they were written: "residents.toml:12".
[[nodiscard]] care_plan plan_of(const resident& r);

} // namespace anban
