// What others send: cut off, garbled, too long, newer than we are.
#include <doctest/doctest.h>

#include <functional>
#include <random>

#include "cloud-bridge/protocol/codec.hpp"
#include "cloud-bridge/protocol/limits.hpp"
#include "envelope.pb.h"
#include "tests/cloud-bridge/protocol/sample.hpp"

using namespace anban;
using namespace anban::wire;

namespace {

// The sample alarm with one thing in it changed as only a foreign sender could.
std::expected<envelope, std::string> read_changed(const std::function<void(Envelope&)>& change) {
    Envelope e;
    REQUIRE(e.ParseFromString(encode(sample::alarm_envelope())));
    change(e);
    return decode(e.SerializeAsString());
}

alarm_revision alarm_changed(const std::function<void(Alarm&)>& change) {
    const auto e = read_changed([&](Envelope& out) { change(*out.mutable_alarm()); });
    REQUIRE(e.has_value());
    return std::get<alarm_revision>(e->what);
}

} // namespace

TEST_CASE("an enum value from the future is shown and not dropped [protocol-4]") {
    const auto strange = alarm_changed([](Alarm& a) {
        a.set_alarm_class(static_cast<AlarmClass>(99));
        a.set_priority(LOW);
        a.set_phase(static_cast<Phase>(99));
        a.set_progress(static_cast<Progress>(99));
    });
    CHECK(strange.of == alarm_class::technical);
    CHECK(strange.urgency == priority::high);
    CHECK(strange.phase == alarm_phase::active);
    CHECK(strange.progress == alarm_progress::open);
    CHECK(alarm_changed([](Alarm& a) { a.set_priority(static_cast<Priority>(99)); }).urgency == priority::high);
    const auto pressed = alarm_changed([](Alarm& a) { a.mutable_news()->set_signal(4'000'000'000); });
    REQUIRE(pressed.news.has_value());
    CHECK(pressed.news->what == signal::sos);
    CHECK(pressed.news->from.key.sequence == 9);
    const auto lane_99 = read_changed([](Envelope& e) { e.set_lane(static_cast<Lane>(99)); });
    REQUIRE(lane_99.has_value());
    CHECK(lane_99->via == lane::p0);
    const auto of_a_flat = read_changed([](Envelope& e) { e.set_subject("flat/f-1"); });
    REQUIRE(of_a_flat.has_value());
    CHECK(std::get<alarm_revision>(of_a_flat->what).who.of == subject::kind::home);
}

TEST_CASE("evidence that can't be understood is left out and counted [protocol-4]") {
    const auto a = alarm_changed([](Alarm& out) {
        out.mutable_evidence(0)->set_signal(0);
        out.mutable_evidence(1)->set_value(std::numeric_limits<double>::quiet_NaN());
        out.add_evidence()->set_signal(13);
        out.set_because(std::string(600, 'b'));
    });
    REQUIRE(a.seen.size() == 1);
    CHECK(a.seen[0].what == signal::systolic);
    CHECK(a.because.size() <= anban::limits::evidence_bytes);
    CHECK(a.because.find("2 piece(s)") != std::string::npos);
}

TEST_CASE("a time that never was is an unset stamp [protocol-4]") {
    for (const std::int64_t us :
         {std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        CHECK(alarm_changed([us](Alarm& a) { a.mutable_raised()->set_utc_us(us); }).raised == stamp{});
    }
}

TEST_CASE("what is not well-formed is refused with a sentence [protocol-5]") {
    const auto refused = [](const std::function<void(Envelope&)>& change) {
        const auto e = read_changed(change);
        CHECK_FALSE(e.has_value());
        if (!e) CHECK(e.error().size() > 10);
        return !e.has_value();
    };
    CHECK(refused([](Envelope& e) { e.set_source("gw/+"); }));
    CHECK(refused([](Envelope& e) { e.clear_source(); }));
    CHECK(refused([](Envelope& e) { e.mutable_alarm()->set_alarm_id(std::string(15, 'a')); }));
    CHECK(refused([](Envelope& e) { e.mutable_alarm()->set_alarm_id(std::string(17, 'a')); }));
    CHECK(refused([](Envelope& e) { e.mutable_alarm()->clear_rule(); }));
    CHECK(refused([](Envelope& e) { e.mutable_alarm()->set_room("bath room"); }));
    CHECK(refused([](Envelope& e) { e.mutable_alarm()->set_device(std::string(257, 'd')); }));
    CHECK(refused([](Envelope& e) { e.mutable_alarm()->mutable_news()->set_device(std::string(257, 'd')); }));
    CHECK(refused([](Envelope& e) { e.set_subject("resident/"); }));
    CHECK(refused([](Envelope& e) { e.clear_body(); }));
    CHECK(refused([](Envelope& e) { e.set_dataschema(std::string(anban::limits::envelope_bytes, 's')); }));
    CHECK(refused([](Envelope& e) {
        for (int i = 0; i < 513; ++i) e.mutable_birth()->add_open()->set_alarm_id(std::string(16, 'a'));
    }));
    CHECK(refused([](Envelope& e) { e.mutable_birth()->add_open()->set_alarm_id("short"); }));
    CHECK_FALSE(decode("").has_value());
    CHECK_FALSE(decode(std::string(wire::limits::message_bytes + 1, '\0')).has_value());
}

TEST_CASE("a string that is not UTF-8 is refused [protocol-5]") {
    std::string bytes = encode(sample::alarm_envelope());
    const auto at = bytes.find("button-1 told");
    REQUIRE(at != std::string::npos);
    bytes[at] = '\xff';
    CHECK_FALSE(decode(bytes).has_value());
}

TEST_CASE("a Downlink that is not well-formed is refused with a sentence [protocol-5]") {
    const auto refused = [](const std::function<void(Downlink&)>& change) {
        Downlink d;
        d.set_gateway("gw-0001");
        change(d);
        const auto back = decode_downlink(d.SerializeAsString());
        return !back.has_value() && back.error().size() > 10;
    };
    CHECK(refused([](Downlink&) {}));
    CHECK(refused([](Downlink& d) { d.mutable_ack()->set_hash_prefix(std::string(8, 'h')); }));
    CHECK(refused([](Downlink& d) {
        d.mutable_ack()->set_alarm_id(std::string(16, 'a'));
        d.mutable_ack()->set_hash_prefix("7 bytes");
    }));
    CHECK(refused([](Downlink& d) { d.mutable_nack()->set_alarm_id("x"); }));
    CHECK(refused([](Downlink& d) { d.mutable_receipt()->set_alarm_id("x"); }));
    CHECK(refused([](Downlink& d) {
        d.mutable_receipt()->set_alarm_id(std::string(16, 'a'));
        d.set_gateway("");
    }));
    CHECK_FALSE(decode_downlink(std::string(anban::limits::envelope_bytes + 1, '\x08')).has_value());
}

TEST_CASE("a reason or progress from the future makes the gateway try again and claim nothing [protocol-4]") {
    Downlink d;
    d.set_gateway("gw-0001");
    d.mutable_nack()->set_alarm_id(std::string(16, 'a'));
    d.mutable_nack()->set_reason(static_cast<NackReason>(99));
    auto back = decode_downlink(d.SerializeAsString());
    REQUIRE(back.has_value());
    CHECK(std::get<nack>(back->what).reason == nack_reason::busy);
    d.mutable_receipt()->set_alarm_id(std::string(16, 'a'));
    d.mutable_receipt()->set_progress(static_cast<Progress>(99));
    back = decode_downlink(d.SerializeAsString());
    REQUIRE(back.has_value());
    CHECK(std::get<receipt>(back->what).progress == alarm_progress::open);
}

TEST_CASE("every cut of a message is refused or whole in itself, never a crash [protocol-5]") {
    const std::string bytes = encode(sample::alarm_envelope());
    int refused = 0;
    for (std::size_t n = 0; n < bytes.size(); ++n) refused += decode(std::string_view{bytes}.substr(0, n)) ? 0 : 1;
    CHECK(refused > static_cast<int>(bytes.size()) / 2);
    const std::string down = encode(downlink{gateway_id{"g"}, {}, 1, ack{sample::id(1), {1, 1}, 5, {}, 60}});
    for (std::size_t n = 0; n < down.size(); ++n) static_cast<void>(decode_downlink(down.substr(0, n)));
}

TEST_CASE("random and mutated bytes never break a reader, and what is read can be written [protocol-5]") {
    std::mt19937 random{20'261'122};
    const std::string alarm = encode(sample::alarm_envelope());
    const std::string down =
        encode(downlink{gateway_id{"gw-1"}, sample::at(1), 1,
                        receipt{sample::id(1), alarm_progress::taken, {1, 1}, {}, "c", true}});
    for (int round = 0; round < 20'000; ++round) {
        std::string bytes = round % 2 == 0 ? alarm : down;
        if (round % 10 == 9) bytes.assign(random() % 200, '\0');
        const int changes = 1 + static_cast<int>(random() % 6);
        for (int i = 0; i < changes && !bytes.empty(); ++i) {
            const std::size_t at = random() % bytes.size();
            switch (random() % 3) {
            case 0: bytes[at] = static_cast<char>(random()); break;
            case 1: bytes.insert(at, 1, static_cast<char>(random())); break;
            default: bytes.erase(at, 1 + random() % 4); break;
            }
        }
        const auto e = decode(bytes);
        if (e) CHECK(decode(encode(*e)).has_value());
        const auto d = decode_downlink(bytes);
        if (d) CHECK(decode_downlink(encode(*d)).has_value());
    }
}
