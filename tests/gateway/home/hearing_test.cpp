#include <algorithm>

#include <doctest/doctest.h>

#include "rules/limits.hpp"
#include "tests/gateway/home/world.hpp"

using namespace anban;
using namespace anban::test;

TEST_CASE("equal numbered frames are one press, others are presses of their own [home-13]") {
    world w;
    w.press(1);
    w.commit();
    w.pass(3s);
    CHECK(all<deliver>(w.press(1)).empty());
    CHECK(all<deliver>(w.press(2)).size() == 1);
    SUBCASE("a changed battery: a new boot, the same sequence") {
        CHECK(all<deliver>(w.press(1, 78)).size() == 1);
    }
    SUBCASE("the same number after more than ten minutes without a copy") {
        w.commit();
        w.pass(limits::repeat_window + 1s);
        const outputs out = w.press(1);
        CHECK(all<deliver>(out).empty()); // goes out after its commit: its number can't tell it from a repeat
        CHECK(all<deliver>(w.commit()).size() == 1);
        CHECK(w.core().alarms().front().newest.press_count == 3);
    }
}

TEST_CASE("a frame without a number waits for its commit on every way [home-14]") {
    world w;
    const outputs heard_it = w.zigbee_press(5);
    CHECK(all<deliver>(heard_it).empty());
    CHECK(all<release>(heard_it).empty());
    const outputs on_disk = w.commit();
    CHECK(all<deliver>(on_disk).size() == 1);
    REQUIRE(all<release>(on_disk).size() == 1);
    CHECK(all<release>(on_disk).front().token == 5);
}

TEST_CASE("[F4] [F5] equal payloads: within a second a repeat on record, later a press that rings [home-15]") {
    world w;
    w.zigbee_press();
    w.pass(500ms);
    w.zigbee_press();
    CHECK(w.core().alarms().size() == 1);
    CHECK(w.core().alarms().front().newest.press_count == 1);
    CHECK(w.core().alarms().front().presses.size() == 2);
    w.pass(3s);
    w.zigbee_press();
    w.pass(60s);
    w.zigbee_press();
    CHECK(w.core().alarms().front().newest.press_count == 3);
    CHECK(w.core().alarms().front().presses.size() == 4);
}

TEST_CASE("[F1] a retained press is history: ten restarts raise nothing and say so [home-16]") {
    world w;
    for (int i = 0; i < 10; ++i) {
        const outputs out = w.zigbee_press(3, 1, true);
        CHECK(all<deliver>(out).empty());
        CHECK(all<release>(out).size() + all<release>(w.commit()).size() == 1);
        bool told = false;
        for (const auto& n : all<notice>(out)) told = told || n.name == "retained";
        CHECK(told);
        w.crash();
        w.boot();
    }
    CHECK(w.core().alarms().empty());
}

TEST_CASE("a test window is for one press of one device and for five minutes [home-17]") {
    world w;
    w.tell(open_test{device_id{"button-1"}});
    SUBCASE("the press is a test, the next is real") {
        CHECK(decoded(all<deliver>(w.press(1)).front()).test);
        CHECK(decoded(all<deliver>(w.press(1)).empty() ? all<deliver>(w.press(2)).front() : deliver{}).test ==
              false);
        CHECK(w.core().alarms().size() == 2);
    }
    SUBCASE("another device is real") {
        w.zigbee_press();
        CHECK_FALSE(decoded(all<deliver>(w.commit()).front()).test);
    }
    SUBCASE("after its time a press is real") {
        w.pass(limits::test_window);
        CHECK_FALSE(decoded(all<deliver>(w.press(1)).front()).test);
    }
}

TEST_CASE("a press of a device that nobody entered alarms for the home and is a fault [home-18]") {
    world w;
    heard frame;
    frame.driver = "zigbee2mqtt";
    frame.address = "新按钮";
    frame.observations = {{.what = signal::sos, .value = 1}};
    w.tell(frame);
    const outputs out = w.commit();
    REQUIRE(all<deliver>(out).size() == 1);
    const alarm_revision alarm = decoded(all<deliver>(out).front());
    CHECK(alarm.unregistered);
    CHECK(alarm.who == subject{});
    CHECK(well_formed_id(alarm.device.str()));
    REQUIRE(w.core().faults().size() == 1);
    CHECK(w.core().faults().front().key == "device.unregistered." + alarm.device.str());
}

TEST_CASE("a device that nobody entered is answered where it speaks, after a restart too [home-18]") {
    world w;
    const auto told = [](const outputs& out) {
        const auto all_answers = all<answer_device>(out);
        REQUIRE_FALSE(all_answers.empty());
        CHECK(all_answers.back().driver == "native");
        CHECK(all_answers.back().address == "new-button");
        return all_answers.back().what;
    };
    const deliver alarm = all<deliver>(w.press(1, 77, signal::sos, "new-button")).front();
    CHECK(told(w.commit()) == answer::received);
    w.crash();
    w.boot();
    CHECK(told(w.acknowledge(alarm)) == answer::stored);
}

