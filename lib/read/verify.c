/* shmcol_verify: the order of the checks, the threads, and the one answer (F-62). */
#include "read/verify.h"

#include <errno.h>
#include <stdlib.h>

#include "alloc.h"
#include "format/header.h"
#include "format/ondisk.h"

/* Seconds between two calls of the progress callback. */
#define PROGRESS_INTERVAL 0.05

void verify_problem(verify *v, const fmt_fault *fault)
{
    shmcol_error problem = SHMCOL_ERROR_INIT;
    const char *name = NULL;
    if (fault->column >= 0 && v->names_good)
        name = (const char *)v->table.names + v->table.descriptors[fault->column].name_offset;
    shmcol_status status =
        read_fault(v->file, fault, name, v->options.problem != NULL ? &problem : NULL);
    if (v->first == SHMCOL_OK) {
        v->first = status;
        read_fault(v->file, fault, name, v->err);
    }
    if (v->options.problem != NULL)
        v->options.problem(v->options.problem_arg, &problem);
}

void verify_fail(verify *v, shmcol_status status)
{
    if (v->failed == SHMCOL_OK)
        v->failed = status;
    atomic_store(&v->stop, true);
}

/* ---- progress ---- */

static void report_progress(verify *v)
{
    if (v->options.progress(v->options.progress_arg, atomic_load(&v->done), v->total) != 0)
        atomic_store(&v->stop, true);
    v->last_report = sys_seconds();
}

void verify_progress(verify *v, uint64_t bytes)
{
    atomic_fetch_add_explicit(&v->done, bytes, memory_order_relaxed);
    if (v->options.progress == NULL || atomic_flag_test_and_set(&v->reporting))
        return;
    if (sys_seconds() - v->last_report >= PROGRESS_INTERVAL)
        report_progress(v);
    atomic_flag_clear(&v->reporting);
}

/* ---- tasks ---- */

typedef struct crew {
    verify *v;
    uint64_t tasks;
    atomic_uint_fast64_t next;
    void (*task)(verify_worker *worker, uint64_t index);
} crew;

typedef struct worker_job {
    crew *c;
    verify_worker worker;
} worker_job;

static void work_through(void *arg)
{
    worker_job *job = arg;
    crew *c = job->c;
    while (!atomic_load_explicit(&c->v->stop, memory_order_relaxed)) {
        uint64_t index = atomic_fetch_add(&c->next, 1);
        if (index >= c->tasks)
            return;
        c->task(&job->worker, index);
    }
}

/* A guard is of one thread: within one, every worker needs its own, and the one who set it up gets
 * the answer through fault_address. */
static void work(void *arg, uint32_t index)
{
    (void)index;
    crew *c = arg;
    verify *v = c->v;
    worker_job job = {.c = c, .worker = {.v = v}};
    const uint8_t *address = NULL;
    if (!v->guarded) {
        work_through(&job);
    } else if (sys_guard(v->file->map, v->file->header.file_size, work_through, &job, &address) ==
               EFAULT) {
        atomic_store(&v->fault_address, address);
        atomic_store(&v->stop, true);
    }
    free(job.worker.scratch);
}

void verify_tasks(verify *v, uint64_t tasks, void (*task)(verify_worker *worker, uint64_t index))
{
    crew c = {.v = v, .tasks = tasks, .task = task};
    atomic_init(&c.next, 0);
    sys_parallel(v->threads < tasks ? v->threads : (uint32_t)tasks, work, &c);
    if (atomic_load(&v->fault_address) != NULL)
        verify_fail(v, SHMCOL_ERR_FAULT);
    else if (atomic_load(&v->no_memory))
        verify_fail(v, SHMCOL_ERR_NO_MEMORY);
    else if (atomic_load(&v->stop))
        verify_fail(v, SHMCOL_ERR_CANCELLED);
}

/* ---- findings ---- */

static void free_findings(verify *v)
{
    for (uint64_t i = 0; i < v->keys; i++)
        free(v->found[i]);
    free(v->found);
    v->found = NULL;
    v->keys = 0;
}

bool verify_keys(verify *v, uint64_t keys)
{
    v->found = shm_alloc_zeroed(keys, sizeof(finding *));
    if (v->found == NULL) {
        verify_fail(v, SHMCOL_ERR_NO_MEMORY);
        return false;
    }
    v->keys = keys;
    return true;
}

void verify_found(verify *v, uint64_t key, uint64_t part, const fmt_fault *fault)
{
    sys_lock(v->mutex);
    finding *f = v->found[key];
    if (f == NULL) {
        f = v->found[key] = malloc(sizeof *f);
        if (f == NULL) {
            atomic_store(&v->no_memory, true);
            atomic_store(&v->stop, true);
        } else {
            f->part = UINT64_MAX;
        }
    }
    if (f != NULL && part < f->part)
        *f = (finding){part, *fault};
    sys_unlock(v->mutex);
}

