// libmongoc and libbson as they are, plus what Swift cannot call.
#pragma once
#include <mongoc/mongoc.h>

// bson_t is aligned to 128 bytes, more than Swift's types can be: to Swift a pointer to it is opaque, and memory for
// one is allocated by size and alignment.
enum { clickd_bson_size = sizeof(bson_t), clickd_bson_alignment = _Alignof(bson_t) };

static inline size_t clickd_bson_length(const bson_t *document) {
    return document->len;
}
