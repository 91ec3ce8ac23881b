#include "firmware-stubs/light.h"

struct row {
    const char* name;
    struct board_light light;
};

/* clang-format off: a table is read in columns. */
/*                                               on   off  colour        beeps insists */
static const struct row table[] = {
    [SHOWN_NOTHING] = {"nothing", {0, 0, BOARD_DARK, 0, false, 0}},
    [SHOWN_RECEIVED] = {"received", {250, 750, BOARD_WHITE, 1, false, 0}},
    [SHOWN_STORED] = {"stored", {750, 250, BOARD_BLUE, 1, false, 0}},
    [SHOWN_TAKEN] = {"taken", {500, 500, BOARD_YELLOW, 2, false, 0}},
    [SHOWN_ON_THE_WAY] = {"on_the_way", {0, 0, BOARD_GREEN, 3, false, 0}},
    [SHOWN_CLOSED] = {"closed", {0, 0, BOARD_DARK, 1, false, 0}},
    [SHOWN_NOT_DELIVERED] = {"not_delivered", {200, 200, BOARD_RED, 3, true, 0}},
    [SHOWN_SENDING] = {"sending", {100, 100, BOARD_WHITE, 0, false, 0}},
    [SHOWN_FALL_WARNING] = {"fall_warning", {100, 900, BOARD_RED, 1, true, 0}},
};
/* clang-format on */
_Static_assert(sizeof table / sizeof table[0] == SHOWN_COUNT, "every state has its row");

static const struct row* row_of(enum shown what) {
    const unsigned index = (unsigned)what;
    return &table[index < SHOWN_COUNT ? index : SHOWN_NOTHING];
}

const struct board_light* light_of(enum shown what) {
    return &row_of(what)->light;
}

const char* shown_name(enum shown what) {
    return row_of(what)->name;
}
