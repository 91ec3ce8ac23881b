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

std::optional<utc_time> moment_of(std::string_view text) {
    if (text.size() < 19) return std::nullopt;
    const auto part = [&](std::size_t at, std::size_t size) {
        int n = -1;
        std::from_chars(text.data() + at, text.data() + at + size, n);
        return n;
    };
    const std::chrono::year_month_day date{std::chrono::year{part(0, 4)},
                                           std::chrono::month{static_cast<unsigned>(part(5, 2))},
                                           std::chrono::day{static_cast<unsigned>(part(8, 2))}};
    if (!date.ok() || part(11, 2) < 0 || part(14, 2) < 0 || part(17, 2) < 0) return std::nullopt;
    return utc_time{std::chrono::sys_days{date} + std::chrono::hours{part(11, 2)} +
                    std::chrono::minutes{part(14, 2)} + std::chrono::seconds{part(17, 2)}};
}

std::string day_text(utc_time at) {
    const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(at)};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()));
}

std::string moment_text(utc_time at) {
    const std::chrono::hh_mm_ss clock{at - std::chrono::floor<std::chrono::days>(at)};
    return fmt::format("{} {:02}:{:02}", day_text(at), clock.hours().count(), clock.minutes().count());
}

} // namespace anban::figures
