// What a person is told of the box's disk. Free functions without state.
#pragma once

#include <filesystem>
#include <string>

#include "gateway/home/home.hpp"
#include "gateway/journal/journal_file.hpp"

namespace anban {

[[nodiscard]] shell_fault journal_damaged_fault(const journal_found& found);
[[nodiscard]] shell_fault disk_full_fault(bool full, const std::filesystem::path& dir);
[[nodiscard]] shell_fault readings_lost_fault(const std::string& why);

} // namespace anban
