// Every program and every broker of the way is killed in the middle of an alarm, which must then be at the
// centre exactly once, with as many press records as presses.
#include <doctest/doctest.h>

#include <array>
#include <random>

#include <fmt/format.h>

#include "tests/acceptance/scene.hpp"

using namespace anban::acceptance;
using anban::stage::proxy;

namespace {

// One alarm of button-1 with these press records, not one more after another second, and an answer.
void check_once(scene& s, std::size_t from, std::size_t presses = 1) {
    const auto alarm = s.stored_alarm_of("button-1", 30s);
    INFO(s.logs());
    REQUIRE(alarm);
    CHECK(s.answer("button-1", "stored", 30s, from));
    CHECK(eventually([&] { return s.press_records("button-1") >= presses; }, 20s));
    std::this_thread::sleep_for(1s); // whatever would come twice has come now
    CHECK(s.alarms_of("button-1").size() == 1);
    CHECK(s.press_records("button-1") == presses);
}

// Presses the button and, while its alarm is under way, does this: kills a program and starts it again.
void check_once_although(scene& s, const std::function<void()>& worst, std::size_t presses = 1) {
    const auto from = s.district.home.seen.size();
    s.district.home.play("press button-1");
    CHECK(s.saw("published", "button-1", "signal", "sos", 5s, from));
    worst();
    check_once(s, from, presses);
}

struct victim {
    std::string_view name;
    void (*kill)(scene&);
    void (*start)(scene&);
};

constexpr std::array<victim, 5> victims = {{
    {"anband", [](scene& s) { s.district.home.daemon().kill(); },
     [](scene& s) { s.district.home.start_daemon(); }},
    {"anban-uplink", [](scene& s) { s.district.home.uplink().kill(); },
     [](scene& s) { s.district.home.start_uplink(); }},
    {"home broker", [](scene& s) { s.district.home.mosquitto().kill(); },
     [](scene& s) { s.district.home.start_broker(); }},
    {"district broker", [](scene& s) { s.district.centre.mosquitto().kill(); },
     [](scene& s) { s.district.centre.start_broker(); }},
    {"anban-dispatch", [](scene& s) { s.district.centre.dispatch().kill(); },
     [](scene& s) {
         s.district.centre.start_dispatch();
         s.log_in_again();
     }},
}};

// Each program is killed so often, at a moment of chance within or after the press of that round; every press is
// answered in the end, and all are at the centre, none twice, on one alarm.
void kill_each_in_turn(scene& s) {
    const auto rounds = setting("ANBAN_KILLS", 2);
    const auto seed = setting("ANBAN_SEED", 1);
    std::mt19937 chance(static_cast<unsigned>(seed));
    std::size_t presses = 0;
    for (long round = 0; round < rounds; ++round) {
        for (const victim& one : victims) {
            const auto what = fmt::format("seed {}, round {}, {}", seed, round, one.name);
            CAPTURE(what);
            const auto from = s.district.home.seen.size();
            s.district.home.play("press button-1");
            ++presses;
            std::this_thread::sleep_for(std::chrono::microseconds(chance() % 30'000));
            one.kill(s);
            std::this_thread::sleep_for(std::chrono::milliseconds(chance() % 200));
            one.start(s);
            INFO(s.logs());
            REQUIRE(s.answer("button-1", "stored", 60s, from));
            REQUIRE(eventually([&] { return s.press_records("button-1") >= presses; }, 30s));
            REQUIRE(s.press_records("button-1") == presses);
        }
    }
    std::this_thread::sleep_for(1s); // whatever would come twice has come now
    CHECK(s.press_records("button-1") == presses);
    CHECK(s.alarms_of("button-1").size() == 1);
}

} // namespace

TEST_CASE(
    "presses among kills of every program are all at the centre, each once [home-3] [uplink-6] [dispatch-1]") {
    scene s;
    kill_each_in_turn(s);
}

TEST_CASE("presses among kills are each there once on slow flash as well [home-3] [ingest-2]") {
    scene s;
    auto& home = s.district.home;
    home.environment = {fmt::format("LD_PRELOAD={}", anban::stage::program("libanban_slow_sync.so").string()),
                        "ANBAN_SYNC_US=50000"};
    home.daemon().end();
    home.uplink().end();
    home.start_daemon();
    home.start_uplink();
    kill_each_in_turn(s);
}

TEST_CASE("an alarm whose gateway is killed while it is judged arrives once [home-3] [ingest-2]") {
    scene s;
    for (std::size_t presses = 1; presses <= 3; ++presses) {
        check_once_although(
            s,
            [&] {
                s.district.home.daemon().kill();
                s.district.home.start_daemon();
            },
            presses);
    }
}

TEST_CASE("a press while the gateway is down is heard when it starts [ingest-3]") {
    scene s;
    s.district.home.daemon().kill();
    const auto from = s.district.home.seen.size();
    check_once_although(s, [&] {
        std::this_thread::sleep_for(500ms);
        CHECK_FALSE(s.answer("button-1", "received", 1ms, from)); // nobody has it, so nobody says so
        s.district.home.start_daemon();
    });
}

TEST_CASE("a Zigbee SOS while the gateway is down is heard when it starts [ingest-3]") {
    scene s;
    s.district.home.daemon().kill();
    s.district.home.play("zigbee-sos zb-sos");
    CHECK(s.saw("published", "zb-sos", "signal", "sos", 5s));
    std::this_thread::sleep_for(500ms);
    s.district.home.start_daemon();
    INFO(s.logs());
    REQUIRE(s.stored_alarm_of("zb-sos", 30s));
    std::this_thread::sleep_for(1s);
    CHECK(s.alarms_of("zb-sos").size() == 1);
    CHECK(s.press_records("zb-sos") == 1);
}

TEST_CASE("an alarm whose home broker is killed arrives once [ingest-4]") {
    scene s;
    check_once_although(s, [&] {
        s.district.home.mosquitto().kill();
        std::this_thread::sleep_for(300ms);
        s.district.home.start_broker();
    });
}

TEST_CASE("an alarm whose district broker is killed arrives once [uplink-6]") {
    scene s;
    check_once_although(s, [&] {
        s.district.centre.mosquitto().kill();
        std::this_thread::sleep_for(300ms);
        s.district.centre.start_broker();
    });
}

TEST_CASE("an alarm whose centre is killed arrives once [dispatch-1]") {
    scene s;
    check_once_although(s, [&] {
        s.district.centre.dispatch().kill();
        std::this_thread::sleep_for(300ms);
        s.district.centre.start_dispatch();
        s.log_in_again();
    });
}

TEST_CASE("an alarm whose uplink is killed arrives once [daemon-4]") {
    scene s;
    check_once_although(s, [&] {
        s.district.home.uplink().kill();
        s.district.home.start_uplink();
    });
}

TEST_CASE("an alarm that is pressed with the wire cut and both ends killed arrives once [home-3]") {
    scene s;
    s.district.wire.set(proxy::way::cut);
    const auto from = s.district.home.seen.size();
    check_once_although(s, [&] {
        CHECK(s.answer("button-1", "received", 5s, from));
        s.district.home.daemon().kill();
        s.district.home.uplink().kill();
        s.district.centre.dispatch().kill();
        s.district.home.start_daemon();
        s.district.home.start_uplink();
        s.district.centre.start_dispatch();
        s.log_in_again();
        s.district.wire.set(proxy::way::open);
    });
}

TEST_CASE("what an operator did survives a kill of every program and reaches the button [dispatch-7]") {
    scene s;
    s.district.home.play("press button-1");
    const auto alarm = s.stored_alarm_of("button-1");
    REQUIRE(alarm);
    REQUIRE(s.answer("button-1", "stored"));
    s.district.wire.set(proxy::way::cut);
    REQUIRE(s.act(*alarm, "take").status == 200);
    s.district.centre.dispatch().kill();
    s.district.home.daemon().kill();
    s.district.home.uplink().kill();
    const auto from = s.district.home.seen.size();
    s.district.centre.start_dispatch();
    s.district.home.start_daemon();
    s.district.home.start_uplink();
    s.log_in_again();
    s.district.wire.set(proxy::way::open);
    INFO(s.logs());
    CHECK(s.answer("button-1", "taken", 30s, from));
    CHECK(text_of(s.detail(*alarm), "state") == "taken");
}
