// How far a long play of readings has come.
//
// Threads: one.
#pragma once

#include <chrono>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

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
