#include "firmware-stubs/fall_sense.h"

#include <doctest/doctest.h>

#include "tests/firmware-stubs/fall_signals.hpp"

using namespace anban::firmware_test;

namespace {

struct felt {
    int falls = 0;
    std::size_t first = 0; // the sample at which it was suspected
};

felt feel(const std::vector<fall_sample>& samples, std::uint64_t start_ms = 10, std::uint64_t step_ms = 10) {
    fall_sense sense;
    fall_sense_init(&sense);
    felt f;
    std::uint64_t t = start_ms;
    for (std::size_t i = 0; i < samples.size(); ++i, t += step_ms) {
        if (fall_sense_sample(&sense, t, samples[i]) && f.falls++ == 0) f.first = i;
    }
    return f;
}

} // namespace

TEST_CASE("a fall is suspected once, 3.5 s after the impact [firmware-8]") {
    const auto f = feel(fallen().samples);
    CHECK(f.falls == 1);
    const std::size_t impact = 430; // 4.0 s standing, 0.3 s falling
    CHECK(f.first >= impact + FALL_JUDGED_AFTER - 1);
    CHECK(f.first <= impact + FALL_JUDGED_AFTER + 60);
}

TEST_CASE("what is no fall stays quiet [firmware-8]") {
    body b;
    SUBCASE("walking") {
        b.walk(60'000);
    }
    SUBCASE("jogging: impacts with every step and no stillness") {
        b.walk(60'000, 1600);
    }
    SUBCASE("a knock at the device while standing") {
        b.rest(5000, upright).rest(30, hit).rest(8000, upright);
    }
    SUBCASE("lying down slowly") {
        b.rest(4000, upright).turn(3000, upright, on_the_back).rest(8000, on_the_back);
    }
    SUBCASE("dropping onto a chair") {
        b.rest(4000, upright).rest(100, {50, -2600, 200}).rest(8000, {20, -960, 270});
    }
    SUBCASE("turning over after a knock, and moving on") {
        b.rest(5000, upright).rest(30, hit).turn(800, upright, on_the_back).walk(8000, 500);
    }
    SUBCASE("a device that lies on the table") {
        b.rest(600'000, on_the_back, 0);
    }
    CHECK(feel(b.samples).falls == 0);
}

TEST_CASE("the thresholds are where the source puts them [firmware-8]") {
    const auto with = [](int impact, double degrees, int sway) {
        const double a = degrees * 3.14159265358979 / 180;
        const fall_sample after{0, static_cast<std::int16_t>(std::lround(-1000 * std::cos(a))),
                                static_cast<std::int16_t>(std::lround(1000 * std::sin(a)))};
        body b;
        b.rest(5000, {0, -1000, 0}, 0);
        b.samples.push_back({0, static_cast<std::int16_t>(-impact), 0});
        b.rest(990, after, 0);
        for (int t = 0; t < 4000; t += 10) {
            const int s = t / 10 % 2 == 0 ? sway : -sway; // its standard deviation is exactly sway
            const double m = 1000 + s;
            b.samples.push_back({0, static_cast<std::int16_t>(std::lround(-m * std::cos(a))),
                                 static_cast<std::int16_t>(std::lround(m * std::sin(a)))});
        }
        return feel(b.samples).falls;
    };
    CHECK(with(2001, 90, 0) == 1);
    CHECK(with(2000, 90, 0) == 0);
    CHECK(with(3000, 41, 0) == 1);
    CHECK(with(3000, 39, 0) == 0);
    CHECK(with(3000, 179, 0) == 1);
    CHECK(with(3000, 90, 145) == 1);
    CHECK(with(3000, 90, 155) == 0);
}

TEST_CASE("a fall from a chair and onto any side is suspected [firmware-8]") {
    for (const fall_sample after : {fall_sample{990, -100, 0}, fall_sample{-990, -100, 0},
                                    fall_sample{0, -100, -990}, fall_sample{0, 995, 50}}) {
        body b;
        b.rest(4000, {0, -940, 340}).rest(250, weightless).rest(50, hit).rest(5000, after);
        CHECK(feel(b.samples).falls == 1);
    }
}

TEST_CASE("a second fall is told when the first is some seconds old [firmware-8]") {
    auto b = fallen();
    b.turn(1000, on_the_back, upright).rest(4000, upright);
    const auto again = fallen();
    b.samples.insert(b.samples.end(), again.samples.begin(), again.samples.end());
    CHECK(feel(b.samples).falls == 2);
}

TEST_CASE("a gap or a step back in device time forgets the past and raises nothing [firmware-8]") {
    const auto whole = fallen().samples;
    fall_sense sense;
    fall_sense_init(&sense);
    int falls = 0;
    std::uint64_t t = 1000;
    for (std::size_t i = 0; i < whole.size(); ++i) {
        if (i == 500) SUBCASE("a gap") {
                t += 2000;
            }
        if (i == 500) SUBCASE("a step back") {
                t -= 500;
            }
        if (i == 500) SUBCASE("the same time again") {
                t -= 10;
            }
        falls += fall_sense_sample(&sense, t, whole[i]);
        t += 10;
    }
    CHECK(falls == 0);
    for (const auto& s : fallen().samples) falls += fall_sense_sample(&sense, t += 10, s);
    CHECK(falls == 1);
}

TEST_CASE("a sensor whose time starts anew is not deaf for what it had been told before [firmware-8]") {
    fall_sense sense;
    fall_sense_init(&sense);
    int falls = 0;
    std::uint64_t t = 4'000'000'000;
    for (const auto& s : fallen().samples) falls += fall_sense_sample(&sense, t += 10, s);
    t = 0;
    for (const auto& s : fallen().samples) falls += fall_sense_sample(&sense, t += 10, s);
    CHECK(falls == 2);
}

TEST_CASE("without a quarter of a second of posture before it an impact is not judged [firmware-8]") {
    const auto after = [](int ms) {
        body b;
        b.rest(ms, upright, 0);
        b.samples.push_back(hit);
        b.rest(5000, on_the_back, 0);
        return feel(b.samples).falls;
    };
    CHECK(after(FALL_SETTLE_MS + FALL_POSTURE_LEAST_MS - 10) == 0);
    CHECK(after(FALL_SETTLE_MS + FALL_POSTURE_LEAST_MS) == 1);
}

TEST_CASE("samples at the ends of their range do no harm [firmware-8]") {
    std::vector<fall_sample> wild;
    for (int i = 0; i < 5000; ++i) {
        const auto v = static_cast<std::int16_t>(i % 3 == 0 ? INT16_MIN : INT16_MAX);
        wild.push_back({v, v, static_cast<std::int16_t>(i % 2 == 0 ? v : 0)});
    }
    const auto calm = fallen().samples;
    wild.insert(wild.end(), calm.begin(), calm.end());
    CHECK(feel(wild).falls == 2); // the stillness after the storm, and the fall: the sums are right again
    CHECK(feel(wild, UINT32_MAX).falls == 2);
}
