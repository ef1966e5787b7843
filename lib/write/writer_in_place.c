/* Tables whose values others write in place: reserved at the beginning, and finished where they
 * are. */
#include <stdlib.h>

#include "write/writer_internal.h"

sink *writer_sink(const shmcol_writer *w)
{
    return w->sink;
}

shmcol_status writer_check_in_place(const shmcol_writer *w, shmcol_error *err)
{
    for (uint32_t i = 0; i < w->n_columns; i++) {
        if (w->columns[i].mode != MODE_FIXED)
            return writer_fail_at(w, SHMCOL_ERR_INVALID_ARGUMENT, "", i, -1,
                                  "only a column of a fixed width can be populated", err);
    }
    return SHMCOL_OK;
}

/* Opens the regions of a column and describes it. Errors: NO_MEMORY. */
static shmcol_status open_column(shmcol_writer *w, column *c, sink_column *out, shmcol_error *err)
{
    *out = c->out;
    /* If that is too much, the sink says so. */
    out->lengths[FMT_SLOT_VALUES] = w->rows * c->width;
    shmcol_status status = sink_region_new(w->sink, &c->values.region, err);
    if (status == SHMCOL_OK && c->out.nullable && w->rows > 0) {
        out->null_count = 1;
        out->lengths[FMT_SLOT_VALIDITY] = (w->rows + 7) / 8;
        status = sink_region_new(w->sink, &c->validity.region, err);
    }
    out->regions[FMT_SLOT_VALUES] = c->values.region;
    out->regions[FMT_SLOT_VALIDITY] = c->validity.region;
    return status;
}

shmcol_status writer_reserve(shmcol_writer *w, uint64_t rows, const sink_tail *tail,
                             const uint8_t id[16], sink_map *map, shmcol_error *err)
{
    w->rows = rows;
    sink_table table;
    shmcol_status status = writer_check_part(w, rows, err);
    if (status != SHMCOL_OK)
        return status;
    status = writer_table(w, rows, &table, err);
    for (uint32_t i = 0; i < w->n_columns && status == SHMCOL_OK; i++)
        status = open_column(w, &w->columns[i], &table.columns[i], err);
    if (status == SHMCOL_OK)
        status = sink_reserve(w->sink, &table, tail, id, map, err);
    free(table.columns);
    free(table.dictionaries);
    return status;
}

/* Resets a column to what it was before the first table. */
static void reset_column(column *c)
{
    c->values.region = c->validity.region = SINK_NONE;
    c->values.flushed = c->validity.flushed = 0;
    c->rows = c->nulls = c->n_zones = 0;
    c->descends = false;
    c->out.null_count = 0;
    c->out.ascending = false;
    c->out.zones = NULL;
    memset(c->out.lengths, 0, sizeof c->out.lengths);
    for (size_t slot = 0; slot < sizeof c->out.regions / sizeof *c->out.regions; slot++)
        c->out.regions[slot] = SINK_NONE;
}

shmcol_status writer_again(shmcol_writer *w, const char *path, sys_output **kept, shmcol_error *err)
{
    sink_options options = w->to;
    options.kept = kept;
    shmcol_status status = sink_create(path, -1, &options, &w->sink, err);
    for (uint32_t i = 0; i < w->n_columns && status == SHMCOL_OK; i++)
        reset_column(&w->columns[i]);
    return status;
}

/* ---- the values ---- */

/* Rows of one task: whole zones, and whole checksum blocks whatever the width. */
#define RANGE_ROWS (8u * FMT_ZONE_ROWS)
#define RANGES_MAX 64u

/* The work of all threads: task i is range i % ranges of column i / ranges. */
typedef struct finishing {
    const writer_in_place *values;
    uint64_t range_rows;
    uint32_t ranges;
    _Atomic uint64_t *nulls; /* of each column */
    atomic_bool *descends;   /* of each column: a range descends */
} finishing;

/* Returns true if a column's values need more than to be hashed: a type with rules (F-38) has zone
 * maps, too. */
static bool needs_check(const column *c, const uint8_t *validity)
{
    return validity != NULL || c->zoned;
}

/* Finishes rows [c->rows, end) as writer_take does with a batch, but where the values are, and
 * hashes them while they are in the cache. Errors: BAD_VALUE (F-38), LIMIT, NO_MEMORY. */
