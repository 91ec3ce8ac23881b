#include "rules/language/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "rules/language/units.hpp"
#include "rules/limits.hpp"

namespace anban::language {
namespace {

constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

[[nodiscard]] bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}
[[nodiscard]] bool is_letter(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
[[nodiscard]] bool starts_word(char c) noexcept {
    return is_letter(c) || c == '%' || c == '/' || static_cast<unsigned char>(c) >= 0x80;
}
[[nodiscard]] bool in_word(char c) noexcept {
    return starts_word(c) || is_digit(c) || c == '-';
}

// Signs of a Chinese keyboard that look like ours.
struct lookalike {
    std::string_view wide;
    std::string_view ours;
};
constexpr std::array lookalikes{
    lookalike{"“", "\""}, lookalike{"”", "\""}, lookalike{"＂", "\""}, lookalike{"｛", "{"},
    lookalike{"｝", "}"}, lookalike{"（", "("}, lookalike{"）", ")"},  lookalike{"，", ","},
    lookalike{"、", ","}, lookalike{"：", ":"}, lookalike{"＜", "<"},  lookalike{"＞", ">"},
    lookalike{"≤", "<="}, lookalike{"≥", ">="}, lookalike{"＝", "="},  lookalike{"＋", "+"},
    lookalike{"－", "-"}, lookalike{"％", "%"}, lookalike{"＃", "#"},  lookalike{"…", ".."},
    lookalike{"℃", "°C"}, lookalike{"。", "."}, lookalike{"；", ","},  lookalike{"\xe3\x80\x80", " "},
};

[[nodiscard]] const lookalike* lookalike_at(std::string_view rest) noexcept {
    const auto found = std::ranges::find_if(lookalikes, [&](const auto& l) { return rest.starts_with(l.wide); });
    return found == lookalikes.end() ? nullptr : &*found;
}

class cutter {
public:
    cutter(std::string_view text, mistakes& wrong) : text_(text), wrong_(wrong) {}

    [[nodiscard]] std::vector<token> all() {
        if (text_.starts_with(byte_order_mark)) i_ = byte_order_mark.size();
        while (i_ < text_.size() && wrong_.size() < limits::pack_errors) one();
        take(token::kind::end, text_.size(), text_.size());
        return std::move(tokens_);
    }

private:
    [[nodiscard]] char at(std::size_t i) const noexcept { return i < text_.size() ? text_[i] : '\0'; }
    void take(token::kind what, std::size_t from, std::size_t to, double value = 0) {
        tokens_.push_back({what, text_.substr(from, to - from), value, from});
        i_ = to;
    }

    void one() {
        const char c = text_[i_];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
            ++i_;
        } else if (c == '#') {
            std::size_t end = std::min(text_.find('\n', i_), text_.size());
            while (end > i_ && (text_[end - 1] == '\r' || text_[end - 1] == ' ' || text_[end - 1] == '\t')) --end;
            take(token::kind::comment, i_, end);
        } else if (c == '"') {
            title();
        } else if (is_digit(c) || (c == '-' && is_digit(at(i_ + 1)))) {
            number();
        } else if (const auto* wide = lookalike_at(text_.substr(i_))) {
            wrong_.push_back(
                {i_,
                 {fmt::format("'{}' is a full-width sign", wide->wide), fmt::format("“{}”是全角符号", wide->wide)},
                 {fmt::format("write {}", wide->ours), fmt::format("改写为半角 {}", wide->ours)}});
            i_ += wide->wide.size();
        } else if (starts_word(c)) {
            take(token::kind::word, i_, end_of_word(i_));
        } else {
            const char d = at(i_ + 1);
            const bool two = (d == '=' && (c == '<' || c == '>')) || (c == '.' && d == '.');
            take(token::kind::mark, i_, i_ + (two ? 2 : 1));
        }
    }

    [[nodiscard]] std::size_t end_of_word(std::size_t i) const noexcept {
        while (i < text_.size()) {
            if (static_cast<unsigned char>(text_[i]) >= 0x80 && lookalike_at(text_.substr(i)) != nullptr) break;
            // A room's id may have a dot, two dots are a sign of ours.
            const bool dot = text_[i] == '.' && (is_letter(at(i + 1)) || is_digit(at(i + 1)));
            if (!in_word(text_[i]) && !dot) break;
            ++i;
        }
        return i;
    }

    void title() {
        const auto close = text_.find_first_of("\"\n", i_ + 1);
        if (close == std::string_view::npos || text_[close] == '\n') {
            wrong_.push_back({i_,
                              {"this text has no end", "这段文字没有结束"},
                              {"close it with \" on the same line", "在同一行用 \" 结束"}});
            i_ = std::min(close, text_.size());
            return;
        }
        const auto inside = text_.substr(i_ + 1, close - i_ - 1);
        const bool control = std::ranges::any_of(inside, [](char c) { return (c >= 0 && c < 0x20) || c == 0x7f; });
        if (control || inside.size() > limits::title_bytes) {
            wrong_.push_back({i_,
                              control ? said{"this text has a control character", "这段文字中有控制字符"}
                                      : said{fmt::format("this text is longer than {} bytes", limits::title_bytes),
                                             fmt::format("这段文字超过 {} 字节", limits::title_bytes)},
                              {}});
        }
        take(token::kind::text, i_, close + 1);
    }

    // 40 · -0.5 · 22:00; an id that begins with a digit is a word, digits before a unit are a number.
    void number() {
        std::size_t end = i_ + 1;
        while (is_digit(at(end))) ++end;
        if (at(end) == ':' && is_digit(at(end + 1))) return clock(end);
        std::size_t decimals = 0;
        if (at(end) == '.' && is_digit(at(end + 1))) {
            const std::size_t point = end++;
            while (is_digit(at(end))) ++end;
            decimals = end - point - 1;
        }
        if (is_letter(at(end)) && text_[i_] != '-') {
            const std::size_t word_end = end_of_word(end);
            if (!measured(1, text_.substr(end, word_end - end))) return take(token::kind::word, i_, word_end);
        }
        double value = 0;
        std::from_chars(text_.data() + i_, text_.data() + end, value);
        if (decimals > 6 || value > largest_number || value < -largest_number) {
            wrong_.push_back(
                {i_,
                 {"this number can't be kept exactly", "这个数无法精确保存"},
                 {"at most 6 decimals, and less than a thousand million", "最多 6 位小数，小于十亿"}});
        }
        take(token::kind::number, i_, end, value);
    }

    void clock(std::size_t colon) {
        std::size_t end = colon + 1;
        while (is_digit(at(end))) ++end;
        int hour = 99;
        int minute = 99;
        std::from_chars(text_.data() + i_, text_.data() + colon, hour);
        std::from_chars(text_.data() + colon + 1, text_.data() + end, minute);
        if (colon - i_ > 2 || end - colon != 3 || hour < 0 || hour > 23 || minute > 59) {
            wrong_.push_back({i_,
                              {fmt::format("'{}' is no time of day", text_.substr(i_, end - i_)),
                               fmt::format("“{}”不是一天中的时刻", text_.substr(i_, end - i_))},
                              {"write 00:00 to 23:59", "写 00:00 到 23:59"}});
        }
        take(token::kind::clock, i_, end, hour * 60 + minute);
    }

    std::string_view text_;
    mistakes& wrong_;
    std::vector<token> tokens_;
    std::size_t i_ = 0;
};

// Where the text stops being UTF-8; npos where it is all well-formed.
[[nodiscard]] std::size_t first_not_utf8(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    std::size_t i = 0;
    while (i < text.size()) {
        const unsigned lead = byte(i);
        const std::size_t more = lead < 0x80 ? 0 : lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
        if (lead >= 0x80 && (lead < 0xc2 || lead > 0xf4)) return i;
        for (std::size_t k = 1; k <= more; ++k) {
            if ((byte(i + k) & 0xc0U) != 0x80) return i;
        }
        const unsigned second = byte(i + 1);
        const bool overlong = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
        const bool outside = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
        if (overlong || outside) return i;
        i += more + 1;
    }
    return std::string_view::npos;
}

[[nodiscard]] bool continues_character(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0U) == 0x80;
}

