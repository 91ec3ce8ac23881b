// One press, one fall, one service request and one Zigbee SOS, each led through to closed by an operator who
// logs in and uses the HTTP API as the page does.
#pragma once

#include <string>
#include <vector>

#include "tests/stage/demo/recordings.hpp"
#include "tests/stage/district.hpp"
#include "tests/stage/http.hpp"

namespace anban::stage::demo {

struct report {
    std::string table;
    std::vector<std::string> missing; // one sentence each; empty: everything arrived
};

// Blocks for as long as it takes, at most about two minutes and a few seconds a recording. Prints a line for each
// hop to stdout. Each recording must bring one press record to the centre's store where somebody calls in it, and
// none where nobody does.
report play_once(district& d, const std::vector<recording>& recordings, bool chinese);

} // namespace anban::stage::demo
