// Commands that work on the home directory alone, with no daemon: what a technician does before anything
// runs, and when nothing runs any more.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "gateway/cli/terminal.hpp"
#include "gateway/config/check.hpp"
#include "gateway/config/load.hpp"

namespace anban::cli {

[[nodiscard]] exit_code run_init(const terminal& t, const std::filesystem::path& dir, const std::string& gateway,
                                 std::uint16_t broker_port);
[[nodiscard]] exit_code run_join(const terminal& t, const std::filesystem::path& dir,
                                 const std::filesystem::path& join_file);
// `daemon_port` unset: as home.toml says.
// Tells what was mended; succeeds whatever it finds, since a broker must try to start.
[[nodiscard]] exit_code run_broker_mend(const terminal& t, const std::filesystem::path& dir);
[[nodiscard]] exit_code run_broker_write(const terminal& t, const std::filesystem::path& dir,
                                         const driver_names& drivers, const std::string& device_listener,
                                         std::optional<std::uint16_t> daemon_port);
[[nodiscard]] exit_code run_check(const terminal& t, const std::filesystem::path& dir, const driver_names& drivers,
                                  const rules_check& rules);

// Prints errors for a person or a program; always `refused`.
[[nodiscard]] exit_code refuse(const terminal& t, const config_errors& errors);

} // namespace anban::cli
