/* From a name to a column, and a useful answer where there is none. */
#include <string.h>

#include "format/checksum.h"
#include "format/names.h"
#include "format/ondisk.h"
#include "read/table.h"

/* The number of columns, and the bytes of a name, that suggestions are made from. */
enum { SUGGEST_COLUMNS = 10000, SUGGEST_NAME = 64 };

static unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

/* Counts the insertions, deletions, replacements and swaps of neighbours that make `b` of `a`, up
 * to `limit`; case does not count. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length, size_t limit)
{
    size_t rows[3][SUGGEST_NAME + 1];
    size_t *two_before = rows[0], *before = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_length; j++)
        before[j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t best = now[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            unsigned char x = lower((unsigned char)a[i - 1]), y = lower((unsigned char)b[j - 1]);
            size_t cost = before[j - 1] + (x != y);
            cost = before[j] + 1 < cost ? before[j] + 1 : cost;
            cost = now[j - 1] + 1 < cost ? now[j - 1] + 1 : cost;
            bool swapped = i > 1 && j > 1 && x == lower((unsigned char)b[j - 2]) &&
                           y == lower((unsigned char)a[i - 2]);
            if (swapped && two_before[j - 2] + 1 < cost)
                cost = two_before[j - 2] + 1;
            now[j] = cost;
            best = cost < best ? cost : best;
        }
        if (best >= limit)
            return limit;
        size_t *oldest = two_before;
        two_before = before;
        before = now;
        now = oldest;
    }
    return before[b_length];
}

/* Adds a hint with the nearest name, which may differ in a third of its bytes. */
static void suggest(const shmcol_file *file, const char *name, size_t length, shmcol_error *err)
{
    read_column c, best_column;
    size_t best = length / 3 + 2;
    bool found = false;
    if (err == NULL || length > SUGGEST_NAME)
        return;
    for (uint32_t i = 0; i < file->header.columns && i < SUGGEST_COLUMNS && best > 0; i++) {
        if (read_column_load(file, i, &c, NULL) != SHMCOL_OK ||
            c.descriptor.name_length > SUGGEST_NAME)
            continue;
        size_t d = distance(name, length, c.name, c.descriptor.name_length, best);
        if (d < best) {
            best = d;
            best_column = c;
            found = true;
        }
    }
    if (found)
        shm_error_hint(err, "did you mean \"%.*s\"?", (int)best_column.descriptor.name_length,
                       best_column.name);
}

/* Checks the region's hash (F-32), which the reader must do before it answers that there is no such
 * column. Once for each file; two threads may both do it. */
static shmcol_status check_index(const shmcol_file *file, shmcol_error *err)
{
    fmt_fault fault;
    shmcol_file *mutable_file = (shmcol_file *)(uintptr_t)file;
    if (atomic_load_explicit(&mutable_file->index_state, memory_order_relaxed) == INDEX_GOOD)
        return SHMCOL_OK;
    if (fmt_check_region(&file->header, FMT_REGION_NAME_INDEX, file->front, &fault) != FMT_OK)
        return read_fault(file, &fault, NULL, err);
    atomic_store_explicit(&mutable_file->index_state, INDEX_GOOD, memory_order_relaxed);
    return SHMCOL_OK;
}

shmcol_status shmcol_find_n(const shmcol_file *file, const char *name, size_t name_length,
                            uint32_t *column, shmcol_error *err)
{
    fmt_fault fault;
    uint32_t found;
    if (file == NULL || column == NULL || (name == NULL && name_length != 0))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file, name or column is NULL");
    /* All parts of a table have the columns of the first. */
    const shmcol_file *first = file->table != NULL ? file->table->first : file;
    if (fmt_name_find(&first->header, first->front, name_length != 0 ? name : "", name_length,
                      &found, &fault) != FMT_OK)
        return read_fault(first, &fault, NULL, err);
    if (found != FMT_NONE32) {
        *column = found;
        return SHMCOL_OK;
    }
    shmcol_status status = check_index(first, err);
    if (status != SHMCOL_OK)
        return status;
    int shown = (int)(name_length < 200 ? name_length : 200);
    shm_fail(err, SHMCOL_ERR_NO_COLUMN, "", "there is no column \"%.*s\"", shown,
             name_length != 0 ? name : "");
    shm_error_path(err, file->path);
    suggest(file, name, name_length, err);
    return SHMCOL_ERR_NO_COLUMN;
}

shmcol_status shmcol_find(const shmcol_file *file, const char *name, uint32_t *column,
                          shmcol_error *err)
{
    if (name == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "name is NULL");
    return shmcol_find_n(file, name, strlen(name), column, err);
}

shmcol_status read_column_named(const shmcol_file *file, const char *name, read_column *column,
                                shmcol_error *err)
{
    uint32_t index;
    shmcol_status status = shmcol_find(file, name, &index, err);
    return status == SHMCOL_OK ? read_column_plain(file, index, column, err) : status;
}
