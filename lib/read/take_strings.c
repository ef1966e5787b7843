/* Rows by number, of strings, binaries, words of dictionaries, and lists: offsets and bytes. A
 * block of rows at a time: its offsets are read so that their misses overlap, then its bytes. */
#include <inttypes.h>
#include <string.h>

#include "format/ondisk.h"
#include "format/types.h"
#include "read/pieces.h"
#include "read/take.h"
#include "structs.h"

typedef struct source {
    read_column column;
    text_pieces pieces;
    bool words;              /* a dictionary: rows are codes */
    bool nested;             /* lists of strings */
    uint32_t width;          /* bytes of an element; 1 for bytes of text */
    const uint8_t *codes;    /* over all parts */
    const uint8_t *validity; /* of codes */
} source;

typedef struct output {
    shmcol_taken taken;
    uint64_t at;      /* units of `width` that the rows have so far */
    uint64_t text_at; /* bytes of the strings in lists */
    bool full;        /* the caller's memory is not large enough, or not there */
} output;

/* A place in the bytes of a piece. */
typedef struct span {
    const text_piece *piece; /* NULL: a null */
    uint64_t begin, length;
    uint64_t row; /* in the piece */
} span;

static shmcol_status damaged(const source *s, int64_t row, shmcol_status status, shmcol_error *err)
{
    return read_damaged_row(s->column.file, s->column.index, (uint64_t)row, status, err);
}

/* After an error there is nothing to end. */
static shmcol_status prepare(const shmcol_file *file, uint32_t column, source *s, shmcol_error *err)
{
    *s = (source){.width = 1};
    shmcol_status status = read_column_plain(file, column, &s->column, err);
    if (status != SHMCOL_OK)
        return status;
    const fmt_descriptor *d = &s->column.descriptor;
    s->words = d->type == FMT_DICTIONARY;
    if (!s->words && d->type != FMT_LIST && !fmt_has_offsets(d))
        return read_wrong_type(&s->column, "string, binary, dictionary or list", err);
    s->nested = d->type == FMT_LIST && d->element == FMT_STRING;
    if (d->type == FMT_LIST && !s->nested)
        s->width = d->element_width;
    status = text_pieces_begin(&s->column, &s->pieces, err);
    if (status == SHMCOL_OK && s->words) /* they hold no memory */
        status = read_values_of(&s->column, &s->codes, &s->validity, err);
    return status;
}

/* ---- one block ---- */

/* Asks for the codes and the bits of a block's rows. */
static void ask_for_codes(const source *s, const int64_t *rows, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        if (rows[i] < 0)
            continue;
        take_soon(s->codes + (uint64_t)rows[i] * s->column.descriptor.width);
        if (s->validity != NULL)
            take_soon(s->validity + (rows[i] >> 3));
    }
}

/* Finds the piece of each row, and asks for its offsets. A row that gives a null has no piece. */
static shmcol_status find_rows(source *s, const int64_t *rows, uint64_t n, span *spans,
                               shmcol_error *err)
{
    if (s->words)
        ask_for_codes(s, rows, n);
    for (uint64_t i = 0; i < n; i++) {
        text_piece *piece = &s->pieces.only;
        spans[i] = (span){.piece = NULL};
        if (rows[i] < 0 || (s->words && !shmcol_is_valid(s->validity, (uint64_t)rows[i])))
            continue;
        if (s->words) {
            const int64_t code = text_code(s->codes, s->column.descriptor.width, (uint64_t)rows[i]);
            if (code < 0 || (uint64_t)code >= s->column.dictionary.length)
                return damaged(s, rows[i], SHMCOL_ERR_CODES, err);
            spans[i].row = (uint64_t)code;
        } else {
            shmcol_status status =
                text_pieces_find(&s->pieces, (uint64_t)rows[i], &piece, &spans[i].row, err);
            if (status != SHMCOL_OK)
                return status;
        }
        spans[i].piece = piece;
        take_soon(piece->rows.offsets + spans[i].row);
        if (piece->validity != NULL)
            take_soon(piece->validity + (spans[i].row >> 3));
    }
    return SHMCOL_OK;
}

