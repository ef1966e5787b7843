/* The writer's columns as the sink's table, guessed at the first batch. A wrong guess costs time;
 * the file is the same. */
#include <stdlib.h>

#include "format/bytes.h"
#include "write/writer_internal.h"

/* Offsets in the caller's memory. */
typedef struct offsets {
    const uint8_t *at; /* NULL: none */
    uint32_t width;
    int64_t stride;
} offsets;

static offsets offsets_of(const void *at, shmcol_string_layout layout, int64_t stride)
{
    uint32_t width = layout == SHMCOL_STRINGS_OFFSETS32 ? sizeof(int32_t) : sizeof(int64_t);
    bool any = layout == SHMCOL_STRINGS_OFFSETS32 || layout == SHMCOL_STRINGS_OFFSETS64;
    return (offsets){any ? at : NULL, width, stride != 0 ? stride : width};
}

static int64_t load(const offsets *o, uint64_t index)
{
    const uint8_t *at = o->at + (int64_t)index * o->stride;
    return o->width == sizeof(int32_t) ? (int32_t)fmt_load32(at) : (int64_t)fmt_load64(at);
}

/* Returns how far `n` values go, from number `first` on, and sets *begin to where they begin; 0 if
 * they have no offsets, or wrong ones. */
static uint64_t extent(const offsets *o, uint64_t first, uint64_t n, uint64_t *begin)
{
    int64_t from = o->at != NULL ? load(o, first) : 0, to = o->at != NULL ? load(o, first + n) : 0;
    bool good = from >= 0 && to >= from && to <= INT64_MAX / 64;
    *begin = good ? (uint64_t)from : 0;
    return good ? (uint64_t)(to - from) : 0;
}

/* Returns what a table of `rows` rows has, if a batch of `of` rows has `n`. */
static uint64_t scale(uint64_t n, uint64_t of, uint64_t rows)
{
    double all = (double)n / (double)of * (double)rows;
    return rows == of || all > (double)INT64_MAX / 64 ? n : (uint64_t)all;
}

/* Guesses the lengths of a column that has offsets. */
static void guess_lengths(const column *c, const shmcol_column_data *d, const batch *b,
                          uint64_t rows, uint64_t lengths[FMT_SLOTS])
{
    const column *e = c->elements;
    const offsets own = offsets_of(d->values, d->layout, d->stride);
    uint64_t begin, n = extent(&own, 0, b->rows, &begin), all = scale(n, b->rows, rows);
    lengths[FMT_SLOT_VALUES] = 8 * (rows + 1);
    if (e == NULL)
        lengths[FMT_SLOT_BYTES] = all;
    else if (e->mode == MODE_FIXED)
        lengths[FMT_SLOT_ELEMENTS] = all * e->width;
    else {
        const offsets texts = offsets_of(n > 0 ? d->data : NULL, d->element_layout, 0);
        uint64_t bytes = extent(&texts, begin, n, &begin);
        lengths[FMT_SLOT_ELEMENTS] = 8 * (all + 1);
        lengths[FMT_SLOT_ELEMENT_BYTES] = scale(bytes, b->rows, rows);
    }
}

/* Guesses the dictionary of a column, one of few values. */
static void guess_dictionary(const shmcol_writer *w, const column *c, sink_column *out,
                             sink_table *table)
{
    out->type = FMT_DICTIONARY;
    out->width = c->mode == MODE_CODES ? c->width : writer_code_width(w, 0);
    out->lengths[FMT_SLOT_VALUES] = table->rows * out->width;
    out->dictionary = table->n_dictionaries;
    table->dictionaries[table->n_dictionaries++] = (sink_dictionary){
        .offsets = SINK_NONE, .bytes = SINK_NONE, .offsets_length = sizeof(int64_t)};
}

/* Opens the region of each slot that will have bytes, but for the codes of a column that is not
 * yet decided. Errors: NO_MEMORY. */
static shmcol_status open_regions(shmcol_writer *w, column *c, sink_column *out, shmcol_error *err)
{
    for (int slot = 0; slot < FMT_SLOTS; slot++) {
        out_buffer *b = writer_slot(c, slot);
        if (out->lengths[slot] == 0 || (slot == FMT_SLOT_VALUES && c->mode == MODE_NUMBERED))
            continue;
        shmcol_status status =
            b->region == SINK_NONE ? sink_region_new(w->sink, &b->region, err) : SHMCOL_OK;
        if (status != SHMCOL_OK)
            return status;
        out->regions[slot] = b->region;
    }
    return SHMCOL_OK;
}

/* Guesses one column of the table and opens its regions. A column whose type is undecided is taken
 * for a dictionary of few values. Errors: NO_MEMORY. */
static shmcol_status guess_column(shmcol_writer *w, column *c, const shmcol_column_data *d,
                                  const batch *b, sink_column *out, sink_table *table,
                                  shmcol_error *err)
{
    uint64_t rows = table->rows;
    *out = c->out;
    if (c->mode == MODE_NUMBERED || c->mode == MODE_CODES)
        guess_dictionary(w, c, out, table);
    else if (c->mode == MODE_FIXED)
        out->lengths[FMT_SLOT_VALUES] = rows * c->width;
    else
        guess_lengths(c, d, b, rows, out->lengths);
    if (d->validity_kind != SHMCOL_ALL_VALID && c->out.nullable)
        out->null_count = 1;
    if (out->null_count > 0 || writer_is_part(w))
        out->lengths[FMT_SLOT_VALIDITY] = (rows + 7) / 8;
    return open_regions(w, c, out, err);
}

shmcol_status writer_guess(shmcol_writer *w, const batch *b, shmcol_error *err)
{
    uint32_t widest = 8;
    for (uint32_t i = 0; i < w->n_columns; i++)
        widest = w->columns[i].width > widest ? w->columns[i].width : widest;
    uint64_t rows = w->expected_rows > b->rows ? w->expected_rows : b->rows;
    if (rows < FMT_BIG_PAGE / widest)
        return SHMCOL_OK; /* so little is collected in memory anyway */
    sink_table table;
    shmcol_status status = writer_table(w, rows, &table, err);
    for (uint32_t i = 0; i < w->n_columns && status == SHMCOL_OK; i++)
        status =
            guess_column(w, &w->columns[i], batch_column(b, i), b, &table.columns[i], &table, err);
    if (status == SHMCOL_OK)
        status = sink_guess_offsets(w->sink, &table, err);
    free(table.columns);
    free(table.dictionaries);
    return status;
}
