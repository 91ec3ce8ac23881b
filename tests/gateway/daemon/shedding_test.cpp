// What is dropped when more comes than can be judged, and that a person is told.
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include "gateway/daemon/inbox.hpp"
#include "gateway/daemon/shedding.hpp"
#include "rules/limits.hpp"

using namespace anban;
using namespace std::chrono_literals;

TEST_CASE("telemetry beyond its half of the room is shed and counted, alarms keep theirs [daemon-5]") {
    boost::asio::io_context io;
    std::size_t judged = 0;
    inbox in{io, [&](const input&) { ++judged; }};
    const std::size_t room = limits::ingest_queue / 2;
    std::size_t taken = 0;
    for (std::size_t i = 0; i < room + 10; ++i) taken += in.put_heard(heard{}, false) ? 1U : 0U;
    CHECK(taken == room);
    CHECK(in.shed() == 10);
    CHECK(in.put_heard(heard{}, true));
    io.run();
    CHECK(judged == room + 1);
    CHECK(in.put_heard(heard{}, false)); // there is room again
    CHECK(in.shed() == 10);
}

TEST_CASE("shedding is a fault with its cure, and ends a while after the last shed frame [daemon-5]") {
    shedding watch;
    mono_time now{1h};
    CHECK_FALSE(watch.judge(0, now));
    const auto begins = watch.judge(7, now);
    REQUIRE(begins);
    CHECK(begins->present);
    CHECK(begins->key == "ingest.shed");
    CHECK(begins->what_en.find("7 readings") != std::string::npos);
    CHECK_FALSE(begins->what_zh.empty());
    CHECK_FALSE(begins->cure_zh.empty());
    CHECK_FALSE(begins->cure_en.empty());
    now += limits::shedding_over - 1s;
    CHECK_FALSE(watch.judge(7, now)); // not yet over, and nothing new
    const auto goes_on = watch.judge(9, now);
    REQUIRE(goes_on);
    CHECK(goes_on->what_en.find("9 readings") != std::string::npos);
    now += limits::shedding_over;
    const auto over = watch.judge(9, now);
    REQUIRE(over);
    CHECK_FALSE(over->present);
    CHECK(over->key == "ingest.shed");
    CHECK_FALSE(watch.judge(9, now + 1h));
    const auto again = watch.judge(10, now + 2h);
    REQUIRE(again);
    CHECK(again->what_en.find("1 readings") != std::string::npos); // of this time
}
