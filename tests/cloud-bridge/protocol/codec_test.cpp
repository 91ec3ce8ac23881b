// What was encoded is decoded again, whole.
#include "cloud-bridge/protocol/codec.hpp"

#include <doctest/doctest.h>

#include <limits>

#include "cloud-bridge/protocol/limits.hpp"
#include "cloud-bridge/protocol/text.hpp"
#include "rules/sha256.hpp"
#include "tests/cloud-bridge/protocol/sample.hpp"

using namespace anban;
using namespace anban::wire;

namespace {

void check_same(const alarm_revision& a, const alarm_revision& b) {
    CHECK(a.id == b.id);
    CHECK(a.number == b.number);
    CHECK(a.rule == b.rule);
    CHECK(a.title_zh == b.title_zh);
    CHECK(a.title_en == b.title_en);
    CHECK(a.of == b.of);
    CHECK(a.urgency == b.urgency);
    CHECK(a.phase == b.phase);
    CHECK(a.progress == b.progress);
    CHECK(a.who == b.who);
    CHECK(a.room == b.room);
    CHECK(a.device == b.device);
    CHECK(a.test == b.test);
    CHECK(a.unregistered == b.unregistered);
    CHECK(a.raised == b.raised);
    CHECK(a.press_count == b.press_count);
    CHECK(a.news == b.news);
    CHECK(a.seen == b.seen);
    CHECK(a.because == b.because);
    CHECK(a.close_refused == b.close_refused);
}

template <class Body>
Body through_the_wire(const envelope& e) {
    const auto back = decode(encode(e));
    REQUIRE(back.has_value());
    CHECK(back->from.gateway == e.from.gateway);
    CHECK(back->from.boot_id == e.from.boot_id);
    CHECK(back->from.mono_ms == e.from.mono_ms);
    CHECK(back->from.sequence == e.from.sequence);
    CHECK(back->from.made == e.from.made);
    CHECK(back->via == e.via);
    REQUIRE(std::holds_alternative<Body>(back->what));
    return std::get<Body>(back->what);
}

template <class Body>
Body back_from_the_centre(const downlink& d) {
    const auto back = decode_downlink(encode(d));
    REQUIRE(back.has_value());
    CHECK(back->gateway == d.gateway);
    CHECK(back->time == d.time);
    CHECK(back->counter == d.counter);
    REQUIRE(std::holds_alternative<Body>(back->what));
    return std::get<Body>(back->what);
}

} // namespace

TEST_CASE("an alarm arrives with every field it left with [protocol-1]") {
    const envelope e = sample::alarm_envelope();
    check_same(through_the_wire<alarm_revision>(e), sample::full_alarm());
}

TEST_CASE("each value of each enum of an alarm arrives [protocol-1]") {
    envelope e = sample::alarm_envelope();
    auto& a = std::get<alarm_revision>(e.what);
    a.news.reset();
    for (const auto c :
         {alarm_class::life_safety, alarm_class::suspected, alarm_class::service, alarm_class::technical})
        for (const auto p : {priority::high, priority::medium, priority::low}) {
            a.of = c;
            a.urgency = p;
            check_same(through_the_wire<alarm_revision>(e), a);
        }
    for (const auto p :
         {alarm_phase::suspected, alarm_phase::active, alarm_phase::cleared, alarm_phase::cancelled}) {
        a.phase = p;
        check_same(through_the_wire<alarm_revision>(e), a);
    }
    for (const auto p :
         {alarm_progress::open, alarm_progress::taken, alarm_progress::on_the_way, alarm_progress::closed}) {
        a.progress = p;
        check_same(through_the_wire<alarm_revision>(e), a);
    }
    for (const auto& who : {subject{subject::kind::home, ""}, subject{subject::kind::room, "bath"},
                            subject{subject::kind::resident, "r-wang"}}) {
        a.who = who;
        check_same(through_the_wire<alarm_revision>(e), a);
    }
    for (const auto l : {lane::p0, lane::p1, lane::p2, lane::p3}) {
        e.via = l;
        through_the_wire<alarm_revision>(e);
    }
    for (const signal_facts& s : all_signals()) {
        a.news = press{{device_id{"x"}, {1, 1}}, s.what, {}, false};
        check_same(through_the_wire<alarm_revision>(e), a);
    }
}

TEST_CASE("birth, death and heartbeat arrive [protocol-1]") {
    birth b;
    b.session = 77;
    b.start = 5;
    b.version = "0.1.0";
    b.host = "centre-2:8883";
    b.open = {{sample::id(1), {5, 1}, alarm_progress::taken}, {sample::id(2), {4, 9}, alarm_progress::open}};
    const auto born = through_the_wire<birth>({sample::gateway(), lane::p2, b});
    CHECK(born.session == 77);
    CHECK(born.start == 5);
    CHECK(born.version == "0.1.0");
    CHECK(born.host == "centre-2:8883");
    CHECK(born.open == b.open);
    CHECK(through_the_wire<death>({sample::gateway(), lane::p2, death{78}}).session == 78);
    const auto beat = through_the_wire<heartbeat>({sample::gateway(), lane::p3, heartbeat{1, 2, 3}});
    CHECK(beat.open_alarms == 1);
    CHECK(beat.outbox == 2);
    CHECK(beat.faults == 3);
}

