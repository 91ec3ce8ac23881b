/* A mat under the mattress: occupied or not, and while occupied heart rate and respiration. For now its
 * values are given to it by whoever plays it. A change of occupancy goes out at once at QoS 1; all states go
 * out again every `every_ms`.
 *
 * Threads: one, as the board's. */
#ifndef ANBAN_FIRMWARE_BED_MAT_H
#define ANBAN_FIRMWARE_BED_MAT_H

#include "firmware-stubs/states.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bed_mat {
    struct outbox outbox;
    struct states states;
};

enum outbox_status bed_mat_init(struct bed_mat* m, const struct board* board, const char* device,
                                uint32_t every_ms);

/* Reports at once. An empty bed has no heart rate: what was known of it is unknown from then on. */
enum outbox_status bed_mat_occupied(struct bed_mat* m, bool occupied);

/* Heart rate or respiration, sent with the next report; OUTBOX_BAD_INPUT for anything else. */
enum outbox_status bed_mat_measured(struct bed_mat* m, uint32_t signal, int32_t value_milli, uint32_t quality);

enum outbox_status bed_mat_report(struct bed_mat* m);
void bed_mat_step(struct bed_mat* m);
uint64_t bed_mat_next_ms(const struct bed_mat* m);

#ifdef __cplusplus
}
#endif
#endif