/* Reads the offsets of a block, and asks for its bytes. */
static shmcol_status measure(const source *s, const int64_t *rows, uint64_t n, span *spans,
                             shmcol_error *err)
{
    for (uint64_t i = 0; i < n; i++) {
        span *at = &spans[i];
        if (at->piece != NULL && !shmcol_is_valid(at->piece->validity, at->row))
            at->piece = NULL;
        if (at->piece == NULL)
            continue;
        if (!text_run_row(&at->piece->rows, at->row, &at->begin, &at->length))
            return damaged(s, rows[i], SHMCOL_ERR_OFFSETS, err);
        take_soon(at->piece->rows.bytes + at->begin * (s->nested ? sizeof(int64_t) : s->width));
    }
    return SHMCOL_OK;
}

/* Copies short texts by one pair of 16 bytes where both sides have them. */
static void copy_bytes(const text_run *p, uint64_t begin, uint64_t length, uint8_t *to,
                       uint64_t room)
{
    if (length <= 16 && p->limit - begin >= 16 && room >= 16)
        memcpy(to, p->bytes + begin, 16);
    else
        memcpy(to, p->bytes + begin, (size_t)length);
}

/* Copies the strings of a list. */
static shmcol_status put_texts(const source *s, const span *at, int64_t row, output *out,
                               shmcol_error *err)
{
    const text_run *texts = &at->piece->elements;
    shmcol_taken *t = &out->taken;
    for (uint64_t i = 0; i < at->length; i++) {
        uint64_t begin, length;
        if (!text_run_row(texts, at->begin + i, &begin, &length))
            return damaged(s, row, SHMCOL_ERR_OFFSETS, err);
        if (length > (uint64_t)INT64_MAX - out->text_at)
            return shm_fail(err, SHMCOL_ERR_LIMIT, "", "the texts have more than 2^63 bytes");
        out->full |= t->string_offsets == NULL || out->at + i + 1 >= t->string_capacity ||
                     length > t->capacity - out->text_at || t->data == NULL;
        if (!out->full) {
            copy_bytes(texts, begin, length, (uint8_t *)t->data + out->text_at,
                       t->capacity - out->text_at);
            t->string_offsets[out->at + i + 1] = (int64_t)(out->text_at + length);
        }
        out->text_at += length;
    }
    return SHMCOL_OK;
}

/* Copies the bytes of a block, and writes its offsets. */
static shmcol_status put(const source *s, const take_rows *r, uint64_t from, uint64_t n,
                         const span *spans, output *out, shmcol_error *err)
{
    shmcol_taken *t = &out->taken;
    for (uint64_t i = 0; i < n; i++) {
        const span *at = &spans[i];
        uint64_t length = at->piece != NULL ? at->length : 0;
        if (length > ((uint64_t)INT64_MAX / s->width) - out->at)
            return shm_fail(err, SHMCOL_ERR_LIMIT, "", "the rows have more than 2^63 bytes");
        if (s->nested && length != 0) {
            shmcol_status status = put_texts(s, at, r->rows[from + i], out, err);
            if (status != SHMCOL_OK)
                return status;
        } else if (length != 0) {
            const uint64_t begin = out->at * s->width, bytes = length * s->width;
            out->full |= t->data == NULL || begin > t->capacity || bytes > t->capacity - begin;
            if (!out->full && s->width == 1)
                copy_bytes(&at->piece->rows, at->begin, length, (uint8_t *)t->data + begin,
                           t->capacity - begin);
            else if (!out->full)
                memcpy((uint8_t *)t->data + begin, at->piece->rows.bytes + at->begin * s->width,
                       (size_t)bytes);
        }
        out->at += length;
        t->offsets[from + i + 1] = (int64_t)out->at;
    }
    return SHMCOL_OK;
}

