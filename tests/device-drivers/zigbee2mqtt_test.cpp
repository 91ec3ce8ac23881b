#include "device-drivers/zigbee2mqtt/zigbee2mqtt.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "rules/limits.hpp"

using namespace anban;
using namespace anban::drivers;

namespace {

const driver& family = zigbee2mqtt_driver();

std::expected<decoded, decode_failure> read(std::string_view payload, std::string_view topic = "zigbee2mqtt/d",
                                            bool retained = false) {
    return family.decode({topic, payload, retained, 0});
}

// All that a payload says, by signal.
std::map<signal, double> said(std::string_view payload) {
    const auto d = read(payload);
    REQUIRE(d.has_value());
    std::map<signal, double> all;
    for (const observation& o : d->observations) all.emplace(o.what, o.value);
    CHECK(all.size() == d->observations.size());
    return all;
}

using facts = std::map<signal, double>;

void check_error(const std::expected<decoded, decode_failure>& r, decode_error what) {
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().what == what);
    CHECK(r.error().why.en.size() > 10);
}

} // namespace

TEST_CASE("every word that calls for help is an SOS [drivers-10]") {
    for (const auto* word : {"emergency", "sos", "panic", "help", "SOS", "Emergency", "sos_2", "emergency_10"}) {
        CAPTURE(word);
        CHECK(said("{\"action\":\"" + std::string{word} + "\"}") == facts{{signal::sos, 1}});
    }
    CHECK(said(R"({"action":"\u0073os"})") == facts{{signal::sos, 1}});
    CHECK(said(R"({"\u0061ction":"sos"})") == facts{{signal::sos, 1}});
}

TEST_CASE("an empty or other action is no press [drivers-10]") {
    for (const auto* payload :
         {R"({"action":""})", R"({"action":null})", R"({"action":"none"})", R"({"action":"single"})",
          R"({"action":"disarm"})", R"({"action":"sos_"})", R"({"action":"sosx"})", R"({"sos":false})",
          R"({"sos":null})", R"({"action":1})", R"({"action":["sos"]})", R"({"x":{"action":"sos"}})", R"({})"}) {
        CAPTURE(payload);
        CHECK(said(payload).empty());
    }
    CHECK(read(R"({"action":"single"})")->note.en.find("single") != std::string::npos);
}

TEST_CASE("falls are told by action and by radar [drivers-10]") {
    CHECK(said(R"({"action":"fall"})") == facts{{signal::fall, 1}});
    CHECK(said(R"({"fall_detection":"ON"})").empty()); // a setting, not a fall
}

TEST_CASE(
    "a press or fall that is told as a state comes as one, with its end, and is no observation [drivers-14]") {
    const auto stands = [](std::string_view payload) {
        const auto d = read(payload);
        REQUIRE(d.has_value());
        CHECK(d->observations.empty());
        REQUIRE(d->standing.size() == 1);
        return d->standing.front();
    };
    CHECK(stands(R"({"sos":true})").what == signal::sos);
    CHECK(stands(R"({"sos":true})").degree == 1);
    CHECK(stands(R"({"sos":"ON"})").degree == 1);
    CHECK(stands(R"({"sos":false})").degree == 0);
    const auto fall = stands(R"({"fall_down_status":"fall"})");
    const auto maybe = stands(R"({"fall_down_status":"maybe_fall"})");
    CHECK(fall.what == signal::fall);
    CHECK(fall.degree > 0);
    CHECK(maybe.degree > 0);
    CHECK(fall.degree != maybe.degree);
    CHECK(maybe.how == quality::suspect);
    CHECK(stands(R"({"fall_down_status":"none"})").degree == 0);
    CHECK(read(R"({"sos":null})")->standing.empty());
    CHECK(read(R"({"fall_down_status":"perhaps"})")->standing.empty());
    CHECK(read(R"({"action":"sos"})")->standing.empty());
}

TEST_CASE("states and quantities are read into their signals [drivers-11]") {
    CHECK(said(R"({"occupancy":true})") == facts{{signal::motion, 1}});
    CHECK(said(R"({"presence":false})") == facts{{signal::presence, 0}});
    CHECK(said(R"({"presence_state":"presence"})") == facts{{signal::presence, 1}});
    CHECK(said(R"({"presence_state":"none"})") == facts{{signal::presence, 0}});
    CHECK(said(R"({"contact":true})") == facts{{signal::door_open, 0}});
    CHECK(said(R"({"contact":false})") == facts{{signal::door_open, 1}});
    CHECK(said(R"({"vibration":true})") == facts{{signal::vibration, 1}});
    CHECK(said(R"({"vibration":"high"})").empty());
    CHECK(said(R"({"smoke":true,"gas":true,"carbon_monoxide":"ON","water_leak":false})") ==
          facts{{signal::smoke, 1}, {signal::gas, 1}, {signal::carbon_monoxide, 1}, {signal::water, 0}});
    CHECK(said(R"({"gas":12.5})").empty()); // a meter's cubic metres
    CHECK(
        said(R"({"tamper":true,"battery_low":true,"battery":42.5,"linkquality":255})") ==
        facts{
            {signal::tamper, 1}, {signal::battery_low, 1}, {signal::battery, 42.5}, {signal::link_quality, 255}});
}

