// What HTTP costs here at least: a bare libmicrohttpd with two epoll threads that reads each POST and answers it at once.
//   http_limit PORT
// Prints "ready" and serves until its input ends.
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **request) {
    static const char body[] = "{\"success\":true,\"received\":1,\"stored\":1,\"errors\":[]}";
    (void)context, (void)url, (void)method, (void)version;
    struct { size_t used; char bytes[]; } *held = *request;
    if (!held) {
        if (!(*request = held = malloc(sizeof *held + (512 << 10)))) return MHD_NO;
        held->used = 0;
        return MHD_YES;
    }
    if (*size) {
        if (held->used + *size > 512 << 10) return MHD_NO;
        memcpy(held->bytes + held->used, data, *size);
        held->used += *size;
        *size = 0;
        return MHD_YES;
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof body - 1, (void *)body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result queued = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return queued;
}

static void completed(void *context, struct MHD_Connection *connection, void **request,
                      enum MHD_RequestTerminationCode why) {
    (void)context, (void)connection, (void)why;
    free(*request);
}

int main(int count, char **words) {
    if (count < 2) return 2;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, (uint16_t)atoi(words[1]), NULL, NULL, answer, NULL,
        MHD_OPTION_THREAD_POOL_SIZE, 2u, MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
    if (!daemon) return 1;
    puts("ready");
    fflush(stdout);
    char byte;
    while (read(0, &byte, 1) > 0) {}
    MHD_stop_daemon(daemon);
    return 0;
}
