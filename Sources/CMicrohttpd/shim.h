// libmicrohttpd: what is variadic in C, in a form that Swift can call, and the two looks at every request's headers
// that would cost a callback into Swift a header.
#pragma once
#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

// A listening TCP socket at a numeric IPv4 or IPv6 address; -1 with errno.
static inline int clickd_http_listen(const char *host, uint16_t port, int backlog) {
    struct sockaddr_in six_or_four;
    struct sockaddr_in6 six;
    memset(&six_or_four, 0, sizeof six_or_four);
    memset(&six, 0, sizeof six);
    const struct sockaddr *address;
    socklen_t size;
    int family;
    if (inet_pton(AF_INET, host, &six_or_four.sin_addr) == 1) {
        six_or_four.sin_family = family = AF_INET;
        six_or_four.sin_port = htons(port);
        address = (const struct sockaddr *)&six_or_four;
        size = sizeof six_or_four;
    } else if (inet_pton(AF_INET6, host, &six.sin6_addr) == 1) {
        six.sin6_family = family = AF_INET6;
        six.sin6_port = htons(port);
        address = (const struct sockaddr *)&six;
        size = sizeof six;
    } else {
        errno = EINVAL;
        return -1;
    }
    int fd = socket(family, SOCK_STREAM | 02000000 /* SOCK_CLOEXEC */ | 04000 /* SOCK_NONBLOCK */, 0);
    if (fd < 0) { return -1; }
    int on = 1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 || bind(fd, address, size) != 0 ||
        listen(fd, backlog) != 0) {
        int code = errno;
        close(fd);
        errno = code;
        return -1;
    }
    return fd;
}

// A daemon on a listening socket with `threads` epoll threads. NULL with errno. The socket stays the caller's.
static inline struct MHD_Daemon *clickd_http_start(
    int fd, unsigned threads, unsigned connections, size_t memory, unsigned idle_seconds,
    MHD_AccessHandlerCallback access, MHD_RequestCompletedCallback completed, MHD_NotifyConnectionCallback connection,
    void *context) {
    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_TURBO, 0, NULL, NULL, access,
        context, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, threads, MHD_OPTION_CONNECTION_LIMIT,
        connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT, memory, MHD_OPTION_CONNECTION_TIMEOUT, idle_seconds,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_NOTIFY_COMPLETED, completed,
        context, MHD_OPTION_NOTIFY_CONNECTION, connection, context, MHD_OPTION_END);
}

static inline bool clickd_http_is_start(enum MHD_ConnectionNotificationCode code) {
    return code == MHD_CONNECTION_NOTIFY_STARTED;
}

static inline int clickd_http_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

// What the connection callback has put there.
static inline void *clickd_http_socket_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

// The peer's address as IPv6, an IPv4 one mapped. False where there is none.
static inline bool clickd_http_peer(struct MHD_Connection *connection, uint8_t address[16]) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info == NULL || info->client_addr == NULL) { return false; }
    if (info->client_addr->sa_family == AF_INET6) {
        memcpy(address, &((const struct sockaddr_in6 *)info->client_addr)->sin6_addr, 16);
        return true;
    }
    if (info->client_addr->sa_family != AF_INET) { return false; }
    memset(address, 0, 10);
    address[10] = address[11] = 0xFF;
    memcpy(address + 12, &((const struct sockaddr_in *)info->client_addr)->sin_addr, 4);
    return true;
}

// How a request's headers frame its body. A proxy in front may read doubled or contradicting ones another way than
// libmicrohttpd does, and the rest of the body would become a request that the proxy never saw.
struct clickd_http_framing {
    unsigned lengths, encodings, hosts;
    bool is_chunked, has_odd_name;
};

static inline enum MHD_Result clickd_http_framing_step(
    void *context, enum MHD_ValueKind kind, const char *key, size_t key_size, const char *value, size_t value_size) {
    struct clickd_http_framing *framing = (struct clickd_http_framing *)context;
    (void)kind;
    if (key_size == 14 && strncasecmp(key, "Content-Length", 14) == 0) {
        framing->lengths++;
        for (size_t i = 0; i < value_size; i++) {
            if (value[i] < '0' || value[i] > '9') { framing->has_odd_name = true; }
        }
        if (value_size == 0) { framing->has_odd_name = true; }
    } else if (key_size == 17 && strncasecmp(key, "Transfer-Encoding", 17) == 0) {
        framing->encodings++;
        framing->is_chunked = value_size == 7 && strncasecmp(value, "chunked", 7) == 0;
    } else if (key_size == 4 && strncasecmp(key, "Host", 4) == 0) {
        framing->hosts++;
    }
    // A name with a space or a control character ("Transfer-Encoding : chunked") is no header to some and one to others.
    for (size_t i = 0; i < key_size; i++) {
        if ((unsigned char)key[i] <= ' ' || (unsigned char)key[i] == 0x7F) { framing->has_odd_name = true; }
    }
    return MHD_YES;
}

static inline bool clickd_http_is_well_framed(struct MHD_Connection *connection) {
    struct clickd_http_framing framing = {0, 0, 0, false, false};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, clickd_http_framing_step, &framing);
    if (framing.has_odd_name || framing.hosts > 1 || framing.lengths > 1 || framing.encodings > 1) { return false; }
    return framing.encodings == 0 || (framing.is_chunked && framing.lengths == 0);
}

// A response whose body is a copy of `size` bytes.
static inline struct MHD_Response *clickd_http_response(const void *body, size_t size) {
    return MHD_create_response_from_buffer(size, (void *)body, MHD_RESPMEM_MUST_COPY);
}
