/* What the resident sees and hears: one table from the state of an alarm to a light and a tone.
 *
 * The six answers are those of native.proto and rules/answer.hpp, in the same order. Before any answer a
 * device shows that it is sending, and a fall detector that a fall was told and can still be withdrawn.
 * Colours are those of lamps that show an answer: white received, blue stored, yellow taken, green on the
 * way, dark closed, red not delivered; who can't tell colours apart has the rhythm and the beeps. Nothing here
 * ever shows more than has happened. */
#ifndef ANBAN_FIRMWARE_LIGHT_H
#define ANBAN_FIRMWARE_LIGHT_H

#include "firmware-stubs/board.h"

#ifdef __cplusplus
extern "C" {
#endif

enum shown {
    SHOWN_NOTHING = 0,
    SHOWN_RECEIVED = 1,
    SHOWN_STORED = 2,
    SHOWN_TAKEN = 3,
    SHOWN_ON_THE_WAY = 4,
    SHOWN_CLOSED = 5,
    SHOWN_NOT_DELIVERED = 6,
    SHOWN_SENDING = 7,      /* pressed, no answer yet */
    SHOWN_FALL_WARNING = 8, /* a fall was told; the cancel key still works */
};
enum { SHOWN_COUNT = 9 };

/* The pattern of a state; that of SHOWN_NOTHING for a number outside the table. The result is constant. */
const struct board_light* light_of(enum shown what);

/* The state's name as events and documents write it ("stored"); never null. */
const char* shown_name(enum shown what);

#ifdef __cplusplus
}
#endif
#endif
