#include "gateway/control/requests.hpp"

#include <boost/json.hpp>
#include <doctest/doctest.h>

#include "rules/limits.hpp"
#include "tests/gateway/control/desk.hpp"

using namespace anban;
using namespace std::chrono_literals;
using namespace anban::control::testing;
namespace json = boost::json;

namespace {

[[nodiscard]] json::object device_request(const char* id, const char* driver, const char* role,
                                          json::object more = {}) {
    json::object d{{"id", id}, {"driver", driver}, {"role", role}};
    for (const auto& m : more) d[m.key()] = m.value();
    return {{"do", "device_add"}, {"device", std::move(d)}};
}

} // namespace

TEST_CASE("whatever is sent gets an answer that says what is wrong with it [control-1]") {
    desk d;
    for (const char* line :
         {"", "x", "[]", "{", "null", "{\"do\":1}", "{\"do\":\"dance\"}", "{\"do\":\"device_add\"}",
          "{\"do\":\"device_add\",\"device\":{\"id\":5}}", "{\"do\":\"alarm\"}", "\xff\xfe",
          "{\"do\":\"resident_add\",\"id\":\"r\",\"packs\":[1]}", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
          "{\"do\":\"device_remove\"}", "{\"do\":\"device_test\"}"}) {
        CAPTURE(line);
        CHECK_FALSE(error_of(d.ask(line)).empty());
    }
    CHECK(d.ask(R"({"do":"version"})").at("version").as_string() == "0.1.0");
}

TEST_CASE("status tells link, broker, what waits, faults with cures, and devices with when they were heard "
          "[control-2]") {
    desk d;
    (void)d.home_world().tell(shell_fault{"broker.lost", true, "断", "lost", "接", "plug it in", priority::high});
    (void)d.home_world().press(1);
    (void)d.home_world().commit();
    d.home_world().pass(90s);
    const auto s = d.ask({{"do", "status"}});
    CHECK(s.at("ok").as_bool());
    CHECK(s.at("gateway").as_string() == "gw-0001");
    CHECK(s.at("link").as_object().at("up").as_bool() == false);
    CHECK(s.at("broker").as_object().at("connected").as_bool());
    CHECK(s.at("broker").as_object().at("listening").as_bool());
    CHECK(s.at("undelivered").to_number<int>() == 1);
    CHECK(s.at("open_alarms").to_number<int>() == 1);
    const auto& fault = s.at("faults").as_array().at(0).as_object();
    CHECK(fault.at("urgency").as_string() == "high");
    CHECK(fault.at("cure_en").as_string() == "plug it in");
    CHECK(fault.at("cure_zh").as_string() == "接");
    const auto& button = s.at("devices").as_array().at(0).as_object();
    CHECK(button.at("id").as_string() == "button-1");
    CHECK(button.at("registered").as_bool());
    CHECK(button.at("heard_s_ago").to_number<int>() == 90);
    CHECK(button.at("qos").to_number<int>() == 1);
    CHECK(s.at("devices").as_array().at(1).as_object().at("last_heard").is_null());
}

TEST_CASE("a life-safety device at QoS 0 is a fault with its cure [control-2]") {
    desk d;
    heard frame;
    frame.driver = "zigbee2mqtt";
    frame.address = "卧室/呼叫按钮";
    frame.qos = 0;
    frame.observations = {{.what = signal::sos, .value = 1}};
    (void)d.home_world().tell(frame);
    const auto s = d.ask({{"do", "status"}});
    bool told = false;
    for (const auto& f : s.at("faults").as_array()) {
        told = told || f.as_object().at("key").as_string() == "device.qos0.zb-sos";
    }
    CHECK(told);
}

