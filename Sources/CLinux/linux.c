// What only GNU's view of the headers declares.
#define _GNU_SOURCE
#include "CLinux.h"

#include <linux/falloc.h>
#include <string.h>

int clickd_peer_credentials(int fd, uint32_t *uid, uint32_t *gid, int32_t *pid) {
    struct ucred credentials;
    socklen_t size = sizeof credentials;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) { return -1; }
    *uid = credentials.uid;
    *gid = credentials.gid;
    *pid = credentials.pid;
    return 0;
}

int clickd_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK); }

int clickd_set_thread_name(const char *name) { return pthread_setname_np(pthread_self(), name); }

int clickd_reserve(int fd, int64_t bytes) { return fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, bytes); }

const char *clickd_error_text(int code, char *buffer, size_t size) { return strerror_r(code, buffer, size); }
