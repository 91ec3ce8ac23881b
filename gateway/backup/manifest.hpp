// The first file of a backup: what is in it, from when, and the SHA-256 of each file.
//
//   anban-backup 1
//   version 0.1.0
//   gateway gw-0001
//   made 2026-11-27T08:00:00.000000Z synchronised
//   start 12
//   file 3f…e1 home/home.toml
//   sum 7a…09                   of all lines before
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "rules/time.hpp"

namespace anban::backup {

inline constexpr const char* manifest_name = "manifest";

struct manifest {
    std::string version;
    std::string gateway;
    stamp made;
    std::uint32_t start = 0;
    std::map<std::string, std::string> sums; // by name
    friend bool operator==(const manifest&, const manifest&) = default;
};

[[nodiscard]] std::string as_text(const manifest& m);
// Fails with a sentence: on another format too, which names the version that wrote it.
[[nodiscard]] std::expected<manifest, std::string> manifest_from(std::string_view text);

} // namespace anban::backup
