/* The passes over the rows: each worker takes a block, converts it into column buffers, and writes
 * these to the sink. */
#include <stdlib.h>
#include <string.h>

#include "ingest/rows/rows.h"

#define FLUSHED_KEEPS 65536u

/* The arguments of a pass, shared by its workers. */
typedef struct pass {
    const ing_text *text;
    ing_schema *schema;
    const ing_output *output;
    const ing_limits *limits;
    ing_control *control;
    const parse_batch *fast;
} pass;

typedef struct worker {
    const pass *pass;
    ing_reader reader;
    ing_column_buffers buffers;
    ing_converter converter;
    size_t held; /* bytes of streams in all buffers */
} worker;

static void stop_with(ing_control *control, ing_result result, shmcol_error *err)
{
    switch (result) {
    case ING_DONE:
    case ING_END: break;
    case ING_NEEDS_DIAGNOSIS: ing_stop_for_diagnosis(control); break;
    case ING_NO_MEMORY:
        shm_fail_memory(err);
        ing_stop_failed(control, err);
        break;
    case ING_FAILED: ing_stop_failed(control, err); break;
    }
}

static ing_result flush_stream(void *arg, ing_column *column, ing_column_buffer *buffer,
                               uint32_t stream, const char *s, size_t n, uint64_t *pos,
                               shmcol_error *err)
{
    const pass *p = arg;
    if (!ing_take_turn(p->control, buffer->block))
        return ING_END;
    ing_stream *held = &buffer->streams[stream];
    const uint64_t at = column->result.next[stream] + held->flushed;
    const sink_region region = column->result.streams[stream];
    if (stream == 0 && ing_streams(&column->target) == 2) /* offsets of bytes of the other stream */
        ing_shift_offsets(held->bytes, held->length / 8, column->result.next[1]);
    if (ing_put(p->output, region, at, held->bytes, held->length, err) != SHMCOL_OK ||
        ing_put(p->output, region, at + held->length, s, n, err) != SHMCOL_OK)
        return ING_FAILED;
    *pos = at + held->length;
    held->flushed += held->length + n;
    held->length = 0;
    if (held->capacity > FLUSHED_KEEPS) { /* another buffer may need the memory more */
        free(held->bytes);
        held->bytes = NULL;
        held->capacity = 0;
    }
    return ING_DONE;
}

/* ---- a block ---- */

static size_t bytes_held(const ing_column_buffer *buffer)
{
    return buffer->streams[0].length + buffer->streams[1].length;
}

static ing_result convert_batch(worker *w, const ing_record_batch *batch, size_t row)
{
    ing_schema *schema = w->pass->schema;
    const int64_t limit = (int64_t)w->pass->limits->strings;
    for (uint32_t i = 0; i < schema->n_columns; i++) {
        ing_column *column = &schema->columns[i];
        if (!column->target.active)
            continue;
        ing_column_buffer *buffer = &w->buffers.list[i];
        const size_t others = w->held - bytes_held(buffer);
        buffer->room = limit - (int64_t)others;
        ing_result result = ing_convert(&w->converter, column, buffer, batch, row);
        w->held = others + bytes_held(buffer);
        if (result != ING_DONE)
            return result;
        if (buffer->did_not_fit)
            atomic_store_explicit(&column->result.did_not_fit, true, memory_order_relaxed);
    }
    return ING_DONE;
}

/* Reads the block that the buffers are for. If it does not have the rows that were counted, its
 * text has an error or the input was changed: NEEDS_DIAGNOSIS. */
