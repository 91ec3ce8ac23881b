// The National Early Warning Score 2 of the Royal College of Physicians (2017), exact. For adults; not in
// pregnancy. What is missing is never imputed: a score that can't be known is absent, and so is the total.
//
// Threads: free functions without state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace anban {

enum class news2_part : std::uint8_t { respiration, spo2, oxygen, systolic, pulse, consciousness, temperature };
inline constexpr std::size_t news2_parts = 7;

// Temperature is rounded to 0.1 °C, the other numbers to whole ones, halves away from zero.
struct news2_input {
    std::optional<double> respiration; // /min
    std::optional<double> spo2;        // %
    std::optional<bool> on_oxygen;
    std::optional<double> systolic; // mmHg
    std::optional<double> pulse;    // /min
    std::optional<bool> alert;      // false: any of confusion, voice, pain, unresponsive
    std::optional<double> temperature;
    bool spo2_scale_2 = false; // only where a clinician prescribed it
};

struct news2_score {
    std::array<std::optional<int>, news2_parts> single; // by news2_part
    std::optional<int> largest;                         // of those that are known
    std::optional<int> total;                           // all seven are known: 0..20
    int known = 0;                                      // "partial 2/7"
    friend bool operator==(const news2_score&, const news2_score&) = default;
};

[[nodiscard]] news2_score score_news2(const news2_input& in) noexcept;

} // namespace anban
