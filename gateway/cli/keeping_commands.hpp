// The commands about what a home keeps: audit, backup, restore.
#pragma once

#include "gateway/cli/command_line.hpp"

namespace CLI {
class App;
}

namespace anban::cli {

// Both must outlive the parsing.
void keeping_commands(CLI::App& app, command_line& c);

} // namespace anban::cli
