/* Columns that become dictionaries: strings are numbered as they come, and renumbered in bytewise
 * order when all are known. */
#include <stdlib.h>

#include "format/bytes.h"
#include "write/writer_internal.h"

bool writer_dictionary_pays(const column *c, const base_text_set *distinct)
{
    return fmt_dictionary_pays(c->rows, distinct->count, base_text_set_bytes(distinct),
                               c->string_bytes);
}

/* Updates the writer's sum of the memory of all dictionaries. */
static void account(shmcol_writer *w, column *c)
{
    uint64_t now = c->distinct != NULL ? base_text_set_memory(c->distinct) : 0;
    /* Unsigned: a negative difference wraps around correctly. */
    atomic_fetch_add(&w->dictionary_memory, now - c->dictionary_memory);
    c->dictionary_memory = now;
}

void writer_drop_values(shmcol_writer *w, column *c)
{
    base_text_set_free(c->distinct);
    c->distinct = NULL;
    account(w, c);
}

/* Returns true if C-60 allows one more string of this length. */
static bool within_rule(const base_text_set *distinct, uint64_t length)
{
    return distinct->count < FMT_DICTIONARY_VALUES_MAX &&
           length <= FMT_DICTIONARY_BYTES_MAX - base_text_set_bytes(distinct);
}

/* Returns true if the memory for one more string of this length is there: all dictionaries
 * together may take a quarter of the writer's. */
static bool within_memory(const shmcol_writer *w, const column *c, uint64_t length)
{
    uint64_t now = base_text_set_memory(c->distinct),
             others = atomic_load(&w->dictionary_memory) - c->dictionary_memory;
    return length < w->memory && others + now + length <= w->memory / 4;
}

/* Adds a new string to the dictionary. Sets *full if it was not added: the column must continue as
 * strings. Errors: BAD_VALUE (F-37), MEMORY_BOUND, LIMIT (F-25), NO_MEMORY. */
static shmcol_status add_value(shmcol_writer *w, column *c, const segment *seg, size_t i,
                               bool *full, shmcol_error *err)
{
    int64_t row = (int64_t)(c->rows + i);
    if (!writer_string_good(c, seg->data[i], seg->lengths[i]))
        return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-37", row, "a string is not valid UTF-8",
                           err);
    bool fits = within_memory(w, c, seg->lengths[i]);
    *full = c->automatic && (!fits || !within_rule(c->distinct, seg->lengths[i]));
    if (*full) {
        c->undecided = within_rule(c->distinct, seg->lengths[i]);
        return SHMCOL_OK;
    }
    if (!fits)
        return writer_fail(c, SHMCOL_ERR_MEMORY_BOUND, "", row,
                           "the dictionary does not fit the memory bound", err);
    if (c->distinct->count == INT32_MAX)
        return writer_fail(c, SHMCOL_ERR_LIMIT, "F-25", row,
                           "a dictionary of more than 2,147,483,647 values", err);
    return base_text_set_add(c->distinct, seg->data[i], seg->lengths[i]) ? SHMCOL_OK
                                                                         : shm_fail_memory(err);
}

shmcol_status writer_number_strings(shmcol_writer *w, column *c, const segment *seg, size_t *done,
                                    shmcol_error *err)
{
    int32_t codes[SEGMENT];
    bool full = false;
    size_t n = 0;
    shmcol_status status = SHMCOL_OK;
    for (; n < seg->rows; n++) {
        codes[n] = -1;
        if (!segment_valid(seg, n))
            continue;
        codes[n] = base_text_set_find(c->distinct, seg->data[n], seg->lengths[n]);
        if (codes[n] < 0) {
            status = add_value(w, c, seg, n, &full, err);
            codes[n] = (int32_t)c->distinct->count - 1;
        }
        if (full || status != SHMCOL_OK)
            break;
        c->string_bytes += seg->lengths[n];
    }
    account(w, c);
    *done = n;
    if (status != SHMCOL_OK)
        return status;
    status = writer_buffer_append(w, &c->values, codes, n * sizeof *codes, err);
    if (status != SHMCOL_OK || !full)
        return status;
    return writer_undo_dictionary(w, c, c->rows + n, err);
}

shmcol_status writer_find_codes(shmcol_writer *w, column *c, const segment *seg, shmcol_error *err)
{
    int32_t codes[SEGMENT];
    for (size_t i = 0; i < seg->rows; i++) {
        codes[i] = segment_valid(seg, i)
                       ? base_text_set_find(c->distinct, seg->data[i], seg->lengths[i])
                       : 0;
        if (codes[i] < 0)
            return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-39", (int64_t)(c->rows + i),
                               "a string is not in the dictionary", err);
    }
    return writer_put_codes(w, c, &c->values, c->width, codes, seg, err);
}

