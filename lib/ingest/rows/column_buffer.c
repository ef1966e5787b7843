/* The column buffers of one worker: they gather the values of its block, which then go to the sink
 * and to the columns' results. The position of fixed-width values follows from the row. The
 * position of a block's part of a stream is known when all blocks before it have joined: its turn.
 */
#include <stdlib.h>
#include <string.h>

#include "ingest/rows/rows.h"

/* ---- memory ---- */

bool ing_stream_grow(ing_stream *stream, size_t n)
{
    size_t capacity = stream->capacity ? stream->capacity * 2
                                       : 2 * ING_SHORT_COPY; /* there may be 100,000 buffers */
    while (capacity - stream->length < n + ING_SHORT_COPY)
        capacity *= 2;
    char *bytes = realloc(stream->bytes, capacity);
    if (bytes == NULL)
        return false;
    stream->bytes = bytes;
    stream->capacity = capacity;
    return true;
}

static size_t values_size(const ing_text *text, const ing_column *column)
{
    return ((size_t)text->block_rows * column->target.width + 63) & ~(size_t)63;
}

bool ing_buffers_init(ing_column_buffers *buffers, const ing_text *text, ing_schema *schema,
                      const ing_output *output, ing_control *control)
{
    const size_t validity = (text->block_rows / 8u + 63u) & ~63u;
    size_t size = 64;
    for (uint32_t i = 0; i < schema->n_columns; i++)
        if (schema->columns[i].target.active)
            size += values_size(text, &schema->columns[i]) + validity;
    *buffers = (ing_column_buffers){.text = text,
                                    .schema = schema,
                                    .output = output,
                                    .control = control,
                                    .list = calloc(schema->n_columns + 1u, sizeof *buffers->list),
                                    .arena = aligned_alloc(64, size)};
    if (buffers->list == NULL || buffers->arena == NULL)
        return false;
    uint8_t *at = buffers->arena;
    for (uint32_t i = 0; i < schema->n_columns; i++) {
        if (!schema->columns[i].target.active)
            continue;
        buffers->list[i].values = at;
        at += values_size(text, &schema->columns[i]);
        buffers->list[i].validity = at;
        at += validity;
    }
    return true;
}

void ing_buffers_free(ing_column_buffers *buffers)
{
    for (uint32_t i = 0; buffers->list != NULL && i < buffers->schema->n_columns; i++) {
        for (uint32_t s = 0; s < ING_STREAMS; s++)
            free(buffers->list[i].streams[s].bytes);
        ing_bounds_free(&buffers->list[i].bounds);
    }
    free(buffers->list);
    free(buffers->arena);
}

void ing_buffers_begin(ing_column_buffers *buffers, uint64_t block, size_t rows)
{
    const uint32_t block_rows = buffers->text->block_rows;
    buffers->block = block;
    buffers->rows = rows;
    for (uint32_t i = 0; i < buffers->schema->n_columns; i++) {
        const ing_column *column = &buffers->schema->columns[i];
        ing_column_buffer *buffer = &buffers->list[i];
        if (!column->target.active)
            continue;
        memset(buffer->validity, 0xff, block_rows / 8u);
        buffer->null_count = buffer->text_bytes = 0;
        for (uint32_t s = 0; s < ING_STREAMS; s++)
            buffer->streams[s].length = buffer->streams[s].flushed = 0;
        ing_bounds_begin(&buffer->bounds, buffers->output->sink, column->result.streams[0]);
        buffer->block = block;
        buffer->first_row = block * block_rows;
        buffer->did_not_fit = false;
        buffer->classify_all = column->target.classify_all;
        buffer->seek_rows = column->target.seek_rows;
        ing_facts_init(&buffer->facts);
        ing_facts_init(&buffer->form_facts);
    }
}

/* ---- to the sink ---- */

/* Returns true if the passes make the column's zones. Lists have none, those of dictionaries are
 * made later. */
static bool has_zones(const ing_column *column)
{
    return column->target.kind != ING_LIST && column->target.kind != ING_DICTIONARY;
}

static bool writes_values(const ing_column *column)
{
    return !atomic_load_explicit(&column->result.did_not_fit, memory_order_relaxed);
}

static shmcol_status open_validity(const ing_column_buffers *buffers, ing_column *column,
                                   shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    ing_lock(buffers->control);
    if (column->result.validity == SINK_NONE)
        status = ing_open_region(buffers->output, &column->result.validity, err);
    ing_unlock(buffers->control);
    return status;
}

