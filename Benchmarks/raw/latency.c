// How long an acknowledgement takes. The loop is open: event k is due at began + k / RATE whatever clickd does, and its
// latency counts from that moment, so that a stall is seen by every event that fell into it.
//   latency SOCKET RATE EVENTS RUN CONNECTIONS [EVERY]
// Events go over the connections in turn. EVERY prints, as soon as it is acknowledged, each EVERY-th event of the first
// connection as a line ["messageId", when (CLOCK_MONOTONIC)]. SIGTERM: no more events than are due. The last line is
// JSON: events, bytes, seconds, p50, p90, p99, p999, max; stall, the longest time without an answer while one was due; late, by
// how much this program itself was late at worst, which is within the latencies. In seconds.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/prctl.h>

#include "stream.h"

enum { MOST_CONNECTIONS = 16, MOST_EVENTS = 1 << 17 };  // a connection's: others wait for the first of them

static struct connection all[MOST_CONNECTIONS];
static uint64_t connections, total, taken, every;
static double began, rate, *samples;
static volatile sig_atomic_t is_asked_to_stop;

static void stop(int number) {
    (void)number;
    is_asked_to_stop = 1;
}

// When line `line` of connection `i` is due.
static double due_time(uint64_t i, uint64_t line) { return began + (double)(line * connections + i) / rate; }

// How many of the first `events` events are connection `i`'s.
static uint64_t share(uint64_t i, uint64_t events) { return (events + connections - 1 - i) / connections; }

static void take_answers(uint64_t i) {
    struct connection *c = &all[i];
    uint64_t before = c->settled;
    read_answers(c);
    double now = now_seconds();
    for (uint64_t line = before; line < c->settled; line++) {
        samples[taken++] = now - due_time(i, line);
        if (every && i == 0 && line % every == 0) {
            char id[ID_ROOM];
            size_t length = message_id(&c->events, line % c->events.count, c->first + line, id);
            printf("[\"%.*s\",%.6f]\n", (int)length, id, now);
        }
    }
    if (every && c->settled > before) fflush(stdout);
}

static double oldest_unanswered(void) {
    double oldest = 1e18;
    for (uint64_t i = 0; i < connections; i++) {
        double due = due_time(i, all[i].settled);
        if (all[i].settled < share(i, total) && due < oldest) oldest = due;
    }
    return oldest;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(double share_below) { return samples[(uint64_t)((double)(taken - 1) * share_below)]; }

int main(int count, char **words) {
    if (count < 6) {
        fprintf(stderr, "usage: latency SOCKET RATE EVENTS RUN CONNECTIONS [EVERY]\n");
        return 2;
    }
    rate = atof(words[2]);
    total = strtoull(words[3], NULL, 10);
    connections = strtoull(words[5], NULL, 10);
    every = count > 6 ? strtoull(words[6], NULL, 10) : 0;
    if (rate <= 0 || total < 1 || connections < 1 || connections > MOST_CONNECTIONS) return 2;
    signal(SIGTERM, stop);
    samples = must(malloc(total * sizeof *samples));
    for (uint64_t i = 0; i < connections; i++) {
        all[i].first = i * (total / connections + 1);
        size_t most = pool(share(i, total), connections);
        all[i].events = make_events(most < MOST_EVENTS ? most : MOST_EVENTS, words[4], all[i].first, NULL);
        open_connection(&all[i], words[1], 1);
    }
    prctl(PR_SET_TIMERSLACK, 1UL);
    double late = 0, stall = 0, answered = 0;
    uint64_t handed = 0;  // events that were given to a connection
    struct pollfd polled[MOST_CONNECTIONS];
    began = now_seconds() + 0.001;
    while (taken < total) {
        double now = now_seconds();
        uint64_t due = now < began ? 0 : (uint64_t)((now - began) * rate) + 1;
        if (is_asked_to_stop && due < total) total = due > handed ? due : handed > 0 ? handed : 1;
        if (due > total) due = total;
        if (due > handed && now - (began + (double)handed / rate) > late) late = now - (began + (double)handed / rate);
        handed = due > handed ? due : handed;
        for (uint64_t i = 0; i < connections; i++) {
            int more = write_some(&all[i], share(i, handed));
            polled[i] = (struct pollfd){all[i].socket, (short)(POLLIN | (more ? POLLOUT : 0)), 0};
        }
        double pause = handed < total ? began + (double)handed / rate - now_seconds() : 30;
        if (pause < 0) pause = 0;
        struct timespec wait = {(time_t)pause, (long)((pause - (double)(time_t)pause) * 1e9)};
        double oldest = oldest_unanswered();
        int found = ppoll(polled, (nfds_t)connections, &wait, NULL);
        if (found == 0 && pause >= 30) {
            fprintf(stderr, "latency: no answer for 30 s\n");
            return 1;
        }
        uint64_t before = taken;
        for (uint64_t i = 0; found > 0 && i < connections; i++)
            if (polled[i].revents & ~POLLOUT) take_answers(i);
        if (taken == before) continue;
        double end = now_seconds(), since = oldest > answered ? oldest : answered;
        if (end - since > stall) stall = end - since;
        answered = end;
    }
    double seconds = now_seconds() - began;
    uint64_t bytes = 0;
    for (uint64_t i = 0; i < connections; i++) {
        if (all[i].refused) return 1;
        bytes += all[i].bytes;
    }
    qsort(samples, taken, sizeof *samples, compare);
    printf("{\"events\":%llu,\"bytes\":%llu,\"seconds\":%.6f,\"p50\":%.6f,\"p90\":%.6f,\"p99\":%.6f,\"p999\":%.6f,\"max\":%.6f,"
           "\"stall\":%.6f,\"late\":%.6f}\n",
           (unsigned long long)taken, (unsigned long long)bytes, seconds, percentile(0.5), percentile(0.9), percentile(0.99), percentile(0.999),
           percentile(1), stall, late);
    return 0;
}
