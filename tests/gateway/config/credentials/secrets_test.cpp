#include "gateway/config/credentials/secrets.hpp"

#include <doctest/doctest.h>

#include "tests/gateway/config/home_directory.hpp"

using namespace anban;
using anban::test::home_directory;

TEST_CASE("the alarm client id is drawn once and is nobody else's to read [config-5]") {
    const home_directory dir;
    const auto first = alarm_client_id(dir.path());
    REQUIRE(first);
    CHECK(first->size() == 32);
    CHECK(dir.mode("secrets") == 0700);
    CHECK(dir.mode("secrets/alarm-client-id") == 0600);
    CHECK(alarm_client_id(dir.path()) == *first);
    const home_directory other;
    CHECK(alarm_client_id(other.path()) != *first);
}

TEST_CASE("a secret that others can read is refused with a cure [config-5]") {
    const home_directory dir;
    REQUIRE(write_secret(dir.path(), "broker.password", "geheim\n"));
    CHECK(broker_password(dir.path()) == "geheim");
    REQUIRE(::chmod((dir.path() / "secrets/broker.password").c_str(), 0644) == 0);
    const auto loose = broker_password(dir.path());
    REQUIRE_FALSE(loose);
    CHECK(loose.error().cure.en.find("chmod 600") != std::string::npos);
}

TEST_CASE("a missing or empty secret names its cure [config-5]") {
    const home_directory dir;
    CHECK(broker_password(dir.path()).error().cure.en.find("anban broker write") != std::string::npos);
    REQUIRE(write_secret(dir.path(), "broker.password", "\n"));
    CHECK_FALSE(broker_password(dir.path()));
}

TEST_CASE("only the broker that was told to keep the alarm session can have lost it [daemon-6]") {
    const home_directory dir;
    CHECK_FALSE(alarm_session_was_made(dir.path(), "id 127.0.0.1:1884")); // a first start
    REQUIRE(keep_alarm_session_made(dir.path(), "id 127.0.0.1:1884"));
    CHECK(alarm_session_was_made(dir.path(), "id 127.0.0.1:1884"));
    CHECK_FALSE(alarm_session_was_made(dir.path(), "id 127.0.0.1:1885"));    // another broker
    CHECK_FALSE(alarm_session_was_made(dir.path(), "other 127.0.0.1:1884")); // another session
    CHECK(dir.mode("secrets/alarm-session") == 0600U);
    REQUIRE(keep_alarm_session_made(dir.path(), "id 127.0.0.1:1885"));
    CHECK(alarm_session_was_made(dir.path(), "id 127.0.0.1:1885"));
}
