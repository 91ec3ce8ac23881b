#include "firmware-stubs/outbox.h"

#include <set>
#include <tuple>

#include <doctest/doctest.h>

#include "rules/answer.hpp"
#include "rules/signal.hpp"
#include "tests/firmware-stubs/virtual_board.hpp"

using namespace anban::firmware_test;

namespace {

constexpr outbox_observation sos{
    .signal = anban_native_Signal_SOS, .value_milli = 1000, .age_ms = 0, .quality = 0};
constexpr outbox_observation please{
    .signal = anban_native_Signal_SERVICE, .value_milli = 1000, .age_ms = 0, .quality = 0};
constexpr outbox_observation cancel{
    .signal = anban_native_Signal_CANCEL, .value_milli = 1000, .age_ms = 0, .quality = 0};

struct with_outbox {
    explicit with_outbox(std::uint16_t count = 4) : slots(count) {
        REQUIRE(outbox_init(&o, &board.seam, "button-1", slots.data(), count) == OUTBOX_OK);
    }
    std::uint32_t offer(outbox_class c, const outbox_observation& what) {
        std::uint32_t sequence = 0;
        status = outbox_offer(&o, c, &what, 1, &sequence);
        return sequence;
    }
    void live(std::uint64_t ms) {
        board.live(board.now_ms + ms, [&] { return outbox_next_ms(&o); }, [&] { outbox_step(&o); });
    }
    virtual_board board;
    std::vector<outbox_slot> slots;
    outbox o{};
    outbox_status status = OUTBOX_OK;
};

} // namespace

TEST_CASE("an event is a frame of its own at QoS 1 with device, boot, sequence and time [firmware-1]") {
    with_outbox t;
    CHECK(t.offer(OUTBOX_LIFE_SAFETY, sos) == 1);
    CHECK(t.offer(OUTBOX_SERVICE, please) == 2);
    REQUIRE(t.board.sent.size() == 2);
    CHECK(t.board.sent[0].topic == "anban/dev/button-1/alarm");
    CHECK(t.board.sent[0].qos == 1);
    const auto f = t.board.sent[0].frame();
    CHECK(std::string(f.device) == "button-1");
    CHECK(f.boot == t.o.boot);
    CHECK(f.sequence == 1);
    CHECK(f.uptime_ms == 1000);
    REQUIRE(f.observations_count == 1);
    CHECK(f.observations[0].signal == anban_native_Signal_SOS);
    CHECK(f.observations[0].value_milli == 1000);
    CHECK(t.board.sent[1].sequence() == 2);
}

TEST_CASE("a boot id counts up in its high half and is never used twice, whatever the flash does [firmware-1]") {
    virtual_board board;
    outbox o{};
    std::set<std::uint64_t> seen;
    const auto boot = [&] {
        REQUIRE(outbox_init(&o, &board.seam, "b", nullptr, 0) == OUTBOX_OK);
        CHECK(o.boot != 0);
        CHECK(seen.insert(o.boot).second);
        return o.boot;
    };
    CHECK((boot() >> 32) == 1);
    CHECK((boot() >> 32) == 2);
    CHECK(board.counter == 2);
    SUBCASE("it can't be read") {
        board.flash_reads = BOARD_FAILED;
    }
    SUBCASE("it can't be written") {
        board.flash_writes = BOARD_FAILED;
    }
    SUBCASE("it has come to its end") {
        board.counter = UINT32_MAX;
    }
    for (int i = 0; i < 100; ++i) boot();
}

TEST_CASE("a boot id of nothing but zeros is not used [firmware-1]") {
    virtual_board board;
    board.flash_reads = BOARD_FAILED;
    board.seam.random_bits = [](void*) { return std::uint32_t{0}; };
    outbox o{};
    REQUIRE(outbox_init(&o, &board.seam, "b", nullptr, 0) == OUTBOX_OK);
    CHECK(o.boot == 1);
}

