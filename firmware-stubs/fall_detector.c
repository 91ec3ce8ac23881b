#include "firmware-stubs/fall_detector.h"

#include <string.h>

#include "native.nanopb.h"

enum outbox_status fall_detector_init(struct fall_detector* d, const struct board* board, const char* device,
                                      struct outbox_slot* slots, uint16_t slot_count) {
    memset(d, 0, sizeof *d);
    fall_sense_init(&d->sense);
    d->battery_percent = 100;
    const enum outbox_status status = outbox_init(&d->outbox, board, device, slots, slot_count);
    if (status == OUTBOX_OK) board->show(board->context, light_of(SHOWN_NOTHING));
    return status;
}

static uint64_t now_of(const struct fall_detector* d) {
    const struct board* board = d->outbox.board;
    return board->monotonic_ms(board->context);
}

void fall_detector_sample(struct fall_detector* d, uint64_t device_ms, struct fall_sample sample) {
    if (!fall_sense_sample(&d->sense, device_ms, sample)) return;
    ++d->falls;
    const struct outbox_observation fall = {
        .signal = anban_native_Signal_FALL, .value_milli = 1000, .age_ms = FALL_SETTLE_MS + FALL_WINDOW_MS};
    if (outbox_offer(&d->outbox, OUTBOX_LIFE_SAFETY, &fall, 1, NULL) != OUTBOX_OK) return;
    d->cancel_sequence = 0;
    d->cancel_until_ms = now_of(d) + FALL_DETECTOR_CANCEL_MS;
}

void fall_detector_key(struct fall_detector* d, bool down) {
    key_level(&d->cancel_key, down, now_of(d));
}

enum outbox_status fall_detector_cancel(struct fall_detector* d, uint32_t* sequence) {
    if (now_of(d) >= d->cancel_until_ms) return OUTBOX_TOO_LATE;
    const struct outbox_observation cancel = {.signal = anban_native_Signal_CANCEL, .value_milli = 1000};
    uint32_t number = 0;
    const enum outbox_status status = outbox_offer(&d->outbox, OUTBOX_CANCEL, &cancel, 1, &number);
    if (status != OUTBOX_OK) return status;
    d->cancel_sequence = number;
    if (sequence != NULL) *sequence = number;
    return OUTBOX_OK;
}

enum outbox_status fall_detector_check_in(struct fall_detector* d) {
    const struct outbox_observation level = {.signal = anban_native_Signal_BATTERY,
                                             .value_milli = (int32_t)d->battery_percent * 1000};
    return outbox_report(&d->outbox, &level, 1, 1, NULL);
}

/* A cancellation that the gateway has heard ends what is shown about its fall, and about itself. A newer fall
 * has set cancel_sequence back. */
static void settle_cancelled(struct fall_detector* d) {
    const uint8_t stands = d->outbox.matters[OUTBOX_CANCEL].stands;
    if (d->cancel_sequence == 0 || stands < SHOWN_RECEIVED || stands > SHOWN_CLOSED) return;
    outbox_settle(&d->outbox, OUTBOX_LIFE_SAFETY);
    outbox_settle(&d->outbox, OUTBOX_CANCEL);
    d->cancel_sequence = 0;
    d->cancel_until_ms = 0;
}

/* While it can still be cancelled, the wearer must hear so; but that a person has taken it is told at once. */
static enum shown shown_of(const struct fall_detector* d, uint64_t now) {
    const enum shown shown = outbox_shown(&d->outbox);
    const bool person = shown == SHOWN_TAKEN || shown == SHOWN_ON_THE_WAY || shown == SHOWN_CLOSED;
    const bool warning = d->cancel_until_ms != 0 && now < d->cancel_until_ms && d->cancel_sequence == 0;
    return warning && !person ? SHOWN_FALL_WARNING : shown;
}

void fall_detector_step(struct fall_detector* d) {
    const uint64_t now = now_of(d);
    if (key_pressed(&d->cancel_key, now)) (void)fall_detector_cancel(d, NULL);
    outbox_step(&d->outbox);
    settle_cancelled(d);
    if (d->cancel_until_ms != 0 && now >= d->cancel_until_ms) d->cancel_until_ms = 0;
    const enum shown shown = shown_of(d, now);
    if (d->lit == (uint8_t)shown) return;
    d->lit = (uint8_t)shown;
    d->outbox.board->show(d->outbox.board->context, light_of(shown));
}

uint64_t fall_detector_next_ms(const struct fall_detector* d) {
    uint64_t next = outbox_next_ms(&d->outbox);
    const uint64_t key = key_next_ms(&d->cancel_key);
    if (key < next) next = key;
    if (d->cancel_until_ms != 0 && d->cancel_until_ms < next) next = d->cancel_until_ms;
    return next;
}
