// Frames that the program crashes on: never read again, and never swallowed.
#include <doctest/doctest.h>

#include "tests/gateway/home/world.hpp"

using namespace anban;
using namespace anban::test;

namespace {

unreadable shut_in(const char* address, const char* topic, std::uint64_t digest, const char* driver = "native") {
    return {.driver = driver, .address = address, .topic = topic, .why = "it crashed twice", .shut_in = digest};
}

bool has_fault(world& w, const std::string& key) {
    for (const auto& f : w.core().faults())
        if (f.key == key) return true;
    return false;
}

} // namespace

TEST_CASE("a message of a button that can't be read without a crash alarms, once, for its resident [home-36]") {
    world w;
    const auto in = shut_in("button-1", "anban/dev/button-1/alarm", 0x1234);
    const auto told = all<deliver>(w.tell(in));
    REQUIRE(told.size() == 1);
    CHECK(told.front().via == lane::p0);
    const auto alarm = decoded(told.front());
    CHECK(alarm.of == alarm_class::life_safety);
    CHECK(alarm.title_en == "Unreadable message from button-1");
    CHECK(alarm.title_zh.find("button-1") != std::string::npos);
    CHECK(alarm.who.id == "r-wang");
    CHECK(has_fault(w, "device.quarantine.button-1"));

    // Its device asks for ever, and nobody can answer: no second alarm, over a crash and a person's close too.
    CHECK(all<deliver>(w.tell(in)).empty());
    w.commit();
    w.crash();
    w.boot();
    (void)w.tell(tick{});
    w.tell(
        centre_receipt{.alarm = alarm.id, .progress = alarm_progress::closed, .seen = alarm.number, .code = "x"});
    w.commit();
    CHECK(all<deliver>(w.tell(in)).empty());
    // Another message is another alarm.
    const auto next = all<deliver>(w.tell(shut_in("button-1", "anban/dev/button-1/alarm", 0x99)));
    REQUIRE(next.size() == 1);
    CHECK(decoded(next.front()).id != alarm.id);
}

TEST_CASE("its callback waits for the commit like any other's [home-36]") {
    world w;
    auto in = shut_in("SOS", "zigbee2mqtt/SOS", 7, "zigbee2mqtt");
    in.token = 5;
    CHECK(all<release>(w.tell(in)).empty());
    CHECK(all<release>(w.commit()).size() == 1);
    in.token = 6; // nothing new: nothing to wait for
    CHECK(all<release>(w.tell(in)).size() == 1);
}

TEST_CASE("where no press would have come there is a fault and no alarm [home-36]") {
    world w;
    CHECK(all<deliver>(w.tell(shut_in("button-1", "anban/dev/button-1/reading", 1))).empty());
    CHECK(all<deliver>(w.tell(shut_in("lamp", "zigbee2mqtt/lamp", 2, "zigbee2mqtt"))).empty());
    CHECK(all<deliver>(w.tell(shut_in("who", "zigbee2mqtt/who", 3, "zigbee2mqtt"))).empty());
    CHECK(has_fault(w, "device.quarantine.button-1"));
    CHECK(has_fault(w, "device.quarantine.lamp"));
    // A stranger on a topic that is for alarms alone is somebody's button.
    const auto stranger = all<deliver>(w.tell(shut_in("own-9", "anban/dev/own-9/alarm", 4)));
    REQUIRE(stranger.size() == 1);
    CHECK(decoded(stranger.front()).unregistered);
}
