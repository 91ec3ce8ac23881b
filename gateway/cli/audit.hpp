// `anban audit verify|list|export`: who did what, and whether that record is whole.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <string>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

struct audit_wanted {
    std::string since;    // "7d"; empty: all
    std::string alarm;    // the first digits of an alarm's id
    std::size_t last = 0; // the newest so many; 0: all
    std::string file;     // of an export; empty or "-": standard output
};

// `expect`: the beginning of a head that was noted earlier.
[[nodiscard]] exit_code run_audit_verify(const terminal& t, const std::filesystem::path& dir,
                                         const std::string& expect);
[[nodiscard]] exit_code run_audit_list(const terminal& t, const std::filesystem::path& dir,
                                       const audit_wanted& wanted);
// One JSON object a line, whatever the language.
[[nodiscard]] exit_code run_audit_export(const terminal& t, const std::filesystem::path& dir,
                                         const audit_wanted& wanted);

} // namespace anban::cli
