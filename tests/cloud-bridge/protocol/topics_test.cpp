#include <doctest/doctest.h>

#include "cloud-bridge/protocol/codec.hpp"

using namespace anban;
using namespace anban::wire;

TEST_CASE("topics are the wire's, and tell who speaks [protocol-6]") {
    const gateway_id gw{"gw-0001"};
    CHECK(up_topic(gw, lane::p0) == "anban/1/up/gw-0001/p0");
    CHECK(up_topic(gw, lane::p3) == "anban/1/up/gw-0001/p3");
    CHECK(state_topic(gw) == "anban/1/st/gw-0001");
    CHECK(heartbeat_topic(gw) == "anban/1/hb/gw-0001");
    CHECK(ack_topic(gw) == "anban/1/dn/gw-0001/ack");
    CHECK(command_topic(gw) == "anban/1/dn/gw-0001/cmd");
    CHECK(echo_topic(gw) == "anban/1/echo/gw-0001");
    for (const auto l : {lane::p0, lane::p1, lane::p2, lane::p3}) CHECK(speaker_of(up_topic(gw, l)) == gw);
    CHECK(speaker_of(state_topic(gw)) == gw);
    CHECK(speaker_of(heartbeat_topic(gw)) == gw);
}

TEST_CASE("a topic on which no gateway speaks to the centre is refused with a sentence [protocol-6]") {
    for (const auto* topic : {"",
                              "anban",
                              "anban/1",
                              "anban/1/up",
                              "anban/1/up/",
                              "anban/1/up/gw",
                              "anban/1/up/gw/",
                              "anban/1/up/gw/p4",
                              "anban/1/up/gw/p0/",
                              "anban/1/up/gw/p0/x",
                              "anban/2/up/gw/p0",
                              "other/1/up/gw/p0",
                              "anban/1/st/gw/",
                              "anban/1/st/gw/x",
                              "anban/1/st//",
                              "anban/1/st/",
                              "anban/1/hb/+",
                              "anban/1/st/\xff",
                              "anban/1/up/g w/p0",
                              "anban/1/dn/gw/ack",
                              "anban/1/echo/gw",
                              "/anban/1/st/gw",
                              "anban/1/st/st/gw"}) {
        CAPTURE(topic);
        const auto who = speaker_of(topic);
        CHECK_FALSE(who.has_value());
        if (!who) CHECK(who.error().size() > 10);
    }
}
