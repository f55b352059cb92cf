// The raw limit of the way to Kafka: the same events by librdkafka alone, idempotent, acks=all, lz4, from memory that
// is lent and not copied; done when every delivery report came. Also fills a topic for the consumer's benchmark.
//   producer BROKERS TOPIC EVENTS RUN [HOST [PARTITIONS [FIRST]]]     HOST: records as clickd stores them, receivedAt and host
//   in front; "": as they are sent. FIRST: the number of the first, where others of the run came before (0)
// Makes the topic, of six partitions unless told otherwise. Prints JSON: events, bytes, seconds.
#include "events.h"
#include "kafka.h"

static int partitions = 6;
static uint64_t delivered, failed;

static void report(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque) {
    (void)client, (void)opaque;
    if (message->err) failed++;
    else delivered++;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "producer: %s: %s\n", what, why);
    exit(1);
}

static void create_topic(rd_kafka_t *client, const char *name) {
    char why[256];
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, why, sizeof why);
    if (!topic) fail(name, why);
    rd_kafka_NewTopic_set_config(topic, "message.timestamp.type", "LogAppendTime");
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    rd_kafka_CreateTopics(client, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 30000);
    if (!event || rd_kafka_event_error(event)) fail(name, event ? rd_kafka_event_error_string(event) : "no answer");
    size_t count;
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[0]);
    if (code && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) fail(name, rd_kafka_err2str(code));
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy(topic);
}

// Until the topic's leaders are known, so that the clock does not time the metadata.
static void wait_for_topic(rd_kafka_t *client, rd_kafka_topic_t *topic) {
    for (int attempt = 0; attempt < 100; attempt++) {
        const struct rd_kafka_metadata *metadata;
        if (!rd_kafka_metadata(client, 0, topic, &metadata, 5000)) {
            int ready = metadata->topic_cnt == 1 && metadata->topics[0].partition_cnt == partitions;
            for (int i = 0; ready && i < partitions; i++) ready = metadata->topics[0].partitions[i].leader >= 0;
            rd_kafka_metadata_destroy(metadata);
            if (ready) return;
        }
        rd_kafka_poll(client, 100);
    }
    fail(rd_kafka_topic_name(topic), "has no leaders");
}

int main(int count, char **words) {
    if (count < 5) {
        fprintf(stderr, "usage: producer BROKERS TOPIC EVENTS RUN [HOST [PARTITIONS [FIRST]]]\n");
        return 2;
    }
    size_t events = strtoull(words[3], NULL, 10);
    struct events made = make_events(events, words[4], count > 7 ? strtoull(words[7], NULL, 10) : 0, count > 5 && *words[5] ? words[5] : NULL);
    if (count > 6) partitions = atoi(words[6]);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", words[1]);
    set(conf, "enable.idempotence", "true");
    set(conf, "acks", "all");
    set(conf, "message.timeout.ms", "0");
    set(conf, "compression.codec", "lz4");
    set(conf, "batch.size", "1000000");
    set(conf, "linger.ms", "5");
    set(conf, "queue.buffering.max.messages", "1000000");
    set(conf, "partitioner", "murmur2_random");
    rd_kafka_conf_set_dr_msg_cb(conf, report);
    char why[256];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!client) fail("client", why);
    create_topic(client, words[2]);
    rd_kafka_topic_t *topic = rd_kafka_topic_new(client, words[2], NULL);
    wait_for_topic(client, topic);
    double began = now_seconds();
    uint64_t bytes = 0;
    for (size_t i = 0; i < events; i++) {
        const struct line *line = &made.lines[i];
        char key[KEY_ROOM];
        size_t key_length = visitor_key(&made, i, key);
        while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, 0, made.bytes + line->start, line->length - 1, key,
                                key_length, NULL)) {
            if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
                fail("produce", rd_kafka_err2str(rd_kafka_last_error()));
            rd_kafka_poll(client, 10);
        }
        bytes += line->length;
        if (i % 1000 == 0) rd_kafka_poll(client, 0);
    }
    while (delivered + failed < events) rd_kafka_poll(client, 100);
    double seconds = now_seconds() - began;
    printf("{\"events\":%zu,\"bytes\":%llu,\"seconds\":%.6f,\"failed\":%llu}\n", events, (unsigned long long)bytes, seconds,
           (unsigned long long)failed);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
    return failed ? 1 : 0;
}
