/* Rows by number, of strings, binaries, words of dictionaries, and lists: offsets and bytes. A
 * block of rows at a time: its offsets are read so that their misses overlap, then its bytes. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "read/take.h"
#include "structs.h"

/* The rows of a file or a part, or the words of a dictionary. */
typedef struct piece {
    const int64_t *offsets; /* NULL: not asked for yet */
    const uint8_t *bytes;
    uint64_t limit; /* bytes, or elements of lists */
    const uint8_t *validity;
    uint64_t first_row;
} piece;

/* The elements of lists of strings are strings themselves: one piece more for each. */
typedef struct source {
    const shmcol_file *file;
    read_column column;
    bool words;               /* a dictionary: rows are codes */
    bool nested;              /* lists of strings */
    uint32_t width;           /* bytes of an element; 1 for bytes of text */
    const uint8_t *codes;     /* over all parts */
    const uint8_t *validity;  /* of codes */
    piece *pieces, *elements; /* by part */
    piece only[2];            /* those of a file, or the words of a dictionary */
} source;

typedef struct output {
    shmcol_taken taken;
    uint64_t at;      /* units of `width` that the rows have so far */
    uint64_t text_at; /* bytes of the strings in lists */
    bool full;        /* the caller's memory is not large enough, or not there */
} output;

/* A place in the bytes of a piece. */
typedef struct span {
    const piece *piece;
    uint64_t begin, length;
    uint64_t row; /* in the piece */
} span;

static shmcol_status damaged(const source *s, int64_t row, shmcol_status status, shmcol_error *err)
{
    shm_fail(err, status, shm_status_rule(status),
             "the offsets or the code of a row of column \"%.200s\" are damaged", s->column.name);
    shm_error_row(err, row);
    return read_column_error(&s->column, status, err);
}

/* ---- pieces ---- */

static void fill_piece(const source *s, const read_column *c, piece *p, piece *elements)
{
    const fmt_descriptor *d = &c->descriptor;
    p->offsets = read_slot(c->file, d, FMT_SLOT_VALUES);
    p->bytes = read_slot(c->file, d, FMT_SLOT_BYTES);
    p->limit = d->type == FMT_LIST ? fmt_child_length(d) : d->slots[FMT_SLOT_BYTES].stored_length;
    p->validity = read_validity(c);
    if (!s->nested)
        return;
    elements->offsets = read_slot(c->file, d, FMT_SLOT_ELEMENTS);
    elements->bytes = read_slot(c->file, d, FMT_SLOT_ELEMENT_BYTES);
    elements->limit = d->slots[FMT_SLOT_ELEMENT_BYTES].stored_length;
}

/* Loads the column of a part that no row met yet. */
static shmcol_status load_piece(source *s, uint64_t index, shmcol_error *err)
{
    shmcol_file *part;
    read_column c;
    shmcol_status status = shmcol_part(s->file, index, &part, err);
    if (status == SHMCOL_OK)
        status = read_column_plain(part, s->column.index, &c, err);
    if (status != SHMCOL_OK)
        return status;
    s->pieces[index].first_row = s->file->table->parts[index]->first_row;
    fill_piece(s, &c, &s->pieces[index], s->nested ? &s->elements[index] : NULL);
    return SHMCOL_OK;
}

/* Finds the piece of a row that is no dictionary's. */
static shmcol_status piece_of(source *s, int64_t row, uint64_t *index, shmcol_error *err)
{
    *index = s->file->table != NULL ? read_part_of_row(s->file->table, (uint64_t)row) : 0;
    return s->pieces[*index].offsets != NULL ? SHMCOL_OK : load_piece(s, *index, err);
}

static bool has_parts(const source *s)
{
    return s->pieces != s->only;
}

static void free_source(source *s)
{
    if (!has_parts(s))
        return;
    free(s->pieces);
    free(s->elements);
}

static shmcol_status prepare_words(source *s, shmcol_error *err)
{
    const read_column *c = &s->column;
    const fmt_descriptor *d = &c->dictionary;
    s->words = true;
    s->pieces[0] = (piece){
        .offsets = read_slot(c->dictionary_file, d, FMT_SLOT_VALUES),
        .bytes = read_slot(c->dictionary_file, d, FMT_SLOT_BYTES),
        .limit = d->slots[FMT_SLOT_BYTES].stored_length,
    };
    return read_values_of(c, &s->codes, &s->validity, err);
}

static shmcol_status prepare_parts(source *s, shmcol_error *err)
{
    const uint64_t n = s->file->table->n_parts;
    s->pieces = shm_alloc_zeroed(n, sizeof *s->pieces);
    s->elements = s->nested ? shm_alloc_zeroed(n, sizeof *s->elements) : NULL;
    if (s->pieces != NULL && (!s->nested || s->elements != NULL))
        return SHMCOL_OK;
    free_source(s);
    return shm_fail_memory(err);
}

