// Made-up accelerometer signals of a body, in milli-g, y upright.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "firmware-stubs/fall_sense.h"

namespace anban::firmware_test {

class body {
public:
    // Holds a posture for a while, swaying by a few milli-g.
    body& rest(int ms, fall_sample posture, int sway = 10) {
        for (int t = 0; t < ms; t += FALL_SAMPLE_MS) {
            const int s = static_cast<int>(sway * std::sin(static_cast<double>(samples.size()) / 7));
            samples.push_back({add(posture.x, s), add(posture.y, -s), add(posture.z, s)});
        }
        return *this;
    }
    body& turn(int ms, fall_sample from, fall_sample to) {
        for (int t = 0; t < ms; t += FALL_SAMPLE_MS) {
            const double part = static_cast<double>(t) / ms;
            const auto mix = [&](int a, int b) {
                return static_cast<std::int16_t>(std::lround(a + part * (b - a)));
            };
            samples.push_back({mix(from.x, to.x), mix(from.y, to.y), mix(from.z, to.z)});
        }
        return *this;
    }
    body& walk(int ms, int swing = 350) {
        for (int t = 0; t < ms; t += FALL_SAMPLE_MS) {
            const double step = std::sin(2 * 3.14159265 * 2.0 * t / 1000); // two steps a second
            samples.push_back({static_cast<std::int16_t>(std::lround(swing / 3.0 * step)),
                               static_cast<std::int16_t>(-1000 - std::lround(swing * step)), 60});
        }
        return *this;
    }

    std::vector<fall_sample> samples;

private:
    static std::int16_t add(std::int16_t a, int b) { return static_cast<std::int16_t>(a + b); }
};

inline constexpr fall_sample upright{20, -1000, 60};
inline constexpr fall_sample on_the_back{30, -100, 990};
inline constexpr fall_sample weightless{40, -200, 100};
inline constexpr fall_sample hit{400, -1500, 3000};

inline body fallen() {
    body b;
    b.rest(4000, upright).rest(300, weightless).rest(60, hit).rest(200, {100, -600, 1200}).rest(5000, on_the_back);
    return b;
}

} // namespace anban::firmware_test
