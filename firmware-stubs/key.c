#include "firmware-stubs/key.h"

void key_level(struct key* k, bool down, uint64_t now_ms) {
    if (k->level == down) return;
    k->level = down;
    k->changed_ms = now_ms;
}

bool key_pressed(struct key* k, uint64_t now_ms) {
    if (k->level == k->settled || now_ms - k->changed_ms < KEY_DEBOUNCE_MS) return false;
    k->settled = k->level;
    return k->settled;
}

uint64_t key_next_ms(const struct key* k) {
    return k->level == k->settled ? UINT64_MAX : k->changed_ms + KEY_DEBOUNCE_MS;
}
