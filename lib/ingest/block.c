/* The second pass: workers take blocks of rows, turn them into lanes and the lanes into the sink.
 * Places of fixed-width values follow from the row; where a block's string bytes go is known when
 * all blocks before it have said how many they have: the turn. */
#include <stdlib.h>
#include <string.h>

#include "ingest/ingest.h"

#define SPILL_KEEPS 65536u

typedef struct ing_zone_part {
    ing_bounds bounds;
    uint32_t null_count, rows;
} ing_zone_part;

typedef struct worker {
    ing_job *job;
    ing_reader reader;
    ing_lane *lanes; /* one a column, inactive ones too */
    uint8_t *arena;  /* the lanes' values and validity */
    uint64_t block;
    size_t rows; /* of the block */
    size_t held; /* bytes of strings in the lanes */
} worker;

shmcol_status ing_open_stream(ing_job *job, sink_region *stream, shmcol_error *err)
{
    return job->output.sink == NULL ? SHMCOL_OK : sink_region_new(job->output.sink, stream, err);
}

shmcol_status ing_put(ing_job *job, sink_region stream, uint64_t pos, const void *data,
                      size_t length, shmcol_error *err)
{
    return job->output.sink == NULL || length == 0
               ? SHMCOL_OK
               : sink_write(job->output.sink, stream, pos, data, length, err);
}

static void stop_with(ing_job *job, int result, shmcol_error *err)
{
    if (result == ING_SUSPECT) {
        ing_stop_for_diagnosis(&job->control);
        return;
    }
    if (result == ING_NO_MEMORY)
        shm_fail_memory(err);
    if (result != ING_END)
        ing_stop_failed(&job->control, err);
}

int ing_spill(ing_job *job, ing_column *column, ing_lane *lane, const char *s, size_t n,
              uint64_t *place)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (!ing_take_turn(&job->control, lane->block))
        return ING_END;
    uint64_t at = column->result.next_byte + lane->bytes_flushed;
    if (ing_put(job, column->result.bytes, at, lane->bytes, lane->bytes_length, &err) ||
        ing_put(job, column->result.bytes, at + lane->bytes_length, s, n, &err)) {
        ing_stop_failed(&job->control, &err);
        return ING_END;
    }
    *place = at + lane->bytes_length;
    lane->bytes_flushed += lane->bytes_length + n;
    lane->bytes_length = 0;
    if (lane->bytes_capacity > SPILL_KEEPS) { /* another lane may need the memory more */
        free(lane->bytes);
        lane->bytes = NULL;
        lane->bytes_capacity = 0;
    }
    return ING_DONE;
}

/* ---- a worker's lanes ---- */

static size_t lane_values_size(const ing_job *job, const ing_column *column)
{
    return ((size_t)job->text.block_rows * column->target.width + 63) & ~(size_t)63;
}

static bool make_lanes(worker *w)
{
    ing_job *job = w->job;
    size_t size = 64, validity = (job->text.block_rows / 8u + 63u) & ~63u;
    for (uint32_t i = 0; i < job->schema.n_columns; i++)
        if (job->schema.columns[i].target.active)
            size += lane_values_size(job, &job->schema.columns[i]) + validity;
    w->lanes = calloc(job->schema.n_columns + 1u, sizeof *w->lanes);
    w->arena = aligned_alloc(64, size);
    if (w->lanes == NULL || w->arena == NULL)
        return false;
    uint8_t *at = w->arena;
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        if (!job->schema.columns[i].target.active)
            continue;
        w->lanes[i].values = at;
        at += lane_values_size(job, &job->schema.columns[i]);
        w->lanes[i].validity = at;
        at += validity;
    }
    return true;
}

static void free_lanes(worker *w)
{
    for (uint32_t i = 0; w->lanes != NULL && i < w->job->schema.n_columns; i++) {
        free(w->lanes[i].bytes);
        ing_bounds_free(&w->lanes[i].bounds);
    }
    free(w->lanes);
    free(w->arena);
}

static void reset_lane(ing_job *job, const ing_column *column, ing_lane *lane, uint64_t block)
{
    memset(lane->validity, 0xff, job->text.block_rows / 8u);
    lane->null_count = lane->bytes_flushed = lane->text_bytes = 0;
    lane->bytes_length = 0;
    ing_bounds_begin(&lane->bounds, job, column->result.bytes);
    lane->block = block;
    lane->misfit = false;
    lane->watch = column->target.watch;
    lane->seek_rows = column->target.seek_rows;
    ing_facts_init(&lane->facts);
}

/* ---- a block ---- */

