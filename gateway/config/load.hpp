// Reads a home directory into a `house`. Two ways:
//
// `load_house` is strict, for people: any mistake anywhere is told, all of them at once, and nothing is
// loaded. `load_house_at_start` is for the daemon at three in the morning: whatever can't be used is set
// aside, the last good copy (`<file>.good`) takes its place, and each such step is a fault that reaches a
// person. It always gives a house, an empty one if need be, because SOS works without any file.
//
// Bounds: limits.hpp; a file over limits::config_file_bytes is refused unread.
// Threads: free functions that read and write files below `dir` only; one caller at a time a directory.
#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gateway/config/error.hpp"
#include "gateway/config/house.hpp"

namespace anban {

// Names of the device families of this build, e.g. {"native", "zigbee2mqtt"}: given as values so that the
// configuration needs no driver.
using driver_names = std::vector<std::string>;

inline constexpr const char* home_file = "home.toml";
inline constexpr const char* residents_file = "residents.toml";
inline constexpr const char* devices_file = "devices.toml";

[[nodiscard]] std::expected<house, config_errors> load_house(const std::filesystem::path& dir,
                                                             const driver_names& drivers);

// The same checks on a house that is about to be written: `texts` take the place of the files of these
// names. Nothing is read but what is not given.
struct file_texts {
    std::optional<std::string> home;
    std::optional<std::string> residents;
    std::optional<std::string> devices;
};
[[nodiscard]] std::expected<house, config_errors> load_house(const std::filesystem::path& dir,
                                                             const driver_names& drivers, const file_texts& texts);

// A condition of the configuration that a person must see; `key` is stable ("config.devices.toml").
struct config_fault {
    std::string key;
    wording what;
    wording cure;
};

struct house_at_start {
    house now;
    std::vector<config_fault> faults; // empty: everything as it should be
};

// What can be read of home.toml alone; nothing where it isn't TOML.
[[nodiscard]] std::optional<house> home_file_alone(const std::filesystem::path& dir);

// [gateway] language alone ("zh" or "en"), from whatever of home.toml can be read; nothing where nothing can.
[[nodiscard]] std::optional<std::string> house_language(const std::filesystem::path& dir);

// Also keeps `<file>.good` of each file that was accepted, if it has changed.
[[nodiscard]] house_at_start load_house_at_start(const std::filesystem::path& dir, const driver_names& drivers);

// Copies each of the three files to `<file>.good`, where it has changed. Call it after a change was applied.
void keep_good_copies(const std::filesystem::path& dir);

// One line for a person: "devices.toml:3:1: …: …".
[[nodiscard]] std::string in_words(const config_error& e, bool chinese);

} // namespace anban
