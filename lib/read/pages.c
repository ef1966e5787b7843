/* The pages of columns: which of them are in memory, and how to get them there. */
#include "format/ondisk.h"
#include "read/table.h"

enum { RANGES = FMT_SLOTS * 2 };

typedef struct page_range {
    uintptr_t begin, end; /* addresses, whole pages */
} page_range;

static uint32_t add_ranges(const shmcol_file *file, const fmt_descriptor *d, page_range *ranges,
                           uint32_t n)
{
    uintptr_t page = (uintptr_t)sys_page_size();
    for (int i = 0; i < FMT_SLOTS; i++) {
        if (d->slots[i].stored_length == 0)
            continue;
        uintptr_t begin = (uintptr_t)read_slot(file, d, i);
        page_range r = {begin & ~(page - 1),
                        (begin + d->slots[i].stored_length + page - 1) & ~(page - 1)};
        /* In ascending order, so that a page that two buffers share is counted once. */
        uint32_t at = n++;
        for (; at > 0 && ranges[at - 1].begin > r.begin; at--)
            ranges[at] = ranges[at - 1];
        ranges[at] = r;
    }
    return n;
}

/* Finds the pages of a column and of its dictionary, or of the file, in ascending order. Of a
 * table's column it finds those of the dictionary only: the others are in the parts. */
static shmcol_status find_ranges(const shmcol_file *file, uint32_t column,
                                 page_range ranges[RANGES], uint32_t *n, shmcol_error *err)
{
    read_column c;
    *n = 0;
    if (column == SHMCOL_TABLE) {
        fmt_descriptor whole = {.slots = {{.stored_length = file->header.file_size}}};
        *n = add_ranges(file, &whole, ranges, 0);
        return SHMCOL_OK;
    }
    shmcol_status status = read_column_supported(file, column, &c, err);
    if (status != SHMCOL_OK)
        return status;
    *n = add_ranges(file, &c.descriptor, ranges, 0);
    if (c.descriptor.type == FMT_DICTIONARY)
        *n = add_ranges(c.dictionary_file, &c.dictionary, ranges, *n);
    return SHMCOL_OK;
}

/* ---- which are in memory ---- */

/* Counts the pages of a file or a part. */
static shmcol_status count_pages(const shmcol_file *file, uint32_t column, uint64_t *resident,
                                 uint64_t *total, shmcol_error *err)
{
    page_range ranges[RANGES];
    uint32_t n;
    uint64_t in_memory = 0, all = 0;
    shmcol_status status = find_ranges(file, column, ranges, &n, err);
    if (status != SHMCOL_OK)
        return status;
    uintptr_t done = 0;
    for (uint32_t i = 0; i < n; i++) {
        uintptr_t begin = ranges[i].begin > done ? ranges[i].begin : done;
        uint64_t found = 0;
        if (begin >= ranges[i].end)
            continue;
        int errnum = sys_resident((const uint8_t *)begin, ranges[i].end - begin, &found);
        if (errnum != 0)
            return shm_fail_sys(err, errnum, file->path, "cannot ask which pages are in memory");
        in_memory += found;
        all += ranges[i].end - begin;
        done = ranges[i].end;
    }
    *resident += in_memory;
    *total += all;
    return SHMCOL_OK;
}

shmcol_status shmcol_resident(const shmcol_file *file, uint32_t column, uint64_t *resident,
                              uint64_t *total, shmcol_error *err)
{
    uint64_t in_memory = 0, all = 0;
    shmcol_status status = SHMCOL_OK;
    for (uint64_t i = 0; i < shmcol_parts(file) && status == SHMCOL_OK; i++) {
        shmcol_file *part;
        status = shmcol_part(file, i, &part, err);
        if (status == SHMCOL_OK)
            status = count_pages(part, column, &in_memory, &all, err);
    }
    if (status == SHMCOL_OK && resident != NULL)
        *resident = in_memory;
    if (status == SHMCOL_OK && total != NULL)
        *total = all;
    return status;
}

/* ---- how to get them there ---- */

static shmcol_status prefault_bytes(const shmcol_file *file, const uint8_t *bytes, uint64_t size,
                                    shmcol_error *err)
{
    int errnum = bytes != NULL ? sys_advise(bytes, size, SYS_PREFAULT) : 0;
    return errnum == 0 ? SHMCOL_OK : read_advice_failed(file, errnum, err);
}

/* Faults the pages of a column of a file in, or of a table's dictionary. */
static shmcol_status prefault_file(const shmcol_file *file, uint32_t column, shmcol_error *err)
{
    page_range ranges[RANGES];
    uint32_t n;
    shmcol_status status = find_ranges(file, column, ranges, &n, err);
    for (uint32_t i = 0; i < n && status == SHMCOL_OK; i++)
        status = prefault_bytes(file, (const uint8_t *)ranges[i].begin,
                                ranges[i].end - ranges[i].begin, err);
    return status;
}

/* Does so for a column of a table: the run that its readers use, or else each part. */
static shmcol_status prefault_column(const shmcol_file *file, uint32_t column, shmcol_error *err)
{
    read_column c;
    const uint8_t *values, *validity;
    shmcol_status status = read_column_supported(file, column, &c, err);
    if (status != SHMCOL_OK)
        return status;
    const fmt_descriptor *d = &c.descriptor;
    for (uint64_t i = 0; d->width == 0 && i < file->table->n_parts && status == SHMCOL_OK; i++) {
        shmcol_file *part;
        status = shmcol_part(file, i, &part, err);
        if (status == SHMCOL_OK)
            status = prefault_file(part, column, err);
    }
    if (status != SHMCOL_OK || d->width == 0)
        return status;
    status = read_values_of(&c, &values, &validity, err);
    if (status == SHMCOL_OK)
        status = prefault_bytes(file, values, d->length * d->width, err);
    if (status == SHMCOL_OK)
        status = prefault_bytes(file, validity, (d->length + 7) / 8, err);
    return status == SHMCOL_OK ? prefault_file(file, column, err) : status;
}

/* Does so for all columns of a table. */
static shmcol_status prefault_table(const shmcol_file *file, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; i < file->header.columns && status == SHMCOL_OK; i++) {
        status = prefault_column(file, i, err);
        if (status == SHMCOL_ERR_COLUMN_UNSUPPORTED)
            status = SHMCOL_OK;
    }
    return status;
}

shmcol_status shmcol_prefault(const shmcol_file *file, uint32_t column, shmcol_error *err)
{
    if (file->table == NULL)
        return prefault_file(file, column, err);
    return column == SHMCOL_TABLE ? prefault_table(file, err) : prefault_column(file, column, err);
}
