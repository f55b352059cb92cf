// The raw limit of acknowledged intake: the same bytes into SQLite, a row a batch of 256 KiB and four rows a commit,
// with what durability asks for (WAL, FULL, one EXCLUSIVE connection) and nothing else: no socket, no JSON, no checksum.
//   sqlite_rows FILE EVENTS
// Prints JSON: events, bytes, seconds, commits.
#include <sqlite3.h>

#include "events.h"

enum { ROW_BYTES = 256 << 10, ROWS_A_COMMIT = 4 };

static sqlite3 *database;

static void check(int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    fprintf(stderr, "sqlite_rows: %s\n", sqlite3_errmsg(database));
    exit(1);
}

static void run(const char *text) { check(sqlite3_exec(database, text, NULL, NULL, NULL)); }

int main(int count, char **words) {
    if (count < 3) {
        fprintf(stderr, "usage: sqlite_rows FILE EVENTS\n");
        return 2;
    }
    uint64_t events = strtoull(words[2], NULL, 10), done = 0, bytes = 0, commits = 0, rows = 0;
    struct events made = make_events(pool(events, 1), "raw", 0, NULL);
    check(sqlite3_open(words[1], &database));
    run("PRAGMA page_size=16384; PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "PRAGMA secure_delete=OFF; PRAGMA cache_size=-16384;"
        "CREATE TABLE batch(first INTEGER PRIMARY KEY, count INTEGER NOT NULL, events BLOB NOT NULL)");
    run("PRAGMA wal_autocheckpoint=4096");  // 64 MiB
    sqlite3_stmt *insert;
    check(sqlite3_prepare_v2(database, "INSERT INTO batch VALUES(?,?,?)", -1, &insert, NULL));
    double began = now_seconds();
    for (size_t line = 0; done < events;) {
        if (rows % ROWS_A_COMMIT == 0) run("BEGIN");
        size_t start = made.lines[line].start, end = start;
        uint64_t in_row = 0;
        while (line < made.count && end - start < ROW_BYTES && done + in_row < events) {
            if (done + in_row >= made.count) renumber(&made, line, done + in_row);
            end = made.lines[line].start + made.lines[line].length;
            line++, in_row++;
        }
        if (line == made.count) line = 0;
        check(sqlite3_bind_int64(insert, 1, (sqlite3_int64)done));
        check(sqlite3_bind_int64(insert, 2, (sqlite3_int64)in_row));
        check(sqlite3_bind_blob(insert, 3, made.bytes + start, (int)(end - start), SQLITE_STATIC));
        check(sqlite3_step(insert));
        check(sqlite3_reset(insert));
        done += in_row, bytes += end - start, rows++;
        if (rows % ROWS_A_COMMIT == 0 || done == events) run("COMMIT"), commits++;
    }
    printf("{\"events\":%llu,\"bytes\":%llu,\"seconds\":%.6f,\"commits\":%llu}\n", (unsigned long long)done,
           (unsigned long long)bytes, now_seconds() - began, (unsigned long long)commits);
    return 0;
}