TEST_CASE("a device that is added is written, applied and given its password once [control-3]") {
    desk d;
    const auto answer =
        d.ask(device_request("band-1", "native", "vitals_band", {{"owner", "r-wang"}, {"reports_every_s", 60}}));
    REQUIRE(answer.at("ok").as_bool());
    CHECK(answer.at("password").as_string().size() == 32);
    CHECK(d.home_world().core().as_installed().find_device(device_id{"band-1"}) != nullptr);
    const auto on_disk = load_house(d.dir().path(), drivers);
    REQUIRE(on_disk);
    REQUIRE(on_disk->find_device(device_id{"band-1"}) != nullptr);
    CHECK(on_disk->find_device(device_id{"band-1"})->reports_every == 60s);
    CHECK(on_disk->devices.size() == 3);
    CHECK(d.dir().get("broker/passwd").find("band-1:$7$") != std::string::npos);
    CHECK(d.dir().get("devices.toml.good") == d.dir().get("devices.toml"));
    CHECK(json::serialize(d.ask({{"do", "devices"}})).find(answer.at("password").as_string().c_str()) ==
          std::string::npos);
}

TEST_CASE("a change that isn't right changes nothing and says why [control-4]") {
    desk d;
    const std::string before = d.dir().get("devices.toml");
    const std::pair<json::object, const char*> cases[] = {
        {device_request("button-1", "native", "call_button"), "twice"},
        {device_request("x", "native", "call_button", {{"room", "bathrom"}}), "did you mean \"bathroom\"?"},
        {device_request("x", "zigbee", "call_button"), "no driver"},
        {device_request("x", "native", "button"), "no role"},
        {device_request("张三", "native", "call_button"), "can't be an id"},
        {device_request("anband", "native", "sensor"), "broker's own"},
        {device_request("x", "native", "call_button", {{"owner", "r-nobody"}}), "no such resident"},
        {device_request("x", "zigbee2mqtt", "sensor", {{"address", "卧室/呼叫按钮"}}), "already zb-sos"},
        {device_request("x", "zigbee2mqtt", "sensor", {{"address", "a#"}}), "can't be used"},
        {device_request("x", "native", "sensor", {{"reports_every_s", "soon"}}), "wrong type"},
        {device_request("x", "native", "sensor", {{"reports_every_s", 99999999}}), "out of range"},
        {{{"do", "device_remove"}, {"id", "button-2"}}, "did you mean button-1?"},
        {{{"do", "resident_add"}, {"id", "r-wang"}}, "there is a resident r-wang already"},
        {{{"do", "resident_add"}, {"id", "王"}}, "can't be an id"},
        {{{"do", "resident_add"}, {"id", "r-li"}, {"packs", {"dementa"}}}, "did you mean dementia?"},
        {{{"do", "resident_add"}, {"id", "r-li"}, {"packs", {"cardiac"}}}, "no pack cardiac"},
    };
    for (const auto& [request, told] : cases) {
        CAPTURE(json::serialize(request));
        const std::string error = error_of(d.ask(request));
        CAPTURE(error);
        CHECK(error.find(told) != std::string::npos);
    }
    CHECK(d.dir().get("devices.toml") == before);
    CHECK(d.dir().get("residents.toml") == test::residents_text);
    CHECK_FALSE(d.dir().has("broker/passwd"));
    CHECK(d.home_world().core().as_installed().devices.size() == 2);
}

TEST_CASE("a change is refused with file and line while a person's file is broken [control-4]") {
    desk d;
    d.dir().put("home.toml", std::string{test::home_text} + "[[room]\n");
    const auto answer = d.ask(device_request("x", "native", "sensor"));
    CHECK(error_of(answer).starts_with("home.toml: this is not TOML"));
    CHECK(answer.at("error").as_object().at("line").to_number<int>() == 25);
    CHECK(d.dir().get("devices.toml") == test::devices_text);
}

TEST_CASE("a change keeps what a person has edited meanwhile, and never renames the gateway [control-4]") {
    desk d;
    d.dir().put("home.toml", std::string{test::home_text} + "\n[[room]]\nid = \"kitchen\"\nname = \"厨房\"\n");
    CHECK(d.ask(device_request("smoke-1", "native", "sensor", {{"room", "kitchen"}})).at("ok").as_bool());
    CHECK(d.home_world().core().as_installed().find_room(room_id{"kitchen"}) != nullptr);
    const json::object listed = d.ask({{"do", "devices"}});
    CHECK(std::ranges::any_of(listed.at("devices").as_array(), [](const json::value& one) {
        const auto* name = one.as_object().if_contains("room_name");
        return name != nullptr && name->as_string() == "厨房";
    }));
    std::string renamed = d.dir().get("home.toml");
    renamed.replace(renamed.find("gw-0001"), 7, "gw-0002");
    d.dir().put("home.toml", renamed);
    CHECK(error_of(d.ask(json::object{{"do", "reload"}})).find("restart anband") != std::string::npos);
    CHECK(d.home_world().core().as_installed().gateway == gateway_id{"gw-0001"});
}

