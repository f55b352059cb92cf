/* A file system for SQLite that lives in memory and knows what was synced. What was only written can be dropped, reordered
 * and torn at a power loss; calls can be made to fail. One thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

enum power_loss_call {
    POWER_LOSS_NOTHING,
    POWER_LOSS_OPEN,
    POWER_LOSS_READ,
    POWER_LOSS_WRITE,
    POWER_LOSS_SYNC,
    POWER_LOSS_TRUNCATE,
    POWER_LOSS_ALLOCATION,
};

enum power_loss_failure { POWER_LOSS_EIO, POWER_LOSS_ENOSPC, POWER_LOSS_SHORT };

/* Before SQLite is used for the first time: makes it the default, and SQLite's allocations countable. */
int power_loss_install(void);

/* From the `number`th write or sync from now (1 is the next) everything fails: the power is gone. 0: never. */
void power_loss_cut_at(long number);
bool power_loss_is_cut(void);

/* The power comes back: of what was not synced some is there, by `seed`. Every file must be closed. */
void power_loss_restart(uint64_t seed);

/* Forgets a file, as if it had never been. */
void power_loss_remove(const char *path);

/* Lets the `number`th such call from now fail, and with `forever` all behind it. */
void power_loss_fail(enum power_loss_call call, long number, bool forever, enum power_loss_failure how);
/* Whether one has failed since. */
bool power_loss_has_failed(void);