shmcol_status writer_undo_dictionary(shmcol_writer *w, column *c, uint64_t rows, shmcol_error *err)
{
    uint64_t before = c->rows;
    segment *seg = malloc(sizeof *seg);
    if (seg == NULL)
        return shm_fail_memory(err);
    shmcol_status status = writer_buffer_flush(w, &c->values, err);
    out_buffer numbers = c->values;
    c->values = (out_buffer){.region = SINK_NONE};
    c->mode = MODE_STRINGS;
    c->width = sizeof(int64_t);
    c->string_bytes = 0;
    seg->together = false;
    for (c->rows = 0; c->rows < rows && status == SHMCOL_OK; c->rows += seg->rows) {
        int32_t codes[SEGMENT];
        size_t n = rows - c->rows < SEGMENT ? (size_t)(rows - c->rows) : SEGMENT;
        status = sink_read(w->sink, numbers.region, c->rows * sizeof *codes, codes,
                           n * sizeof *codes, err);
        if (status != SHMCOL_OK)
            break;
        writer_nulls_of_codes(codes, n, seg);
        for (size_t i = 0; i < n; i++) {
            seg->lengths[i] = 0;
            seg->data[i] =
                codes[i] < 0 ? NULL
                             : base_text_set_at(c->distinct, (uint32_t)codes[i], &seg->lengths[i]);
        }
        status = writer_put_strings(w, c, seg, true, err);
    }
    c->rows = before;
    writer_buffer_drop(w, &numbers);
    writer_drop_values(w, c);
    free(seg);
    return status;
}

/* A column of strings that C-60 decides at the commit. */
typedef struct late {
    shmcol_writer *w;
    column *c;
    segment *seg;
    uint8_t *bytes; /* FMT_DICTIONARY_BYTES_MAX: some of the column's bytes */
    int64_t offsets[SEGMENT + 1];
    int32_t codes[SEGMENT];
    out_buffer numbers;
    bool fits; /* C-60 still allows a dictionary */
} late;

/* Adds a string to the dictionary, if C-60 allows it, and returns its number. Errors:
 * NO_MEMORY. */
static shmcol_status number_new(late *l, const uint8_t *text, uint64_t length, int32_t *number,
                                shmcol_error *err)
{
    base_text_set *distinct = l->c->distinct;
    l->fits = within_rule(distinct, length);
    if (!l->fits)
        return SHMCOL_OK;
    if (!base_text_set_add(distinct, text, length))
        return shm_fail_memory(err);
    *number = (int32_t)distinct->count - 1;
    return SHMCOL_OK;
}

/* Numbers the strings of the segment, whose offsets and validity have been read. Errors: IO,
 * NO_MEMORY. */
static shmcol_status number_segment(late *l, shmcol_error *err)
{
    size_t n = l->seg->rows;
    uint64_t have_begin = 0, have_end = 0; /* the part of the column's bytes that is in l->bytes */
    for (size_t i = 0; i < n && l->fits; i++) {
        uint64_t begin = (uint64_t)l->offsets[i], end = (uint64_t)l->offsets[i + 1];
        l->codes[i] = -1;
        if (!segment_valid(l->seg, i))
            continue;
        l->fits = end - begin <= FMT_DICTIONARY_BYTES_MAX;
        if (!l->fits)
            break;
        if (end > have_end) { /* read as many whole strings as there is room for */
            size_t last = i + 1;
            while (last < n && (uint64_t)l->offsets[last + 1] - begin <= FMT_DICTIONARY_BYTES_MAX)
                last++;
            have_begin = begin;
            have_end = (uint64_t)l->offsets[last];
            shmcol_status status = sink_read(l->w->sink, l->c->bytes.region, begin, l->bytes,
                                             (size_t)(have_end - begin), err);
            if (status != SHMCOL_OK)
                return status;
        }
        const uint8_t *text = l->bytes + (begin - have_begin);
        l->codes[i] = base_text_set_find(l->c->distinct, text, end - begin);
        if (l->codes[i] >= 0)
            continue;
        shmcol_status status = number_new(l, text, end - begin, &l->codes[i], err);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}

/* Numbers all strings of the column, as long as C-60 allows it. Errors: IO, NO_MEMORY. */
static shmcol_status number_column(late *l, shmcol_error *err)
{
    const column *c = l->c;
    segment *seg = l->seg;
    for (uint64_t row = 0; row < c->rows && l->fits; row += SEGMENT) {
        seg->rows = c->rows - row < SEGMENT ? (size_t)(c->rows - row) : SEGMENT;
        seg->nulls = c->nulls > 0; /* that is: use the bitmap */
        shmcol_status status = sink_read(l->w->sink, c->values.region, row * sizeof *l->offsets,
                                         l->offsets, (seg->rows + 1) * sizeof *l->offsets, err);
        if (status == SHMCOL_OK && c->nulls > 0)
            status = sink_read(l->w->sink, c->validity.region, row / 8, seg->bitmap,
                               (seg->rows + 7) / 8, err);
        if (status != SHMCOL_OK)
            return status;
        status = number_segment(l, err);
        if (status == SHMCOL_OK && l->fits)
            status = writer_buffer_append(l->w, &l->numbers, l->codes, seg->rows * sizeof *l->codes,
                                          err);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}

shmcol_status writer_decide_late(shmcol_writer *w, column *c, segment *seg, shmcol_error *err)
{
    late l = {.w = w, .c = c, .seg = seg, .numbers = {.region = SINK_NONE}, .fits = true};
    l.bytes = malloc(FMT_DICTIONARY_BYTES_MAX);
    c->distinct = base_text_set_new(w->secret);
    shmcol_status status =
        l.bytes == NULL || c->distinct == NULL ? shm_fail_memory(err) : number_column(&l, err);
    free(l.bytes);
    if (status == SHMCOL_OK && l.fits && writer_dictionary_pays(c, c->distinct)) {
        writer_buffer_drop(w, &c->values);
        writer_buffer_drop(w, &c->bytes);
        c->values = l.numbers;
        c->mode = MODE_NUMBERED;
        return SHMCOL_OK;
    }
    writer_buffer_drop(w, &l.numbers);
    writer_drop_values(w, c);
    return status;
}
