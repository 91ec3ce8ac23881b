// Commands that ask the running daemon.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

struct new_device {
    std::string id;
    std::string driver;
    std::string role;
    std::string address;
    std::string room;
    std::string owner;
    std::string bed;
    std::string reports_every; // "1h"
    std::vector<std::string> provides;
};

[[nodiscard]] exit_code run_status(const terminal& t, const std::filesystem::path& dir);
[[nodiscard]] exit_code run_device_list(const terminal& t, const std::filesystem::path& dir);
[[nodiscard]] exit_code run_device_add(const terminal& t, const std::filesystem::path& dir, const new_device& d);
[[nodiscard]] exit_code run_device_remove(const terminal& t, const std::filesystem::path& dir,
                                          const std::string& id);
[[nodiscard]] exit_code run_device_test(const terminal& t, const std::filesystem::path& dir,
                                        const std::string& id);
[[nodiscard]] exit_code run_resident_list(const terminal& t, const std::filesystem::path& dir);
[[nodiscard]] exit_code run_resident_add(const terminal& t, const std::filesystem::path& dir,
                                         const std::string& id, const std::vector<std::string>& packs);
struct resident_change {
    std::string id;
    std::optional<std::vector<std::string>> packs; // instead of those that there are
    std::vector<std::string> values;               // "bradycardia.low=45 bpm"; "…=" takes the pack's own again
};

[[nodiscard]] exit_code run_resident_set(const terminal& t, const std::filesystem::path& dir,
                                         const resident_change& change);
[[nodiscard]] exit_code run_alarms(const terminal& t, const std::filesystem::path& dir);
[[nodiscard]] exit_code run_alarm_show(const terminal& t, const std::filesystem::path& dir, const std::string& id);
[[nodiscard]] exit_code run_watch(const terminal& t, const std::filesystem::path& dir);
[[nodiscard]] exit_code run_reload(const terminal& t, const std::filesystem::path& dir);

} // namespace anban::cli
