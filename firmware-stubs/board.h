/* The hardware under a device: everything that our firmware asks of the world goes through this seam, so
 * that the same sources run on a microcontroller, in anban-home and in a test with virtual time.
 *
 * What happens to a device (keys, samples, answers, the link coming up) is pushed into its functions; only
 * what is listed here is asked for.
 *
 * Ownership: the caller keeps the board alive as long as any module that was given it.
 * Threads: one. An interrupt handler notes what it saw and leaves the call to the main loop. */
#ifndef ANBAN_FIRMWARE_BOARD_H
#define ANBAN_FIRMWARE_BOARD_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum board_status {
    BOARD_OK = 0,
    BOARD_OFFLINE, /* no connection to the broker; nothing was sent */
    BOARD_BUSY,    /* connected, but no room to send just now; nothing was sent */
    BOARD_FAILED,  /* the part is broken or refused */
};

enum board_colour { BOARD_DARK = 0, BOARD_WHITE, BOARD_YELLOW, BOARD_BLUE, BOARD_GREEN, BOARD_RED };

/* A light and a tone, repeated until the next one is shown. `off_ms` 0 is a steady light; `beeps` are
 * sounded once, when the light is first shown, or with every flash where `insists`. */
struct board_light {
    uint16_t on_ms;
    uint16_t off_ms;
    uint8_t colour; /* enum board_colour */
    uint8_t beeps;
    bool insists;
    uint8_t reserved;
};
static_assert(sizeof(struct board_light) == 8, "the pattern table stays in a few words of flash");

struct board {
    void* context;

    /* Milliseconds since the start; never goes back, also counts while asleep. */
    uint64_t (*monotonic_ms)(void* context);

    /* One counter that survives a power cut whole: it has either the old or the new value. */
    enum board_status (*read_counter)(void* context, uint32_t* value);
    enum board_status (*write_counter)(void* context, uint32_t value);

    /* From a hardware source; differs after every start. */
    uint32_t (*random_bits)(void* context);

    /* Hands a message to the network and returns at once. `bytes` are copied or sent before it returns.
     * `tag` comes back with the broker's acknowledgement (outbox_acknowledged) where `qos` is 1. */
    enum board_status (*publish)(void* context, const char* topic, const uint8_t* bytes, uint16_t length,
                                 uint8_t qos, uint32_t tag);

    void (*show)(void* context, const struct board_light* light);
};

#ifdef __cplusplus
}
#endif
#endif
