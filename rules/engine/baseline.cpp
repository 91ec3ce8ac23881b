#include "rules/engine/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>

namespace anban::judging {
namespace {

// Median absolute deviation to standard deviation, for what is normally distributed.
constexpr double to_deviation = 1.4826;

[[nodiscard]] double median_of(std::span<double> values) noexcept {
    std::ranges::sort(values);
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

} // namespace

baseline::baseline(signal what) : what_(what) {
    const signal_facts& facts = facts_of(what);
    least_ = facts.least;
    width_ = (facts.most - facts.least) / static_cast<double>(limits::baseline_bins);
}

double baseline::middle_of(std::int16_t bin) const noexcept {
    return least_ + (static_cast<double>(bin) + 0.5) * width_;
}

void baseline::add(double value) noexcept {
    const double place = std::floor((value - least_) / width_);
    const double last = static_cast<double>(limits::baseline_bins - 1);
    ++bins_[static_cast<std::size_t>(std::clamp(place, 0.0, last))];
}

bool baseline::begin_day(std::int64_t day) noexcept {
    if (day == today_) return false;
    const std::uint64_t total = std::accumulate(bins_.begin(), bins_.end(), std::uint64_t{0});
    if (today_ != no_day && total > 0) {
        std::uint64_t seen = 0;
        std::int16_t bin = 0;
        while ((seen += bins_[static_cast<std::size_t>(bin)]) < (total + 1) / 2) ++bin;
        keep(today_, bin);
    }
    bins_.fill(0);
    today_ = day;
    return true;
}

// In the place of the same day, of an empty one, or of the oldest.
void baseline::keep(std::int64_t day, std::int16_t bin) noexcept {
    auto place = std::ranges::find_if(days_, [day](const closed_day& d) { return d.bin >= 0 && d.day == day; });
    if (place == days_.end()) place = std::ranges::find(days_, std::int16_t{-1}, &closed_day::bin);
    if (place == days_.end()) place = std::ranges::min_element(days_, {}, &closed_day::day);
    *place = {day, bin};
}

std::optional<baseline::usual> baseline::before_today(std::uint16_t days) const noexcept {
    if (today_ == no_day) return std::nullopt;
    std::array<double, limits::baseline_days> values{};
    std::size_t count = 0;
    for (const closed_day& d : days_) {
        if (d.bin >= 0 && d.day < today_ && d.day >= today_ - days) values[count++] = middle_of(d.bin);
    }
    if (count < limits::baseline_least_days) return std::nullopt;
    const std::span known{values.data(), count};
    usual out;
    out.median = median_of(known);
    for (double& v : known) v = std::abs(v - out.median);
    out.spread = std::max(to_deviation * median_of(known), width_);
    return out;
}

} // namespace anban::judging
