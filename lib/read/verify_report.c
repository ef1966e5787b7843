/* The problems that a check finds, by one thread or many, and the one answer they give. */
#include <errno.h>
#include <stdlib.h>

#include "alloc.h"
#include "read/verify.h"

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

/* Runs a thread's tasks inside a guard. A guard is of one thread: within the caller's, every worker
 * needs its own, and passes a fault on by fault_address. */
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

void verify_free_findings(verify *v)
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

void verify_found(verify *v, uint64_t key, uint64_t order, const fmt_fault *fault)
{
    sys_lock(v->mutex);
    finding *f = v->found[key];
    if (f == NULL) {
        f = v->found[key] = malloc(sizeof *f);
        if (f == NULL)
            atomic_store(&v->no_memory, true);
        else
            f->order = UINT64_MAX;
    }
    if (f != NULL && order < f->order)
        *f = (finding){order, *fault};
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
    verify_free_findings(v);
}
