// Writes the two files that belong to the program, residents.toml and devices.toml; home.toml belongs to
// a person and is never written here. Atomic: a power cut leaves the old or the new file.
//
// Threads: one writer a directory (the daemon, or an offline command while it isn't running).
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/config/error.hpp"
#include "gateway/config/house.hpp"

namespace anban {

// The whole file, with its heading. Reading it back gives equal values.
[[nodiscard]] std::string residents_as_text(const std::vector<resident>& residents);
[[nodiscard]] std::string devices_as_text(const std::vector<device>& devices);

[[nodiscard]] std::expected<void, config_error> write_residents(const std::filesystem::path& dir,
                                                                const std::vector<resident>& residents);
[[nodiscard]] std::expected<void, config_error> write_devices(const std::filesystem::path& dir,
                                                              const std::vector<device>& devices);

} // namespace anban
