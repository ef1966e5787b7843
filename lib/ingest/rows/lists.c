/* Converts the fields of one list column: JSON arrays to elements and offsets (C-82). A loop for
 * each kind of number takes the plain spelling; everything else goes through element_value, which
 * gives the same answer where both know one. */
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "format/types.h"
#include "ingest/rows/fields.h"
#include "parse/array.h"

/* Elements for which there is room at once. */
#define AT_ONCE 1024u
/* A text from which on a list that may become null is checked before it is read. A shorter one is
 * held as a whole until it is known to fit. */
#define LONG_TEXT (64u << 10)

/* The texts of elements that have escapes, without them. */
typedef struct unescaped {
    char *text; /* with PARSE_SLACK before and behind */
    size_t capacity;
} unescaped;

/* ---- one element ---- */

/* Sets *s and *n to the text of a string element without its escapes. Returns false if there is no
 * memory. */
static bool undo_escapes(const parse_array *a, unescaped *u, const char **s, size_t *n)
{
    const char *at = a->s, *piece;
    char character[4];
    *s = a->s;
    *n = a->n;
    if (!a->escaped)
        return true;
    if (a->n + 2 * PARSE_SLACK > u->capacity) { /* the text has fewer bytes than its escapes */
        char *text = realloc(u->text, 2 * (a->n + 2 * PARSE_SLACK));
        if (text == NULL)
            return false;
        u->text = text;
        u->capacity = 2 * (a->n + 2 * PARSE_SLACK);
        memset(text, 0, u->capacity);
    }
    char *out = u->text + PARSE_SLACK;
    for (size_t k; (k = parse_array_piece(&at, a->s + a->n, character, &piece)) != 0; out += k)
        memcpy(out, piece, k);
    *s = u->text + PARSE_SLACK;
    *n = (size_t)(out - *s);
    return true;
}

/* Reads an element of any type but string to out. A bare one is written as JSON has it, whatever
 * the options say of numbers. Returns DONE, NEEDS_DIAGNOSIS if it does not fit, NO_MEMORY. */
static ing_result element_value(const ing_text *text, const ing_type *type, const parse_array *a,
                                parse_array_kind kind, unescaped *u, void *out)
{
    const char *s = a->s;
    size_t n = a->n;
    if (kind == PARSE_ARRAY_STRING && !undo_escapes(a, u, &s, &n))
        return ING_NO_MEMORY;
    const parse_style *style = kind == PARSE_ARRAY_BARE ? &parse_style_plain : &text->numbers;
    return ing_typed_value(style, type, NULL, s, n, out) ? ING_DONE : ING_NEEDS_DIAGNOSIS;
}

ing_result ing_check_list(const ing_text *text, const ing_type *type, const char *s, size_t n,
                          ing_list_fault *fault)
{
    const ing_type element = ing_element_type(type);
    parse_array a = parse_array_begin(s, n);
    parse_array_kind kind;
    unescaped u = {NULL, 0};
    char value[ING_WIDTH_MAX];
    ing_result result = ING_DONE;
    *fault = (ing_list_fault){.element = 0};
    while (result == ING_DONE && (kind = parse_array_next(&a)) != PARSE_ARRAY_END) {
        fault->element++;
        if (kind == PARSE_ARRAY_WRONG)
            result = ING_NEEDS_DIAGNOSIS;
        else if (element.type != FMT_STRING)
            result = element_value(text, &element, &a, kind, &u, value);
        else if (kind != PARSE_ARRAY_STRING) {
            a.why = "is no string: it has no quotes";
            a.of_element = true;
            result = ING_NEEDS_DIAGNOSIS;
        }
    }
    free(u.text);
    if (result == ING_NEEDS_DIAGNOSIS) {
        fault->s = a.s;
        fault->n = a.n;
        fault->why = a.why;
        if (a.why != NULL && !a.of_element)
            fault->element = 0;
    }
    return result;
}

/* ---- one list ---- */

/* The state of a column's lists. */
typedef struct list_loop {
    const ing_converter *k;
    ing_column *column;
    ing_column_buffer *buffer;
    ing_type element;
    uint32_t width; /* of an element in the first stream */
    bool may_flush; /* the list that is read will not be taken back */
    unescaped escapes;
} list_loop;

/* Writes what the buffer holds if it is too much. Returns DONE, END, FAILED. */
static ing_result make_room(list_loop *l)
{
    const ing_stream *streams = l->buffer->streams;
    if (!l->may_flush || (int64_t)(streams[0].length + streams[1].length) <= l->buffer->room)
        return ING_DONE;
    ing_result result = ING_DONE;
    for (uint32_t i = 0; result == ING_DONE && i < ing_streams(&l->column->target); i++) {
        uint64_t pos;
        result = l->k->flush(l->k->arg, l->column, l->buffer, i, NULL, 0, &pos, l->k->err);
    }
    return result;
}

/* Makes room for the next elements of an array, as many as it may have, but AT_ONCE at most.
 * Returns their number, 0 if there is no memory. */
