// A picture of a back-test: what the sensors of each room said, and where each rule would have called. One
// row a room and one a rule, local time from left to right, a tooltip on each mark.
//
// Threads: a free function without state.
#pragma once

#include <string>

#include "rules/backtest/replay.hpp"

namespace anban {

enum class picture_language : std::uint8_t { zh, en };

// An SVG document of its own, readable without scripts and in the dark. At most limits::picture_marks marks
// are drawn; what is left out is said in the picture.
[[nodiscard]] std::string timeline_svg(const recording& past, const story& told, picture_language in);

} // namespace anban
