/* A call button with a red key (call) and a green key (please come).
 *
 * A key counts once it has been down for CALL_BUTTON_DEBOUNCE_MS without a bounce, and again only after it
 * has been up for as long: a held or stuck key is one press. Each counted press is a frame of its own, since
 * only the gateway may decide which presses belong together.
 *
 * Bounds and threads: as outbox.h. The caller calls call_button_step when call_button_next_ms has come. */
#ifndef ANBAN_FIRMWARE_CALL_BUTTON_H
#define ANBAN_FIRMWARE_CALL_BUTTON_H

#include "firmware-stubs/outbox.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { CALL_BUTTON_DEBOUNCE_MS = 20 }; /* domestic tactile keys bounce for less than 10 ms */

enum call_button_which { CALL_BUTTON_RED = 0, CALL_BUTTON_GREEN = 1 };
enum { CALL_BUTTON_KEYS = 2 };

struct call_button_contact {
    uint64_t changed_ms;
    bool level;   /* as last pushed */
    bool settled; /* after the debounce */
};

struct call_button {
    struct outbox outbox;
    struct call_button_contact keys[CALL_BUTTON_KEYS];
    uint8_t battery_percent;
    uint8_t lit; /* enum shown that the board was told last */
};

enum outbox_status call_button_init(struct call_button *b, const struct board *board, const char *device,
                                    struct outbox_slot *slots, uint16_t slot_count);

/* The level of a key has changed (or was read again: equal levels are ignored). */
void call_button_key(struct call_button *b, enum call_button_which key, bool down);

/* A press that the keys' debounce has already let through. OUTBOX_FULL: refused, see outbox.h. */
enum outbox_status call_button_press(struct call_button *b, enum call_button_which key, uint32_t *sequence);

/* Says that it is there, with its battery level, on the reading topic. */
enum outbox_status call_button_check_in(struct call_button *b);

/* Answers, acknowledgements and the link are pushed into `outbox`; then, and at call_button_next_ms, this. */
void call_button_step(struct call_button *b);
uint64_t call_button_next_ms(const struct call_button *b);

#ifdef __cplusplus
}
#endif
#endif
