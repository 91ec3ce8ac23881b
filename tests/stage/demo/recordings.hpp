// Recordings that a home can play, found below a folder laid out like the project's test data.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace anban::stage::demo {

struct recording {
    std::string what;    // for a person
    std::string command; // for anban-home
};

// In a fixed order; empty where `folder` is empty or holds nothing that can be played.
[[nodiscard]] std::vector<recording> find_recordings(const std::filesystem::path& folder);

} // namespace anban::stage::demo
