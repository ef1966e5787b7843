/* Converts the fields of one string column: to bytes and offsets, or to the codes of a dictionary.
 */
#include <stdlib.h>
#include <string.h>

#include "format/text.h"
#include "ingest/rows/distinct_find.h"
#include "ingest/rows/fields.h"

static void store_code(const ing_column *column, ing_column_buffer *buffer, size_t row,
                       uint32_t code)
{
    if (column->target.width == 2)
        ((uint16_t *)(void *)buffer->values)[row] = (uint16_t)code;
    else
        ((uint32_t *)(void *)buffer->values)[row] = code;
}

/* Returns the first eight bytes as a number that orders strings as far as it differs, with zeros
 * beyond the end. It is fmt_text_key for a text with CSV_SLACK behind it, without the copy. */
static inline uint64_t prefix_of(const char *s, uint64_t n)
{
    uint64_t word;
    memcpy(&word, s, 8);
    word = __builtin_bswap64(word);
    return n >= 8 ? word : n == 0 ? 0 : word & (UINT64_MAX << (64 - 8 * n));
}

/* A field of the batch, with its first sixteen bytes as a number that orders strings as far as it
 * differs. */
typedef struct candidate {
    const char *s;
    size_t n;
    unsigned __int128 prefix;
} candidate;

/* The smallest and the largest string of a batch, as pointers into its text. They are copied only
 * at its end. */
typedef struct extremes {
    candidate smallest, largest;
    bool any;
    bool descends; /* a string is less than one before it */
} extremes;

/* Orders strings whose prefixes tie. Not inlined, so that the rare case takes no registers from the
 * loops. */
static __attribute__((noinline)) int order_of_ties(const candidate *x, const candidate *y)
{
    return fmt_text_order(x->s, x->n, y->s, y->n);
}

static inline bool is_below(const candidate *x, const candidate *y)
{
    return x->prefix != y->prefix ? x->prefix < y->prefix : order_of_ties(x, y) < 0;
}

/* Adds a string whose prefix is that of the largest. Not inlined, for the same reason. */
static __attribute__((noinline)) void extremes_tie(extremes *e, const candidate *x)
{
    const int order = order_of_ties(x, &e->largest);
    if (order > 0)
        e->largest = *x;
    e->descends |= order < 0;
    if (order < 0 && is_below(x, &e->smallest))
        e->smallest = *x;
}

static inline void extremes_add(extremes *e, const char *s, size_t n)
{
    const candidate x = {
        s, n, (unsigned __int128)prefix_of(s, n) << 64 | (n > 8 ? prefix_of(s + 8, n - 8) : 0)};
    if (!e->any) {
        e->smallest = e->largest = x;
        e->any = true;
    } else if (x.prefix >= e->largest.prefix) { /* asked first: many columns ascend */
        if (x.prefix != e->largest.prefix)
            e->largest = x;
        else
            extremes_tie(e, &x);
    } else {
        e->descends = true;
        if (x.prefix <= e->smallest.prefix && is_below(&x, &e->smallest))
            e->smallest = x;
    }
}

/* Gives the strings so far to the buffer's bounds, as the next ones, and forgets them. */
static ing_result extremes_end(const ing_converter *k, ing_column_buffer *buffer, extremes *e)
{
    if (!e->any)
        return ING_DONE;
    e->any = false;
    buffer->bounds.descends |= e->descends;
    ing_result result =
        ing_bounds_take(&buffer->bounds, e->smallest.s, e->smallest.n, ING_NO_POS, k->err);
    return result == ING_DONE
               ? ing_bounds_take(&buffer->bounds, e->largest.s, e->largest.n, ING_NO_POS, k->err)
               : result;
}

static ing_result flush_string(const ing_converter *k, ing_column *column,
                               ing_column_buffer *buffer, extremes *e, const char *s, size_t n)
{
    uint64_t pos;
    ing_result result = k->flush(k->arg, column, buffer, 0, s, n, &pos, k->err);
    if (result == ING_DONE && n >= ING_GIANT) {
        result = extremes_end(k, buffer, e);
        return result == ING_DONE ? ing_bounds_take(&buffer->bounds, s, n, pos, k->err) : result;
    }
    extremes_add(e, s, n);
    return result;
}

