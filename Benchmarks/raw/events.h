// The events that every benchmark sends: shop events of about 250 bytes, from 10,000 visitors, the same ones for
// clickd and for the raw programs it is held against. They are made before the clock starts; what differs from one
// pass over them to the next is the messageId's eight digits, which stand at known places and are written in place.
#ifndef BENCH_EVENTS_H
#define BENCH_EVENTS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { VISITORS = 10000, KEY_BYTES = 10, DISTINCT = 16384, LINE_ROOM = 512 };

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

// `count` lines, numbered from `first`. With `host`, as clickd stores them: receivedAt and host in front.
static inline struct events make_events(size_t count, const char *run, uint64_t first, const char *host) {
    struct events made = {0};
    size_t room = count * 288 + LINE_ROOM;
    made.bytes = must(malloc(room));
    made.lines = must(malloc(count * sizeof *made.lines));
    made.count = count;
    uint64_t state = 0x9E3779B97F4A7C15u + first;
    int64_t now = wall_milliseconds();
    char front[128] = "", received[32];
    iso_time(received, sizeof received, now);
    if (host) snprintf(front, sizeof front, "\"receivedAt\":\"%s\",\"host\":\"%.40s\",", received, host);
    for (size_t i = 0; i < count; i++) {
        if (room - made.size < LINE_ROOM) made.bytes = must(realloc(made.bytes, room += room / 4 + LINE_ROOM));
        struct fields f;
        make_fields(&f, &state, run, first + i, now);
        struct line *line = &made.lines[i];
        char *at = made.bytes + made.size;
        int head = snprintf(at, LINE_ROOM, "{%s\"type\":\"track\",\"event\":\"%s\",\"messageId\":\"%s", front, f.name,
                            f.message_id);
        int rest = snprintf(at + head, LINE_ROOM - (size_t)head,
                            "\",\"anonymousId\":\"%s\",\"timestamp\":\"%s\",\"properties\":%s}\n", f.visitor,
                            f.timestamp, f.properties);
        line->start = made.size;
        line->length = (size_t)(head + rest);
        line->digits = made.size + (size_t)head - 8;
        memcpy(line->key, "a:", 2);
        memcpy(line->key + 2, f.visitor, KEY_BYTES - 2);
        made.size += line->length;
    }
    return made;
}

#endif
