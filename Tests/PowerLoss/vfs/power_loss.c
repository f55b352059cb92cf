/* See power_loss.h. A file is what programs see (`now`), what would survive (`durable`), and the writes between. A sync that
 * fails is as cruel as Linux's: the writes are forgotten, and what programs see still shows them. */
#include "power_loss.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { SECTOR = 512, MOST_FILES = 16 };

typedef struct {
    unsigned char *bytes;
    sqlite3_int64 size, room;
} content;

/* A write, or with `bytes` NULL a truncation to `at`. */
typedef struct {
    sqlite3_int64 at;
    int size;
    unsigned char *bytes;
} change;

typedef struct {
    char path[512];
    bool exists, exists_durably, keeps_wal;
    content now, durable;
    change *changes;
    int change_count, change_room;
} stored;

typedef struct {
    sqlite3_file base;
    stored *file;
} opened;

static stored files[MOST_FILES];
static long calls_until_cut;
static bool is_cut, has_failed, fails_forever;
static enum power_loss_call failing;
static enum power_loss_failure failure;
static long calls_until_failure;

bool power_loss_is_cut(void) { return is_cut; }
bool power_loss_has_failed(void) { return has_failed; }
void power_loss_cut_at(long number) { calls_until_cut = number; }

void power_loss_fail(enum power_loss_call call, long number, bool forever, enum power_loss_failure how) {
    failing = call, calls_until_failure = number, fails_forever = forever, failure = how, has_failed = false;
}

static bool fails(enum power_loss_call call) {
    if (call != failing) return false;
    if (calls_until_failure > 1) {
        calls_until_failure--;
        return false;
    }
    if (calls_until_failure == 0) return fails_forever;
    calls_until_failure = 0;
    has_failed = true;
    return true;
}

/* Writes and syncs are counted towards the cut. */
static bool has_power(void) {
    if (calls_until_cut > 0 && --calls_until_cut == 0) is_cut = true;
    return !is_cut;
}

static void make_room(content *c, sqlite3_int64 size) {
    if (size <= c->room) return;
    c->room = size * 2;
    c->bytes = realloc(c->bytes, c->room);
    if (!c->bytes) abort();
}

static void set_size(content *c, sqlite3_int64 size) {
    make_room(c, size);
    if (size > c->size) memset(c->bytes + c->size, 0, size - c->size);
    c->size = size;
}

static void put(content *c, sqlite3_int64 at, const unsigned char *bytes, int size) {
    if (at + size > c->size) set_size(c, at + size);
    memcpy(c->bytes + at, bytes, size);
}

static void copy(content *to, const content *from) {
    set_size(to, from->size);
    if (from->size) memcpy(to->bytes, from->bytes, from->size);
}

static void forget_changes(stored *file) {
    for (int i = 0; i < file->change_count; i++) free(file->changes[i].bytes);
    file->change_count = 0;
}

static void note(stored *file, sqlite3_int64 at, const void *bytes, int size) {
    if (file->change_count == file->change_room) {
        file->change_room = file->change_room ? 2 * file->change_room : 64;
        file->changes = realloc(file->changes, file->change_room * sizeof *file->changes);
        if (!file->changes) abort();
    }
    change *new = &file->changes[file->change_count++];
    *new = (change){.at = at, .size = size};
    if (!bytes) return;
    new->bytes = malloc(size ? size : 1);
    if (!new->bytes) abort();
    memcpy(new->bytes, bytes, size);
}

/* ---- the power comes back */

static uint64_t state;
static uint32_t chance(uint32_t limit) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (uint32_t)(state >> 33) % limit;
}

/* A write reaches the disk whole, or some of its sectors do. */
static void land(content *disk, const change *one, bool may_tear) {
    if (!one->bytes) {
        if (one->at < disk->size) disk->size = one->at;
        return;
    }
    if (!may_tear || chance(4)) {
        put(disk, one->at, one->bytes, one->size);
        return;
    }
    for (int at = 0; at < one->size;) {
        int end = at + SECTOR - (int)((one->at + at) % SECTOR);
        if (end > one->size) end = one->size;
        if (chance(2)) put(disk, one->at + at, one->bytes + at, end - at);
        at = end;
    }
}

