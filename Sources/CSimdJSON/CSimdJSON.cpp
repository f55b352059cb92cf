#include "CSimdJSON.h"

#include <new>
#include <simdjson.h>

static_assert(clickd_json_padding >= simdjson::SIMDJSON_PADDING, "the promise to callers covers simdjson's");

struct clickd_json_parser {
    simdjson::dom::parser parser;
};

clickd_json_parser *clickd_json_create(size_t capacity, size_t max_depth) {
    auto *made = new (std::nothrow) clickd_json_parser{simdjson::dom::parser(capacity)};
    if (made == nullptr) { return nullptr; }
    // simdjson counts the root's own scope, so a depth of n needs room for n + 1.
    if (made->parser.allocate(capacity, max_depth + 1) != simdjson::SUCCESS) {
        delete made;
        return nullptr;
    }
    return made;
}

void clickd_json_destroy(clickd_json_parser *parser) { delete parser; }

static clickd_json_result judge(simdjson::error_code code, const char *text, size_t length) {
    switch (code) {
    case simdjson::SUCCESS: return clickd_json_ok;
    case simdjson::CAPACITY: return clickd_json_too_large;
    case simdjson::MEMALLOC: return clickd_json_no_memory;
    case simdjson::UTF8_ERROR: return clickd_json_not_utf8;
    default: break;
    }
    // Several faults in one text: that it is not UTF-8 is the one to name first.
    if (!simdjson::validate_utf8(text, length)) { return clickd_json_not_utf8; }
    switch (code) {
    case simdjson::DEPTH_ERROR: return clickd_json_too_deep;
    case simdjson::NUMBER_ERROR: return clickd_json_number;
    default: return clickd_json_not_json;
    }
}

clickd_json_result clickd_json_parse(
    clickd_json_parser *parser, const char *text, size_t length, const uint64_t **tape, const uint8_t **strings) {
    const auto code = parser->parser.parse(reinterpret_cast<const uint8_t *>(text), length, false).error();
    if (code != simdjson::SUCCESS) { return judge(code, text, length); }
    *tape = parser->parser.doc.tape.get();
    *strings = parser->parser.doc.string_buf.get();
    return clickd_json_ok;
}
