/* The state that the threads of one pack share: the first error, progress, the order of the blocks,
 * warnings. Only control.c locks. The limits stand beside it: every stage reads them, none changes
 * them. */
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
    uint64_t window;       /* bytes read at a time; 0: chosen from the text */
    size_t extent;         /* bytes indexed at a time */
    uint64_t record;       /* C-15: the longest record */
    uint64_t strings;      /* bytes of strings a worker may hold before it writes them */
    uint64_t dictionaries; /* bytes all dictionaries in the making may take */
} ing_limits;

/* The outcome of a step of a worker. */
typedef enum ing_result {
    ING_DONE,
    ING_NEEDS_DIAGNOSIS, /* the text has an error: diagnose.c looks for it */
    ING_NO_MEMORY,
    ING_FAILED, /* err says what */
    ING_END     /* there is no more, or all work stops */
} ing_result;

typedef struct ing_control {
    sys_mutex *lock; /* of every field that is not atomic, and of the columns' results */
    sys_cond *turn_changed;
    uint64_t turn;         /* first block that has not joined; its worker may take much memory */
    bool *joined;          /* by block: its results are in the columns */
    uint64_t blocks;       /* of this pass */
    bool in_order;         /* each block waits for its turn to join */
    _Atomic uint64_t next; /* the next piece of work to be claimed */
    _Atomic bool stop;
    bool needs_diagnosis; /* the text has an error; diagnose.c finds it */
    shmcol_status status; /* of the first failure, or OK */
    shmcol_error error;
    shmcol_progress progress; /* the caller's; NULL: none */
    void *progress_arg;
    uint64_t text_bytes; /* length of the text; progress counts these bytes */
    uint64_t work_done, work_total;
    double progress_reported;  /* largest share of the work reported so far */
    uint64_t n_short, n_extra; /* records of this pass: short ones (C-88), those of C-89 */
    char **warnings;
    uint32_t n_warnings;
} ing_control;

/* Begins a control, a struct of zeros, that calls `progress` (may be NULL) with `arg`. Returns
 * NO_MEMORY. The caller ends it with ing_control_end, also after a failure. */
shmcol_status ing_control_begin(ing_control *control, shmcol_progress progress, void *arg,
                                shmcol_error *err);
void ing_control_end(ing_control *control);

/* ---- the end of the work ---- */

/* Stops all workers with a failure; the first one is kept. */
void ing_stop_failed(ing_control *control, const shmcol_error *error);
/* Stops all workers because the text has an error that diagnose.c shall find. */
void ing_stop_for_diagnosis(ing_control *control);
/* Returns the first failure given to ing_stop_failed, or OK. */
shmcol_status ing_stopped(ing_control *control, shmcol_error *err);
/* Makes the control ready for the same work over another text. */
void ing_control_again(ing_control *control);

static inline bool ing_stops(const ing_control *control)
{
    return atomic_load(&control->stop);
}

/* ---- progress ---- */

/* Sets the work to be done for a text of `bytes`; counting is one fifth of it. */
void ing_progress_expect(ing_control *control, uint64_t bytes);
/* Sets the work done so far. */
void ing_progress_set(ing_control *control, uint64_t done);
/* Adds `amount` to the work done and reports progress. Stops all workers if the caller's function
 * asks for it. */
void ing_progress(ing_control *control, uint64_t amount);
/* Reports `done` of `total` to the caller's progress function. Takes no lock: for one thread,
 * before the workers begin or after they end. Returns CANCELLED if the function asks for it. */
shmcol_status ing_progress_tell(ing_control *control, uint64_t done, uint64_t total,
                                shmcol_error *err);
/* Counts a record that is read outside the passes, and reports progress at each 4096th. Returns
 * CANCELLED or the first failure. */
shmcol_status ing_progress_record(ing_control *control, uint64_t *records, shmcol_error *err);

/* ---- work that is claimed, blocks that take turns ---- */

/* Begins a list of work: claims start at 0. */
void ing_claims_begin(ing_control *control);
/* Claims the next `n` items. Returns the number of the first, which may be beyond the end. */
static inline uint64_t ing_claim(ing_control *control, uint64_t n)
{
    return atomic_fetch_add(&control->next, n);
}
/* Begins a pass over `blocks` blocks. With in_order each block waits for its turn to join. Returns
 * NO_MEMORY. */
shmcol_status ing_turns_begin(ing_control *control, uint64_t blocks, bool in_order,
                              shmcol_error *err);
void ing_turns_end(ing_control *control);
/* Waits until all blocks before `block` have joined. Returns false if the work stops. */
bool ing_take_turn(ing_control *control, uint64_t block);
/* Begins to join a block's results to the columns': waits for the block's turn if blocks join in
 * order, then takes the lock. Returns false, without the lock, if the work stops. */
bool ing_join_begin(ing_control *control, uint64_t block);
/* Marks the block as joined, wakes the blocks that wait for it, and releases the lock. */
void ing_join_end(ing_control *control, uint64_t block);
/* Takes and releases the lock of the columns' results. */
void ing_lock(ing_control *control);
void ing_unlock(ing_control *control);

/* ---- warnings ---- */

/* Adds a line to the report's warnings. One thread only. Returns false if there is no memory. */
bool ing_warn(ing_control *control, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
