/* Conversion of the caller's description of its columns to the directory of the file. */
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/descriptor.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/metadata.h"
#include "format/names.h"
#include "format/types.h"
#include "sink/sink_internal.h"

static shmcol_status contradiction(uint32_t column, const char *what, shmcol_error *err)
{
    shmcol_status status = shm_fail(err, SHMCOL_ERR_WRITER_STATE, "", "internal: %s", what);
    shm_error_column(err, column);
    return status;
}

void sink_table_free(fmt_table *table)
{
    free(table->descriptors);
    free(table->names);
    free(table->metadata);
    *table = (fmt_table){0};
}

/* Converts pairs to format/'s structure; `out` has room for `count`. Errors: LIMIT (F-33), BAD_NAME
 * (F-33, F-34). */
static shmcol_status convert_pairs(const shmcol_pair *pairs, uint32_t count, bool reserved,
                                   int64_t column, fmt_pair *out, shmcol_error *err)
{
    for (uint32_t i = 0; i < count; i++) {
        if (pairs[i].key.length > UINT32_MAX || pairs[i].value.length > UINT32_MAX) {
            shmcol_status status = shm_fail(err, SHMCOL_ERR_LIMIT, "F-33",
                                            "metadata pair %u: key or value of 4 GiB or more", i);
            shm_error_column(err, column);
            return status;
        }
        out[i] =
            (fmt_pair){(const uint8_t *)pairs[i].key.data, (const uint8_t *)pairs[i].value.data,
                       (uint32_t)pairs[i].key.length, (uint32_t)pairs[i].value.length};
    }
    uint32_t index = 0;
    const char *problem = fmt_pairs_problem(out, count, reserved, &index);
    if (problem == NULL)
        return SHMCOL_OK;
    shmcol_status status = shm_fail(err, SHMCOL_ERR_BAD_NAME, reserved ? "F-34" : "F-33",
                                    "metadata pair %u %s", index, problem);
    shm_error_column(err, column);
    return status;
}

/* Converts the pairs of the table (index 0) or of column index - 1, of which there are *count.
 * Errors: those of convert_pairs. */
static shmcol_status pairs_of(const sink_table *table, uint32_t index, fmt_pair *pairs,
                              uint32_t *count, shmcol_error *err)
{
    if (index == 0) {
        *count = table->metadata_count;
        return convert_pairs(table->metadata, *count, false, -1, pairs, err);
    }
    const sink_column *c = &table->columns[index - 1];
    *count = c->metadata_count;
    return convert_pairs(c->metadata, *count, fmt_type_extension(c->type) != NULL, index - 1, pairs,
                         err);
}

/* Encodes the metadata, in two passes, of which the first finds the size. `pairs` has room for
 * those of any column. Errors: those of convert_pairs, LIMIT (F-59), NO_MEMORY. */
static shmcol_status encode_metadata(const sink_table *table, fmt_table *out, fmt_pair *pairs,
                                     shmcol_error *err)
{
    uint64_t size = 0;
    uint32_t count;
    for (uint32_t i = 0; i <= table->n_columns; i++) {
        shmcol_status status = pairs_of(table, i, pairs, &count, err);
        if (status != SHMCOL_OK)
            return status;
        size += fmt_metadata_size(pairs, count);
    }
    if (size > FMT_MESSAGE_MAX)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-59", "more than 2^31-1 bytes of metadata");
    out->metadata = malloc(size + 1);
    if (out->metadata == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i <= table->n_columns; i++) {
        (void)pairs_of(table, i, pairs, &count, err); /* it succeeded before */
        fmt_metadata_put(out, i == 0 ? FMT_TABLE_METADATA : i - 1, pairs, count);
    }
    return SHMCOL_OK;
}

static shmcol_status put_metadata(const sink_table *table, fmt_table *out, shmcol_error *err)
{
    uint32_t most = table->metadata_count;
    for (uint32_t i = 0; i < table->n_columns; i++) {
        if (table->columns[i].metadata_count > most)
            most = table->columns[i].metadata_count;
    }
    if (most == 0)
        return SHMCOL_OK;
    fmt_pair *pairs = calloc(most, sizeof *pairs);
    if (pairs == NULL)
        return shm_fail_memory(err);
    shmcol_status status = encode_metadata(table, out, pairs, err);
    free(pairs);
    return status;
}

