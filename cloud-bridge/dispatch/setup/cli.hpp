// The command line of anban-dispatch. CLI11 stays in cli.cpp.
#pragma once

namespace anban::dispatch {

// Exit codes: 0 done, 1 refused or failed, 2 usage.
[[nodiscard]] int run_command_line(int argc, char** argv);

} // namespace anban::dispatch
