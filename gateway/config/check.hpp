// `anban check`: everything that can be known about a home directory without starting it. It changes
// nothing.
//
// Threads: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "gateway/config/error.hpp"
#include "gateway/config/load.hpp"

namespace anban {

struct finding {
    enum class weight : std::uint8_t { fault, advice };
    weight how = weight::fault;
    config_error what;
};

// What a rule file turned out to be.
struct checked_pack {
    std::string name; // empty: it can't be told
    std::vector<std::string> rules;
    config_errors errors; // empty: the pack will run
};

// Reads one rule pack; `file` is only named in its mistakes.
using rules_check = std::function<checked_pack(const std::string& file, const std::string& text)>;

// Faults first, each with its cure. `now` is for the certificate's dates: expired or not yet valid is a
// fault, less than 30 days left is advice.
[[nodiscard]] std::vector<finding> check_home(const std::filesystem::path& dir, const driver_names& drivers,
                                              const rules_check& rules, std::chrono::sys_seconds now);

} // namespace anban
