#include "firmware-stubs/bed_mat.h"

#include "native.nanopb.h"

enum outbox_status bed_mat_init(struct bed_mat* m, const struct board* board, const char* device,
                                uint32_t every_ms) {
    states_init(&m->states, every_ms, 1);
    return outbox_init(&m->outbox, board, device, NULL, 0);
}

enum outbox_status bed_mat_occupied(struct bed_mat* m, bool occupied) {
    for (uint8_t i = 0; !occupied && i < m->states.count; ++i) {
        m->states.known[i].value_milli = 0;
        m->states.known[i].quality = anban_native_Quality_UNKNOWN;
    }
    const enum outbox_status status =
        states_set(&m->states, anban_native_Signal_BED_OCCUPIED, occupied ? 1000 : 0, anban_native_Quality_GOOD);
    return status == OUTBOX_OK ? bed_mat_report(m) : status;
}

enum outbox_status bed_mat_measured(struct bed_mat* m, uint32_t signal, int32_t value_milli, uint32_t quality) {
    if (signal != anban_native_Signal_HEART_RATE && signal != anban_native_Signal_RESPIRATION)
        return OUTBOX_BAD_INPUT;
    return states_set(&m->states, signal, value_milli, quality);
}

enum outbox_status bed_mat_report(struct bed_mat* m) {
    return states_report(&m->states, &m->outbox);
}

void bed_mat_step(struct bed_mat* m) {
    states_step(&m->states, &m->outbox);
}

uint64_t bed_mat_next_ms(const struct bed_mat* m) {
    return states_next_ms(&m->states);
}