static shmcol_status finish_rows(shmcol_writer *w, column *c, uint64_t end,
                                 const writer_in_place *values, segment *seg, shmcol_error *err)
{
    /* Without zones there may be too few ranges: then the sink hashes block by block. */
    bool hashes = c->zoned;
    uint64_t hashed = c->rows * c->width;
    shmcol_column_data data = SHMCOL_COLUMN_DATA_INIT;
    data.validity = writer_validity_at(values, c->index, 0);
    data.validity_kind = data.validity != NULL ? SHMCOL_VALIDITY_BITMAP : SHMCOL_ALL_VALID;
    while (c->rows < end) {
        seg->first = c->rows;
        seg->rows = end - c->rows < SEGMENT ? (size_t)(end - c->rows) : SEGMENT;
        writer_find_nulls(c, &data, c->width, c->width, seg);
        shmcol_status status =
            writer_finish_values(c, writer_values_at(values, c->index, c->rows), seg, err);
        c->nulls += seg->nulls;
        c->rows += seg->rows;
        uint64_t length = (c->rows * c->width - hashed) / FMT_BLOCK_SIZE * FMT_BLOCK_SIZE;
        if (status == SHMCOL_OK && hashes && length > 0)
            status = sink_hash(w->sink, c->values.region, hashed,
                               writer_values_at(values, c->index, 0) + hashed, (size_t)length, err);
        if (status != SHMCOL_OK)
            return status;
        hashed += length;
    }
    return SHMCOL_OK;
}

/* Finishes one range of a column (a writer_each_fn). */
static shmcol_status finish_row_range(shmcol_writer *w, uint32_t task, segment *seg,
                                      const void *arg, shmcol_error *err)
{
    const finishing *f = arg;
    uint32_t index = task / f->ranges;
    uint64_t first = task % f->ranges * f->range_rows,
             end = w->rows - first < f->range_rows ? w->rows : first + f->range_rows;
    column own = w->columns[index]; /* its zones are all there */
    if (!needs_check(&own, writer_validity_at(f->values, index, 0)))
        return SHMCOL_OK;
    own.rows = first;
    own.nulls = 0;
    own.n_zones = first / FMT_ZONE_ROWS;
    own.descends = atomic_load_explicit(&f->descends[index], memory_order_relaxed);
    shmcol_status status = finish_rows(w, &own, end, f->values, seg, err);
    if (own.descends)
        atomic_store_explicit(&f->descends[index], true, memory_order_relaxed);
    atomic_fetch_add_explicit(&f->nulls[index], own.nulls, memory_order_relaxed);
    return status;
}

/* Allocates all zone maps at once, so that each range can write its own. Errors: NO_MEMORY. */
static shmcol_status make_zones(shmcol_writer *w, shmcol_error *err)
{
    uint64_t count = fmt_zone_count(w->rows);
    for (uint32_t i = 0; i < w->n_columns; i++) {
        column *c = &w->columns[i];
        if (!c->zoned)
            continue;
        free(c->zones);
        c->zones = calloc((size_t)count + 1, sizeof *c->zones);
        if (c->zones == NULL)
            return shm_fail_memory(err);
        c->n_zones = c->zone_capacity = count;
    }
    return SHMCOL_OK;
}

/* Sets what is known of a column when all its ranges are finished. */
static void end_column(shmcol_writer *w, uint32_t index, const finishing *f)
{
    column *c = &w->columns[index];
    uint8_t *validity = writer_validity_at(f->values, index, 0);
    if (validity != NULL && w->rows % 8 != 0)
        validity[w->rows / 8] &= (uint8_t)((1u << (w->rows % 8)) - 1); /* F-35: spare bits */
    c->rows = w->rows;
    c->nulls = f->nulls[index];
    c->descends = f->descends[index];
    c->values.flushed = w->rows * c->width;
    c->validity.flushed = c->nulls > 0 || writer_is_part(w) ? (w->rows + 7) / 8 : 0;
}

static shmcol_status finish_all_values(shmcol_writer *w, const writer_in_place *values,
                                       shmcol_error *err)
{
    finishing f = {.values = values, .range_rows = RANGE_ROWS};
    while (f.range_rows < FMT_ROWS_LIMIT && w->rows / f.range_rows >= RANGES_MAX)
        f.range_rows *= 2;
    f.ranges = (uint32_t)((w->rows + f.range_rows - 1) / f.range_rows);
    f.nulls = calloc(w->n_columns + 1ull, sizeof *f.nulls);
    f.descends = calloc(w->n_columns + 1ull, sizeof *f.descends);
    shmcol_status status =
        f.nulls != NULL && f.descends != NULL ? make_zones(w, err) : shm_fail_memory(err);
    if (status == SHMCOL_OK)
        status = writer_each(w, w->n_columns * f.ranges, finish_row_range, &f,
                             w->rows * (w->n_columns + 1ull), err);
    for (uint32_t i = 0; i < w->n_columns && status == SHMCOL_OK; i++)
        end_column(w, i, &f);
    free(f.nulls);
    free(f.descends);
    return status;
}

shmcol_status writer_finish_in_place(shmcol_writer *w, const writer_in_place *values,
                                     sys_output **keep, shmcol_error *err)
{
    shmcol_status status = finish_all_values(w, values, err);
    if (keep != NULL)
        sink_keep(w->sink, keep);
    if (status == SHMCOL_OK)
        status = writer_finish(w, err);
    else
        sink_abort(w->sink);
    w->sink = NULL;
    return status;
}
