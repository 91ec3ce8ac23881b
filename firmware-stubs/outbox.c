#include "firmware-stubs/outbox.h"

#include <string.h>

#include <pb_decode.h>
#include <pb_encode.h>

#include "native.nanopb.h"

_Static_assert(sizeof(((anban_native_Frame*)0)->device) == OUTBOX_DEVICE_BYTES, "the id's bound is one");
_Static_assert(sizeof(((anban_native_Frame*)0)->observations) / sizeof(anban_native_Observation) ==
                   OUTBOX_READINGS,
               "the readings' bound is one");
_Static_assert(anban_native_Frame_size <= OUTBOX_READING_BYTES, "the largest frame fits");
_Static_assert(34 + 9 + 6 + 6 + OUTBOX_OBSERVATIONS * (2 + anban_native_Observation_size) <= OUTBOX_FRAME_BYTES,
               "the largest event frame fits its slot");
_Static_assert((int)SHOWN_RECEIVED == (int)anban_native_AnswerKind_RECEIVED, "one enum of answers");
_Static_assert((int)SHOWN_NOT_DELIVERED == (int)anban_native_AnswerKind_NOT_DELIVERED, "one enum of answers");

static const uint8_t no_matching_subscribers = 0x10; /* MQTT 5, PUBACK reason */

static uint64_t now_of(const struct outbox* o) {
    return o->board->monotonic_ms(o->board->context);
}

static uint32_t random_of(const struct outbox* o) {
    return o->board->random_bits(o->board->context);
}

static uint64_t new_boot_id(const struct board* board) {
    uint32_t counter = 0;
    bool counted = board->read_counter(board->context, &counter) == BOARD_OK && counter != UINT32_MAX;
    if (counted) counted = board->write_counter(board->context, counter + 1) == BOARD_OK;
    const uint32_t high = counted ? counter + 1 : board->random_bits(board->context);
    const uint64_t boot = ((uint64_t)high << 32) | board->random_bits(board->context);
    return boot != 0 ? boot : 1;
}

void outbox_topic(char topic[OUTBOX_TOPIC_BYTES], const char* device, const char* leaf) {
    static const char prefix[] = "anban/dev/";
    size_t at = sizeof prefix - 1;
    memcpy(topic, prefix, at);
    for (size_t i = 0; device[i] != '\0' && i < OUTBOX_DEVICE_BYTES - 1; ++i) topic[at++] = device[i];
    topic[at++] = '/';
    for (size_t i = 0; leaf[i] != '\0' && at < OUTBOX_TOPIC_BYTES - 1; ++i) topic[at++] = leaf[i];
    topic[at] = '\0';
}

enum outbox_status outbox_init(struct outbox* o, const struct board* board, const char* device,
                               struct outbox_slot* slots, uint16_t slot_count) {
    const size_t length = strlen(device);
    if (length == 0 || length >= OUTBOX_DEVICE_BYTES) return OUTBOX_BAD_INPUT;
    memset(o, 0, sizeof *o);
    if (slot_count > 0) memset(slots, 0, sizeof *slots * slot_count);
    o->board = board;
    o->slots = slots;
    o->slot_count = slot_count;
    memcpy(o->device, device, length + 1);
    o->boot = new_boot_id(board);
    o->next_sequence = 1;
    return OUTBOX_OK;
}

/* Encodes a frame; 0 if it doesn't fit, which the asserts above exclude. */
static uint16_t encode(const struct outbox* o, uint32_t sequence, uint64_t now,
                       const struct outbox_observation* observations, uint8_t count, uint8_t* bytes,
                       size_t capacity) {
    anban_native_Frame frame = anban_native_Frame_init_zero;
    memcpy(frame.device, o->device, sizeof frame.device);
    frame.boot = o->boot;
    frame.sequence = sequence;
    frame.uptime_ms = (uint32_t)now;
    frame.observations_count = count;
    for (uint8_t i = 0; i < count; ++i) {
        frame.observations[i].signal = (anban_native_Signal)observations[i].signal;
        frame.observations[i].value_milli = observations[i].value_milli;
        frame.observations[i].quality = (anban_native_Quality)observations[i].quality;
        frame.observations[i].age_ms = observations[i].age_ms;
    }
    pb_ostream_t stream = pb_ostream_from_buffer(bytes, capacity);
    if (!pb_encode(&stream, anban_native_Frame_fields, &frame)) return 0;
    return (uint16_t)stream.bytes_written;
}

static bool older(const struct outbox_slot* a, const struct outbox_slot* b) {
    return a->sequence < b->sequence;
}

