// The journal for a backup, and one from a backup for a box to live on.
//
// Threads: free functions without state.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>

#include "rules/time.hpp"

namespace anban {

struct journal_copy {
    std::uint32_t start = 0; // the newest in it
    std::string head;        // of its audit trail, in hex
};

// What was committed in FOLDER/alarms.db, as one file TO, which must not be there; a daemon may write meanwhile.
[[nodiscard]] std::expected<journal_copy, std::string> copy_journal(const std::filesystem::path& folder,
                                                                    const std::filesystem::path& to);

// Marks FOLDER/alarms.db, which came from a backup of the moment `made`: its starts count on from a number higher
// than any that the box can have reached since, and than `at_least`; the core is told by home_state::restored.
[[nodiscard]] std::expected<std::uint32_t, std::string>
mark_restored(const std::filesystem::path& folder, stamp made, stamp now, std::uint32_t at_least);

} // namespace anban
