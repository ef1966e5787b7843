/* What the threads of one pack share: the first error, progress, the order of the blocks, warnings.
 * Nobody else locks. Beside it the limits, which every stage reads and none changes. */
#ifndef SHMCOL_INGEST_CONTROL_H
#define SHMCOL_INGEST_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shmcol.h"
#include "sys/sys.h"

/* Bounds on memory and threads, from the options and the size of the text (pack.c). */
typedef struct ing_limits {
    uint32_t threads;
    uint64_t memory;       /* the bound on all of it */
    uint64_t window;       /* bytes to be read at a time, as asked for; 0: as the text suggests */
    size_t extent;         /* bytes indexed at a time */
    uint64_t record;       /* C-15: the longest record */
    uint64_t strings;      /* bytes of strings a worker may hold before it writes them */
    uint64_t dictionaries; /* bytes all dictionaries in the making may take */
} ing_limits;

/* What came of a piece of work that many workers do. */
typedef enum ing_result {
    ING_DONE,
    ING_NEEDS_DIAGNOSIS, /* the text has an error: diagnose.c looks for it */
    ING_NO_MEMORY,
    ING_FAILED, /* err says what */
    ING_END     /* there is no more, or all work stops */
} ing_result;

typedef struct ing_control {
    sys_mutex *lock; /* of all below that is not atomic, and of the columns' results */
    sys_cond *turn_changed;
    uint64_t turn;   /* the first block that has not joined: it may take string positions now, and
                        much memory */
    bool *joined;    /* by block: its results are in the columns */
    uint64_t blocks; /* of this pass */
    bool in_order;   /* each block waits for its turn to join */
    _Atomic uint64_t next; /* the next piece of work to be claimed */
    _Atomic bool stop;
    bool needs_diagnosis; /* something in the text is wrong: diagnose.c says what */
    shmcol_status status; /* of the first failure, or OK */
    shmcol_error error;
    shmcol_progress progress; /* the caller's; NULL: none */
    void *progress_arg;
    uint64_t text_bytes; /* of the whole text, which progress is told in */
    uint64_t work_done, work_total;
    double progress_reported; /* the largest share of the work that progress was told */
    char **warnings;
    uint32_t n_warnings;
} ing_control;

/* Begins a control that calls `progress` (NULL: nothing) with `arg`. NO_MEMORY. End it with
 * ing_control_end whatever this returns; the struct is zeros before. */
shmcol_status ing_control_begin(ing_control *control, shmcol_progress progress, void *arg,
                                shmcol_error *err);
void ing_control_end(ing_control *control);

/* ---- the end of the work ---- */

/* Stops all workers with a failure; the first one is kept. */
void ing_stop_failed(ing_control *control, const shmcol_error *error);
/* Stops all workers: the text has an error, which has to be looked for. */
void ing_stop_for_diagnosis(ing_control *control);
/* Returns what ing_stop_failed was told first, or OK. */
shmcol_status ing_stopped(ing_control *control, shmcol_error *err);
/* Begins the work anew, over another text. */
void ing_control_again(ing_control *control);

static inline bool ing_stops(const ing_control *control)
{
    return atomic_load(&control->stop);
}

/* ---- progress ---- */

/* Says how much there is to be done for a text of `bytes`: counting is one fifth of it. */
void ing_progress_expect(ing_control *control, uint64_t bytes);
/* Sets the work done so far. */
void ing_progress_set(ing_control *control, uint64_t done);
/* Adds `amount` to the work done, tells the caller's progress function, and stops when that says
 * so. */
void ing_progress(ing_control *control, uint64_t amount);
/* Tells the caller's progress function `done` of `total` as they are, without the lock: before the
 * workers begin and after they end. CANCELLED if it says so. */
shmcol_status ing_progress_tell(ing_control *control, uint64_t done, uint64_t total,
                                shmcol_error *err);
/* Counts a record that is read outside the passes; each 4096th calls progress. CANCELLED. */
shmcol_status ing_progress_record(ing_control *control, uint64_t *records, shmcol_error *err);

/* ---- work that is claimed, blocks that take turns ---- */

/* Begins a list of work: claims start at 0. */
void ing_claims_begin(ing_control *control);
/* Claims the next `n` items. Returns the first of them, which may lie beyond the end. */
static inline uint64_t ing_claim(ing_control *control, uint64_t n)
{
    return atomic_fetch_add(&control->next, n);
}
/* Begins a pass of `blocks` blocks. in_order: each waits for its turn to join. NO_MEMORY. */
shmcol_status ing_turns_begin(ing_control *control, uint64_t blocks, bool in_order,
                              shmcol_error *err);
void ing_turns_end(ing_control *control);
/* Waits until all blocks before `block` have joined. Returns false if the work stops. */
bool ing_take_turn(ing_control *control, uint64_t block);
/* Lets a block join its results to the columns': waits for its turn where blocks join in order, and
 * takes the lock. Returns false, without the lock, if the work stops. */
bool ing_join_begin(ing_control *control, uint64_t block);
/* Marks the block as joined, wakes those that wait for it, and gives the lock back. */
void ing_join_end(ing_control *control, uint64_t block);
/* Takes and gives back the lock of the columns' results. */
void ing_lock(ing_control *control);
void ing_unlock(ing_control *control);

/* ---- warnings ---- */

/* Adds a line to the report. Returns false if there is no memory. From one thread. */
bool ing_warn(ing_control *control, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
