// From text to a checked pack. The grammar is in README.md; every mistake is told with file, line, column,
// the line itself and a hint, several at once.
//
// Bounds: limits::pack_bytes of text, limits::rules_per_resident rules, limits::pack_errors told,
// limits::rule_nodes and limits::rule_depth of a condition. No text crashes it, hangs it or makes it grow
// beyond a constant times its own size.
// Threads: free functions without state.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "rules/language/alarm_rule.hpp"

namespace anban::language {

struct pack_error {
    std::string file;
    std::size_t line = 0;   // from 1
    std::size_t column = 0; // from 1, in characters
    std::string what;
    std::string hint;   // may be empty
    std::string source; // the line
    std::string what_zh;
    std::string hint_zh;

    // "cardiac.rules:5:9: …" with the line, a caret and the hint.
    [[nodiscard]] std::string in_words(bool chinese = false) const;
};

[[nodiscard]] std::expected<pack, std::vector<pack_error>> read_pack(std::string_view text, std::string_view file);

// The one way a pack is laid out; read_pack of it gives the same pack, comments keep their place. A text that
// would outgrow limits::pack_bytes stays as it is.
[[nodiscard]] std::expected<std::string, std::vector<pack_error>> format_pack(std::string_view text,
                                                                              std::string_view file);

// An expression in the words of the language, as `prove`, `why` and `show` print it: parameters as the numbers
// that hold. `elsewhere` is written without the room that it goes back to.
[[nodiscard]] std::string in_words(const expression& e);
// What it watches: "own bed_occupied", "motion in bathroom".
[[nodiscard]] std::string in_words(const watched& what);
// A rule as an alarm of a pack, parameters by name; read_pack of it gives the same rule.
[[nodiscard]] std::string in_words(const alarm_rule& r);

} // namespace anban::language
