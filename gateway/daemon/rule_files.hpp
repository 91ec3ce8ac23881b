// The packs of a home: rules/*.rules, in the order of their names. A file that doesn't check is set aside as a
// fault while the others run.
//
// Threads: free function; reads files.
#pragma once

#include <filesystem>
#include <vector>

#include "gateway/home/home.hpp"

namespace anban {

struct loaded_rules {
    rule_packs set;
    std::vector<shell_fault> faults;
};

[[nodiscard]] loaded_rules load_rule_files(const std::filesystem::path& folder);

} // namespace anban
