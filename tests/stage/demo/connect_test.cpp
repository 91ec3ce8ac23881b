// What the demo prints for a visitor's own devices must be what the gateway reads.
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "device-drivers/driver.hpp"
#include "tests/stage/demo/connect.hpp"
#include "tests/stage/demo/recordings.hpp"
#include "tests/stage/fault.hpp"
#include "tests/stage/temp_folder.hpp"

using namespace anban;
using namespace anban::stage;
using namespace anban::stage::demo;

TEST_CASE("the printed frame is a press of its device for the native driver [demo-5]") {
    const auto parts = sos_frame("own-1");
    const auto frame = parts.before + std::string("\x01\x02\x03\x04\x05\x06\x07\x08") + parts.behind;
    const auto read = drivers::find_driver("native")->decode({"anban/dev/own-1/alarm", frame, false, 1});
    REQUIRE(read);
    CHECK(read->wants_answer);
    REQUIRE(read->key);
    CHECK(read->key->boot == 0x0807060504030201);
    CHECK(read->key->sequence == 1);
    REQUIRE(read->observations.size() == 1);
    CHECK(read->observations.front().what == signal::sos);
}

TEST_CASE("bytes are printed as a shell's printf reads them back [demo-5]") {
    CHECK(as_printf("own-1") == "own-1");
    CHECK(as_printf(std::string_view("\x0a\0%'\\", 5)) == "\\012\\000\\045\\047\\134");
}

TEST_CASE("settings name address, port, user, client id and password [demo-5]") {
    const log_in l{"192.0.2.7", 4711, "esp-1", "secret"};
    for (const auto& text : {zigbee2mqtt_settings(l), native_settings(l), esphome_settings(l)}) {
        CAPTURE(text);
        for (const auto* part : {"192.0.2.7", "4711", "esp-1", "secret"})
            CHECK(text.find(part) != std::string::npos);
    }
    CHECK(zigbee2mqtt_settings(l).find("mqtt://192.0.2.7:4711") != std::string::npos);
}

TEST_CASE("an address that isn't this machine's is refused by name [demo-5]") {
    CHECK_NOTHROW(demand_own_address("127.0.0.1", false));
    CHECK_NOTHROW(demand_own_address("0.0.0.0", false));
    CHECK_THROWS_AS(demand_own_address("192.0.2.7", false), fault);
    CHECK_THROWS_AS(demand_own_address("my-laptop", true), fault);
}

TEST_CASE("recordings are found below the whole data and in its parts, nowhere else [demo-4]") {
    const temp_folder folder;
    CHECK(find_recordings(folder.path()).empty());
    CHECK(find_recordings(folder.path() / "nowhere").empty());
    const auto put = [&](const std::filesystem::path& file, const char* text) {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    };
    put(folder.path() / "sisfall" / "trials.csv", "");
    const auto falls = find_recordings(folder.path());
    CHECK_FALSE(falls.empty());
    CHECK(find_recordings(folder.path() / "sisfall").size() == falls.size());
    put(folder.path() / "mqtt_zigbee2mqtt" / "field_logs.jsonl",
        R"({"topic":"zigbee2mqtt/a","payload":"{}","class":"sos"})");
    const auto both = find_recordings(folder.path());
    REQUIRE(both.size() == falls.size() + 1);
    CHECK(both.back().calls);
    CHECK(both.back().zigbee);
    CHECK(find_recordings(folder.path() / "mqtt_zigbee2mqtt").size() == 1);
}