static int convert_run(worker *w, const ing_run *run, size_t row)
{
    ing_job *job = w->job;
    for (uint32_t i = 0; i < job->schema.n_columns; i++) {
        ing_column *column = &job->schema.columns[i];
        if (!column->target.active)
            continue;
        ing_lane *lane = &w->lanes[i];
        lane->others = w->held - lane->bytes_length;
        int result = ing_convert(job, column, lane, run, row);
        w->held = lane->others + lane->bytes_length;
        if (result != ING_DONE)
            return result;
        if (lane->misfit)
            atomic_store_explicit(&column->result.misfit, true, memory_order_relaxed);
    }
    return ING_DONE;
}

static int read_block(worker *w, shmcol_error *err)
{
    ing_job *job = w->job;
    size_t row = 0;
    ing_run run;
    ing_reader_seek(&w->reader, job->text.starts[w->block], job->text.starts[w->block + 1],
                    w->block);
    for (;;) {
        int result = ing_reader_next(&w->reader, &run, err);
        if (result == ING_END)
            break;
        if (result != ING_DONE)
            return result;
        if (run.records > w->rows - row)
            return ING_SUSPECT;
        result = convert_run(w, &run, row);
        if (result != ING_DONE)
            return result;
        row += run.records;
        if (ing_stops(&job->control))
            return ING_END;
    }
    if (row == w->rows)
        return ING_DONE;
    return ing_stops(&job->control)
               ? ING_END
               : ING_SUSPECT; /* not what was counted: an error in the text, or the input changed */
}

static bool writes_values(const ing_column *column)
{
    return !atomic_load_explicit(&column->result.misfit, memory_order_relaxed);
}

static shmcol_status open_validity(ing_job *job, ing_column *column, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    ing_lock(&job->control);
    if (column->result.validity == SINK_NONE)
        status = ing_open_stream(job, &column->result.validity, err);
    ing_unlock(&job->control);
    return status;
}

/* Values whose place is known, and validity. */
static shmcol_status write_lane(worker *w, ing_column *column, ing_lane *lane, shmcol_error *err)
{
    ing_job *job = w->job;
    uint64_t row = w->block * job->text.block_rows;
    shmcol_status status = SHMCOL_OK;
    if (!writes_values(column))
        return SHMCOL_OK;
    if (column->target.kind != ING_STRING)
        status = ing_put(job, column->result.values, row * column->target.width, lane->values,
                         w->rows * column->target.width, err);
    if (status == SHMCOL_OK && lane->null_count != 0) {
        if (w->rows % 8 != 0)
            lane->validity[w->rows / 8] &= (uint8_t)((1u << (w->rows % 8)) - 1);
        status = open_validity(job, column, err);
        if (status == SHMCOL_OK)
            status = ing_put(job, column->result.validity, row / 8, lane->validity,
                             (w->rows + 7) / 8, err);
    }
    return status;
}

/* String bytes and offsets, once the block's first byte is known. */
static shmcol_status write_strings(worker *w, ing_column *column, ing_lane *lane, uint64_t base,
                                   shmcol_error *err)
{
    ing_job *job = w->job;
    int64_t *offsets = (int64_t *)(void *)lane->values;
    for (size_t i = 0; i < w->rows; i++)
        offsets[i] += (int64_t)base;
    shmcol_status status = ing_put(job, column->result.values, w->block * job->text.block_rows * 8,
                                   offsets, w->rows * 8, err);
    if (status == SHMCOL_OK && lane->bytes_length != 0)
        status = ing_put(job, column->result.bytes, base + lane->bytes_flushed, lane->bytes,
                         lane->bytes_length, err);
    return status;
}

/* Joins one block's part of a zone to what the zone has so far; the last part closes it. Under
 * the lock. */
static int join_zone(worker *w, ing_column *column, ing_lane *lane, const fmt_zone *part,
                     shmcol_error *err)
{
    ing_job *job = w->job;
    uint64_t zone = w->block * job->text.block_rows / FMT_ZONE_ROWS;
    fmt_zone *out = &column->result.zones[zone];
    if (column->target.kind != ING_STRING) {
        fmt_zone_merge(out, part, column->target.type.type);
        return ING_DONE;
    }
    ing_zone_part *open = &column->result.parts[zone];
    uint64_t zone_rows = job->text.rows - zone * FMT_ZONE_ROWS < FMT_ZONE_ROWS
                             ? job->text.rows - zone * FMT_ZONE_ROWS
                             : FMT_ZONE_ROWS;
    if (open->rows == 0)
        ing_bounds_begin(&open->bounds, job, column->result.bytes);
    int result = ing_bounds_join(&open->bounds, &lane->bounds, err);
    if (result != ING_DONE)
        return result;
    open->null_count += (uint32_t)lane->null_count;
    open->rows += (uint32_t)w->rows;
    if (open->rows == zone_rows) {
        fmt_string_bounds bounds = {(uint8_t *)open->bounds.text[0],
                                    (uint8_t *)open->bounds.text[1], open->bounds.length[0],
                                    open->bounds.length[1], open->bounds.any};
        fmt_zone_strings(out, &bounds, open->null_count);
        ing_bounds_free(&open->bounds);
    }
    return ING_DONE;
}