static bool reported_before(const verify *v, uint64_t group_start, uint64_t key)
{
    for (uint64_t i = group_start; i < key; i++)
        if (v->found[i] != NULL && v->found[i]->fault.code == v->found[key]->fault.code)
            return true;
    return false;
}

void verify_report(verify *v, uint64_t group)
{
    for (uint64_t key = 0; key < v->keys && v->failed == SHMCOL_OK; key++)
        if (v->found[key] != NULL && !reported_before(v, key - key % group, key))
            verify_problem(v, &v->found[key]->fault);
    free_findings(v);
}

/* ---- the whole ---- */

static void add_slot(const fmt_slot *slot, uint64_t *stored, uint64_t *plain)
{
    *stored += slot->stored_length;
    *plain += slot->logical_length;
}

/* For the progress: each byte is hashed, and at level full looked at once more; the plain form of a
 * compressed file is made first, and then is a file of its own. */
static uint64_t work_bytes(const verify *v)
{
    uint64_t stored = 0, plain = 0,
             objects = (uint64_t)v->table.header.columns + v->table.header.dictionaries;
    for (uint64_t i = 0; i < objects; i++)
        for (int s = 0; s < FMT_SLOTS && v->states[i] >= OBJECT_ALONE; s++)
            add_slot(&v->table.descriptors[i].slots[s], &stored, &plain);
    if (v->options.level != SHMCOL_VERIFY_FULL)
        return stored;
    return fmt_header_compressed(&v->file->header) ? stored + 3 * plain : 2 * stored;
}

static void run(void *arg)
{
    static void (*const plain_steps[])(verify *) = {verify_envelope, verify_dictionaries,
                                                    verify_columns};
    static void (*const compressed_steps[])(verify *) = {verify_envelope, verify_plain_form, NULL};
    verify *v = arg;
    verify_structure(v);
    if (v->failed != SHMCOL_OK || v->options.level == SHMCOL_VERIFY_STRUCTURE || v->states == NULL)
        return;
    v->total = work_bytes(v);
    if (v->options.progress != NULL)
        report_progress(v);
    if (v->layout_good)
        verify_gaps(v);
    if (v->sums_good && v->failed == SHMCOL_OK)
        verify_blocks(v);
    if (v->options.level != SHMCOL_VERIFY_FULL)
        return;
    void (*const *steps)(verify *) =
        fmt_header_compressed(&v->file->header) ? compressed_steps : plain_steps;
    for (size_t i = 0; i < 3 && steps[i] != NULL && v->failed == SHMCOL_OK; i++)
        steps[i](v);
}

static shmcol_status answer(verify *v)
{
    const char *path = v->file->path;
    if (v->said)
        return v->failed;
    switch (v->failed) {
    case SHMCOL_OK: return v->first;
    case SHMCOL_ERR_NO_MEMORY: shm_fail_memory(v->err); break;
    case SHMCOL_ERR_FAULT: return read_fault_at(v->file, atomic_load(&v->fault_address), v->err);
    default: shm_fail(v->err, v->failed, "", "the check was cancelled");
    }
    shm_error_path(v->err, path);
    return v->failed;
}

static void clean_up(verify *v)
{
    free_findings(v);
    free(v->table.descriptors);
    free(v->table.names);
    free(v->table.metadata);
    free(v->states);
    free(v->scratch);
    sys_mutex_free(v->mutex);
}

shmcol_status shmcol_verify(const shmcol_file *file, const shmcol_verify_options *options,
                            shmcol_error *err)
{
    verify v = {.file = file, .options = SHMCOL_VERIFY_OPTIONS_INIT, .err = err};
    const uint8_t *address = NULL;
    if (file == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file is NULL");
    if (options != NULL)
        SHM_CHECK_SIZE(options, SHMCOL_VERIFY_OPTIONS_SIZE_1_0, err);
    SHM_TAKE(v.options, options);
    if ((unsigned)v.options.level > SHMCOL_VERIFY_FULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "there is no level %u",
                        (unsigned)v.options.level);
    v.threads = v.options.threads != 0 ? v.options.threads : sys_cpu_count();
    atomic_flag_clear(&v.reporting);
    v.mutex = sys_mutex_new();
    if (v.mutex == NULL)
        return shm_fail_memory(err);
    v.guarded = sys_guarded(file->map);
    if (!v.guarded) {
        run(&v);
    } else if (sys_guard(file->map, file->header.file_size, run, &v, &address) == EFAULT) {
        atomic_store(&v.fault_address, address);
        v.failed = SHMCOL_ERR_FAULT;
    }
    if (v.failed == SHMCOL_OK && v.options.progress != NULL)
        (void)v.options.progress(v.options.progress_arg, v.total, v.total);
    shmcol_status status = answer(&v);
    clean_up(&v);
    return status;
}
