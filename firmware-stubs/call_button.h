/* A call button with a red key (call) and a green key (please come).
 *
 * Each press that the keys let through (key.h) is a frame of its own, since only the gateway may decide
 * which presses belong together.
 *
 * Bounds and threads: as outbox.h. The caller calls call_button_step when call_button_next_ms has come. */
#ifndef ANBAN_FIRMWARE_CALL_BUTTON_H
#define ANBAN_FIRMWARE_CALL_BUTTON_H

#include "firmware-stubs/key.h"
#include "firmware-stubs/outbox.h"

#ifdef __cplusplus
extern "C" {
#endif

enum call_button_which { CALL_BUTTON_RED = 0, CALL_BUTTON_GREEN = 1 };
enum { CALL_BUTTON_KEYS = 2 };

struct call_button {
    struct outbox outbox;
    struct key keys[CALL_BUTTON_KEYS];
    uint8_t battery_percent;
    uint8_t lit; /* enum shown that the board was told last */
};

enum outbox_status call_button_init(struct call_button* b, const struct board* board, const char* device,
                                    struct outbox_slot* slots, uint16_t slot_count);

/* The level of a key has changed (or was read again: equal levels are ignored). */
void call_button_key(struct call_button* b, enum call_button_which key, bool down);

/* A press that the keys' debounce has already let through. OUTBOX_FULL: refused, see outbox.h. */
enum outbox_status call_button_press(struct call_button* b, enum call_button_which key, uint32_t* sequence);

/* Says that it is there, with its battery level, on the reading topic. */
enum outbox_status call_button_check_in(struct call_button* b);

/* Answers, acknowledgements and the link are pushed into `outbox`; then, and at call_button_next_ms, this. */
void call_button_step(struct call_button* b);
uint64_t call_button_next_ms(const struct call_button* b);

#ifdef __cplusplus
}
#endif
#endif
