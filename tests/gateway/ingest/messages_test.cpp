#include <doctest/doctest.h>

#include <random>

#include "gateway/ingest/ingest.hpp"
#include "rules/limits.hpp"

using namespace anban;

namespace {

std::optional<input> say(std::string_view topic, std::string_view payload, bool retained = false) {
    return judge_message({.topic = topic, .payload = payload, .retained = retained, .qos = 1}, instant{});
}

device of(const char* driver, const char* address, device_role role) {
    device d;
    d.id = device_id{address};
    d.driver = driver;
    d.address = address;
    d.role = role;
    return d;
}

} // namespace

TEST_CASE("a message of a device becomes a frame, any other is none of ours [ingest-6]") {
    const auto press = say("zigbee2mqtt/SOS", R"({"action":"emergency","battery":80})");
    REQUIRE(press);
    const auto& frame = std::get<heard>(*press);
    CHECK(frame.driver == "zigbee2mqtt");
    CHECK(frame.address == "SOS");
    CHECK_FALSE(frame.wants_answer);
    CHECK(frame.content ==
          std::get<heard>(*say("zigbee2mqtt/SOS", R"({"action":"emergency","battery":80})")).content);
    CHECK(frame.content !=
          std::get<heard>(*say("zigbee2mqtt/SOS", R"({"action":"emergency","battery":81})")).content);
    CHECK_FALSE(say("home/lights", "on"));
    CHECK_FALSE(say("", ""));
}

TEST_CASE("a retained message says that its events are history [F1] [ingest-6]") {
    CHECK(std::get<heard>(*say("zigbee2mqtt/SOS", R"({"action":"emergency"})", true)).history);
}

TEST_CASE("what can't be read says who, where and why [ingest-6]") {
    for (const std::string& payload :
         {std::string{"{\"action\":"}, std::string{"\xff\xfe"}, std::string(limits::event_bytes + 1, ' ')}) {
        const auto in = say("zigbee2mqtt/SOS", payload);
        REQUIRE(in);
        REQUIRE(std::holds_alternative<unreadable>(*in));
        CHECK(std::get<unreadable>(*in).address == "SOS");
        CHECK_FALSE(std::get<unreadable>(*in).why.en.empty());
    }
    const auto native = say("anban/dev/button-1/alarm", "garbage");
    REQUIRE(native);
    CHECK(std::get<unreadable>(*native).address == "button-1");
}

TEST_CASE("the alarm client subscribes to what may carry an alarm, and to nothing else [ingest-3]") {
    const auto topics = alarm_topics(
        {of("zigbee2mqtt", "SOS", device_role::call_button), of("zigbee2mqtt", "lamp", device_role::indicator),
         of("zigbee2mqtt", "band", device_role::vitals_band), of("native", "mat-1", device_role::bed_mat),
         of("no-such-family", "x", device_role::call_button)});
    CHECK(topics == std::vector<std::string>{"anban/dev/mat-1/alarm", "zigbee2mqtt/SOS"});
}

TEST_CASE("no topic and no bytes crash the ear [ingest-6]") {
    std::mt19937 random{7};
    const std::vector<std::string> topics{"zigbee2mqtt/SOS",           "zigbee2mqtt/",      "zigbee2mqtt/a/b/c",
                                          "anban/dev//alarm",          "anban/dev/x/alarm", "anban/dev/x/reading",
                                          "zigbee2mqtt/bridge/devices"};
    const std::string seed = R"({"action":"emergency","battery":null,"a":[1,2,{"b":"c"}],"occupancy":true})";
    for (int i = 0; i < 20'000; ++i) {
        std::string payload = i % 3 == 0 ? std::string{} : seed;
        for (int k = 0; k < 6; ++k) {
            const char byte = static_cast<char>(random());
            if (payload.empty() || random() % 3 == 0)
                payload.insert(payload.begin() + static_cast<long>(random() % (payload.size() + 1)), byte);
            else
                payload[random() % payload.size()] = byte;
        }
        std::string topic = topics[random() % topics.size()];
        if (random() % 4 == 0) topic[random() % topic.size()] = static_cast<char>(random());
        (void)say(topic, payload, random() % 2 == 0);
    }
}
