// A pack's text as tokens, and mistakes as places in it.
//
// Bounds: the text is at most limits::pack_bytes long (read_pack sees to it), a token is a view into it, and
// there are at most as many as bytes.
// Threads: values without shared state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/language/pack.hpp"

namespace anban::language {

// One sentence in both languages.
struct said {
    std::string en;
    std::string zh;
};

struct mistake {
    std::size_t at = 0;
    said what;
    said hint;
};
using mistakes = std::vector<mistake>;

struct token {
    enum class kind : std::uint8_t { word, number, clock, text, mark, comment, end };
    kind what = kind::end;
    std::string_view as; // as it is written, a text with its quotes
    double value = 0;    // of a number; of a clock its minutes since midnight
    std::size_t at = 0;  // offset

    [[nodiscard]] bool is(std::string_view w) const noexcept {
        return as == w && (what == kind::word || what == kind::mark);
    }
    [[nodiscard]] std::string_view without_quotes() const noexcept { return as.substr(1, as.size() - 2); }
};

// The last token is always `end`. What can't be a token is told and left out.
[[nodiscard]] std::vector<token> cut(std::string_view text, mistakes& wrong);

// What hinders a text from being read at all: its size, its encoding. `file` is only named.
[[nodiscard]] std::optional<pack_error> unreadable(std::string_view text, std::string_view file);

// The mistakes with their lines: in the order of the text, at most limits::pack_errors.
[[nodiscard]] std::vector<pack_error> located(std::string_view text, std::string_view file, mistakes wrong);

// The known word that is at most two letters from what was said (one, where that is short); empty: none is.
[[nodiscard]] std::string_view nearest_word(std::string_view said, const std::vector<std::string_view>& known);
// "did you mean 'x'?", or `otherwise`.
[[nodiscard]] said did_you_mean(std::string_view word, const std::vector<std::string_view>& known,
                                said otherwise = {});

// Walks over the tokens (comments left out), and collects what is wrong.
class cursor {
public:
    // `text` must outlive it.
    cursor(std::string_view text, mistakes& wrong);

    [[nodiscard]] const token& peek(std::size_t ahead = 0) const noexcept;
    const token& next() noexcept;
    [[nodiscard]] bool is(std::string_view w) const noexcept { return peek().is(w); }
    [[nodiscard]] bool accept(std::string_view w) noexcept;
    // Complains unless the next token is this word.
    [[nodiscard]] bool demand(std::string_view w, said hint = {});
    [[nodiscard]] bool at_end() const noexcept { return peek().what == token::kind::end; }
    // Where the last token that was taken ends.
    [[nodiscard]] std::size_t end_of_last() const noexcept { return end_of_last_; }

    // Where something is missing: before the next token, but behind the last one where a line ends between them.
    [[nodiscard]] std::size_t here() const noexcept;

    void complain(std::size_t at, said what, said hint = {});
    [[nodiscard]] std::size_t complaints() const noexcept { return wrong_->size(); }
    // What stands in the text from here to there, on one line and shortened.
    [[nodiscard]] std::string quoted(std::size_t from, std::size_t to) const;

private:
    std::string_view text_;
    std::vector<token> tokens_;
    mistakes* wrong_;
    std::size_t at_ = 0;
    std::size_t end_of_last_ = 0;
};

// What the next token is called in a complaint: "'heart_rat'", "the end of the file".
[[nodiscard]] said name_of(const token& t);

} // namespace anban::language
