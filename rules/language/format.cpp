// The one way a pack is laid out. It works on the tokens, not on the tree, so that nothing that was written is
// lost: words keep their order, comments stay where they were between them.
#include <algorithm>

#include "rules/language/pack.hpp"
#include "rules/language/text.hpp"
#include "rules/limits.hpp"

namespace anban::language {
namespace {

constexpr std::size_t widest = 100;    // columns; a longer condition is broken before `and`, `or`, `unless`
constexpr std::size_t clause_word = 6; // columns that `when` and its like take, so that conditions align
constexpr std::string_view indent = "  ";
constexpr std::string_view deeper = "        ";

[[nodiscard]] bool begins_clause(const token& t) {
    for (const std::string_view w :
         {"class", "priority", "about", "param", "when", "hold", "clear", "inhibited", "detect"}) {
        if (t.is(w)) return true;
    }
    return false;
}

[[nodiscard]] std::string words_of(const token& t) {
    return std::string{t.as};
}

// Whether a space stands between two tokens of one line.
[[nodiscard]] bool spaced(const token& before, const token& after) {
    if (before.is("(") || after.is(")") || after.is(",")) return false;
    const bool clocks = before.what == token::kind::clock || after.what == token::kind::clock;
    return !(clocks && (before.is("..") || after.is("..")));
}

class layout {
public:
    explicit layout(std::string_view text) : text_(text) {}

    [[nodiscard]] std::string of(const std::vector<token>& tokens) {
        for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
            const token& t = tokens[i];
            newlines_ = newlines_before(tokens, i);
            if (t.what == token::kind::comment) {
                comment(t);
            } else if (depth_ == 0) {
                at_top(t);
            } else {
                in_alarm(t);
            }
        }
        end_statement();
        return std::move(out_);
    }

private:
    [[nodiscard]] std::size_t newlines_before(const std::vector<token>& tokens, std::size_t i) const {
        const std::size_t from = i == 0 ? 0 : tokens[i - 1].at + tokens[i - 1].as.size();
        return static_cast<std::size_t>(std::ranges::count(text_.substr(from, tokens[i].at - from), '\n'));
    }

    void comment(const token& t) {
        if (newlines_ == 0 && !statement_.empty()) {
            // Behind what it speaks of; what follows goes on in the next line.
            statement_.push_back(t);
            return;
        }
        if (newlines_ == 0 && !out_.empty()) { // behind a line that has ended: `{` or `}`
            out_.pop_back();
            out_ += "  " + words_of(t) + "\n";
            return;
        }
        if (!statement_.empty() && depth_ > 0) {
            // Whether the clause goes on after it shows only with the next token: end_statement() looks back.
            statement_.push_back(t);
            return;
        }
        end_statement();
        if (depth_ == 0) blank_line_if(newlines_ > 1 || (!after_comment_ && !out_.empty()));
        out_ += (depth_ > 0 ? std::string{indent} : std::string{}) + words_of(t) + "\n";
        after_comment_ = true;
    }

    void at_top(const token& t) {
        if (t.is("alarm") || t.is("pack")) {
            end_statement();
            if (t.is("alarm")) blank_line_if(!out_.empty() && (!after_comment_ || newlines_ > 1));
            if (t.is("pack")) blank_line_if(after_comment_ && newlines_ > 1);
        }
        statement_.push_back(t);
        if (!t.is("{")) return;
        ++depth_;
        end_statement();
    }

    void in_alarm(const token& t) {
        if (t.is("}")) {
            end_statement();
            out_ += "}\n";
            after_comment_ = false;
            --depth_;
            return;
        }
        if (begins_clause(t)) end_statement();
        statement_.push_back(t);
    }

    void blank_line_if(bool wanted) {
        if (wanted && !out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
    }

    // Writes what has been gathered: a clause or a heading, with the comments in it.
    void end_statement() {
        if (statement_.empty()) return;
        // Comments in lines of their own at its end belong to what comes next.
        std::vector<token> later;
        while (statement_.size() > 1 && statement_.back().what == token::kind::comment &&
               own_line(statement_.back())) {
            later.insert(later.begin(), statement_.back());
            statement_.pop_back();
        }
        write(statement_);
        after_comment_ = false;
        statement_.clear();
        for (const token& c : later) {
            out_ += (depth_ > 0 ? std::string{indent} : std::string{}) + words_of(c) + "\n";
            after_comment_ = true;
        }
    }

    [[nodiscard]] bool own_line(const token& t) const {
        const auto line = text_.rfind('\n', t.at);
        const auto start = line == std::string_view::npos ? 0 : line + 1;
        return std::ranges::all_of(text_.substr(start, t.at - start),
                                   [](char c) { return c == ' ' || c == '\t' || c == '\r'; });
    }

    void write(const std::vector<token>& tokens) {
        const std::string first = one_line(tokens, false);
        const bool break_up = columns(first) > widest;
        out_ += break_up ? one_line(tokens, true) : first;
        out_ += '\n';
    }

    [[nodiscard]] static std::size_t columns(std::string_view lines) {
        std::size_t most = 0;
        std::size_t here = 0;
        bool in_comment = false;
        for (const char c : lines) {
            if (c == '\n') here = 0, in_comment = false;
            if (c == '#') in_comment = true; // a long comment breaks no condition
            if (c != '\n' && !in_comment && (static_cast<unsigned char>(c) & 0xc0U) != 0x80)
                most = std::max(most, ++here);
        }
        return most;
    }

    [[nodiscard]] std::string one_line(const std::vector<token>& tokens, bool break_up) const {
        std::string line{depth_ > 0 && !tokens.back().is("{") ? indent : std::string_view{}};
        std::size_t open = 0;
        bool fresh = true; // nothing stands on this line yet
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const token& t = tokens[i];
            if (t.what == token::kind::comment) {
                if (own_line(t)) {
                    line += (fresh ? std::string{} : "\n" + std::string{deeper}) + words_of(t);
                } else {
                    line += "  " + words_of(t);
                }
                if (i + 1 < tokens.size()) line += "\n" + std::string{deeper};
                fresh = true;
                continue;
            }
            if (t.is("(")) ++open;
            if (t.is(")") && open > 0) --open;
            const bool breaks = break_up && open == 0 && (t.is("and") || t.is("or") || t.is("unless"));
            if (breaks && !fresh) {
                line += "\n" + std::string{deeper};
                fresh = true;
            }
            if (!fresh && i > 0 && spaced(tokens[i - 1], t)) line += ' ';
            line += words_of(t);
            fresh = false;
            if (i == 0 && begins_clause(t) && t.as.size() < clause_word - 1)
                line.append(clause_word - 1 - t.as.size(), ' ');
        }
        return line;
    }

    std::string_view text_;
    std::string out_;
    std::vector<token> statement_; // the clause or heading that is being gathered
    std::size_t depth_ = 0;
    std::size_t newlines_ = 0;
    bool after_comment_ = false;
};

} // namespace

std::expected<std::string, std::vector<pack_error>> format_pack(std::string_view text, std::string_view file) {
    if (auto checked = read_pack(text, file); !checked) return std::unexpected(std::move(checked.error()));
    mistakes none;
    std::string laid = layout{text}.of(cut(text, none));
    // Blanks alone may bring a text of comments over the bound; what can't be read again is no layout.
    return laid.size() <= limits::pack_bytes ? std::move(laid) : std::string{text};
}

} // namespace anban::language
