#include "rules/wall_text.hpp"

#include <doctest/doctest.h>

using namespace anban;
using namespace std::chrono_literals;

namespace {

constexpr utc_time night{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 19h + 15min + 7s + 250'001us};

} // namespace

TEST_CASE("a moment is written in local time for people and in UTC for files [rules-16]") {
    CHECK(wall_text({}, night) == "2026-11-21 19:15:07");
    CHECK(wall_text(china_zone(), night) == "2026-11-22 03:15:07");
    CHECK(iso_text(night) == "2026-11-21T19:15:07.250Z");
    CHECK(iso_text(night, true) == "2026-11-21T19:15:07.250001Z");
    CHECK(iso_text(utc_time{-1us}, true) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("what is written is read again, and what is no moment is none [rules-16]") {
    CHECK(utc_from_text(iso_text(night, true)) == night);
    CHECK(utc_from_text("2026-11-21 19:15:07.25") == night - 1us);
    CHECK(utc_from_text("2026-11-21T19:15") == night - 7s - 250'001us);
    for (const char* bad :
         {"", "yesterday", "2026-11-21", "2026-02-30T10:00:00", "2026-11-21T24:00:00", "2026-11-21T10:60:00",
          "2026-11-21T10:00:61", "2026-11-21T10:00:0x", "2026-11-21T10:00:-1", "2026/11/21 10:00:00",
          "2026-11-21T10-00:00", "2026-1a-21T10:00:00", "2026-11-21T10:00:00 or so", "2026-11-21T10:00:nan"}) {
        CAPTURE(bad);
        CHECK_FALSE(utc_from_text(bad).has_value());
    }
}
