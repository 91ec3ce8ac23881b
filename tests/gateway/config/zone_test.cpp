#include "gateway/config/zone.hpp"

#include <cstdlib>

#include <doctest/doctest.h>

using namespace anban;
using namespace std::chrono_literals;

namespace {

// Rules in TZ itself, so that no zone files are needed.
zone_table table_of(const char* tz, std::chrono::sys_seconds now) {
    ::setenv("TZ", tz, 1);
    return zone_of_box(now);
}

} // namespace

TEST_CASE("the box's zone becomes a table to the second [F35] [daemon-7]") {
    const std::chrono::sys_seconds now = std::chrono::sys_days{2026y / 11 / 22};
    CHECK(table_of("CST-8", now) == zone_table{{now - std::chrono::days{366}, 8h}});
    const auto berlin = table_of("CET-1CEST,M3.5.0,M10.5.0/3", now);
    REQUIRE(berlin.size() > 20);
    CHECK(berlin[0].offset == 1h);
    CHECK(berlin[1] == zone_change{std::chrono::sys_days{2026y / 3 / 29} + 1h, 2h});
    CHECK(berlin[2] == zone_change{std::chrono::sys_days{2026y / 10 / 25} + 1h, 1h});
    CHECK(minute_of_day(berlin, std::chrono::sys_days{2030y / 7 / 1} + 10h) == 12 * 60);
}

TEST_CASE("a box that wakes in 1970 has today's zone all the same [F24] [daemon-7]") {
    const auto berlin = table_of("CET-1CEST,M3.5.0,M10.5.0/3", std::chrono::sys_seconds{});
    CHECK(minute_of_day(berlin, std::chrono::sys_days{2026y / 7 / 1} + 10h) == 12 * 60);
}
