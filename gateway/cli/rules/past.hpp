// Rules over the past: `anban rules replay`. It reads what the home kept of its readings (gateway/recordings), or
// a recording, and needs no daemon.
//
// Threads: one.
#pragma once

#include <chrono>
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

// A bar on a terminal while a long play runs; nothing anywhere else, and nothing for a short one.
class progress_bar {
public:
    explicit progress_bar(const terminal& t);
    ~progress_bar();
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;
    void show(double part); // of 1

private:
    const terminal& t_;
    bool shown_;
    bool drawn_ = false;
    std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

} // namespace anban::cli
