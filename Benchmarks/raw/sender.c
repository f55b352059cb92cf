// The load: sends shop events to a stream socket as fast as it takes them; one thread, 64 KiB writes from memory made
// beforehand, one or several connections. Reads clickd's acknowledgements meanwhile, and is done when `OK` covers every line.
//   sender SOCKET EVENTS RUN [CONNECTIONS [plain]]     plain: no hello and no answers; done when every line is written
// Prints JSON: events, bytes, seconds, refused, began (CLOCK_MONOTONIC, so that others can go on measuring).
#define _GNU_SOURCE
#include "stream.h"

enum { MOST_CONNECTIONS = 1000 };

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "usage: sender SOCKET EVENTS RUN [CONNECTIONS [plain]]\n");
        return 2;
    }
    uint64_t events = strtoull(words[2], NULL, 10);
    int connections = count > 4 ? atoi(words[4]) : 1, is_acknowledged = count < 6 || strcmp(words[5], "plain");
    if (events < 1 || connections < 1 || connections > MOST_CONNECTIONS) return 2;
    struct connection *all = must(calloc((size_t)connections, sizeof *all));
    struct pollfd *polled = must(calloc((size_t)connections, sizeof *polled));
    uint64_t first = 0;
    for (int i = 0; i < connections; i++) {
        struct connection *c = &all[i];
        c->total = events / (uint64_t)connections + ((uint64_t)i < events % (uint64_t)connections);
        c->first = first;
        first += c->total;
        c->events = make_events(pool(c->total, (size_t)connections), words[3], c->first, NULL);
        open_connection(c, words[1], is_acknowledged);
        polled[i] = (struct pollfd){c->socket, POLLOUT, POLLOUT};
    }
    double began = now_seconds();
    for (int busy = connections; busy;) {
        for (int i = 0; i < connections; i++) {
            struct connection *c = &all[i];
            if (!polled[i].revents) continue;
            int more = write_some(c, c->total);
            if (is_acknowledged) read_answers(c);
            int done = is_acknowledged ? c->settled >= c->total : !more;
            busy -= done;
            polled[i] = (struct pollfd){done ? -1 : c->socket, (short)((is_acknowledged ? POLLIN : 0) | (more ? POLLOUT : 0)), 0};
        }
        if (busy && poll(polled, (nfds_t)connections, 30000) == 0) {
            fprintf(stderr, "sender: nothing moved for 30 s\n");
            return 1;
        }
    }
    double seconds = now_seconds() - began;
    uint64_t bytes = 0, refused = 0;
    for (int i = 0; i < connections; i++) bytes += all[i].bytes, refused += all[i].refused;
    printf("{\"events\":%llu,\"bytes\":%llu,\"seconds\":%.6f,\"refused\":%llu,\"began\":%.6f}\n",
           (unsigned long long)events, (unsigned long long)bytes, seconds, (unsigned long long)refused, began);
    return refused ? 1 : 0;
}
