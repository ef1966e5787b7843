/* Crews whose threads each have two buffers and a zstd context. */
#include <stdlib.h>

#include "base/crew.h"
#include "compress/stored_internal.h"

static void free_worker(void *arg, void *worker)
{
    const stored_crew *crew = arg;
    stored_worker *w = worker;
    if (w == NULL)
        return;
    if (w->zstd != NULL)
        crew->end(w->zstd);
    free(w->plain);
    free(w->frame);
    free(w);
}

static shmcol_status new_worker(void *arg, uint32_t thread, void **worker, shmcol_error *err)
{
    const stored_crew *crew = arg;
    (void)thread;
    stored_worker *w = calloc(1, sizeof *w);
    *worker = w;
    if (w == NULL)
        return shm_fail_memory(err);
    w->plain = malloc(FMT_BLOCK_SIZE);
    w->frame = malloc(FMT_FRAME_MAX);
    w->zstd = crew->begin != NULL ? crew->begin() : NULL;
    if (w->plain == NULL || w->frame == NULL || (crew->begin != NULL && w->zstd == NULL))
        return shm_fail_memory(err);
    return SHMCOL_OK;
}

static shmcol_status do_task(void *arg, void *worker, uint64_t index, uint64_t *done,
                             shmcol_error *err)
{
    const stored_crew *crew = arg;
    return crew->task(crew->arg, worker, index, done, err);
}

shmcol_status stored_run(const stored_crew *crew, shmcol_error *err)
{
    const stored_work *work = crew->work;
    stored_crew own = *crew;
    base_progress progress;
    base_progress_init(&progress, work->progress, work->progress_arg, crew->total, 0);
    const base_crew base = {.threads = work->threads,
                            .tasks = crew->tasks,
                            .arg = &own,
                            .task = do_task,
                            .begin = new_worker,
                            .end = free_worker,
                            .progress = &progress};
    return base_crew_run(&base, err);
}
