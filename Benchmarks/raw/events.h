// The events that every benchmark sends, the same ones to clickd, to the raw programs and to other systems; made before the
// clock starts. `number` of a run settles an event's ids: the same number has the same messageId and visitor, so that a
// program can go over its events in several passes, and writes only the ids anew from the second pass on.
//
// What they look like is chosen in the environment:
//   EVENT_SHAPE  "shop" (the usual): shop_events.h. "old": old_events.h, what was measured up to November 2026
//   EVENT_IDS    of shop events: "mixed" (the usual), "random" or "ordered", see shop_events.h
//   EVENT_BYTES  lines of exactly that size, the LF not counted, with such ids and otherwise random contents; with a host in
//                front some bytes more where there is no room for that
// The old shape goes with neither of the others.
#ifndef BENCH_EVENTS_H
#define BENCH_EVENTS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LEAST_BYTES = 200, MOST_BYTES = 64 << 10, LINE_ROOM = 8192, POOL_EVENTS = 1 << 21, POOL_BYTES = 1 << 30 };
enum { UUID_BYTES = 36, TIME_BYTES = 14, ID_ROOM = 64, KEY_ROOM = 2 + UUID_BYTES };

enum id_kind {
    ID_RANDOM,   // a UUID of version 4
    ID_ORDERED,  // milliseconds since 1970, a hyphen, a UUID of version 4
    ID_RISING,   // eight digits
};

struct line {
    size_t start;                                   // in the events' bytes
    uint32_t length;                                // with its LF
    uint16_t message_id, numbered, id_end;          // in the line: the messageId, what the number changes of it, its end
    uint16_t visitor, visitor_length;               // in the line: the anonymousId
    uint8_t id_kind;
    const char *activity;                           // NULL: none
};

struct events {
    char *bytes;
    size_t count, size;
    struct line *lines;
    uint64_t first, seed;  // the first one's number; the run's
    int64_t began;         // when they were made, ms since 1970
};

static inline void *must(void *memory) {
    if (memory) return memory;
    fprintf(stderr, "out of memory\n");
    exit(1);
}

static inline double now_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline int64_t wall_milliseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline uint32_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

