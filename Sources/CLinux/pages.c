// Memory in whole huge pages that grows without being copied: the kernel moves the pages, not the bytes.
#define _GNU_SOURCE
#include "CLinux.h"

#include <sys/mman.h>

void *clickd_pages_grow(void *pages, size_t had, size_t wanted) {
    const size_t huge = CLICKD_HUGE_PAGE;
    // A range that begins where a huge page can, cut out of a larger one.
    char *range = mmap(NULL, wanted + huge, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (range == MAP_FAILED) { return NULL; }
    size_t before = -(uintptr_t)range & (huge - 1);
    char *start = range + before;
    if (before > 0) { munmap(range, before); }
    munmap(start + wanted, huge - before);
    if (pages != NULL) {
        if (mremap(pages, had, wanted, MREMAP_MAYMOVE | MREMAP_FIXED, start) == MAP_FAILED) {
            int code = errno;
            munmap(start, wanted);
            errno = code;
            return NULL;
        }
    } else {
        // Advice: without huge pages everything is right, and slower.
        madvise(start, wanted, MADV_HUGEPAGE);
    }
    return start;
}

void clickd_pages_free(void *pages, size_t size) { munmap(pages, size); }
