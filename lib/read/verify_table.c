/* The check of a table (F-87): each part as a file, then the dictionaries of neighbours (F-82).
 * F-80, F-81 and F-83 were checked when it was opened: they are about headers and directories,
 * which F-15 ties to the ids. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/ondisk.h"
#include "read/table.h"
#include "read/verify.h"

/* F-82 */
enum { MOST_WORDS = 1 << 20 };

typedef struct table_check {
    const shmcol_file *file;
    shmcol_verify_options options;
    uint64_t before, part_size; /* for the progress: bytes of the parts before, and of this one */
    bool *bad;                  /* by part: a problem was found */
    shmcol_status first;        /* of the first problem */
    shmcol_status failed;       /* a failure that is not the table's ends the check */
    shmcol_error *err;
} table_check;

/* Counts every part by its size, whatever work it makes. */
static int forward_progress(void *arg, uint64_t done, uint64_t total)
{
    const table_check *c = arg;
    const double share = total != 0 ? (double)done / (double)total : 1;
    return c->options.progress(c->options.progress_arg,
                               c->before + (uint64_t)(share * (double)c->part_size),
                               c->file->header.file_size);
}

/* Keeps the first problem, and ends the check for a failure that is not the table's. */
static void take_answer(table_check *c, uint64_t part, shmcol_status status,
                        const shmcol_error *error)
{
    const int class = shmcol_status_class(status);
    const bool problem = class == SHMCOL_CLASS_DATA || class == SHMCOL_CLASS_UNSUPPORTED;
    if (status == SHMCOL_OK)
        return;
    if (!problem)
        c->failed = status;
    if (!problem || c->first == SHMCOL_OK)
        shm_error_copy(c->err, error);
    if (problem && c->first == SHMCOL_OK)
        c->first = status;
    c->bad[part] = true;
}

/* Passes on a problem that no check of a file has passed on. */
static void tell(const table_check *c, shmcol_status status, const shmcol_error *error)
{
    if (c->failed == SHMCOL_OK && status != SHMCOL_OK && c->options.problem != NULL)
        c->options.problem(c->options.problem_arg, error);
}

/* ---- parts ---- */

/* Gives pages of a part back that nobody may need again: the check of a large table would fill this
 * process's memory with them. Not those of a private map, which may have been written. */
static void let_go(const table_check *c, const read_part *part)
{
    if ((c->file->table->flags & SHMCOL_OPEN_PRIVATE) == 0)
        (void)sys_advise(part->map, part->size, SYS_LET_GO);
}

static void check_part(table_check *c, uint64_t k)
{
    shmcol_error error = SHMCOL_ERROR_INIT;
    read_part *part = c->file->table->parts[k];
    shmcol_file *file;
    shmcol_verify_options options = c->options;
    if (options.progress != NULL) {
        options.progress = forward_progress;
        options.progress_arg = c;
    }
    c->part_size = part->size;
    shmcol_status status = read_part_file(part, -1, &file, &error);
    const bool open = status == SHMCOL_OK;
    if (open)
        status = verify_file(file, &options, NULL, &error); /* it is plain */
    take_answer(c, k, status, &error);
    if (!open)
        tell(c, status, &error);
    let_go(c, part);
    c->before += part->size;
}

/* ---- dictionaries (F-82) ---- */

/* Tells whether a dictionary begins with the values of another. Offsets begin at 0 (F-36), so equal
 * values have equal offsets. */
static bool begins_with(const read_column *column, const read_column *before)
{
    const fmt_descriptor *a = &before->dictionary, *b = &column->dictionary;
    const uint64_t n = a->length;
    if (n == 0)
        return true;
    if (b->length < n)
        return false;
    const volatile int64_t *offsets = read_slot(before->dictionary_file, a, FMT_SLOT_VALUES);
    const uint64_t bytes = (uint64_t)offsets[n];
    if (bytes > a->slots[FMT_SLOT_BYTES].stored_length ||
        bytes > b->slots[FMT_SLOT_BYTES].stored_length)
        return false;
    return memcmp((const void *)(uintptr_t)offsets,
                  read_slot(column->dictionary_file, b, FMT_SLOT_VALUES),
                  (size_t)(n + 1) * sizeof *offsets) == 0 &&
           (bytes == 0 ||
            memcmp(read_slot(before->dictionary_file, a, FMT_SLOT_BYTES),
                   read_slot(column->dictionary_file, b, FMT_SLOT_BYTES), (size_t)bytes) == 0);
}

