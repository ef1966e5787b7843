/* Converts the fields of one column, with a loop for each kind of number. The loop takes the plain
 * spelling. Everything else (quotes, tokens, odd spellings, values that do not fit) goes through
 * convert_exactly, one cell at a time, which gives the same answer where both know one. */
#include <string.h>

#include "format/types.h"
#include "ingest/rows/fields.h"
#include "parse/grouped_fast.h"

static void store_null(const ing_column *column, ing_column_buffer *buffer, size_t row)
{
    clear_bit(buffer, row);
    ing_null_slot(column->target.type.type, column->target.width,
                  buffer->values + row * column->target.width);
}

/* Stores a value in the column's type, which was not asked for, or is a time of any unit. Returns
 * false if it is not a value of that type. */
static bool store_value(const ing_column *column, ing_column_buffer *buffer, size_t row,
                        const parse_value *value)
{
    const ing_type *type = &column->target.type;
    uint8_t *out = buffer->values + row * column->target.width;
    int64_t whole = value->integer;
    switch (type->type) {
    case FMT_INT64:
        if (!(value->class_ & (PARSE_INT | PARSE_INT_INEXACT)))
            return false;
        break;
    case FMT_FLOAT64:
        if (!(value->class_ & (PARSE_INT | PARSE_BIG | PARSE_FLOAT | PARSE_SPECIAL)))
            return false;
        memcpy(&whole, &value->number, 8);
        break;
    case FMT_BOOL8:
        if (value->class_ != PARSE_BOOL)
            return false;
        whole = value->boolean;
        break;
    case FMT_DATE64:
        if (value->class_ != PARSE_DATE)
            return false;
        whole = value->days * FMT_DAY_MILLIS;
        break;
    default: /* timestamps, times of any unit */
        if (type->type == FMT_TIMESTAMP &&
            value->class_ != (type->zone[0] ? PARSE_TIMESTAMP_OFFSET : PARSE_TIMESTAMP))
            return false;
        if ((value->digits + 2) / 3 > type->unit ||
            !parse_timestamp_units(value->seconds, value->nanos, type->unit, &whole))
            return false;
        break;
    }
    memcpy(out, &whole, column->target.width);
    return true;
}

/* Stores a value of a column whose type is still open. */
static void store_guessed(const ing_column *column, ing_column_buffer *buffer, size_t row,
                          const parse_value *value)
{
    if (store_value(column, buffer, row, value))
        return;
    ing_null_slot(column->target.type.type, column->target.width,
                  buffer->values + row * column->target.width); /* defined, though never written */
    buffer->did_not_fit = true;
}

/* Converts a cell by a form for all columns (C-79). */
static void convert_by_form(const ing_converter *converter, const ing_column *column,
                            ing_column_buffer *buffer, const ing_cell *cell, size_t row)
{
    parse_value value;
    if (ing_form_value(column->target.form, cell->s, cell->n, &value)) {
        ing_facts_add(&buffer->form_facts, &value, cell->s, cell->n, buffer->first_row + row);
    } else {
        ing_note_forms(converter->forms, &buffer->facts, cell->s, cell->n);
        value.class_ = PARSE_TEXT;
    }
    store_guessed(column, buffer, row, &value);
}

/* Converts a cell to a time of any unit (C-75). Returns false if it is none. */
static bool convert_time(const ing_column *column, ing_column_buffer *buffer, const ing_cell *cell,
                         size_t row)
{
    static const uint32_t finer[3] = {1000000000, 1000000, 1000}; /* nanos of a unit */
    parse_value value;
    if (!ing_read_time(column->asked.form, cell->s, cell->n, &value))
        return false;
    value.digits = 0; /* of the coarsest unit that holds it */
    while (value.digits < 9 && value.nanos % finer[value.digits / 3] != 0)
        value.digits += 3;
    if (value.digits > buffer->form_facts.digits)
        buffer->form_facts.digits = value.digits;
    store_guessed(column, buffer, row, &value);
    return true;
}

/* Converts a cell to the type that was asked for. Returns false if it does not fit. */
static bool convert_asked(const ing_text *text, const ing_column *column, ing_column_buffer *buffer,
                          const ing_cell *cell, size_t row)
{
    if (column->asked.any_unit)
        return convert_time(column, buffer, cell, row);
    return ing_asked_value(text, &column->asked, cell->s, cell->n,
                           buffer->values + row * column->target.width);
}

/* Converts a cell to the type that was asked for, or to null if it does not fit and that is allowed
 * (C-94). Returns DONE, NEEDS_DIAGNOSIS. */
