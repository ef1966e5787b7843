/* Finishes dictionary columns: codes become final, ranks in the sorted dictionary (C-61). */
#include <stdlib.h>
#include <string.h>

#include "ingest/rows/rows.h"

typedef struct finishing {
    const ing_text *text;
    ing_schema *schema;
    const ing_output *output;
    const ing_limits *limits;
    ing_control *control;
} finishing;

typedef struct recoder {
    const finishing *all;
    ing_column *column;
    const uint32_t *rank; /* of a provisional code */
    uint32_t width;
    _Atomic uint64_t next; /* next zone */
} recoder;

static void recode(const recoder *k, const void *provisional, const uint8_t *validity, size_t rows,
                   void *out)
{
    for (size_t i = 0; i < rows; i++) {
        uint32_t code = k->column->target.width == 2 ? ((const uint16_t *)provisional)[i]
                                                     : ((const uint32_t *)provisional)[i];
        uint32_t rank = validity == NULL || (validity[i >> 3] >> (i & 7) & 1)
                            ? k->rank[code]
                            : 0; /* the code of a null is 0 (F-24) */
        if (k->width == 1)
            ((int8_t *)out)[i] = (int8_t)rank;
        else if (k->width == 2)
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

/* Replaces the provisional codes of a zone by final ones. in, validity, out: buffers for a zone. */
static shmcol_status recode_zone(const recoder *k, uint64_t zone, void *in, uint8_t *validity,
                                 void *out, shmcol_error *err)
{
    const ing_text *text = k->all->text;
    sink *to = k->all->output->sink;
    ing_column *c = k->column;
    const uint64_t row = zone * FMT_ZONE_ROWS, left = text->rows - row;
    const size_t rows = left < FMT_ZONE_ROWS ? (size_t)left : FMT_ZONE_ROWS;
    const uint8_t *bits = zone_has_nulls(text, c, zone) ? validity : NULL;
    shmcol_status status =
        sink_read(to, c->result.values, row * c->target.width, in, rows * c->target.width, err);
    if (status != SHMCOL_OK)
        return status;
    if (bits != NULL)
        status = sink_read(to, c->result.validity, row / 8, validity, (rows + 7) / 8, err);
    if (status != SHMCOL_OK)
        return status;
    recode(k, in, bits, rows, out);
    fmt_zone_init(&c->result.zones[zone]);
    fmt_zone_values(&c->result.zones[zone], FMT_DICTIONARY, k->width, out, rows, bits);
    return sink_write(to, c->result.codes, row * k->width, out, rows * k->width, err);
}

/* Recodes zones, as many as this thread claims. */
static void recode_worker(void *arg, uint32_t thread)
{
    recoder *k = arg;
    const ing_text *text = k->all->text;
    ing_control *control = k->all->control;
    shmcol_error err = SHMCOL_ERROR_INIT;
    const size_t most = text->rows < FMT_ZONE_ROWS ? (size_t)text->rows + 1 : FMT_ZONE_ROWS;
    uint8_t *in = malloc(most * 4), *out = malloc(most * 4), *validity = malloc(most / 8 + 1);
    (void)thread;
    if (in == NULL || out == NULL || validity == NULL) {
        shm_fail_memory(&err);
        ing_stop_failed(control, &err);
    }
    while (!ing_stops(control)) {
        const uint64_t zone = atomic_fetch_add(&k->next, 1);
        if (zone * FMT_ZONE_ROWS >= text->rows)
            break;
        if (recode_zone(k, zone, in, validity, out, &err) != SHMCOL_OK)
            ing_stop_failed(control, &err);
    }
    free(in);
    free(out);
    free(validity);
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
    recoder k = {s, c, rank, fmt_code_width(n), 0};
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
    sys_parallel(is_short(s->text) ? 1 : s->limits->threads, recode_worker, &k);
    status = ing_stopped(s->control, err);
    if (status != SHMCOL_OK)
        goto done;
    status = write_dictionary(to, keys, n, &c->result.made, err);
done:
    free(rank);
    sink_drop(to, c->result.values);
    c->result.values = SINK_NONE;
    return status;
}

static void finish_worker(void *arg, uint32_t thread)
{
    const finishing *s = arg;
    ing_control *control = s->control;
    shmcol_error err = SHMCOL_ERROR_INIT;
    (void)thread;
    while (!ing_stops(control)) {
        uint64_t i = ing_claim(control, 1);
        if (i >= s->schema->n_columns)
            break;
        ing_column *c = &s->schema->columns[i];
        if (c->target.kind != ING_DICTIONARY || c->target.needs_pass || c->target.set == NULL)
            continue;
        if (s->output->sink != NULL && finish_dictionary(s, c, &err) != SHMCOL_OK)
            ing_stop_failed(control, &err);
        ing_distinct_free(c->target.set);
        c->target.set = NULL;
    }
}

shmcol_status ing_finish_dictionaries(const ing_text *text, ing_schema *schema,
                                      const ing_output *output, const ing_limits *limits,
                                      ing_control *control, shmcol_error *err)
{
    finishing s = {text, schema, output, limits, control};
    ing_claims_begin(control);
    sys_parallel(is_short(text) ? limits->threads : 1, finish_worker, &s);
    return ing_stopped(control, err);
}