/* What the column keeps of the block. Under the lock, and where blocks join in order in the block's turn.
 */
static int join_lane(worker *w, ing_column *column, ing_lane *lane, const fmt_zone *part,
                     shmcol_error *err)
{
    ing_facts_join(&column->result.facts, &lane->facts);
    column->result.null_count += lane->null_count;
    column->result.text_bytes += lane->text_bytes;
    column->result.null_blocks[w->block] = lane->null_count != 0;
    column->result.next_byte += lane->bytes_flushed + lane->bytes_length;
    return column->target.kind == ING_DICTIONARY || !writes_values(column)
               ? ING_DONE
               : join_zone(w, column, lane, part, err);
}

/* Everything of a converted block goes to the sink and to the columns. */
static int finish_block(worker *w, shmcol_error *err)
{
    ing_job *job = w->job;
    int result = ING_DONE;
    fmt_zone *parts = calloc(job->schema.n_columns + 1u, sizeof *parts);
    if (parts == NULL)
        return ING_NO_MEMORY;
    for (uint32_t i = 0; result == ING_DONE && i < job->schema.n_columns; i++) {
        ing_column *column = &job->schema.columns[i];
        ing_lane *lane = &w->lanes[i];
        if (!column->target.active)
            continue;
        if (write_lane(w, column, lane, err))
            result = ING_FAILED;
        fmt_zone_init(&parts[i]);
        if (column->target.kind != ING_STRING && column->target.kind != ING_DICTIONARY)
            fmt_zone_values(&parts[i], column->target.type.type, column->target.width, lane->values,
                            w->rows, lane->null_count ? lane->validity : NULL);
    }
    uint64_t *bases =
        result == ING_DONE ? malloc((job->schema.n_columns + 1u) * sizeof *bases) : NULL;
    if (result == ING_DONE && bases == NULL)
        result = ING_NO_MEMORY;
    if (result == ING_DONE && !ing_join_begin(&job->control, w->block))
        result = ING_END;
    if (result == ING_DONE) {
        for (uint32_t i = 0; i < job->schema.n_columns && result == ING_DONE; i++) {
            if (!job->schema.columns[i].target.active)
                continue;
            bases[i] = job->schema.columns[i].result.next_byte;
            result = join_lane(w, &job->schema.columns[i], &w->lanes[i], &parts[i], err);
        }
        ing_join_end(&job->control, w->block);
    }
    for (uint32_t i = 0; result == ING_DONE && i < job->schema.n_columns; i++)
        if (job->schema.columns[i].target.active &&
            job->schema.columns[i].target.kind == ING_STRING &&
            write_strings(w, &job->schema.columns[i], &w->lanes[i], bases[i], err))
            result = ING_FAILED;
    free(bases);
    free(parts);
    return result;
}

static void pass_worker(void *arg, uint32_t thread)
{
    worker w = {.job = arg};
    ing_job *job = w.job;
    shmcol_error err = SHMCOL_ERROR_INIT;
    (void)thread;
    if (!ing_reader_init(&w.reader, job) || !make_lanes(&w))
        stop_with(job, ING_NO_MEMORY, &err);
    while (!ing_stops(&job->control)) {
        w.block = ing_claim(&job->control, 1);
        if (w.block >= job->text.n_blocks)
            break;
        uint64_t left = job->text.rows - w.block * job->text.block_rows;
        w.rows = left < job->text.block_rows ? (size_t)left : job->text.block_rows;
        for (uint32_t i = 0; i < job->schema.n_columns; i++)
            if (job->schema.columns[i].target.active)
                reset_lane(job, &job->schema.columns[i], &w.lanes[i], w.block);
        w.held = 0;
        int result = read_block(&w, &err);
        if (result == ING_DONE)
            result = finish_block(&w, &err);
        if (result != ING_DONE)
            stop_with(job, result, &err);
        ing_progress(&job->control, job->text.starts[w.block + 1] - job->text.starts[w.block]);
    }
    ing_reader_free(&w.reader);
    free_lanes(&w);
}

/* ---- the pass ---- */

static uint64_t count_zones(const ing_job *job)
{
    return (job->text.rows + FMT_ZONE_ROWS - 1) / FMT_ZONE_ROWS;
}

