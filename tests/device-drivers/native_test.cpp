#include "device-drivers/native/native.hpp"

#include <doctest/doctest.h>

#include <functional>

#include "native.pb.h"
#include "rules/limits.hpp"

using namespace anban;
using namespace anban::drivers;

namespace {

const driver& family = native_driver();

native::Frame press() {
    native::Frame f;
    f.set_device("button-1");
    f.set_boot(0x0000000700000001);
    f.set_sequence(3);
    f.set_uptime_ms(99);
    native::Observation& o = *f.add_observations();
    o.set_signal(native::SOS);
    o.set_value_milli(1000);
    return f;
}

std::expected<decoded, decode_failure>
read(const native::Frame& f, std::string_view topic = "anban/dev/button-1/alarm", bool retained = false) {
    const std::string bytes = f.SerializeAsString();
    return family.decode({topic, bytes, retained, 1});
}

std::expected<decoded, decode_failure> read_one(native::Signal s, std::int32_t milli,
                                                const std::function<void(native::Observation&)>& change = {}) {
    native::Frame f = press();
    f.mutable_observations(0)->set_signal(s);
    f.mutable_observations(0)->set_value_milli(milli);
    if (change) change(*f.mutable_observations(0));
    return read(f, "anban/dev/button-1/reading");
}

void check_error(const std::expected<decoded, decode_failure>& r, decode_error what) {
    REQUIRE_FALSE(r.has_value());
    CHECK(r.error().what == what);
    CHECK(r.error().why.en.size() > 10);
}

} // namespace

TEST_CASE("a press is read with its key and asks for an answer [drivers-1]") {
    const auto d = read(press());
    REQUIRE(d.has_value());
    CHECK(d->address == "button-1");
    REQUIRE(d->key.has_value());
    CHECK(*d->key == frame_key{0x0000000700000001, 3});
    CHECK(d->wants_answer);
    CHECK_FALSE(d->momentary_are_history);
    REQUIRE(d->observations.size() == 1);
    CHECK(d->observations[0].what == signal::sos);
    CHECK(d->observations[0].value == 1);
    CHECK_FALSE(d->observations[0].age.has_value());
    CHECK(d->note.en.empty());
}

TEST_CASE("a reading frame asks for no answer, and its values have units, quality and age [drivers-1]") {
    const auto d = read_one(native::HEART_RATE, 38'500, [](auto& o) {
        o.set_quality(native::SUSPECT);
        o.set_age_ms(1500);
    });
    REQUIRE(d.has_value());
    CHECK_FALSE(d->wants_answer);
    REQUIRE(d->observations.size() == 1);
    CHECK(d->observations[0].what == signal::heart_rate);
    CHECK(d->observations[0].value == doctest::Approx(38.5));
    CHECK(d->observations[0].how == quality::suspect);
    CHECK(d->observations[0].age == std::chrono::milliseconds{1500});
}

TEST_CASE("a retained event is history [drivers-2]") {
    const auto d = read(press(), "anban/dev/button-1/alarm", true);
    REQUIRE(d.has_value());
    CHECK(d->momentary_are_history);
}

TEST_CASE("a device that speaks on another's topic is refused by name [drivers-3]") {
    check_error(read(press(), "anban/dev/button-2/alarm"), decode_error::wrong_speaker);
    CHECK(read(press(), "anban/dev/button-2/alarm").error().address == "button-2");
    native::Frame nameless = press();
    nameless.clear_device();
    check_error(read(nameless), decode_error::wrong_speaker);
}

TEST_CASE("a frame without boot or sequence is refused: its repeats could not be told [drivers-3]") {
    native::Frame f = press();
    f.set_boot(0);
    check_error(read(f), decode_error::malformed);
    f = press();
    f.set_sequence(0);
    check_error(read(f), decode_error::malformed);
}

TEST_CASE("every signal of the family is read at both ends of its range and not beyond [drivers-4]") {
    for (const signal_facts& s : all_signals()) {
        if (s.computed) continue;
        CAPTURE(s.name);
        const auto number = static_cast<native::Signal>(s.what);
        for (const double v : {s.least, s.most}) {
            if (s.kind == signal_kind::momentary && v == 0) continue;
            const auto d = read_one(number, static_cast<std::int32_t>(v * 1000));
            REQUIRE(d.has_value());
            REQUIRE(d->observations.size() == 1);
            CHECK(d->observations[0].what == s.what);
            CHECK(d->observations[0].value == v);
            CHECK(d->note.en.empty());
        }
        if (s.kind == signal_kind::momentary || s.life_safety) continue;
        for (const std::int32_t milli :
             {static_cast<std::int32_t>(s.most * 1000) + 1, static_cast<std::int32_t>(s.least * 1000) - 1}) {
            const auto beyond = read_one(number, milli);
            if (s.kind == signal_kind::boolean) {
                check_error(beyond, decode_error::malformed);
                continue;
            }
            // A fault of the device, and no reading.
            REQUIRE(beyond.has_value());
            CHECK(beyond->observations.empty());
            REQUIRE(beyond->impossible.size() == 1);
            CHECK(beyond->impossible[0].what == s.what);
        }
    }
}

