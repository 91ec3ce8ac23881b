/*
 * What a test and the programs on its frail disk share: one page of memory, a file named by ANBAN_DISK_PAGE.
 * The test gives the order, the programs count. All fields are read and written atomically.
 */
#ifndef ANBAN_TESTS_STAGE_DISK_FRAIL_DISK_H
#define ANBAN_TESTS_STAGE_DISK_FRAIL_DISK_H

#include <stdint.h>

enum frail_order {
    frail_sound = 0,
    frail_failing = 1,  /* each sync fails with EIO */
    frail_full = 2,     /* what would make a file longer, or be a new one, fails with ENOSPC */
    frail_readonly = 3, /* whatever changes anything fails with EROFS */
    frail_held = 4,     /* a sync doesn't return before the order changes */
    frail_lying = 5,    /* a sync says that it was done and does nothing: what a test must find out */
};

struct frail_page {
    uint32_t order;        /* frail_order */
    uint32_t held;         /* syncs that are waiting now */
    uint64_t synced;       /* syncs that were done */
    uint64_t refused;      /* operations that an order made fail */
    uint64_t acknowledged; /* MQTT PUBACKs that ANBAN_DISK_CLIENT gave to a socket */
};

#endif
