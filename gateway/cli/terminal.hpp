// Where the answers of `anban` go and in which language: a person's terminal, a pipe, or a program that
// asked for JSON.
//
// Threads: one.
#pragma once

#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/config/error.hpp"

namespace anban::cli {

// As the whole program promises: 0 done, 1 refused or a fault was found, 2 used wrongly.
enum class exit_code : std::uint8_t { ok = 0, refused = 1, usage = 2 };

enum class colour : std::uint8_t { none, red, yellow, green, dim, bold };

struct terminal {
    bool chinese = false;
    bool colours = false;
    bool json = false;
    std::FILE* out = stdout;
    std::FILE* err = stderr;

    [[nodiscard]] std::string_view say(std::string_view zh, std::string_view en) const {
        return chinese ? zh : en;
    }
    [[nodiscard]] std::string_view say(const wording& w) const { return chinese ? w.zh : w.en; }
    [[nodiscard]] std::string painted(std::string_view text, colour c) const;
    // One line to out or err. An error of writing (a closed pipe) is ignored: nobody listens any more.
    void line(std::string_view text) const;
    void complain(std::string_view text) const;
};

// Whether the environment asks for Chinese: LC_ALL, LC_MESSAGES, LANG, in this order. Nothing where it names no
// language: unset, "C" or "POSIX".
[[nodiscard]] std::optional<bool> locale_is_chinese();
// Colours only where a person looks: a terminal, NO_COLOR not set, TERM not "dumb".
[[nodiscard]] bool wants_colours(std::FILE* out);

// Columns that a text takes on a terminal: a Chinese character takes two, a combining one none.
[[nodiscard]] std::size_t columns_of(std::string_view utf8);
[[nodiscard]] std::string padded(std::string_view utf8, std::size_t columns);
// Control characters made visible, so that no device's name can write on the technician's terminal.
[[nodiscard]] std::string harmless(std::string_view text);

// Rows under a heading, columns aligned; the last one is not padded.
class table {
public:
    explicit table(std::vector<std::string> heading) : rows_{std::move(heading)} {}
    struct cell {
        std::string text;
        colour paint = colour::none;
    };
    void add(std::vector<cell> row);
    [[nodiscard]] std::string in(const terminal& t) const;

private:
    std::vector<std::string> rows_;
    std::vector<std::vector<cell>> cells_;
};

} // namespace anban::cli
