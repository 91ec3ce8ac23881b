// Why an alarm was raised, and why a rule hasn't called: `anban why`, `anban why-not`. The past is played again
// from what the home kept of its readings (gateway/recordings); of this moment the daemon tells, where it runs.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <string>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

// Asks the daemon about the alarm.
[[nodiscard]] exit_code run_why(const terminal& t, const std::filesystem::path& dir, const std::string& alarm);

// What is missing for a rule to fire. `resident` empty: for everybody; `at` empty: now, else local time
// "2026-11-22 03:15".
[[nodiscard]] exit_code run_why_not(const terminal& t, const std::filesystem::path& dir, const std::string& rule,
                                    const std::string& resident, const std::string& at);

} // namespace anban::cli
