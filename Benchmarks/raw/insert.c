// The raw limit of the way into MongoDB: documents of the shape clickd makes, built before the clock starts, by
// libmongoc alone: unordered inserts of 5,000, majority and journaled, two threads with a client each, the same index, in the
// order in which they come out of Kafka's six partitions, a bulk of one after a bulk of the next: rising ids, each insert at
// the end of its index, would be another job.
//   insert URI DATABASE EVENTS [replace]     replace: each document replaces the one with its _id, or is made where there is
//   none, ordered, 500 a bulk: how MongoDB's own Kafka connector writes when nothing may be there twice, by its defaults
//   (bulk.write.ordered, and the 500 records that a consumer polls), with as many tasks as there are writers here
// Drops DATABASE first and leaves it dropped. Prints JSON: events, bytes, seconds.
#include <mongoc/mongoc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "events.h"

enum { A_BULK = 5000, A_POLL = 500, WRITERS = 2, PARTITIONS = 6 };

static mongoc_uri_t *uri;
static const char *database;
static bson_t **documents;
static size_t total;
static atomic_size_t next;
static bool replaces;

static void fail(const bson_error_t *error) {
    fprintf(stderr, "insert: %s\n", error->message);
    exit(1);
}

static mongoc_client_t *open_client(void) {
    mongoc_client_t *client = must(mongoc_client_new_from_uri(uri));
    mongoc_write_concern_t *concern = mongoc_write_concern_new();
    mongoc_write_concern_set_wmajority(concern, 10000);
    mongoc_write_concern_set_journal(concern, true);
    mongoc_client_set_write_concern(client, concern);
    mongoc_write_concern_destroy(concern);
    return client;
}

static bson_t *build(const struct fields *f, uint64_t number, int64_t now) {
    bson_t *made = must(bson_sized_new(512)), child;
    char visitor[16];
    snprintf(visitor, sizeof visitor, "a:%s", f->visitor);
    BSON_APPEND_UTF8(made, "_id", f->message_id);
    BSON_APPEND_UTF8(made, "type", "track");
    BSON_APPEND_UTF8(made, "event", f->name);
    BSON_APPEND_UTF8(made, "activity", f->activity);
    BSON_APPEND_UTF8(made, "visitor", visitor);
    BSON_APPEND_UTF8(made, "anonymousId", f->visitor);
    BSON_APPEND_DATE_TIME(made, "ts", now - (int64_t)(number * 7 % 1000));
    BSON_APPEND_DATE_TIME(made, "receivedAt", now);
    BSON_APPEND_UTF8(made, "host", "bench");
    BSON_APPEND_DOCUMENT_BEGIN(made, "properties", &child);
    if (f->query) {
        BSON_APPEND_UTF8(&child, "query", f->query);
        BSON_APPEND_INT32(&child, "results", f->results);
        BSON_APPEND_UTF8(&child, "sort", "relevance");
        BSON_APPEND_INT32(&child, "page", f->position);
    } else if (f->order) {
        char order[16];
        snprintf(order, sizeof order, "O-%d", f->order);
        BSON_APPEND_UTF8(&child, "order_id", order);
        BSON_APPEND_DOUBLE(&child, "total", f->price * f->quantity);
        BSON_APPEND_UTF8(&child, "currency", f->currency);
        BSON_APPEND_INT32(&child, "quantity", f->quantity);
    } else {
        BSON_APPEND_UTF8(&child, "product_id", f->product_id);
        BSON_APPEND_UTF8(&child, "name", f->product);
        BSON_APPEND_UTF8(&child, "category", f->category);
        BSON_APPEND_DOUBLE(&child, "price", f->price);
        BSON_APPEND_UTF8(&child, "currency", f->currency);
        BSON_APPEND_INT32(&child, "quantity", f->quantity);
    }
    bson_append_document_end(made, &child);
    BSON_APPEND_DOCUMENT_BEGIN(made, "kafka", &child);
    BSON_APPEND_INT32(&child, "p", (int32_t)(number % 6));
    BSON_APPEND_INT64(&child, "o", (int64_t)(number / 6));
    bson_append_document_end(made, &child);
    BSON_APPEND_INT64(made, "hash", (int64_t)(number * 0x9E3779B97F4A7C15u));
    BSON_APPEND_DOCUMENT_BEGIN(made, "extra", &child);
    BSON_APPEND_UTF8(&child, "timestamp", f->timestamp);
    bson_append_document_end(made, &child);
    return made;
}

