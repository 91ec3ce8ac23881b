// The floor: what a good programmer writes by hand for exactly these rules and nothing else. 50 thresholds
// with a `for` of 60 s on one signal of one person, no names, no restart, no explanation.
#pragma once

#include <array>
#include <cstdint>

namespace anban::bench {

inline constexpr int thresholds = 50;
[[nodiscard]] constexpr double limit_of(int i) {
    return 31 + 2 * i;
}
inline constexpr std::int64_t for_ns = 60'000'000'000;

class hand_written {
public:
    // Returns how many began with this reading.
    int step(std::int64_t now, double value) {
        int began = 0;
        for (int i = 0; i < thresholds; ++i) {
            auto& s = states_[static_cast<std::size_t>(i)];
            // What is due is told before the reading is looked at, as by the engine's deadlines.
            if (!s.active && s.since >= 0 && now - s.since >= for_ns) {
                s.active = true;
                ++began;
            }
            if (value < limit_of(i)) {
                if (s.since < 0) s.since = now;
            } else {
                s.since = -1;
                s.active = false;
            }
        }
        return began;
    }

private:
    struct state {
        std::int64_t since = -1;
        bool active = false;
    };
    std::array<state, thresholds> states_{};
};

} // namespace anban::bench
