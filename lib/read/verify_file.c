/* The order of the checks (F-62), their threads and guards, and the answer. */
#include <errno.h>
#include <stdlib.h>

#include "format/header.h"
#include "format/layout.h"
#include "format/ondisk.h"
#include "read/verify.h"

/* Seconds between two calls of the progress callback. */
#define PROGRESS_INTERVAL 0.05

static void add_slot(const fmt_slot *slot, uint64_t *stored, uint64_t *plain)
{
    *stored += slot->stored_length;
    *plain += slot->logical_length;
}

/* Returns the bytes of the progress: each byte is hashed, and at the level full read once more; the
 * plain form of a compressed file is made first, and is then checked as a file of its own. */
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

static void run_levels(verify *v)
{
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
    if (v->options.level != SHMCOL_VERIFY_FULL || v->failed != SHMCOL_OK)
        return;
    verify_envelope(v);
    if (fmt_header_compressed(&v->file->header)) {
        if (v->failed == SHMCOL_OK)
            v->plain_form(v);
        return;
    }
    if (v->failed == SHMCOL_OK)
        verify_dictionaries(v);
    if (v->failed == SHMCOL_OK)
        verify_columns(v);
}

static void run(void *arg)
{
    verify *v = arg;
    fmt_fault fault;
    run_levels(v);
    if (v->failed == SHMCOL_OK && fmt_check_later_region(&v->file->header, &fault) != FMT_OK)
        verify_problem(v, &fault);
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
    verify_free_findings(v);
    free(v->table.descriptors);
    free(v->table.names);
    free(v->table.metadata);
    free(v->states);
    free(v->scratch);
    sys_mutex_free(v->mutex);
}

shmcol_status verify_file(const shmcol_file *file, const shmcol_verify_options *options,
                          void (*plain_form)(verify *v), shmcol_error *err)
{
    verify v = {
        .file = file, .options = SHMCOL_VERIFY_OPTIONS_INIT, .plain_form = plain_form, .err = err};
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
