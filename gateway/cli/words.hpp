// What the daemon's names are called by people: states, steps, roles, signals, in both languages. A name
// that isn't known is shown as it is, so that an older `anban` still shows a newer daemon.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/cli/terminal.hpp"

namespace anban::cli {

[[nodiscard]] std::string hop_word(const terminal& t, std::string_view name);
[[nodiscard]] std::string state_word(const terminal& t, std::string_view name);
[[nodiscard]] std::string phase_word(const terminal& t, std::string_view name);
[[nodiscard]] std::string role_word(const terminal& t, std::string_view name);
[[nodiscard]] std::string urgency_word(const terminal& t, std::string_view name);
[[nodiscard]] std::string class_word(const terminal& t, std::string_view name);
[[nodiscard]] std::string signal_word(const terminal& t, std::string_view name);

// Why the newest revision was made. The wire and the daemon say it in English; a sentence that isn't known here
// is shown as it is.
[[nodiscard]] std::string because_words(const terminal& t, std::string_view because);

// "3 分钟前" / "3 min ago".
[[nodiscard]] std::string ago(const terminal& t, std::int64_t seconds);
// "90s", "15m", "1h", "7d" or plain seconds; nothing for anything else or above a year.
[[nodiscard]] std::optional<std::int64_t> seconds_of(std::string_view text);
// Local time of day of microseconds since 1970 UTC, with milliseconds: "08:15:02.123".
[[nodiscard]] std::string clock_time(std::int64_t at_us);
// "2026-11-22T08:00:00.123Z" as local "11-22 16:00:00"; as it is where it can't be read.
[[nodiscard]] std::string local_time(std::string_view iso);

} // namespace anban::cli
