#include "rules/wall_text.hpp"

#include <charconv>

#include <fmt/format.h>

namespace anban {
namespace {

struct parts {
    std::chrono::year_month_day date;
    std::chrono::hh_mm_ss<std::chrono::microseconds> clock;

    explicit parts(utc_time at)
        : date(std::chrono::floor<std::chrono::days>(at)), clock(at - std::chrono::floor<std::chrono::days>(at)) {}

    [[nodiscard]] std::string day() const {
        return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                           static_cast<unsigned>(date.day()));
    }
    [[nodiscard]] std::string time() const {
        return fmt::format("{:02}:{:02}:{:02}", clock.hours().count(), clock.minutes().count(),
                           clock.seconds().count());
    }
};

[[nodiscard]] std::optional<unsigned> digits(std::string_view text, std::size_t at, std::size_t size) noexcept {
    unsigned n = 0;
    const char* const end = text.data() + at + size;
    const auto [read, error] = std::from_chars(text.data() + at, end, n);
    if (error != std::errc{} || read != end) return std::nullopt;
    return n;
}

} // namespace

std::string wall_text(const zone_table& zone, utc_time at) {
    const parts p{at + offset_at(zone, at)};
    return p.day() + " " + p.time();
}

std::string iso_text(utc_time at, bool whole) {
    const parts p{at};
    const auto us = p.clock.subseconds().count();
    return whole ? fmt::format("{}T{}.{:06}Z", p.day(), p.time(), us)
                 : fmt::format("{}T{}.{:03}Z", p.day(), p.time(), us / 1000);
}

std::optional<utc_time> utc_from_text(std::string_view text) noexcept {
    if (text.ends_with('Z')) text.remove_suffix(1);
    const bool to_the_minute = text.size() == 16;
    if ((!to_the_minute && text.size() < 19) || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || (!to_the_minute && text[16] != ':')) {
        return std::nullopt;
    }
    const auto y = digits(text, 0, 4), mo = digits(text, 5, 2), d = digits(text, 8, 2), h = digits(text, 11, 2),
               mi = digits(text, 14, 2);
    if (!y || !mo || !d || !h || !mi || *h > 23 || *mi > 59) return std::nullopt;
    double s = 0;
    if (!to_the_minute) {
        const char* const end = text.data() + text.size();
        const auto [read, error] = std::from_chars(text.data() + 17, end, s, std::chars_format::fixed);
        if (error != std::errc{} || read != end || !(s >= 0 && s < 61)) return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(*y)}, std::chrono::month{*mo},
                                           std::chrono::day{*d}};
    if (!date.ok()) return std::nullopt;
    return utc_time{std::chrono::sys_days{date} + std::chrono::hours{*h} + std::chrono::minutes{*mi} +
                    std::chrono::microseconds{static_cast<std::int64_t>(s * 1e6 + 0.5)}};
}

} // namespace anban
