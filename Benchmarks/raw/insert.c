// The raw limit of the way into MongoDB: documents of the shape clickd makes, built before the clock starts, by
// libmongoc alone: unordered inserts of 5,000, majority and journaled, two threads with a client each, the same index, in the
// order in which they come out of Kafka's six partitions, a bulk of one after a bulk of the next: rising ids, each insert at
// the end of its index, would be another job.
//   insert URI DATABASE EVENTS [PARTS]
// Drops DATABASE first and leaves it dropped. Prints JSON: events, bytes, seconds; parts: the seconds of each of so many
// parts of the same size, one behind the other.
#include <pthread.h>
#include <stdatomic.h>

#include "mongo.h"

enum { A_BULK = 5000, WRITERS = 2, PARTITIONS = 6, A_BLOCK = 500000, MOST_PARTS = 100 };

static const char *database;
static bson_t **documents;
static size_t total;
static atomic_size_t next;
static size_t until;  // the part that is written ends here

static void append_text(bson_t *to, const char *key, bson_iter_t *value) {
    uint32_t length;
    const char *text = bson_iter_utf8(value, &length);
    BSON_APPEND_UTF8(to, key, text);
}

// Event `index` of the block, `number` of the run.
static bson_t *build(const struct events *e, size_t index, size_t number, int64_t now) {
    const struct line *line = &e->lines[index];
    const uint8_t *text = (const uint8_t *)e->bytes + line->start;
    bson_error_t error;
    bson_t *parsed = bson_new_from_json(text, line->length - 1, &error), *made = must(bson_sized_new(1024)), child;
    if (!parsed) fail(error.message);
    char key[KEY_ROOM];
    size_t key_length = visitor_key(e, index, key);
    bson_append_utf8(made, "_id", 3, (const char *)text + line->message_id, line->id_end - line->message_id);
    bson_append_utf8(made, "visitor", 7, key, (int)key_length);
    if (line->activity) BSON_APPEND_UTF8(made, "activity", line->activity);
    else BSON_APPEND_NULL(made, "activity");
    BSON_APPEND_DATE_TIME(made, "ts", now - (int64_t)(number * 7 % 1000));
    BSON_APPEND_DATE_TIME(made, "receivedAt", now);
    BSON_APPEND_UTF8(made, "host", "bench");
    bson_iter_t at;
    for (bson_iter_init(&at, parsed); bson_iter_next(&at);) {
        const char *name = bson_iter_key(&at);
        if (!strcmp(name, "timestamp")) {
            BSON_APPEND_DOCUMENT_BEGIN(made, "extra", &child);
            append_text(&child, name, &at);
            bson_append_document_end(made, &child);
        } else if (strcmp(name, "messageId")) {
            bson_append_iter(made, name, -1, &at);
        }
    }
    BSON_APPEND_DOCUMENT_BEGIN(made, "kafka", &child);
    BSON_APPEND_INT32(&child, "p", (int32_t)(number % PARTITIONS));
    BSON_APPEND_INT64(&child, "o", (int64_t)(number / PARTITIONS));
    bson_append_document_end(made, &child);
    BSON_APPEND_INT64(made, "hash", (int64_t)spread(number));
    bson_destroy(parsed);
    return made;
}

static void *write_bulks(void *argument) {
    mongoc_client_t *client = argument;
    mongoc_collection_t *events = mongoc_client_get_collection(client, database, "events");
    bson_t options = BSON_INITIALIZER;
    BSON_APPEND_BOOL(&options, "ordered", false);
    BSON_APPEND_BOOL(&options, "validate", false);
    for (size_t at = atomic_load(&next); at < until; at = atomic_load(&next)) {
        size_t count = until - at < A_BULK ? until - at : A_BULK;
        if (!atomic_compare_exchange_strong(&next, &at, at + count)) continue;
        bson_error_t error;
        if (!mongoc_collection_insert_many(events, (const bson_t **)documents + at, count, &options, NULL, &error))
            fail(error.message);
    }
    bson_destroy(&options);
    mongoc_collection_destroy(events);
    return NULL;
}

// Fills `documents`, in the partitions' order, the events made a block after the other.
static uint64_t build_all(const char *run) {
    bson_t **made = must(malloc(total * sizeof *made));
    uint64_t bytes = 0;
    const int64_t began = wall_milliseconds();
    for (size_t first = 0, count; first < total; first += count) {
        count = total - first < A_BLOCK ? total - first : A_BLOCK;
        struct events events = make_events(count, run, first, NULL);
        for (size_t i = 0; i < count; i++) {
            made[first + i] = build(&events, i, first + i, began);
            bytes += made[first + i]->len;
        }
        free(events.bytes), free(events.lines);
    }
    documents = must(malloc(total * sizeof *documents));
    size_t placed = 0;
    for (size_t block = 0; block < total; block += A_BULK * PARTITIONS)
        for (size_t partition = 0; partition < PARTITIONS; partition++)
            for (size_t i = block + partition; i < total && i < block + A_BULK * PARTITIONS; i += PARTITIONS)
                documents[placed++] = made[i];
    free(made);
    return bytes;
}

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "usage: insert URI DATABASE EVENTS [PARTS]\n");
        return 2;
    }
    mongoc_uri_t *uri = read_uri(words[1]);
    mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false);
    database = words[2];
    total = strtoull(words[3], NULL, 10);
    const size_t parts = count > 4 ? strtoull(words[4], NULL, 10) : 1;
    if (parts < 1 || parts > MOST_PARTS) return 2;
    const uint64_t bytes = build_all(words[2]);
    mongoc_client_t *clients[WRITERS];
    for (int i = 0; i < WRITERS; i++) clients[i] = open_client(uri);
    command(clients[0], database, "{\"dropDatabase\":1}");
    command(clients[0], database, "{\"createIndexes\":\"events\",\"indexes\":[{\"key\":{\"ts\":1},\"name\":\"time\"}]}");
    command(clients[1], database, "{\"insert\":\"warm\",\"documents\":[{}]}");
    double began = now_seconds(), ended = began, seconds[MOST_PARTS];
    for (size_t part = 0; part < parts; part++) {
        pthread_t threads[WRITERS];
        until = total * (part + 1) / parts;
        for (int i = 0; i < WRITERS; i++)
            if (pthread_create(&threads[i], NULL, write_bulks, clients[i])) return 1;
        for (int i = 0; i < WRITERS; i++) pthread_join(threads[i], NULL);
        double now = now_seconds();
        seconds[part] = now - ended;
        ended = now;
    }
    command(clients[0], database, "{\"dropDatabase\":1}");
    printf("{\"events\":%zu,\"bytes\":%llu,\"seconds\":%.6f,\"parts\":[", total, (unsigned long long)bytes, ended - began);
    for (size_t part = 0; part < parts; part++) printf("%s%.6f", part ? "," : "", seconds[part]);
    puts("]}");
    for (int i = 0; i < WRITERS; i++) mongoc_client_destroy(clients[i]);
    mongoc_cleanup();
    return 0;
}
