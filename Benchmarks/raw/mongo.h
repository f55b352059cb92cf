// What the programs that write to MongoDB have in common: a client that waits for the majority and the journal, as clickd does.
#ifndef BENCH_MONGO_H
#define BENCH_MONGO_H

#include <err.h>
#include <mongoc/mongoc.h>

#include "events.h"

static inline void fail(const char *why) { errx(1, "%s", why); }

// The library is ready after this.
static inline mongoc_uri_t *read_uri(const char *text) {
    bson_error_t error;
    mongoc_init();
    mongoc_uri_t *uri = mongoc_uri_new_with_error(text, &error);
    if (!uri) fail(error.message);
    return uri;
}

static inline mongoc_client_t *open_client(const mongoc_uri_t *uri) {
    mongoc_client_t *client = must(mongoc_client_new_from_uri(uri));
    mongoc_write_concern_t *concern = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(concern, 10000);
    mongoc_write_concern_set_journal(concern, true);
    mongoc_client_set_write_concern(client, concern);
    mongoc_write_concern_destroy(concern);
    return client;
}

static inline void command(mongoc_client_t *client, const char *database, const char *json) {
    bson_error_t error;
    bson_t *made = bson_new_from_json((const uint8_t *)json, -1, &error);
    if (!made || !mongoc_client_write_command_with_opts(client, database, made, NULL, NULL, &error)) fail(error.message);
    bson_destroy(made);
}

#endif
