/* A fall detector worn at the waist: tells a suspected fall at once, then lets its wearer withdraw it with
 * the cancel key for FALL_DETECTOR_CANCEL_MS, and shows how its call stands.
 *
 * Time: samples carry the sensor's device time, which decides what a fall is; the cancel window runs on the
 * board's clock from the moment when the fall was told. A recording may so be played faster than it was made.
 * Bounds and threads: as outbox.h. The caller calls fall_detector_step when fall_detector_next_ms has come. */
#ifndef ANBAN_FIRMWARE_FALL_DETECTOR_H
#define ANBAN_FIRMWARE_FALL_DETECTOR_H

#include "firmware-stubs/fall_sense.h"
#include "firmware-stubs/key.h"
#include "firmware-stubs/outbox.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { FALL_DETECTOR_CANCEL_MS = 20000 }; /* the hold of the fall rule; a later cancel would end nothing */

struct fall_detector {
    struct outbox outbox;
    struct fall_sense sense;
    struct key cancel_key;
    uint64_t cancel_until_ms; /* 0: nothing to cancel */
    uint32_t cancel_sequence; /* of the newest fall's cancellation; 0: none */
    uint32_t falls;           /* told or refused, since the start */
    uint8_t battery_percent;
    uint8_t lit; /* enum shown that the board was told last */
};

enum outbox_status fall_detector_init(struct fall_detector* d, const struct board* board, const char* device,
                                      struct outbox_slot* slots, uint16_t slot_count);

/* The next accelerometer sample. A suspected fall goes out from here. */
void fall_detector_sample(struct fall_detector* d, uint64_t device_ms, struct fall_sample sample);

/* The level of the cancel key. Its press does nothing outside the cancel window. */
void fall_detector_key(struct fall_detector* d, bool down);

/* A press of the cancel key as its debounce lets it through. OUTBOX_TOO_LATE outside the cancel window. */
enum outbox_status fall_detector_cancel(struct fall_detector* d, uint32_t* sequence);

/* Says that it is there, with its battery level, on the reading topic. */
enum outbox_status fall_detector_check_in(struct fall_detector* d);

void fall_detector_step(struct fall_detector* d);
uint64_t fall_detector_next_ms(const struct fall_detector* d);

#ifdef __cplusplus
}
#endif
#endif