TEST_CASE("what can't be read is a fault with its cure, and the way stays open [home-19]") {
    world w;
    const outputs out = w.tell(unreadable{.driver = "native",
                                          .address = "button-1",
                                          .topic = "anban/dev/button-1/alarm",
                                          .why = {"不完整", "cut off"},
                                          .token = 4});
    CHECK(all<release>(out).size() == 1);
    REQUIRE(w.core().faults().size() == 1);
    CHECK_FALSE(w.core().faults().front().cure_en.empty());
    CHECK(w.core().faults().front().urgency == priority::high);
    CHECK(all<deliver>(w.press(1)).size() == 1);
    CHECK(w.core().faults().empty()); // heard again
}

TEST_CASE("a value that can't be is a fault of its device, and the press beside it is heard [home-39]") {
    world w;
    const auto implausible = [&] {
        const auto faults = w.core().faults();
        const auto found = std::ranges::find(faults, "device.implausible.button-1", &fault::key);
        return found == faults.end() ? std::optional<fault>{} : *found;
    };
    heard frame;
    frame.driver = "native";
    frame.address = "button-1";
    frame.key = frame_key{77, 1};
    frame.wants_answer = true;
    frame.content = 1;
    frame.observations = {{.what = signal::sos, .value = 1}};
    frame.impossible = {{.what = signal::battery, .value = 250}};
    CHECK(all<deliver>(w.tell(frame)).size() == 1);
    REQUIRE(implausible());
    CHECK(implausible()->what_en.contains("battery = 250 % (possible: 0 to 100)"));
    CHECK(implausible()->what_zh.contains("battery = 250 %"));
    w.commit();
    const auto sound = [&] { w.says("button-1", signal::battery, 90); };
    w.pass(1min);
    sound();
    CHECK(implausible()); // it may be the next minute's again
    w.pass(limits::implausible_quiet);
    sound();
    CHECK_FALSE(implausible());
}

TEST_CASE("a life-safety device at QoS 0 is a fault until it presses at QoS 1 [home-20]") {
    world w;
    w.zigbee_press(0, 0);
    REQUIRE(w.core().faults().size() == 1);
    CHECK(w.core().faults().front().key == "device.qos0.wall");
    w.pass(5s);
    w.zigbee_press(0, 1);
    CHECK(w.core().faults().empty());
}

TEST_CASE("strangers are bounded [home-21]") {
    world w;
    for (std::size_t i = 0; i < limits::strangers + 50; ++i) {
        heard frame;
        frame.driver = "zigbee2mqtt";
        frame.address = "x" + std::to_string(i);
        frame.observations = {{.what = signal::battery, .value = 5}};
        w.tell(frame);
    }
    CHECK(w.core().devices().size() == small_home().devices.size() + limits::strangers);
    CHECK(w.core().faults().size() == limits::strangers);
}

TEST_CASE("a changed house applies without a restart, and running holds go on [home-22]") {
    world w;
    w.press(1, 77, signal::fall, "fall-1");
    house h = small_home();
    h.devices.push_back(
        {.id = device_id{"new"}, .driver = "native", .address = "new", .role = device_role::call_button});
    w.tell(house_changed{h, rule_packs{}});
    const auto pressed = all<deliver>(w.press(1, 5, signal::sos, "new"));
    REQUIRE(pressed.size() == 1);
    CHECK_FALSE(decoded(pressed.front()).unregistered);
    w.pass(20s);
    const auto fired = all<deliver>(w.tell(tick{}));
    REQUIRE(fired.size() == 1);
    CHECK(decoded(fired.front()).rule == rule_id{"fall"});
}

TEST_CASE("a test press that its family tells twice stays a test [home-17]") {
    world w;
    w.tell(open_test{device_id{"wall"}});
    w.zigbee_press();
    w.pass(300ms);
    w.zigbee_press();
    REQUIRE(w.core().alarms().size() == 1);
    CHECK(w.core().alarms().front().newest.test);
    CHECK(w.core().alarms().front().presses.size() == 2);
}

TEST_CASE("a box with a new card never names an old press [home-14]") {
    const auto first_id = [](std::uint64_t boot_id) {
        world w;
        w.crash();
        w.boot(boot_id);
        w.zigbee_press();
        return w.core().alarms().front().newest.id;
    };
    CHECK(first_id(1) == first_id(1));
    CHECK(first_id(1) != first_id(2));
}

TEST_CASE("a retained copy doesn't swallow the live one [home-16]") {
    world w;
    heard kept;
    kept.driver = "native";
    kept.address = "button-1";
    kept.key = frame_key{77, 1};
    kept.wants_answer = true;
    kept.history = true;
    kept.content = 77 * 1000 + 10 + static_cast<std::uint64_t>(signal::sos);
    kept.observations = {{.what = signal::sos, .value = 1}};
    const outputs out = w.tell(kept);
    CHECK(answers(out).empty());
    CHECK(answers(w.commit()).empty());
    CHECK(all<deliver>(w.press(1)).size() == 1);
}
