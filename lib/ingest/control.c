/* The lock, the turns, the first error, progress, warnings. */
#include "ingest/control.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"

#define RECORDS_A_CALL 4096u

shmcol_status ing_control_begin(ing_control *control, shmcol_progress progress, void *arg,
                                shmcol_error *err)
{
    control->progress = progress;
    control->progress_arg = arg;
    control->lock = sys_mutex_new();
    control->turn_changed = sys_cond_new();
    return control->lock == NULL || control->turn_changed == NULL ? shm_fail_memory(err)
                                                                  : SHMCOL_OK;
}

void ing_control_end(ing_control *control)
{
    for (uint32_t i = 0; i < control->n_warnings; i++)
        free(control->warnings[i]);
    free(control->warnings);
    free(control->joined);
    if (control->turn_changed != NULL)
        sys_cond_free(control->turn_changed);
    if (control->lock != NULL)
        sys_mutex_free(control->lock);
}

void ing_lock(ing_control *control)
{
    sys_lock(control->lock);
}

void ing_unlock(ing_control *control)
{
    sys_unlock(control->lock);
}

void ing_stop_failed(ing_control *control, const shmcol_error *error)
{
    sys_lock(control->lock);
    if (control->status == SHMCOL_OK) {
        control->status = error->status;
        control->error = *error;
    }
    atomic_store(&control->stop, true);
    sys_wake_all(control->turn_changed);
    sys_unlock(control->lock);
}

void ing_stop_for_diagnosis(ing_control *control)
{
    sys_lock(control->lock);
    control->needs_diagnosis = true;
    atomic_store(&control->stop, true);
    sys_wake_all(control->turn_changed);
    sys_unlock(control->lock);
}

shmcol_status ing_stopped(ing_control *control, shmcol_error *err)
{
    sys_lock(control->lock);
    const shmcol_status status = control->status;
    if (status != SHMCOL_OK)
        shm_error_copy(err, &control->error);
    sys_unlock(control->lock);
    return status;
}

void ing_control_again(ing_control *control)
{
    control->needs_diagnosis = false;
    atomic_store(&control->stop, false);
}

void ing_progress_expect(ing_control *control, uint64_t bytes)
{
    control->text_bytes = bytes;
    control->work_total = bytes + bytes / 4;
}

void ing_progress_set(ing_control *control, uint64_t done)
{
    control->work_done = done;
}

void ing_progress(ing_control *control, uint64_t amount)
{
    shmcol_error error = SHMCOL_ERROR_INIT;
    shmcol_status status = SHMCOL_OK;
    sys_lock(control->lock);
    control->work_done += amount;
    if (control->progress != NULL && control->work_total != 0) {
        const double done = control->work_done < control->work_total
                                ? (double)control->work_done / (double)control->work_total
                                : 1;
        /* Progress never goes back, though the text is read again for C-17 or C-50. */
        if (control->progress_reported < done)
            control->progress_reported = done;
        status = ing_progress_tell(
            control, (uint64_t)(control->progress_reported * (double)control->text_bytes),
            control->text_bytes, &error);
    }
    sys_unlock(control->lock);
    if (status != SHMCOL_OK)
        ing_stop_failed(control, &error);
}

shmcol_status ing_progress_tell(ing_control *control, uint64_t done, uint64_t total,
                                shmcol_error *err)
{
    if (control->progress == NULL || control->progress(control->progress_arg, done, total) == 0)
        return SHMCOL_OK;
    return shm_fail(err, SHMCOL_ERR_CANCELLED, "", "cancelled");
}

shmcol_status ing_progress_record(ing_control *control, uint64_t *records, shmcol_error *err)
{
    if (++*records % RECORDS_A_CALL != 0)
        return SHMCOL_OK;
    ing_progress(control, 0);
    return ing_stopped(control, err);
}

void ing_claims_begin(ing_control *control)
{
    atomic_store(&control->next, 0);
}

shmcol_status ing_turns_begin(ing_control *control, uint64_t blocks, bool in_order,
                              shmcol_error *err)
{
    control->turn = 0;
    control->blocks = blocks;
    control->in_order = in_order;
    control->joined = calloc(blocks + 1, sizeof *control->joined);
    return control->joined == NULL ? shm_fail_memory(err) : SHMCOL_OK;
}

void ing_turns_end(ing_control *control)
{
    free(control->joined);
    control->joined = NULL;
}

bool ing_take_turn(ing_control *control, uint64_t block)
{
    sys_lock(control->lock);
    while (control->turn != block && !ing_stops(control))
        sys_wait(control->turn_changed, control->lock);
    sys_unlock(control->lock);
    return !ing_stops(control);
}

bool ing_join_begin(ing_control *control, uint64_t block)
{
    if (control->in_order ? !ing_take_turn(control, block) : ing_stops(control))
        return false;
    sys_lock(control->lock);
    return true;
}

void ing_join_end(ing_control *control, uint64_t block)
{
    control->joined[block] = true;
    while (control->turn < control->blocks && control->joined[control->turn])
        control->turn++;
    sys_wake_all(control->turn_changed);
    sys_unlock(control->lock);
}

bool ing_warn(ing_control *control, const char *format, ...)
{
    char line[1024];
    va_list args;
    va_start(args, format);
    shm_print_line(line, sizeof line, format, args);
    va_end(args);
    /* The array is full at 0 and at each power of two. */
    if ((control->n_warnings & (control->n_warnings - 1)) == 0) {
        char **warnings =
            realloc(control->warnings, (control->n_warnings * 2u + 1) * sizeof *warnings);
        if (warnings == NULL)
            return false;
        control->warnings = warnings;
    }
    char *kept = strdup(line);
    if (kept == NULL)
        return false;
    control->warnings[control->n_warnings++] = kept;
    return true;
}
