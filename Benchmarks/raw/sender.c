// The load: sends shop events to clickd's stream socket and reads its acknowledgements meanwhile; done when `OK`
// covers every line. One thread, 64 KiB writes from memory made beforehand, one or several connections.
//   sender SOCKET EVENTS RUN [CONNECTIONS]
// Prints JSON: events, bytes, seconds, refused, began (CLOCK_MONOTONIC, so that others can go on measuring).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "events.h"

enum { WRITE_BYTES = 64 << 10, MOST_CONNECTIONS = 1000 };

struct connection {
    int socket;
    struct events events;
    size_t at, patched;        // in the pass over `events`: bytes written, lines numbered
    uint64_t sent, total;      // lines of earlier passes; lines to send
    uint64_t first, settled, refused, bytes;
    char answer[4096];
    size_t answer_count;
};

static void fail(const char *what) {
    fprintf(stderr, "sender: %s: %s\n", what, errno ? strerror(errno) : "end of stream");
    exit(1);
}

static void open_connection(struct connection *c, const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    c->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->socket < 0 || connect(c->socket, (struct sockaddr *)&address, sizeof address)) fail(path);
    static const char hello[] = "CLICKD/1 ACK\n", answer[] = "CLICKD/1 OK\n";
    if (write(c->socket, hello, sizeof hello - 1) != sizeof hello - 1) fail("hello");
    char got[sizeof answer] = "";
    for (size_t count = 0; count < sizeof answer - 1;) {
        ssize_t read_now = read(c->socket, got + count, sizeof answer - 1 - count);
        if (read_now <= 0) fail("answer to hello");
        count += (size_t)read_now;
    }
    if (strcmp(got, answer)) fail(got);
    fcntl(c->socket, F_SETFL, O_NONBLOCK);
}

static size_t lines_in_pass(const struct connection *c) {
    uint64_t left = c->total - c->sent;
    return left < c->events.count ? (size_t)left : c->events.count;
}

// Writes until the socket is full. True while something is left to write.
static int write_some(struct connection *c) {
    while (c->sent < c->total) {
        size_t lines = lines_in_pass(c);
        size_t size = c->events.lines[lines - 1].start + c->events.lines[lines - 1].length;
        size_t end = c->at + WRITE_BYTES < size ? c->at + WRITE_BYTES : size;
        for (; c->patched < lines && c->events.lines[c->patched].start < end; c->patched++)
            write_digits(c->events.bytes + c->events.lines[c->patched].digits, c->first + c->sent + c->patched);
        ssize_t written = send(c->socket, c->events.bytes + c->at, end - c->at, MSG_NOSIGNAL);
        if (written < 0 && errno == EAGAIN) return 1;
        if (written < 0) fail("send");
        c->at += (size_t)written;
        c->bytes += (uint64_t)written;
        if (c->at == size) {
            c->sent += lines;
            c->at = c->patched = 0;
        }
    }
    return 0;
}

static void read_answers(struct connection *c) {
    ssize_t count = read(c->socket, c->answer + c->answer_count, sizeof c->answer - c->answer_count);
    if (count < 0 && errno == EAGAIN) return;
    if (count == 0) errno = 0;
    if (count <= 0) fail("read");
    c->answer_count += (size_t)count;
    char *line = c->answer, *end = c->answer + c->answer_count, *lf;
    while ((lf = memchr(line, '\n', (size_t)(end - line)))) {
        if (!strncmp(line, "OK ", 3)) c->settled = strtoull(line + 3, NULL, 10);
        else if (!strncmp(line, "NO ", 3) && c->refused++ == 0) fprintf(stderr, "sender: %.*s\n", (int)(lf - line), line);
        line = lf + 1;
    }
    c->answer_count = (size_t)(end - line);
    memmove(c->answer, line, c->answer_count);
}

int main(int count, char **words) {
    if (count < 4) {
        fprintf(stderr, "usage: sender SOCKET EVENTS RUN [CONNECTIONS]\n");
        return 2;
    }
    uint64_t events = strtoull(words[2], NULL, 10);
    int connections = count > 4 ? atoi(words[4]) : 1;
    if (events < 1 || connections < 1 || connections > MOST_CONNECTIONS) return 2;
    struct connection *all = must(calloc((size_t)connections, sizeof *all));
    struct pollfd *polled = must(calloc((size_t)connections, sizeof *polled));
    uint64_t first = 0;
    for (int i = 0; i < connections; i++) {
        struct connection *c = &all[i];
        c->total = events / (uint64_t)connections + ((uint64_t)i < events % (uint64_t)connections);
        c->first = first;
        first += c->total;
        c->events = make_events(distinct((size_t)connections), words[3], c->first, NULL);
        open_connection(c, words[1]);
        polled[i] = (struct pollfd){c->socket, POLLOUT, POLLOUT};
    }
    double began = now_seconds();
    for (int busy = connections; busy;) {
        for (int i = 0; i < connections; i++) {
            struct connection *c = &all[i];
            if (!polled[i].revents) continue;
            int more = write_some(c);
            read_answers(c);
            int done = c->settled >= c->total;
            busy -= done;
            polled[i] = (struct pollfd){done ? -1 : c->socket, (short)(POLLIN | (more ? POLLOUT : 0)), 0};
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
