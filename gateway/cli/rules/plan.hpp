// `anban rules list` and `anban rules show`: which rules there are, and what holds for whom.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <string>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

// Every alarm of the home's packs, and for whom it runs; the packs that were shipped and aren't in the home.
[[nodiscard]] exit_code run_rules_list(const terminal& t, const std::filesystem::path& home,
                                       const std::filesystem::path& shipped);

// The effective rules of a resident, a free bed or the home (`home`); of everybody where `who` is empty.
[[nodiscard]] exit_code run_rules_show(const terminal& t, const std::filesystem::path& home,
                                       const std::string& who);

} // namespace anban::cli
