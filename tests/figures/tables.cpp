#include "tests/figures/tables.hpp"

#include <charconv>

#include <fmt/format.h>
#include <zlib.h>

namespace anban::figures {
namespace {

constexpr std::size_t most_bytes = std::size_t{256} * 1024 * 1024;

[[nodiscard]] std::vector<std::string> cut(std::string_view line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : line) {
        if (c == '"') {
            quoted = !quoted;
        } else if (c == ',' && !quoted) {
            cells.emplace_back();
        } else if (c != '\r') {
            cells.back() += c;
        }
    }
    return cells;
}

} // namespace

std::expected<std::string, std::string> read_text(const std::filesystem::path& file) {
    gzFile in = gzopen(file.c_str(), "rb");
    if (in == nullptr) return std::unexpected(fmt::format("{}: can't be opened", file.string()));
    std::string text;
    char buffer[64 * 1024];
    int got = 0;
    while ((got = gzread(in, buffer, sizeof buffer)) > 0 && text.size() <= most_bytes) {
        text.append(buffer, static_cast<std::size_t>(got));
    }
    const bool whole = gzclose(in) == Z_OK && got == 0;
    if (!whole) return std::unexpected(fmt::format("{}: is cut off, damaged or too large", file.string()));
    return text;
}

std::expected<table, std::string> table::read(const std::filesystem::path& file) {
    const auto text = read_text(file);
    if (!text) return std::unexpected(text.error());
    table t;
    std::string_view rest{*text};
    while (!rest.empty()) {
        const auto end = std::min(rest.find('\n'), rest.size());
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty()) continue;
        auto cells = cut(line);
        if (t.columns_.empty()) {
            for (std::size_t i = 0; i < cells.size(); ++i) t.columns_.emplace(std::move(cells[i]), i);
        } else {
            t.rows_.push_back(std::move(cells));
        }
    }
    if (t.columns_.empty()) return std::unexpected(fmt::format("{}: is empty", file.string()));
    return t;
}

std::string_view table::at(std::size_t row, std::string_view column) const {
    const auto known = columns_.find(column);
    if (known == columns_.end() || known->second >= rows_[row].size()) return {};
    return rows_[row][known->second];
}

std::optional<double> table::number(std::size_t row, std::string_view column) const {
    const std::string_view text = at(row, column);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

} // namespace anban::figures