void power_loss_restart(uint64_t seed) {
    state = seed * 0x9E3779B97F4A7C15u | 1;
    for (int i = 0; i < MOST_FILES; i++) {
        stored *file = &files[i];
        if (!file->path[0]) continue;
        /* Everything that was written, nothing, or some of it, in some order. */
        uint32_t share = chance(4);
        for (int left = file->change_count; share && left > 0; left--) {
            int pick = share == 3 ? file->change_count - left : (int)chance(file->change_count);
            change *one = &file->changes[pick];
            if (share == 3 || chance(4) < share + 1) land(&file->durable, one, share != 3);
        }
        if (file->exists != file->exists_durably && chance(2)) file->exists_durably = file->exists;
        forget_changes(file);
        file->exists = file->exists_durably;
        if (!file->exists) file->durable.size = 0;
        copy(&file->now, &file->durable);
        file->now.size = file->durable.size;
    }
    is_cut = false;
    calls_until_cut = 0;
}

void power_loss_remove(const char *path) {
    for (int i = 0; i < MOST_FILES; i++) {
        stored *file = &files[i];
        if (strcmp(file->path, path) != 0) continue;
        forget_changes(file);
        free(file->changes), free(file->now.bytes), free(file->durable.bytes);
        memset(file, 0, sizeof *file);
    }
}

/* ---- SQLite's side */

static stored *find(const char *path, bool make) {
    stored *free_one = NULL;
    for (int i = 0; i < MOST_FILES; i++) {
        if (files[i].path[0] && strcmp(files[i].path, path) == 0) return &files[i];
        if (!files[i].path[0] && !free_one) free_one = &files[i];
    }
    if (!make || !free_one) return NULL;
    strncpy(free_one->path, path, sizeof free_one->path - 1);
    return free_one;
}

static int close_file(sqlite3_file *base) {
    (void)base;
    return SQLITE_OK;
}

static int read_file(sqlite3_file *base, void *to, int size, sqlite3_int64 at) {
    stored *file = ((opened *)base)->file;
    if (is_cut || fails(POWER_LOSS_READ)) return SQLITE_IOERR_READ;
    sqlite3_int64 there = file->now.size > at ? file->now.size - at : 0;
    if (there >= size) {
        memcpy(to, file->now.bytes + at, size);
        return SQLITE_OK;
    }
    if (there) memcpy(to, file->now.bytes + at, there);
    memset((char *)to + there, 0, size - there);
    return SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *base, const void *bytes, int size, sqlite3_int64 at) {
    stored *file = ((opened *)base)->file;
    if (!has_power()) return SQLITE_IOERR_WRITE;
    if (fails(POWER_LOSS_WRITE)) {
        if (failure != POWER_LOSS_SHORT) return failure == POWER_LOSS_ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
        /* A part was written before the room was gone. */
        put(&file->now, at, bytes, size / 2);
        note(file, at, bytes, size / 2);
        return SQLITE_FULL;
    }
    put(&file->now, at, bytes, size);
    note(file, at, bytes, size);
    return SQLITE_OK;
}

static int truncate_file(sqlite3_file *base, sqlite3_int64 size) {
    stored *file = ((opened *)base)->file;
    if (!has_power() || fails(POWER_LOSS_TRUNCATE)) return SQLITE_IOERR_TRUNCATE;
    if (size < file->now.size) file->now.size = size;
    note(file, size, NULL, 0);
    return SQLITE_OK;
}

static int sync_file(sqlite3_file *base, int flags) {
    (void)flags;
    stored *file = ((opened *)base)->file;
    if (!has_power()) return SQLITE_IOERR_FSYNC;
    if (fails(POWER_LOSS_SYNC)) {
        forget_changes(file);
        return SQLITE_IOERR_FSYNC;
    }
    copy(&file->durable, &file->now);
    file->durable.size = file->now.size;
    file->exists_durably = file->exists;
    forget_changes(file);
    return SQLITE_OK;
}

