/* Finishes dictionary columns: codes become final, ranks in the sorted dictionary (C-61). */
#include <stdlib.h>
#include <string.h>

#include "base/crew.h"
#include "ingest/rows/rows.h"

typedef struct finishing {
    const ing_text *text;
    ing_schema *schema;
    const ing_output *output;
    const ing_limits *limits;
} finishing;

typedef struct recoder {
    const finishing *all;
    ing_column *column;
    const uint32_t *rank; /* of a provisional code */
    uint32_t width;
} recoder;

static void recode(const recoder *k, const void *provisional, const uint8_t *validity, size_t rows,
                   void *out)
{
    /* Copies, since what is written may be bytes: the compiler would read the originals again. */
    const uint32_t from = k->column->target.width, width = k->width, *rank_of = k->rank;
    for (size_t i = 0; i < rows; i++) {
        const uint32_t code =
            from == 2 ? ((const uint16_t *)provisional)[i] : ((const uint32_t *)provisional)[i];
        const bool valid = validity == NULL || (validity[i >> 3] >> (i & 7) & 1);
        const uint32_t rank = valid ? rank_of[code] : 0; /* the code of a null is 0 (F-24) */
        if (width == 1)
            ((int8_t *)out)[i] = (int8_t)rank;
        else if (width == 2)
            ((int16_t *)out)[i] = (int16_t)rank;
        else
            ((int32_t *)out)[i] = (int32_t)rank;
    }
}

/* Returns true if a column has one zone: then threads take columns, otherwise zones. */
static bool is_short(const ing_text *text)
{
    return text->rows <= FMT_ZONE_ROWS;
}

static bool zone_has_nulls(const ing_text *text, const ing_column *c, uint64_t zone)
{
    uint64_t per_zone = FMT_ZONE_ROWS / text->block_rows;
    for (uint64_t b = zone * per_zone; b < (zone + 1) * per_zone && b < text->n_blocks; b++)
        if (c->result.null_blocks[b])
            return true;
    return false;
}

/* The buffers of a thread, each for one zone. */
typedef struct zone_buffers {
    uint8_t *in, *out, *validity;
} zone_buffers;

static shmcol_status begin_recoding(void *arg, uint32_t thread, void **worker, shmcol_error *err)
{
    const recoder *k = arg;
    const uint64_t rows = k->all->text->rows;
    const size_t most = rows < FMT_ZONE_ROWS ? (size_t)rows + 1 : FMT_ZONE_ROWS;
    zone_buffers *b = calloc(1, sizeof *b);
    (void)thread;
    *worker = b;
    if (b == NULL)
        return shm_fail_memory(err);
    b->in = malloc(most * 4);
    b->out = malloc(most * 4);
    b->validity = malloc(most / 8 + 1);
    return b->in == NULL || b->out == NULL || b->validity == NULL ? shm_fail_memory(err)
                                                                  : SHMCOL_OK;
}

static void end_recoding(void *arg, void *worker)
{
    zone_buffers *b = worker;
    (void)arg;
    if (b == NULL)
        return;
    free(b->in);
    free(b->out);
    free(b->validity);
    free(b);
}

/* Replaces the provisional codes of a zone by final ones. Returns IO. */
static shmcol_status recode_zone(void *arg, void *worker, uint64_t zone, uint64_t *done,
                                 shmcol_error *err)
{
    const recoder *k = arg;
    const zone_buffers *b = worker;
    const ing_text *text = k->all->text;
    sink *to = k->all->output->sink;
    ing_column *c = k->column;
    const uint64_t row = zone * FMT_ZONE_ROWS, left = text->rows - row;
    const size_t rows = left < FMT_ZONE_ROWS ? (size_t)left : FMT_ZONE_ROWS;
    const uint8_t *validity = zone_has_nulls(text, c, zone) ? b->validity : NULL;
    (void)done;
    shmcol_status status =
        sink_read(to, c->result.values, row * c->target.width, b->in, rows * c->target.width, err);
    if (status != SHMCOL_OK)
        return status;
    if (validity != NULL)
        status = sink_read(to, c->result.validity, row / 8, b->validity, (rows + 7) / 8, err);
    if (status != SHMCOL_OK)
        return status;
    recode(k, b->in, validity, rows, b->out);
    fmt_zone *entry = &c->result.zones[zone];
    fmt_zone_init(entry);
    entry->descends = atomic_load_explicit(&c->result.descends, memory_order_relaxed);
    fmt_zone_values(entry, FMT_DICTIONARY, k->width, b->out, rows, validity);
    if (entry->descends)
        atomic_store_explicit(&c->result.descends, true, memory_order_relaxed);
    return sink_write(to, c->result.codes, row * k->width, b->out, rows * k->width, err);
}