static void wrong_dictionary(table_check *c, uint64_t k, const read_column *column,
                             const char *what)
{
    shmcol_error problem = SHMCOL_ERROR_INIT;
    shm_fail(&problem, SHMCOL_ERR_WRONG_PART, "F-82", "column \"%.200s\": the dictionary %s",
             column->name, what);
    read_column_error(column, SHMCOL_ERR_WRONG_PART, &problem);
    take_answer(c, k, SHMCOL_ERR_WRONG_PART, &problem);
    tell(c, SHMCOL_ERR_WRONG_PART, &problem);
}

static void check_dictionary(table_check *c, uint64_t k, shmcol_file *before, shmcol_file *part,
                             uint32_t index)
{
    read_column a, b;
    if (read_column_supported(part, index, &b, NULL) != SHMCOL_OK ||
        b.descriptor.type != FMT_DICTIONARY)
        return;
    if (b.dictionary.length > MOST_WORDS)
        wrong_dictionary(c, k, &b, "has more than 1,048,576 values");
    else if (before != NULL && read_column_supported(before, index, &a, NULL) == SHMCOL_OK &&
             !begins_with(&b, &a))
        wrong_dictionary(c, k, &b, "does not begin with the values of the part before");
}

/* Compares neighbours in which nothing else was found, so that their offsets are good. */
static void check_dictionaries(void *arg)
{
    table_check *c = arg;
    const read_table *t = c->file->table;
    for (uint64_t k = 0; k < t->n_parts && c->failed == SHMCOL_OK; k++) {
        shmcol_file *before = NULL, *part = atomic_load(&t->parts[k]->file);
        if (c->bad[k] || part == NULL)
            continue;
        if (k != 0 && !c->bad[k - 1])
            before = atomic_load(&t->parts[k - 1]->file);
        for (uint32_t i = 0; i < t->first->header.columns; i++)
            check_dictionary(c, k, before, part, i);
        if (k != 0)
            let_go(c, t->parts[k - 1]);
        if (c->options.progress != NULL && forward_progress(c, 1, 1) != 0) {
            c->failed = shm_fail(c->err, SHMCOL_ERR_CANCELLED, "", "the check was cancelled");
            shm_error_path(c->err, c->file->path);
        }
    }
    let_go(c, t->parts[t->n_parts - 1]);
}

/* Compares them so that a fault gives an answer and not the caller's way out, which would leave
 * behind what the check holds. */
static void check_dictionaries_guarded(table_check *c)
{
    const uint8_t *address;
    if (!sys_guarded(c->file->table->parts[0]->map))
        check_dictionaries(c);
    else if (sys_guard_set(read_table_covers, c->file, check_dictionaries, c, &address) == EFAULT)
        c->failed = read_fault_at(c->file, address, c->err);
}

shmcol_status verify_table(const shmcol_file *file, const shmcol_verify_options *options,
                           shmcol_error *err)
{
    const read_table *t = file->table;
    table_check c = {.file = file, .options = SHMCOL_VERIFY_OPTIONS_INIT, .err = err};
    if (options != NULL)
        SHM_CHECK_SIZE(options, SHM_VERIFY_OPTIONS_SIZE_1_0, err);
    SHM_TAKE(c.options, options);
    c.bad = shm_alloc_zeroed(t->n_parts, sizeof *c.bad);
    if (c.bad == NULL)
        return shm_fail_memory(err);
    for (uint64_t k = 0; k < t->n_parts && c.failed == SHMCOL_OK; k++)
        check_part(&c, k);
    c.part_size = 0;
    if (c.failed == SHMCOL_OK && c.options.level == SHMCOL_VERIFY_FULL)
        check_dictionaries_guarded(&c);
    free(c.bad);
    return c.failed != SHMCOL_OK ? c.failed : c.first;
}
