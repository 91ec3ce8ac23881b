/* A key with its bounces taken out: it counts once it has been down for KEY_DEBOUNCE_MS without a change, and
 * again only after it has been up for as long. A held or stuck key is one press. */
#ifndef ANBAN_FIRMWARE_KEY_H
#define ANBAN_FIRMWARE_KEY_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { KEY_DEBOUNCE_MS = 20 }; /* domestic tactile keys bounce for less than 10 ms */

struct key {
    uint64_t changed_ms;
    bool level;   /* as last pushed */
    bool settled; /* after the debounce */
};

/* The contact was read; equal levels are ignored. */
void key_level(struct key* k, bool down, uint64_t now_ms);

/* Lets the debounce pass; true once for each press. */
bool key_pressed(struct key* k, uint64_t now_ms);

/* When key_pressed has something to decide; UINT64_MAX for never. */
uint64_t key_next_ms(const struct key* k);

#ifdef __cplusplus
}
#endif
#endif
