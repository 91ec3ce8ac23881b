// What is wrong with a home directory, told so that a technician can mend it: which file, where in it,
// what, and what to do, in both languages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "rules/wording.hpp"

namespace anban {

struct config_error {
    std::string file;       // relative to the home directory, e.g. "devices.toml"
    std::uint32_t line = 0; // from 1; 0: the file as a whole
    std::uint32_t column = 0;
    wording what;
    wording cure;
};
using config_errors = std::vector<config_error>;

} // namespace anban
