// Rules over the past: `anban rules replay`, `anban why`, `anban why-not`. They read what the home kept of its
// readings (gateway/recordings) and need no daemon, but for `why`, which asks it about the alarm.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

struct replay_request {
    std::string recording;            // a file, or empty: this home's own readings
    std::vector<std::string> packs;   // files; empty: the home's rules as installed
    std::vector<std::string> against; // files; empty: no comparison
    int days = 31;                    // of the home's own readings
    std::string picture;              // an SVG file to write; empty: none
};

[[nodiscard]] exit_code run_rules_replay(const terminal& t, const std::filesystem::path& dir,
                                         const replay_request& what);

// Why an alarm was raised: its rule's condition, node by node, at the moment of the alarm.
[[nodiscard]] exit_code run_why(const terminal& t, const std::filesystem::path& dir, const std::string& alarm);

// What is missing for a rule to fire. `resident` empty: for everybody; `at` empty: now, else local time
// "2026-11-22 03:15".
[[nodiscard]] exit_code run_why_not(const terminal& t, const std::filesystem::path& dir, const std::string& rule,
                                    const std::string& resident, const std::string& at);

} // namespace anban::cli
