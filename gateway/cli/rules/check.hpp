// The seam to the rule parser for `anban check`.
#pragma once

#include "gateway/config/check.hpp"

namespace anban::cli {

// The parser speaks English only; its words stand in both languages.
[[nodiscard]] rules_check rules_checker();

} // namespace anban::cli
