// The commands that anban-home reads, one a line; README.md lists them.
#pragma once

#include <string_view>

#include "firmware-stubs/home/street.hpp"

namespace anban::played {

// Performs one line. What can't be done is told as an error event; a comment (#) or an empty line is nothing.
void perform(street& home, std::string_view line);

} // namespace anban::played
