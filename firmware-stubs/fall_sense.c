#include "firmware-stubs/fall_sense.h"

#include <string.h>

void fall_sense_init(struct fall_sense* f) {
    memset(f, 0, sizeof *f);
}

static uint32_t squared(struct fall_sample s) {
    /* 3 · 32768² fits 32 bits without a sign. */
    const int32_t x = s.x, y = s.y, z = s.z;
    return (uint32_t)(x * x) + (uint32_t)(y * y) + (uint32_t)(z * z);
}

/* The integer part of the root, bit by bit. */
static uint32_t root(uint32_t n) {
    uint32_t result = 0;
    for (uint32_t bit = 1U << 30; bit != 0; bit >>= 2) {
        if (n >= result + bit) {
            n -= result + bit;
            result = (result >> 1) + bit;
        } else {
            result >>= 1;
        }
    }
    return result;
}

static void add(struct fall_sums* sums, struct fall_sample s) {
    const uint32_t magnitude = root(squared(s));
    sums->x += s.x;
    sums->y += s.y;
    sums->z += s.z;
    sums->magnitude += magnitude;
    sums->magnitude_squared += (uint64_t)magnitude * magnitude;
}

static void take(struct fall_sums* sums, struct fall_sample s) {
    const uint32_t magnitude = root(squared(s));
    sums->x -= s.x;
    sums->y -= s.y;
    sums->z -= s.z;
    sums->magnitude -= magnitude;
    sums->magnitude_squared -= (uint64_t)magnitude * magnitude;
}

/* n²·variance = n·Σm² − (Σm)². */
static bool still(const struct fall_sums* sums) {
    const uint64_t n = FALL_WINDOW;
    const uint64_t scaled = n * sums->magnitude_squared - (uint64_t)sums->magnitude * sums->magnitude;
    return scaled < n * n * FALL_STILL_MG * FALL_STILL_MG;
}

struct direction {
    int64_t x, y, z;
};

/* Only the direction matters: halved until 64 bits hold the products below. */
static struct direction direction_of(const struct fall_sums* sums, int32_t n) {
    struct direction d = {sums->x / n, sums->y / n, sums->z / n};
    while (d.x > 2047 || d.x < -2047 || d.y > 2047 || d.y < -2047 || d.z > 2047 || d.z < -2047) {
        d.x /= 2;
        d.y /= 2;
        d.z /= 2;
    }
    return d;
}

static bool turned(struct direction a, struct direction b) {
    const int64_t dot = a.x * b.x + a.y * b.y + a.z * b.z;
    if (dot <= 0) return true;
    const int64_t lengths = (a.x * a.x + a.y * a.y + a.z * a.z) * (b.x * b.x + b.y * b.y + b.z * b.z);
    return dot * dot * 10000 < lengths * FALL_TURN_COS2;
}

/* The sample that came `ago` before the newest one. */
static struct fall_sample back(const struct fall_sense* f, uint32_t ago) {
    return f->ring[(f->at + 2U * FALL_RING - 1U - ago) % FALL_RING];
}

static bool judge(const struct fall_sense* f) {
    if (f->heard < FALL_JUDGED_AFTER) return false;
    const struct fall_sample impact = back(f, FALL_JUDGED_AFTER - 1);
    if (squared(impact) <= (uint32_t)FALL_IMPACT_MG * FALL_IMPACT_MG) return false;
    /* The window before ends FALL_SETTLE before the impact and may reach back beyond the first sample. */
    const uint32_t outside = FALL_JUDGED_AFTER + FALL_SETTLE;
    const uint32_t known = f->heard > outside ? f->heard - outside : 0;
    if (known < FALL_POSTURE_LEAST_MS / FALL_SAMPLE_MS) return false;
    return still(&f->after) &&
           turned(direction_of(&f->before, (int32_t)known), direction_of(&f->after, FALL_WINDOW));
}

bool fall_sense_sample(struct fall_sense* f, uint64_t device_ms, struct fall_sample sample) {
    const bool continues = device_ms > f->last_ms && device_ms - f->last_ms <= 3 * FALL_SAMPLE_MS;
    if (!continues) {
        const uint64_t quiet = f->quiet_until_ms;
        fall_sense_init(f);
        f->quiet_until_ms = quiet > device_ms + FALL_QUIET_MS ? 0 : quiet;
    }
    f->last_ms = device_ms;
    if (f->heard == FALL_RING) take(&f->before, f->ring[f->at]);
    f->ring[f->at] = sample;
    f->at = (uint16_t)((f->at + 1) % FALL_RING);
    if (f->heard < FALL_RING) ++f->heard;
    add(&f->after, sample);
    if (f->heard > FALL_WINDOW) take(&f->after, back(f, FALL_WINDOW));
    const uint32_t enters = FALL_RING - FALL_WINDOW;
    if (f->heard > enters) add(&f->before, back(f, enters));
    if (device_ms < f->quiet_until_ms || !judge(f)) return false;
    f->quiet_until_ms = device_ms + FALL_QUIET_MS;
    return true;
}