// Spreads a number over 64 bits: Stafford's thirteenth mix, as in splitmix64.
static inline uint64_t spread(uint64_t x) {
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static inline char *put_bytes(char *at, const char *text, size_t length) {
    memcpy(at, text, length);
    return at + length;
}

static inline char *put(char *at, const char *text) { return put_bytes(at, text, strlen(text)); }

// The last `digits` digits of a number.
static inline char *put_digits(char *at, uint64_t number, int digits) {
    for (int i = digits - 1; i >= 0; i--, number /= 10) at[i] = (char)('0' + number % 10);
    return at + digits;
}

static inline char *put_number(char *at, uint64_t number) {
    int digits = 1;
    for (uint64_t rest = number; rest > 9; rest /= 10) digits++;
    return put_digits(at, number, digits);
}

// A UUID of version 4 of these bits.
static inline char *put_uuid(char *at, uint64_t high, uint64_t low) {
    static const char hex[] = "0123456789abcdef";
    high = (high & ~(uint64_t)0xF000) | 0x4000;
    low = (low & ~((uint64_t)3 << 62)) | (uint64_t)2 << 62;
    for (int i = 0; i < 16; i++) {
        uint64_t byte = (i < 8 ? high >> (56 - 8 * i) : low >> (120 - 8 * i)) & 0xFF;
        if (i == 4 || i == 6 || i == 8 || i == 10) *at++ = '-';
        *at++ = hex[byte >> 4];
        *at++ = hex[byte & 15];
    }
    return at;
}

// ISO 8601 in UTC; gmtime_r is asked once a second of the events' time.
static inline char *put_time(char *at, int64_t milliseconds) {
    static _Thread_local int64_t known = -1;
    static _Thread_local char text[24];
    if (milliseconds / 1000 != known) {
        struct tm parts;
        time_t seconds = (time_t)(known = milliseconds / 1000);
        gmtime_r(&seconds, &parts);
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S.", &parts);
    }
    at = put_digits(put(at, text), (uint64_t)(milliseconds % 1000), 3);
    *at++ = 'Z';
    return at;
}

// An event's milliseconds in an ordered id: as if 50,000 were made a second.
static inline int64_t made_at(const struct events *e, uint64_t number) { return e->began + (int64_t)(number / 50); }

static inline char *put_id(char *at, const struct events *e, int kind, uint64_t number) {
    if (kind == ID_RISING) return put_digits(at, number, 8);
    if (kind == ID_ORDERED) {
        at = put_digits(at, (uint64_t)made_at(e, number), TIME_BYTES - 1);
        *at++ = '-';
    }
    uint64_t bits = spread(e->seed + number);
    return put_uuid(at, bits, spread(bits));
}

// What happens in a shop, and how often: `pick` is 0 to 99. The event's name; its activity goes into `line`.
static inline const char *name_event(struct line *line, uint32_t pick) {
    const char *name;
    if (pick < 55) name = "Product Viewed", line->activity = "view_product";
    else if (pick < 70) name = "Product Added", line->activity = "add_to_cart";
    else if (pick < 74) name = "Product Removed", line->activity = "remove_from_cart";
    else if (pick < 80) name = "Product Added to Wishlist", line->activity = "add_to_wishlist";
    else if (pick < 92) name = "Products Searched", line->activity = "search";
    else if (pick < 97) name = "Checkout Started", line->activity = "proceed_to_checkout";
    else name = "Order Completed", line->activity = "order";
    return name;
}

#include "old_events.h"
#include "shop_events.h"

static inline int is_old_shape(void) {
    const char *word = getenv("EVENT_SHAPE");
    if (!word || !*word || !strcmp(word, "shop")) return 0;
    const char *ids = getenv("EVENT_IDS"), *bytes = getenv("EVENT_BYTES");
    if (!strcmp(word, "old") && !(ids && *ids) && !(bytes && *bytes)) return 1;
    if (!strcmp(word, "old")) fprintf(stderr, "EVENT_SHAPE=old goes with neither EVENT_IDS nor EVENT_BYTES\n"), exit(2);
    fprintf(stderr, "EVENT_SHAPE is shop or old, not %s\n", word);
    exit(2);
}

// 0: as a shop's are.
static inline size_t event_bytes(void) {
    const char *word = getenv("EVENT_BYTES");
    size_t bytes = word ? strtoull(word, NULL, 10) : 0;
    if (!word || !*word || (bytes >= LEAST_BYTES && bytes <= MOST_BYTES)) return bytes;
    fprintf(stderr, "EVENT_BYTES is %d to %d, not %s\n", LEAST_BYTES, MOST_BYTES, word);
    exit(2);
}

// How many events a program makes that sends `total` of them over `connections`, each with a pool of its own: all, or as many as
// memory allows, and then goes over them again. The old shape had 16,384, whatever the number.
static inline size_t pool(uint64_t total, size_t connections) {
    size_t bytes = event_bytes(), most = is_old_shape() ? OLD_POOL : POOL_BYTES / (bytes ? bytes : 512) / connections;
    if (most > POOL_EVENTS) most = POOL_EVENTS;
    return total < most ? (size_t)total : most > 0 ? most : 1;
}

// Gives event `index` of the pool the messageId and the visitor of event `number`.
static inline void renumber(struct events *e, size_t index, uint64_t number) {
    const struct line *line = &e->lines[index];
    char *at = e->bytes + line->start;
    put_id(at + line->numbered, e, line->id_kind, number);
    if (line->id_kind != ID_RISING) put_visitor(at + line->visitor, e, number);
}

// The messageId of event `number`, which was event `index` of the pool. Its length.
static inline size_t message_id(const struct events *e, size_t index, uint64_t number, char text[ID_ROOM]) {
    const struct line *line = &e->lines[index];
    size_t same = line->numbered - line->message_id;
    memcpy(text, e->bytes + line->start + line->message_id, same);
    return (size_t)(put_id(text + same, e, line->id_kind, number) - text);
}

// The visitor as clickd names it, Kafka's key: "a:" and the anonymousId. Its length.
static inline size_t visitor_key(const struct events *e, size_t index, char key[KEY_ROOM]) {
    const struct line *line = &e->lines[index];
    memcpy(key, "a:", 2);
    memcpy(key + 2, e->bytes + line->start + line->visitor, line->visitor_length);
    return 2 + line->visitor_length;
}

// `count` lines, numbered from `first`. With `host`, as clickd stores them: receivedAt and host in front.
static inline struct events make_events(size_t count, const char *run, uint64_t first, const char *host) {
    struct events made = {.count = count, .first = first, .began = wall_milliseconds()};
    for (const char *c = run; *c; c++) made.seed = spread(made.seed ^ (uint8_t)*c);
    const size_t bytes = event_bytes(), line_room = LINE_ROOM + bytes;
    const int is_old = is_old_shape();
    size_t room = count * (bytes ? bytes + 1 : is_old ? 288 : 512) + line_room;
    made.bytes = must(malloc(room));
    made.lines = must(malloc((count ? count : 1) * sizeof *made.lines));
    uint64_t state = 0x9E3779B97F4A7C15u + first;
    char front[128] = "";
    if (host) {
        char *end = put_time(put(front, "\"receivedAt\":\""), made.began);
        snprintf(end, sizeof front - (size_t)(end - front), "\",\"host\":\"%.40s\",", host);
    }
    for (size_t i = 0; i < count; i++) {
        if (room - made.size < line_room) made.bytes = must(realloc(made.bytes, room += room / 4 + line_room));
        struct line *line = &made.lines[i];
        char *at = made.bytes + made.size, *end;
        line->start = made.size;
        if (is_old) end = make_old_event(line, at, &state, run, front, made.began, first + i);
        else if (bytes) end = make_sized_event(line, at, bytes, &state, &made, front, first + i);
        else end = make_shop_event(line, at, &state, &made, front, first + i);
        *end++ = '\n';
        line->length = (uint32_t)(end - at);
        made.size += line->length;
    }
    return made;
}

#endif
