// Chance that a seed decides: the same numbers on every machine (splitmix64; Steele, Lea, Flood 2014). Each
// concern draws from a stream of its own, so that one more draw here changes nothing there.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace anban::simulation {

class chance {
public:
    chance(std::uint64_t seed, std::string_view concern) : state_(seed) {
        for (const char c : concern) state_ = mix(state_ ^ static_cast<std::uint8_t>(c));
    }

    [[nodiscard]] std::uint64_t bits() {
        state_ += 0x9e3779b97f4a7c15U;
        return mix(state_);
    }
    // Of [0, n); n > 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t n) { return bits() % n; }
    // Of [0, 1).
    [[nodiscard]] double part() { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }
    [[nodiscard]] bool happens(double probability) { return part() < probability; }
    // Of [least, most].
    [[nodiscard]] std::chrono::nanoseconds between(std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
        const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
        return least + std::chrono::nanoseconds{static_cast<std::int64_t>(below(span))};
    }
    // Waits of this mean, each as likely now as ever (exponential), at most ten times it.
    [[nodiscard]] std::chrono::nanoseconds wait(std::chrono::nanoseconds mean);

private:
    [[nodiscard]] static std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
        return z ^ (z >> 31U);
    }
    std::uint64_t state_;
};

} // namespace anban::simulation
