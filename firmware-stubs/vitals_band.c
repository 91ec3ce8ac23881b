#include "firmware-stubs/vitals_band.h"

#include "native.nanopb.h"

enum outbox_status vitals_band_init(struct vitals_band* b, const struct board* board, const char* device,
                                    uint32_t every_ms) {
    states_init(&b->states, every_ms, 0);
    return outbox_init(&b->outbox, board, device, NULL, 0);
}

enum outbox_status vitals_band_measured(struct vitals_band* b, uint32_t signal, int32_t value_milli,
                                        uint32_t quality) {
    switch (signal) {
    case anban_native_Signal_HEART_RATE:
    case anban_native_Signal_SPO2:
    case anban_native_Signal_RESPIRATION:
    case anban_native_Signal_TEMPERATURE:
    case anban_native_Signal_BATTERY: return states_set(&b->states, signal, value_milli, quality);
    default: return OUTBOX_BAD_INPUT;
    }
}

enum outbox_status vitals_band_report(struct vitals_band* b) {
    return states_report(&b->states, &b->outbox);
}

void vitals_band_step(struct vitals_band* b) {
    states_step(&b->states, &b->outbox);
}

uint64_t vitals_band_next_ms(const struct vitals_band* b) {
    return states_next_ms(&b->states);
}