TEST_CASE("what the centre says arrives [protocol-1]") {
    const downlink base{gateway_id{"gw-0001"}, sample::at(99), 12, ack{}};
    downlink d = base;
    d.what = ack{sample::id(3), {1, 2}, 0xfedcba9876543210, sample::at(7), 60};
    const auto a = back_from_the_centre<ack>(d);
    CHECK(a.alarm == sample::id(3));
    CHECK(a.revision == revision_number{1, 2});
    CHECK(a.hash_prefix == 0xfedcba9876543210);
    CHECK(a.committed == sample::at(7));
    CHECK(a.heartbeat_interval_s == 60);
    for (const auto reason : {nack_reason::bad_envelope, nack_reason::unknown_gateway, nack_reason::unsupported,
                              nack_reason::busy, nack_reason::unknown_alarm, nack_reason::other_gateway}) {
        d.what = nack{sample::id(4), {8, 9}, reason, 1500, "why"};
        const auto n = back_from_the_centre<nack>(d);
        CHECK(n.alarm == sample::id(4));
        CHECK(n.revision == revision_number{8, 9});
        CHECK(n.reason == reason);
        CHECK(n.retry_after_ms == 1500);
        CHECK(n.why == "why");
    }
    d.what = receipt{sample::id(5), alarm_progress::closed, {2, 2}, sample::at(8), "real_fall", true};
    const auto r = back_from_the_centre<receipt>(d);
    CHECK(r.alarm == sample::id(5));
    CHECK(r.progress == alarm_progress::closed);
    CHECK(r.seen == revision_number{2, 2});
    CHECK(r.at == sample::at(8));
    CHECK(r.code == "real_fall");
    CHECK(r.test);
    d.what = greeting{0xfedcba9876543210};
    CHECK(back_from_the_centre<greeting>(d).session == 0xfedcba9876543210);
}

TEST_CASE("the same value gives the same bytes, another value others [protocol-2]") {
    const std::string bytes = encode(sample::alarm_envelope());
    for (int i = 0; i < 3; ++i) CHECK(encode(sample::alarm_envelope()) == bytes);
    auto other = sample::alarm_envelope();
    std::get<alarm_revision>(other.what).number.n += 1;
    CHECK(encode(other) != bytes);
    const auto again = decode(bytes);
    REQUIRE(again);
    CHECK(encode(*again) == bytes);
}

TEST_CASE("the hash prefix is the beginning of SHA-256, big-endian [protocol-2]") {
    CHECK(hash_prefix("abc") == 0xba7816bf8f01cfea);
    CHECK(hash_prefix("") == 0xe3b0c44298fc1c14);
}

TEST_CASE("texts of any length and any bytes leave an alarm that can be read [protocol-3]") {
    envelope e = sample::alarm_envelope();
    auto& a = std::get<alarm_revision>(e.what);
    for (const std::string& text : {std::string(100'000, 'x'), std::string(1000, '\xff'), std::string("\xe8\xb7"),
                                    std::string("a\0b", 3), std::string("\xed\xa0\x80")}) {
        a.title_zh = a.title_en = a.because = text;
        a.device = device_id{text};
        a.news->from.device = device_id{text};
        a.seen.assign(20, evidence{device_id{text}, signal::heart_rate, 38, {}});
        const std::string bytes = encode(e);
        CHECK(bytes.size() <= anban::limits::envelope_bytes);
        const auto back = decode(bytes);
        REQUIRE(back.has_value());
        const auto& read = std::get<alarm_revision>(back->what);
        CHECK(read.title_zh == fitting(text, anban::limits::title_bytes));
        CHECK(read.because == fitting(text, anban::limits::evidence_bytes));
        CHECK(read.seen.size() == wire::limits::evidence);
    }
}

TEST_CASE("a text is cut between characters [protocol-3]") {
    CHECK(fitting("跌倒", 6) == "跌倒");
    CHECK(fitting("跌倒", 5) == "跌");
    CHECK(fitting("跌倒", 2).empty());
    CHECK(fitting("a\xff", 8) == "a\xef\xbf\xbd");
    CHECK(fitting("\xf0\x9f\x86\x98", 4) == "\xf0\x9f\x86\x98");
    CHECK(fitting("\xc0\xaf", 99) == "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("the newest evidence is kept [protocol-3]") {
    envelope e = sample::alarm_envelope();
    auto& a = std::get<alarm_revision>(e.what);
    a.seen.clear();
    for (int i = 0; i < 12; ++i) a.seen.push_back({device_id{"band-1"}, signal::heart_rate, double(i), {}});
    const auto back = through_the_wire<alarm_revision>(e);
    REQUIRE(back.seen.size() == 8);
    CHECK(back.seen.front().value == 4);
    CHECK(back.seen.back().value == 11);
}

TEST_CASE("a birth with every open alarm a home may have fits [protocol-3]") {
    birth b;
    b.version = std::string(1000, 'v');
    b.open.assign(anban::limits::open_alarms + 5,
                  {sample::id(9), {0xffffffff, 0xffffffff}, alarm_progress::closed});
    const std::string bytes = encode(envelope{sample::gateway(), lane::p2, b});
    CHECK(bytes.size() <= wire::limits::message_bytes);
    const auto back = decode(bytes);
    REQUIRE(back.has_value());
    CHECK(std::get<birth>(back->what).open.size() == anban::limits::open_alarms);
}
