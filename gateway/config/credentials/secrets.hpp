// What a home directory keeps from other people: passwords and the client id of the alarm session. Each is
// a file of its own in secrets/ (0700), readable for its owner only (0600); a file that others can read is
// refused, not used, because whoever can read it can silence the house.
//
// Threads: any; one process at a time creates.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

#include "gateway/config/error.hpp"

namespace anban {

// The content without its line end. Fails where the file is missing, empty, too large or loose.
[[nodiscard]] std::expected<std::string, config_error> read_secret(const std::filesystem::path& dir,
                                                                   const std::string& name);
[[nodiscard]] bool has_secret(const std::filesystem::path& dir, const std::string& name);
// Replaces the file; makes secrets/ and folders below it.
[[nodiscard]] std::expected<void, config_error> write_secret(const std::filesystem::path& dir,
                                                             const std::string& name, const std::string& content);

// Password of user `anband` on the home broker; written by `anban broker write`.
[[nodiscard]] std::expected<std::string, config_error> broker_password(const std::filesystem::path& dir);

// 128 random bits in hex, drawn once. It names the durable session with its queued alarms: a new one at
// each start would lose what the broker holds, a guessable one could be taken over.
[[nodiscard]] std::expected<std::string, config_error> alarm_client_id(const std::filesystem::path& dir);

// Whether a broker has been told to keep the alarm session, so that one that hasn't got it has lost it. `session`
// names both, client id and broker.
[[nodiscard]] bool alarm_session_was_made(const std::filesystem::path& dir, const std::string& session);
[[nodiscard]] std::expected<void, config_error> keep_alarm_session_made(const std::filesystem::path& dir,
                                                                        const std::string& session);

// `bytes` random bytes of the kernel, in lower-case hex.
[[nodiscard]] std::string random_hex(std::size_t bytes);

} // namespace anban
