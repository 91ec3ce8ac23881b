// Reading a rule pack: text that a care manager can read aloud, checked like a program. The grammar is in
// README.md; every mistake is told with file, line, column, the line itself and a hint, several at once.
//
// Bounds: limits::pack_bytes of text, limits::rules_per_resident rules, limits::pack_errors told.
// Threads: a free function without state.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule.hpp"

namespace anban {

struct pack_error {
    std::string file;
    std::size_t line = 0;   // from 1
    std::size_t column = 0; // from 1, in bytes
    std::string what;
    std::string hint;   // may be empty
    std::string source; // the line

    // "cardiac.rules:5:9: …" with the line, a caret and the hint.
    [[nodiscard]] std::string in_words() const;
};

struct pack {
    std::string name;
    std::string title;
    std::vector<rule> rules;
};

[[nodiscard]] std::expected<pack, std::vector<pack_error>> read_pack(std::string_view text, std::string_view file);

} // namespace anban