static shmcol_status write_dictionary(sink *to, const ing_key *const *keys, uint64_t n,
                                      sink_dictionary *d, shmcol_error *err)
{
    uint64_t bytes = 0;
    int64_t *offsets = malloc((n + 1) * sizeof *offsets);
    if (offsets == NULL)
        return shm_fail_memory(err);
    offsets[0] = 0;
    for (uint64_t i = 0; i < n; i++)
        offsets[i + 1] = (int64_t)(bytes += keys[i]->length);
    d->length = n;
    d->sorted = true;
    d->offsets_length = (n + 1) * 8;
    d->bytes_length = bytes;
    shmcol_status status;
    char *text = malloc(bytes + 1);
    if (text == NULL) {
        status = shm_fail_memory(err);
        goto done;
    }
    for (uint64_t i = 0; i < n; i++)
        memcpy(text + offsets[i], keys[i]->text, keys[i]->length);
    status = sink_region_new(to, &d->offsets, err);
    if (status != SHMCOL_OK)
        goto done;
    status = sink_region_new(to, &d->bytes, err);
    if (status != SHMCOL_OK)
        goto done;
    status = sink_write(to, d->offsets, 0, offsets, (n + 1) * 8, err);
    if (status != SHMCOL_OK || bytes == 0)
        goto done;
    status = sink_write(to, d->bytes, 0, text, bytes, err);
done:
    free(offsets);
    free(text);
    return status;
}

static shmcol_status finish_dictionary(const finishing *s, ing_column *c, shmcol_error *err)
{
    sink *to = s->output->sink;
    uint64_t n = ing_distinct_count(c->target.set);
    const ing_key *const *keys = ing_distinct_sort(c->target.set);
    uint32_t *rank = calloc(n + 1, sizeof *rank);
    recoder k = {s, c, rank, ing_codes_width(c, n)};
    shmcol_status status = SHMCOL_OK;
    if (rank == NULL) {
        status = shm_fail_memory(err);
        goto done;
    }
    for (uint64_t i = 0; i < n; i++)
        rank[keys[i]->code] = (uint32_t)i;
    if (c->result.codes_width != k.width) {
        if (c->result.codes != SINK_NONE)
            sink_drop(to, c->result.codes);
        c->result.codes_width = k.width;
        status = sink_region_new(to, &c->result.codes, err);
        if (status != SHMCOL_OK)
            goto done;
    }
    const base_crew crew = {.threads = is_short(s->text) ? 1 : s->limits->threads,
                            .tasks = (s->text->rows + FMT_ZONE_ROWS - 1) / FMT_ZONE_ROWS,
                            .arg = &k,
                            .task = recode_zone,
                            .begin = begin_recoding,
                            .end = end_recoding};
    status = base_crew_run(&crew, err);
    if (status != SHMCOL_OK)
        goto done;
    status = write_dictionary(to, keys, n, &c->result.made, err);
done:
    free(rank);
    sink_drop(to, c->result.values);
    c->result.values = SINK_NONE;
    return status;
}

/* Finishes column `index`, if it is a dictionary that is done, and frees its set. */
static shmcol_status finish_column(void *arg, void *worker, uint64_t index, uint64_t *done,
                                   shmcol_error *err)
{
    const finishing *s = arg;
    ing_column *c = &s->schema->columns[index];
    shmcol_status status = SHMCOL_OK;
    (void)worker;
    (void)done;
    if (c->target.kind != ING_DICTIONARY || c->target.needs_pass || c->target.set == NULL)
        return SHMCOL_OK;
    if (s->output->sink != NULL)
        status = finish_dictionary(s, c, err);
    ing_distinct_free(c->target.set);
    c->target.set = NULL;
    return status;
}

shmcol_status ing_finish_dictionaries(const ing_text *text, ing_schema *schema,
                                      const ing_output *output, const ing_limits *limits,
                                      shmcol_error *err)
{
    finishing s = {text, schema, output, limits};
    const base_crew crew = {.threads = is_short(text) ? limits->threads : 1,
                            .tasks = schema->n_columns,
                            .arg = &s,
                            .task = finish_column};
    return base_crew_run(&crew, err);
}
