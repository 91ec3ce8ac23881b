// The units that rules may write, and how numbers are kept: a duration in seconds, a rate per day, anything
// else as it is measured. Numbers have at most six decimals, so that what is written, kept and written again
// is the same number.
//
// Threads: free functions without state.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/language/alarm_rule.hpp"

namespace anban::language {

inline constexpr double largest_number = 999'999'999;

struct measure {
    double value = 0;
    std::string_view unit; // the one it is kept in: "s", "bpm", "kg/d"; empty for a bare number
    friend bool operator==(const measure&, const measure&) = default;
};

// Nothing where there is no such unit.
[[nodiscard]] std::optional<measure> measured(double value, std::string_view unit);

// "45 bpm", "4 h", "0.5 kg/h", "20": what a care plan writes for a parameter. Nothing for anything else.
[[nodiscard]] std::optional<measure> read_measure(std::string_view text);

// Every unit there is, for hints.
[[nodiscard]] std::vector<std::string_view> all_units();

// The unit that a number beside this signal has: the signal's own; per day for a rate; "readings" for a count.
[[nodiscard]] std::string unit_of_window(window_function f, signal what);

// To six decimals.
[[nodiscard]] double rounded(double value) noexcept;
[[nodiscard]] std::chrono::nanoseconds from_seconds(double seconds) noexcept;

// "40", "36.5": as short as possible, never with an exponent.
[[nodiscard]] std::string number_in_words(double value);
// "40 bpm", "20", "4 h" (for the unit "s"), "0.5 kg/d".
[[nodiscard]] std::string measure_in_words(double value, std::string_view unit);
// In the largest unit that fits: "90 s", "4 h", "500 ms".
[[nodiscard]] std::string duration_in_words(std::chrono::nanoseconds d);

} // namespace anban::language