TEST_CASE("a removed device is gone from house and broker, and the rest stays [control-3]") {
    desk d;
    REQUIRE(d.ask(device_request("band-1", "native", "vitals_band")).at("ok").as_bool());
    REQUIRE(d.ask({{"do", "device_remove"}, {"id", "band-1"}}).at("ok").as_bool());
    CHECK(d.home_world().core().as_installed().find_device(device_id{"band-1"}) == nullptr);
    CHECK(load_house(d.dir().path(), drivers)->devices.size() == 2);
    CHECK(d.dir().get("broker/passwd").find("band-1") == std::string::npos);
}

TEST_CASE("a resident that is added is written and applied [control-3]") {
    desk d;
    REQUIRE(d.ask({{"do", "resident_add"}, {"id", "r-li"}, {"packs", {"dementia"}}}).at("ok").as_bool());
    CHECK(d.home_world().core().as_installed().find_resident(resident_id{"r-li"})->packs ==
          std::vector<std::string>{"dementia"});
    const auto all = d.ask({{"do", "residents"}}).at("residents").as_array();
    REQUIRE(all.size() == 2);
    CHECK(all.at(0).as_object().at("beds").as_array().at(0).as_string() == "bed-1");
    CHECK(all.at(0).as_object().at("devices").as_array().at(0).as_string() == "button-1");
}

TEST_CASE("a mended directory ends the faults of the start [control-3]") {
    desk d;
    (void)d.home_world().tell(shell_fault{"config.devices.toml", true, "坏", "bad", "改", "mend", priority::high});
    REQUIRE(d.ask({{"do", "reload"}}).at("ok").as_bool());
    CHECK(d.home_world().core().faults().empty());
}

TEST_CASE("an alarm is shown with its presses and the time of each step [control-5]") {
    desk d;
    (void)d.home_world().press(1);
    (void)d.home_world().commit();
    const auto all = d.ask({{"do", "alarms"}}).at("alarms").as_array();
    REQUIRE(all.size() == 1);
    const std::string id{all.at(0).as_object().at("id").as_string()};
    CHECK(all.at(0).as_object().at("room_name").as_string() == "卫生间");
    CHECK(all.at(0).as_object().at("stored").as_bool() == false);
    for (const auto& asked : {id, id.substr(0, 8), id.substr(0, 4)}) {
        const auto one = d.ask({{"do", "alarm"}, {"id", asked}});
        REQUIRE(one.at("ok").as_bool());
        const auto& a = one.at("alarm").as_object();
        CHECK(a.at("presses").as_array().size() == 1);
        CHECK(a.at("presses").as_array().at(0).as_object().at("sequence").to_number<int>() == 1);
        const auto& hops = a.at("hops").as_array();
        REQUIRE(hops.size() >= 3);
        CHECK(hops.at(0).as_object().at("name").as_string() == "heard");
        CHECK(hops.at(0).as_object().at("at_us").to_number<std::int64_t>() > 0);
    }
    CHECK(error_of(d.ask({{"do", "alarm"}, {"id", id.substr(0, 3)}})).find("no alarm") != std::string::npos);
}

TEST_CASE("watch tells readings, steps and faults as they come [control-6]") {
    desk d;
    REQUIRE(d.ask({{"do", "watch"}}).at("ok").as_bool());
    d.take(d.home_world().press(1));
    d.take(d.home_world().commit());
    d.take(d.home_world().tell(shell_fault{"disk.full", true, "满", "full", "清", "make room", priority::high}));
    REQUIRE(d.events.size() >= 4);
    CHECK(d.events.front().at("event").as_string() == "reading");
    CHECK(d.events.front().at("reading").as_object().at("signal").as_string() == "sos");
    CHECK(d.events.back().at("event").as_string() == "fault_begins");
    CHECK(d.events.back().at("fault").as_object().at("cure_zh").as_string() == "清");
    CHECK_FALSE(d.stream->ended());
}

