#include "gateway/config/credentials/broker_files.hpp"

#include <unistd.h>

#include <doctest/doctest.h>

#include "gateway/config/credentials/certificate.hpp"
#include "gateway/config/credentials/secrets.hpp"
#include "gateway/config/load.hpp"
#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using anban::test::home_directory;

namespace {

const driver_names drivers{"native", "zigbee2mqtt"};
const listener devices_door{"192.168.1.10", 1883};

[[nodiscard]] bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

[[nodiscard]] std::string hash_of(const std::string& passwd, const std::string& user) {
    const auto at = ("\n" + passwd).find("\n" + user + ":");
    if (at == std::string::npos) return {};
    return passwd.substr(at, passwd.find('\n', at) - at);
}

} // namespace

// Computed with Python: hashlib.pbkdf2_hmac("sha512", b"correct horse", b"saltsaltsalt", 101), and once more
// with 1000 iterations and a Chinese password.
TEST_CASE("a password is hashed as the broker expects it [config-7]") {
    CHECK(password_hash("correct horse", "saltsaltsalt", 101) ==
          "$7$101$c2FsdHNhbHRzYWx0$VT6wIBYrw6org2c5gu2idDv9QYP0fPEO2YGaoGrYDSKJeYTUANfsQBvu9AI3078np6CYOjHbzfz/"
          "elQBb7oxkA==");
    CHECK(password_hash("密码", "123456789012", 1000) ==
          "$7$1000$MTIzNDU2Nzg5MDEy$4ysHs7mrqy70DXLXbedg7l8oO55JddqO53aNiNHOQuIPhLOST2gZPgiG29CXRGpeRLOu3h1WL/"
          "8oDyQN0nXVig==");
    CHECK(new_password_hash("x").starts_with("$7$101$"));
    CHECK(new_password_hash("x") != new_password_hash("x"));
}

TEST_CASE("every device has its own user and topics, and nobody comes without a password [config-8]") {
    const home_directory dir;
    dir.furnish();
    const auto drawn = write_broker_files(dir.path(), *load_house(dir.path(), drivers), devices_door, 1884);
    REQUIRE(drawn);
    REQUIRE(drawn->size() == 1); // the Zigbee button speaks through its bridge
    CHECK(drawn->front().user == "button-1");
    CHECK(drawn->front().password.size() == 32);

    const std::string passwd = dir.get("broker/passwd");
    CHECK(dir.mode("broker/passwd") == 0600);
    CHECK(dir.mode("broker") == 0700);
    for (const char* user : {"anband", "zigbee2mqtt", "button-1"})
        CHECK(hash_of(passwd, user).find("$7$101$") != std::string::npos);
    CHECK(passwd.find(drawn->front().password) == std::string::npos);
    CHECK(passwd.find(*broker_password(dir.path())) == std::string::npos);

    const std::string acl = dir.get("broker/acl");
    CHECK(has_line(acl, "user anband\ntopic readwrite #"));
    CHECK(has_line(acl, "user zigbee2mqtt\ntopic readwrite zigbee2mqtt/#"));
    CHECK(has_line(acl, "pattern write anban/dev/%u/alarm"));
    CHECK(has_line(acl, "pattern write anban/dev/%u/reading"));
    CHECK(has_line(acl, "pattern read anban/dev/%u/answer"));

    const std::string conf = dir.get("broker/mosquitto.conf");
    CHECK(has_line(conf, "allow_anonymous false"));
    CHECK(has_line(conf, "listener 1884 127.0.0.1"));
    CHECK(has_line(conf, "listener 1883 192.168.1.10\nuse_username_as_clientid true"));
    CHECK(has_line(conf, "max_queued_messages 10000"));
    CHECK(has_line(conf, "set_tcp_nodelay true"));
    CHECK(conf.find("per_listener_settings true") == std::string::npos);
}

TEST_CASE("writing again keeps the devices' passwords and drops users that are no devices [config-8]") {
    const home_directory dir;
    dir.furnish();
    const auto h = *load_house(dir.path(), drivers);
    REQUIRE(write_broker_files(dir.path(), h, devices_door, 1884));
    const std::string before = hash_of(dir.get("broker/passwd"), "button-1");
    const std::string secret = *broker_password(dir.path());
    REQUIRE(set_device_password(dir.path(), device_id{"gone"}));
    const auto again = write_broker_files(dir.path(), h, devices_door, 1884);
    REQUIRE(again);
    CHECK(again->empty());
    CHECK(hash_of(dir.get("broker/passwd"), "button-1") == before);
    CHECK(hash_of(dir.get("broker/passwd"), "gone").empty());
    CHECK(*broker_password(dir.path()) == secret);
}

TEST_CASE("a device's password can be replaced and taken away [config-8]") {
    const home_directory dir;
    dir.furnish();
    REQUIRE(write_broker_files(dir.path(), *load_house(dir.path(), drivers), devices_door, 1884));
    const std::string before = hash_of(dir.get("broker/passwd"), "button-1");
    REQUIRE(set_device_password(dir.path(), device_id{"button-1"}));
    CHECK(hash_of(dir.get("broker/passwd"), "button-1") != before);
    REQUIRE(remove_device_password(dir.path(), device_id{"button-1"}));
    CHECK(hash_of(dir.get("broker/passwd"), "button-1").empty());
    CHECK_FALSE(hash_of(dir.get("broker/passwd"), "anband").empty());
}

TEST_CASE("no device can take the name of the daemon or the bridge [config-8]") {
    for (const std::string name : {"anband", "zigbee2mqtt"}) {
        const home_directory dir;
        dir.furnish();
        dir.put("devices.toml",
                "[[device]]\nid=\"" + name + "\"\ndriver=\"native\"\naddress=\"" + name + "\"\nrole=\"sensor\"\n");
        CHECK_FALSE(load_house(dir.path(), drivers));
    }
}

TEST_CASE("a broker that isn't ours is never signalled [config-8]") {
    const home_directory dir;
    CHECK_FALSE(reload_broker(dir.path()));
    std::filesystem::create_directory(dir.path() / "broker");
    for (const char* pid : {"", "1\n", "0\n", "-1\n", "x\n", "99999999\n"}) {
        dir.put("broker/mosquitto.pid", pid);
        CHECK_FALSE(reload_broker(dir.path()));
    }
    dir.put("broker/mosquitto.pid", std::to_string(::getpid()) + "\n"); // alive, but no mosquitto
    CHECK_FALSE(reload_broker(dir.path()));
}

TEST_CASE("an address to listen on is host and port and nothing else") {
    CHECK(parse_listener("0.0.0.0:1883")->port == 1883);
    CHECK(parse_listener("[::1]:1883")->address == "::1");
    for (const char* bad :
         {"1883", ":1883", "host:", "host:0", "host:70000", "host:1x", "::1:1883", "a b:1", "a\nb:1"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_listener(bad));
    }
}
