/* What a device has said and nobody has answered yet.
 *
 * Lifecycle of a frame: offered → sent → repeated byte for byte after 0.5, 1, 2, 4, 8, 16, then every 30 s
 * (each up to a quarter longer, so that devices fall out of step) → an Answer `received`, `stored`, `taken`,
 * `on_the_way` or `closed` that names it → forgotten. `not_delivered` ends nothing: the gateway may not have
 * it on its disk. The broker's own acknowledgement ends nothing either, and its reason 0x10 (nobody
 * subscribed) is shown at once as not delivered.
 *
 * Identity: a boot id (persisted counter in the high 32 bits, random bits in the low ones, never 0) and a
 * sequence from 1. A counter that can't be read or written is replaced by random bits, so that a device with
 * a worn-out flash still calls and is never taken for a repeat.
 *
 * Bounds: the caller gives the slots. When all are taken, the oldest frame of the lowest class below the new
 * one's makes room; where there is none the new frame is refused. A call or a fall is never dropped. Frames
 * live in RAM: a device that loses its power loses what nobody had answered, and shows so by its dark light.
 *
 * Time: every function asks the board. Nothing happens between calls: call outbox_step when outbox_next_ms
 * has come, and after anything was pushed in. Threads: one, as the board's. */
#ifndef ANBAN_FIRMWARE_OUTBOX_H
#define ANBAN_FIRMWARE_OUTBOX_H

#include "firmware-stubs/board.h"
#include "firmware-stubs/light.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
    OUTBOX_DEVICE_BYTES = 33,   /* as native.options, with the end */
    OUTBOX_TOPIC_BYTES = 56,    /* "anban/dev/" 10, id 32, "/reading" 8, the end; rounded up */
    OUTBOX_FRAME_BYTES = 128,   /* an event frame: id 34, boot 9, sequence and uptime 12, 4 observations of 18 */
    OUTBOX_OBSERVATIONS = 4,    /* in an event frame */
    OUTBOX_READINGS = 16,       /* in a reading, as native.options */
    OUTBOX_READING_BYTES = 352, /* the largest frame that native.options allows */
    OUTBOX_SLOTS = 32,          /* what a microcontroller gives: 4.6 kB */
    OUTBOX_FIRST_REPEAT_MS = 500,
    OUTBOX_LAST_REPEAT_MS = 30000,
    OUTBOX_NOT_DELIVERED_MS = 10000, /* without an answer for so long: the resident is told */
    OUTBOX_CLOSED_SHOWN_MS = 30000,  /* then the light goes out */
};

enum outbox_status {
    OUTBOX_OK = 0,
    OUTBOX_FULL,      /* refused; nothing below its class could go */
    OUTBOX_BAD_INPUT, /* no or too many observations, id too long */
    OUTBOX_MALFORMED, /* an answer that can't be read */
    OUTBOX_NOT_OURS,  /* an answer to another boot, or to a frame that we never sent */
    OUTBOX_UNSENT,    /* a reading that the network didn't take; it is gone */
    OUTBOX_TOO_LATE,  /* a cancellation outside its window */
};

/* What makes room for what, the lowest first. */
enum outbox_class { OUTBOX_SERVICE = 0, OUTBOX_CANCEL = 1, OUTBOX_LIFE_SAFETY = 2 };
enum { OUTBOX_CLASSES = 3 };

struct outbox_observation {
    uint32_t signal; /* anban_native_Signal */
    int32_t value_milli;
    uint32_t age_ms;
    uint32_t quality; /* anban_native_Quality */
};

struct outbox_slot {
    uint64_t due_ms;
    uint32_t sequence;
    uint16_t length; /* 0: free */
    uint8_t class_;  /* enum outbox_class */
    uint8_t sent;    /* times, stops at 255 */
    uint8_t frame[OUTBOX_FRAME_BYTES];
};
static_assert(sizeof(struct outbox_slot) == 144, "32 slots fit in 4.6 kB");

/* How the newest frame of a class stands: this is what the light is about. */
struct outbox_matter {
    uint64_t since_ms; /* of the last change */
    uint32_t sequence; /* 0: none */
    uint8_t stands;    /* enum shown */
    bool told;         /* by the gateway, not by our own clock */
};

struct outbox {
    const struct board* board;
    struct outbox_slot* slots;
    uint64_t boot;
    struct outbox_matter matters[OUTBOX_CLASSES];
    uint32_t next_sequence;
    uint32_t dropped; /* frames that made room, since the start */
    uint16_t slot_count;
    char device[OUTBOX_DEVICE_BYTES];
};

/* Takes a new boot id. `slots` are the caller's and live as long as the outbox. OUTBOX_BAD_INPUT for an empty
 * or too long id. A sensor that only reports needs no slots. */
enum outbox_status outbox_init(struct outbox* o, const struct board* board, const char* device,
                               struct outbox_slot* slots, uint16_t slot_count);

/* Builds an event frame, keeps it and sends it at once. `sequence` (may be null) gets its number. */
enum outbox_status outbox_offer(struct outbox* o, enum outbox_class class_,
                                const struct outbox_observation* observations, uint8_t count, uint32_t* sequence);

/* Sends states on the /reading topic; never kept, never repeated. At most OUTBOX_READINGS observations. */
enum outbox_status outbox_report(struct outbox* o, const struct outbox_observation* observations, uint8_t count,
                                 uint8_t qos, uint32_t* sequence);

/* A message on anban/dev/<id>/answer. */
enum outbox_status outbox_answered(struct outbox* o, const uint8_t* bytes, uint16_t length);

/* The broker's acknowledgement of what was published with `tag`; MQTT 5 reason, 0 where there is none. */
void outbox_acknowledged(struct outbox* o, uint32_t tag, uint8_t reason);

/* The connection has come (back): a call goes out at once, everything else within half a second. */
void outbox_online(struct outbox* o);

/* Sends what is due and lets our own clock tell that nothing was heard. */
void outbox_step(struct outbox* o);

/* When outbox_step has something to do; UINT64_MAX for never. May lie in the past. */
uint64_t outbox_next_ms(const struct outbox* o);

/* The state to show: the call's, if there is one, else the cancel's, else the service request's. */
enum shown outbox_shown(const struct outbox* o);

/* A matter's light goes out, e.g. of a fall whose cancellation was received. */
void outbox_settle(struct outbox* o, enum outbox_class class_);

/* Frames that wait for an answer. */
uint16_t outbox_waiting(const struct outbox* o);

/* A device's topic, e.g. anban/dev/button-1/alarm. `leaf` is "alarm", "reading" or "answer". */
void outbox_topic(char topic[OUTBOX_TOPIC_BYTES], const char* device, const char* leaf);

#ifdef __cplusplus
}
#endif
#endif
