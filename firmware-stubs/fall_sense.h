/* Says from accelerometer samples at the waist that somebody may have fallen: an impact, then stillness in
 * another posture than before.
 *
 * For each sample whose magnitude is above FALL_IMPACT_MG, once the 3.5 s after it are known:
 *   still  the standard deviation of the magnitude from 1.0 s to 3.5 s after it is below FALL_STILL_MG
 *   turned the mean acceleration of that time points more than 40° away from that from 3.5 s to 1.0 s before
 * Both hold: a fall is suspected, and no second one for FALL_QUIET_MS.
 *
 * The three thresholds and the window after the impact are those with which a sensitivity of 0.985 and a
 * specificity of 0.969 were computed on SisFall (Sucerquia, López, Vargas-Bonilla, "SisFall: A Fall and
 * Movement Dataset", Sensors 2017, 17(1):198). The window before it mirrors the one after; it is ours.
 * README.md has the figures of this implementation.
 *
 * Arithmetic: integers only; milli-g in, exact sums, one integer root a sample added or left behind.
 * Bounds: a ring of FALL_RING samples (4.2 kB), the same work for every sample. No heap.
 * Time: device time comes with each sample. A step back or a gap of more than three samples forgets the past. */
#ifndef ANBAN_FIRMWARE_FALL_SENSE_H
#define ANBAN_FIRMWARE_FALL_SENSE_H

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The algorithm's constants, all of them. */
enum {
    FALL_IMPACT_MG = 2000,       /* magnitude above it: an impact */
    FALL_STILL_MG = 150,         /* standard deviation of the magnitude below it: still */
    FALL_TURN_COS2 = 5868,       /* cos² 40° in ten-thousandths: below it, turned */
    FALL_SETTLE_MS = 1000,       /* from the impact to the window, and from the window to the impact */
    FALL_WINDOW_MS = 2500,       /* long is either window */
    FALL_POSTURE_LEAST_MS = 250, /* at least so much of the window before must be known */
    FALL_QUIET_MS = 5000,        /* after a suspected fall */
    FALL_SAMPLE_MS = 10,         /* 100 Hz */
};

enum {
    FALL_SETTLE = FALL_SETTLE_MS / FALL_SAMPLE_MS,
    FALL_WINDOW = FALL_WINDOW_MS / FALL_SAMPLE_MS,
    FALL_JUDGED_AFTER = FALL_SETTLE + FALL_WINDOW, /* samples after the impact */
    FALL_RING = 2 * FALL_JUDGED_AFTER,
};
static_assert(FALL_RING == 700, "windows and ring fit each other");

struct fall_sample {
    int16_t x, y, z; /* milli-g, any fixed orientation */
};
static_assert(sizeof(struct fall_sample) == 6, "the ring stays at 4.2 kB");

struct fall_sums {
    uint64_t magnitude_squared;
    int32_t x, y, z;
    uint32_t magnitude;
};

struct fall_sense {
    uint64_t last_ms;
    uint64_t quiet_until_ms;
    struct fall_sums before; /* of the posture's window */
    struct fall_sums after;  /* of the newest window */
    uint32_t heard;          /* samples since the start or the last gap; stops at FALL_RING */
    uint16_t at;             /* where the next sample goes */
    struct fall_sample ring[FALL_RING];
};

void fall_sense_init(struct fall_sense* f);

/* The next sample. True: a fall is suspected, FALL_SETTLE_MS + FALL_WINDOW_MS ago. */
bool fall_sense_sample(struct fall_sense* f, uint64_t device_ms, struct fall_sample sample);

#ifdef __cplusplus
}
#endif
#endif
