/* From a column's index or name to a checked descriptor (F-61). */
#include <inttypes.h>
#include <stdio.h>

#include "format/directory.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "read/table.h"

shmcol_status read_fault(const shmcol_file *file, const fmt_fault *fault, const char *name,
                         shmcol_error *err)
{
    char column[224];
    if (name != NULL)
        snprintf(column, sizeof column, "column \"%.200s\"", name);
    else if (fault->column >= 0)
        snprintf(column, sizeof column, "column %" PRId64, fault->column);
    else
        return shm_fail_fault(err, fault, NULL, file->path);
    return shm_fail_fault(err, fault, column, file->path);
}

shmcol_status read_column_error(const read_column *column, shmcol_status status, shmcol_error *err)
{
    shm_error_column(err, column->index);
    shm_error_path(err, column->file->path);
    return status;
}

shmcol_status read_damaged_row(const shmcol_file *file, uint32_t column, uint64_t row,
                               shmcol_status status, shmcol_error *err)
{
    shm_fail(err, status, shm_status_rule(status), "the offsets or the code of a row are damaged");
    shm_error_column(err, column);
    shm_error_row(err, (int64_t)row);
    shm_error_path(err, file->path);
    return status;
}

/* Everything of F-61; FMT_COLUMN_UNSUPPORTED leaves name and metadata good. */
static int load_checked(const shmcol_file *from, uint32_t index, read_column *column,
                        fmt_fault *fault)
{
    /* A table has the columns of its first part. */
    const shmcol_file *file = from->table != NULL ? from->table->first : from;
    const fmt_header *h = &file->header;
    const uint8_t *names = file->front + h->regions[FMT_REGION_NAMES].offset;
    fmt_descriptor *d = &column->descriptor;
    int code = fmt_directory_column(h, file->front, index, d, fault);
    column->file = from;
    column->dictionary_file = file;
    column->index = index;
    column->name = NULL;
    column->supported = code == FMT_OK;
    if (code == FMT_OK || code == FMT_COLUMN_UNSUPPORTED || code == FMT_LAYOUT)
        column->name = (const char *)names + d->name_offset;
    if (code == FMT_OK && d->type == FMT_DICTIONARY) {
        code = fmt_directory_dictionary(h, file->front, d->dictionary, &column->dictionary, fault);
        column->supported = code == FMT_OK;
    }
    if (code == FMT_OK && from->table != NULL)
        code = read_table_column(from, column, fault);
    return code;
}

static shmcol_status no_such_index(const shmcol_file *file, uint32_t index, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_NO_COLUMN, "", "there is no column %u: the file has %u", index,
             file->header.columns);
    shm_error_path(err, file->path);
    return SHMCOL_ERR_NO_COLUMN;
}

shmcol_status read_column_load(const shmcol_file *file, uint32_t index, read_column *column,
                               shmcol_error *err)
{
    fmt_fault fault;
    if (index >= file->header.columns)
        return no_such_index(file, index, err);
    int code = load_checked(file, index, column, &fault);
    return code == FMT_OK || code == FMT_COLUMN_UNSUPPORTED
               ? SHMCOL_OK
               : read_fault(file, &fault, column->name, err);
}

shmcol_status read_column_supported(const shmcol_file *file, uint32_t index, read_column *column,
                                    shmcol_error *err)
{
    fmt_fault fault;
    if (index >= file->header.columns)
        return no_such_index(file, index, err);
    int code = load_checked(file, index, column, &fault);
    if (code == FMT_OK)
        return SHMCOL_OK;
    shmcol_status status = read_fault(file, &fault, column->name, err);
    shm_error_column(err, index); /* also where the fault is its dictionary's */
    if (code == FMT_COLUMN_UNSUPPORTED)
        shm_error_hint(err, "a newer version of shmcol wrote this column; the others can be read");
    return status;
}

shmcol_status read_column_plain(const shmcol_file *file, uint32_t index, read_column *column,
                                shmcol_error *err)
{
    shmcol_status status = read_column_supported(file, index, column, err);
    if (status != SHMCOL_OK || !fmt_header_compressed(&file->header))
        return status;
    shm_fail(err, SHMCOL_ERR_FEATURE, "F-20",
             "column \"%.200s\" is compressed: its values cannot be read in place", column->name);
    shm_error_hint(
        err,
        "open the file with SHMCOL_OPEN_CACHE or SHMCOL_OPEN_COPY instead of SHMCOL_OPEN_STORED");
    return read_column_error(column, SHMCOL_ERR_FEATURE, err);
}

/* Writes what a value of type `number` with a column's parameters is, as in "timestamp[us,
 * Europe/Paris]", to `out`. */
static void value_text(const read_column *column, uint16_t number, char *out, size_t capacity)
{
    const fmt_descriptor *d = &column->descriptor;
    const char *type = shmcol_type_name((shmcol_type)number);
    const char *zone = (const char *)column->file->front +
                       column->file->header.regions[FMT_REGION_NAMES].offset + d->zone_offset;
    size_t used;
    if (d->zone_length != 0) {
        snprintf(out, capacity, "%s[%s, %.*s]", type, fmt_unit_name(d->unit), (int)d->zone_length,
                 zone);
        return;
    }
    if (fmt_type_has_unit(number)) {
        snprintf(out, capacity, "%s[%s]", type, fmt_unit_name(d->unit));
        return;
    }
    switch (number) {
    case FMT_DECIMAL128: snprintf(out, capacity, "%s(%u,%u)", type, d->precision, d->scale); break;
    case FMT_FIXED_BINARY: snprintf(out, capacity, "%s[%u]", type, d->width); break;
    case FMT_DICTIONARY: snprintf(out, capacity, "%s[int%u]", type, 8 * d->width); break;
    case FMT_TENSOR:
        used = (size_t)snprintf(out, capacity, "%s[%s", type,
                                shmcol_type_name((shmcol_type)d->element));
        for (uint8_t i = 0; i < d->dimensions && used < capacity; i++)
            used +=
                (size_t)snprintf(out + used, capacity - used, i == 0 ? ", %u" : "x%u", d->shape[i]);
        if (used < capacity)
            snprintf(out + used, capacity - used, "]");
        break;
    default: snprintf(out, capacity, "%s", type);
    }
}

shmcol_status read_wrong_type(const read_column *column, const char *wanted, shmcol_error *err)
{
    char type[200], element[192];
    const fmt_descriptor *d = &column->descriptor;
    value_text(column, d->type == FMT_LIST ? d->element : d->type, element, sizeof element);
    snprintf(type, sizeof type, d->type == FMT_LIST ? "list[%s]" : "%s", element);
    shm_fail(err, SHMCOL_ERR_WRONG_TYPE, "", "column \"%.200s\" is %s, not %s", column->name, type,
             wanted);
    if (d->type == FMT_DICTIONARY)
        shm_error_hint(err, "use shmcol_dictionary_get");
    else if (d->type == FMT_LIST)
        shm_error_hint(err, "use shmcol_list_get");
    return read_column_error(column, SHMCOL_ERR_WRONG_TYPE, err);
}

shmcol_status read_not_one_run(const read_column *column, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_NOT_ONE_RUN, "",
             "column \"%.200s\" of a table in a directory is one run of bytes in each part only",
             column->name);
    shm_error_hint(err, "use %s, or the parts: shmcol_part",
                   column->descriptor.type == FMT_LIST ? "shmcol_list_row" : "shmcol_string_row");
    return read_column_error(column, SHMCOL_ERR_NOT_ONE_RUN, err);
}