static size_t room_for_elements(const list_loop *l, const parse_array *a)
{
    const size_t most = (size_t)(a->end - a->at) / 2 + 1, n = most < AT_ONCE ? most : AT_ONCE;
    return ing_stream_room(&l->buffer->streams[0], n * l->width) ? n : 0;
}

/* Takes an element in any spelling, or sets *ended at the end of the list. Returns DONE,
 * NEEDS_DIAGNOSIS, NO_MEMORY. */
static ing_result take_exactly(list_loop *l, parse_array *a, char *out, bool *ended)
{
    const parse_array_kind kind = parse_array_next(a);
    *ended = kind == PARSE_ARRAY_END;
    if (*ended)
        return ING_DONE;
    if (kind == PARSE_ARRAY_WRONG)
        return ING_NEEDS_DIAGNOSIS;
    return element_value(l->k->text, &l->element, a, kind, &l->escapes, out);
}

static inline bool fast_whole(parse_array *a, int64_t least, int64_t most, size_t width, char *out)
{
    parse_array before = *a;
    int64_t value;
    if (!parse_array_int(a, &value))
        return false;
    if (__builtin_expect(value < least || value > most, 0)) {
        *a = before;
        return false;
    }
    memcpy(out, &value, width);
    return true;
}

static inline bool fast_float64(parse_array *a, char *out)
{
    double value;
    if (!parse_array_float(a, &value))
        return false;
    memcpy(out, &value, sizeof value);
    return true;
}

/* Takes the nearest double to the nearest float, but where it lies half-way between two floats, or
 * beyond them: there the text has to be read again (C-44). */
static inline bool fast_float32(parse_array *a, char *out)
{
    parse_array before = *a;
    double wide;
    uint64_t bits;
    if (!parse_array_float(a, &wide))
        return false;
    memcpy(&bits, &wide, sizeof bits);
    const float value = (float)wide;
    if (__builtin_expect((bits & 0xfffffff) == 0 && (double)value != wide, 0) ||
        __builtin_expect(value > FLT_MAX || value < -FLT_MAX, 0)) {
        *a = before;
        return false;
    }
    memcpy(out, &value, sizeof value);
    return true;
}

/* Defines the loop of a kind of element, which appends those of a list. FAST takes a plain spelling
 * from the array `fast`, which is a copy so that it stays in registers. Returns DONE at the end of
 * the list, NEEDS_DIAGNOSIS if it does not fit, NO_MEMORY, END, FAILED. */
#define LIST_LOOP(name, FAST)                                                                      \
    static ing_result name(list_loop *l, parse_array *a)                                           \
    {                                                                                              \
        ing_stream *elements = &l->buffer->streams[0];                                             \
        const size_t width = l->width;                                                             \
        ing_result result = ING_DONE;                                                              \
        for (bool ended = false; result == ING_DONE && !ended;) {                                  \
            const size_t room = room_for_elements(l, a);                                           \
            if (room == 0)                                                                         \
                return ING_NO_MEMORY;                                                              \
            char *out = elements->bytes + elements->length;                                        \
            size_t n = 0;                                                                          \
            while (n < room && result == ING_DONE && !ended) {                                     \
                parse_array fast = *a;                                                             \
                for (; n < room && !fast.closed && (FAST); n++)                                    \
                    out += width;                                                                  \
                *a = fast;                                                                         \
                if (n == room)                                                                     \
                    break;                                                                         \
                result = take_exactly(l, a, out, &ended);                                          \
                if (result == ING_DONE && !ended) {                                                \
                    out += width;                                                                  \
                    n++;                                                                           \
                }                                                                                  \
            }                                                                                      \
            elements->length += n * width;                                                         \
            if (result == ING_DONE)                                                                \
                result = make_room(l);                                                             \
        }                                                                                          \
        return result;                                                                             \
    }

LIST_LOOP(take_any, false)
LIST_LOOP(take_int8, fast_whole(&fast, INT8_MIN, INT8_MAX, 1, out))
LIST_LOOP(take_int16, fast_whole(&fast, INT16_MIN, INT16_MAX, 2, out))
LIST_LOOP(take_int32, fast_whole(&fast, INT32_MIN, INT32_MAX, 4, out))
LIST_LOOP(take_int64, fast_whole(&fast, INT64_MIN, INT64_MAX, 8, out))
LIST_LOOP(take_uint8, fast_whole(&fast, 0, UINT8_MAX, 1, out))
LIST_LOOP(take_uint16, fast_whole(&fast, 0, UINT16_MAX, 2, out))
LIST_LOOP(take_uint32, fast_whole(&fast, 0, UINT32_MAX, 4, out))
LIST_LOOP(take_uint64, fast_whole(&fast, 0, INT64_MAX, 8, out))
LIST_LOOP(take_float32, fast_float32(&fast, out))
LIST_LOOP(take_float64, fast_float64(&fast, out))

/* Appends a piece of a string. Returns DONE, NO_MEMORY, END, FAILED. */
static ing_result take_piece(list_loop *l, const char *s, size_t n)
{
    uint64_t pos;
    if (l->may_flush && n >= ING_GIANT)
        return l->k->flush(l->k->arg, l->column, l->buffer, 1, s, n, &pos, l->k->err);
    return ing_stream_append(&l->buffer->streams[1], s, n) ? make_room(l) : ING_NO_MEMORY;
}

