// The resident's own usual values, and NEWS2: both from the whole list of readings each time.
#include <algorithm>

#include "rules/limits.hpp"
#include <cmath>
#include <map>

#include "tests/rules/reference/world.hpp"

namespace anban::reference {
namespace {

using namespace std::chrono_literals;

double median(std::vector<double> v) {
    std::ranges::sort(v);
    const auto n = v.size();
    return n % 2 == 1 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

double bin_width(signal what) {
    return (facts_of(what).most - facts_of(what).least) / static_cast<double>(limits::baseline_bins);
}

double middle_of_bin(signal what, double value) {
    const auto width = bin_width(what);
    auto bin = std::floor((value - facts_of(what).least) / width);
    bin = std::min(bin, static_cast<double>(limits::baseline_bins) - 1);
    return facts_of(what).least + (bin + 0.5) * width;
}

double rounded(signal what, double v) {
    return what == signal::temperature ? std::round(v * 10) / 10 : std::round(v);
}

int on_scale_2(double v, bool on_oxygen) {
    if (v <= 83) return 3;
    if (v <= 85) return 2;
    if (v <= 87) return 1;
    if (v <= 92 || !on_oxygen) return 0;
    if (v <= 94) return 1;
    if (v <= 96) return 2;
    return 3;
}

} // namespace

std::optional<world::usual> world::baseline(signal what, const subject& who, int days, std::int64_t today) const {
    std::map<std::int64_t, std::vector<double>> of_day;
    for (const auto& h : all) {
        if (h.said.what != what || !good(h.said) || !h.day) continue;
        if (!admits({}, who, h.said.from.device)) continue;
        if (*h.day < today && *h.day >= today - days) of_day[*h.day].push_back(middle_of_bin(what, h.said.value));
    }
    if (of_day.size() < 5) return std::nullopt;
    std::vector<double> daily;
    for (auto& [day, of_this] : of_day) {
        std::ranges::sort(of_this);
        daily.push_back(of_this[(of_this.size() + 1) / 2 - 1]); // rank: half of them, rounded up
    }
    usual u{median(daily), 0};
    std::vector<double> off;
    for (const auto v : daily) off.push_back(std::abs(v - u.median));
    u.spread = std::max(1.4826 * median(off), bin_width(what));
    return u;
}

int news2_points(signal what, double v, bool scale_2, bool on_oxygen) {
    switch (what) {
    case signal::respiration: return v <= 8 ? 3 : v <= 11 ? 1 : v <= 20 ? 0 : v <= 24 ? 2 : 3;
    case signal::spo2:
        if (scale_2) return on_scale_2(v, on_oxygen);
        return v <= 91 ? 3 : v <= 93 ? 2 : v <= 95 ? 1 : 0;
    case signal::on_oxygen: return v != 0 ? 2 : 0;
    case signal::systolic: return v <= 90 ? 3 : v <= 100 ? 2 : v <= 110 ? 1 : v <= 219 ? 0 : 3;
    case signal::heart_rate: return v <= 40 ? 3 : v <= 50 ? 1 : v <= 90 ? 0 : v <= 110 ? 1 : v <= 130 ? 2 : 3;
    case signal::alert: return v != 0 ? 0 : 3;
    case signal::temperature: return v <= 35 ? 3 : v <= 36 ? 1 : v <= 38 ? 0 : v <= 39 ? 1 : 2;
    default: return 0;
    }
}

std::optional<double> world::news2(const subject& who, mono_time t, bool single) const {
    static const std::map<signal, std::chrono::nanoseconds> valid_for{
        {signal::respiration, 4h}, {signal::spo2, 4h},  {signal::systolic, 4h},  {signal::heart_rate, 4h},
        {signal::temperature, 8h}, {signal::alert, 8h}, {signal::on_oxygen, 24h}};
    bool scale_2 = false;
    for (const auto& plan : where.plans) {
        if (who.of == subject::kind::resident && plan.who.str() == who.id) scale_2 = plan.spo2_scale_2;
    }
    std::map<signal, double> newest;
    for (const auto& [what, patience] : valid_for) {
        const heard* best = nullptr;
        for (const auto& h : all) {
            if (h.said.what != what || !good(h.said) || !h.in_order) continue;
            if (!admits({}, who, h.said.from.device) || h.e > t || h.e + patience <= t) continue;
            if (best == nullptr || h.e >= best->e) best = &h;
        }
        if (best != nullptr) newest[what] = rounded(what, best->said.value);
    }
    // Scale 2 can't be read off without knowing about the oxygen where that decides.
    const bool oxygen_known = newest.contains(signal::on_oxygen);
    const bool on_oxygen = oxygen_known && newest[signal::on_oxygen] != 0;
    int sum = 0;
    int most = -1;
    for (const auto& [what, value] : newest) {
        if (what == signal::spo2 && scale_2 && !oxygen_known && value >= 93) continue;
        const int points = news2_points(what, value, scale_2, on_oxygen);
        sum += points;
        most = std::max(most, points);
    }
    if (single) return most < 0 ? std::nullopt : std::optional<double>{most};
    return newest.size() == valid_for.size() ? std::optional<double>{sum} : std::nullopt;
}

} // namespace anban::reference