// Columns of a terminal that the character beginning here takes: the wide blocks of East Asian text take two.
[[nodiscard]] int columns_at(std::string_view text, std::size_t i) noexcept {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0xe0) return 1;
    char32_t c = lead >= 0xf0 ? lead & 0x07U : lead & 0x0fU;
    for (std::size_t k = i + 1; k < text.size() && continues_character(text[k]); ++k)
        c = (c << 6U) | (static_cast<unsigned char>(text[k]) & 0x3fU);
    const bool wide =
        (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
        (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
        (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
    return wide ? 2 : 1;
}

// A mistake quotes the text, and the text may hold what would write on a terminal.
[[nodiscard]] std::string harmless(std::string text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x20 || byte == 0x7f) text[i] = '?';
        const bool c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
        if (c1) text.replace(i, 2, "?");
    }
    return text;
}

[[nodiscard]] pack_error locate(std::string_view text, std::string_view file, mistake m) {
    const std::string_view before = text.substr(0, m.at);
    auto start = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
    if (start == 0 && text.starts_with(byte_order_mark)) start = std::min(byte_order_mark.size(), m.at);
    auto end = std::min(text.find('\n', m.at), text.size());
    while (end > start && text[end - 1] == '\r') --end;
    const auto characters =
        std::ranges::count_if(text.substr(start, m.at - start), [](char c) { return !continues_character(c); });
    return {.file = std::string{file},
            .line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1,
            .column = static_cast<std::size_t>(characters) + 1,
            .what = harmless(std::move(m.what.en)),
            .hint = harmless(std::move(m.hint.en)),
            .source = std::string{text.substr(start, end - start)},
            .what_zh = harmless(std::move(m.what.zh)),
            .hint_zh = harmless(std::move(m.hint.zh))};
}