static ing_result convert_forced(const ing_text *text, const ing_column *column,
                                 ing_column_buffer *buffer, const ing_cell *cell, size_t row)
{
    if (column->target.kind == ING_FLOAT64)
        buffer->facts.many_digits |= parse_many_digits(cell->s, cell->n);
    if (convert_asked(text, column, buffer, cell, row))
        return ING_DONE;
    if (!column->asked.lenient)
        return ING_NEEDS_DIAGNOSIS;
    buffer->facts.misfits++;
    store_null(column, buffer, row);
    return ING_DONE;
}

/* Converts one cell of a column that is not a string, without any short cut. row: of the buffer.
 * Returns DONE, NEEDS_DIAGNOSIS. */
static ing_result convert_exactly(const ing_converter *converter, const ing_column *column,
                                  ing_column_buffer *buffer, const char *s, size_t n, size_t row)
{
    const ing_text *text = converter->text;
    ing_cell cell = ing_get_cell(&text->dialect, &column->asked.tokens, s, n);
    if (cell.null || cell.quoted_empty) {
        buffer->facts.quoted_empty += cell.quoted_empty;
        store_null(column, buffer, row);
        return ING_DONE;
    }
    if (column->asked.forced)
        return convert_forced(text, column, buffer, &cell, row);
    if (column->target.form != NULL) {
        convert_by_form(converter, column, buffer, &cell, row);
        return ING_DONE;
    }
    parse_value value;
    parse_classify(cell.s, cell.n, &text->numbers, &value);
    ing_facts_add(&buffer->facts, &value, cell.s, cell.n, buffer->first_row + row);
    store_guessed(column, buffer, row, &value);
    return ING_DONE;
}

/* Defines the loop of a kind of number. FAST converts a plain spelling. If the instruction set has
 * parsers of many fields, and WHEN holds, BATCH comes first and the loop takes what BATCH leaves.
 */
#define NUMBER_LOOP(name, ctype, FAST, WHEN, BATCH)                                                \
    static ing_result name(const ing_converter *converter, const ing_column *column,               \
                           ing_column_buffer *buffer, const ing_record_batch *batch, size_t row)   \
    {                                                                                              \
        field_loop f = field_loop_begin(column, batch);                                            \
        const parse_batch *fast = f.plain && (WHEN) ? converter->fast : NULL;                      \
        uint32_t left[PARSE_BATCH_LEFT] PARSE_UNSET;                                               \
        for (size_t first = 0; first < batch->records; first += PARSE_BATCH_ROWS) {                \
            const size_t count = batch->records - first < PARSE_BATCH_ROWS                         \
                                     ? batch->records - first                                      \
                                     : PARSE_BATCH_ROWS;                                           \
            const parse_fields fields = {f.text, f.end + first * f.stride, f.stride, f.last};      \
            ctype *out = (ctype *)(void *)buffer->values + row + first;                            \
            const size_t n_left = fast != NULL ? (BATCH) : count;                                  \
            for (size_t k = 0; k < n_left; k++) {                                                  \
                const size_t i = fast != NULL ? left[k] : k;                                       \
                size_t n;                                                                          \
                const char *s = field_at(&f, first + i, &n);                                       \
                if (n == 0)                                                                        \
                    store_null(column, buffer, row + first + i);                                   \
                else if ((!f.plain || !(FAST)) && convert_exactly(converter, column, buffer, s, n, \
                                                                  row + first + i) != ING_DONE)    \
                    return ING_NEEDS_DIAGNOSIS;                                                    \
            }                                                                                      \
        }                                                                                          \
        return ING_DONE;                                                                           \
    }

static inline bool fast_date(const char *s, size_t n, int64_t *out)
{
    if (!parse_date_fast(s, n, out))
        return false;
    *out *= FMT_DAY_MILLIS;
    return true;
}

/* Converts a timestamp without offset, or, in a column with offsets, one that ends in Z. */
static inline bool fast_timestamp(const ing_column *column, ing_column_buffer *buffer,
                                  uint32_t digits, const char *s, size_t n, int64_t *out)
{
    if (column->target.type.zone[0] != 0) {
        if (s[n - 1] != 'Z' || (buffer->facts.has_offset && buffer->facts.offset != 0))
            return false;
        n--;
        buffer->facts.has_offset = true; /* offset is 0 */
    }
    return parse_timestamp_fast(s, n, digits, out);
}

/* Notes timestamps of offset 0, as ing_facts_add does. */
static inline void note_utc(ing_facts *facts)
{
    facts->mixed_offsets |= facts->has_offset && facts->offset != 0;
    if (!facts->has_offset || facts->offset > 0)
        facts->offset = 0;
    facts->has_offset = true;
}

