// The parts of Linux and glibc that Swift's importer leaves out: macros, variadic and feature-gated functions.
#pragma once
// No _GNU_SOURCE here: with it some types differ from those of Swift's own Glibc module, and a file that sees both does
// not compile. What needs it is in linux.c.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <time.h>
#include <unistd.h>

static inline char **clickd_environ(void) { extern char **environ; return environ; }
static inline int clickd_errno(void) { return errno; }
static inline int clickd_open(const char *path, int flags, unsigned mode) { return open(path, flags, mode); }
static inline int clickd_set_nonblocking(int fd) { return fcntl(fd, F_SETFL, fcntl(fd, F_GETFL, 0) | O_NONBLOCK); }

// getopt_long's state, which Swift 6 refuses to touch as a global.
static inline int clickd_optind(void) { return optind; }
static inline void clickd_set_optind(int value) { optind = value; }
static inline const char *clickd_optarg(void) { return optarg; }
static inline int clickd_optopt(void) { return optopt; }

// The peer of a Unix stream socket. 0, or -1 with errno.
int clickd_peer_credentials(int fd, uint32_t *uid, uint32_t *gid, int32_t *pid);
// A connection of a listening socket, non-blocking and closed on exec; -1 with errno.
int clickd_accept(int fd);
int clickd_set_thread_name(const char *name);
// Takes room on disk for the first `bytes` of a file, whose size stays as it is. 0, or -1 with errno.
int clickd_reserve(int fd, int64_t bytes);
// No core dump of this process, and /proc/PID/mem, environ… for root alone (PR_SET_DUMPABLE).
void clickd_keep_memory_private(void);
int clickd_is_dumpable(void);
// 1 when the kernel's clock is kept right by something (NTP, PTP), 0 when not, -1 when it does not tell.
int clickd_clock_is_synchronised(void);
// The text of an errno, in `buffer` or a constant.
const char *clickd_error_text(int code, char *buffer, size_t size);

// Asks for the cache line at `place`, which need not be readable: it is there by the time it is read.
static inline void clickd_prefetch(const void *place) { __builtin_prefetch(place); }

// `wanted` bytes in huge pages where the kernel has some, the first `had` of them those of `pages` (NULL for none yet),
// which is gone then; the rest is zero. Sizes are multiples of CLICKD_HUGE_PAGE. NULL with errno: `pages` is as it was.
#define CLICKD_HUGE_PAGE 2097152
void *clickd_pages_grow(void *pages, size_t had, size_t wanted);
void clickd_pages_free(void *pages, size_t size);

// CRC32C (Castagnoli) of `length` bytes, continued from `seed` (0 to begin). Uses SSE4.2 or ARMv8 where the processor has it.
uint32_t clickd_crc32c(uint32_t seed, const void *bytes, size_t length);
// The same without the instruction; apart so that a test can hold the two against each other.
uint32_t clickd_crc32c_portable(uint32_t seed, const void *bytes, size_t length);

// A ring of datagram buffers for recvmmsg: `slots` messages of `slot_bytes` each, of which the last 64 stay free
// (padding for a parser). NULL without memory.
typedef struct clickd_datagrams clickd_datagrams;
clickd_datagrams *clickd_datagrams_create(unsigned slots, size_t slot_bytes);
void clickd_datagrams_destroy(clickd_datagrams *ring);
// Receives without waiting. How many datagrams came, 0 for none, -1 with errno.
int clickd_datagrams_receive(clickd_datagrams *ring, int fd);
// Datagram `index` of the last receive: bytes and length. `truncated` when it was longer than its slot.
// `uid` is the sender's where SO_PASSCRED is on, else UINT32_MAX. `source` is a UDP sender's address as IPv6 (an IPv4 one mapped), else zeros.
typedef struct {
    char *bytes;
    size_t length;
    bool truncated;
    uint32_t uid;
    uint8_t source[16];
} clickd_datagram;
clickd_datagram clickd_datagrams_at(clickd_datagrams *ring, unsigned index);
// The kernel's count of datagrams dropped at this socket (SO_RXQ_OVFL) as of the last receive; -1 when none told.
int64_t clickd_datagrams_dropped(const clickd_datagrams *ring);
