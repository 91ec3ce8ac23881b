// Rules over the past: `anban rules replay`. It reads what the home kept of its readings (gateway/recordings), or
// a recording, and needs no daemon.
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

} // namespace anban::cli
