#include "gateway/cli/terminal.hpp"

#include <algorithm>
#include <cstdlib>
#include <cwchar>

#include <unistd.h>

#include <fmt/format.h>

namespace anban::cli {
namespace {

// One character of UTF-8 text; a byte that is none counts as U+FFFD.
[[nodiscard]] char32_t next_character(std::string_view& text) {
    const auto first = static_cast<unsigned char>(text.front());
    std::size_t size = 1;
    char32_t c = first;
    if (first >= 0xf0 && first < 0xf8) {
        size = 4;
        c = first & 0x07U;
    } else if (first >= 0xe0 && first < 0xf0) {
        size = 3;
        c = first & 0x0fU;
    } else if (first >= 0xc2 && first < 0xe0) {
        size = 2;
        c = first & 0x1fU;
    } else if (first >= 0x80) {
        c = 0xfffd;
    }
    for (std::size_t i = 1; i < size; ++i) {
        const auto byte = i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
        if ((byte & 0xc0U) != 0x80U) {
            text.remove_prefix(std::min(i, text.size()));
            return 0xfffd;
        }
        c = (c << 6U) | (byte & 0x3fU);
    }
    text.remove_prefix(size);
    return c;
}

struct range {
    char32_t first;
    char32_t last;
};

// Two columns wide by Unicode's East Asian Width (W and F); wcwidth() itself depends on the locale, and a
// box whose locale is "C" still shows Chinese names.
constexpr range wide[] = {{0x1100, 0x115f},   {0x2e80, 0x303e},  {0x3041, 0x33ff}, {0x3400, 0x4dbf},
                          {0x4e00, 0x9fff},   {0xa000, 0xa4cf},  {0xac00, 0xd7a3}, {0xf900, 0xfaff},
                          {0xfe30, 0xfe4f},   {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1f64f},
                          {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};
constexpr range narrow_to_nothing[] = {{0x0300, 0x036f}, {0x200b, 0x200f}, {0xfe00, 0xfe0f}};

[[nodiscard]] std::size_t columns_of(char32_t c) {
    const auto holds = [c](const range& r) { return c >= r.first && c <= r.last; };
    if (std::ranges::any_of(narrow_to_nothing, holds)) return 0;
    return std::ranges::any_of(wide, holds) ? 2 : 1;
}

[[nodiscard]] const char* code_of(colour c) {
    switch (c) {
    case colour::red: return "\x1b[1;31m";
    case colour::yellow: return "\x1b[33m";
    case colour::green: return "\x1b[32m";
    case colour::dim: return "\x1b[2m";
    case colour::bold: return "\x1b[1m";
    case colour::none: break;
    }
    return "";
}

[[nodiscard]] std::string_view set_variable(const char* name) {
    const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): read before any thread starts
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

} // namespace

std::string terminal::painted(std::string_view text, colour c) const {
    if (!colours || c == colour::none) return std::string{text};
    return fmt::format("{}{}\x1b[0m", code_of(c), text);
}

void terminal::line(std::string_view text) const {
    std::fwrite(text.data(), 1, text.size(), out);
    std::fputc('\n', out);
    std::fflush(out);
}

void terminal::complain(std::string_view text) const {
    std::fflush(out);
    std::fwrite(text.data(), 1, text.size(), err);
    std::fputc('\n', err);
}

std::optional<bool> locale_is_chinese() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
        const auto value = set_variable(name);
        if (value.empty()) continue;
        const auto language = value.substr(0, value.find_first_of("._@"));
        if (language == "C" || language == "POSIX") return std::nullopt;
        return language == "zh";
    }
    return std::nullopt;
}

bool wants_colours(std::FILE* out) {
    return ::isatty(::fileno(out)) != 0 && set_variable("NO_COLOR").empty() && set_variable("TERM") != "dumb";
}

std::size_t columns_of(std::string_view utf8) {
    std::size_t columns = 0;
    while (!utf8.empty()) columns += columns_of(next_character(utf8));
    return columns;
}

std::string padded(std::string_view utf8, std::size_t columns) {
    const std::size_t taken = columns_of(utf8);
    std::string text{utf8};
    if (taken < columns) text.append(columns - taken, ' ');
    return text;
}

std::string harmless(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::string_view before = text;
        const char32_t c = next_character(text);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0)) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned>(c));
        } else if (c == 0xfffd) {
            out += "\xef\xbf\xbd";
        } else {
            out += before.substr(0, before.size() - text.size());
        }
    }
    return out;
}

void table::add(std::vector<cell> row) {
    row.resize(rows_.size());
    for (auto& c : row) c.text = harmless(c.text);
    cells_.push_back(std::move(row));
}

std::string table::in(const terminal& t) const {
    std::vector<std::size_t> widths;
    for (const auto& name : rows_) widths.push_back(columns_of(name));
    for (const auto& row : cells_) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i].text));
    }
    std::string text;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        text += t.painted(i + 1 < rows_.size() ? padded(rows_[i], widths[i] + 2) : rows_[i], colour::dim);
    }
    for (const auto& row : cells_) {
        text += '\n';
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += t.painted(row[i].text, row[i].paint);
            if (i + 1 < row.size()) text.append(widths[i] + 2 - columns_of(row[i].text), ' ');
        }
    }
    return text;
}

} // namespace anban::cli