/* Returns the cell of a field, as ing_get_cell does, but without a call in the plain case. */
static inline ing_cell cell_of(const ing_text *text, const ing_column *column, char quote,
                               bool trim, const char *s, size_t n)
{
    const bool quoted = n >= 2 && s[0] == quote;
    const ing_cell cell = {s + quoted, n - 2u * quoted, n == 0, quoted && n == 2};
    if (__builtin_expect((column->asked.tokens.lengths & ing_length_bit(cell.n)) != 0, 0) &&
        (column->asked.tokens.firsts & ing_first_bit(cell.s[0])) != 0)
        return ing_get_cell(&text->dialect, &column->asked.tokens, s, n);
    if (trim && n != 0 && (s[0] == ' ' || s[0] == '\t' || s[n - 1] == ' ' || s[n - 1] == '\t'))
        return ing_get_cell(&text->dialect, &column->asked.tokens, s, n);
    return cell;
}

/* The arguments that the loops over strings share. */
typedef struct string_loop {
    field_loop fields;
    const ing_text *text;
    const ing_column *column;
    ing_column_buffer *buffer;
    const ing_record_batch *batch;
    char quote;
    bool trim;
} string_loop;

static string_loop string_loop_begin(const ing_text *text, const ing_column *column,
                                     ing_column_buffer *buffer, const ing_record_batch *batch)
{
    /* No field begins with a NUL (C-4). */
    const char quote = text->dialect.quoting ? (char)csv_opening(&text->dialect) : 0;
    return (string_loop){
        field_loop_begin(column, batch), text, column, buffer, batch, quote, text->dialect.trim};
}

/* Adds a value to the facts, as long as a further value can still matter. Not inlined, so that the
 * rare case takes no registers from the loops. */
__attribute__((noinline)) static void classify(const ing_text *about, ing_column_buffer *buffer,
                                               const char *text, size_t n, size_t row)
{
    ing_facts *f = &buffer->facts;
    parse_value value;
    if (ing_facts_again(f, text, n))
        return;
    parse_classify(text, n, &about->numbers, &value);
    ing_facts_add(f, &value, text, n, buffer->first_row + row);
    buffer->classify_all = !ing_string_for_good(f) || ing_hint_possible(f);
}

/* Looks for the first TEXT value in a column that is known to have one, and whose values are not
 * classified for another reason. */
void ing_seek_text(const ing_text *text, const ing_column *column, ing_column_buffer *buffer,
                   const ing_record_batch *batch, size_t row)
{
    const string_loop l = string_loop_begin(text, column, buffer, batch);
    for (size_t i = 0; i < batch->records && buffer->first_row + row + i < buffer->seek_rows; i++) {
        size_t n;
        const char *s = field_at(&l.fields, i, &n);
        const ing_cell cell = cell_of(text, column, l.quote, l.trim, s, n);
        parse_value value = {0};
        if (!cell.null && !cell.quoted_empty)
            parse_classify(cell.s, cell.n, &text->numbers, &value);
        if (value.class_ == PARSE_TEXT) {
            ing_facts_first(&buffer->facts, cell.s, cell.n, buffer->first_row + row + i);
            buffer->seek_rows = 0;
        }
    }
}

/* Returns the cell of a record. Adds it to the facts, and clears its bit of the validity if it is
 * null. */
static inline ing_cell take_cell(const string_loop *l, size_t record, size_t row)
{
    size_t n;
    const char *s = field_at(&l->fields, record, &n);
    ing_cell cell = cell_of(l->text, l->column, l->quote, l->trim, s, n);
    if (cell.null) {
        clear_bit(l->buffer, row);
        return cell;
    }
    l->buffer->facts.quoted_empty += cell.quoted_empty;
    if (l->buffer->classify_all && !cell.quoted_empty)
        classify(l->text, l->buffer, cell.s, cell.n, row);
    return cell;
}

/* Stores the code of any cell. Not inlined, so that the rare case takes no registers from the loop
 * below. Returns DONE, NO_MEMORY. */
__attribute__((noinline)) static ing_result take_code(const string_loop *l, size_t record,
                                                      size_t row)
{
    const ing_cell cell = take_cell(l, record, row);
    /* 0 is also the code of a null, and of a value for which a full set has no code: then the
     * column is read again. */
    uint32_t code = 0;
    if (!cell.null &&
        !ing_table_find(ing_distinct_table(l->column->target.set), cell.s, cell.n, &code) &&
        ing_distinct_code(l->column->target.set, cell.s, cell.n, &code) == ING_DISTINCT_NO_MEMORY)
        return ING_NO_MEMORY;
    l->buffer->text_bytes += cell.n;
    store_code(l->column, l->buffer, row, code);
    return ING_DONE;
}