TEST_CASE("an id that fits no topic is refused [firmware-1]") {
    virtual_board board;
    outbox o{};
    CHECK(outbox_init(&o, &board.seam, "", nullptr, 0) == OUTBOX_BAD_INPUT);
    CHECK(outbox_init(&o, &board.seam, std::string(33, 'a').c_str(), nullptr, 0) == OUTBOX_BAD_INPUT);
    CHECK(outbox_init(&o, &board.seam, std::string(32, 'a').c_str(), nullptr, 0) == OUTBOX_OK);
    char topic[OUTBOX_TOPIC_BYTES];
    outbox_topic(topic, o.device, "reading");
    CHECK(std::string(topic) == "anban/dev/" + std::string(32, 'a') + "/reading");
}

TEST_CASE("the largest event frame fits its slot and the largest reading its buffer [firmware-1]") {
    virtual_board board;
    outbox o{};
    outbox_slot slot;
    REQUIRE(outbox_init(&o, &board.seam, std::string(32, 'a').c_str(), &slot, 1) == OUTBOX_OK);
    std::vector<outbox_observation> many(OUTBOX_READINGS, {.signal = anban_native_Signal_SEAT_OCCUPIED,
                                                           .value_milli = INT32_MIN,
                                                           .age_ms = UINT32_MAX,
                                                           .quality = anban_native_Quality_UNKNOWN});
    board.now_ms = UINT32_MAX;
    o.next_sequence = UINT32_MAX - 10;
    CHECK(outbox_offer(&o, OUTBOX_LIFE_SAFETY, many.data(), OUTBOX_OBSERVATIONS, nullptr) == OUTBOX_OK);
    CHECK(outbox_report(&o, many.data(), OUTBOX_READINGS, 1, nullptr) == OUTBOX_OK);
    REQUIRE(board.sent.size() == 2);
    CHECK(board.sent[0].frame().observations_count == OUTBOX_OBSERVATIONS);
    CHECK(board.sent[1].frame().observations_count == OUTBOX_READINGS);
    CHECK(outbox_offer(&o, OUTBOX_SERVICE, many.data(), OUTBOX_OBSERVATIONS + 1, nullptr) == OUTBOX_BAD_INPUT);
    CHECK(outbox_offer(&o, OUTBOX_SERVICE, many.data(), 0, nullptr) == OUTBOX_BAD_INPUT);
    CHECK(outbox_report(&o, many.data(), OUTBOX_READINGS + 1, 1, nullptr) == OUTBOX_BAD_INPUT);
}

