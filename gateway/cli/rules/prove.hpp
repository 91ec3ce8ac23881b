// `anban rules prove`: how late each rule of the home could be at worst, and why one can't work here.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <string>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

// `which`: a resident, a rule or a pack; empty: everything. `refused` where one of these isn't proven.
[[nodiscard]] exit_code run_rules_prove(const terminal& t, const std::filesystem::path& home,
                                        const std::string& which);

} // namespace anban::cli
