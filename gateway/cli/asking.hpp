// A question to the running daemon and what becomes of its answer.
//
// Threads: one.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string_view>

#include <boost/json/object.hpp>

#include "gateway/cli/terminal.hpp"
#include "gateway/config/error.hpp"

namespace anban::cli {

inline constexpr std::chrono::seconds answer_patience{10};

// What an answer with "ok": false says is wrong.
[[nodiscard]] config_error error_in(const boost::json::object& answer);

// Asks, and hands a good answer to `show`; in JSON the answer goes out as it came.
[[nodiscard]] exit_code ask(const terminal& t, const std::filesystem::path& dir,
                            const boost::json::object& request,
                            const std::function<exit_code(const boost::json::object&)>& show);

// Prints for a person only.
void tell(const terminal& t, std::string_view text);

} // namespace anban::cli
