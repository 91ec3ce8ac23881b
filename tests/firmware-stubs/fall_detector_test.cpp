#include "firmware-stubs/fall_detector.h"

#include <doctest/doctest.h>

#include "tests/firmware-stubs/fall_signals.hpp"
#include "tests/firmware-stubs/virtual_board.hpp"

using namespace anban::firmware_test;

namespace {

struct with_detector {
    with_detector() { REQUIRE(fall_detector_init(&d, &board.seam, "falldetector-1", slots, 8) == OUTBOX_OK); }
    void live(std::uint64_t ms) {
        board.live(board.now_ms + ms, [&] { return fall_detector_next_ms(&d); }, [&] { fall_detector_step(&d); });
    }
    // All at once: device time runs, the board's does not.
    void fall() {
        for (const auto& s : fallen().samples) fall_detector_sample(&d, device_ms += 10, s);
        device_ms += 60'000;
        fall_detector_step(&d);
    }
    void press_cancel() {
        fall_detector_key(&d, true);
        live(KEY_DEBOUNCE_MS);
        fall_detector_key(&d, false);
        live(KEY_DEBOUNCE_MS);
    }
    [[nodiscard]] std::vector<int> signals() const {
        std::vector<int> found;
        std::uint32_t newest = 0;
        for (const auto& s : board.sent) {
            if (s.sequence() > newest) found.push_back(s.frame().observations[0].signal);
            newest = std::max(newest, s.sequence());
        }
        return found;
    }
    void answered(int kind) {
        answer(d.outbox, d.outbox.boot, board.sent.back().sequence(), kind);
        live(1);
    }
    virtual_board board;
    outbox_slot slots[8];
    fall_detector d{};
    std::uint64_t device_ms = 0;
};

} // namespace

TEST_CASE("a suspected fall goes out at once and says how long ago it was [firmware-8]") {
    with_detector t;
    t.fall();
    REQUIRE(t.board.sent.size() == 1);
    const auto f = t.board.sent[0].frame();
    CHECK(t.board.sent[0].topic == "anban/dev/falldetector-1/alarm");
    CHECK(f.observations[0].signal == anban_native_Signal_FALL);
    CHECK(f.observations[0].age_ms == 3500);
    CHECK(t.board.light() == "fall_warning");
}

TEST_CASE(
    "the cancel key withdraws a fall within its window, and its light ends when that was heard [firmware-9]") {
    with_detector t;
    t.fall();
    t.answered(1);
    t.live(15'000);
    t.press_cancel();
    CHECK(t.signals() == std::vector<int>{anban_native_Signal_FALL, anban_native_Signal_CANCEL});
    CHECK(t.board.light() == "received"); // of the fall: nobody has heard the cancellation yet
    t.answered(1);
    CHECK(t.board.light() == "nothing");
    t.live(60'000);
    CHECK(t.board.light() == "nothing");
}

TEST_CASE("the cancel key does nothing without a fall or after its window [firmware-9]") {
    with_detector t;
    t.press_cancel();
    CHECK(t.board.sent.empty());
    CHECK(fall_detector_cancel(&t.d, nullptr) == OUTBOX_TOO_LATE);
    t.fall();
    t.answered(1);
    t.board.now_ms += FALL_DETECTOR_CANCEL_MS;
    CHECK(fall_detector_cancel(&t.d, nullptr) == OUTBOX_TOO_LATE);
    t.live(1);
    t.press_cancel();
    CHECK(t.signals() == std::vector<int>{anban_native_Signal_FALL});
    CHECK(t.board.light() == "received");
}

TEST_CASE("a new fall after a cancellation is not ended by the old one's answer [firmware-9]") {
    with_detector t;
    t.fall();
    t.answered(1);
    t.press_cancel();
    const auto cancelled = t.board.sent.back().sequence();
    t.fall();
    CHECK(t.board.light() == "fall_warning");
    answer(t.d.outbox, t.d.outbox.boot, cancelled, 1);
    t.live(1);
    CHECK(t.board.light() == "fall_warning");
    CHECK(t.signals() ==
          std::vector<int>{anban_native_Signal_FALL, anban_native_Signal_CANCEL, anban_native_Signal_FALL});
}

TEST_CASE("that a person has taken the fall is shown at once, also while it could be cancelled [firmware-4]") {
    with_detector t;
    t.fall();
    t.answered(2);
    CHECK(t.board.light() == "fall_warning");
    t.answered(3);
    CHECK(t.board.light() == "taken");
}

TEST_CASE("a fall while offline is kept, warned of and sent when the link comes [firmware-5]") {
    with_detector t;
    t.board.network = BOARD_OFFLINE;
    t.fall();
    CHECK(t.board.light() == "fall_warning");
    t.live(25'000);
    CHECK(t.board.light() == "not_delivered");
    t.board.network = BOARD_OK;
    outbox_online(&t.d.outbox);
    t.live(0);
    CHECK(t.signals() == std::vector<int>{anban_native_Signal_FALL});
}
