// Devices that tell a press or a fall as a state, which their bridge repeats from its cache.
#include <doctest/doctest.h>

#include "rules/limits.hpp"
#include "tests/gateway/home/world.hpp"

using namespace anban;
using namespace anban::test;

namespace {

// A message of the wall button's bridge that says whether `sos` stands; the link quality makes each payload
// another one, as in life.
outputs says(world& w, std::uint8_t degree, bool retained = false, signal what = signal::sos) {
    static std::uint64_t payload = 1000;
    heard frame;
    frame.driver = "zigbee2mqtt";
    frame.address = "SOS";
    frame.content = ++payload;
    frame.history = retained;
    frame.observations = {{.what = signal::battery, .value = 80}};
    frame.standing = {{.what = what, .degree = degree}};
    return w.tell(frame);
}

outputs online(world& w, bool is) {
    heard frame;
    frame.driver = "zigbee2mqtt";
    frame.address = "SOS";
    frame.observations = {{.what = signal::online, .value = is ? 1.0 : 0.0}};
    return w.tell(frame);
}

std::size_t presses(world& w) {
    std::size_t count = 0;
    for (const alarm_state& a : w.core().alarms()) count += a.presses.size();
    return count;
}

bool stuck(world& w) {
    bool told = false;
    for (const fault& f : w.core().faults()) told = told || f.key == "device.stuck.wall";
    return told;
}

} // namespace

TEST_CASE("an event told as a state is a press when it begins and none while it is repeated [home-23]") {
    world w;
    says(w, 1); // nothing was known: in doubt it is a press
    CHECK(presses(w) == 1);
    for (int i = 0; i < 5; ++i) {
        w.pass(30s);
        says(w, 1);
        w.commit();
    }
    CHECK(presses(w) == 1);
    says(w, 0);
    w.pass(5s);
    says(w, 1);
    CHECK(presses(w) == 2);
}

TEST_CASE("[F2] a snapshot of states after a restart of gateway or bridge makes no press [home-23]") {
    world w;
    says(w, 1);
    w.commit();
    for (int i = 0; i < 10; ++i) {
        w.crash();
        w.pass(1min);
        w.boot();
        says(w, 1, true); // the broker's copy
        w.pass(100ms);
        says(w, 1); // the bridge publishes its cache
        w.commit();
    }
    CHECK(presses(w) == 1);
    SUBCASE("the press after it is heard") {
        says(w, 0);
        w.commit();
        w.crash();
        w.boot();
        says(w, 1);
        CHECK(presses(w) == 2);
    }
}

TEST_CASE("[F2] where nothing is known the broker's copy is taken as it is, and raises nothing [home-23]") {
    world w;
    says(w, 1, true);
    says(w, 1);
    CHECK(presses(w) == 0);
    SUBCASE("but it never overrules what was heard") {
        says(w, 0);
        says(w, 1, true); // older or newer, nobody can tell: the live message decides
        says(w, 1);
        CHECK(presses(w) == 1);
    }
}

TEST_CASE("[F3] a device that comes back online repeats nothing; its next press is one [home-23]") {
    world w;
    says(w, 1);
    online(w, false);
    w.pass(1h);
    online(w, true);
    says(w, 1);
    CHECK(presses(w) == 1);
    says(w, 0);
    says(w, 1);
    CHECK(presses(w) == 2);
}

TEST_CASE("[F3] the end of a press is on the disk before its message is acknowledged [home-23]") {
    world w;
    says(w, 1);
    w.commit();
    const outputs over = says(w, 0);
    REQUIRE(all<write_record>(over).size() == 1);
    CHECK_FALSE(all<write_record>(over).front().lazy);
}

TEST_CASE("an action is always a press, whatever the cached state beside it says [home-23]") {
    world w;
    says(w, 1);
    w.pass(2s);
    heard frame;
    frame.driver = "zigbee2mqtt";
    frame.address = "SOS";
    frame.content = 7;
    frame.observations = {{.what = signal::sos, .value = 1}};
    frame.standing = {{.what = signal::sos, .degree = 1}};
    w.tell(frame);
    CHECK(presses(w) == 2);
    w.pass(2s);
    frame.standing.front().degree = 0;
    w.tell(frame);
    CHECK(presses(w) == 3);
    w.pass(2s);
    frame.standing.front().degree = 1; // both at once are one press
    w.tell(frame);
    CHECK(presses(w) == 4);
}

TEST_CASE("[F4] the beginning told twice within a second is one press with two records [home-23]") {
    world w;
    heard frame;
    frame.driver = "zigbee2mqtt";
    frame.address = "SOS";
    frame.content = 9;
    frame.standing = {{.what = signal::sos, .degree = 1}};
    w.tell(frame);
    w.pass(300ms);
    w.tell(frame);
    REQUIRE(w.core().alarms().size() == 1);
    CHECK(w.core().alarms().front().newest.press_count == 1);
    CHECK(presses(w) == 2);
}

TEST_CASE("a fall that is confirmed after it was suspected is news [home-23]") {
    world w;
    says(w, 1, false, signal::fall);
    says(w, 1, false, signal::fall);
    CHECK(presses(w) == 1);
    says(w, 2, false, signal::fall);
    CHECK(presses(w) == 2);
}

TEST_CASE("a device that never ends its press is a fault, since the next one could not be told [home-23]") {
    world w;
    says(w, 1);
    w.pass(limits::standing_patience - 1s);
    says(w, 1);
    CHECK_FALSE(stuck(w));
    w.pass(1s);
    says(w, 1);
    CHECK(stuck(w));
    says(w, 0);
    CHECK_FALSE(stuck(w));
}

TEST_CASE("a device that takes a removed one's name begins with nothing known [home-23]") {
    world w;
    says(w, 1);
    house without = small_home();
    std::erase_if(without.devices, [](const device& d) { return d.id.str() == "wall"; });
    w.tell(house_changed{without, rule_packs{}});
    w.tell(house_changed{small_home(), rule_packs{}});
    w.commit();
    CHECK(w.disk().standing.empty());
    says(w, 1);
    CHECK(presses(w) == 2);
}

TEST_CASE("a stranger that is entered keeps what it said [home-23]") {
    house empty = small_home();
    std::erase_if(empty.devices, [](const device& d) { return d.id.str() == "wall"; });
    world w{empty};
    says(w, 1);
    CHECK(presses(w) == 1);
    w.tell(house_changed{small_home(), rule_packs{}});
    w.pass(2s);
    says(w, 1);
    CHECK(presses(w) == 1);
    w.commit();
    CHECK(w.disk().standing.size() == 1);
}
