// What is usual for a resident: the median of a signal's daily medians, and their spread. One for each resident
// and signal that a rule compares with its baseline. A day is a histogram of 128 bins over the signal's physical
// range (error: half a bin); 28 days are kept.
//
// Threads: one.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>

#include "rules/limits.hpp"
#include "rules/signal.hpp"

namespace anban::judging {

class baseline {
public:
    struct usual {
        double median = 0;
        double spread = 0;
    };
    struct closed_day {
        std::int64_t day = 0;  // of the local calendar
        std::int16_t bin = -1; // -1: none
    };
    static constexpr std::int64_t no_day = std::numeric_limits<std::int64_t>::min();

    explicit baseline(signal what);

    [[nodiscard]] signal what() const noexcept { return what_; }
    [[nodiscard]] std::int64_t today() const noexcept { return today_; }
    // Another day has begun: the one before becomes a daily value. True if the day is another.
    bool begin_day(std::int64_t day) noexcept;
    // A good reading of today.
    void add(double value) noexcept;
    // Of the `days` days before today; nothing with fewer than limits::baseline_least_days values.
    [[nodiscard]] std::optional<usual> before_today(std::uint16_t days) const noexcept;

    // For snapshots.
    [[nodiscard]] const std::array<std::uint32_t, limits::baseline_bins>& bins() const noexcept { return bins_; }
    [[nodiscard]] const std::array<closed_day, limits::baseline_days>& days() const noexcept { return days_; }
    void restore_day(std::int64_t today) noexcept { today_ = today; }
    void restore_bin(std::size_t bin, std::uint32_t count) noexcept { bins_[bin] = count; }
    void restore_closed(std::int64_t day, std::int16_t bin) noexcept { keep(day, bin); }

private:
    [[nodiscard]] double middle_of(std::int16_t bin) const noexcept;
    void keep(std::int64_t day, std::int16_t bin) noexcept;

    signal what_;
    double least_ = 0;
    double width_ = 1;
    std::int64_t today_ = no_day;
    std::array<std::uint32_t, limits::baseline_bins> bins_{};
    std::array<closed_day, limits::baseline_days> days_{};
};

} // namespace anban::judging