static int size_of_file(sqlite3_file *base, sqlite3_int64 *size) {
    *size = ((opened *)base)->file->now.size;
    return is_cut ? SQLITE_IOERR_FSTAT : SQLITE_OK;
}

static int lock(sqlite3_file *base, int kind) {
    (void)base, (void)kind;
    return SQLITE_OK;
}

static int is_reserved(sqlite3_file *base, int *answer) {
    (void)base;
    *answer = 0;
    return SQLITE_OK;
}

static int control(sqlite3_file *base, int what, void *argument) {
    stored *file = ((opened *)base)->file;
    if (what != SQLITE_FCNTL_PERSIST_WAL) return SQLITE_NOTFOUND;
    int *wish = argument;
    if (*wish >= 0) file->keeps_wal = *wish;
    *wish = file->keeps_wal;
    return SQLITE_OK;
}

static int sector_size(sqlite3_file *base) {
    (void)base;
    return SECTOR;
}

/* As SQLite's own file system for Unix says of every disk. */
static int characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 1, .xClose = close_file, .xRead = read_file, .xWrite = write_file, .xTruncate = truncate_file,
    .xSync = sync_file, .xFileSize = size_of_file, .xLock = lock, .xUnlock = lock, .xCheckReservedLock = is_reserved,
    .xFileControl = control, .xSectorSize = sector_size, .xDeviceCharacteristics = characteristics,
};

static int open_file(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *out) {
    (void)vfs;
    base->pMethods = NULL;
    if (is_cut || fails(POWER_LOSS_OPEN)) return SQLITE_CANTOPEN;
    stored *file = find(path ? path : "(temporary)", true);
    if (!file || (!file->exists && !(flags & SQLITE_OPEN_CREATE))) return SQLITE_CANTOPEN;
    file->exists = true;
    ((opened *)base)->file = file;
    base->pMethods = &methods;
    if (out) *out = flags;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *path, int is_synced) {
    (void)vfs;
    stored *file = find(path, false);
    if (!has_power()) return SQLITE_IOERR_DELETE;
    if (!file || !file->exists) return SQLITE_IOERR_DELETE_NOENT;
    file->exists = false;
    file->now.size = 0;
    forget_changes(file);
    if (is_synced) {
        file->exists_durably = false;
        file->durable.size = 0;
    }
    return SQLITE_OK;
}

static int has_access(sqlite3_vfs *vfs, const char *path, int flags, int *answer) {
    (void)vfs, (void)flags;
    stored *file = find(path, false);
    *answer = file && file->exists && (flags != SQLITE_ACCESS_EXISTS || file->now.size > 0);
    return SQLITE_OK;
}

static int full_path(sqlite3_vfs *vfs, const char *path, int room, char *to) {
    (void)vfs;
    sqlite3_snprintf(room, to, "%s", path);
    return SQLITE_OK;
}

/* ---- allocations */

static sqlite3_mem_methods plain;

static void *allocate(int size) { return fails(POWER_LOSS_ALLOCATION) ? NULL : plain.xMalloc(size); }
static void *reallocate(void *old, int size) {
    return fails(POWER_LOSS_ALLOCATION) ? NULL : plain.xRealloc(old, size);
}

int power_loss_install(void) {
    int code = sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain);
    if (code != SQLITE_OK) return code;
    sqlite3_mem_methods counted = plain;
    counted.xMalloc = allocate;
    counted.xRealloc = reallocate;
    code = sqlite3_config(SQLITE_CONFIG_MALLOC, &counted);
    if (code != SQLITE_OK) return code;
    code = sqlite3_initialize();
    if (code != SQLITE_OK) return code;
    /* Time, randomness and sleep are the usual one's. */
    static sqlite3_vfs vfs;
    vfs = *sqlite3_vfs_find(NULL);
    vfs.iVersion = 1;
    vfs.szOsFile = sizeof(opened);
    vfs.zName = "power-loss";
    vfs.pNext = NULL;
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    vfs.xAccess = has_access;
    vfs.xFullPathname = full_path;
    return sqlite3_vfs_register(&vfs, 1);
}