TEST_CASE("an event counts whatever its value says [drivers-4]") {
    for (const std::int32_t milli : {0, 1, -5, 2'000'000'000}) {
        const auto d = read_one(native::SOS, milli);
        REQUIRE(d.has_value());
        REQUIRE(d->observations.size() == 1);
        CHECK(d->observations[0].value == 1);
        CHECK_FALSE(d->note.en.empty());
    }
    const auto smoke = read_one(native::SMOKE, 700);
    REQUIRE(smoke.has_value());
    CHECK(smoke->observations[0].value == 1);
    CHECK(smoke->observations[0].how == quality::suspect);
}

TEST_CASE("a value that can't be never takes the press beside it along [drivers-4]") {
    native::Frame f = press();
    native::Observation& battery = *f.add_observations();
    battery.set_signal(native::BATTERY);
    battery.set_value_milli(250'000);
    const auto d = read(f);
    REQUIRE(d.has_value());
    REQUIRE(d->observations.size() == 1);
    CHECK(d->observations[0].what == signal::sos);
    REQUIRE(d->impossible.size() == 1);
    CHECK(d->impossible.front().what == signal::battery);
}

TEST_CASE("a state that its device doesn't know is unknown, not a number [drivers-4]") {
    const auto d = read_one(native::HEART_RATE, 0, [](auto& o) { o.set_quality(native::UNKNOWN); });
    REQUIRE(d.has_value());
    CHECK(d->observations[0].how == quality::unknown);
}

TEST_CASE("an alarm frame of which nothing is understood is not answered but refused [drivers-5]") {
    native::Frame f = press();
    f.mutable_observations(0)->set_signal(static_cast<native::Signal>(99));
    check_error(read(f), decode_error::malformed);
    f.clear_observations();
    check_error(read(f), decode_error::malformed);
    CHECK(read(f, "anban/dev/button-1/reading").has_value());
}

TEST_CASE("cut off, garbled, oversized and overfull frames are refused with a sentence [drivers-5]") {
    const std::string topic = "anban/dev/button-1/alarm";
    const std::string bytes = press().SerializeAsString();
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        const auto cut = family.decode({topic, std::string_view{bytes}.substr(0, n), false, 1});
        if (!cut) CHECK(cut.error().why.en.size() > 10);
        CHECK_FALSE((cut && cut->observations.empty()));
    }
    check_error(family.decode({topic, "{\"action\":\"sos\"}", false, 1}), decode_error::malformed);
    const std::string large(limits::event_bytes + 1, 'x');
    check_error(family.decode({topic, large, false, 1}), decode_error::too_large);
    native::Frame f = press();
    for (std::size_t i = 0; i < limits::observations_per_frame; ++i) *f.add_observations() = f.observations(0);
    check_error(read(f), decode_error::too_many);
}

TEST_CASE("only the family's topics have a speaker [drivers-6]") {
    CHECK(family.speaker("anban/dev/button-1/alarm") == "button-1");
    CHECK(family.speaker("anban/dev/button-1/reading") == "button-1");
    for (const auto* topic :
         {"anban/dev/button-1/answer", "anban/dev/button-1", "anban/dev//alarm", "anban/dev/a b/alarm",
          "anban/dev/button-1/alarm/x", "zigbee2mqtt/button-1", "", "anban/dev/+/alarm"}) {
        CAPTURE(topic);
        CHECK_FALSE(family.speaker(topic).has_value());
        check_error(family.decode({topic, "x", false, 1}), decode_error::not_for_us);
    }
    CHECK(family.alarm_filters("button-1") == std::vector<std::string>{"anban/dev/button-1/alarm"});
    CHECK(family.alarm_filters("+").empty());
}

TEST_CASE("each answer reaches its device's own topic and names the frame [drivers-7]") {
    for (const answer a : all_answers) {
        const auto p = family.answer_to("button-1", {77, 5}, a);
        REQUIRE(p.has_value());
        CHECK(p->topic == "anban/dev/button-1/answer");
        native::Answer back;
        REQUIRE(back.ParseFromString(p->payload));
        CHECK(back.boot() == 77);
        CHECK(back.sequence() == 5);
        CHECK(static_cast<int>(back.kind()) == static_cast<int>(a));
    }
    CHECK_FALSE(family.answer_to("a/b", {1, 1}, answer::stored).has_value());
}

TEST_CASE("the families of this build are found by name [drivers-8]") {
    REQUIRE(all_drivers().size() == 2);
    for (const driver* d : all_drivers()) {
        CHECK(find_driver(d->name()) == d);
        CHECK_FALSE(d->qos_cure().zh.empty());
        CHECK_FALSE(d->qos_cure().en.empty());
        CHECK_FALSE(d->other_filters().empty());
    }
    CHECK(find_driver("native") == &family);
    CHECK(find_driver("zigbee2mqtt") != nullptr);
    CHECK(find_driver("zwave") == nullptr);
}