TEST_CASE("a value that is null or can't be is no reading and harms no press [drivers-11]") {
    CHECK(said(R"({"action":"emergency","battery":null,"linkquality":null})") == facts{{signal::sos, 1}});
    CHECK(said(R"({"action":"emergency","battery":101,"linkquality":-1})") == facts{{signal::sos, 1}});
    CHECK(said(R"({"battery":"full","occupancy":null,"contact":3})").empty());
    CHECK(said(R"({"battery":1e999,"action":"sos"})").contains(signal::sos));
}

TEST_CASE("the legacy sub-topic tells the same press a second time and makes none [drivers-12]") {
    const auto d = read("emergency", "zigbee2mqtt/room/SOS/action");
    REQUIRE(d.has_value());
    CHECK(d->address == "room/SOS");
    CHECK(d->observations.empty());
    CHECK_FALSE(d->note.en.empty());
    // A device whose own name ends in /action is heard all the same.
    const auto odd = read(R"({"action":"sos"})", "zigbee2mqtt/my/action");
    REQUIRE(odd.has_value());
    CHECK(odd->observations.size() == 1);
}

TEST_CASE("a retained event is history [drivers-2]") {
    CHECK(read(R"({"action":"sos"})", "zigbee2mqtt/d", true)->momentary_are_history);
    CHECK_FALSE(read(R"({"action":"sos"})")->momentary_are_history);
}

TEST_CASE("availability is told as JSON or as a word [drivers-13]") {
    for (const auto* payload : {R"({"state":"online"})", "online"}) {
        const auto d = read(payload, "zigbee2mqtt/d/availability");
        REQUIRE(d.has_value());
        CHECK(d->address == "d");
        REQUIRE(d->observations.size() == 1);
        CHECK(d->observations[0].what == signal::online);
        CHECK(d->observations[0].value == 1);
    }
    CHECK(read("offline", "zigbee2mqtt/d/availability")->observations.at(0).value == 0);
    check_error(read("maybe", "zigbee2mqtt/d/availability"), decode_error::malformed);
    check_error(read("{\"state\":", "zigbee2mqtt/d/availability"), decode_error::malformed);
}

TEST_CASE("friendly names may hold slashes and any script; other topics have no speaker [drivers-6]") {
    CHECK(family.speaker("zigbee2mqtt/一楼/卧室/SOS 按钮") == "一楼/卧室/SOS 按钮");
    CHECK(family.speaker("zigbee2mqtt/a/b/availability") == "a/b");
    CHECK(family.alarm_filters("一楼/SOS") == std::vector<std::string>{"zigbee2mqtt/一楼/SOS"});
    CHECK(family.alarm_filters("a/#").empty());
    for (const auto* topic : {"zigbee2mqtt/bridge/state", "zigbee2mqtt/bridge", "zigbee2mqtt/bridge/devices",
                              "zigbee2mqtt/d/set", "zigbee2mqtt/d/get", "zigbee2mqtt/d/set/state", "zigbee2mqtt/",
                              "homeassistant/sensor/x", "anban/dev/b/alarm", ""}) {
        CAPTURE(topic);
        CHECK_FALSE(family.speaker(topic).has_value());
        check_error(read("{\"action\":\"sos\"}", topic), decode_error::not_for_us);
    }
    check_error(read("200", "zigbee2mqtt/bulb/brightness"), decode_error::not_for_us);
    check_error(read("", "zigbee2mqtt/bulb"), decode_error::not_for_us);
}

TEST_CASE("what is not one whole, unambiguous JSON object is refused with a sentence [drivers-5]") {
    for (const auto* payload : {"{",
                                R"({"action":"emer)",
                                R"({"action":"sos"}x)",
                                R"({"action":"sos"}{"action":"sos"})",
                                "[1]",
                                "nonsense",
                                "1",
                                "null",
                                R"("sos")",
                                "{'action':'sos'}",
                                R"({"action":"sos",})",
                                R"({"action":"sos","action":""})",
                                R"({"\u0061ction":"sos","action":""})",
                                "{\"action\":\"\xff\"}",
                                "{\"a\xc3\":1}",
                                "\xff\xfe",
                                "   ",
                                R"({"a":01})",
                                R"({"a":NaN})",
                                "{\"a\":\"\n\"}",
                                R"({"action":"\ud800"})"}) {
        CAPTURE(payload);
        check_error(read(payload), decode_error::malformed);
    }
    std::string deep = "{\"a\":";
    for (int i = 0; i < 3000; ++i) deep += '[';
    check_error(read(deep), decode_error::malformed);
    CHECK(read(deep).error().why.en.find("deep") != std::string::npos);
    const std::string large = "{\"a\":\"" + std::string(limits::event_bytes, 'x') + "\"}";
    check_error(read(large), decode_error::too_large);
    CHECK(read(R"({"x":{"y":[1,{"z":2}]},"action":"sos"})")->observations.size() == 1);
    CHECK(read("  {\n \"action\" : \"sos\" } \r\n")->observations.size() == 1);
}

TEST_CASE("a lamp shows each answer differently, the table's way [drivers-7]") {
    std::set<std::string> shown;
    for (const answer a : all_answers) {
        const auto p = family.indicate("卧室/lamp", a);
        REQUIRE(p.has_value());
        CHECK(p->topic == "zigbee2mqtt/卧室/lamp/set");
        CHECK(shown.insert(p->payload).second);
        CHECK(read(p->payload).has_value()); // is JSON
    }
    CHECK_FALSE(family.indicate("a+", answer::taken).has_value());
    CHECK_FALSE(family.answer_to("d", {1, 1}, answer::taken).has_value());
}