// Of a very long line the part around the column, so that one mistake never prints a page.
struct shown_line {
    std::string text;
    std::string indent;
};
[[nodiscard]] shown_line line_with_indent(std::string_view source, std::size_t column) {
    constexpr std::size_t most_before = 100;
    constexpr std::size_t most = 200;
    shown_line shown;
    std::size_t character = 0;
    for (std::size_t i = 0; i < source.size();) {
        std::size_t end = i + 1;
        while (end < source.size() && continues_character(source[end])) ++end;
        ++character;
        const bool near = character + most_before > column && character < column + most;
        const auto byte = static_cast<unsigned char>(source[i]);
        const bool control = (byte < 0x20 && byte != '\t') || byte == 0x7f ||
                             (byte == 0xc2 && end - i == 2 && static_cast<unsigned char>(source[i + 1]) < 0xa0);
        if (near) shown.text += control ? std::string_view{"?"} : source.substr(i, end - i);
        if (near && character < column)
            shown.indent +=
                byte == '\t' ? "\t" : std::string(static_cast<std::size_t>(columns_at(source, i)), ' ');
        i = end;
    }
    return shown;
}

} // namespace

std::vector<token> cut(std::string_view text, mistakes& wrong) {
    return cutter{text, wrong}.all();
}

std::optional<pack_error> unreadable(std::string_view text, std::string_view file) {
    if (text.size() > limits::pack_bytes) {
        return pack_error{.file = std::string{file},
                          .line = 1,
                          .column = 1,
                          .what = fmt::format("the pack is larger than {} KiB", limits::pack_bytes / 1024),
                          .hint = "split it",
                          .source = {},
                          .what_zh = fmt::format("规则包大于 {} KiB", limits::pack_bytes / 1024),
                          .hint_zh = "请拆分"};
    }
    const bool utf16 = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
    if (const std::size_t at = first_not_utf8(text); at != std::string_view::npos) {
        return pack_error{.file = std::string{file},
                          .line = static_cast<std::size_t>(std::ranges::count(text.substr(0, at), '\n')) + 1,
                          .column = 1,
                          .what = "the text isn't UTF-8",
                          .hint = fmt::format("save the file as UTF-8 (it may be {})", utf16 ? "UTF-16" : "GBK"),
                          .source = {},
                          .what_zh = "文件不是 UTF-8 编码",
                          .hint_zh = fmt::format("请另存为 UTF-8（可能是 {}）", utf16 ? "UTF-16" : "GBK")};
    }
    return std::nullopt;
}

std::vector<pack_error> located(std::string_view text, std::string_view file, mistakes wrong) {
    std::ranges::stable_sort(wrong, {}, &mistake::at);
    if (wrong.size() > limits::pack_errors) wrong.resize(limits::pack_errors);
    std::vector<pack_error> errors;
    for (mistake& m : wrong) errors.push_back(locate(text, file, std::move(m)));
    return errors;
}

