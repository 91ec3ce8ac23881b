// A folder of one's own under $TMPDIR, gone with the test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

namespace anban::test {

class temp_dir {
public:
    explicit temp_dir(std::string_view name) {
        std::string form = (std::filesystem::temp_directory_path() / "anban-").string();
        form += name;
        form += "-XXXXXX";
        REQUIRE(::mkdtemp(form.data()) != nullptr);
        path = form;
    }
    ~temp_dir() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
    temp_dir(const temp_dir&) = delete;
    temp_dir& operator=(const temp_dir&) = delete;

    std::filesystem::path write(const std::string& name, std::string_view text) const {
        std::ofstream{path / name, std::ios::binary} << text;
        return path / name;
    }

    std::filesystem::path path;
};

} // namespace anban::test
