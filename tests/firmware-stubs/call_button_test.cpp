#include "firmware-stubs/call_button.h"

#include <doctest/doctest.h>

#include "tests/firmware-stubs/virtual_board.hpp"

using namespace anban::firmware_test;

namespace {

struct with_button {
    with_button() { REQUIRE(call_button_init(&b, &board.seam, "button-1", slots, 8) == OUTBOX_OK); }
    void live(std::uint64_t ms) {
        board.live(board.now_ms + ms, [&] { return call_button_next_ms(&b); }, [&] { call_button_step(&b); });
    }
    void key(call_button_which which, bool down) { call_button_key(&b, which, down); }
    // Answered at once, so that only first sendings are counted.
    std::size_t presses() {
        for (const auto& s : board.sent) answer(b.outbox, b.outbox.boot, s.sequence(), 1);
        return board.sent.size();
    }
    virtual_board board;
    outbox_slot slots[8];
    call_button b{};
};

} // namespace

TEST_CASE("a press counts once when its bounces are over [firmware-7]") {
    with_button t;
    for (int i = 0; i < 5; ++i) {
        t.key(CALL_BUTTON_RED, true);
        t.live(2);
        t.key(CALL_BUTTON_RED, false);
        t.live(2);
    }
    t.key(CALL_BUTTON_RED, true);
    t.live(KEY_DEBOUNCE_MS - 1);
    CHECK(t.board.sent.empty());
    t.live(1);
    REQUIRE(t.board.sent.size() == 1);
    CHECK(t.board.sent[0].frame().observations[0].signal == anban_native_Signal_SOS);
    CHECK(t.presses() == 1);
    t.key(CALL_BUTTON_RED, false);
    t.live(3);
    t.key(CALL_BUTTON_RED, true); // a bounce of letting go
    t.live(3);
    t.key(CALL_BUTTON_RED, false);
    t.live(1000);
    CHECK(t.presses() == 1);
}

TEST_CASE("a knock shorter than the debounce is no press [firmware-7]") {
    with_button t;
    t.key(CALL_BUTTON_RED, true);
    t.live(KEY_DEBOUNCE_MS - 1);
    t.key(CALL_BUTTON_RED, false);
    t.live(1000);
    CHECK(t.board.sent.empty());
}

TEST_CASE("a held or stuck key is one press, and the next one counts again [firmware-7]") {
    with_button t;
    t.key(CALL_BUTTON_RED, true);
    t.live(100);
    CHECK(t.presses() == 1);
    t.live(600'000);
    CHECK(t.presses() == 1);
    t.key(CALL_BUTTON_RED, false);
    t.live(100);
    t.key(CALL_BUTTON_RED, true);
    t.live(100);
    CHECK(t.presses() == 2);
    CHECK(t.board.sent[0].sequence() + 1 == t.board.sent[1].sequence());
}

TEST_CASE("the green key asks, the red key calls, both at once do both [firmware-7]") {
    with_button t;
    t.key(CALL_BUTTON_GREEN, true);
    t.key(CALL_BUTTON_RED, true);
    t.live(KEY_DEBOUNCE_MS);
    REQUIRE(t.board.sent.size() == 2);
    CHECK(t.board.sent[0].frame().observations[0].signal == anban_native_Signal_SOS);
    CHECK(t.board.sent[1].frame().observations[0].signal == anban_native_Signal_SERVICE);
}

TEST_CASE("the light follows the answers of a press from dark to dark [firmware-4]") {
    with_button t;
    CHECK(t.board.light() == "nothing");
    t.key(CALL_BUTTON_RED, true);
    t.live(KEY_DEBOUNCE_MS);
    CHECK(t.board.light() == "sending");
    const auto sequence = t.board.sent[0].sequence();
    const char* names[] = {"received", "stored", "taken", "on_the_way", "closed"};
    for (int kind = 1; kind <= 5; ++kind) {
        answer(t.b.outbox, t.b.outbox.boot, sequence, kind);
        t.live(10);
        CHECK(t.board.light() == names[kind - 1]);
    }
    t.live(OUTBOX_CLOSED_SHOWN_MS);
    CHECK(t.board.light() == "nothing");
    CHECK(t.board.lights.size() == 8);
}

TEST_CASE("a press while the broker is away is shown as not delivered after 10 s [firmware-4]") {
    with_button t;
    t.board.network = BOARD_OFFLINE;
    CHECK(call_button_press(&t.b, CALL_BUTTON_RED, nullptr) == OUTBOX_OK);
    t.live(9'000);
    CHECK(t.board.light() == "sending");
    t.live(1'000);
    CHECK(t.board.light() == "not_delivered");
}

TEST_CASE("a check-in tells the battery on the reading topic and is not repeated [firmware-5]") {
    with_button t;
    t.b.battery_percent = 87;
    CHECK(call_button_check_in(&t.b) == OUTBOX_OK);
    t.live(60'000);
    REQUIRE(t.board.sent.size() == 1);
    CHECK(t.board.sent[0].topic == "anban/dev/button-1/reading");
    CHECK(t.board.sent[0].frame().observations[0].signal == anban_native_Signal_BATTERY);
    CHECK(t.board.sent[0].frame().observations[0].value_milli == 87'000);
    CHECK(t.board.light() == "nothing");
}
