// The seam to the rule parser for `anban check`.
#pragma once

#include "gateway/config/check.hpp"

namespace anban::cli {

// Empty where this build has no rule parser: packs are then only read.
[[nodiscard]] rules_check rules_checker();

} // namespace anban::cli