/* A free slot, or the one that makes room for a frame of `class_`; null where none may. */
static struct outbox_slot* room_for(struct outbox* o, enum outbox_class class_) {
    struct outbox_slot* victim = NULL;
    for (uint16_t i = 0; i < o->slot_count; ++i) {
        struct outbox_slot* slot = &o->slots[i];
        if (slot->length == 0) return slot;
        if (slot->class_ >= (uint8_t)class_) continue;
        if (victim == NULL || slot->class_ < victim->class_ ||
            (slot->class_ == victim->class_ && older(slot, victim)))
            victim = slot;
    }
    if (victim != NULL) ++o->dropped;
    return victim;
}

/* 0.5, 1, 2, 4, 8, 16, 30, 30 … s after the first, second … sending, and up to a quarter more. */
static uint64_t wait_after(const struct outbox* o, uint8_t sent) {
    uint32_t wait = OUTBOX_LAST_REPEAT_MS;
    if (sent >= 1 && sent <= 6) wait = (uint32_t)OUTBOX_FIRST_REPEAT_MS << (sent - 1);
    return wait + random_of(o) % (wait / 4 + 1);
}

static enum board_status send(struct outbox* o, struct outbox_slot* slot, uint64_t now) {
    char topic[OUTBOX_TOPIC_BYTES];
    outbox_topic(topic, o->device, "alarm");
    const enum board_status status =
        o->board->publish(o->board->context, topic, slot->frame, slot->length, 1, slot->sequence);
    if (slot->sent < UINT8_MAX) ++slot->sent;
    /* Without a connection trying is cheap and outbox_online asks again; the wait only bounds the tries. */
    slot->due_ms = now + (status == BOARD_BUSY ? 20 : wait_after(o, status == BOARD_OK ? slot->sent : 3));
    return status;
}

enum outbox_status outbox_offer(struct outbox* o, enum outbox_class class_,
                                const struct outbox_observation* observations, uint8_t count, uint32_t* sequence) {
    if (count == 0 || count > OUTBOX_OBSERVATIONS || (unsigned)class_ >= OUTBOX_CLASSES) return OUTBOX_BAD_INPUT;
    struct outbox_slot* slot = room_for(o, class_);
    if (slot == NULL) return OUTBOX_FULL;
    const uint64_t now = now_of(o);
    const uint32_t number = o->next_sequence;
    const uint16_t length = encode(o, number, now, observations, count, slot->frame, sizeof slot->frame);
    if (length == 0) {
        slot->length = 0;
        return OUTBOX_BAD_INPUT;
    }
    ++o->next_sequence;
    slot->length = length;
    slot->sequence = number;
    slot->class_ = (uint8_t)class_;
    slot->sent = 0;
    o->matters[class_] =
        (struct outbox_matter){.since_ms = now, .sequence = number, .stands = SHOWN_SENDING, .told = false};
    if (sequence != NULL) *sequence = number;
    (void)send(o, slot, now);
    return OUTBOX_OK;
}

enum outbox_status outbox_report(struct outbox* o, const struct outbox_observation* observations, uint8_t count,
                                 uint8_t qos, uint32_t* sequence) {
    if (count == 0 || count > OUTBOX_READINGS) return OUTBOX_BAD_INPUT;
    uint8_t bytes[OUTBOX_READING_BYTES];
    const uint32_t number = o->next_sequence;
    const uint16_t length = encode(o, number, now_of(o), observations, count, bytes, sizeof bytes);
    if (length == 0) return OUTBOX_BAD_INPUT;
    ++o->next_sequence;
    if (sequence != NULL) *sequence = number;
    char topic[OUTBOX_TOPIC_BYTES];
    outbox_topic(topic, o->device, "reading");
    const enum board_status status = o->board->publish(o->board->context, topic, bytes, length, qos, number);
    return status == BOARD_OK ? OUTBOX_OK : OUTBOX_UNSENT;
}

/* Progress only goes forward. not_delivered is left by `stored` or better, or by any answer of the gateway
 * where only our own clock had told it; it never takes back what a person or the centre has done. */
static bool moves(const struct outbox_matter* m, enum shown to) {
    if (m->stands == SHOWN_SENDING) return true;
    if (to == SHOWN_NOT_DELIVERED) return m->stands == SHOWN_RECEIVED || m->stands == SHOWN_NOT_DELIVERED;
    if (m->stands == SHOWN_NOT_DELIVERED) return to != SHOWN_RECEIVED || !m->told;
    return (uint8_t)to > m->stands;
}