/* Writes validity, and the values whose position is known: all but offsets. */
static shmcol_status write_buffer(const ing_column_buffers *buffers, ing_column *column,
                                  ing_column_buffer *buffer, shmcol_error *err)
{
    const uint64_t row = buffer->first_row;
    const size_t rows = buffers->rows;
    shmcol_status status = SHMCOL_OK;
    if (!writes_values(column))
        return SHMCOL_OK;
    if (ing_streams(&column->target) == 0)
        status = ing_put(buffers->output, column->result.values, row * column->target.width,
                         buffer->values, rows * column->target.width, err);
    if (status != SHMCOL_OK || buffer->null_count == 0)
        return status;
    if (rows % 8 != 0)
        buffer->validity[rows / 8] &= (uint8_t)((1u << (rows % 8)) - 1);
    status = open_validity(buffers, column, err);
    if (status != SHMCOL_OK)
        return status;
    return ing_put(buffers->output, column->result.validity, row / 8, buffer->validity,
                   (rows + 7) / 8, err);
}

void ing_shift_offsets(void *offsets, size_t n, uint64_t base)
{
    int64_t *at = offsets;
    for (size_t i = 0; i < n; i++)
        at[i] += (int64_t)base;
}

/* Writes offsets and streams; bases[] are the positions of the block's first byte in each stream.
 */
static shmcol_status write_streams(const ing_column_buffers *buffers, ing_column *column,
                                   ing_column_buffer *buffer, const uint64_t *bases,
                                   shmcol_error *err)
{
    const uint32_t n = ing_streams(&column->target);
    ing_shift_offsets(buffer->values, buffers->rows, bases[0] / ing_offset_unit(&column->target));
    if (n == 2)
        ing_shift_offsets(buffer->streams[0].bytes, buffer->streams[0].length / 8, bases[1]);
    shmcol_status status = ing_put(buffers->output, column->result.values, buffer->first_row * 8,
                                   buffer->values, buffers->rows * 8, err);
    for (uint32_t i = 0; status == SHMCOL_OK && i < n; i++) {
        const ing_stream *stream = &buffer->streams[i];
        status = ing_put(buffers->output, column->result.streams[i], bases[i] + stream->flushed,
                         stream->bytes, stream->length, err);
    }
    return status;
}

/* ---- to the columns' results ---- */

static void set_descends(ing_column *column)
{
    atomic_store_explicit(&column->result.descends, true, memory_order_relaxed);
}

static bool descends(const ing_column *column)
{
    return atomic_load_explicit(&column->result.descends, memory_order_relaxed);
}

/* Begins a zone of strings with a buffer: as long as the column ascends, the last string before it
 * is the largest of the zone before, whose bounds are freed. Under the lock. */
static ing_result follow_zone(ing_column *column, const ing_column_buffer *buffer, uint64_t zone,
                              shmcol_error *err)
{
    ing_result result = ING_DONE;
    bool less = false;
    if (zone == 0)
        return ING_DONE;
    ing_bounds *before = &column->result.open_zones[zone - 1].bounds;
    if (before->any && buffer->bounds.any && !descends(column))
        result = ing_bounds_compare(before, &buffer->bounds, &less, err);
    if (less)
        set_descends(column);
    ing_bounds_free(before);
    return result;
}

/* Joins a block's bounds to those of its zone; the last block of the zone closes it. Under the
 * lock. */
static ing_result join_zone(const ing_column_buffers *buffers, ing_column *column,
                            ing_column_buffer *buffer, const fmt_zone *block_zone,
                            shmcol_error *err)
{
    const uint64_t zone = buffer->first_row / FMT_ZONE_ROWS,
                   left = buffers->text->rows - zone * FMT_ZONE_ROWS,
                   zone_rows = left < FMT_ZONE_ROWS ? left : FMT_ZONE_ROWS;
    fmt_zone *out = &column->result.zones[zone];
    if (column->target.kind != ING_STRING) {
        fmt_zone_merge(out, block_zone, column->target.type.type);
        return ING_DONE;
    }
    struct ing_open_zone *open = &column->result.open_zones[zone];
    ing_result result = ING_DONE;
    if (open->rows == 0) {
        ing_bounds_begin(&open->bounds, buffers->output->sink, column->result.streams[0]);
        result = follow_zone(column, buffer, zone, err);
    }
    if (result == ING_DONE)
        result = ing_bounds_join(&open->bounds, &buffer->bounds, err);
    if (result != ING_DONE)
        return result;
    if (open->bounds.descends || buffer->null_count > 0)
        set_descends(column);
    open->null_count += (uint32_t)buffer->null_count;
    open->rows += (uint32_t)buffers->rows;
    if (open->rows == zone_rows) {
        fmt_string_bounds bounds = {(uint8_t *)open->bounds.text[0],
                                    (uint8_t *)open->bounds.text[1],
                                    open->bounds.length[0],
                                    open->bounds.length[1],
                                    open->bounds.any,
                                    open->bounds.descends};
        fmt_zone_strings(out, &bounds, open->null_count); /* the next zone frees the bounds */
    }
    return ING_DONE;
}

/* Joins a buffer to its column's result. Under the lock; in the block's turn, if blocks join in
 * order. */
