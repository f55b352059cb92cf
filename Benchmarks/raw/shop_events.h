// Events as a shop has them: 200 bytes to 4 KB, 480 on average.
//   - A fifth come from pages: with page, browser, locale and often a campaign in `context`. The others come from servers.
//   - A twelfth are checkouts and orders: with a list of 1 to 30 products, short ones more often.
//   - A million visitors, of whom a hundredth make a fifth of the events, and a fifth make three fifths.
//   - 24,000 products, of which some are seen far more often; texts are put together anew for each event.
//   - Half of the messageIds are random: a UUID of version 4, as Segment's library for Python makes them. Half begin with the
//     time: ajs-next- or node-next-, milliseconds, a UUID, as its libraries for pages and for Node make them.
// EVENT_IDS=random makes all of them UUIDs, EVENT_IDS=ordered lets all begin with the time.
#ifndef BENCH_SHOP_EVENTS_H
#define BENCH_SHOP_EVENTS_H

enum { VISITORS = 1000000, PRODUCTS = 24000, MOST_LINES = 30 };

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

// 0 to `limit`, the low ones more often: the cube of an even share.
static inline uint32_t skewed(uint64_t bits, uint32_t limit) {
    double share = (double)(bits >> 11) / 9007199254740992.0;
    return (uint32_t)(share * share * share * limit);
}

static inline uint32_t pick_skewed(uint64_t *state, uint32_t limit) {
    return skewed((uint64_t)next_random(state) << 32 | next_random(state), limit);
}

// The anonymousId of event `number`: a UUID, as trackers keep one in a cookie.
static inline char *put_visitor(char *at, const struct events *e, uint64_t number) {
    uint64_t visitor = spread(skewed(spread(~(e->seed + number)), VISITORS));
    return put_uuid(at, visitor, spread(visitor));
}

enum id_choice { IDS_MIXED, IDS_RANDOM, IDS_ORDERED };

static inline int id_choice(void) {
    static int choice = -1;
    const char *word = choice < 0 ? getenv("EVENT_IDS") : NULL;
    if (choice < 0) choice = !word || !*word || !strcmp(word, "mixed") ? IDS_MIXED : !strcmp(word, "random") ? IDS_RANDOM : IDS_ORDERED;
    if (word && choice == IDS_ORDERED && strcmp(word, "ordered")) {
        fprintf(stderr, "EVENT_IDS is mixed, random or ordered, not %s\n", word);
        exit(2);
    }
    return choice;
}

// `"messageId":"…","anonymousId":"…"` of event `number`; notes the places in `line`, which begins at `start`.
static inline char *put_ids(struct line *line, char *start, char *at, const struct events *e, uint64_t number, int is_page,
                            int is_python) {
    int choice = id_choice();
    line->id_kind = choice == IDS_RANDOM || (choice == IDS_MIXED && is_python) ? ID_RANDOM : ID_ORDERED;
    at = put(at, "\"messageId\":\"");
    line->message_id = (uint16_t)(at - start);
    if (line->id_kind == ID_ORDERED) at = put(at, is_page ? "ajs-next-" : "node-next-");
    line->numbered = (uint16_t)(at - start);
    at = put_id(at, e, line->id_kind, number);
    line->id_end = (uint16_t)(at - start);
    at = put(at, "\",\"anonymousId\":\"");
    line->visitor = (uint16_t)(at - start);
    line->visitor_length = UUID_BYTES;
    return put(put_visitor(at, e, number), "\"");
}

static const char *const adjectives[] = {
    "Slim", "Warm", "Light", "Soft", "Classic", "Striped", "Washed", "Wide", "Short", "Long", "Padded", "Quilted", "Plain", "Ribbed",
    "Brushed", "Printed", "Recycled", "Folding", "Outdoor", "Everyday", "Heavy", "Checked", "Stretch", "Vintage", "Compact",
    "Waterproof", "Knitted", "Lined", "Cropped", "Reversible"};
static const char *const materials[] = {
    "wool", "linen", "cotton", "denim", "leather", "silk", "felt", "canvas", "fleece", "corduroy", "velvet", "bamboo", "oak", "steel",
    "ceramic", "glass", "cork", "rubber", "jersey", "cashmere"};
static const struct { const char *name, *category; } things[] = {
    {"shirt", "shirts"}, {"scarf", "scarves"}, {"jacket", "jackets"}, {"bag", "bags"}, {"shoes", "shoes"}, {"belt", "accessories"},
    {"gloves", "gloves"}, {"trousers", "trousers"}, {"socks", "socks"}, {"hat", "hats"}, {"mug", "kitchen"}, {"lamp", "lighting"},
    {"dress", "dresses"}, {"skirt", "skirts"}, {"coat", "coats"}, {"jumper", "knitwear"}, {"cushion", "home"}, {"blanket", "home"},
    {"rug", "home"}, {"wallet", "accessories"}, {"boots", "shoes"}, {"sandals", "shoes"}, {"tray", "kitchen"}, {"bowl", "kitchen"},
    {"vase", "home"}, {"chair", "furniture"}, {"stool", "furniture"}, {"backpack", "bags"}, {"umbrella", "accessories"},
    {"towel", "bathroom"}, {"robe", "nightwear"}, {"pyjamas", "nightwear"}, {"cap", "hats"}, {"tie", "accessories"},
    {"waistcoat", "jackets"}, {"shorts", "trousers"}, {"leggings", "trousers"}, {"polo", "shirts"}, {"parka", "coats"},
    {"notebook", "paper"}};
