#include "rules/alarm.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace anban;

namespace {
const gateway_id gw{"gw-1"};
const rule_id sos{"sos"};
const subject resident_a{subject::kind::resident, "r-a"};
const cause press_1{device_id{"button-1"}, {7, 1}};
} // namespace

TEST_CASE("the same cause always gives the same alarm id [rules-1]") {
    CHECK(derive_alarm_id(gw, sos, resident_a, press_1, 0) == derive_alarm_id(gw, sos, resident_a, press_1, 0));
}

TEST_CASE("every part of what happened changes the alarm id [rules-1]") {
    std::set<alarm_id> ids{derive_alarm_id(gw, sos, resident_a, press_1, 0)};
    CHECK(ids.insert(derive_alarm_id(gateway_id{"gw-2"}, sos, resident_a, press_1, 0)).second);
    CHECK(ids.insert(derive_alarm_id(gw, rule_id{"fall"}, resident_a, press_1, 0)).second);
    CHECK(ids.insert(derive_alarm_id(gw, sos, {subject::kind::bed, "r-a"}, press_1, 0)).second);
    CHECK(ids.insert(derive_alarm_id(gw, sos, {subject::kind::resident, "r-b"}, press_1, 0)).second);
    CHECK(ids.insert(derive_alarm_id(gw, sos, resident_a, {device_id{"button-2"}, {7, 1}}, 0)).second);
    CHECK(ids.insert(derive_alarm_id(gw, sos, resident_a, {device_id{"button-1"}, {8, 1}}, 0)).second);
    CHECK(ids.insert(derive_alarm_id(gw, sos, resident_a, {device_id{"button-1"}, {7, 2}}, 0)).second);
    CHECK(ids.insert(derive_alarm_id(gw, sos, resident_a, press_1, 1)).second);
}

TEST_CASE("an alarm id survives its hex and its bytes, and nothing else is read as one") {
    const alarm_id id = derive_alarm_id(gw, sos, resident_a, press_1, 0);
    CHECK(alarm_id::from_hex(id.hex()) == id);
    CHECK(alarm_id::from_bytes(id.bytes()) == id);
    CHECK_FALSE(alarm_id::from_hex("abc"));
    CHECK_FALSE(alarm_id::from_hex(std::string(32, 'g')));
    CHECK_FALSE(alarm_id::from_bytes("short"));
}

TEST_CASE("an id of ours fits a topic level and can't leave it") {
    CHECK(well_formed_id("gw-3f9a.1_b"));
    for (const char* bad : {"", ".hidden", "-flag", "a/b", "a+b", "a#", "张三", "a b"})
        CHECK_FALSE(well_formed_id(bad));
    CHECK_FALSE(well_formed_id(std::string(65, 'a')));
}
