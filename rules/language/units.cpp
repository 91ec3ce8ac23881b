#include "rules/language/units.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace anban::language {
namespace {

struct unit_facts {
    std::string_view name;
    std::string_view kept_in;
    double times;
};

constexpr double an_hour = 3600;
constexpr double hours_a_day = 24;

constexpr std::array table{
    unit_facts{"", "", 1},
    unit_facts{"ms", "s", 0.001},
    unit_facts{"s", "s", 1},
    unit_facts{"min", "s", 60},
    unit_facts{"h", "s", an_hour},
    unit_facts{"d", "s", hours_a_day* an_hour},
    unit_facts{"bpm", "bpm", 1},
    unit_facts{"/min", "/min", 1},
    unit_facts{"%", "%", 1},
    unit_facts{"°C", "°C", 1},
    unit_facts{"mmHg", "mmHg", 1},
    unit_facts{"kg", "kg", 1},
    unit_facts{"l", "l", 1},
    unit_facts{"points", "points", 1},
    unit_facts{"times", "times", 1},
    unit_facts{"readings", "readings", 1},
    unit_facts{"bpm/d", "bpm/d", 1},
    unit_facts{"bpm/h", "bpm/d", hours_a_day},
    unit_facts{"/min/d", "/min/d", 1},
    unit_facts{"/min/h", "/min/d", hours_a_day},
    unit_facts{"%/d", "%/d", 1},
    unit_facts{"%/h", "%/d", hours_a_day},
    unit_facts{"°C/d", "°C/d", 1},
    unit_facts{"°C/h", "°C/d", hours_a_day},
    unit_facts{"mmHg/d", "mmHg/d", 1},
    unit_facts{"mmHg/h", "mmHg/d", hours_a_day},
    unit_facts{"kg/d", "kg/d", 1},
    unit_facts{"kg/h", "kg/d", hours_a_day},
    unit_facts{"l/d", "l/d", 1},
    unit_facts{"l/h", "l/d", hours_a_day},
    unit_facts{"/d", "/d", 1},
    unit_facts{"/h", "/d", hours_a_day},
};

} // namespace

std::optional<measure> measured(double value, std::string_view unit) {
    const auto found = std::ranges::find(table, unit, &unit_facts::name);
    if (found == table.end()) return std::nullopt;
    return measure{rounded(value * found->times), found->kept_in};
}

std::optional<measure> read_measure(std::string_view text) {
    const auto trim = [](std::string_view t) {
        while (!t.empty() && t.front() == ' ') t.remove_prefix(1);
        while (!t.empty() && t.back() == ' ') t.remove_suffix(1);
        return t;
    };
    text = trim(text);
    double value = 0;
    const auto [end, bad] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (bad != std::errc{} || !std::isfinite(value) || std::abs(value) > largest_number) return std::nullopt;
    return measured(value, trim(text.substr(static_cast<std::size_t>(end - text.data()))));
}

std::vector<std::string_view> all_units() {
    std::vector<std::string_view> names;
    for (const auto& u : table) {
        if (!u.name.empty()) names.push_back(u.name);
    }
    return names;
}

std::string unit_of_window(window_function f, signal what) {
    if (f == window_function::count) return "readings";
    const std::string own{facts_of(what).unit};
    return f == window_function::rate ? own + "/d" : own;
}

double rounded(double value) noexcept {
    constexpr double parts = 1e6;
    return std::round(value * parts) / parts;
}

std::chrono::nanoseconds from_seconds(double seconds) noexcept {
    return std::chrono::nanoseconds{std::llround(seconds * 1e9)};
}

std::string number_in_words(double value) {
    std::string text = fmt::format("{:.6f}", value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text == "-0" ? "0" : text;
}

std::string measure_in_words(double value, std::string_view unit) {
    if (unit == "s" && value > 0 && value <= largest_number) return duration_in_words(from_seconds(value));
    if (unit.empty()) return number_in_words(value);
    // A rate by the hour, where it was probably written so.
    if (unit.ends_with("/d") && value != 0) {
        const double an_hours = rounded(value / hours_a_day);
        const bool shorter = number_in_words(an_hours).size() < number_in_words(value).size();
        if (shorter && rounded(an_hours * hours_a_day) == value)
            return fmt::format("{} {}/h", number_in_words(an_hours), unit.substr(0, unit.size() - 2));
    }
    return fmt::format("{} {}", number_in_words(value), unit);
}

std::string duration_in_words(std::chrono::nanoseconds d) {
    using namespace std::chrono_literals;
    struct step {
        std::chrono::nanoseconds one;
        std::string_view unit;
    };
    for (const auto& s : {step{24h, "d"}, step{1h, "h"}, step{1min, "min"}, step{1s, "s"}}) {
        if (d.count() != 0 && d % s.one == 0ns) return fmt::format("{} {}", d / s.one, s.unit);
    }
    if (d > 1s) return fmt::format("{} s", number_in_words(static_cast<double>(d.count()) / 1e9));
    return fmt::format("{} ms", number_in_words(static_cast<double>(d.count()) / 1e6));
}

} // namespace anban::language
