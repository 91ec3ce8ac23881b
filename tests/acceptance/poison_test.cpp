// A message that the program dies of, whatever it is: the real thing is a bug that nobody has found yet. A hook of
// tests alone plays it: anband aborts on any payload with ANBAN_TEST_POISON in it.
#include <csignal>
#include <thread>

#include <doctest/doctest.h>

#include "tests/acceptance/scene.hpp"

using namespace anban::acceptance;
using anban::stage::mqtt_client;

namespace {

constexpr const char* poison = "worst-payload-ever";

// Starts anband again whenever it has died, as its unit does; how often, till it has lived for so long.
int keep_alive(anban::stage::home_box& home, std::chrono::milliseconds well_after) {
    int deaths = 0;
    auto since = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - since < well_after && deaths < 12) {
        if (!home.daemon().running()) {
            ++deaths;
            try {
                home.start_daemon();
            } catch (const std::exception&) { // it died before it answered
            }
            since = std::chrono::steady_clock::now();
        }
        std::this_thread::sleep_for(20ms);
    }
    return deaths;
}

bool has_alarm(scene& s, std::string_view title) {
    return s.alarm([&](const json::value& a) { return json::serialize(a).contains(title); }).has_value();
}

void give_poison(anban::stage::home_box& home) {
    home.environment = {std::string("ANBAN_TEST_POISON=") + poison};
    home.daemon().kill();
    home.start_daemon();
    home.await_listening();
}

} // namespace

TEST_CASE("a Zigbee message that it dies of neither loops nor loses the press behind it [ingest-8] [daemon-9]") {
    scene s;
    auto& home = s.district.home;
    give_poison(home);
    mqtt_client bridge(home.login_of("zigbee2mqtt"));
    home.players().end(); // the bridge's name is ours now
    REQUIRE(bridge.connect() == 0);
    bridge.publish("zigbee2mqtt/zb-sos", std::string(R"({"action":"emergency","x":")") + poison + "\"}");
    bridge.publish("zigbee2mqtt/zb-sos", R"({"action":"emergency"})");
    const int deaths = keep_alive(home, 6s);
    INFO(s.logs());
    CHECK(deaths >= 2);
    CHECK(deaths <= 3); // at the second crash on it, it is put away
    CHECK(has_alarm(s, "Unreadable message from zb-sos"));
    CHECK(s.alarm(
        [](const json::value& a) { return text_of(a, "device") == "zb-sos" && text_of(a, "rule") == "sos"; }));
    CHECK(s.fault("device.quarantine.zb-sos"));
    CHECK_FALSE(s.fault("rules.set-aside", 1ms));
    // It is known for good.
    bridge.publish("zigbee2mqtt/zb-sos", std::string(R"({"action":"emergency","x":")") + poison + "\"}");
    CHECK(keep_alive(home, 2s) == 0);
}

TEST_CASE("a native message that it dies of, which its device repeats for ever, is put away too [ingest-8]") {
    scene s;
    auto& home = s.district.home;
    give_poison(home);
    mqtt_client device(home.login_of("own-1"));
    REQUIRE(device.connect() == 0);
    int deaths = 0;
    for (int i = 0; i < 8 && deaths < 6; ++i) {
        device.publish("anban/dev/own-1/alarm", poison);
        deaths += keep_alive(home, 1500ms);
    }
    INFO(s.logs());
    CHECK(deaths >= 2);
    CHECK(deaths <= 3);
    CHECK(has_alarm(s, "Unreadable message from own-1"));
    const auto from = home.seen.size();
    home.play("press button-1");
    CHECK(s.answer("button-1", "stored", 15s, from));
}

TEST_CASE("three crashes in a row leave the built-in SOS alone at work, and a restart brings the rules back "
          "[daemon-10]") {
    scene s;
    auto& home = s.district.home;
    for (int i = 0; i < 3; ++i) {
        home.daemon().signal(SIGABRT);
        CHECK(home.daemon().wait(5s));
        home.start_daemon();
    }
    INFO(s.logs());
    CHECK(s.fault("rules.set-aside"));
    const auto from = home.seen.size();
    home.play("press button-1");
    CHECK(s.answer("button-1", "stored", 15s, from));
    CHECK(home.daemon().end() == 0);
    home.start_daemon();
    CHECK_FALSE(s.fault("rules.set-aside", 500ms));
}
