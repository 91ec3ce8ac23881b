#include "rules/local_time.hpp"

#include <doctest/doctest.h>

using namespace anban;
using namespace std::chrono_literals;

namespace {

utc_time utc(int year, unsigned month, unsigned day, std::chrono::seconds of_day) {
    return std::chrono::sys_days{std::chrono::year{year} / month / day} + of_day;
}

// Berlin in 2026: summer time from 29 March 01:00 UTC to 25 October 01:00 UTC.
zone_table berlin() {
    return {{std::chrono::sys_days{2025y / 10 / 26} + 1h, 1h},
            {std::chrono::sys_days{2026y / 3 / 29} + 1h, 2h},
            {std::chrono::sys_days{2026y / 10 / 25} + 1h, 1h}};
}

} // namespace

TEST_CASE("local time is an offset from a table, the first entry valid since ever [rules-15]") {
    CHECK(minute_of_day({}, utc(2026, 1, 1, 90s)) == 1);
    CHECK(minute_of_day(china_zone(), utc(2026, 1, 1, 16h)) == 0);
    CHECK(local_day(china_zone(), utc(2026, 1, 1, 16h)) == local_day({}, utc(2026, 1, 2, 0s)));
    CHECK(local_day(china_zone(), utc(1969, 12, 31, 15h)) == -1);
    CHECK(local_day(china_zone(), utc(1969, 12, 31, 16h)) == 0);
    CHECK(offset_at(berlin(), utc(1999, 7, 1, 0s)) == 1h);
    CHECK(offset_at(berlin(), utc(2026, 3, 29, 1h - 1s)) == 1h);
    CHECK(offset_at(berlin(), utc(2026, 3, 29, 1h)) == 2h);
}

TEST_CASE("the next minute of the day is right on the days that the clock changes [F35] [rules-15]") {
    const auto zone = berlin();
    SUBCASE("a day like others") {
        CHECK(next_minute_of_day(zone, utc(2026, 1, 1, 20h), 22 * 60) == utc(2026, 1, 1, 21h));
        CHECK(next_minute_of_day(zone, utc(2026, 1, 1, 21h), 22 * 60) == utc(2026, 1, 2, 21h));
        CHECK(next_minute_of_day(zone, utc(2026, 1, 1, 21h - 1s) + 999ms, 22 * 60) == utc(2026, 1, 1, 21h));
        CHECK(next_minute_of_day({}, utc(2026, 1, 1, 0s), 0) == utc(2026, 1, 2, 0s));
    }
    SUBCASE("an hour that doesn't exist: the jump counts") {
        CHECK(next_minute_of_day(zone, utc(2026, 3, 29, 0s), 2 * 60 + 30) == utc(2026, 3, 29, 1h));
        CHECK(next_minute_of_day(zone, utc(2026, 3, 29, 0s), 3 * 60) == utc(2026, 3, 29, 1h));
        CHECK(next_minute_of_day(zone, utc(2026, 3, 29, 1h), 3 * 60) == utc(2026, 3, 30, 1h));
        CHECK(next_minute_of_day(zone, utc(2026, 3, 29, 0s), 6 * 60) == utc(2026, 3, 29, 4h));
    }
    SUBCASE("an hour that comes twice: the first of the two, then the second") {
        CHECK(next_minute_of_day(zone, utc(2026, 10, 24, 23h), 2 * 60 + 30) == utc(2026, 10, 25, 30min));
        CHECK(next_minute_of_day(zone, utc(2026, 10, 25, 30min), 2 * 60 + 30) == utc(2026, 10, 25, 90min));
        CHECK(next_minute_of_day(zone, utc(2026, 10, 24, 23h), 6 * 60) == utc(2026, 10, 25, 5h));
    }
    SUBCASE("midnight before a change far away") {
        CHECK(next_minute_of_day(zone, utc(2026, 6, 1, 22h), 0) == utc(2026, 6, 2, 22h));
        CHECK(next_minute_of_day(zone, utc(2030, 6, 1, 22h), 0) == utc(2030, 6, 1, 23h));
    }
}
