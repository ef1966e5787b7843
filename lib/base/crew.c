/* A crew (crew.h). */
#include "base/crew.h"

#include "sys/sys.h"

void base_progress_init(base_progress *progress, shmcol_progress call, void *arg, uint64_t total,
                        double interval)
{
    progress->call = call;
    progress->arg = arg;
    progress->total = total;
    progress->interval = interval;
    progress->last = 0;
    atomic_init(&progress->done, 0);
    atomic_flag_clear(&progress->calling);
}

bool base_progress_call(base_progress *progress)
{
    bool more = progress->call == NULL ||
                progress->call(progress->arg, atomic_load(&progress->done), progress->total) == 0;
    if (progress->interval > 0)
        progress->last = sys_seconds();
    return more;
}

/* The crew at work. */
typedef struct run {
    const base_crew *crew;
    atomic_uint_fast64_t next;
    atomic_bool stop;
    sys_mutex *lock; /* of what follows, and of the calls after every task */
    shmcol_status status;
    uint64_t failed; /* the task that `status` is of */
    shmcol_error error;
} run;

/* One thread. It lives outside of `around`, which may jump out of the loop. */
typedef struct member {
    run *run;
    void *worker;
    uint64_t index; /* the task it is at */
} member;

/* Notes that task `index` failed. */
static void note_failure(run *r, uint64_t index, shmcol_status status, const shmcol_error *error)
{
    sys_lock(r->lock);
    if (r->status == SHMCOL_OK || index < r->failed) {
        r->status = status;
        r->failed = index;
        r->error = *error;
    }
    sys_unlock(r->lock);
    atomic_store(&r->stop, true);
}

static void cancel(run *r)
{
    shmcol_error error = SHMCOL_ERROR_INIT;
    shm_fail(&error, SHMCOL_ERR_CANCELLED, "", "cancelled");
    r->status = SHMCOL_ERR_CANCELLED;
    r->failed = 0;
    r->error = error;
    atomic_store(&r->stop, true);
}

/* Adds to the progress and calls the callback, without an interval after every task, under the
 * lock. With an interval no thread waits for another: one that comes while another calls goes on,
 * and no lock is held, since a callback may jump out of a guard. */
static void report(run *r, uint64_t done)
{
    base_progress *p = r->crew->progress;
    if (p->call == NULL)
        return;
    if (p->interval <= 0) {
        sys_lock(r->lock);
        atomic_fetch_add_explicit(&p->done, done, memory_order_relaxed);
        if (r->status == SHMCOL_OK && !base_progress_call(p))
            cancel(r);
        sys_unlock(r->lock);
        return;
    }
    atomic_fetch_add_explicit(&p->done, done, memory_order_relaxed);
    if (atomic_flag_test_and_set(&p->calling))
        return;
    if (sys_seconds() - p->last >= p->interval && !base_progress_call(p)) {
        sys_lock(r->lock);
        cancel(r);
        sys_unlock(r->lock);
    }
    atomic_flag_clear(&p->calling);
}

/* Does tasks until there are no more. */
static void work_through(void *arg)
{
    member *m = arg;
    run *r = m->run;
    const base_crew *crew = r->crew;
    while (!atomic_load_explicit(&r->stop, memory_order_relaxed)) {
        uint64_t index = atomic_fetch_add(&r->next, 1), done = 0;
        if (index >= crew->tasks)
            return;
        m->index = index;
        shmcol_error error = SHMCOL_ERROR_INIT;
        shmcol_status status = crew->task(crew->arg, m->worker, index, &done, &error);
        if (status != SHMCOL_OK)
            note_failure(r, index, status, &error);
        else if (done != 0 && crew->progress != NULL)
            report(r, done);
    }
}

static void work(void *arg, uint32_t thread)
{
    run *r = arg;
    const base_crew *crew = r->crew;
    member m = {.run = r, .index = UINT64_MAX};
    shmcol_error error = SHMCOL_ERROR_INIT;
    shmcol_status status = SHMCOL_OK;
    if (crew->begin != NULL)
        status = crew->begin(crew->arg, thread, &m.worker, &error);
    if (status == SHMCOL_OK && crew->around != NULL)
        status = crew->around(crew->arg, work_through, &m, &error);
    else if (status == SHMCOL_OK)
        work_through(&m);
    if (status != SHMCOL_OK)
        note_failure(r, m.index, status, &error);
    if (crew->end != NULL)
        crew->end(crew->arg, m.worker);
}

shmcol_status base_crew_run(const base_crew *crew, shmcol_error *err)
{
    run r = {.crew = crew, .lock = sys_mutex_new(), .status = SHMCOL_OK};
    if (r.lock == NULL)
        return shm_fail_memory(err);
    atomic_init(&r.next, 0);
    atomic_init(&r.stop, false);
    if (crew->tasks != 0)
        sys_parallel(crew->threads < crew->tasks ? crew->threads : (uint32_t)crew->tasks, work, &r);
    sys_mutex_free(r.lock);
    if (r.status != SHMCOL_OK)
        shm_error_copy(err, &r.error);
    return r.status;
}
