/* Runs a function for every column, or every range of rows, in several threads. */
#include <stdlib.h>
#include <string.h>

#include "base/crew.h"
#include "write/writer_internal.h"

#define PARALLEL_CELLS 1000000u /* fewer cells are done before another thread has begun */

typedef struct each {
    shmcol_writer *w;
    writer_each_fn *fn;
    const void *arg;
} each;

/* Gives a thread its segment, which the writer keeps for the next time. */
static shmcol_status get_segment(void *arg, uint32_t thread, void **worker, shmcol_error *err)
{
    const each *e = arg;
    segment **seg = &e->w->segments[thread];
    if (*seg == NULL) {
        *seg = malloc(sizeof **seg);
        if (*seg != NULL) {
            (*seg)->inner = NULL;
            memset((*seg)->spare, 0, sizeof(*seg)->spare);
        }
    }
    *worker = *seg;
    return *seg != NULL ? SHMCOL_OK : shm_fail_memory(err);
}

static shmcol_status do_index(void *arg, void *worker, uint64_t index, uint64_t *done,
                              shmcol_error *err)
{
    const each *e = arg;
    (void)done;
    return e->fn(e->w, (uint32_t)index, worker, e->arg, err);
}

shmcol_status writer_each(shmcol_writer *w, uint32_t n, writer_each_fn *fn, const void *arg,
                          uint64_t cells, shmcol_error *err)
{
    each e = {w, fn, arg};
    const base_crew crew = {.threads = cells < PARALLEL_CELLS ? 1 : w->threads,
                            .tasks = n,
                            .arg = &e,
                            .task = do_index,
                            .begin = get_segment};
    return base_crew_run(&crew, err);
}

shmcol_status writer_each_column(shmcol_writer *w, writer_each_fn *fn, const void *arg,
                                 uint64_t cells, shmcol_error *err)
{
    return writer_each(w, w->n_columns, fn, arg, cells, err);
}
