/* Loaded into the shipped binary by LD_PRELOAD: kills it, as kill -9 does, just before or just after its Nth call of one
 * function, or lets that call and all later ones fail with EIO. CLICKD_KILL_AT="FUNCTION before|after|fail N", N from 1.
 * Without that it changes nothing. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static char wanted[64];
static bool is_after, is_failing;
static long wanted_number;
static atomic_long calls;

__attribute__((constructor)) static void read_wish(void) {
    const char *wish = getenv("CLICKD_KILL_AT");
    char when[16] = "";
    if (!wish || sscanf(wish, "%63s %15s %ld", wanted, when, &wanted_number) != 3) wanted[0] = 0;
    is_after = strcmp(when, "after") == 0;
    is_failing = strcmp(when, "fail") == 0;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/* Whether this call of `name` is the one to die behind; dies here where it is the one to die before. */
static bool comes(const char *name) {
    if (is_failing || strcmp(name, wanted) != 0) return false;
    if (atomic_fetch_add(&calls, 1) + 1 != wanted_number) return false;
    if (!is_after) die();
    return true;
}

/* Whether this call of `name` is one to fail. */
static bool fails(const char *name) {
    if (!is_failing || strcmp(name, wanted) != 0) return false;
    errno = EIO;
    return atomic_fetch_add(&calls, 1) + 1 >= wanted_number;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

#define AROUND(result, name, parameters, arguments)   \
    result name parameters {                          \
        static __typeof__(&name) real;                \
        if (!real) real = REAL(name);                 \
        bool dies = comes(#name);                     \
        if (fails(#name)) return (result)-1;          \
        result outcome = real arguments;              \
        if (dies) die();                              \
        return outcome;                               \
    }

/* The outbox: SQLite's writes, and what makes a commit durable. */
AROUND(ssize_t, pwrite64, (int fd, const void *bytes, size_t count, off64_t at), (fd, bytes, count, at))
AROUND(int, fdatasync, (int fd), (fd))
AROUND(int, fsync, (int fd), (fd))
/* Answers to senders. */
AROUND(ssize_t, send, (int fd, const void *bytes, size_t count, int flags), (fd, bytes, count, flags))

/* Kafka and MongoDB: declared here, so that this needs no headers of theirs. Every argument is a register wide. */
#define WORD uintptr_t
WORD rd_kafka_produce(WORD, WORD, WORD, WORD, WORD, WORD, WORD, WORD);
WORD rd_kafka_event_message_array(WORD, WORD, WORD);
WORD rd_kafka_commit(WORD, WORD, WORD);
WORD mongoc_collection_insert_many(WORD, WORD, WORD, WORD, WORD, WORD);
WORD mongoc_bulk_operation_execute(WORD, WORD, WORD);
AROUND(WORD, rd_kafka_produce, (WORD a, WORD b, WORD c, WORD d, WORD e, WORD f, WORD g, WORD h), (a, b, c, d, e, f, g, h))
/* Delivery reports are taken here. */
AROUND(WORD, rd_kafka_event_message_array, (WORD a, WORD b, WORD c), (a, b, c))
AROUND(WORD, rd_kafka_commit, (WORD a, WORD b, WORD c), (a, b, c))
AROUND(WORD, mongoc_collection_insert_many, (WORD a, WORD b, WORD c, WORD d, WORD e, WORD f), (a, b, c, d, e, f))
/* Offsets, marks of roll-ups, dead letters. */
AROUND(WORD, mongoc_bulk_operation_execute, (WORD a, WORD b, WORD c), (a, b, c))