static const char *const extras[] = {"men", "women", "kids", "sale", "blue", "black", "green", "red", "size 42", "xl", "gift", "organic"};

static inline char *put_name(char *at, uint32_t product) {
    at = put(at, adjectives[product % 30]);
    *at++ = ' ';
    at = put(at, materials[product / 30 % 20]);
    *at++ = ' ';
    return put(at, things[product / 600].name);
}

static inline char *put_price(char *at, uint32_t product, uint32_t times) {
    uint32_t cents = (500 + (uint32_t)(spread(product) % 19500)) / 5 * 5 * times;
    at = put_number(at, cents / 100);
    *at++ = '.';
    return put_digits(at, cents % 100, 2);
}

// `"product_id":…` up to the price: a product as Segment's spec describes it.
static inline char *put_product(char *at, uint32_t product) {
    at = put_digits(put(at, "\"product_id\":\"P-"), 10000 + product, 5);
    at = put_name(put(at, "\",\"name\":\""), product);
    at = put(put(at, "\",\"category\":\""), things[product / 600].category);
    return put_price(put(at, "\",\"price\":"), product, 1);
}

static inline char *put_query(char *at, uint64_t *state, char gap) {
    char *start = at;
    uint32_t words = 1 + pick_skewed(state, 4), product = pick_skewed(state, PRODUCTS);
    at = put(at, things[product / 600].name);
    if (words > 1) *at++ = ' ', at = put(at, materials[product / 30 % 20]);
    if (words > 2) *at++ = ' ', at = put(at, extras[next_random(state) % COUNT_OF(extras)]);
    if (next_random(state) % 50 == 0) at[-1] = (char)('a' + next_random(state) % 26);  // mistyped
    for (char *c = start; c < at; c++)
        if (*c == ' ') *c = gap;
    return at;
}

static inline char *put_slug(char *at, uint32_t product) {
    char *start = at;
    at = put_digits(put(put_name(at, product), "-"), 10000 + product, 5);
    for (char *c = start; c < at; c++) *c = *c == ' ' ? '-' : *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
    return at;
}

