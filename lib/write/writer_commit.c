/* The writer's columns as the sink's table: guessed at the first batch, final at the commit. */
#include <stdlib.h>

#include "format/bytes.h"
#include "write/writer_internal.h"

static shmcol_status open_region(shmcol_writer *w, out_buffer *b, sink_region *out,
                                 shmcol_error *err)
{
    shmcol_status status =
        b->region == SINK_NONE ? sink_region_new(w->sink, &b->region, err) : SHMCOL_OK;
    *out = b->region;
    return status;
}

/* Returns the bytes of strings in a batch; 0 if it has no offsets. */
static uint64_t bytes_of(const shmcol_column_data *d, uint64_t rows)
{
    if (d->layout != SHMCOL_STRINGS_OFFSETS64 && d->layout != SHMCOL_STRINGS_OFFSETS32)
        return 0;
    bool narrow = d->layout == SHMCOL_STRINGS_OFFSETS32;
    int64_t stride = d->stride != 0 ? d->stride : narrow ? 4 : 8;
    const uint8_t *first = d->values, *last = first + (int64_t)rows * stride;
    int64_t bytes = narrow ? (int64_t)(int32_t)fmt_load32(last) - (int32_t)fmt_load32(first)
                           : (int64_t)(fmt_load64(last) - fmt_load64(first));
    return bytes < 0 || bytes > INT64_MAX / 4 ? 0 : (uint64_t)bytes;
}

/* Returns the bytes of strings in a table of `rows` rows, if all are like those of the batch. */
static uint64_t guess_bytes(const shmcol_column_data *d, uint64_t rows, const batch *b)
{
    uint64_t bytes = bytes_of(d, b->rows);
    double all = (double)bytes / (double)b->rows * (double)rows;
    return rows == b->rows || all > (double)INT64_MAX / 2 ? bytes : (uint64_t)all;
}

/* Guesses the dictionary of a column, one of few values. */
static void guess_dictionary(const column *c, sink_column *out, sink_table *table)
{
    out->type = FMT_DICTIONARY;
    out->width = c->mode == MODE_CODES ? c->width : 1;
    out->lengths[FMT_SLOT_VALUES] = table->rows * out->width;
    out->dictionary = table->n_dictionaries;
    table->dictionaries[table->n_dictionaries++] = (sink_dictionary){
        .offsets = SINK_NONE, .bytes = SINK_NONE, .offsets_length = sizeof(int64_t)};
}

/* Guesses one column of the table and opens its regions. A column whose type is undecided is taken
 * for a dictionary of few values. Errors: NO_MEMORY. */
static shmcol_status guess_column(shmcol_writer *w, column *c, const shmcol_column_data *d,
                                  const batch *b, sink_column *out, sink_table *table,
                                  shmcol_error *err)
{
    uint64_t rows = table->rows;
    shmcol_status status;
    *out = c->out;
    out->lengths[FMT_SLOT_VALUES] = rows * c->width;
    if (c->mode == MODE_NUMBERED || c->mode == MODE_CODES)
        guess_dictionary(c, out, table);
    if (c->mode != MODE_NUMBERED) {
        status = open_region(w, &c->values, &out->regions[FMT_SLOT_VALUES], err);
        if (status != SHMCOL_OK)
            return status;
    }
    if (c->mode == MODE_STRINGS) {
        out->lengths[FMT_SLOT_VALUES] += sizeof(int64_t);
        out->lengths[FMT_SLOT_BYTES] = guess_bytes(d, rows, b);
        status = open_region(w, &c->bytes, &out->regions[FMT_SLOT_BYTES], err);
        if (status != SHMCOL_OK)
            return status;
    }
    if (d->validity_kind == SHMCOL_ALL_VALID || !c->out.nullable)
        return SHMCOL_OK;
    out->null_count = 1;
    out->lengths[FMT_SLOT_VALIDITY] = (rows + 7) / 8;
    return open_region(w, &c->validity, &out->regions[FMT_SLOT_VALIDITY], err);
}

