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
}

/* ---- tasks ---- */

/* One step of the check, while its tasks run. */
typedef struct step {
    verify *v;
    verify_task *task;
} step;

static shmcol_status begin_worker(void *arg, uint32_t thread, void **worker, shmcol_error *err)
{
    const step *s = arg;
    verify_worker *w = calloc(1, sizeof *w);
    (void)thread;
    *worker = w;
    if (w == NULL)
        return shm_fail_memory(err);
    w->v = s->v;
    return SHMCOL_OK;
}

static void end_worker(void *arg, void *worker)
{
    verify_worker *w = worker;
    (void)arg;
    if (w != NULL)
        free(w->scratch);
    free(w);
}

static shmcol_status do_task(void *arg, void *worker, uint64_t index, uint64_t *done,
                             shmcol_error *err)
{
    const step *s = arg;
    *done = s->task(worker, index);
    return atomic_load(&s->v->no_memory) ? shm_fail_memory(err) : SHMCOL_OK;
}

/* A guard is of one thread: within one, every worker needs its own, and the one who set it up gets
 * the answer through fault_address. */
static shmcol_status guard(void *arg, void (*loop)(void *), void *loop_arg, shmcol_error *err)
{
    verify *v = ((step *)arg)->v;
    const uint8_t *address = NULL;
    if (sys_guard(v->file->map, v->file->header.file_size, loop, loop_arg, &address) != EFAULT)
        return SHMCOL_OK;
    atomic_store(&v->fault_address, address);
    return shm_fail(err, SHMCOL_ERR_FAULT, "", "a fault");
}

void verify_tasks(verify *v, uint64_t tasks, verify_task *task)
{
    step s = {v, task};
    const base_crew crew = {.threads = v->threads,
                            .tasks = tasks,
                            .arg = &s,
                            .task = do_task,
                            .begin = begin_worker,
                            .end = end_worker,
                            .around = v->guarded ? guard : NULL,
                            .progress = &v->progress};
    shmcol_status status = base_crew_run(&crew, NULL);
    if (atomic_load(&v->fault_address) != NULL)
        status = SHMCOL_ERR_FAULT;
    if (status != SHMCOL_OK)
        verify_fail(v, status);
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
        if (f == NULL)
            atomic_store(&v->no_memory, true);
        else
            f->part = UINT64_MAX;
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
    v->progress.total = work_bytes(v);
    if (!base_progress_call(&v->progress)) {
        verify_fail(v, SHMCOL_ERR_CANCELLED);
        return;
    }
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
        SHM_CHECK_SIZE(options, SHM_VERIFY_OPTIONS_SIZE_1_0, err);
    SHM_TAKE(v.options, options);
    if ((unsigned)v.options.level > SHMCOL_VERIFY_FULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "there is no level %u",
                        (unsigned)v.options.level);
    v.threads = v.options.threads != 0 ? v.options.threads : sys_cpu_count();
    base_progress_init(&v.progress, v.options.progress, v.options.progress_arg, 0,
                       PROGRESS_INTERVAL);
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
        (void)v.options.progress(v.options.progress_arg, v.progress.total, v.progress.total);
    shmcol_status status = answer(&v);
    clean_up(&v);
    return status;
}
