// Messages that people logged in their own homes and sent to public issue trackers: the presses alarm, and
// nothing else does.
#include <fstream>
#include <map>

#include <doctest/doctest.h>

#include "tests/acceptance/scene.hpp"
#include "tests/recordings.hpp"

using namespace anban::acceptance;

TEST_CASE("logged presses alarm, empty actions and status messages don't [drivers-10]") {
    const auto file = anban::tests::recording("mqtt_zigbee2mqtt/field_logs.jsonl");
    if (!file) return;
    auto plan = anban::stage::usual_home();
    std::erase_if(plan.devices, [](const auto& d) { return d.driver != "native"; });
    for (const auto* button : {"SOS", "0x847127fffe0542eb"}) // as their owners had named them
        plan.devices.push_back({button, "zigbee2mqtt", "call_button", "", "bathroom"});
    scene s(plan);
    auto& home = s.district.home;
    home.players().end();
    anban::stage::mqtt_client bridge(home.login_of("zigbee2mqtt"));
    REQUIRE(bridge.connect() == 0);

    std::map<std::string, std::size_t> presses; // by friendly name
    std::map<std::string, std::size_t> others;
    std::ifstream in(*file);
    std::size_t lines = 0;
    for (std::string line; std::getline(in, line); ++lines) {
        const auto one = json::parse(line);
        const auto topic = text_of(one, "topic");
        if (!topic.starts_with("zigbee2mqtt/")) continue; // not a topic of the family: nobody may publish it here
        const auto name = topic.substr(12, topic.find('/', 12) - 12);
        ++(text_of(one, "class") == "sos" ? presses : others)[name];
        CHECK(bridge.publish(topic, text_of(one, "payload")).value_or(0x87) < 0x80);
        std::this_thread::sleep_for(50ms);
    }
    REQUIRE(lines > 10);
    REQUIRE_FALSE(presses.empty());
    std::map<std::string, std::size_t> records;
    const auto count = [&] {
        records.clear();
        for (const auto& alarm : s.alarms()) {
            CHECK(text_of(alarm, "rule") == "sos");
            for (const auto& press : s.presses(alarm)) ++records[text_of(press, "device")];
        }
        std::size_t all = 0;
        for (const auto& [device, n] : records) all += n;
        return all;
    };
    std::size_t expected = 0;
    for (const auto& [name, n] : presses) expected += n;
    INFO(s.logs());
    CHECK(eventually([&] { return count() >= expected; }, 10s));
    std::this_thread::sleep_for(1s);
    CHECK(count() == expected);
    CHECK(records == presses);
    CHECK(s.alarms().size() == 1); // one matter of one home, with every press on it
}
