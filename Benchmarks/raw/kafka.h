// What the programs that speak to Kafka have in common.
#ifndef BENCH_KAFKA_H
#define BENCH_KAFKA_H

#include <err.h>
#include <librdkafka/rdkafka.h>

static inline void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char why[256];
    if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK) errx(1, "%s: %s", name, why);
}

#endif
