// `anban rules check` and `anban rules format`: rules as files.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

// Without files: the packs of the home, and whether the residents' plans fit them. A folder stands for the
// *.rules in it.
[[nodiscard]] exit_code run_rules_check(const terminal& t, const std::filesystem::path& home,
                                        const std::vector<std::string>& files);

// Lays files out in place; with `check_only` nothing is written and a file that isn't laid out is a fault. "-"
// goes from standard input to standard output.
[[nodiscard]] exit_code run_rules_format(const terminal& t, const std::vector<std::string>& files,
                                         bool check_only);

} // namespace anban::cli
