// recvmmsg with its arrays laid out once.
#define _GNU_SOURCE
#include "CLinux.h"

#include <stdlib.h>
#include <string.h>

typedef union {
    char room[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(uint32_t))];
    struct cmsghdr aligned;
} control_room;

struct clickd_datagrams {
    unsigned slots;
    size_t slot_bytes;
    char *bytes;
    struct mmsghdr *headers;
    struct iovec *vectors;
    struct sockaddr_storage *sources;
    control_room *controls;
    int64_t dropped;
};

clickd_datagrams *clickd_datagrams_create(unsigned slots, size_t slot_bytes) {
    clickd_datagrams *ring = calloc(1, sizeof *ring);
    if (ring == NULL) { return NULL; }
    ring->slots = slots;  // the last 64 bytes of a slot stay free: a JSON parser reads past the text
    ring->slot_bytes = slot_bytes;
    ring->bytes = malloc(slots * slot_bytes);
    ring->headers = calloc(slots, sizeof *ring->headers);
    ring->vectors = calloc(slots, sizeof *ring->vectors);
    ring->sources = calloc(slots, sizeof *ring->sources);
    ring->controls = calloc(slots, sizeof *ring->controls);
    ring->dropped = -1;
    if (!ring->bytes || !ring->headers || !ring->vectors || !ring->sources || !ring->controls) {
        clickd_datagrams_destroy(ring);
        return NULL;
    }
    return ring;
}

void clickd_datagrams_destroy(clickd_datagrams *ring) {
    free(ring->bytes);
    free(ring->headers);
    free(ring->vectors);
    free(ring->sources);
    free(ring->controls);
    free(ring);
}

int clickd_datagrams_receive(clickd_datagrams *ring, int fd) {
    for (unsigned i = 0; i < ring->slots; i++) {
        ring->vectors[i] = (struct iovec){.iov_base = ring->bytes + i * ring->slot_bytes, .iov_len = ring->slot_bytes - 64};
        ring->headers[i].msg_hdr = (struct msghdr){
            .msg_name = &ring->sources[i], .msg_namelen = sizeof ring->sources[i],
            .msg_iov = &ring->vectors[i], .msg_iovlen = 1,
            .msg_control = ring->controls[i].room, .msg_controllen = sizeof ring->controls[i].room};
        ring->sources[i].ss_family = AF_UNSPEC;
    }
    ring->dropped = -1;
    int count = recvmmsg(fd, ring->headers, ring->slots, MSG_DONTWAIT, NULL);
    if (count < 0) { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1; }
    for (int i = 0; i < count; i++) {
        struct msghdr *header = &ring->headers[i].msg_hdr;
        for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
            if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
                uint32_t dropped;
                memcpy(&dropped, CMSG_DATA(c), sizeof dropped);
                ring->dropped = dropped;
            }
        }
    }
    return count;
}

clickd_datagram clickd_datagrams_at(clickd_datagrams *ring, unsigned index) {
    struct msghdr *header = &ring->headers[index].msg_hdr;
    clickd_datagram datagram = {
        .bytes = ring->bytes + index * ring->slot_bytes,
        .length = ring->headers[index].msg_len,
        .truncated = (header->msg_flags & MSG_TRUNC) != 0,
        .uid = UINT32_MAX,
    };
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
            struct ucred credentials;
            memcpy(&credentials, CMSG_DATA(c), sizeof credentials);
            datagram.uid = credentials.uid;
        }
    }
    const struct sockaddr_storage *source = &ring->sources[index];
    if (source->ss_family == AF_INET) {
        memset(datagram.source + 10, 0xFF, 2);
        memcpy(datagram.source + 12, &((const struct sockaddr_in *)source)->sin_addr, 4);
    } else if (source->ss_family == AF_INET6) {
        memcpy(datagram.source, &((const struct sockaddr_in6 *)source)->sin6_addr, 16);
    }
    return datagram;
}

int64_t clickd_datagrams_dropped(const clickd_datagrams *ring) { return ring->dropped; }
