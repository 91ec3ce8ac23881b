#include "firmware-stubs/states.h"

#include <string.h>

void states_init(struct states* s, uint32_t every_ms, uint8_t qos) {
    memset(s, 0, sizeof *s);
    s->every_ms = every_ms;
    s->qos = qos;
    s->due_ms = every_ms != 0 ? 0 : UINT64_MAX;
}

enum outbox_status states_set(struct states* s, uint32_t signal, int32_t value_milli, uint32_t quality) {
    uint8_t at = 0;
    while (at < s->count && s->known[at].signal != signal) ++at;
    if (at == STATES_MOST) return OUTBOX_FULL;
    if (at == s->count) ++s->count;
    s->known[at] = (struct outbox_observation){.signal = signal, .value_milli = value_milli, .quality = quality};
    return OUTBOX_OK;
}

enum outbox_status states_report(struct states* s, struct outbox* o) {
    if (s->every_ms != 0) s->due_ms = o->board->monotonic_ms(o->board->context) + s->every_ms;
    return outbox_report(o, s->known, s->count, s->qos, NULL);
}

void states_step(struct states* s, struct outbox* o) {
    if (s->every_ms == 0 || o->board->monotonic_ms(o->board->context) < s->due_ms) return;
    (void)states_report(s, o);
}

uint64_t states_next_ms(const struct states* s) {
    return s->due_ms;
}
