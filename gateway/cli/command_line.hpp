// What one run of `anban` has been told. Filled by CLI11 in main.cpp and keeping_commands.cpp.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "gateway/cli/audit.hpp"
#include "gateway/cli/online.hpp"
#include "gateway/cli/rules/past.hpp"
#include "gateway/cli/rules/shelving.hpp"
#include "gateway/cli/terminal.hpp"

namespace anban::cli {

struct command_line {
    terminal t;
    std::string home;
    exit_code code = exit_code::ok;

    std::string gateway = "gw-0001";
    std::uint16_t broker_port = 1884;
    std::string join_file;
    std::string device_listener = "0.0.0.0:1883";
    std::optional<std::uint16_t> daemon_port;
    new_device device;
    std::string id;
    replay_request replay;
    std::string rule;
    std::string at;
    std::vector<std::string> packs;
    resident_change change;
    new_shelf shelf;
    std::vector<std::string> files;
    bool check_only = false;
    audit_wanted audit;
    std::string expect;
    std::string backup_file;
    bool force = false;

    [[nodiscard]] std::string say(const char* zh, const char* en) const { return std::string{t.say(zh, en)}; }
    // Absolute and without a slash at its end, whatever was typed.
    [[nodiscard]] std::filesystem::path dir() const {
        auto whole = std::filesystem::absolute(home).lexically_normal();
        return whole.has_filename() ? whole : whole.parent_path();
    }
};

} // namespace anban::cli
