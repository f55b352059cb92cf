// The raw limit of the way into MongoDB: documents of the shape clickd makes, built before the clock starts, by
// libmongoc alone: unordered inserts of 5,000, majority and journaled, two threads with a client each, the same index, in the
// order in which they come out of Kafka's six partitions, a bulk of one after a bulk of the next: rising ids, each insert at
// the end of its index, would be another job.
//   insert URI DATABASE EVENTS
// Drops DATABASE first and leaves it dropped. Prints JSON: events, bytes, seconds.
#include <pthread.h>
#include <stdatomic.h>

#include "mongo.h"

enum { A_BULK = 5000, WRITERS = 2, PARTITIONS = 6 };

static const char *database;
static bson_t **documents;
static size_t total;
static atomic_size_t next;

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

static void *write_bulks(void *argument) {
    mongoc_client_t *client = argument;
    mongoc_collection_t *events = mongoc_client_get_collection(client, database, "events");
    bson_t options = BSON_INITIALIZER;
    BSON_APPEND_BOOL(&options, "ordered", false);
    BSON_APPEND_BOOL(&options, "validate", false);
    for (size_t at; (at = atomic_fetch_add(&next, A_BULK)) < total;) {
        size_t count = total - at < A_BULK ? total - at : A_BULK;
        bson_error_t error;
        if (!mongoc_collection_insert_many(events, (const bson_t **)documents + at, count, &options, NULL, &error))
            fail(error.message);
    }
    bson_destroy(&options);
    mongoc_collection_destroy(events);
    return NULL;
}

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "usage: insert URI DATABASE EVENTS\n");
        return 2;
    }
    mongoc_uri_t *uri = read_uri(words[1]);
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
    for (int i = 0; i < WRITERS; i++) clients[i] = open_client(uri);
    command(clients[0], database, "{\"dropDatabase\":1}");
    command(clients[0], database, "{\"createIndexes\":\"events\",\"indexes\":[{\"key\":{\"ts\":1},\"name\":\"time\"}]}");
    command(clients[1], database, "{\"insert\":\"warm\",\"documents\":[{}]}");
    pthread_t threads[WRITERS];
    double began = now_seconds();
    for (int i = 0; i < WRITERS; i++)
        if (pthread_create(&threads[i], NULL, write_bulks, clients[i])) return 1;
    for (int i = 0; i < WRITERS; i++) pthread_join(threads[i], NULL);
    double seconds = now_seconds() - began;
    command(clients[0], database, "{\"dropDatabase\":1}");
    printf("{\"events\":%zu,\"bytes\":%llu,\"seconds\":%.6f}\n", total, (unsigned long long)bytes, seconds);
    for (int i = 0; i < WRITERS; i++) mongoc_client_destroy(clients[i]);
    mongoc_cleanup();
    return 0;
}
