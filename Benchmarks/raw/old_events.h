// The events that were measured up to November 2026, kept so that figures can be compared with those: about 250 bytes, from
// 10,000 visitors, rising messageIds of which only eight digits change, 16,384 texts over and over.
#ifndef BENCH_OLD_EVENTS_H
#define BENCH_OLD_EVENTS_H

enum { OLD_VISITORS = 10000, OLD_POOL = 16384 };

// Without its LF; its end.
static inline char *make_old_event(struct line *line, char *at, uint64_t *state, const char *run, const char *front,
                                   int64_t now, uint64_t number) {
    static const struct { const char *id, *name, *category, *price; int cents; } products[] = {
        {"P-1001", "Wool scarf", "scarves", "39.90", 3990},    {"P-1002", "Rain jacket", "jackets", "129.00", 12900},
        {"P-1003", "Canvas bag", "bags", "24.50", 2450},       {"P-1004", "Running shoes", "shoes", "89.95", 8995},
        {"P-1005", "Linen shirt", "shirts", "54.00", 5400},    {"P-1006", "Leather belt", "accessories", "34.90", 3490},
        {"P-1007", "Winter gloves", "gloves", "29.90", 2990},  {"P-1008", "Denim trousers", "trousers", "79.00", 7900},
        {"P-1009", "Cotton socks", "socks", "9.95", 995},      {"P-1010", "Felt hat", "hats", "44.00", 4400},
        {"P-1011", "Travel mug", "kitchen", "19.90", 1990},    {"P-1012", "Desk lamp", "lighting", "64.50", 6450},
    };
    static const char *const queries[] = {"red shoes", "rain jacket men", "gift for mother", "wool", "lamp desk"};
    uint32_t pick = next_random(state) % 100, product = next_random(state) % 12, quantity = 1 + next_random(state) % 3;
    uint32_t position = 1 + next_random(state) % 40, visitor = next_random(state) % OLD_VISITORS;
    const char *name = name_event(line, pick);
    char *start = at;
    at += sprintf(at, "{%s\"type\":\"track\",\"event\":\"%s\",\"messageId\":\"", front, name);
    line->message_id = (uint16_t)(at - start);
    at += sprintf(at, "b-%.16s-", run);
    line->numbered = (uint16_t)(at - start);
    line->id_kind = ID_RISING;
    at = put_digits(at, number, 8);
    line->id_end = (uint16_t)(at - start);
    at = put(at, "\",\"anonymousId\":\"");
    line->visitor = (uint16_t)(at - start);
    line->visitor_length = 8;
    at = put(put_time(at + sprintf(at, "v-%06u\",\"timestamp\":\"", visitor), now - next_random(state) % 1000), "\",");
    if (pick >= 80 && pick < 92) {
        const char *query = queries[next_random(state) % 5];
        uint32_t results = next_random(state) % 60;
        at += sprintf(at, "\"properties\":{\"query\":\"%s\",\"results\":%u,\"sort\":\"relevance\",\"page\":%u}}",
                      query, results, position);
    } else if (pick >= 92)
        at += sprintf(at, "\"properties\":{\"order_id\":\"O-%u\",\"total\":%u.%02u,\"currency\":\"EUR\",\"quantity\":%u}}",
                      100000 + next_random(state) % 900000, products[product].cents * quantity / 100,
                      products[product].cents * quantity % 100, quantity);
    else
        at += sprintf(at, "\"properties\":{\"product_id\":\"%s\",\"name\":\"%s\",\"category\":\"%s\",\"price\":%s,"
                      "\"currency\":\"EUR\",\"quantity\":%u}}",
                      products[product].id, products[product].name, products[product].category, products[product].price, quantity);
    return at;
}

#endif