void ing_free_parts(const ing_job *job, ing_column *c)
{
    for (uint64_t i = 0; c->result.parts != NULL && i < count_zones(job); i++)
        ing_bounds_free(&c->result.parts[i].bounds); /* of zones that were not completed */
    free(c->result.parts);
    c->result.parts = NULL;
}

static shmcol_status open_column(ing_job *job, ing_column *c, shmcol_error *err)
{
    uint64_t zones = count_zones(job);
    atomic_store(&c->result.misfit, false);
    c->result.null_count = c->result.text_bytes = c->result.next_byte = 0;
    if (c->target.watch || (c->target.kind != ING_STRING && c->target.kind != ING_DICTIONARY))
        ing_facts_recount(&c->result.facts);
    c->result.facts.quoted_empty = 0;
    c->target.seek_rows = c->target.type.type == FMT_STRING && !c->asked.forced &&
                                  !c->target.watch && !c->target.placed
                              ? c->result.facts.text_row
                              : 0;
    if (c->result.null_blocks == NULL &&
        (c->result.null_blocks = calloc(job->text.n_blocks + 1, 1)) == NULL)
        return shm_fail_memory(err);
    if (c->result.zones == NULL &&
        (c->result.zones = calloc(zones + 1, sizeof *c->result.zones)) == NULL)
        return shm_fail_memory(err);
    for (uint64_t i = 0; i < zones; i++)
        fmt_zone_init(&c->result.zones[i]);
    if (c->target.kind == ING_STRING && c->result.parts == NULL &&
        (c->result.parts = calloc(zones + 1, sizeof *c->result.parts)) == NULL)
        return shm_fail_memory(err);
    shmcol_status status = SHMCOL_OK;
    if (c->result.values == SINK_NONE)
        status = ing_open_stream(job, &c->result.values, err);
    if (status == SHMCOL_OK && c->target.kind == ING_STRING && c->result.bytes == SINK_NONE)
        status = ing_open_stream(job, &c->result.bytes, err);
    return status;
}

/* The end of a string column's offsets, and ones for the blocks without nulls in a column that has
 * some elsewhere. */
static shmcol_status close_column(ing_job *job, ing_column *c, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    ing_free_parts(job, c);
    if (!writes_values(c))
        return SHMCOL_OK;
    if (c->target.kind == ING_STRING) {
        int64_t end = (int64_t)c->result.next_byte;
        status = ing_put(job, c->result.values, job->text.rows * 8, &end, 8, err);
    }
    if (c->result.null_count == 0)
        return status;
    uint8_t *ones = malloc(job->text.block_rows / 8u + 1u);
    if (ones == NULL)
        return shm_fail_memory(err);
    memset(ones, 0xff, job->text.block_rows / 8u + 1u);
    for (uint64_t b = 0; status == SHMCOL_OK && b < job->text.n_blocks; b++) {
        uint64_t row = b * job->text.block_rows, rows = job->text.rows - row < job->text.block_rows
                                                            ? job->text.rows - row
                                                            : job->text.block_rows;
        if (c->result.null_blocks[b])
            continue;
        if (rows % 8 != 0)
            ones[rows / 8] = (uint8_t)((1u << (rows % 8)) - 1); /* the last block */
        status = ing_put(job, c->result.validity, row / 8, ones, (size_t)(rows + 7) / 8, err);
    }
    free(ones);
    return status;
}

/* Strings need their place behind those of the blocks before, and zones of several blocks are
 * joined in one order. All else can be joined as it comes, and nobody waits for a worker that the
 * system has put aside. */
static bool needs_order(const ing_job *job)
{
    bool strings = false;
    for (uint32_t i = 0; i < job->schema.n_columns; i++)
        strings |= job->schema.columns[i].target.active &&
                   job->schema.columns[i].target.kind == ING_STRING;
    return strings || job->text.block_rows < FMT_ZONE_ROWS;
}

shmcol_status ing_pass(ing_job *job, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < job->schema.n_columns; i++)
        if (job->schema.columns[i].target.active)
            status = open_column(job, &job->schema.columns[i], err);
    if (status)
        return status;
    ing_claims_begin(&job->control);
    status = ing_turns_begin(&job->control, job->text.n_blocks, needs_order(job), err);
    if (status)
        return status;
    uint32_t threads = job->text.n_blocks < job->limits.threads ? (uint32_t)job->text.n_blocks
                                                                : job->limits.threads;
    if (threads != 0)
        sys_parallel(threads, pass_worker, job);
    ing_turns_end(&job->control);
    status = ing_stopped(&job->control, err);
    for (uint32_t i = 0;
         status == SHMCOL_OK && !job->control.needs_diagnosis && i < job->schema.n_columns; i++)
        if (job->schema.columns[i].target.active)
            status = close_column(job, &job->schema.columns[i], err);
    return status;
}
