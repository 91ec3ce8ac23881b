#include "cloud-bridge/uplink/route.hpp"

#include <doctest/doctest.h>

#include "cloud-bridge/uplink/limits.hpp"

using namespace anban;
using namespace anban::uplink;
using namespace std::chrono_literals;

TEST_CASE("each failed try goes to the next host, and each round doubles the pause up to 30 s [uplink-9]") {
    route r{[] { return 0.9999; }};
    CHECK(r.host(3) == 0);
    const auto seconds = [](mono_clock::duration d) { return std::chrono::duration<double>(d).count(); };
    CHECK(seconds(r.try_failed(3, false)) == doctest::Approx(0.5).epsilon(0.01));
    CHECK(r.host(3) == 1);
    CHECK(seconds(r.try_failed(3, false)) == doctest::Approx(0.5).epsilon(0.01));
    CHECK(r.host(3) == 2);
    CHECK(seconds(r.try_failed(3, false)) == doctest::Approx(1.0).epsilon(0.01));
    CHECK(r.host(3) == 0);
    for (int i = 0; i < 100; ++i) CHECK(r.try_failed(3, false) <= 30s);
    CHECK(seconds(r.try_failed(3, false)) == doctest::Approx(30).epsilon(0.01));
    r.session_stands();
    CHECK(r.try_failed(3, false) <= 500ms);
}

TEST_CASE("the pause is drawn anew each time, and never below a quarter second [uplink-9]") {
    double chance = 0;
    route r{[&chance] { return chance; }};
    for (int i = 0; i < 50; ++i) CHECK(r.try_failed(1, false) == 250ms);
    chance = 0.5;
    CHECK(r.try_failed(1, false) == 15'125ms);
}

TEST_CASE("where a p0 waits no pause is longer than a second [uplink-9]") {
    route r{[] { return 0.9999; }};
    for (int i = 0; i < 50; ++i) CHECK(r.try_failed(2, true) <= 1s);
    CHECK(r.session_lost(true) <= 1s);
}

TEST_CASE("a lost session tries its own host first, and a list that shrank does no harm [uplink-9]") {
    route r{[] { return 0.5; }};
    static_cast<void>(r.try_failed(3, false));
    static_cast<void>(r.try_failed(3, false));
    r.session_stands();
    static_cast<void>(r.session_lost(false));
    CHECK(r.host(3) == 2);
    CHECK(r.host(1) == 0);
}