static ing_result read_block(worker *w, shmcol_error *err)
{
    const ing_text *text = w->pass->text;
    const uint64_t block = w->buffers.block;
    size_t row = 0;
    ing_record_batch batch;
    w->held = 0;
    ing_reader_seek(&w->reader, text->starts[block], text->starts[block + 1], block);
    for (;;) {
        ing_result result = ing_reader_next(&w->reader, &batch, err);
        if (result == ING_END)
            break;
        if (result != ING_DONE)
            return result;
        if (batch.records > w->buffers.rows - row)
            return ING_NEEDS_DIAGNOSIS;
        result = convert_batch(w, &batch, row);
        if (result != ING_DONE)
            return result;
        row += batch.records;
        if (ing_stops(w->pass->control))
            return ING_END;
    }
    if (row == w->buffers.rows)
        return ING_DONE;
    return ing_stops(w->pass->control) ? ING_END : ING_NEEDS_DIAGNOSIS;
}

static void pass_worker(void *arg, uint32_t thread)
{
    const pass *p = arg;
    const ing_text *text = p->text;
    ing_control *control = p->control;
    shmcol_error err = SHMCOL_ERROR_INIT;
    worker w = {.pass = p,
                .converter = {text, &p->schema->forms, p->fast, flush_stream, arg, &err}};
    (void)thread;
    if (!ing_reader_init(&w.reader, text, p->limits, control) ||
        !ing_buffers_init(&w.buffers, text, p->schema, p->output, control))
        stop_with(control, ING_NO_MEMORY, &err);
    while (!ing_stops(control)) {
        const uint64_t block = ing_claim(control, 1);
        if (block >= text->n_blocks)
            break;
        const uint64_t left = text->rows - block * text->block_rows;
        ing_buffers_begin(&w.buffers, block,
                          left < text->block_rows ? (size_t)left : text->block_rows);
        ing_result result = read_block(&w, &err);
        if (result == ING_DONE)
            result = ing_buffers_finish(&w.buffers, &err);
        stop_with(control, result, &err);
        ing_progress(control, text->starts[block + 1] - text->starts[block]);
    }
    ing_lock(control);
    control->n_short += w.reader.n_short;
    control->n_extra += w.reader.n_extra;
    ing_unlock(control);
    ing_reader_free(&w.reader);
    ing_buffers_free(&w.buffers);
}

/* ---- the pass ---- */

static shmcol_status open_column(const pass *p, ing_column *c, shmcol_error *err)
{
    const uint64_t zones = (p->text->rows + FMT_ZONE_ROWS - 1) / FMT_ZONE_ROWS;
    const ing_kind kind = c->target.kind;
    ing_outcome *r = &c->result;
    atomic_store(&r->did_not_fit, false);
    atomic_store(&r->descends, false);
    r->null_count = r->text_bytes = r->next[0] = r->next[1] = 0;
    if (c->target.classify_all || (kind != ING_STRING && kind != ING_DICTIONARY))
        ing_facts_recount(&r->facts);
    r->facts.quoted_empty = r->facts.misfits = 0;
    c->target.seek_rows = c->target.type.type == FMT_STRING && !c->asked.forced &&
                                  !c->target.classify_all && !c->target.first_text_known
                              ? r->facts.first_text_row
                              : 0;
    if (r->null_blocks == NULL && (r->null_blocks = calloc(p->text->n_blocks + 1, 1)) == NULL)
        return shm_fail_memory(err);
    if (r->zones == NULL && (r->zones = calloc(zones + 1, sizeof *r->zones)) == NULL)
        return shm_fail_memory(err);
    for (uint64_t i = 0; i < zones; i++)
        fmt_zone_init(&r->zones[i]);
    if (kind == ING_STRING && r->open_zones == NULL &&
        (r->open_zones = calloc(zones + 1, sizeof *r->open_zones)) == NULL)
        return shm_fail_memory(err);
    shmcol_status status = SHMCOL_OK;
    if (r->values == SINK_NONE)
        status = ing_open_region(p->output, &r->values, err);
    for (uint32_t i = 0; status == SHMCOL_OK && i < ing_streams(&c->target); i++)
        if (r->streams[i] == SINK_NONE)
            status = ing_open_region(p->output, &r->streams[i], err);
    return status;
}

