/* A wrist band: heart rate, oxygen saturation, respiration, skin temperature. For now its values are given
 * to it by whoever plays it; it reports them every `every_ms` at QoS 0, since the next report is the repeat.
 *
 * Threads: one, as the board's. */
#ifndef ANBAN_FIRMWARE_VITALS_BAND_H
#define ANBAN_FIRMWARE_VITALS_BAND_H

#include "firmware-stubs/states.h"

#ifdef __cplusplus
extern "C" {
#endif

struct vitals_band {
    struct outbox outbox;
    struct states states;
};

enum outbox_status vitals_band_init(struct vitals_band* b, const struct board* board, const char* device,
                                    uint32_t every_ms);

/* A measured value in thousandths of the signal's unit. OUTBOX_BAD_INPUT for what a band can't measure.
 * `quality` is anban_native_Quality; it is sent with the next report. */
enum outbox_status vitals_band_measured(struct vitals_band* b, uint32_t signal, int32_t value_milli,
                                        uint32_t quality);

enum outbox_status vitals_band_report(struct vitals_band* b);
void vitals_band_step(struct vitals_band* b);
uint64_t vitals_band_next_ms(const struct vitals_band* b);

#ifdef __cplusplus
}
#endif
#endif
