#include "firmware-stubs/call_button.h"

#include <string.h>

#include "native.nanopb.h"

enum outbox_status call_button_init(struct call_button* b, const struct board* board, const char* device,
                                    struct outbox_slot* slots, uint16_t slot_count) {
    memset(b, 0, sizeof *b);
    b->battery_percent = 100;
    const enum outbox_status status = outbox_init(&b->outbox, board, device, slots, slot_count);
    if (status == OUTBOX_OK) board->show(board->context, light_of(SHOWN_NOTHING));
    return status;
}

static uint64_t now_of(const struct call_button* b) {
    const struct board* board = b->outbox.board;
    return board->monotonic_ms(board->context);
}

void call_button_key(struct call_button* b, enum call_button_which key, bool down) {
    if ((unsigned)key < CALL_BUTTON_KEYS) key_level(&b->keys[key], down, now_of(b));
}

enum outbox_status call_button_press(struct call_button* b, enum call_button_which key, uint32_t* sequence) {
    const bool red = key == CALL_BUTTON_RED;
    const struct outbox_observation press = {.signal = red ? anban_native_Signal_SOS : anban_native_Signal_SERVICE,
                                             .value_milli = 1000};
    return outbox_offer(&b->outbox, red ? OUTBOX_LIFE_SAFETY : OUTBOX_SERVICE, &press, 1, sequence);
}

enum outbox_status call_button_check_in(struct call_button* b) {
    const struct outbox_observation level = {.signal = anban_native_Signal_BATTERY,
                                             .value_milli = (int32_t)b->battery_percent * 1000};
    return outbox_report(&b->outbox, &level, 1, 1, NULL);
}

void call_button_step(struct call_button* b) {
    const uint64_t now = now_of(b);
    for (int k = 0; k < CALL_BUTTON_KEYS; ++k) {
        if (key_pressed(&b->keys[k], now)) (void)call_button_press(b, (enum call_button_which)k, NULL);
    }
    outbox_step(&b->outbox);
    const enum shown shown = outbox_shown(&b->outbox);
    if (b->lit == (uint8_t)shown) return;
    b->lit = (uint8_t)shown;
    b->outbox.board->show(b->outbox.board->context, light_of(shown));
}

uint64_t call_button_next_ms(const struct call_button* b) {
    uint64_t next = outbox_next_ms(&b->outbox);
    for (int k = 0; k < CALL_BUTTON_KEYS; ++k) {
        const uint64_t at = key_next_ms(&b->keys[k]);
        if (at < next) next = at;
    }
    return next;
}
