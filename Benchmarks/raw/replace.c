// What the way into MongoDB is held against: a plain consumer that writes nothing twice as MongoDB's own Kafka connector
// does it: each document replaces the one with its _id, or is made where there is none. By the connector's defaults: the 500
// records that a consumer polls are an ordered bulk (max.poll.records, bulk.write.ordered); two tasks; majority and journaled.
// librdkafka, libbson's JSON reader and libmongoc stand for Kafka Connect, which needs more; an index on time, as clickd has.
//   replace BROKERS TOPIC URI DATABASE EVENTS
// TOPIC has six partitions and EVENTS events or more. Drops DATABASE first and leaves it dropped. Prints JSON: events, seconds
// (from the first poll that brought some to the last answer).
#include <pthread.h>
#include <stdatomic.h>

#include "kafka.h"
#include "mongo.h"

enum { A_POLL = 500, TASKS = 2, PARTITIONS = 6 };

struct task {
    pthread_t thread;
    int number;
    mongoc_client_t *client;
    double began, ended;  // its first poll that brought some, its last answer; 0: nothing came
};

static const char *brokers, *topic, *database;
static size_t total;
static atomic_size_t written;

// From the start of the partitions whose number is the task's, or two more, or four.
static rd_kafka_t *open_consumer(int task) {
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", brokers);
    set(conf, "group.id", "replace");
    set(conf, "enable.auto.commit", "false");
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, why, sizeof why);
    if (!consumer) fail(why);
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
    for (int i = task; i < PARTITIONS; i += TASKS)
        rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    if (rd_kafka_assign(consumer, list)) fail("assign");
    rd_kafka_topic_partition_list_destroy(list);
    return consumer;
}

static void add(mongoc_bulk_operation_t *bulk, const rd_kafka_message_t *message, const bson_t *options) {
    bson_error_t error;
    bson_iter_t id;
    bson_t *parsed = bson_new_from_json(message->payload, (ssize_t)message->len, &error);
    if (!parsed || !bson_iter_init_find(&id, parsed, "messageId")) fail(parsed ? "no messageId" : error.message);
    bson_t selector = BSON_INITIALIZER, document = BSON_INITIALIZER;
    if (!bson_append_iter(&selector, "_id", 3, &id) || !bson_concat(&document, &selector) || !bson_concat(&document, parsed) ||
        !mongoc_bulk_operation_replace_one_with_opts(bulk, &selector, &document, options, &error))
        fail("a document cannot be made");
    bson_destroy(&document);
    bson_destroy(&selector);
    bson_destroy(parsed);
}

static void *run(void *argument) {
    struct task *task = argument;
    rd_kafka_t *consumer = open_consumer(task->number);
    rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
    mongoc_collection_t *events = mongoc_client_get_collection(task->client, database, "events");
    bson_t upsert = BSON_INITIALIZER;
    BSON_APPEND_BOOL(&upsert, "upsert", true);
    while (atomic_load(&written) < total) {
        rd_kafka_message_t *messages[A_POLL];
        ssize_t count = rd_kafka_consume_batch_queue(queue, 20, messages, A_POLL);
        size_t taken = 0;
        if (count > 0 && task->began == 0) task->began = now_seconds();
        mongoc_bulk_operation_t *bulk = must(mongoc_collection_create_bulk_operation_with_opts(events, NULL));
        for (ssize_t i = 0; i < count; i++) {
            if (!messages[i]->err) add(bulk, messages[i], &upsert), taken++;
            rd_kafka_message_destroy(messages[i]);
        }
        bson_error_t error;
        if (taken && !mongoc_bulk_operation_execute(bulk, NULL, &error)) fail(error.message);
        mongoc_bulk_operation_destroy(bulk);
        if (taken) task->ended = now_seconds();
        atomic_fetch_add(&written, taken);
    }
    bson_destroy(&upsert);
    mongoc_collection_destroy(events);
    rd_kafka_queue_destroy(queue);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return NULL;
}

int main(int count, char **words) {
    if (count < 6) {
        fprintf(stderr, "usage: replace BROKERS TOPIC URI DATABASE EVENTS\n");
        return 2;
    }
    brokers = words[1], topic = words[2], database = words[4];
    total = strtoull(words[5], NULL, 10);
    mongoc_uri_t *uri = read_uri(words[3]);
    struct task tasks[TASKS] = {{0}};
    for (int i = 0; i < TASKS; i++) tasks[i].number = i, tasks[i].client = open_client(uri);
    command(tasks[0].client, database, "{\"dropDatabase\":1}");
    command(tasks[0].client, database, "{\"createIndexes\":\"events\",\"indexes\":[{\"key\":{\"timestamp\":1},\"name\":\"time\"}]}");
    for (int i = 0; i < TASKS; i++)
        if (pthread_create(&tasks[i].thread, NULL, run, &tasks[i])) return 1;
    double began = 0, ended = 0;
    for (int i = 0; i < TASKS; i++) {
        pthread_join(tasks[i].thread, NULL);
        if (tasks[i].began != 0 && (began == 0 || tasks[i].began < began)) began = tasks[i].began;
        if (tasks[i].ended > ended) ended = tasks[i].ended;
    }
    size_t all = atomic_load(&written);
    command(tasks[0].client, database, "{\"dropDatabase\":1}");
    printf("{\"events\":%zu,\"seconds\":%.6f}\n", all, ended - began);
    for (int i = 0; i < TASKS; i++) mongoc_client_destroy(tasks[i].client);
    mongoc_uri_destroy(uri);
    mongoc_cleanup();
    return 0;
}