static void write_bulk(mongoc_collection_t *events, bson_t **first, size_t count, const bson_t *options) {
    bson_error_t error;
    if (!replaces) {
        if (!mongoc_collection_insert_many(events, (const bson_t **)first, count, options, NULL, &error)) fail(&error);
        return;
    }
    bson_t each = BSON_INITIALIZER;
    BSON_APPEND_BOOL(&each, "upsert", true);
    mongoc_bulk_operation_t *bulk = must(mongoc_collection_create_bulk_operation_with_opts(events, NULL));
    for (size_t i = 0; i < count; i++) {
        bson_iter_t id;
        bson_t selector = BSON_INITIALIZER;
        if (!bson_iter_init_find(&id, first[i], "_id") || !bson_append_iter(&selector, "_id", 3, &id)) exit(1);
        if (!mongoc_bulk_operation_replace_one_with_opts(bulk, &selector, first[i], &each, &error)) fail(&error);
        bson_destroy(&selector);
    }
    if (!mongoc_bulk_operation_execute(bulk, NULL, &error)) fail(&error);
    mongoc_bulk_operation_destroy(bulk);
    bson_destroy(&each);
}

static void *write_bulks(void *argument) {
    mongoc_client_t *client = argument;
    mongoc_collection_t *events = mongoc_client_get_collection(client, database, "events");
    bson_t options = BSON_INITIALIZER;
    BSON_APPEND_BOOL(&options, "ordered", false);
    BSON_APPEND_BOOL(&options, "validate", false);
    size_t bulk = replaces ? A_POLL : A_BULK;
    for (size_t at; (at = atomic_fetch_add(&next, bulk)) < total;) {
        write_bulk(events, documents + at, total - at < bulk ? total - at : bulk, &options);
    }
    bson_destroy(&options);
    mongoc_collection_destroy(events);
    return NULL;
}

static void command(mongoc_client_t *client, const char *json) {
    bson_error_t error;
    bson_t *made = bson_new_from_json((const uint8_t *)json, -1, &error);
    if (!made || !mongoc_client_write_command_with_opts(client, database, made, NULL, NULL, &error)) fail(&error);
    bson_destroy(made);
}

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "usage: insert URI DATABASE EVENTS [replace]\n");
        return 2;
    }
    replaces = count > 4;
    mongoc_init();
    bson_error_t error;
    uri = mongoc_uri_new_with_error(words[1], &error);
    if (!uri) fail(&error);
    mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false);
    database = words[2];
    total = strtoull(words[3], NULL, 10);
    bson_t **made = must(malloc(total * sizeof *made));
    uint64_t state = 1, bytes = 0;
    int64_t now = wall_milliseconds();
    for (size_t i = 0; i < total; i++) {
        struct fields f;
        make_fields(&f, &state, "raw", i, now);
        made[i] = build(&f, i, now);
        bytes += made[i]->len;
    }
    documents = must(malloc(total * sizeof *documents));
    size_t placed = 0;
    for (size_t block = 0; block < total; block += A_BULK * PARTITIONS)
        for (size_t partition = 0; partition < PARTITIONS; partition++)
            for (size_t i = block + partition; i < total && i < block + A_BULK * PARTITIONS; i += PARTITIONS)
                documents[placed++] = made[i];
    free(made);
    mongoc_client_t *clients[WRITERS];
    for (int i = 0; i < WRITERS; i++) clients[i] = open_client();
    command(clients[0], "{\"dropDatabase\":1}");
    command(clients[0], "{\"createIndexes\":\"events\",\"indexes\":[{\"key\":{\"ts\":1},\"name\":\"time\"}]}");
    command(clients[1], "{\"insert\":\"warm\",\"documents\":[{}]}");
    pthread_t threads[WRITERS];
    double began = now_seconds();
    for (int i = 0; i < WRITERS; i++)
        if (pthread_create(&threads[i], NULL, write_bulks, clients[i])) return 1;
    for (int i = 0; i < WRITERS; i++) pthread_join(threads[i], NULL);
    double seconds = now_seconds() - began;
    command(clients[0], "{\"dropDatabase\":1}");
    printf("{\"events\":%zu,\"bytes\":%llu,\"seconds\":%.6f}\n", total, (unsigned long long)bytes, seconds);
    for (int i = 0; i < WRITERS; i++) mongoc_client_destroy(clients[i]);
    mongoc_cleanup();
    return 0;
}
