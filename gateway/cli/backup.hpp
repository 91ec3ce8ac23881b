// `anban backup` and `anban restore`.
//
// Threads: one.
#pragma once

#include <filesystem>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

[[nodiscard]] exit_code run_backup(const terminal& t, const std::filesystem::path& dir,
                                   const std::filesystem::path& file);
[[nodiscard]] exit_code run_restore(const terminal& t, const std::filesystem::path& dir,
                                    const std::filesystem::path& file, bool force);

} // namespace anban::cli