static ing_result join_buffer(const ing_column_buffers *buffers, ing_column *column,
                              ing_column_buffer *buffer, const fmt_zone *block_zone,
                              shmcol_error *err)
{
    ing_facts_join(&column->result.facts, &buffer->facts);
    ing_facts_join(&column->result.form_facts, &buffer->form_facts);
    column->result.null_count += buffer->null_count;
    column->result.text_bytes += buffer->text_bytes;
    column->result.null_blocks[buffers->block] = buffer->null_count != 0;
    for (uint32_t i = 0; i < ING_STREAMS; i++)
        column->result.next[i] += ing_stream_end(&buffer->streams[i]);
    return has_zones(column) && writes_values(column)
               ? join_zone(buffers, column, buffer, block_zone, err)
               : ING_DONE;
}

/* Writes all but streams and their offsets, and makes each column's zone of the block's rows. */
static ing_result write_values(const ing_column_buffers *buffers, fmt_zone *block_zones,
                               shmcol_error *err)
{
    for (uint32_t i = 0; i < buffers->schema->n_columns; i++) {
        ing_column *column = &buffers->schema->columns[i];
        ing_column_buffer *buffer = &buffers->list[i];
        if (!column->target.active)
            continue;
        if (write_buffer(buffers, column, buffer, err) != SHMCOL_OK)
            return ING_FAILED;
        fmt_zone_init(&block_zones[i]);
        if (!has_zones(column) || column->target.kind == ING_STRING)
            continue;
        block_zones[i].descends = descends(column);
        fmt_zone_values(&block_zones[i], column->target.type.type, column->target.width,
                        buffer->values, buffers->rows,
                        buffer->null_count ? buffer->validity : NULL);
        if (block_zones[i].descends)
            set_descends(column);
    }
    return ING_DONE;
}

/* Joins all buffers. bases[] get the positions of each column's streams at which those
 * of this block begin. */
static ing_result join_buffers(const ing_column_buffers *buffers, const fmt_zone *block_zones,
                               uint64_t *bases, shmcol_error *err)
{
    ing_result result = ING_DONE;
    if (!ing_join_begin(buffers->control, buffers->block))
        return ING_END;
    for (uint32_t i = 0; i < buffers->schema->n_columns && result == ING_DONE; i++) {
        ing_column *column = &buffers->schema->columns[i];
        if (!column->target.active)
            continue;
        memcpy(bases + (size_t)i * ING_STREAMS, column->result.next, sizeof column->result.next);
        result = join_buffer(buffers, column, &buffers->list[i], &block_zones[i], err);
    }
    ing_join_end(buffers->control, buffers->block);
    return result;
}

static ing_result write_all_streams(const ing_column_buffers *buffers, const uint64_t *bases,
                                    shmcol_error *err)
{
    for (uint32_t i = 0; i < buffers->schema->n_columns; i++) {
        ing_column *column = &buffers->schema->columns[i];
        if (column->target.active && ing_streams(&column->target) != 0 &&
            write_streams(buffers, column, &buffers->list[i], bases + (size_t)i * ING_STREAMS,
                          err) != SHMCOL_OK)
            return ING_FAILED;
    }
    return ING_DONE;
}

ing_result ing_buffers_finish(ing_column_buffers *buffers, shmcol_error *err)
{
    const size_t n = buffers->schema->n_columns + (size_t)1;
    ing_result result = ING_NO_MEMORY;
    fmt_zone *block_zones = calloc(n, sizeof *block_zones);
    uint64_t *bases = malloc(n * ING_STREAMS * sizeof *bases);
    if (block_zones == NULL || bases == NULL)
        goto done;
    result = write_values(buffers, block_zones, err);
    if (result != ING_DONE)
        goto done;
    result = join_buffers(buffers, block_zones, bases, err);
    if (result != ING_DONE)
        goto done;
    result = write_all_streams(buffers, bases, err);
done:
    free(bases);
    free(block_zones);
    return result;
}

/* ---- what results have ---- */

void ing_free_open_zones(ing_column *column, uint64_t rows)
{
    const uint64_t zones = (rows + FMT_ZONE_ROWS - 1) / FMT_ZONE_ROWS;
    for (uint64_t i = 0; column->result.open_zones != NULL && i < zones; i++)
        ing_bounds_free(&column->result.open_zones[i].bounds);
    free(column->result.open_zones);
    column->result.open_zones = NULL;
}

void ing_free_results(ing_schema *schema, uint64_t rows)
{
    for (uint32_t i = 0; schema->columns != NULL && i < schema->n_columns; i++) {
        ing_column *c = &schema->columns[i];
        free(c->result.null_blocks);
        free(c->result.zones);
        ing_free_open_zones(c, rows);
        ing_distinct_free(c->target.set);
        free(c->target.estimate);
    }
}
