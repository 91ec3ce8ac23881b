// One press, one fall, one service request and one Zigbee SOS, each led through to closed by an operator who
// logs in and uses the HTTP API as the page does.
#pragma once

#include <string>
#include <vector>

#include "tests/stage/district.hpp"
#include "tests/stage/http.hpp"

namespace anban::stage::demo {

struct report {
    std::string table;
    std::vector<std::string> missing; // one sentence each; empty: everything arrived
};

// Blocks for as long as it takes, at most about two minutes. Prints a line for each hop to stdout.
report play_once(district& d, bool chinese);

} // namespace anban::stage::demo
