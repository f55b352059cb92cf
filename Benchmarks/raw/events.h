// The events that every benchmark sends: shop events of about 250 bytes, from 10,000 visitors, the same ones for
// clickd and for the raw programs it is held against. They are made before the clock starts; what differs from one
// pass over them to the next is the messageId's eight digits, which stand at known places and are written in place.
// EVENT_BYTES in the environment: lines of exactly that size instead (100 to 65,536, the LF not counted).
#ifndef BENCH_EVENTS_H
#define BENCH_EVENTS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VISITORS = 10000, KEY_BYTES = 10, DISTINCT = 16384, LINE_ROOM = 512 };
enum { LEAST_BYTES = 100, MOST_BYTES = 64 << 10, MEMORY_BYTES = 64 << 20 };

struct line {
    size_t start, length;  // in bytes; length counts the LF
    size_t digits;         // where the messageId's eight digits begin
    char key[KEY_BYTES];   // the visitor as clickd names it, "a:v-012345", no NUL
};

struct events {
    char *bytes;
    size_t count, size;
    struct line *lines;
};

// What a document of an event is made of.
struct fields {
    const char *name, *activity;
    char message_id[32], visitor[12], timestamp[32], properties[256];
    const char *product_id, *product, *category, *currency, *query;
    double price;
    int quantity, position, results, order;
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

static inline void iso_time(char *text, size_t size, int64_t milliseconds) {
    time_t seconds = milliseconds / 1000;
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t length = strftime(text, size, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(text + length, size - length, ".%03dZ", (int)(milliseconds % 1000));
}

static inline uint32_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return (uint32_t)(*state >> 32);
}

static inline void write_digits(char *at, uint64_t number) {
    for (int i = 7; i >= 0; i--, number /= 10) at[i] = (char)('0' + number % 10);
}

// Event number `number` of `run`. The same state gives the same events.
static inline void make_fields(struct fields *f, uint64_t *state, const char *run, uint64_t number, int64_t now) {
    static const struct { const char *id, *name, *category; double price; } products[] = {
        {"P-1001", "Wool scarf", "scarves", 39.9},    {"P-1002", "Rain jacket", "jackets", 129.0},
        {"P-1003", "Canvas bag", "bags", 24.5},       {"P-1004", "Running shoes", "shoes", 89.95},
        {"P-1005", "Linen shirt", "shirts", 54.0},    {"P-1006", "Leather belt", "accessories", 34.9},
        {"P-1007", "Winter gloves", "gloves", 29.9},  {"P-1008", "Denim trousers", "trousers", 79.0},
        {"P-1009", "Cotton socks", "socks", 9.95},    {"P-1010", "Felt hat", "hats", 44.0},
        {"P-1011", "Travel mug", "kitchen", 19.9},    {"P-1012", "Desk lamp", "lighting", 64.5},
    };
    static const char *const queries[] = {"red shoes", "rain jacket men", "gift for mother", "wool", "lamp desk"};
    uint32_t pick = next_random(state) % 100, product = next_random(state) % 12;
    memset(f, 0, sizeof *f);
    f->product_id = products[product].id;
    f->product = products[product].name;
    f->category = products[product].category;
    f->price = products[product].price;
    f->currency = "EUR";
    f->quantity = 1 + (int)(next_random(state) % 3);
    f->position = 1 + (int)(next_random(state) % 40);
    snprintf(f->message_id, sizeof f->message_id, "b-%.16s-%08llu", run, (unsigned long long)(number % 100000000));
    snprintf(f->visitor, sizeof f->visitor, "v-%06u", next_random(state) % VISITORS);
    iso_time(f->timestamp, sizeof f->timestamp, now - (int64_t)(next_random(state) % 1000));
    if (pick < 55) f->name = "Product Viewed", f->activity = "view_product";
    else if (pick < 70) f->name = "Product Added", f->activity = "add_to_cart";
    else if (pick < 74) f->name = "Product Removed", f->activity = "remove_from_cart";
    else if (pick < 80) f->name = "Product Added to Wishlist", f->activity = "add_to_wishlist";
    else if (pick < 92) f->name = "Products Searched", f->activity = "search";
    else if (pick < 97) f->name = "Checkout Started", f->activity = "proceed_to_checkout";
    else f->name = "Order Completed", f->activity = "order";
    if (pick >= 80 && pick < 92) {
        f->query = queries[next_random(state) % 5];
        f->results = (int)(next_random(state) % 60);
        snprintf(f->properties, sizeof f->properties,
                 "{\"query\":\"%s\",\"results\":%d,\"sort\":\"relevance\",\"page\":%d}", f->query, f->results,
                 f->position);
    } else if (pick >= 92) {
        f->order = 100000 + (int)(next_random(state) % 900000);
        snprintf(f->properties, sizeof f->properties,
                 "{\"order_id\":\"O-%d\",\"total\":%.2f,\"currency\":\"%s\",\"quantity\":%d}", f->order,
                 f->price * f->quantity, f->currency, f->quantity);
    } else {
        snprintf(f->properties, sizeof f->properties,
                 "{\"product_id\":\"%s\",\"name\":\"%s\",\"category\":\"%s\",\"price\":%.2f,\"currency\":\"%s\","
                 "\"quantity\":%d}",
                 f->product_id, f->product, f->category, f->price, f->currency, f->quantity);
    }
}

// 0: the usual events.
static inline size_t event_bytes(void) {
    const char *word = getenv("EVENT_BYTES");
    size_t bytes = word ? strtoull(word, NULL, 10) : 0;
    if (!word || (bytes >= LEAST_BYTES && bytes <= MOST_BYTES)) return bytes;
    fprintf(stderr, "EVENT_BYTES is %d to %d, not %s\n", LEAST_BYTES, MOST_BYTES, word);
    exit(2);
}

// How many different events each of `connections` sends in turn, so that they fit into 64 MiB.
static inline size_t distinct(size_t connections) {
    size_t bytes = event_bytes(), count = MEMORY_BYTES / (bytes ? bytes : 288) / connections;
    return count < DISTINCT ? count : DISTINCT;
}

// The rest of a line of a chosen size, after the messageId, up to its closing `"}}` at `end`: a list of products, as an
// order has it, and a note that fills it up. Returns the line's end.
static inline char *write_sized(char *at, const char *end, uint64_t *state, const char *visitor) {
    at += sprintf(at, "\",\"anonymousId\":\"%s\",\"properties\":{", visitor);
    if (end - at > 110) {
        at += sprintf(at, "\"products\":[");
        while (end - at > 80)  // one is at most 54
            at += sprintf(at, "{\"product_id\":\"P-%04u\",\"price\":%u.%02u,\"quantity\":%u},", next_random(state) % 10000,
                          1 + next_random(state) % 200, next_random(state) % 100, 1 + next_random(state) % 3);
        at[-1] = ']';
        *at++ = ',';
    }
    at += sprintf(at, "\"n\":\"");
    while (at < end) *at++ = (char)('a' + next_random(state) % 26);
    memcpy(at, "\"}}\n", 4);
    return at + 4;
}

// `count` lines, numbered from `first`. With `host`, as clickd stores them: receivedAt and host in front.
static inline struct events make_events(size_t count, const char *run, uint64_t first, const char *host) {
    struct events made = {0};
    const size_t bytes = event_bytes(), line_room = LINE_ROOM + bytes;
    size_t room = count * (bytes ? bytes + 1 : 288) + line_room;
    made.bytes = must(malloc(room));
    made.lines = must(malloc(count * sizeof *made.lines));
    made.count = count;
    uint64_t state = 0x9E3779B97F4A7C15u + first;
    int64_t now = wall_milliseconds();
    char front[128] = "", received[32];
    iso_time(received, sizeof received, now);
    if (host) snprintf(front, sizeof front, "\"receivedAt\":\"%s\",\"host\":\"%.40s\",", received, host);
    for (size_t i = 0; i < count; i++) {
        if (room - made.size < line_room) made.bytes = must(realloc(made.bytes, room += room / 4 + line_room));
        struct fields f;
        make_fields(&f, &state, run, first + i, now);
        struct line *line = &made.lines[i];
        char *at = made.bytes + made.size;
        char *rest = at, *end;
        if (bytes) {
            rest += sprintf(at, "{%s\"type\":\"page\",\"messageId\":\"%s", front, f.message_id);
            end = write_sized(rest, at + bytes - 3, &state, f.visitor);
        } else {
            rest += sprintf(at, "{%s\"type\":\"track\",\"event\":\"%s\",\"messageId\":\"%s", front, f.name, f.message_id);
            end = rest + sprintf(rest, "\",\"anonymousId\":\"%s\",\"timestamp\":\"%s\",\"properties\":%s}\n", f.visitor,
                                 f.timestamp, f.properties);
        }
        line->start = made.size;
        line->length = (size_t)(end - at);
        line->digits = made.size + (size_t)(rest - at) - 8;
        memcpy(line->key, "a:", 2);
        memcpy(line->key + 2, f.visitor, KEY_BYTES - 2);
        made.size += line->length;
    }
    return made;
}

#endif
