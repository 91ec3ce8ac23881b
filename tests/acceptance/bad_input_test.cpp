// Whatever a device, a stranger in the home's network or a tired technician writes: a clear fault, nothing
// lost, nothing crashed, and the next press works.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "native.pb.h"
#include "tests/acceptance/scene.hpp"

using namespace anban::acceptance;
using anban::stage::mqtt_client;

namespace {

std::string frame(const std::string& device, std::uint32_t sequence = 1) {
    anban::native::Frame f;
    f.set_device(device);
    f.set_boot(0x0000000100000001);
    f.set_sequence(sequence);
    f.set_uptime_ms(1);
    auto* o = f.add_observations();
    o->set_signal(anban::native::SOS);
    o->set_value_milli(1000);
    return f.SerializeAsString();
}

// The same daemon and bridge still run and a press still goes through.
void check_well(scene& s, pid_t daemon) {
    INFO(s.logs());
    CHECK(s.district.home.daemon().running());
    CHECK(s.district.home.daemon().pid() == daemon);
    CHECK(s.district.home.uplink().running());
    CHECK(s.district.centre.dispatch().running());
    const auto before = s.press_records("button-1");
    const auto from = s.district.home.seen.size();
    s.district.home.play("press button-1");
    CHECK(s.answer("button-1", "stored", 15s, from));
    CHECK(eventually([&] { return s.press_records("button-1") == before + 1; }, 5s));
}

} // namespace

TEST_CASE("a native device that says nonsense is a fault with its name, and raises nothing [home-19]") {
    scene s;
    const auto daemon = s.district.home.daemon().pid();
    mqtt_client device(s.district.home.login_of("own-1"));
    REQUIRE(device.connect() == 0);
    const auto good = frame("own-1");
    const std::string topic = "anban/dev/own-1/alarm";
    for (const auto& payload :
         {std::string(), good.substr(0, good.size() / 2), std::string("\xff\xfe\x00\x80", 4), std::string("hello"),
          std::string(17 * 1024, 'x'), std::string(900 * 1024, '\xff')})
        device.publish(topic, payload);
    const auto fault = s.fault("");
    bool named = false;
    const auto status = s.district.home.tell({"status"});
    for (const auto& one : status.at("faults").as_array())
        named = named || json::serialize(one).find("own-1") != std::string::npos;
    INFO(json::serialize(status.at("faults")));
    CHECK(named);
    CHECK(s.alarms_of("own-1").empty());
    check_well(s, daemon);
}

TEST_CASE("a device that gives itself another's name or speaks on another's topic is refused [drivers-3]") {
    scene s;
    const auto daemon = s.district.home.daemon().pid();
    mqtt_client device(s.district.home.login_of("own-1"));
    REQUIRE(device.connect() == 0);
    CHECK(device.publish("anban/dev/button-1/alarm", frame("button-1")) == 0x87); // the broker's refusal
    device.publish("anban/dev/own-1/alarm", frame("button-1"));                   // the driver's
    std::this_thread::sleep_for(500ms);
    CHECK(s.alarms_of("button-1").empty());
    const auto status = json::serialize(s.district.home.tell({"status"}).at("faults"));
    INFO(status);
    CHECK(status.find("own-1") != std::string::npos);
    // The broker may grant the subscription; it delivers nothing on it.
    device.subscribe("anban/dev/button-1/answer");
    check_well(s, daemon);
    CHECK(device.received.size() == 0);
}

TEST_CASE("a Zigbee bridge's broken messages are faults, and its good ones are still heard [home-19]") {
    scene s;
    auto& home = s.district.home;
    const auto daemon = home.daemon().pid();
    home.players().end(); // the played bridge leaves its place
    mqtt_client bridge(home.login_of("zigbee2mqtt"));
    REQUIRE(bridge.connect() == 0);
    for (const auto& payload :
         {std::string(R"({"action":"emer)"), std::string("\xc3\x28{}"), std::string("[1,2,3]"),
          std::string("null"), std::string(R"({"action":{"a":[1]}})"), std::string(20'000, ' '),
          std::string(5'000, '[')})
        bridge.publish("zigbee2mqtt/zb-sos", payload);
    bridge.publish("zigbee2mqtt/bridge/devices", std::string(1'200'000, ' '));
    std::this_thread::sleep_for(500ms);
    CHECK(s.alarms_of("zb-sos").empty());
    const auto status = json::serialize(home.tell({"status"}).at("faults"));
    INFO(status);
    CHECK(status.find("zb-sos") != std::string::npos);
    mqtt_client again(home.login_of("zigbee2mqtt"));
    REQUIRE(again.connect() == 0);
    again.publish("zigbee2mqtt/zb-sos", R"({"action":"emergency","battery":90})");
    INFO(s.logs());
    CHECK(s.stored_alarm_of("zb-sos"));
    CHECK(home.daemon().pid() == daemon);
    CHECK(home.daemon().running());
}

TEST_CASE("an SOS of a device that nobody has entered is raised and marked as unregistered [home-18]") {
    auto plan = anban::stage::usual_home();
    std::erase_if(plan.devices, [](const auto& d) { return d.id == "zb-sos"; });
    scene s(plan);
    s.district.home.players().end();
    mqtt_client bridge(s.district.home.login_of("zigbee2mqtt"));
    REQUIRE(bridge.connect() == 0);
    bridge.publish("zigbee2mqtt/stranger", R"({"action":"emergency"})");
    const auto alarm =
        s.alarm([](const json::value& a) { return a.at("unregistered_device") == json::value(true); });
    INFO(s.logs());
    CHECK(alarm);
}

TEST_CASE("a garbled home.toml is told with file and line, and the house goes on as it was [config-3]") {
    scene s;
    auto& home = s.district.home;
    const auto file = home.folder() / "home.toml";
    const auto good = anban::stage::read_file(file);
    anban::stage::write_file(file, "[gateway]\nid = \"gw-0001\"\nthis is = = no TOML\n");
    int status = 0;
    const auto checked = home.tell({"check"}, &status);
    INFO(json::serialize(checked));
    CHECK(status == 1);
    CHECK(json::serialize(checked).find("home.toml") != std::string::npos);

    home.daemon().kill();
    home.start_daemon();
    const auto fault = s.fault("config");
    INFO(s.logs());
    REQUIRE(fault);
    CHECK(json::serialize(*fault).find("home.toml") != std::string::npos);
    CHECK_FALSE(text_of(*fault, "cure_en").empty());
    check_well(s, home.daemon().pid());

    anban::stage::write_file(file, good);
    home.daemon().kill();
    home.start_daemon();
    CHECK(s.district.wait_for_link(true, 20s));
    CHECK_FALSE(s.fault("config", 100ms));
}

TEST_CASE(
    "a change that can't be is refused with its reason, and nothing has changed [config-2] [cli-2] [cli-7]") {
    scene s;
    auto& home = s.district.home;
    const auto before = anban::stage::read_file(home.folder() / "devices.toml");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"device", "add", "button-1", "--driver", "native", "--role", "call_button"},
          {"device", "add", "new-1", "--driver", "native", "--role", "call_button", "--room", "no-such-room"},
          {"device", "add", "new-1", "--driver", "no-such-driver", "--role", "call_button"},
          {"device", "remove", "no-such-device"}}) {
        int status = 0;
        const auto said = home.tell(words, &status);
        INFO(json::serialize(said));
        CHECK(status == 1);
        CHECK(json::serialize(said).find("what_en") != std::string::npos);
    }
    CHECK(anban::stage::read_file(home.folder() / "devices.toml") == before);
    check_well(s, home.daemon().pid());
}