/* Writes ones for the blocks without nulls, in a column that has nulls in other blocks. */
static shmcol_status fill_validity(const pass *p, const ing_column *c, shmcol_error *err)
{
    const ing_text *text = p->text;
    const size_t size = text->block_rows / 8u + 1u;
    shmcol_status status = SHMCOL_OK;
    uint8_t *ones = malloc(size);
    if (ones == NULL)
        return shm_fail_memory(err);
    memset(ones, 0xff, size);
    for (uint64_t b = 0; status == SHMCOL_OK && b < text->n_blocks; b++) {
        const uint64_t row = b * text->block_rows, left = text->rows - row,
                       rows = left < text->block_rows ? left : text->block_rows;
        if (c->result.null_blocks[b])
            continue;
        if (rows % 8 != 0)
            ones[rows / 8] = (uint8_t)((1u << (rows % 8)) - 1); /* the last block */
        status = ing_put(p->output, c->result.validity, row / 8, ones, (size_t)(rows + 7) / 8, err);
    }
    free(ones);
    return status;
}

static shmcol_status put_last_offsets(const pass *p, const ing_column *c, shmcol_error *err)
{
    const int64_t last = (int64_t)(c->result.next[0] / ing_offset_unit(&c->target)),
                  last_byte = (int64_t)c->result.next[1];
    shmcol_status status = ing_put(p->output, c->result.values, p->text->rows * 8, &last, 8, err);
    if (status != SHMCOL_OK || ing_streams(&c->target) < 2)
        return status;
    return ing_put(p->output, c->result.streams[0], c->result.next[0], &last_byte, 8, err);
}

/* Writes the last offsets of a column that has them, and the validity of blocks without nulls. */
static shmcol_status close_column(const pass *p, ing_column *c, shmcol_error *err)
{
    ing_free_open_zones(c, p->text->rows);
    if (atomic_load(&c->result.did_not_fit))
        return SHMCOL_OK;
    if (ing_streams(&c->target) != 0) {
        shmcol_status status = put_last_offsets(p, c, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return c->result.null_count != 0 ? fill_validity(p, c, err) : SHMCOL_OK;
}

/* Returns true if blocks have to join in order: streams follow those of the blocks before, and
 * zones of several blocks are joined in one order. Otherwise blocks join as they come, and no
 * worker waits for one that the system does not run. */
static bool needs_order(const pass *p)
{
    bool streams = false;
    for (uint32_t i = 0; i < p->schema->n_columns; i++)
        streams |=
            p->schema->columns[i].target.active && ing_streams(&p->schema->columns[i].target) != 0;
    return streams || p->text->block_rows < FMT_ZONE_ROWS;
}

shmcol_status ing_read_rows(const ing_text *text, ing_schema *schema, const ing_output *output,
                            const ing_limits *limits, ing_control *control, shmcol_error *err)
{
    pass p = {text, schema, output, limits, control, parse_batch_of(text->isa->name)};
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < schema->n_columns; i++)
        if (schema->columns[i].target.active)
            status = open_column(&p, &schema->columns[i], err);
    if (status != SHMCOL_OK)
        return status;
    control->n_short = control->n_extra = 0;
    ing_claims_begin(control);
    status = ing_turns_begin(control, text->n_blocks, needs_order(&p), err);
    if (status != SHMCOL_OK)
        return status;
    const uint32_t threads =
        text->n_blocks < limits->threads ? (uint32_t)text->n_blocks : limits->threads;
    if (threads != 0)
        sys_parallel(threads, pass_worker, &p);
    ing_turns_end(control);
    status = ing_stopped(control, err);
    for (uint32_t i = 0; status == SHMCOL_OK && !control->needs_diagnosis && i < schema->n_columns;
         i++)
        if (schema->columns[i].target.active)
            status = close_column(&p, &schema->columns[i], err);
    return status;
}
