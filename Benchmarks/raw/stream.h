// A connection to a stream socket: opening it, with or without clickd's hello, writing the lines that are due from memory
// made beforehand, reading acknowledgements. What the programs share that send events.
#ifndef BENCH_STREAM_H
#define BENCH_STREAM_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "events.h"

enum { WRITE_BYTES = 64 << 10 };

struct connection {
    int socket;
    struct events events;
    size_t at, numbered;       // in the pass over `events`: bytes written, lines that have their ids
    uint64_t sent, total;      // lines of earlier passes; lines to send
    uint64_t first, settled, refused, bytes;
    char answer[4096];
    size_t answer_count;
};

static inline void fail(const char *what) {
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, errno ? strerror(errno) : "end of stream");
    exit(1);
}

static inline void say_hello(int socket) {
    static const char hello[] = "CLICKD/1 ACK\n", answer[] = "CLICKD/1 OK\n";
    if (write(socket, hello, sizeof hello - 1) != sizeof hello - 1) fail("hello");
    char got[sizeof answer] = "";
    for (size_t count = 0; count < sizeof answer - 1;) {
        ssize_t read_now = read(socket, got + count, sizeof answer - 1 - count);
        if (read_now <= 0) fail("answer to hello");
        count += (size_t)read_now;
    }
    if (strcmp(got, answer)) fail(got);
}

static inline void open_connection(struct connection *c, const char *path, int is_acknowledged) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    c->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (c->socket < 0 || connect(c->socket, (struct sockaddr *)&address, sizeof address)) fail(path);
    if (is_acknowledged) say_hello(c->socket);
    fcntl(c->socket, F_SETFL, O_NONBLOCK);
}

// Writes until the socket is full or the connection's first `due` lines are out. True while something of them is left.
static inline int write_some(struct connection *c, uint64_t due) {
    for (;;) {
        size_t lines = due - c->sent < c->events.count ? (size_t)(due - c->sent) : c->events.count;
        size_t size = lines ? c->events.lines[lines - 1].start + c->events.lines[lines - 1].length : 0;
        if (c->at == size && lines < c->events.count) return 0;
        if (c->at == size) {
            c->sent += lines;
            c->at = c->numbered = 0;
            continue;
        }
        size_t end = c->at + WRITE_BYTES < size ? c->at + WRITE_BYTES : size;
        for (; c->sent && c->numbered < lines && c->events.lines[c->numbered].start < end; c->numbered++)
            renumber(&c->events, c->numbered, c->first + c->sent + c->numbered);
        ssize_t written = send(c->socket, c->events.bytes + c->at, end - c->at, MSG_NOSIGNAL);
        if (written < 0 && errno == EAGAIN) return 1;
        if (written < 0) fail("send");
        c->at += (size_t)written;
        c->bytes += (uint64_t)written;
    }
}

static inline void read_answers(struct connection *c) {
    ssize_t count = read(c->socket, c->answer + c->answer_count, sizeof c->answer - c->answer_count);
    if (count < 0 && errno == EAGAIN) return;
    if (count == 0) errno = 0;
    if (count <= 0) fail("read");
    c->answer_count += (size_t)count;
    char *line = c->answer, *end = c->answer + c->answer_count, *lf;
    while ((lf = memchr(line, '\n', (size_t)(end - line)))) {
        if (!strncmp(line, "OK ", 3)) c->settled = strtoull(line + 3, NULL, 10);
        else if (!strncmp(line, "NO ", 3) && c->refused++ == 0)
            fprintf(stderr, "%s: %.*s\n", program_invocation_short_name, (int)(lf - line), line);
        line = lf + 1;
    }
    c->answer_count = (size_t)(end - line);
    memmove(c->answer, line, c->answer_count);
}

#endif