/* After an error there is nothing to free. */
static shmcol_status prepare(const shmcol_file *file, uint32_t column, source *s, shmcol_error *err)
{
    *s = (source){.file = file, .width = 1};
    shmcol_status status = read_column_plain(file, column, &s->column, err);
    if (status != SHMCOL_OK)
        return status;
    const fmt_descriptor *d = &s->column.descriptor;
    if (d->type != FMT_DICTIONARY && d->type != FMT_LIST && !fmt_has_offsets(d))
        return read_wrong_type(&s->column, "string, binary, dictionary or list", err);
    s->nested = d->type == FMT_LIST && d->element == FMT_STRING;
    if (d->type == FMT_LIST && !s->nested)
        s->width = d->element_width;
    s->pieces = &s->only[0];
    s->elements = &s->only[1];
    if (d->type == FMT_DICTIONARY)
        return prepare_words(s, err);
    if (file->table != NULL)
        return prepare_parts(s, err);
    fill_piece(s, &s->column, s->pieces, s->elements);
    return SHMCOL_OK;
}

/* ---- one block ---- */

static int64_t code_at(const source *s, int64_t row)
{
    switch (s->column.descriptor.width) {
    case 1: return ((const int8_t *)s->codes)[row];
    case 2: return ((const int16_t *)s->codes)[row];
    default: return ((const int32_t *)s->codes)[row];
    }
}

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
        uint64_t index = 0;
        spans[i] = (span){.piece = NULL};
        if (rows[i] < 0 || (s->words && !shmcol_is_valid(s->validity, (uint64_t)rows[i])))
            continue;
        if (s->words) {
            const int64_t code = code_at(s, rows[i]);
            if (code < 0 || (uint64_t)code >= s->column.dictionary.length)
                return damaged(s, rows[i], SHMCOL_ERR_CODES, err);
            spans[i].row = (uint64_t)code;
        } else {
            shmcol_status status = piece_of(s, rows[i], &index, err);
            if (status != SHMCOL_OK)
                return status;
            spans[i].row = (uint64_t)rows[i] - s->pieces[index].first_row;
        }
        spans[i].piece = &s->pieces[index];
        take_soon(spans[i].piece->offsets + spans[i].row);
        if (spans[i].piece->validity != NULL)
            take_soon(spans[i].piece->validity + (spans[i].row >> 3));
    }
    return SHMCOL_OK;
}

/* Reads one pair of offsets, each once (F-63). Returns false if they are damaged. */
static bool read_offsets(const piece *p, uint64_t row, uint64_t *begin, uint64_t *length)
{
    const volatile int64_t *offsets = p->offsets;
    const uint64_t from = (uint64_t)offsets[row], to = (uint64_t)offsets[row + 1];
    *begin = from;
    *length = to - from;
    return from <= to && to <= p->limit;
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
        if (!read_offsets(at->piece, at->row, &at->begin, &at->length))
            return damaged(s, rows[i], SHMCOL_ERR_OFFSETS, err);
        take_soon(at->piece->bytes + at->begin * (s->nested ? sizeof(int64_t) : s->width));
    }
    return SHMCOL_OK;
}

/* Copies short texts by one pair of 16 bytes where both sides have them. */
static void copy_bytes(const piece *p, uint64_t begin, uint64_t length, uint8_t *to, uint64_t room)
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
    const piece *texts = &s->elements[at->piece - s->pieces];
    shmcol_taken *t = &out->taken;
    for (uint64_t i = 0; i < at->length; i++) {
        uint64_t begin, length;
        if (!read_offsets(texts, at->begin + i, &begin, &length))
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
                copy_bytes(at->piece, at->begin, length, (uint8_t *)t->data + begin,
                           t->capacity - begin);
            else if (!out->full)
                memcpy((uint8_t *)t->data + begin, at->piece->bytes + at->begin * s->width,
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

/* Does the call. Where memory is held and the caller is inside shmcol_guard, a fault ends in an
 * answer here, so that the memory is not left behind. */
static shmcol_status do_guarded(call *c)
{
    const shmcol_file *file = c->source.file;
    const uint8_t *address;
    if (!has_parts(&c->source) || !sys_guarded(file->table->parts[0]->map))
        do_call(c);
    else if (sys_guard_set(read_table_covers, file, do_call, c, &address) == EFAULT)
        c->status = read_fault_at(file, address, c->err);
    return c->status;
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
    if (status == SHMCOL_OK)
        status = do_guarded(&c);
    taken->n_elements = c.out.taken.n_elements;
    taken->data_length = c.out.taken.data_length;
    free_source(&c.source);
    return status;
}