static size_t batch_timestamp(const parse_batch *fast, const ing_column *column,
                              ing_column_buffer *buffer, const parse_fields *fields, size_t count,
                              int64_t *out, uint32_t *left)
{
    const bool utc = column->target.type.zone[0] != 0;
    size_t n_left = fast->timestamp(fields, count, column->target.type.unit * 3u, utc, out, left);
    if (utc && n_left < count)
        note_utc(&buffer->facts);
    return n_left;
}

NUMBER_LOOP(convert_int64, int64_t, parse_int64_fast(s, n, &out[i]), true,
            fast->int64(&fields, count, out, left))
NUMBER_LOOP(convert_float64, double,
            converter->text->numbers.decimal == '.' && parse_float64_fast(s, n, &out[i]),
            converter->text->numbers.decimal == '.', fast->float64(&fields, count, out, left))
NUMBER_LOOP(convert_bool, uint8_t, parse_bool_fast(s, n, &out[i]), true,
            fast->boolean(&fields, count, out, left))
NUMBER_LOOP(convert_date, int64_t, fast_date(s, n, &out[i]), true,
            fast->date(&fields, count, FMT_DAY_MILLIS, out, left))
NUMBER_LOOP(convert_timestamp, int64_t,
            fast_timestamp(column, buffer, column->target.type.unit * 3u, s, n, &out[i]),
            column->target.type.unit < 3,
            batch_timestamp(fast, column, buffer, &fields, count, out, left))

/* Returns how the numbers of a column may be written. */
static inline const parse_marks *marks_of(const ing_converter *converter, const ing_column *column)
{
    return column->target.form != NULL ? &column->target.form->marks : &converter->text->marks;
}

/* Returns true if the ways for grouped numbers are the faster ones, or the only ones. All give the
 * same values. */
static bool is_marked(const ing_converter *converter, const ing_column *column)
{
    return column->target.grouped || column->target.form != NULL ||
           (column->target.kind == ING_FLOAT64 && converter->text->numbers.decimal != '.');
}

NUMBER_LOOP(convert_int64_marked, int64_t,
            parse_int64_marked(s, n, marks_of(converter, column), &buffer->facts.grouped, &out[i]),
            true,
            fast->int64_marked(&fields, count, marks_of(converter, column), &buffer->facts.grouped,
                               out, left))
NUMBER_LOOP(convert_float64_marked, double,
            parse_float64_marked(s, n, marks_of(converter, column), &buffer->facts.grouped,
                                 &out[i]),
            true,
            fast->float64_marked(&fields, count, marks_of(converter, column),
                                 &buffer->facts.grouped, out, left))

/* Reads texts of a form fast. An offset that a plan takes is 0. */
static size_t batch_form(const parse_batch *fast, const ing_column *column,
                         ing_column_buffer *buffer, const parse_fields *fields, size_t count,
                         int64_t *out, uint32_t *left)
{
    const size_t n_left = fast->form(fields, count, column->target.plan, out, left);
    if (column->target.form != NULL && column->target.form->parts.has_offset && n_left < count)
        note_utc(&buffer->form_facts);
    return n_left;
}

static inline bool fast_form(const ing_column *column, ing_column_buffer *buffer, const char *s,
                             size_t n, int64_t *out)
{
    if (!parse_plan_value(column->target.plan, s, n, out))
        return false;
    if (column->target.form != NULL && column->target.form->parts.has_offset)
        note_utc(&buffer->form_facts);
    return true;
}

/* Does the same for types of four bytes. */
static size_t batch_narrow(const parse_batch *fast, const ing_column *column,
                           const parse_fields *fields, size_t count, int32_t *out, uint32_t *left)
{
    int64_t wide[PARSE_BATCH_ROWS] PARSE_UNSET;
    const size_t n_left = fast->form(fields, count, column->target.plan, wide, left);
    for (size_t i = 0; i < count && n_left < count; i++)
        out[i] = (int32_t)wide[i];
    return n_left;
}

static inline bool fast_narrow(const ing_column *column, const char *s, size_t n, int32_t *out)
{
    int64_t wide;
    if (!parse_plan_value(column->target.plan, s, n, &wide))
        return false;
    *out = (int32_t)wide;
    return true;
}

/* Reads integers fast, but for INT64_MIN, which is no instant (C-42). */
static size_t batch_epoch(const parse_batch *fast, const parse_fields *fields, size_t count,
                          int64_t *out, uint32_t *left)
{
    const size_t n_left = fast->int64(fields, count, out, left);
    for (size_t i = 0; i < count; i++)
        if (out[i] == INT64_MIN)
            return parse_batch_leave_all(count, left);
    return n_left;
}

