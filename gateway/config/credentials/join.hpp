// Joining a district: takes the file that the centre's `anban-dispatch home add` wrote and puts the
// gateway's certificate, its key and the district's CA where the uplink finds them.
//
// All or nothing: the folder secrets/uplink is exchanged as a whole, so that a power cut never leaves a key
// beside another's certificate. home.toml is created from a template with comments where there is none or
// where it is still as `anban init` wrote it; any other is a person's and stays as it is. What else a home
// needs (residents.toml, devices.toml, rules/) is made where it is missing.
//
// Threads: one writer a directory.
#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <vector>

#include "gateway/config/error.hpp"
#include "rules/ids.hpp"

namespace anban {

struct joined {
    gateway_id gateway;
    bool created_home = false;      // home.toml was made from the template
    std::vector<std::string> hosts; // as the join file says
    bool hosts_differ = false;      // [centre] of the existing home.toml says something else
    std::uint32_t centre_line = 0;  // where
};

[[nodiscard]] std::expected<joined, config_errors> join_district(const std::filesystem::path& dir,
                                                                 const std::filesystem::path& join_file);

// A commented home.toml. Valid as it is; rooms and beds stand in comments.
[[nodiscard]] std::string home_template(const std::string& gateway, const std::vector<std::string>& hosts,
                                        std::uint16_t broker_port);

struct started_home {
    std::vector<std::string> created; // files and folders, relative to the directory
};

// `anban init`: folders with their modes, home.toml, empty residents.toml and devices.toml, rules/, secrets/.
// What is there already stays as it is.
[[nodiscard]] std::expected<started_home, config_errors>
init_home(const std::filesystem::path& dir, const std::string& gateway, std::uint16_t broker_port);

} // namespace anban
