// How many records a topic holds, by its partitions' end offsets, until there are EVENTS or nothing came for PATIENCE
// seconds. Looks every 20 ms.
//   offsets BROKERS TOPIC EVENTS PATIENCE
// Prints JSON: events, last (CLOCK_MONOTONIC, when the last of them was seen).
#include <unistd.h>

#include "events.h"
#include "kafka.h"

enum { PARTITIONS = 6 };

int main(int count, char **words) {
    if (count < 5) {
        fprintf(stderr, "usage: offsets BROKERS TOPIC EVENTS PATIENCE\n");
        return 2;
    }
    int64_t wanted = strtoll(words[3], NULL, 10), found = 0;
    double patience = atof(words[4]), last = now_seconds();
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", words[1]);
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    if (!client) return 1;
    while (found < wanted && now_seconds() - last < patience) {
        int64_t sum = 0;
        for (int i = 0; i < PARTITIONS; i++) {
            int64_t begin = 0, end = 0;
            rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(client, words[2], i, &begin, &end, 10000);
            if (code) {
                fprintf(stderr, "offsets: %s: %s\n", words[2], rd_kafka_err2str(code));
                return 1;
            }
            sum += end;
        }
        if (sum > found) found = sum, last = now_seconds();
        if (found < wanted) usleep(20000);
    }
    printf("{\"events\":%lld,\"last\":%.6f}\n", (long long)found, last);
    rd_kafka_destroy(client);
    return 0;
}
