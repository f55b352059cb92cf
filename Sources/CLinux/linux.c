// What only GNU's view of the headers declares.
#define _GNU_SOURCE
#include "CLinux.h"

#include <linux/falloc.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/timex.h>

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

void clickd_keep_memory_private(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int clickd_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }

int clickd_clock_is_synchronised(void) {
    struct timex state;
    memset(&state, 0, sizeof state);
    int result = adjtimex(&state);
    if (result < 0) { return -1; }
    return result != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

const char *clickd_error_text(int code, char *buffer, size_t size) { return strerror_r(code, buffer, size); }
