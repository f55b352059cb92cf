// Shop events as datagrams, one each, at a rate: at most 32 a sendmmsg, each group when its last is due, with blocking
// sends. A Unix socket whose queue is full makes its sender wait, so that the rate is not kept; over UDP the kernel drops.
//   datagrams unix:PATH|udp:PORT RATE EVENTS RUN
// Prints JSON: events, bytes, seconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>

#include "stream.h"

enum { GROUP = 32 };

static int open_socket(const char *place) {
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    struct sockaddr_in internet = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int is_udp = !strncmp(place, "udp:", 4);
    if (is_udp) internet.sin_port = htons((uint16_t)atoi(place + 4));
    else if (!strncmp(place, "unix:", 5)) snprintf(local.sun_path, sizeof local.sun_path, "%s", place + 5);
    else fail(place);
    int made = socket(is_udp ? AF_INET : AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const struct sockaddr *address = is_udp ? (struct sockaddr *)&internet : (struct sockaddr *)&local;
    if (made < 0 || connect(made, address, is_udp ? sizeof internet : sizeof local)) fail(place);
    return made;
}

int main(int count, char **words) {
    if (count < 5) {
        fprintf(stderr, "usage: datagrams unix:PATH|udp:PORT RATE EVENTS RUN\n");
        return 2;
    }
    double rate = atof(words[2]);
    uint64_t total = strtoull(words[3], NULL, 10), sent = 0, bytes = 0;
    if (rate <= 0 || total < 1) return 2;
    struct events events = make_events(pool(total, 1), words[4], 0, NULL);
    int to = open_socket(words[1]);
    prctl(PR_SET_TIMERSLACK, 1UL);
    struct mmsghdr messages[GROUP];
    struct iovec parts[GROUP];
    double began = now_seconds();
    while (sent < total) {
        uint64_t group = total - sent < GROUP ? total - sent : GROUP;
        if (rate < 1000 * GROUP) group = 1 + (uint64_t)((double)(group - 1) * rate / (1000 * GROUP));  // a millisecond's
        for (double pause; (pause = began + (double)(sent + group) / rate - now_seconds()) > 0;) {
            struct timespec wait = {(time_t)pause, (long)((pause - (double)(time_t)pause) * 1e9)};
            nanosleep(&wait, NULL);
        }
        memset(messages, 0, sizeof messages);
        for (uint64_t i = 0; i < group; i++) {
            size_t index = (sent + i) % events.count;
            const struct line *line = &events.lines[index];
            if (sent + i >= events.count) renumber(&events, index, sent + i);
            parts[i] = (struct iovec){events.bytes + line->start, line->length - 1};
            messages[i].msg_hdr = (struct msghdr){.msg_iov = &parts[i], .msg_iovlen = 1};
            bytes += line->length - 1;
        }
        for (uint64_t out = 0; out < group;) {
            int taken = sendmmsg(to, messages + out, (unsigned)(group - out), 0);
            if (taken < 0) fail("sendmmsg");
            out += (uint64_t)taken;
        }
        sent += group;
    }
    printf("{\"events\":%llu,\"bytes\":%llu,\"seconds\":%.6f}\n", (unsigned long long)sent, (unsigned long long)bytes,
           now_seconds() - began);
    return 0;
}
