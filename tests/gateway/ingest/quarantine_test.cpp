#include "gateway/ingest/quarantine.hpp"

#include <fstream>

#include <doctest/doctest.h>

#include "gateway/ingest/ingest.hpp"
#include "rules/limits.hpp"
#include "tests/temp_dir.hpp"

using namespace anban;
using namespace std::chrono_literals;
using end = quarantine::last_end;

namespace {

const raw_frame poison{"anban/dev/button-1/alarm", std::string{"\x00\n\xff", 3}};

} // namespace

TEST_CASE("a frame that is in hand at the second crash is never judged again [ingest-8]") {
    const test::temp_dir dir{"crashes"};
    {
        quarantine quiet{dir.path, end::clean, mono_time{}};
        CHECK_FALSE(quiet.wary(mono_time{})); // the first crash: nobody stored it
    }
    {
        quarantine second{dir.path, end::crashed, mono_time{}};
        REQUIRE(second.wary(mono_time{}));
        second.take_in_hand("zigbee2mqtt/lamp", "{}");
        second.put_down();
        second.take_in_hand(poison.topic, poison.payload);
    } // dies
    quarantine third{dir.path, end::crashed, mono_time{}};
    CHECK(third.held() == std::vector{poison});
    CHECK(third.holds(poison.topic, poison.payload));
    CHECK_FALSE(third.holds(poison.topic, "another"));
    CHECK_FALSE(third.holds("zigbee2mqtt/lamp", "{}"));
    quarantine later{dir.path, end::clean, mono_time{}};
    CHECK(later.holds(poison.topic, poison.payload));
}

TEST_CASE("one crash, or kills however often, put no frame away [ingest-8]") {
    const test::temp_dir dir{"crashes"};
    for (const auto how : {end::killed, end::killed, end::killed, end::crashed}) {
        quarantine q{dir.path, how, mono_time{}};
        CHECK(q.held().empty());
        REQUIRE(q.wary(mono_time{}));
        q.take_in_hand(poison.topic, poison.payload);
    }
    quarantine last{dir.path, end::killed, mono_time{}};
    CHECK(last.held().empty());
}

TEST_CASE("a clean end forgets what was in hand, and a garbled file holds nobody [ingest-8] [F15]") {
    const test::temp_dir dir{"crashes"};
    for (const char* text : {"", "2", "2\n99999\nshort", "x\ny\nz", "2\n-1\nabc"}) {
        std::ofstream{dir.path / "in-hand"} << text;
        const quarantine q{dir.path, end::crashed, mono_time{}};
        CHECK(q.held().empty());
    }
    {
        quarantine q{dir.path, end::crashed, mono_time{}};
        q.take_in_hand(poison.topic, poison.payload);
    }
    {
        const quarantine clean{dir.path, end::clean, mono_time{}};
    }
    CHECK(quarantine{dir.path, end::crashed, mono_time{}}.held().empty());
    std::ofstream{dir.path / "quarantine/0123456789abcdef"} << "topic\nother";
    CHECK(quarantine{dir.path, end::clean, mono_time{}}.held().empty());
}

TEST_CASE("storing ends soon, and the quarantine is bounded: the oldest goes [ingest-8]") {
    const test::temp_dir dir{"crashes"};
    quarantine q{dir.path, end::killed, mono_time{1h}};
    CHECK(q.wary(mono_time{1h + limits::wary_for - 1s}));
    CHECK_FALSE(q.wary(mono_time{1h + limits::wary_for}));
    for (std::size_t i = 0; i < limits::wary_frames; ++i) {
        CHECK(q.wary(mono_time{1h}));
        q.take_in_hand("t", "p");
        q.put_down();
    }
    CHECK_FALSE(q.wary(mono_time{1h}));
    for (std::size_t i = 0; i <= limits::quarantined_frames; ++i) {
        for (int crash = 0; crash < 2; ++crash) {
            quarantine one{dir.path, end::crashed, mono_time{}};
            one.take_in_hand("t", std::to_string(i));
        }
    }
    const quarantine full{dir.path, end::crashed, mono_time{}};
    CHECK(full.held().size() == limits::quarantined_frames);
    CHECK(full.holds("t", std::to_string(limits::quarantined_frames)));
}

TEST_CASE("what is in quarantine tells who sent it and nothing else [ingest-8]") {
    const auto told = judge_shut_in(poison);
    REQUIRE(told);
    const auto& in = std::get<unreadable>(*told);
    CHECK(in.driver == "native");
    CHECK(in.address == "button-1");
    CHECK(in.topic == poison.topic);
    CHECK(in.shut_in == quarantine::digest(poison.topic, poison.payload));
    CHECK_FALSE(judge_shut_in({"somebody/else", "x"}));
}