std::string pack_error::in_words(bool chinese) const {
    std::string text = fmt::format("{}:{}:{}: {}", file, line, column, chinese ? what_zh : what);
    if (!source.empty()) {
        const auto shown = line_with_indent(source, column);
        text += fmt::format("\n    {}\n    {}^", shown.text, shown.indent);
    }
    if (const std::string& cure = chinese ? hint_zh : hint; !cure.empty()) text += "\n    " + cure;
    return text;
}

namespace {

// Letters put in, left out, changed or swapped with the next.
[[nodiscard]] std::size_t letters_apart(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::swap(before_last, last);
        std::swap(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[b.size()];
}

} // namespace

std::string_view nearest_word(std::string_view said, const std::vector<std::string_view>& known) {
    if (said.size() > limits::id_bytes) return {};
    std::size_t best = said.size() < 4 ? 2 : 3;
    std::string_view nearest;
    for (const std::string_view word : known) {
        const std::size_t distance = letters_apart(said, word);
        if (distance < best) {
            best = distance;
            nearest = word;
        }
    }
    return nearest;
}

said did_you_mean(std::string_view word, const std::vector<std::string_view>& known, said otherwise) {
    const auto nearest = nearest_word(word, known);
    if (nearest.empty()) return otherwise;
    return {fmt::format("did you mean '{}'?", nearest), fmt::format("是否应为“{}”？", nearest)};
}

cursor::cursor(std::string_view text, mistakes& wrong) : text_(text), tokens_(cut(text, wrong)), wrong_(&wrong) {
    std::erase_if(tokens_, [](const token& t) { return t.what == token::kind::comment; });
}

const token& cursor::peek(std::size_t ahead) const noexcept {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
}

const token& cursor::next() noexcept {
    const token& t = peek();
    end_of_last_ = t.at + t.as.size();
    if (at_ + 1 < tokens_.size()) ++at_;
    return t;
}

bool cursor::accept(std::string_view w) noexcept {
    if (!is(w)) return false;
    next();
    return true;
}

bool cursor::demand(std::string_view w, said hint) {
    if (accept(w)) return true;
    const said instead = name_of(peek());
    if (peek().what == token::kind::word) hint = did_you_mean(peek().as, {w}, std::move(hint));
    complain(here(),
             {fmt::format("'{}' is expected here, not {}", w, instead.en),
              fmt::format("此处应为“{}”，而不是{}", w, instead.zh)},
             std::move(hint));
    return false;
}

std::size_t cursor::here() const noexcept {
    const std::size_t next = peek().at;
    const auto between = text_.substr(end_of_last_, next - std::min(next, end_of_last_));
    return end_of_last_ > 0 && between.contains('\n') ? end_of_last_ : next;
}

void cursor::complain(std::size_t at, said what, said hint) {
    // Beyond the bound nothing is told, so nothing is kept: the reader stops there.
    if (wrong_->size() <= limits::pack_errors) wrong_->push_back({at, std::move(what), std::move(hint)});
}

std::string cursor::quoted(std::size_t from, std::size_t to) const {
    std::string line;
    for (const char c : text_.substr(from, to - from)) {
        const bool space = c == ' ' || c == '\n' || c == '\t' || c == '\r';
        if (space && (line.empty() || line.back() == ' ')) continue;
        line += space ? ' ' : c;
    }
    constexpr std::size_t most = 60;
    return line.size() > most || line.find('#') != std::string::npos ? std::string{"…"} : line;
}

said name_of(const token& t) {
    if (t.what == token::kind::end) return {"the end of the file", "文件结尾"};
    std::string as{t.as.substr(0, limits::id_bytes)};
    while (as.size() < t.as.size() && !as.empty() && continues_character(t.as[as.size()])) {
        const bool lead = !continues_character(as.back());
        as.pop_back();
        if (lead) break;
    }
    if (as.size() < t.as.size()) as += "…";
    if (t.what == token::kind::mark && as.size() == 1 &&
        (static_cast<unsigned char>(as[0]) < 0x20 || as[0] == 0x7f))
        as = fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(as[0])));
    return {fmt::format("'{}'", as), fmt::format("“{}”", as)};
}

} // namespace anban::language
