// A data directory of the centre that goes away with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace anban::dispatch::testing {

struct temp_data {
    std::filesystem::path path;
    temp_data() {
        auto pattern = (std::filesystem::temp_directory_path() / "anban-dispatch-XXXXXX").string();
        path = ::mkdtemp(pattern.data());
    }
    ~temp_data() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    temp_data(const temp_data&) = delete;
    temp_data& operator=(const temp_data&) = delete;
};

} // namespace anban::dispatch::testing
