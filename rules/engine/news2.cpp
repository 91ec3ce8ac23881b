#include "rules/engine/news2.hpp"

#include <algorithm>
#include <cmath>

namespace anban {
namespace {

// Up to and with `most` the points are these; the last band has no end.
struct band {
    int most;
    int points;
};

constexpr int no_end = 1 << 30;

constexpr std::array respiration{band{8, 3}, band{11, 1}, band{20, 0}, band{24, 2}, band{no_end, 3}};
constexpr std::array spo2_scale_1{band{91, 3}, band{93, 2}, band{95, 1}, band{no_end, 0}};
constexpr std::array spo2_scale_2_on_air{band{83, 3}, band{85, 2}, band{87, 1}, band{no_end, 0}};
constexpr std::array spo2_scale_2_on_oxygen{band{83, 3}, band{85, 2}, band{87, 1},    band{92, 0},
                                            band{94, 1}, band{96, 2}, band{no_end, 3}};
constexpr std::array systolic{band{90, 3}, band{100, 2}, band{110, 1}, band{219, 0}, band{no_end, 3}};
constexpr std::array pulse{band{40, 3}, band{50, 1}, band{90, 0}, band{110, 1}, band{130, 2}, band{no_end, 3}};
constexpr std::array tenths_of_degree{band{350, 3}, band{360, 1}, band{380, 0}, band{390, 1}, band{no_end, 2}};

constexpr int scale_2_needs_oxygen_from = 93; // below it breathing oxygen makes no difference

template <std::size_t N>
[[nodiscard]] int points_of(const std::array<band, N>& table, double value) noexcept {
    const auto rounded = static_cast<int>(std::lround(value));
    return std::ranges::find_if(table, [rounded](const band& b) { return rounded <= b.most; })->points;
}

template <std::size_t N>
[[nodiscard]] std::optional<int> points_of(const std::array<band, N>& table, std::optional<double> value,
                                           double parts = 1) noexcept {
    if (!value) return std::nullopt;
    return points_of(table, *value * parts);
}

[[nodiscard]] std::optional<int> points_of_spo2(const news2_input& in) noexcept {
    if (!in.spo2_scale_2) return points_of(spo2_scale_1, in.spo2);
    if (!in.spo2) return std::nullopt;
    if (std::lround(*in.spo2) < scale_2_needs_oxygen_from) return points_of(spo2_scale_2_on_air, *in.spo2);
    if (!in.on_oxygen) return std::nullopt;
    return *in.on_oxygen ? points_of(spo2_scale_2_on_oxygen, *in.spo2) : points_of(spo2_scale_2_on_air, *in.spo2);
}

[[nodiscard]] std::optional<int> points_if(std::optional<bool> known, bool counts, int points) noexcept {
    if (!known) return std::nullopt;
    return *known == counts ? points : 0;
}

} // namespace

news2_score score_news2(const news2_input& in) noexcept {
    news2_score out;
    const auto set = [&out](news2_part p, std::optional<int> points) {
        out.single[static_cast<std::size_t>(p)] = points;
    };
    set(news2_part::respiration, points_of(respiration, in.respiration));
    set(news2_part::spo2, points_of_spo2(in));
    set(news2_part::oxygen, points_if(in.on_oxygen, true, 2));
    set(news2_part::systolic, points_of(systolic, in.systolic));
    set(news2_part::pulse, points_of(pulse, in.pulse));
    set(news2_part::consciousness, points_if(in.alert, false, 3));
    set(news2_part::temperature, points_of(tenths_of_degree, in.temperature, 10));
    int sum = 0;
    for (const auto& one : out.single) {
        if (!one) continue;
        ++out.known;
        sum += *one;
        out.largest = std::max(out.largest.value_or(0), *one);
    }
    if (out.known == static_cast<int>(news2_parts)) out.total = sum;
    return out;
}

} // namespace anban
