// Only in builds with the thread sanitizer, which follows pthread_create but not C11's thrd_create, by which librdkafka
// starts its threads: a callback on such a thread would crash inside the sanitizer.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

struct start {
    thrd_start_t body;
    void *argument;
};

static void *run(void *given) {
    struct start start = *(struct start *)given;
    free(given);
    return (void *)(intptr_t)start.body(start.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t body, void *argument) {
    struct start *start = malloc(sizeof *start);
    if (start == NULL) { return thrd_nomem; }
    *start = (struct start){.body = body, .argument = argument};
    if (pthread_create((pthread_t *)thread, NULL, run, start) == 0) { return thrd_success; }
    free(start);
    return thrd_error;
}

int thrd_join(thrd_t thread, int *result) {
    void *value;
    if (pthread_join((pthread_t)thread, &value) != 0) { return thrd_error; }
    if (result != NULL) { *result = (int)(intptr_t)value; }
    return thrd_success;
}
#endif
#endif
