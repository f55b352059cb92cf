// simdjson's DOM parser behind C: one call parses a text into simdjson's tape
// (https://github.com/simdjson/simdjson/blob/master/doc/tape.md), which Swift then walks as plain memory.
// A parser belongs to one thread at a time.
#pragma once
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// How many bytes after the text must be readable (their content does not matter).
enum { clickd_json_padding = 64 };

typedef enum {
    clickd_json_ok = 0,
    clickd_json_not_json = 1,
    clickd_json_not_utf8 = 2,
    clickd_json_too_deep = 3,
    clickd_json_number = 4,  // a number that is malformed, or beyond 64 bits or a double
    clickd_json_too_large = 5,
    clickd_json_no_memory = 6,
} clickd_json_result;

typedef struct clickd_json_parser clickd_json_parser;

// A parser for texts of up to `capacity` bytes nested up to `max_depth` deep (a scalar is depth 0, {} is 1); NULL without memory.
clickd_json_parser *clickd_json_create(size_t capacity, size_t max_depth);
void clickd_json_destroy(clickd_json_parser *parser);

// Parses `length` bytes at `text`, of which clickd_json_padding more are readable. What tape and strings
// point to is valid until the next parse.
clickd_json_result clickd_json_parse(
    clickd_json_parser *parser, const char *text, size_t length, const uint64_t **tape, const uint8_t **strings);

#ifdef __cplusplus
}
#endif