/* Checks and encodes the names of columns and time zones. Errors: BAD_NAME (F-25, F-31),
 * NO_MEMORY. */
static shmcol_status put_names(const sink_table *table, fmt_table *out, shmcol_error *err)
{
    uint64_t size = 1;
    for (uint32_t i = 0; i < table->n_columns; i++) {
        const sink_column *c = &table->columns[i];
        const char *rule = "F-31",
                   *problem = fmt_name_problem(c->name, c->name_length, FMT_NAME_MAX);
        if (problem == NULL && c->zone != NULL) {
            rule = "F-25";
            problem = fmt_name_problem(c->zone, strlen(c->zone), FMT_ZONE_NAME_MAX);
        }
        if (problem != NULL) {
            shmcol_status status = shm_fail(err, SHMCOL_ERR_BAD_NAME, rule, "the column's %s %s",
                                            rule[2] == '3' ? "name" : "time zone", problem);
            shm_error_column(err, i);
            return status;
        }
        size += c->name_length + 1ull + (c->zone != NULL ? strlen(c->zone) + 1 : 0);
    }
    out->names = malloc(size);
    if (out->names == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < table->n_columns; i++) {
        const sink_column *c = &table->columns[i];
        fmt_names_put(out, i, c->name, c->name_length, c->zone,
                      c->zone != NULL ? (uint32_t)strlen(c->zone) : 0);
    }
    return SHMCOL_OK;
}

static shmcol_status describe_column(const sink_table *table, uint32_t index, fmt_descriptor *d,
                                     shmcol_error *err)
{
    const sink_column *c = &table->columns[index];
    const bool part = table->part.alignment != 0;
    fmt_descriptor_init(d);
    d->type = c->type;
    d->flags = (c->nullable ? FMT_FLAG_NULLABLE : 0) | (c->ascending ? FMT_FLAG_ASCENDING : 0);
    d->unit = c->unit;
    d->precision = c->precision;
    d->scale = c->scale;
    if (c->type == FMT_FIXED_BINARY || c->type == FMT_DICTIONARY)
        d->width = c->width;
    d->element = c->element;
    d->dimensions = c->dimensions;
    memcpy(d->shape, c->shape, sizeof d->shape);
    d->length = table->rows;
    d->null_count = c->null_count;
    if (!fmt_derive_width(d) || (c->zone != NULL && !fmt_may_have_zone(d))) {
        shmcol_status status = shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "F-25",
                                        "the parameters of the column's type are not allowed");
        shm_error_column(err, index);
        return status;
    }
    if (c->null_count > table->rows || (c->null_count > 0 && !c->nullable))
        return contradiction(index, "nulls in a column that cannot hold them", err);
    if (c->ascending && (c->null_count > 0 || !fmt_type_has_zones(c->type)))
        return contradiction(index, "an ascending column that cannot be one", err);
    if (part && (!c->nullable || (c->type == FMT_DICTIONARY && c->width != 4)))
        return contradiction(index, "a column that cannot be in a part of a table (F-79)", err);
    if (c->type == FMT_DICTIONARY && c->dictionary >= table->n_dictionaries)
        return contradiction(index, "a dictionary that is not there", err);
    if (c->type == FMT_DICTIONARY)
        d->dictionary = c->dictionary;
    if (table->rows >= FMT_ROWS_LIMIT || !fmt_set_lengths(d, c->lengths, part))
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-14", "too many rows");
    for (int slot = 0; slot < FMT_SLOTS; slot++)
        if (d->slots[slot].stored_length > 0 && d->slots[slot].stored_length != c->lengths[slot])
            return contradiction(index, "a buffer's length does not fit the rows (F-27)", err);
    return SHMCOL_OK;
}

static shmcol_status describe_dictionary(const sink_table *table, uint32_t index, fmt_descriptor *d,
                                         shmcol_error *err)
{
    const sink_dictionary *x = &table->dictionaries[index];
    fmt_descriptor_init(d);
    d->type = FMT_STRING;
    d->flags = (x->sorted ? FMT_FLAG_SORTED : 0) | (x->ordered ? FMT_FLAG_ORDERED : 0);
    d->length = x->length;
    const uint64_t lengths[FMT_SLOTS] = {[FMT_SLOT_BYTES] = x->bytes_length};
    if (!fmt_derive_width(d) || x->bytes_length > INT64_MAX || !fmt_set_lengths(d, lengths, false))
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-40", "a dictionary is too large");
    if (d->slots[FMT_SLOT_VALUES].stored_length != x->offsets_length)
        return contradiction(table->n_columns + index,
                             "a dictionary's offsets do not fit its length (F-27)", err);
    return SHMCOL_OK;
}