/* Appends a string without its escapes. Returns the same. */
static ing_result take_string(list_loop *l, const parse_array *a)
{
    const char *at = a->s, *end = a->s + a->n, *piece;
    char character[ING_SHORT_COPY] = {0};
    ing_result result = ING_DONE;
    if (!a->escaped)
        return take_piece(l, a->s, a->n);
    for (size_t n; result == ING_DONE && (n = parse_array_piece(&at, end, character, &piece)) != 0;)
        result = take_piece(l, piece, n);
    return result;
}

/* Appends the elements of a list of strings. Returns as the loops above. */
static ing_result take_strings(list_loop *l, parse_array *a)
{
    ing_stream *offsets = &l->buffer->streams[0];
    ing_result result = ING_DONE;
    while (result == ING_DONE) {
        const parse_array_kind kind = parse_array_next(a);
        if (kind != PARSE_ARRAY_STRING)
            return kind == PARSE_ARRAY_END ? ING_DONE : ING_NEEDS_DIAGNOSIS;
        const int64_t begin = (int64_t)ing_stream_end(&l->buffer->streams[1]);
        if (!ing_stream_room(offsets, sizeof begin))
            return ING_NO_MEMORY;
        memcpy(offsets->bytes + offsets->length, &begin, sizeof begin);
        offsets->length += sizeof begin;
        result = take_string(l, a);
    }
    return result;
}

static ing_result take_elements(list_loop *l, parse_array *a)
{
    switch (l->element.type) {
    case FMT_INT8: return take_int8(l, a);
    case FMT_INT16: return take_int16(l, a);
    case FMT_INT32: return take_int32(l, a);
    case FMT_INT64: return take_int64(l, a);
    case FMT_UINT8: return take_uint8(l, a);
    case FMT_UINT16: return take_uint16(l, a);
    case FMT_UINT32: return take_uint32(l, a);
    case FMT_UINT64: return take_uint64(l, a);
    case FMT_FLOAT32: return take_float32(l, a);
    case FMT_FLOAT64: return take_float64(l, a);
    case FMT_STRING: return take_strings(l, a);
    default: return take_any(l, a);
    }
}

/* Appends the list that the text of a cell is. Returns as the loops above. After NEEDS_DIAGNOSIS
 * nothing of the list is left in a column whose values may become null. */
static ing_result take_list(list_loop *l, const char *s, size_t n)
{
    ing_stream *streams = l->buffer->streams;
    const bool lenient = l->column->asked.lenient;
    ing_list_fault fault;
    l->may_flush = true;
    ing_result result = make_room(l);
    if (result == ING_DONE && lenient && n >= LONG_TEXT)
        result = ing_check_list(l->k->text, &l->column->asked.type, s, n, &fault);
    if (result != ING_DONE)
        return result;
    l->may_flush = !lenient || n >= LONG_TEXT;
    const size_t lengths[ING_STREAMS] = {streams[0].length, streams[1].length};
    parse_array a = parse_array_begin(s, n);
    result = take_elements(l, &a);
    for (uint32_t i = 0; i < ING_STREAMS && result == ING_NEEDS_DIAGNOSIS && lenient; i++)
        streams[i].length = lengths[i];
    return result;
}

/* ---- a column ---- */

/* Converts the list of a row. Returns DONE, NEEDS_DIAGNOSIS, NO_MEMORY, END, FAILED. */
static ing_result take_row(list_loop *l, const char *s, size_t n, size_t row)
{
    const ing_asked *asked = &l->column->asked;
    const ing_cell cell = ing_get_cell(&l->k->text->dialect, &asked->tokens, s, n);
    ing_result result = ING_DONE;
    const bool null = cell.null || cell.quoted_empty;
    l->buffer->facts.quoted_empty += cell.quoted_empty;
    if (!null)
        result = take_list(l, cell.s, cell.n);
    const bool misfit = result == ING_NEEDS_DIAGNOSIS && asked->lenient;
    l->buffer->facts.misfits += misfit;
    if (null || misfit)
        clear_bit(l->buffer, row);
    return misfit ? ING_DONE : result;
}

ing_result ing_convert_lists(const ing_converter *k, ing_column *column, ing_column_buffer *buffer,
                             const ing_record_batch *batch, size_t row)
{
    const field_loop f = field_loop_begin(column, batch);
    int64_t *offsets = (int64_t *)(void *)buffer->values;
    list_loop l = {.k = k,
                   .column = column,
                   .buffer = buffer,
                   .element = ing_element_type(&column->target.type),
                   .width = ing_offset_unit(&column->target)};
    ing_result result = ING_DONE;
    for (size_t i = 0; i < batch->records && result == ING_DONE; i++) {
        size_t n;
        const char *s = field_at(&f, i, &n);
        offsets[row + i] = (int64_t)(ing_stream_end(&buffer->streams[0]) / l.width);
        result = take_row(&l, s, n, row + i);
    }
    free(l.escapes.text);
    return result;
}
