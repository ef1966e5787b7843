/* Threads that share a list of tasks by number. */
#include <stdlib.h>

#include "compress/stored_internal.h"

typedef struct crew_state {
    const stored_crew *crew;
    sys_mutex *lock;
    uint64_t next, done; /* under lock, as all below */
    uint64_t failed_task;
    shmcol_status status;
    shmcol_error error;
} crew_state;

/* Notes how task `index` ended, reports, and gives the next one; false: there is none, or the work
 * has failed. */
static bool next_task(crew_state *s, uint64_t *index, uint64_t bytes, shmcol_status status,
                      const shmcol_error *error)
{
    const stored_work *work = s->crew->work;
    static const shmcol_error fresh = SHMCOL_ERROR_INIT;
    sys_lock(s->lock);
    if (status != SHMCOL_OK && (s->status == SHMCOL_OK || *index < s->failed_task)) {
        s->status = status;
        s->failed_task = *index;
        s->error = *error;
    }
    s->done += bytes;
    if (bytes != 0 && s->status == SHMCOL_OK && work->progress != NULL &&
        work->progress(work->progress_arg, s->done, s->crew->total) != 0) {
        s->error = fresh;
        s->failed_task = 0;
        s->status = shm_fail(&s->error, SHMCOL_ERR_CANCELLED, "", "cancelled");
    }
    bool more = s->status == SHMCOL_OK && s->next < s->crew->tasks;
    if (more)
        *index = s->next++;
    sys_unlock(s->lock);
    return more;
}

static void work_through(void *arg, uint32_t thread)
{
    crew_state *s = arg;
    const stored_crew *crew = s->crew;
    shmcol_error error = SHMCOL_ERROR_INIT;
    shmcol_status status = SHMCOL_OK;
    uint64_t index = UINT64_MAX, bytes = 0;
    (void)thread;
    stored_worker worker = {malloc(FMT_BLOCK_SIZE), malloc(FMT_FRAME_MAX),
                            crew->begin != NULL ? crew->begin() : NULL};
    if (worker.plain == NULL || worker.packed == NULL ||
        (crew->begin != NULL && worker.zstd == NULL))
        status = shm_fail_memory(&error);
    while (next_task(s, &index, bytes, status, &error)) {
        bytes = 0;
        status = crew->task(crew->arg, &worker, index, &bytes, &error);
    }
    if (worker.zstd != NULL)
        crew->end(worker.zstd);
    free(worker.plain);
    free(worker.packed);
}

shmcol_status stored_run(const stored_crew *crew, shmcol_error *err)
{
    crew_state s = {.crew = crew, .lock = sys_mutex_new()};
    if (s.lock == NULL)
        return shm_fail_memory(err);
    uint64_t threads = crew->work->threads < crew->tasks ? crew->work->threads : crew->tasks;
    if (crew->tasks != 0)
        sys_parallel((uint32_t)threads, work_through, &s);
    sys_mutex_free(s.lock);
    if (s.status != SHMCOL_OK)
        shm_error_copy(err, &s.error);
    return s.status;
}