TEST_CASE("an unanswered frame is repeated byte for byte, ever later, up to every 30 s [firmware-2]") {
    with_outbox t;
    t.offer(OUTBOX_LIFE_SAFETY, sos);
    t.live(120'000);
    const auto& sent = t.board.sent;
    REQUIRE(sent.size() >= 9);
    const std::uint64_t waits[] = {500, 1000, 2000, 4000, 8000, 16'000, 30'000, 30'000};
    for (std::size_t i = 1; i < sent.size(); ++i) {
        CHECK(sent[i].bytes == sent[0].bytes);
        const auto waited = sent[i].at_ms - sent[i - 1].at_ms;
        const auto least = waits[std::min<std::size_t>(i - 1, 7)];
        CHECK(waited >= least);
        CHECK(waited <= least + least / 4);
    }
}

TEST_CASE("two devices that were pressed together fall out of step [firmware-2]") {
    with_outbox a;
    with_outbox b;
    b.board.chance = 7;
    a.offer(OUTBOX_LIFE_SAFETY, sos);
    b.offer(OUTBOX_LIFE_SAFETY, sos);
    a.live(20'000);
    b.live(20'000);
    CHECK(a.board.sent[1].at_ms != b.board.sent[1].at_ms);
}

TEST_CASE("received or better ends the repeats, nothing else does [firmware-2]") {
    with_outbox t;
    const auto sequence = t.offer(OUTBOX_LIFE_SAFETY, sos);
    const auto boot = t.o.boot;
    const auto stays = [&] {
        const auto before = t.board.sent.size();
        t.live(40'000);
        CHECK(t.board.sent.size() > before);
        CHECK(outbox_waiting(&t.o) == 1);
    };
    SUBCASE("the broker's acknowledgement") {
        outbox_acknowledged(&t.o, sequence, 0);
        stays();
    }
    SUBCASE("not delivered") {
        CHECK(answer(t.o, boot, sequence, anban_native_AnswerKind_NOT_DELIVERED) == OUTBOX_OK);
        stays();
    }
    SUBCASE("an answer to another boot") {
        CHECK(answer(t.o, boot + 1, sequence, anban_native_AnswerKind_RECEIVED) == OUTBOX_NOT_OURS);
        stays();
    }
    SUBCASE("an answer to a frame that was never sent") {
        CHECK(answer(t.o, boot, sequence + 1, anban_native_AnswerKind_RECEIVED) == OUTBOX_NOT_OURS);
        CHECK(answer(t.o, boot, 0, anban_native_AnswerKind_RECEIVED) == OUTBOX_NOT_OURS);
        stays();
    }
    SUBCASE("an answer of no known kind") {
        CHECK(answer(t.o, boot, sequence, 0) == OUTBOX_MALFORMED);
        CHECK(answer(t.o, boot, sequence, 7) == OUTBOX_MALFORMED);
        stays();
    }
    SUBCASE("bytes that are no answer") {
        const std::uint8_t garbage[] = {0xff, 0xff, 0xff, 0x01};
        CHECK(outbox_answered(&t.o, garbage, sizeof garbage) == OUTBOX_MALFORMED);
        CHECK(outbox_answered(&t.o, garbage, 0) == OUTBOX_MALFORMED);
        stays();
    }
    SUBCASE("one of the five") {
        for (const int kind : {1, 2, 3, 4, 5}) {
            with_outbox each;
            const auto number = each.offer(OUTBOX_LIFE_SAFETY, sos);
            CHECK(answer(each.o, each.o.boot, number, kind) == OUTBOX_OK);
            each.live(60'000);
            CHECK(each.board.sent.size() == 1);
            CHECK(outbox_waiting(&each.o) == 0);
        }
    }
}

TEST_CASE("nobody subscribed or not allowed is shown as not delivered and repeated on [firmware-3]") {
    with_outbox t;
    const auto sequence = t.offer(OUTBOX_LIFE_SAFETY, sos);
    CHECK(outbox_shown(&t.o) == SHOWN_SENDING);
    SUBCASE("0x10, no matching subscribers") {
        outbox_acknowledged(&t.o, sequence, 0x10);
    }
    SUBCASE("0x87, not authorised") {
        outbox_acknowledged(&t.o, sequence, 0x87);
    }
    CHECK(outbox_shown(&t.o) == SHOWN_NOT_DELIVERED);
    t.live(1000);
    CHECK(t.board.sent.size() >= 2);
    answer(t.o, t.o.boot, sequence, anban_native_AnswerKind_RECEIVED);
    CHECK(outbox_shown(&t.o) == SHOWN_RECEIVED);
}

TEST_CASE("without any answer for 10 s the resident is told, and again when one comes [firmware-4]") {
    with_outbox t;
    const auto sequence = t.offer(OUTBOX_LIFE_SAFETY, sos);
    t.live(9'999);
    CHECK(outbox_shown(&t.o) == SHOWN_SENDING);
    t.live(1);
    CHECK(outbox_shown(&t.o) == SHOWN_NOT_DELIVERED);
    answer(t.o, t.o.boot, sequence, anban_native_AnswerKind_RECEIVED);
    CHECK(outbox_shown(&t.o) == SHOWN_RECEIVED);
}

TEST_CASE("what is shown goes forward only, and not delivered is left by the centre's answer [firmware-4]") {
    with_outbox t;
    const auto sequence = t.offer(OUTBOX_LIFE_SAFETY, sos);
    const auto after = [&](int kind) {
        answer(t.o, t.o.boot, sequence, kind);
        return outbox_shown(&t.o);
    };
    CHECK(after(1) == SHOWN_RECEIVED);
    CHECK(after(6) == SHOWN_NOT_DELIVERED);
    CHECK(after(1) == SHOWN_NOT_DELIVERED); // the gateway's second "received" takes nothing back
    CHECK(after(2) == SHOWN_STORED);
    CHECK(after(6) == SHOWN_STORED);
    CHECK(after(3) == SHOWN_TAKEN);
    CHECK(after(2) == SHOWN_TAKEN);
    CHECK(after(4) == SHOWN_ON_THE_WAY);
    CHECK(after(5) == SHOWN_CLOSED);
    CHECK(after(3) == SHOWN_CLOSED);
    t.live(OUTBOX_CLOSED_SHOWN_MS);
    CHECK(outbox_shown(&t.o) == SHOWN_NOTHING);
}

TEST_CASE("the newest press is what the light is about, a call before a request [firmware-4]") {
    with_outbox t;
    const auto first = t.offer(OUTBOX_LIFE_SAFETY, sos);
    answer(t.o, t.o.boot, first, anban_native_AnswerKind_TAKEN);
    const auto second = t.offer(OUTBOX_LIFE_SAFETY, sos);
    CHECK(outbox_shown(&t.o) == SHOWN_SENDING);
    answer(t.o, t.o.boot, first, anban_native_AnswerKind_CLOSED); // closes what its closer had seen
    CHECK(outbox_shown(&t.o) == SHOWN_SENDING);
    answer(t.o, t.o.boot, second, anban_native_AnswerKind_STORED);
    t.offer(OUTBOX_SERVICE, please);
    CHECK(outbox_shown(&t.o) == SHOWN_STORED);
    outbox_settle(&t.o, OUTBOX_LIFE_SAFETY);
    CHECK(outbox_shown(&t.o) == SHOWN_SENDING);
}

TEST_CASE(
    "the six answers are one table, the same as the gateway's, and no two look or sound alike [firmware-4]") {
    std::set<std::tuple<int, int, int, bool>> rhythms;
    std::set<int> colours;
    for (const auto a : anban::all_answers) {
        const auto what = static_cast<shown>(a);
        CHECK(std::string(shown_name(what)) == anban::name_of(a));
        const auto* light = light_of(what);
        CHECK(rhythms.emplace(light->on_ms, light->off_ms, light->beeps, light->insists).second);
        CHECK(colours.insert(light->colour).second);
        CHECK(light->insists == (a == anban::answer::not_delivered));
    }
    CHECK(light_of(static_cast<shown>(15)) == light_of(SHOWN_NOTHING));
}

TEST_CASE("the firmware's signals are the rules' signals") {
    for (const auto& facts : anban::all_signals()) {
        CHECK(facts.computed == (static_cast<int>(facts.what) > _anban_native_Signal_MAX));
    }
    CHECK(static_cast<int>(anban::signal::cancel) == anban_native_Signal_CANCEL);
    CHECK(static_cast<int>(anban::signal::fall) == anban_native_Signal_FALL);
    CHECK(static_cast<int>(anban::signal::bed_occupied) == anban_native_Signal_BED_OCCUPIED);
    CHECK(static_cast<int>(anban::signal::heart_rate) == anban_native_Signal_HEART_RATE);
    CHECK(static_cast<int>(anban::signal::spo2) == anban_native_Signal_SPO2);
    CHECK(static_cast<int>(anban::signal::battery) == anban_native_Signal_BATTERY);
}

TEST_CASE("what is said offline is kept and goes out when the link comes, calls first [firmware-5]") {
    with_outbox t;
    t.board.network = BOARD_OFFLINE;
    const auto request = t.offer(OUTBOX_SERVICE, please);
    const auto call = t.offer(OUTBOX_LIFE_SAFETY, sos);
    CHECK(t.status == OUTBOX_OK);
    t.live(3'600'000);
    CHECK(t.board.sent.empty());
    CHECK(outbox_shown(&t.o) == SHOWN_NOT_DELIVERED);
    t.board.network = BOARD_OK;
    outbox_online(&t.o);
    outbox_step(&t.o);
    REQUIRE(!t.board.sent.empty());
    CHECK(t.board.sent[0].sequence() == call);
    CHECK(t.board.sent[0].frame().uptime_ms == 1000); // when it was pressed, not when it was sent
    t.live(500);
    REQUIRE(t.board.sent.size() >= 2);
    CHECK(t.board.sent[1].sequence() == request);
}

TEST_CASE("a network without room is asked again soon, and a call is asked for first [firmware-5]") {
    with_outbox t;
    t.board.network = BOARD_BUSY;
    t.offer(OUTBOX_SERVICE, please);
    const auto call = t.offer(OUTBOX_LIFE_SAFETY, sos);
    t.live(100);
    t.board.network = BOARD_OK;
    t.live(50);
    REQUIRE(t.board.sent.size() == 2);
    CHECK(t.board.sent[0].sequence() == call);
}

TEST_CASE("a full outbox drops the oldest of the lowest class and never a call [firmware-6]") {
    with_outbox t(3);
    t.board.network = BOARD_OFFLINE;
    const auto call = t.offer(OUTBOX_LIFE_SAFETY, sos);
    const auto withdrawn = t.offer(OUTBOX_CANCEL, cancel);
    t.offer(OUTBOX_SERVICE, please);
    t.offer(OUTBOX_SERVICE, please);
    CHECK(t.status == OUTBOX_FULL);
    const auto second = t.offer(OUTBOX_LIFE_SAFETY, sos); // in the request's place
    CHECK(t.status == OUTBOX_OK);
    const auto third = t.offer(OUTBOX_LIFE_SAFETY, sos); // in the cancellation's
    CHECK(t.status == OUTBOX_OK);
    CHECK(t.o.dropped == 2);
    t.offer(OUTBOX_LIFE_SAFETY, sos);
    CHECK(t.status == OUTBOX_FULL);
    CHECK(outbox_waiting(&t.o) == 3);
    t.board.network = BOARD_OK;
    outbox_online(&t.o);
    outbox_step(&t.o);
    REQUIRE(t.board.sent.size() == 3);
    CHECK(t.board.sent[0].sequence() == call);
    CHECK(t.board.sent[1].sequence() == second);
    CHECK(t.board.sent[2].sequence() == third);
    CHECK(withdrawn == call + 1);
}

TEST_CASE("of several classes the lowest makes room first, though it is newer [firmware-6]") {
    with_outbox t(2);
    t.board.network = BOARD_OFFLINE;
    const auto withdrawn = t.offer(OUTBOX_CANCEL, cancel);
    t.offer(OUTBOX_SERVICE, please);
    const auto call = t.offer(OUTBOX_LIFE_SAFETY, sos);
    t.board.network = BOARD_OK;
    outbox_online(&t.o);
    t.live(500);
    REQUIRE(t.board.sent.size() >= 2);
    CHECK(t.board.sent[0].sequence() == call);
    CHECK(t.board.sent[1].sequence() == withdrawn);
}

TEST_CASE("a busy network is asked once a step, not once a frame [firmware-5]") {
    with_outbox t;
    for (int i = 0; i < 4; ++i) t.offer(OUTBOX_LIFE_SAFETY, sos);
    t.board.network = BOARD_BUSY;
    t.board.now_ms += 1000;
    const auto before = t.board.asked;
    outbox_step(&t.o);
    CHECK(t.board.asked == before + 1);
}

TEST_CASE("a reading is sent once and never kept [firmware-5]") {
    with_outbox t;
    const outbox_observation pulse{
        .signal = anban_native_Signal_HEART_RATE, .value_milli = 72'500, .age_ms = 0, .quality = 0};
    CHECK(outbox_report(&t.o, &pulse, 1, 0, nullptr) == OUTBOX_OK);
    t.live(60'000);
    REQUIRE(t.board.sent.size() == 1);
    CHECK(t.board.sent[0].topic == "anban/dev/button-1/reading");
    CHECK(t.board.sent[0].frame().observations[0].value_milli == 72'500);
    t.board.network = BOARD_OFFLINE;
    CHECK(outbox_report(&t.o, &pulse, 1, 0, nullptr) == OUTBOX_UNSENT);
    CHECK(outbox_waiting(&t.o) == 0);
}
