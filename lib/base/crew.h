/* A crew: threads that share a list of tasks by number. Each claims the next number that is free;
 * of several failures the one of the lowest number counts, so that the answer does not depend on
 * which thread was first. */
#ifndef SHMCOL_BASE_CREW_H
#define SHMCOL_BASE_CREW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "error.h"

/* Counts the work done for a caller's callback, over one crew or several in turn. */
typedef struct base_progress {
    shmcol_progress call; /* NULL: nobody asks */
    void *arg;
    uint64_t total;
    double interval; /* seconds between two calls at least; 0: a call after every task */
    /* of crew.c */
    atomic_uint_fast64_t done;
    atomic_flag calling;
    double last;
} base_progress;

/* Begins to count from 0. */
void base_progress_init(base_progress *progress, shmcol_progress call, void *arg, uint64_t total,
                        double interval);
/* Calls the callback, if there is one, with what has been done so far. Returns false if it asks to
 * stop. For one thread at a time. */
bool base_progress_call(base_progress *progress);

/* The work. Only `task` must be there; `arg` is handed to all functions. */
typedef struct base_crew {
    uint32_t threads; /* at most; at least 1 */
    uint64_t tasks;
    void *arg;
    /* Does task `index` of 0 … tasks - 1. `worker` is what `begin` made. Sets *done to the progress
     * it was worth, if any. */
    shmcol_status (*task)(void *arg, void *worker, uint64_t index, uint64_t *done,
                          shmcol_error *err);
    /* Makes what thread 0 … threads - 1 needs for its tasks; its failure counts after those of all
     * tasks. */
    shmcol_status (*begin)(void *arg, uint32_t thread, void **worker, shmcol_error *err);
    /* Frees it, whatever became of the tasks and of `begin`; *worker may be NULL. */
    void (*end)(void *arg, void *worker);
    /* Calls loop(loop_arg), which does a thread's tasks, under what these tasks need around them,
     * for instance a guard that jumps out of it. Its failure counts as one of the task at which it
     * left. */
    shmcol_status (*around)(void *arg, void (*loop)(void *), void *loop_arg, shmcol_error *err);
    base_progress *progress; /* NULL: none */
} base_crew;

/* Does all tasks, each once, and waits for them. After a failure no further task is begun. Errors:
 * those of the functions, CANCELLED where the progress asks to stop (before all others), NO_MEMORY.
 */
shmcol_status base_crew_run(const base_crew *crew, shmcol_error *err);

#endif
