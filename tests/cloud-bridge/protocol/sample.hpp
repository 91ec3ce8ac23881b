// Messages whose every field is set, for the tests of the wire.
#pragma once

#include "cloud-bridge/protocol/codec.hpp"

namespace anban::wire::sample {

inline stamp at(std::int64_t us) {
    return {utc_time{std::chrono::microseconds{us}}, clock_quality::synchronised};
}

inline alarm_id id(std::uint8_t first) {
    std::array<std::uint8_t, alarm_id::size> bytes{};
    bytes[0] = first;
    bytes[15] = 0xff;
    return alarm_id{bytes};
}

inline sender gateway() {
    return {gateway_id{"gw-0001"}, 0x0102030405060708, 123'456, 42, at(1'700'000'000'123'456)};
}

inline alarm_revision full_alarm() {
    alarm_revision a;
    a.id = id(1);
    a.number = {3, 7};
    a.rule = rule_id{"fall"};
    a.title_zh = "跌倒";
    a.title_en = "Fall";
    a.of = alarm_class::suspected;
    a.urgency = priority::medium;
    a.phase = alarm_phase::cancelled;
    a.progress = alarm_progress::on_the_way;
    a.who = {subject::kind::bed, "bed-1"};
    a.room = room_id{"bedroom"};
    a.device = device_id{"mat-1"};
    a.test = true;
    a.unregistered = true;
    a.raised = at(1'700'000'000'000'001);
    a.press_count = 2;
    a.news = press{{device_id{"button-1"}, {0xfffffffffffffffe, 9}}, signal::fall, at(5), true};
    a.seen = {{device_id{"band-1"}, signal::heart_rate, 38.5, at(6)}, {device_id{"band-1"}, signal::spo2, 88, {}}};
    a.because = "button-1 told a fall";
    a.close_refused = true;
    return a;
}

inline envelope alarm_envelope() {
    return {gateway(), lane::p1, full_alarm()};
}

} // namespace anban::wire::sample
