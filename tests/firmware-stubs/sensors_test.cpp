#include <doctest/doctest.h>

#include "firmware-stubs/bed_mat.h"
#include "firmware-stubs/vitals_band.h"
#include "tests/firmware-stubs/virtual_board.hpp"

using namespace anban::firmware_test;

TEST_CASE("a band reports nothing before it has a value, then all it knows at its pace at QoS 0 [firmware-10]") {
    virtual_board board;
    vitals_band band{};
    REQUIRE(vitals_band_init(&band, &board.seam, "band-1", 10'000) == OUTBOX_OK);
    const auto live = [&](std::uint64_t ms) {
        board.live(
            board.now_ms + ms, [&] { return vitals_band_next_ms(&band); }, [&] { vitals_band_step(&band); });
    };
    live(60'000);
    CHECK(board.sent.empty());
    CHECK(vitals_band_measured(&band, anban_native_Signal_HEART_RATE, 38'000, anban_native_Quality_GOOD) ==
          OUTBOX_OK);
    CHECK(vitals_band_measured(&band, anban_native_Signal_SPO2, 0, anban_native_Quality_UNKNOWN) == OUTBOX_OK);
    CHECK(vitals_band_measured(&band, anban_native_Signal_SOS, 1000, 0) == OUTBOX_BAD_INPUT);
    live(30'000);
    CHECK(board.sent.size() == 3);
    CHECK(board.sent[0].topic == "anban/dev/band-1/reading");
    CHECK(board.sent[0].qos == 0);
    const auto f = board.sent[0].frame();
    REQUIRE(f.observations_count == 2);
    CHECK(f.observations[0].value_milli == 38'000);
    CHECK(f.observations[1].quality == anban_native_Quality_UNKNOWN);
    CHECK(board.sent[1].sequence() == board.sent[0].sequence() + 1);
}

TEST_CASE("a mat tells a change at once, and an empty bed has no heart rate [firmware-10]") {
    virtual_board board;
    bed_mat mat{};
    REQUIRE(bed_mat_init(&mat, &board.seam, "mat-1", 30'000) == OUTBOX_OK);
    CHECK(bed_mat_occupied(&mat, true) == OUTBOX_OK);
    CHECK(bed_mat_measured(&mat, anban_native_Signal_HEART_RATE, 61'000, 0) == OUTBOX_OK);
    CHECK(bed_mat_measured(&mat, anban_native_Signal_SPO2, 97'000, 0) == OUTBOX_BAD_INPUT);
    CHECK(bed_mat_report(&mat) == OUTBOX_OK);
    CHECK(bed_mat_occupied(&mat, false) == OUTBOX_OK);
    REQUIRE(board.sent.size() == 3);
    CHECK(board.sent[0].qos == 1);
    CHECK(board.sent[0].frame().observations[0].value_milli == 1000);
    CHECK(board.sent[1].frame().observations_count == 2);
    const auto empty = board.sent[2].frame();
    CHECK(empty.observations[0].signal == anban_native_Signal_BED_OCCUPIED);
    CHECK(empty.observations[0].value_milli == 0);
    CHECK(empty.observations[0].quality == anban_native_Quality_GOOD);
    CHECK(empty.observations[1].quality == anban_native_Quality_UNKNOWN);
}

TEST_CASE("a sensor keeps a bounded number of states [firmware-10]") {
    states s;
    states_init(&s, 0, 0);
    for (std::uint32_t signal = 1; signal <= STATES_MOST; ++signal)
        CHECK(states_set(&s, signal, 0, 0) == OUTBOX_OK);
    CHECK(states_set(&s, STATES_MOST + 1, 0, 0) == OUTBOX_FULL);
    CHECK(states_set(&s, 1, 5, 0) == OUTBOX_OK);
    CHECK(states_next_ms(&s) == UINT64_MAX);
}
