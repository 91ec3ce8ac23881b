// TOML 1.0 text as a small tree of values that know where they stand, so that every later complaint can
// name line and column. The only file that knows the TOML library is toml_text.cpp.
//
// Threads: free functions without state; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gateway/config/error.hpp"

namespace anban::toml_text {

struct position {
    std::uint32_t line = 0;
    std::uint32_t column = 0;
};

struct value;

struct member;

struct table {
    position at;
    std::vector<member> members; // in the file's order
};

struct array {
    std::vector<value> items;
};

struct other {}; // a date, a time, infinity: nothing that a home directory uses

struct value {
    position at;
    std::variant<other, std::string, std::int64_t, double, bool, array, table> what;
};

struct member {
    std::string key;
    position at; // of the key
    value what;
};

// Reads one document. Fails with the first syntax error; `file` is only named in it. The text must be
// UTF-8 (the library refuses anything else with the place of the bad byte).
[[nodiscard]] std::expected<table, config_error> parse(std::string_view text, const std::string& file);

// A TOML basic string with its quotes; control characters, quotes and backslashes escaped.
[[nodiscard]] std::string quoted(std::string_view text);

} // namespace anban::toml_text
