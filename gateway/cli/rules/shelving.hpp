// `anban rules shelve`, `unshelve` and `shelved`: they ask the running daemon.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <string>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

struct new_shelf {
    std::string rule;
    std::string who; // resident, free bed, or home
    std::string by;
    std::string reason;
    std::string length; // "2h"
    bool out_of_service = false;
};

[[nodiscard]] exit_code run_shelve(const terminal& t, const std::filesystem::path& dir, const new_shelf& s);
[[nodiscard]] exit_code run_unshelve(const terminal& t, const std::filesystem::path& dir, const new_shelf& s);
[[nodiscard]] exit_code run_shelved(const terminal& t, const std::filesystem::path& dir);

// "1 h 20 min", for what is left of a shelf.
[[nodiscard]] std::string time_left(const terminal& t, std::int64_t seconds);

} // namespace anban::cli