/* Stores codes of two bytes, for a column that is not trimmed. All strings of the set are values:
 * no null token is among them (C-22). classified: all values but the first TEXT value are
 * classified. Returns DONE, NO_MEMORY. */
static inline ing_result dictionary_loop(string_loop l, size_t row, bool last, bool classified)
{
    const ing_table *table = ing_distinct_table(l.column->target.set);
    uint16_t *out = (uint16_t *)(void *)l.buffer->values + row;
    uint64_t text_bytes = 0;
    l.fields.last = last;
    for (size_t i = 0; i < l.batch->records; i++) {
        size_t n;
        uint32_t code;
        const char *s = field_at(&l.fields, i, &n);
        if (n != 0 && s[0] != l.quote && ing_table_find(table, s, n, &code) &&
            (!classified || ing_facts_again(&l.buffer->facts, s, n))) {
            text_bytes += n;
            out[i] = (uint16_t)code;
        } else if (take_code(&l, i, row + i) != ING_DONE) {
            return ING_NO_MEMORY;
        }
    }
    l.buffer->text_bytes += text_bytes;
    return ING_DONE;
}

ing_result ing_convert_dictionary(const ing_converter *k, ing_column *column,
                                  ing_column_buffer *buffer, const ing_record_batch *batch,
                                  size_t row)
{
    const string_loop l = string_loop_begin(k->text, column, buffer, batch);
    const bool fast = !l.trim && column->target.width == 2;
    if (fast && buffer->classify_all)
        return dictionary_loop(l, row, l.fields.last, true);
    if (fast)
        return l.fields.last ? dictionary_loop(l, row, true, false)
                             : dictionary_loop(l, row, false, false);
    for (size_t i = 0; i < batch->records; i++)
        if (take_code(&l, i, row + i) != ING_DONE)
            return ING_NO_MEMORY;
    return ING_DONE;
}

ing_result ing_convert_path(const ing_column *column, ing_column_buffer *buffer,
                            const ing_record_batch *batch, size_t row)
{
    const size_t n = strlen(batch->input->given);
    uint32_t code = 0;
    char *path = calloc(1, n + CSV_SLACK);
    if (path == NULL)
        return ING_NO_MEMORY;
    memcpy(path, batch->input->given, n);
    const ing_distinct_result result = ing_distinct_code(column->target.set, path, n, &code);
    free(path);
    if (result == ING_DISTINCT_NO_MEMORY)
        return ING_NO_MEMORY;
    for (size_t i = 0; i < batch->records; i++)
        store_code(column, buffer, row + i, code);
    buffer->text_bytes += n * batch->records;
    return ING_DONE;
}

ing_result ing_convert_strings(const ing_converter *k, ing_column *column,
                               ing_column_buffer *buffer, const ing_record_batch *batch, size_t row)
{
    const string_loop l = string_loop_begin(k->text, column, buffer, batch);
    int64_t *offsets = (int64_t *)(void *)buffer->values;
    ing_stream *stream = &buffer->streams[0];
    ing_estimate *estimate =
        column->target.estimate != NULL && ing_estimate_begin(column->target.estimate)
            ? column->target.estimate
            : NULL;
    ing_distinct *set = column->target.set != NULL && !ing_distinct_full(column->target.set)
                            ? column->target.set
                            : NULL;
    ing_estimate_pending pending = {0, 0};
    extremes e = {.any = false};
    ing_result result = ING_DONE;
    for (size_t i = 0; i < batch->records && result == ING_DONE; i++) {
        const ing_cell cell = take_cell(&l, i, row + i);
        uint32_t unused;
        offsets[row + i] = (int64_t)ing_stream_end(stream);
        if (cell.null)
            continue;
        if (estimate != NULL)
            ing_estimate_add(estimate, cell.s, cell.n, &pending);
        else if (set != NULL &&
                 ing_distinct_code(set, cell.s, cell.n, &unused) == ING_DISTINCT_NO_MEMORY)
            return ING_NO_MEMORY; /* no estimate has to be ended: there is none beside a set */
        if (__builtin_expect(cell.n >= ING_GIANT || (int64_t)stream->length > buffer->room, 0)) {
            result = flush_string(k, column, buffer, &e, cell.s, cell.n);
            continue;
        }
        extremes_add(&e, cell.s, cell.n);
        if (!ing_stream_append(stream, cell.s, cell.n))
            result = ING_NO_MEMORY;
    }
    if (estimate != NULL)
        ing_estimate_end(estimate, &pending);
    buffer->text_bytes = ing_stream_end(stream);
    return result == ING_DONE ? extremes_end(k, buffer, &e) : result;
}