NUMBER_LOOP(convert_form, int64_t, fast_form(column, buffer, s, n, &out[i]),
            column->target.plan->batch, batch_form(fast, column, buffer, &fields, count, out, left))
NUMBER_LOOP(convert_narrow, int32_t, fast_narrow(column, s, n, &out[i]), column->target.plan->batch,
            batch_narrow(fast, column, &fields, count, out, left))
NUMBER_LOOP(convert_epoch, int64_t, parse_int64_fast(s, n, &out[i]) && out[i] != INT64_MIN, true,
            batch_epoch(fast, &fields, count, out, left))

/* Looks for integers beyond 2^53: the fast path does not tell INT from INT_INEXACT. */
static void note_inexact(ing_column_buffer *buffer, size_t row, size_t n)
{
    const int64_t *values = (const int64_t *)(const void *)buffer->values + row;
    const int64_t exact = INT64_C(1) << 53;
    /* The values are shifted to begin at 0: a sum and an or, for which every machine has vectors.
     */
    uint64_t any = 0;
    for (size_t i = 0; i < n; i++)
        any |= (uint64_t)values[i] + (uint64_t)exact;
    if (any <= 2 * (uint64_t)exact)
        return;
    for (size_t i = 0; i < n; i++)
        if (values[i] > exact || values[i] < -exact) {
            double nearest = (double)values[i];
            if (nearest >= 9223372036854775808.0 || (int64_t)nearest != values[i])
                buffer->facts.classes |= PARSE_INT_INEXACT;
        }
}

static ing_result convert_cells(const ing_converter *converter, const ing_column *column,
                                ing_column_buffer *buffer, const ing_record_batch *batch,
                                size_t row)
{
    field_loop f = field_loop_begin(column, batch);
    for (size_t i = 0; i < batch->records; i++) {
        size_t n;
        const char *s = field_at(&f, i, &n);
        if (convert_exactly(converter, column, buffer, s, n, row + i) != ING_DONE)
            return ING_NEEDS_DIAGNOSIS;
    }
    return ING_DONE;
}

/* Makes rows [row, row + n) of a buffer null. */
static void store_nulls(const ing_column *column, ing_column_buffer *buffer, size_t row, size_t n)
{
    const int64_t end =
        (int64_t)(ing_stream_end(&buffer->streams[0]) / ing_offset_unit(&column->target));
    const size_t width = column->target.width;
    const bool offsets = ing_streams(&column->target) != 0;
    for (size_t i = row; i < row + n; i++) {
        clear_bit(buffer, i);
        if (offsets)
            memcpy(buffer->values + i * width, &end, sizeof end);
        else if (column->target.kind == ING_DICTIONARY)
            memset(buffer->values + i * width, 0, width);
        else
            ing_null_slot(column->target.type.type, column->target.width,
                          buffer->values + i * width);
    }
}

ing_result ing_convert(const ing_converter *converter, ing_column *column,
                       ing_column_buffer *buffer, const ing_record_batch *batch, size_t row)
{
    ing_result result = ING_DONE;
    if (ing_layout_field(batch->layout, column->asked.field) == ING_NO_FIELD) {
        if (column->asked.of_file)
            return ing_convert_path(column, buffer, batch, row);
        store_nulls(column, buffer, row, batch->records);
        return ING_DONE;
    }
    if (buffer->seek_rows != 0) /* of strings only */
        ing_seek_text(converter->text, column, buffer, batch, row);
    /* The fast paths add nothing to the facts: the sample, which chose the kind, had such a value.
     */
    switch (column->target.kind) {
    case ING_INT64:
        result = (is_marked(converter, column) ? convert_int64_marked : convert_int64)(
            converter, column, buffer, batch, row);
        note_inexact(buffer, row, batch->records);
        return result;
    case ING_FLOAT64:
        return (is_marked(converter, column) ? convert_float64_marked : convert_float64)(
            converter, column, buffer, batch, row);
    case ING_BOOL: return convert_bool(converter, column, buffer, batch, row);
    case ING_DATE: return convert_date(converter, column, buffer, batch, row);
    case ING_TIMESTAMP: return convert_timestamp(converter, column, buffer, batch, row);
    case ING_FORM:
        return column->target.width == 4 ? convert_narrow(converter, column, buffer, batch, row)
                                         : convert_form(converter, column, buffer, batch, row);
    case ING_EPOCH: return convert_epoch(converter, column, buffer, batch, row);
    case ING_LIST: return ing_convert_lists(converter, column, buffer, batch, row);
    case ING_STRING: return ing_convert_strings(converter, column, buffer, batch, row);
    case ING_DICTIONARY: return ing_convert_dictionary(converter, column, buffer, batch, row);
    default: return convert_cells(converter, column, buffer, batch, row);
    }
}