TEST_CASE("a test follows its own press until the centre has stored it [control-7]") {
    desk d;
    (void)d.home_world().tell(link_changed{true, "10.0.0.1:8883", {}});
    d.take(d.home_world().press(1)); // a real alarm before it
    (void)d.home_world().commit();
    d.delivered.clear();
    const auto answer = d.ask({{"do", "device_test"}, {"id", "button-1"}});
    REQUIRE(answer.at("ok").as_bool());
    CHECK(answer.at("link").as_bool());
    d.home_world().pass(5s);
    d.take(d.home_world().press(2));
    d.home_world().pass(2ms);
    d.take(d.home_world().commit());
    REQUIRE(d.delivered.size() == 1);
    CHECK_FALSE(d.stream->ended());
    d.home_world().pass(40ms);
    d.take(d.home_world().acknowledge(d.delivered.front()));
    REQUIRE(d.stream->ended());
    CHECK(d.names() == std::vector<std::string>{"heard", "judged", "committed", "received", "stored", "end"});
    CHECK(d.events.back().at("proven").as_bool());
    CHECK(d.events.at(4).at("since_heard_us").to_number<int>() == 42'000);
    CHECK(d.home_world().core().state().alarms.size() == 2); // the test is an alarm of its own
}

TEST_CASE("a test without a link ends not proven to the centre [control-7]") {
    desk d;
    REQUIRE(d.ask({{"do", "device_test"}, {"id", "button-1"}}).at("ok").as_bool());
    d.take(d.home_world().press(1));
    d.take(d.home_world().commit());
    d.pass(11s);
    CHECK_FALSE(d.stream->ended());
    d.pass(2s);
    REQUIRE(d.stream->ended());
    CHECK(d.events.back().at("proven").as_bool() == false);
    CHECK(d.events.back().at("heard").as_bool());
    CHECK(d.events.back().at("why").as_string() == "no_link");
    CHECK_FALSE(d.events.back().at("what_zh").as_string().empty());
}

TEST_CASE("a test that nobody presses ends with the window, and other devices' presses don't count [control-7]") {
    desk d;
    REQUIRE(d.ask({{"do", "device_test"}, {"id", "zb-sos"}}).at("ok").as_bool());
    d.take(d.home_world().press(1));
    d.take(d.home_world().commit());
    d.pass(299s);
    CHECK(d.events.empty());
    d.pass(1s);
    REQUIRE(d.stream->ended());
    CHECK(d.events.back().at("why").as_string() == "no_press");
    CHECK(error_of(d.ask({{"do", "device_test"}, {"id", "button-2"}})).find("did you mean button-1?") !=
          std::string::npos);
}

TEST_CASE(
    "a test waits for the centre as long as there is a link, then says that it never confirmed [control-7]") {
    desk d;
    (void)d.home_world().tell(link_changed{true, "10.0.0.1:8883", {}});
    REQUIRE(d.ask({{"do", "device_test"}, {"id", "button-1"}}).at("ok").as_bool());
    d.take(d.home_world().press(1));
    d.take(d.home_world().commit());
    d.pass(200s);
    CHECK_FALSE(d.stream->ended());
    d.pass(100s);
    REQUIRE(d.stream->ended());
    CHECK(d.events.back().at("why").as_string() == "not_stored");
}

TEST_CASE("a step of the device's real alarm is not taken for the test's [control-7]") {
    desk d;
    (void)d.home_world().press(1);
    (void)d.home_world().commit();
    const alarm_id real = d.home_world().core().alarms().front().newest.id;
    REQUIRE(d.ask({{"do", "device_test"}, {"id", "button-1"}}).at("ok").as_bool());
    for (const char* name : {"judged", "stored", "closed"}) {
        CHECK_FALSE(d.stream->hear(
            {.of = notice::kind::hop, .name = name, .alarm = real, .device = device_id{"button-1"}}));
    }
    CHECK_FALSE(d.stream->ended());
}