enum outbox_status outbox_answered(struct outbox* o, const uint8_t* bytes, uint16_t length) {
    anban_native_Answer answer = anban_native_Answer_init_zero;
    pb_istream_t stream = pb_istream_from_buffer(bytes, length);
    if (!pb_decode(&stream, anban_native_Answer_fields, &answer)) return OUTBOX_MALFORMED;
    if (answer.kind < anban_native_AnswerKind_RECEIVED || answer.kind > anban_native_AnswerKind_NOT_DELIVERED)
        return OUTBOX_MALFORMED;
    if (answer.boot != o->boot || answer.sequence == 0 || answer.sequence >= o->next_sequence)
        return OUTBOX_NOT_OURS;
    const enum shown kind = (enum shown)answer.kind;
    if (kind != SHOWN_NOT_DELIVERED) {
        for (uint16_t i = 0; i < o->slot_count; ++i) {
            if (o->slots[i].length != 0 && o->slots[i].sequence == answer.sequence) o->slots[i].length = 0;
        }
    }
    for (int c = 0; c < OUTBOX_CLASSES; ++c) {
        struct outbox_matter* m = &o->matters[c];
        if (m->sequence != answer.sequence || !moves(m, kind)) continue;
        m->stands = (uint8_t)kind;
        m->told = true;
        m->since_ms = now_of(o);
    }
    return OUTBOX_OK;
}

static void tell_not_delivered(struct outbox_matter* m, uint64_t now) {
    m->stands = SHOWN_NOT_DELIVERED;
    m->told = false;
    m->since_ms = now;
}

void outbox_acknowledged(struct outbox* o, uint32_t tag, uint8_t reason) {
    if (reason != no_matching_subscribers && reason < 0x80) return;
    for (int c = 0; c < OUTBOX_CLASSES; ++c) {
        struct outbox_matter* m = &o->matters[c];
        if (m->sequence == tag && tag != 0 && m->stands == SHOWN_SENDING) tell_not_delivered(m, now_of(o));
    }
}

void outbox_online(struct outbox* o) {
    const uint64_t now = now_of(o);
    for (uint16_t i = 0; i < o->slot_count; ++i) {
        struct outbox_slot* slot = &o->slots[i];
        if (slot->length == 0) continue;
        slot->sent = 0;
        slot->due_ms = now;
        if (slot->class_ != OUTBOX_LIFE_SAFETY) slot->due_ms += random_of(o) % OUTBOX_FIRST_REPEAT_MS;
    }
}

/* The slot that is sent next: a higher class first, in it the older frame. */
static struct outbox_slot* most_urgent_due(struct outbox* o, uint64_t now) {
    struct outbox_slot* best = NULL;
    for (uint16_t i = 0; i < o->slot_count; ++i) {
        struct outbox_slot* slot = &o->slots[i];
        if (slot->length == 0 || slot->due_ms > now) continue;
        if (best == NULL || slot->class_ > best->class_ || (slot->class_ == best->class_ && older(slot, best)))
            best = slot;
    }
    return best;
}

void outbox_step(struct outbox* o) {
    const uint64_t now = now_of(o);
    for (uint16_t sent = 0; sent < o->slot_count; ++sent) {
        struct outbox_slot* slot = most_urgent_due(o, now);
        if (slot == NULL) break;
        if (send(o, slot, now) == BOARD_BUSY) break;
    }
    for (int c = 0; c < OUTBOX_CLASSES; ++c) {
        struct outbox_matter* m = &o->matters[c];
        if (m->sequence == 0) continue;
        if (m->stands == SHOWN_SENDING && now - m->since_ms >= OUTBOX_NOT_DELIVERED_MS) tell_not_delivered(m, now);
        if (m->stands == SHOWN_CLOSED && now - m->since_ms >= OUTBOX_CLOSED_SHOWN_MS) m->sequence = 0;
    }
}

uint64_t outbox_next_ms(const struct outbox* o) {
    uint64_t next = UINT64_MAX;
    for (uint16_t i = 0; i < o->slot_count; ++i) {
        if (o->slots[i].length != 0 && o->slots[i].due_ms < next) next = o->slots[i].due_ms;
    }
    for (int c = 0; c < OUTBOX_CLASSES; ++c) {
        const struct outbox_matter* m = &o->matters[c];
        if (m->sequence == 0) continue;
        uint64_t at = UINT64_MAX;
        if (m->stands == SHOWN_SENDING) at = m->since_ms + OUTBOX_NOT_DELIVERED_MS;
        if (m->stands == SHOWN_CLOSED) at = m->since_ms + OUTBOX_CLOSED_SHOWN_MS;
        if (at < next) next = at;
    }
    return next;
}

enum shown outbox_shown(const struct outbox* o) {
    for (int c = OUTBOX_CLASSES - 1; c >= 0; --c) {
        if (o->matters[c].sequence != 0) return (enum shown)o->matters[c].stands;
    }
    return SHOWN_NOTHING;
}

void outbox_settle(struct outbox* o, enum outbox_class class_) {
    if ((unsigned)class_ < OUTBOX_CLASSES) o->matters[class_].sequence = 0;
}

uint16_t outbox_waiting(const struct outbox* o) {
    uint16_t waiting = 0;
    for (uint16_t i = 0; i < o->slot_count; ++i) waiting = (uint16_t)(waiting + (o->slots[i].length != 0));
    return waiting;
}