static void put_bits(const span *spans, uint64_t from, uint64_t n, uint8_t *validity)
{
    for (uint64_t i = 0; i < n; i += 8) {
        unsigned byte = 0;
        for (uint64_t k = 0; k < 8 && i + k < n; k++)
            byte |= (unsigned)(spans[i + k].piece != NULL) << k;
        validity[(from + i) / 8] = (uint8_t)byte;
    }
}

static shmcol_status take_block(source *s, const take_rows *r, uint64_t from, output *out,
                                shmcol_error *err)
{
    span spans[TAKE_BLOCK];
    const int64_t *rows = r->rows + from;
    const uint64_t n = r->n - from < TAKE_BLOCK ? r->n - from : TAKE_BLOCK;
    shmcol_status status = find_rows(s, rows, n, spans, err);
    if (status == SHMCOL_OK)
        status = measure(s, rows, n, spans, err);
    if (status == SHMCOL_OK && out->taken.validity != NULL)
        put_bits(spans, from, n, out->taken.validity);
    return status == SHMCOL_OK ? put(s, r, from, n, spans, out, err) : status;
}

/* ---- the call ---- */

static shmcol_status too_small(const source *s, const shmcol_taken *t, shmcol_error *err)
{
    if (s->nested)
        shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                 "the rows of column \"%.200s\" need %" PRIu64 " bytes of text and %" PRIu64
                 " offsets; there is room for %" PRIu64 " and %" PRIu64,
                 s->column.name, t->data_length, t->n_elements + 1, t->capacity,
                 t->string_capacity);
    else
        shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                 "the rows of column \"%.200s\" need %" PRIu64 " bytes; there is room for %" PRIu64,
                 s->column.name, t->data_length, t->capacity);
    return read_column_error(&s->column, SHMCOL_ERR_INVALID_ARGUMENT, err);
}

static shmcol_status take_all(source *s, const take_rows *r, output *out, shmcol_error *err)
{
    shmcol_taken *t = &out->taken;
    shmcol_status status = SHMCOL_OK;
    t->offsets[0] = 0;
    if (s->nested && t->string_offsets != NULL && t->string_capacity > 0)
        t->string_offsets[0] = 0;
    for (uint64_t at = 0; at < r->n && status == SHMCOL_OK; at += TAKE_BLOCK)
        status = take_block(s, r, at, out, err);
    if (status != SHMCOL_OK)
        return status;
    t->n_elements = s->column.descriptor.type == FMT_LIST ? out->at : 0;
    t->data_length = s->nested ? out->text_at : out->at * s->width;
    return out->full && t->data != NULL ? too_small(s, t, err) : SHMCOL_OK;
}

typedef struct call {
    source source;
    take_rows rows;
    output out;
    shmcol_error *err;
    shmcol_status status;
} call;

static void do_call(void *arg)
{
    call *c = arg;
    c->status = take_all(&c->source, &c->rows, &c->out, c->err);
}

shmcol_status shmcol_take_strings(const shmcol_file *file, uint32_t column,
                                  const shmcol_take_options *options, shmcol_taken *taken,
                                  shmcol_error *err)
{
    SHM_CHECK_SIZE(taken, SHM_TAKEN_SIZE_1_0, err);
    call c = {.out = {.taken = SHMCOL_TAKEN_INIT}, .err = err};
    SHM_TAKE(c.out.taken, taken);
    shmcol_status status = take_check(file, options, &c.rows, err);
    if (status == SHMCOL_OK && c.out.taken.offsets == NULL)
        status = shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "offsets is NULL");
    if (status == SHMCOL_OK)
        status = prepare(file, column, &c.source, err);
    if (status != SHMCOL_OK)
        return status;
    status = take_check_nulls(&c.source.column, &c.rows, c.out.taken.validity, err);
    if (status == SHMCOL_OK && !text_pieces_hold(&c.source.pieces)) {
        do_call(&c);
    } else if (status == SHMCOL_OK) {
        status = read_while_held(file, do_call, &c, err);
    }
    status = status == SHMCOL_OK ? c.status : status;
    taken->n_elements = c.out.taken.n_elements;
    taken->data_length = c.out.taken.data_length;
    text_pieces_end(&c.source.pieces);
    return status;
}
