// A home directory for one test case, gone when the case ends.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <stdlib.h>
#include <sys/stat.h>

#include <doctest/doctest.h>

namespace anban::test {

inline constexpr std::string_view home_text = R"(# 王奶奶家的网关 (a person's comment)
[gateway]
id = "gw-0001"
language = "zh"

[broker]
host = "127.0.0.1"
port = 1884

[centre]
hosts = ["127.0.0.1:8883", "[2001:db8::1]:8884", "backup.example.cn"]

[[room]]
id = "bedroom"
name = "卧室"

[[room]]
id = "bathroom"
name = "卫生间"

[[bed]]
id = "bed-1"
room = "bedroom"
owner = "r-wang"
)";

inline constexpr std::string_view residents_text = R"([[resident]]
id = "r-wang"
packs = ["living-alone"]
)";

inline constexpr std::string_view devices_text = R"([[device]]
id = "button-1"
driver = "native"
address = "button-1"
role = "call_button"
room = "bathroom"
owner = "r-wang"
bed = ""
reports_every_s = 3600

[[device]]
id = "zb-sos"
driver = "zigbee2mqtt"
address = "卧室/呼叫按钮"
role = "call_button"
)";

class home_directory {
public:
    home_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "anban-home-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~home_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    home_directory(const home_directory&) = delete;
    home_directory& operator=(const home_directory&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    void put(const std::string& name, std::string_view text) const {
        std::filesystem::create_directories((path_ / name).parent_path());
        std::ofstream out(path_ / name, std::ios::binary | std::ios::trunc);
        out << text;
    }
    [[nodiscard]] std::string get(const std::string& name) const {
        std::ifstream in(path_ / name, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] bool has(const std::string& name) const { return std::filesystem::exists(path_ / name); }
    void remove(const std::string& name) const { std::filesystem::remove(path_ / name); }
    [[nodiscard]] unsigned mode(const std::string& name) const {
        struct ::stat s{};
        REQUIRE(::stat((path_ / name).c_str(), &s) == 0);
        return s.st_mode & 07777U;
    }
    // A whole, good home.
    void furnish() const {
        put("home.toml", home_text);
        put("residents.toml", residents_text);
        put("devices.toml", devices_text);
    }

private:
    std::filesystem::path path_;
};

} // namespace anban::test