shmcol_status writer_guess(shmcol_writer *w, const batch *b, shmcol_error *err)
{
    uint32_t widest = 8;
    for (uint32_t i = 0; i < w->n_columns; i++)
        widest = w->columns[i].width > widest ? w->columns[i].width : widest;
    uint64_t rows = w->expected_rows > b->rows ? w->expected_rows : b->rows;
    if (rows < FMT_BIG_PAGE / widest)
        return SHMCOL_OK; /* so little is collected in memory anyway */
    sink_table table = {.rows = rows,
                        .n_columns = w->n_columns,
                        .metadata = w->metadata,
                        .metadata_count = w->metadata_count};
    table.columns = calloc(w->n_columns + 1ull, sizeof *table.columns);
    table.dictionaries = calloc(w->n_columns + 1ull, sizeof *table.dictionaries);
    shmcol_status status = SHMCOL_OK;
    if (table.columns == NULL || table.dictionaries == NULL)
        status = shm_fail_memory(err);
    for (uint32_t i = 0; i < w->n_columns && status == SHMCOL_OK; i++)
        status =
            guess_column(w, &w->columns[i], batch_column(b, i), b, &table.columns[i], &table, err);
    if (status == SHMCOL_OK)
        status = sink_guess_offsets(w->sink, &table, err);
    free(table.columns);
    free(table.dictionaries);
    return status;
}

/* Completes the description of a finished column and of its dictionary. */
static void fill(column *c, sink_table *table)
{
    sink_column *out = &c->out;
    if (out->type == FMT_DICTIONARY) {
        uint64_t offsets = writer_buffer_length(&c->dictionary_offsets);
        out->dictionary = table->n_dictionaries;
        out->width = c->width;
        table->dictionaries[table->n_dictionaries++] =
            (sink_dictionary){.length = offsets / sizeof(int64_t) - 1,
                              .sorted = c->sorted,
                              .ordered = c->ordered,
                              .offsets = c->dictionary_offsets.region,
                              .bytes = c->dictionary_bytes.region,
                              .offsets_length = offsets,
                              .bytes_length = writer_buffer_length(&c->dictionary_bytes)};
    }
    for (int slot = 0; slot < FMT_SLOTS; slot++) {
        const out_buffer *buffer = writer_slot(c, slot);
        if (buffer == NULL)
            continue;
        out->regions[slot] = buffer->region;
        out->lengths[slot] = writer_buffer_length(buffer);
    }
    out->null_count = c->nulls;
    out->zones = c->zones;
}

/* Finishes all columns and describes them in `table`. Errors: those of writer_finish_column. */
static shmcol_status finish_columns(shmcol_writer *w, sink_table *table, shmcol_error *err)
{
    if (table->columns == NULL || table->dictionaries == NULL)
        return shm_fail_memory(err);
    shmcol_status status =
        writer_each_column(w, writer_finish_column, NULL, w->rows * (w->n_columns + 1ull), err);
    for (uint32_t i = 0; i < w->n_columns && status == SHMCOL_OK; i++) {
        fill(&w->columns[i], table);
        table->columns[i] = w->columns[i].out;
    }
    return status;
}

shmcol_status writer_finish(shmcol_writer *w, shmcol_error *err)
{
    sink_table table = {.rows = w->rows,
                        .n_columns = w->n_columns,
                        .metadata = w->metadata,
                        .metadata_count = w->metadata_count,
                        .csv_rules = w->csv_rules};
    table.columns = calloc(w->n_columns + 1ull, sizeof *table.columns);
    table.dictionaries = calloc(w->n_columns + 1ull, sizeof *table.dictionaries);
    shmcol_status status = finish_columns(w, &table, err);
    if (status == SHMCOL_OK)
        status = sink_finish(w->sink, &table, w->progress, w->progress_arg, NULL, err);
    else
        sink_abort(w->sink);
    free(table.columns);
    free(table.dictionaries);
    return status;
}
