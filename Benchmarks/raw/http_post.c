// The load of the collector: POSTs shop events over HTTP/1.1 from many kept connections, each of which waits for its
// answer before it sends the next; done when every event is answered with 200. One thread, epoll.
//   http_post PORT EVENTS RUN PER_REQUEST CONNECTIONS
// PER_REQUEST 1 posts single events to /v1/track, more of them as batches to /v1/batch. Requests answered with 429 or 503
// are sent again, and counted. Prints JSON: events, requests, repeated, seconds, began (CLOCK_MONOTONIC).
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "events.h"

enum { HEAD = 256, ANSWER = 16 << 10 };

struct connection {
    int socket;
    char *request;
    size_t size, written, count;  // bytes to write, written; events in the request
    char answer[ANSWER + 1];
    size_t got;
};

static struct events events;
static uint64_t next_event, total, settled, requests, repeated;
static size_t per_request;

static void fail(const char *what) {
    fprintf(stderr, "http_post: %s: %s\n", what, errno ? strerror(errno) : "end of stream");
    exit(1);
}

// Puts the next events into the connection's request; false when there are none.
static int make_request(struct connection *c) {
    if (next_event == total) return 0;
    c->count = total - next_event < per_request ? (size_t)(total - next_event) : per_request;
    char *body = c->request + HEAD, *at = body;
    if (per_request > 1) at += sprintf(at, "{\"batch\":[");
    for (size_t i = 0; i < c->count; i++, next_event++) {
        size_t index = next_event % events.count;
        const struct line *line = &events.lines[index];
        if (next_event >= events.count) renumber(&events, index, next_event);
        if (i > 0) *at++ = ',';
        memcpy(at, events.bytes + line->start, line->length - 1);
        at += line->length - 1;
    }
    if (per_request > 1) at += sprintf(at, "]}");
    char head[HEAD];
    int head_size = snprintf(head, sizeof head,
                             "POST /v1/%s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                             "Content-Length: %zu\r\n\r\n",
                             per_request > 1 ? "batch" : "track", (size_t)(at - body));
    memmove(c->request + HEAD - head_size, head, (size_t)head_size);
    c->size = (size_t)(at - c->request);
    c->written = HEAD - (size_t)head_size;
    c->got = 0;
    return 1;
}

static int write_some(struct connection *c) {
    while (c->written < c->size) {
        ssize_t count = send(c->socket, c->request + c->written, c->size - c->written, MSG_NOSIGNAL);
        if (count < 0 && errno == EAGAIN) return 1;
        if (count < 0) fail("send");
        c->written += (size_t)count;
    }
    return 0;
}

// The status of a whole answer, 0 while it is not there.
static int read_answer(struct connection *c) {
    ssize_t count = recv(c->socket, c->answer + c->got, ANSWER - c->got, 0);
    if (count < 0 && errno == EAGAIN) return 0;
    if (count == 0) errno = 0;
    if (count <= 0) fail("recv");
    c->got += (size_t)count;
    c->answer[c->got] = 0;
    char *end = strstr(c->answer, "\r\n\r\n"), *length = strcasestr(c->answer, "\r\ncontent-length:");
    if (!end || !length || length > end) return 0;
    if (c->got < (size_t)(end + 4 - c->answer) + strtoull(length + 17, NULL, 10)) return 0;
    return atoi(c->answer + 9);
}

int main(int count, char **words) {
    if (count < 6) {
        fprintf(stderr, "usage: http_post PORT EVENTS RUN PER_REQUEST CONNECTIONS\n");
        return 2;
    }
    total = strtoull(words[2], NULL, 10);
    per_request = (size_t)atoi(words[4]);
    int connections = atoi(words[5]);
    if (per_request < 1 || per_request > 1000 || connections < 1) return 2;
    events = make_events(pool(total, 1), words[3], 0, NULL);
    size_t longest = 0;
    for (size_t i = 0; i < events.count; i++)
        if (events.lines[i].length > longest) longest = events.lines[i].length;
    const size_t room = HEAD + 64 + per_request * (longest + 1);
    struct connection *all = must(calloc((size_t)connections, sizeof *all));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(words[1]))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int poller = epoll_create1(0), busy = 0, on = 1;
    for (int i = 0; i < connections; i++) {
        struct connection *c = &all[i];
        c->request = must(malloc(room));
        c->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c->socket < 0 || connect(c->socket, (struct sockaddr *)&address, sizeof address)) fail("connect");
        setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        fcntl(c->socket, F_SETFL, O_NONBLOCK);
        struct epoll_event event = {EPOLLIN, {.ptr = c}};
        epoll_ctl(poller, EPOLL_CTL_ADD, c->socket, &event);
    }
    double began = now_seconds();
    for (int i = 0; i < connections && make_request(&all[i]); i++, busy++) {
        while (write_some(&all[i])) usleep(100);
    }
    struct epoll_event ready[256];
    while (busy) {
        int found = epoll_wait(poller, ready, 256, 30000);
        if (found <= 0) fail("nothing moved for 30 s");
        for (int i = 0; i < found; i++) {
            struct connection *c = ready[i].data.ptr;
            int more = 0;
            if (ready[i].events & EPOLLIN) {
                int status = read_answer(c);
                if (status == 200) {
                    settled += c->count;
                    requests++;
                    if (!make_request(c)) {
                        busy--;
                        continue;
                    }
                    more = write_some(c);
                } else if (status == 429 || status == 503) {
                    repeated++;
                    usleep(1000);
                    char *head = memmem(c->request, HEAD, "POST", 4);
                    c->written = (size_t)(head - c->request);
                    c->got = 0;
                    more = write_some(c);
                } else if (status) {
                    fprintf(stderr, "http_post: %.300s\n", c->answer);
                    return 1;
                }
            } else {
                more = write_some(c);
            }
            struct epoll_event event = {EPOLLIN | (more ? EPOLLOUT : 0), {.ptr = c}};
            if (more || ready[i].events & EPOLLOUT) epoll_ctl(poller, EPOLL_CTL_MOD, c->socket, &event);
        }
    }
    double seconds = now_seconds() - began;
    printf("{\"events\":%llu,\"requests\":%llu,\"repeated\":%llu,\"seconds\":%.6f,\"began\":%.6f}\n",
           (unsigned long long)settled, (unsigned long long)requests, (unsigned long long)repeated, seconds, began);
    return settled == total ? 0 : 1;
}