shmcol_status sink_table_build(const sink_table *table, fmt_table *out, shmcol_error *err)
{
    *out = (fmt_table){0};
    fmt_header *h = &out->header;
    fmt_header_init(h);
    h->writer_version = SHMCOL_VERSION;
    h->csv_rules = table->csv_rules;
    h->rows = table->rows;
    h->columns = table->n_columns;
    h->dictionaries = table->n_dictionaries;
    h->part = table->part;
    uint64_t objects = (uint64_t)table->n_columns + table->n_dictionaries;
    if (objects >= FMT_OBJECTS_LIMIT)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-14", "too many columns");
    out->descriptors = shm_alloc_zeroed(objects, sizeof *out->descriptors);
    if (out->descriptors == NULL)
        return shm_fail_memory(err);
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; i < table->n_columns && status == SHMCOL_OK; i++)
        status = describe_column(table, i, &out->descriptors[i], err);
    for (uint32_t i = 0; i < table->n_dictionaries && status == SHMCOL_OK; i++)
        status = describe_dictionary(table, i, &out->descriptors[table->n_columns + i], err);
    if (status != SHMCOL_OK)
        return status;
    status = put_names(table, out, err);
    if (status != SHMCOL_OK)
        return status;
    status = put_metadata(table, out, err);
    if (status != SHMCOL_OK)
        return status;
    fmt_fault fault;
    if (fmt_check_dictionary_use(out, &fault) != 0 || fmt_layout(out, &fault) != 0)
        status = shm_fail_fault(err, &fault, NULL, NULL);
    return status;
}

static int by_offset(const void *a, const void *b)
{
    const sink_target *x = a, *y = b;
    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

shmcol_status sink_table_targets(const sink_table *table, const fmt_table *laid_out,
                                 sink_target **out, uint32_t *n, shmcol_error *err)
{
    uint64_t objects = (uint64_t)table->n_columns + table->n_dictionaries, count = 0;
    if (objects > UINT32_MAX / FMT_SLOTS)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-14", "too many columns");
    sink_target *targets = shm_alloc_zeroed(objects * FMT_SLOTS, sizeof *targets);
    if (targets == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < objects; i++) {
        const sink_dictionary *x =
            i < table->n_columns ? NULL : &table->dictionaries[i - table->n_columns];
        sink_region of_dictionary[FMT_SLOTS] = {SINK_NONE, x ? x->offsets : SINK_NONE,
                                                x ? x->bytes : SINK_NONE, SINK_NONE};
        const sink_region *regions = x ? of_dictionary : table->columns[i].regions;
        for (int slot = 0; slot < FMT_SLOTS; slot++) {
            const fmt_slot *from = &laid_out->descriptors[i].slots[slot];
            if (from->stored_length > 0)
                targets[count++] = (sink_target){
                    from->offset, from->stored_length, from->first_checksum, regions[slot],
                    laid_out->descriptors[i].type == FMT_LIST && slot >= FMT_SLOT_ELEMENTS};
        }
    }
    qsort(targets, count, sizeof *targets, by_offset);
    *out = targets;
    *n = (uint32_t)count;
    return SHMCOL_OK;
}

shmcol_status sink_check_part(const sink_table *table, shmcol_error *err)
{
    uint64_t field;
    const char *problem = fmt_part_problem(&table->part, table->rows, &field);
    return problem == NULL ? SHMCOL_OK
                           : shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "F-79", "%s", problem);
}

shmcol_status sink_check(const sink_table *table, shmcol_error *err)
{
    fmt_table built;
    fmt_fault fault;
    shmcol_status status = sink_table_build(table, &built, err);
    uint8_t *index = shm_alloc(table->n_columns, FMT_INDEX_ENTRY_SIZE);
    if (status == SHMCOL_OK && index == NULL)
        status = shm_fail_memory(err);
    if (status == SHMCOL_OK && fmt_name_index_encode(&built, index, &fault) != 0)
        status = shm_fail_fault(err, &fault, NULL, NULL);
    free(index);
    sink_table_free(&built);
    return status;
}
