#include "gateway/config/credentials/spares.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "gateway/config/credentials/broker_files.hpp"
#include "gateway/config/credentials/secrets.hpp"
#include "tests/gateway/config/credentials/authority.hpp"
#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using anban::test::home_directory;

namespace {

const driver_names drivers{"native", "zigbee2mqtt"};

// Everything is there and has its spare.
void settle(const home_directory& dir) {
    dir.furnish();
    REQUIRE(write_broker_files(dir.path(), *load_house(dir.path(), drivers), {"127.0.0.1", 1883}, 1884));
    REQUIRE(alarm_client_id(dir.path()));
    REQUIRE(mend_credentials(dir.path()).empty());
}

[[nodiscard]] bool told(const std::vector<config_fault>& faults, const std::string& file) {
    return std::ranges::any_of(faults, [&](const config_fault& f) {
        return f.key == "config." + file && f.what.en.contains(file) && !f.what.zh.empty() && !f.cure.zh.empty();
    });
}

} // namespace

TEST_CASE("what was cut off, emptied, garbled or lost comes back from its spare, and is told [config-14] [F15]") {
    const home_directory dir;
    settle(dir);
    for (const std::string file :
         {"secrets/broker.password", "secrets/alarm-client-id", "secrets/bridges/zigbee2mqtt.password",
          "broker/passwd", "broker/acl", "broker/mosquitto.conf"}) {
        CAPTURE(file);
        const std::string whole = dir.get(file);
        const auto mode = dir.mode(file);
        const std::vector<std::string> spoilt{
            whole.substr(0, whole.size() / 2), {}, std::string(whole.size(), '\0'), "\xff\x13" + whole.substr(2)};
        for (const std::string& text : spoilt) {
            CAPTURE(text);
            dir.put(file, text);
            CHECK(told(mend_credentials(dir.path()), file));
            CHECK(dir.get(file) == whole);
            CHECK(dir.mode(file) == mode);
            CHECK(dir.get(file + ".damaged") == text);
            // Until a person has looked.
            CHECK(told(mend_credentials(dir.path()), file));
            dir.remove(file + ".damaged");
            CHECK(mend_credentials(dir.path()).empty());
        }
        dir.remove(file);
        CHECK(told(mend_credentials(dir.path()), file));
        CHECK(dir.get(file) == whole);
        std::filesystem::remove(dir.path() / file);
        std::filesystem::create_directory(dir.path() / file); // what can't be read at all
        CHECK(told(mend_credentials(dir.path()), file));
        CHECK(dir.get(file) == whole);
        std::filesystem::remove(dir.path() / (file + ".damaged"));
    }
}

TEST_CASE("users that a cut at the end of a line took away come back [config-14] [F15]") {
    const home_directory dir;
    settle(dir);
    const std::string whole = dir.get("broker/passwd");
    REQUIRE(whole.starts_with("anband:"));
    dir.put("broker/passwd", whole.substr(0, whole.find('\n') + 1));
    CHECK(told(mend_broker_files(dir.path()), "broker/passwd"));
    CHECK(dir.get("broker/passwd") == whole);
}

TEST_CASE("a sound file that was changed on purpose becomes the spare [config-14]") {
    const home_directory dir;
    settle(dir);
    dir.put("secrets/broker.password", "chosen-by-hand\n");
    CHECK(mend_credentials(dir.path()).empty());
    CHECK(dir.get("secrets/broker.password") == "chosen-by-hand\n");
    dir.put("secrets/broker.password", "");
    CHECK(told(mend_credentials(dir.path()), "secrets/broker.password"));
    CHECK(dir.get("secrets/broker.password") == "chosen-by-hand\n");

    // A device that is taken away stays away.
    REQUIRE(remove_device_password(dir.path(), device_id{"button-1"}));
    CHECK(mend_broker_files(dir.path()).empty());
    CHECK_FALSE(dir.get("broker/passwd").contains("button-1"));
}

TEST_CASE("a garbled spare is no spare: the file stays, and a damaged one is told with its cure [config-14]") {
    const home_directory dir;
    settle(dir);
    const std::string spare = "spares/broker+passwd";
    const std::string whole = dir.get(spare);
    REQUIRE(dir.mode(spare) == 0600);
    REQUIRE(dir.mode("spares") == 0700);
    dir.put(spare, whole.substr(0, whole.size() - 4));
    CHECK(mend_credentials(dir.path()).empty());
    CHECK(dir.get(spare) == whole);
    dir.put(spare, whole.substr(0, whole.size() - 4));
    dir.put("broker/passwd", "");
    const auto faults = mend_credentials(dir.path());
    REQUIRE(told(faults, "broker/passwd"));
    CHECK(faults.front().cure.en.contains("broker write"));
    CHECK(dir.get("broker/passwd").empty());
}

TEST_CASE("the district's identity is mended as a whole [config-14] [F15]") {
    const home_directory dir;
    const test::authority district;
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto us = district.issue("gw-0001", now, now + std::chrono::days{9});
    for (const auto& [name, pem] :
         {std::pair{"ca.crt", district.certificate()}, {"gateway.crt", us.certificate}, {"gateway.key", us.key}})
        REQUIRE(write_secret(dir.path(), std::string{"uplink/"} + name, pem));
    REQUIRE(mend_credentials(dir.path()).empty());
    const std::string key = dir.get("secrets/uplink/gateway.key");
    const std::string certificate = dir.get("secrets/uplink/gateway.crt");
    dir.put("secrets/uplink/gateway.key", key.substr(0, key.size() / 2));
    CHECK(told(mend_credentials(dir.path()), "secrets/uplink/gateway.key"));
    CHECK(dir.get("secrets/uplink/gateway.key") == key);
    // A sound file beside a key that isn't its own.
    dir.put("secrets/uplink/gateway.crt", dir.get("secrets/uplink/ca.crt"));
    CHECK(told(mend_credentials(dir.path()), "secrets/uplink/gateway.crt"));
    CHECK(dir.get("secrets/uplink/gateway.crt") == certificate);
}

TEST_CASE("a damaged file of the broker's sessions is put aside, since it won't start on it [config-14] [F14]") {
    const home_directory dir;
    settle(dir);
    const std::string file = "broker/data/mosquitto.db";
    const auto number = [](std::uint32_t n) {
        return std::string{static_cast<char>(n >> 24U), static_cast<char>(n >> 16U), static_cast<char>(n >> 8U),
                           static_cast<char>(n)};
    };
    const std::string head = std::string{"\x00\xB5\x00mosquitto db", 15} + number(0) + number(6);
    const std::string whole = head + number(1) + number(5) + "abcde" + number(3) + number(0);
    dir.put(file, whole);
    CHECK(mend_broker_files(dir.path()).empty());
    for (const std::string& text : {whole.substr(0, whole.size() - 1), whole + "x", head.substr(0, 10),
                                    std::string{}, std::string(whole.size(), 'x')}) {
        CAPTURE(text);
        dir.put(file, text);
        CHECK(told(mend_broker_files(dir.path()), file));
        CHECK_FALSE(dir.has(file));
        CHECK(dir.get(file + ".damaged") == text);
        dir.remove(file + ".damaged");
    }
}
