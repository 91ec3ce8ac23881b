// A home directory for targets that read or change one: filled anew for each input, in memory where the machine
// has a place for that, since every change is synced.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <stdlib.h>

#include "tests/fuzz/target.hpp"

namespace anban::fuzz {

inline constexpr std::string_view home_toml = R"([gateway]
id = "gw-0001"
language = "zh"

[centre]
hosts = ["127.0.0.1:8883", "[2001:db8::1]:8884", "backup.example.cn"]

[[room]]
id = "bedroom"
name = "卧室"

[[bed]]
id = "bed-1"
room = "bedroom"
owner = "r-wang"
)";
inline constexpr std::string_view residents_toml = R"([[resident]]
id = "r-wang"
packs = ["night"]
)";
inline constexpr std::string_view devices_toml = R"([[device]]
id = "button-1"
driver = "native"
address = "button-1"
role = "call_button"
room = "bedroom"
owner = "r-wang"
reports_every_s = 3600

[[device]]
id = "wall"
driver = "zigbee2mqtt"
address = "SOS"
role = "call_button"
)";
// Of which a plan can set a number.
inline constexpr std::string_view night_pack = R"(pack night "夜间"
alarm bradycardia "Heart rate low" {
  class suspected
  param low = 40 bpm in 30 bpm .. 60 bpm
  when heart_rate < low for 60 s
  clear heart_rate > low + 5 bpm for 120 s
}
)";

class home_folder {
public:
    home_folder() {
        const std::filesystem::path memory = "/dev/shm";
        std::error_code none;
        const auto above =
            std::filesystem::is_directory(memory, none) ? memory : std::filesystem::temp_directory_path();
        std::string form = (above / "anban-fuzz-XXXXXX").string();
        must(::mkdtemp(form.data()) != nullptr, "no folder to work in");
        path_ = form;
    }
    ~home_folder() { empty(true); }
    home_folder(const home_folder&) = delete;
    home_folder& operator=(const home_folder&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
    void empty(bool whole = false) const {
        std::error_code none;
        if (whole) {
            std::filesystem::remove_all(path_, none);
            return;
        }
        for (const auto& entry : std::filesystem::directory_iterator{path_, none}) {
            std::filesystem::remove_all(entry.path(), none);
        }
    }
    void put(const char* name, std::string_view text) const {
        std::ofstream{path_ / name, std::ios::binary | std::ios::trunc} << text;
    }
    [[nodiscard]] std::string get(const char* name) const {
        std::ifstream in{path_ / name, std::ios::binary};
        return {std::istreambuf_iterator<char>{in}, {}};
    }
    void furnish() const {
        empty();
        put("home.toml", home_toml);
        put("residents.toml", residents_toml);
        put("devices.toml", devices_toml);
    }
    [[nodiscard]] std::string all_three() const {
        return get("home.toml") + get("residents.toml") + get("devices.toml");
    }

private:
    std::filesystem::path path_;
};

} // namespace anban::fuzz
