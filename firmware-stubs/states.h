/* The last known states of a sensor, reported when they change and at least every so often. A state that
 * nobody has given is not reported: unknown is never normal.
 *
 * Bounds: STATES_MOST signals. Threads: one, as the board's. */
#ifndef ANBAN_FIRMWARE_STATES_H
#define ANBAN_FIRMWARE_STATES_H

#include "firmware-stubs/outbox.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { STATES_MOST = 8 };

struct states {
    struct outbox_observation known[STATES_MOST];
    uint64_t due_ms;
    uint32_t every_ms; /* 0: only when told to */
    uint8_t count;
    uint8_t qos;
};

void states_init(struct states* s, uint32_t every_ms, uint8_t qos);

/* Takes the newest value of a signal. OUTBOX_FULL above STATES_MOST signals. */
enum outbox_status states_set(struct states* s, uint32_t signal, int32_t value_milli, uint32_t quality);

/* Sends all known states in one frame; OUTBOX_BAD_INPUT while none is known. */
enum outbox_status states_report(struct states* s, struct outbox* o);

/* Reports when it is due. */
void states_step(struct states* s, struct outbox* o);
uint64_t states_next_ms(const struct states* s);

#ifdef __cplusplus
}
#endif
#endif