static inline char *put_browser(char *at, uint64_t *state) {
    uint32_t pick = next_random(state) % 100, version = 118 + next_random(state) % 24, build = next_random(state) % 9000;
    if (pick < 35) {
        at = put_number(put(at, "Mozilla/5.0 (Linux; Android "), 10 + next_random(state) % 6);
        at = put_number(put(at, "; SM-A"), 100 + next_random(state) % 800);
        at = put_number(put(at, "B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/"), version);
        return put(put_number(put(at, ".0."), build), ".101 Mobile Safari/537.36");
    }
    if (pick < 60) {
        at = put_number(put(at, "Mozilla/5.0 (iPhone; CPU iPhone OS "), 15 + next_random(state) % 4);
        at = put_number(put(at, "_"), next_random(state) % 8);
        return put(at, " like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1");
    }
    if (pick < 90) {
        at = put(at, pick < 80 ? "Mozilla/5.0 (Windows NT 10.0; Win64; x64)" : "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)");
        at = put_number(put(at, " AppleWebKit/537.36 (KHTML, like Gecko) Chrome/"), version);
        return put(put_number(put(at, ".0."), build), ".0 Safari/537.36");
    }
    at = put_number(put(at, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:"), version);
    return put(put_number(put(at, ".0) Gecko/20100101 Firefox/"), version), ".0");
}

// `,"context":{…}` of a page that shows `product`, or where its number is beyond the last, what was searched for.
static inline char *put_context(char *at, uint64_t *state, uint32_t product) {
    static const char *const referrers[] = {
        "https://www.google.com/", "https://www.bing.com/", "https://duckduckgo.com/", "https://www.instagram.com/",
        "https://news.example/style/autumn", "https://www.facebook.com/"};
    static const char *const locales[] = {
        "de-DE\",\"timezone\":\"Europe/Berlin", "en-GB\",\"timezone\":\"Europe/London", "fr-FR\",\"timezone\":\"Europe/Paris",
        "nl-NL\",\"timezone\":\"Europe/Amsterdam", "de-AT\",\"timezone\":\"Europe/Vienna", "sv-SE\",\"timezone\":\"Europe/Stockholm"};
    char path[160], *end = path;
    if (product < PRODUCTS) {
        end = put(put(end, "/shop/"), things[product / 600].category);
        *end++ = '/';
        end = put_slug(end, product);
    } else {
        end = put_query(put(end, "/search?q="), state, '+');
    }
    size_t length = (size_t)(end - path);
    at = put_bytes(put(at, ",\"context\":{\"page\":{\"path\":\""), path, length);
    at = put(at, "\",\"referrer\":\"");
    uint32_t from = next_random(state) % 100;
    if (from < 35) at = put(at, referrers[next_random(state) % COUNT_OF(referrers)]);
    else if (from < 85) at = put_slug(put(at, "https://shop.example/shop/all/"), pick_skewed(state, PRODUCTS));
    at = put(at, "\",\"title\":\"");
    at = product < PRODUCTS ? put_name(at, product) : put(at, "Search");
    at = put_bytes(put(at, " | Example Shop\",\"url\":\"https://shop.example"), path, length);
    at = put_browser(put(at, "\"},\"userAgent\":\""), state);
    at = put(put(at, "\",\"locale\":\""), locales[pick_skewed(state, COUNT_OF(locales))]);
    at = put(at, "\",\"library\":{\"name\":\"analytics.js\",\"version\":\"next-1.81.0\"}");
    if (next_random(state) % 4 == 0) {
        at = put_number(put(at, ",\"campaign\":{\"name\":\"autumn-"), pick_skewed(state, 60));
        at = put(at, "\",\"source\":\"newsletter\",\"medium\":\"email\"}");
    }
    return put(at, "}");
}

// `{"order_id":…,"products":[…]}`
static inline char *put_order(char *at, uint64_t *state) {
    uint32_t lines = 1 + pick_skewed(state, MOST_LINES), cents = 0;
    uint64_t order = spread(*state);
    at = put_uuid(put(at, "{\"order_id\":\""), order, spread(order));
    at = put(at, "\",\"currency\":\"EUR\",\"products\":[");
    for (uint32_t i = 0; i < lines; i++) {
        if (i) *at++ = ',';
        *at++ = '{';
        uint32_t product = pick_skewed(state, PRODUCTS), quantity = 1 + pick_skewed(state, 4);
        at = put(put_number(put(put_product(at, product), ",\"quantity\":"), quantity), "}");
        cents += (500 + (uint32_t)(spread(product) % 19500)) / 5 * 5 * quantity;
    }
    at = put_digits(put(put_number(put(at, "],\"total\":"), cents / 100), "."), cents % 100, 2);
    return put(at, ",\"shipping\":4.90,\"coupon\":null}");
}

// Event `number`, without its LF; its end.
static inline char *make_shop_event(struct line *line, char *start, uint64_t *state, const struct events *e, const char *front,
                                    uint64_t number) {
    uint32_t pick = next_random(state) % 100, origin = next_random(state) % 100, product = pick_skewed(state, PRODUCTS);
    const int is_page = origin < 20, is_python = origin >= 50, is_search = pick >= 80 && pick < 92;
    const char *name = name_event(line, pick);
    char *at = put(put(start, "{"), front);
    at = put(put(put(at, "\"type\":\"track\",\"event\":\""), name), "\",");
    at = put_ids(line, start, at, e, number, is_page, is_python);
    if (is_page && next_random(state) % 3 == 0) at = put(put_number(put(at, ",\"userId\":\"u-"), 100000 + pick_skewed(state, 90000)), "\"");
    at = put_time(put(at, ",\"timestamp\":\""), e->began - next_random(state) % 1000);
    at = put(at, "\",\"properties\":");
    if (pick >= 92) {
        at = put_order(at, state);
    } else if (is_search) {
        at = put_query(put(at, "{\"query\":\""), state, ' ');
        at = put(put_number(put(at, "\",\"results\":"), next_random(state) % 90), "}");
    } else {
        *at++ = '{';
        at = put_number(put(put_product(at, product), ",\"currency\":\"EUR\",\"quantity\":"), 1 + pick_skewed(state, 4));
        at = put(at, "}");
    }
    if (is_page) at = put_context(at, state, is_search ? PRODUCTS : product);
    return put(at, "}");
}

// A line of `bytes` bytes, without its LF: a list of products, as an order has it, and a note that fills it up. Its end.
static inline char *make_sized_event(struct line *line, char *start, size_t bytes, uint64_t *state, const struct events *e,
                                     const char *front, uint64_t number) {
    char *at = put(put(put(start, "{"), front), "\"type\":\"page\","), *end = start + bytes - 3;
    line->activity = NULL;
    at = put_ids(line, start, at, e, number, 0, number % 2 == 0);
    at = put(at, ",\"properties\":{");
    if (end - at > 180) {  // one is at most 140, and the list's own words 12
        at = put(at, "\"products\":[");
        do at = put(put_product(put(at, "{"), pick_skewed(state, PRODUCTS)), "},");
        while (end - at > 160);
        at[-1] = ']';
        *at++ = ',';
    }
    at = put(at, "\"n\":\"");
    while (at < end) *at++ = (char)('a' + next_random(state) % 26);
    return put(at, "\"}}");
}

#endif
