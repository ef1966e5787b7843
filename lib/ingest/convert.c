/* Fields of one column to a lane, a loop for each kind of column. The loop takes the plain
 * spelling; everything else (quotes, tokens, odd spellings, misfits) goes through `exactly`, one
 * cell at a time, which gives the same answer for what both know. */
#include <stdlib.h>
#include <string.h>

#include "format/types.h"
#include "ingest/distinct_find.h"
#include "ingest/ingest.h"

typedef struct field_loop {
    const char *text;
    const uint32_t *end; /* of the field in the first record */
    size_t stride;       /* entries from one record to the next */
    bool last;           /* the last field of the record: a CR before the LF is not its text */
    bool plain; /* what the fast paths take is a value for sure: no null token is one, and what
                   would be trimmed they leave */
} field_loop;

static inline field_loop field_loop_begin(const ing_job *job, const ing_column *column,
                                          const ing_run *run)
{
    field_loop f = {(const char *)run->text, run->ends + column->asked.field, job->text.n_fields,
                    column->asked.field + 1 == job->text.n_fields, !column->asked.tokens.values};
    return f;
}

static inline const char *field_at(const field_loop *f, size_t record, size_t *n)
{
    const uint32_t *end = f->end + record * f->stride;
    uint32_t begin = end[-1] + 1; /* ends[-1] is UINT32_MAX: wraps to 0 */
    uint32_t length = *end - begin;
    if (f->last && length != 0 && f->text[*end - 1] == '\r')
        length--;
    *n = length;
    return f->text + begin;
}

static uint64_t row_of(const ing_job *job, const ing_lane *lane, size_t row)
{
    return lane->block * job->text.block_rows + row;
}

static inline void clear_bit(ing_lane *lane, size_t row)
{
    lane->validity[row >> 3] &= (uint8_t)~(1u << (row & 7));
    lane->null_count++;
}

static void store_null(const ing_column *column, ing_lane *lane, size_t row)
{
    clear_bit(lane, row);
    ing_null_slot(column->target.type.type, column->target.width,
                  lane->values + row * column->target.width);
}

/* Stores a classified value in the column's type. false: it is not one of that type. */
static bool store_value(const ing_column *column, ing_lane *lane, size_t row,
                        const parse_value *value)
{
    uint8_t *out = lane->values + row * column->target.width;
    int64_t whole = value->integer;
    switch (column->target.kind) {
    case ING_INT64:
        if (!(value->class_ & (PARSE_INT | PARSE_INT_INEXACT)))
            return false;
        break;
    case ING_FLOAT64:
        if (!(value->class_ & (PARSE_INT | PARSE_BIG | PARSE_FLOAT | PARSE_SPECIAL)))
            return false;
        memcpy(&whole, &value->number, 8);
        break;
    case ING_BOOL:
        if (value->class_ != PARSE_BOOL)
            return false;
        *out = value->boolean;
        return true;
    case ING_DATE:
        if (value->class_ != PARSE_DATE)
            return false;
        whole = value->days * FMT_DAY_MILLIS;
        break;
    default: /* TIMESTAMP */
        if (value->class_ !=
                (column->target.type.zone[0] ? PARSE_TIMESTAMP_OFFSET : PARSE_TIMESTAMP) ||
            (value->digits + 2) / 3 > column->target.type.unit)
            return false;
        if (!parse_timestamp_units(value->seconds, value->nanos, column->target.type.unit, &whole))
            return false;
        break;
    }
    memcpy(out, &whole, 8);
    return true;
}

/* One cell of a column that is not a string, without any short cut. row: of the lane. */
static int exactly(const ing_job *job, const ing_column *column, ing_lane *lane, const char *s,
                   size_t n, size_t row)
{
    ing_cell cell = ing_get_cell(job, column, s, n);
    if (cell.null || cell.quoted_empty) {
        lane->facts.quoted_empty += cell.quoted_empty;
        store_null(column, lane, row);
        return ING_DONE;
    }
    if (column->asked.forced)
        return ing_forced_value(job, &column->target.type, cell.s, cell.n,
                                lane->values + row * column->target.width)
                   ? ING_DONE
                   : ING_SUSPECT;
    parse_value value;
    parse_classify(cell.s, cell.n, job->text.decimal_comma, &value);
    ing_facts_add(&lane->facts, &value, cell.s, cell.n, row_of(job, lane, row));
    if (!store_value(column, lane, row, &value)) {
        ing_null_slot(column->target.type.type, column->target.width,
                      lane->values +
                          row * column->target.width); /* defined, though never written */
        lane->misfit = true;
    }
    return ING_DONE;
}

/* The loop of a kind whose plain spelling FAST(s, n, &lane value) knows. Where the instruction set
 * has batches and WHEN, BATCH comes first, and the loop is for what it leaves. */
#define NUMBER_LOOP(name, ctype, FAST, WHEN, BATCH)                                                \
    static int name(const ing_job *job, const ing_column *column, ing_lane *lane,                  \
                    const ing_run *run, size_t row)                                                \
    {                                                                                              \
        field_loop f = field_loop_begin(job, column, run);                                         \
        const parse_batch *batch = f.plain && (WHEN) ? job->batch : NULL;                          \
        uint32_t left[PARSE_BATCH_LEFT] PARSE_UNSET;                                               \
        for (size_t first = 0; first < run->records; first += PARSE_BATCH_ROWS) {                  \
            const size_t count =                                                                   \
                run->records - first < PARSE_BATCH_ROWS ? run->records - first : PARSE_BATCH_ROWS; \
            const parse_fields fields = {f.text, f.end + first * f.stride, f.stride, f.last};      \
            ctype *out = (ctype *)(void *)lane->values + row + first;                              \
            const size_t n_left = batch != NULL ? (BATCH) : count;                                 \
            for (size_t k = 0; k < n_left; k++) {                                                  \
                const size_t i = batch != NULL ? left[k] : k;                                      \
                size_t n;                                                                          \
                const char *s = field_at(&f, first + i, &n);                                       \
                if (n == 0)                                                                        \
                    store_null(column, lane, row + first + i);                                     \
                else if ((!f.plain || !(FAST)) &&                                                  \
                         exactly(job, column, lane, s, n, row + first + i) != ING_DONE)            \
                    return ING_SUSPECT;                                                            \
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

/* A timestamp without offset, or, in a column with offsets, one that ends in Z. */
static inline bool fast_timestamp(const ing_column *column, ing_lane *lane, uint32_t digits,
                                  const char *s, size_t n, int64_t *out)
{
    if (column->target.type.zone[0] != 0) {
        if (s[n - 1] != 'Z' || (lane->facts.has_offset && lane->facts.offset != 0))
            return false;
        n--;
        lane->facts.has_offset = true; /* offset is 0 */
    }
    return parse_timestamp_fast(s, n, digits, out);
}

static size_t batch_timestamp(const parse_batch *batch, const ing_column *column, ing_lane *lane,
                              const parse_fields *fields, size_t count, int64_t *out,
                              uint32_t *left)
{
    const bool utc = column->target.type.zone[0] != 0;
    size_t n_left = batch->timestamp(fields, count, column->target.type.unit * 3u, utc, out, left);
    if (utc && n_left < count) { /* as ing_facts_add does for one */
        lane->facts.mixed_offsets |= lane->facts.has_offset && lane->facts.offset != 0;
        lane->facts.offset = 0;
        lane->facts.has_offset = true;
    }
    return n_left;
}

NUMBER_LOOP(convert_int64, int64_t, parse_int64_fast(s, n, &out[i]), true,
            batch->int64(&fields, count, out, left))
NUMBER_LOOP(convert_float64, double, !job->text.decimal_comma && parse_float64_fast(s, n, &out[i]),
            !job->text.decimal_comma, batch->float64(&fields, count, out, left))
NUMBER_LOOP(convert_bool, uint8_t, parse_bool_fast(s, n, &out[i]), true,
            batch->boolean(&fields, count, out, left))
NUMBER_LOOP(convert_date, int64_t, fast_date(s, n, &out[i]), true,
            batch->date(&fields, count, FMT_DAY_MILLIS, out, left))
NUMBER_LOOP(convert_timestamp, int64_t,
            fast_timestamp(column, lane, column->target.type.unit * 3u, s, n, &out[i]),
            column->target.type.unit < 3,
            batch_timestamp(batch, column, lane, &fields, count, out, left))

/* The fast path tells INT from INT_INEXACT no better than the column does: look whether there was
 * one beyond 2^53. */
static void note_inexact(ing_lane *lane, size_t row, size_t n)
{
    const int64_t *values = (const int64_t *)(const void *)lane->values + row;
    const int64_t exact = INT64_C(1) << 53;
    uint64_t any = 0; /* of the values shifted to begin at 0: a sum and an or, for which every
                         machine has vectors */
    for (size_t i = 0; i < n; i++)
        any |= (uint64_t)values[i] + (uint64_t)exact;
    if (any <= 2 * (uint64_t)exact)
        return;
    for (size_t i = 0; i < n; i++)
        if (values[i] > exact || values[i] < -exact) {
            double nearest = (double)values[i];
            if (nearest >= 9223372036854775808.0 || (int64_t)nearest != values[i])
                lane->facts.classes |= PARSE_INT_INEXACT;
        }
}

static int convert_cells(const ing_job *job, const ing_column *column, ing_lane *lane,
                         const ing_run *run, size_t row)
{
    field_loop f = field_loop_begin(job, column, run);
    for (size_t i = 0; i < run->records; i++) {
        size_t n;
        const char *s = field_at(&f, i, &n);
        if (exactly(job, column, lane, s, n, row + i) != ING_DONE)
            return ING_SUSPECT;
    }
    return ING_DONE;
}

#define SHORT_COPY                                                                                 \
    64 /* what is copied at once, whatever the length: no loop whose end nobody predicts. At most  \
          CSV_SLACK */

static bool room_for_bytes(ing_lane *lane, size_t n)
{
    size_t capacity = lane->bytes_capacity ? lane->bytes_capacity * 2
                                           : 2 * SHORT_COPY; /* there may be 100,000 lanes */
    while (capacity - lane->bytes_length < n + SHORT_COPY)
        capacity *= 2;
    char *bytes = realloc(lane->bytes, capacity);
    if (bytes == NULL)
        return false;
    lane->bytes = bytes;
    lane->bytes_capacity = capacity;
    return true;
}

static inline bool append_bytes(ing_lane *lane, const char *s, size_t n)
{
    if (__builtin_expect(lane->bytes_capacity - lane->bytes_length < n + SHORT_COPY, 0) &&
        !room_for_bytes(lane, n))
        return false;
    memcpy(lane->bytes + lane->bytes_length, s, SHORT_COPY);
    if (n > SHORT_COPY)
        memcpy(lane->bytes + lane->bytes_length + SHORT_COPY, s + SHORT_COPY, n - SHORT_COPY);
    lane->bytes_length += n;
    return true;
}

static void store_code(const ing_column *column, ing_lane *lane, size_t row, uint32_t code)
{
    if (column->target.width == 2)
        ((uint16_t *)(void *)lane->values)[row] = (uint16_t)code;
    else
        ((uint32_t *)(void *)lane->values)[row] = code;
}

/* A string that may be a bound (F-47). DONE, or END: the job has been stopped. */
static int take_bound(ing_job *job, ing_lane *lane, const char *s, size_t n, uint64_t place)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    int result = ing_bounds_take(&lane->bounds, s, n, place, &err);
    if (result == ING_DONE)
        return ING_DONE;
    if (result == ING_NO_MEMORY)
        shm_fail_memory(&err);
    ing_stop_failed(&job->control, &err);
    return ING_END;
}

/* A field of the run, with its first sixteen bytes as a number that orders as they do, but for
 * ties. */
typedef struct candidate {
    const char *s;
    size_t n;
    unsigned __int128 prefix;
} candidate;

/* The smallest and the largest string of a run, where they stand in its text: they are copied only
 * once they are the run's last word. */
typedef struct extremes {
    candidate smallest, largest;
    bool any;
} extremes;

static int order_of_texts(const candidate *x, const candidate *y)
{
    int order = memcmp(x->s, y->s, x->n < y->n ? x->n : y->n);
    return order != 0 ? order : (x->n > y->n) - (x->n < y->n);
}

static inline bool is_below(const candidate *x, const candidate *y)
{
    return x->prefix != y->prefix ? x->prefix < y->prefix : order_of_texts(x, y) < 0;
}

static inline void extremes_add(extremes *e, const char *s, size_t n)
{
    const candidate x = {
        s, n, (unsigned __int128)ing_prefix(s, n) << 64 | (n > 8 ? ing_prefix(s + 8, n - 8) : 0)};
    if (!e->any) {
        e->smallest = e->largest = x;
        e->any = true;
    } else if (x.prefix >= e->largest.prefix &&
               is_below(&e->largest, &x)) { /* asked first: many columns ascend */
        e->largest = x;
    } else if (x.prefix <= e->smallest.prefix && is_below(&x, &e->smallest)) {
        e->smallest = x;
    }
}

static int extremes_end(ing_job *job, ing_lane *lane, const extremes *e)
{
    if (!e->any)
        return ING_DONE;
    int result = take_bound(job, lane, e->smallest.s, e->smallest.n, ING_NO_PLACE);
    return result == ING_DONE ? take_bound(job, lane, e->largest.s, e->largest.n, ING_NO_PLACE)
                              : result;
}

static int spill_string(ing_job *job, ing_column *column, ing_lane *lane, extremes *e,
                        const char *s, size_t n)
{
    uint64_t place;
    int result = ing_spill(job, column, lane, s, n, &place);
    if (result == ING_DONE && n >= ING_GIANT)
        return take_bound(job, lane, s, n, place);
    extremes_add(e, s, n);
    return result;
}

/* A field as a cell: ing_get_cell, but for what needs no call. */
static inline ing_cell cell_of(const ing_job *job, const ing_column *column, char quote, bool trim,
                               const char *s, size_t n)
{
    const bool quoted = n >= 2 && s[0] == quote;
    const ing_cell cell = {s + quoted, n - 2u * quoted, n == 0, quoted && n == 2};
    if (__builtin_expect((column->asked.tokens.lengths & ing_length_bit(cell.n)) != 0, 0) &&
        (column->asked.tokens.firsts & ing_first_bit(cell.s[0])) != 0)
        return ing_get_cell(job, column, s, n);
    if (trim && n != 0 && (s[0] == ' ' || s[0] == '\t' || s[n - 1] == ' ' || s[n - 1] == '\t'))
        return ing_get_cell(job, column, s, n);
    return cell;
}

/* What the loops over strings share. */
typedef struct string_loop {
    field_loop fields;
    ing_job *job;
    ing_column *column;
    ing_lane *lane;
    const ing_run *run;
    char quote;
    bool trim;
} string_loop;

static string_loop string_loop_begin(ing_job *job, ing_column *column, ing_lane *lane,
                                     const ing_run *run)
{
    const char quote = job->text.dialect.quoting ? (char)job->text.dialect.quote
                                                 : 0; /* no field begins with a NUL: C-4 */
    return (string_loop){field_loop_begin(job, column, run), job, column, lane, run, quote,
                         job->text.dialect.trim != 0};
}

/* Takes note of what a value says of the column, until the lane has shown that nothing can come of
 * it. Not inlined: the loops have no room for what is rare. */
__attribute__((noinline)) static void watch(const ing_job *job, ing_lane *lane, const char *text,
                                            size_t n, size_t row)
{
    ing_facts *f = &lane->facts;
    parse_value value;
    if (ing_facts_again(f, text, n))
        return;
    parse_classify(text, n, job->text.decimal_comma, &value);
    ing_facts_add(f, &value, text, n, row_of(job, lane, row));
    lane->watch = !ing_string_for_good(f) || ing_hint_possible(f);
}

/* Looks for the first TEXT value in a column that is known to have one, and whose values are not
 * watched for another reason. */
static void seek_text(ing_job *job, ing_column *column, ing_lane *lane, const ing_run *run,
                      size_t row)
{
    const string_loop l = string_loop_begin(job, column, lane, run);
    for (size_t i = 0; i < run->records && row_of(job, lane, row + i) < lane->seek_rows; i++) {
        size_t n;
        const char *s = field_at(&l.fields, i, &n);
        const ing_cell cell = cell_of(job, column, l.quote, l.trim, s, n);
        parse_value value = {0};
        if (!cell.null && !cell.quoted_empty)
            parse_classify(cell.s, cell.n, job->text.decimal_comma, &value);
        if (value.class_ == PARSE_TEXT) {
            ing_facts_first(&lane->facts, cell.s, cell.n, row_of(job, lane, row + i));
            lane->seek_rows = 0;
        }
    }
}

/* The cell of a record; what it says of the column's type is noted, and its validity if it is null.
 */
static inline ing_cell take_cell(const string_loop *l, size_t record, size_t row)
{
    size_t n;
    const char *s = field_at(&l->fields, record, &n);
    ing_cell cell = cell_of(l->job, l->column, l->quote, l->trim, s, n);
    if (cell.null) {
        clear_bit(l->lane, row);
        return cell;
    }
    l->lane->facts.quoted_empty += cell.quoted_empty;
    if (l->lane->watch && !cell.quoted_empty)
        watch(l->job, l->lane, cell.s, cell.n, row);
    return cell;
}

/* The code of any cell. Not inlined: the loop below has no room for what is rare. */
__attribute__((noinline)) static int take_code(const string_loop *l, size_t record, size_t row)
{
    const ing_cell cell = take_cell(l, record, row);
    uint32_t code = 0; /* that of a null too; and of a value for which a set that is full has none:
                          the column will be read again */
    if (!cell.null &&
        !ing_table_find(ing_distinct_table(l->column->target.set), cell.s, cell.n, &code) &&
        ing_distinct_code(l->column->target.set, cell.s, cell.n, &code) == ING_DISTINCT_NO_MEMORY)
        return ING_NO_MEMORY;
    l->lane->text_bytes += cell.n;
    store_code(l->column, l->lane, row, code);
    return ING_DONE;
}

/* Codes of two bytes, of a column that is not trimmed. What stands in the set is a value: no null
 * token does (C-22). watched: only the text that has been seen need not be looked at. */
static inline int dictionary_loop(string_loop l, size_t row, bool last, bool watched)
{
    const ing_table *table = ing_distinct_table(l.column->target.set);
    uint16_t *out = (uint16_t *)(void *)l.lane->values + row;
    uint64_t text_bytes = 0;
    l.fields.last = last;
    for (size_t i = 0; i < l.run->records; i++) {
        size_t n;
        uint32_t code;
        const char *s = field_at(&l.fields, i, &n);
        if (n != 0 && s[0] != l.quote && ing_table_find(table, s, n, &code) &&
            (!watched || ing_facts_again(&l.lane->facts, s, n))) {
            text_bytes += n;
            out[i] = (uint16_t)code;
        } else if (take_code(&l, i, row + i) != ING_DONE) {
            return ING_NO_MEMORY;
        }
    }
    l.lane->text_bytes += text_bytes;
    return ING_DONE;
}

static int convert_dictionary(ing_job *job, ing_column *column, ing_lane *lane, const ing_run *run,
                              size_t row)
{
    const string_loop l = string_loop_begin(job, column, lane, run);
    const bool fast = !l.trim && column->target.width == 2;
    if (fast && lane->watch)
        return dictionary_loop(l, row, l.fields.last, true);
    if (fast)
        return l.fields.last ? dictionary_loop(l, row, true, false)
                             : dictionary_loop(l, row, false, false);
    for (size_t i = 0; i < run->records; i++)
        if (take_code(&l, i, row + i) != ING_DONE)
            return ING_NO_MEMORY;
    return ING_DONE;
}

static int convert_strings(ing_job *job, ing_column *column, ing_lane *lane, const ing_run *run,
                           size_t row)
{
    const string_loop l = string_loop_begin(job, column, lane, run);
    int64_t *offsets = (int64_t *)(void *)lane->values;
    ing_tally *tally = column->target.tally != NULL && ing_tally_begin(column->target.tally)
                           ? column->target.tally
                           : NULL;
    ing_distinct *set = column->target.set != NULL && !ing_distinct_full(column->target.set)
                            ? column->target.set
                            : NULL;
    ing_tally_news news = {0, 0};
    extremes e = {.any = false};
    int result = ING_DONE;
    for (size_t i = 0; i < run->records && result == ING_DONE; i++) {
        const ing_cell cell = take_cell(&l, i, row + i);
        uint32_t unused;
        offsets[row + i] = (int64_t)(lane->bytes_flushed + lane->bytes_length);
        if (cell.null)
            continue;
        if (tally != NULL)
            ing_tally_add(tally, cell.s, cell.n, &news);
        else if (set != NULL &&
                 ing_distinct_code(set, cell.s, cell.n, &unused) == ING_DISTINCT_NO_MEMORY)
            return ING_NO_MEMORY; /* there is no tally beside a set */
        if (__builtin_expect(cell.n >= ING_GIANT ||
                                 lane->bytes_length + lane->others > job->limits.strings,
                             0)) {
            result = spill_string(job, column, lane, &e, cell.s, cell.n);
            continue;
        }
        extremes_add(&e, cell.s, cell.n);
        if (!append_bytes(lane, cell.s, cell.n))
            result = ING_NO_MEMORY;
    }
    if (tally != NULL)
        ing_tally_end(tally, &news);
    lane->text_bytes = lane->bytes_flushed + lane->bytes_length;
    return result == ING_DONE ? extremes_end(job, lane, &e) : result;
}

int ing_convert(ing_job *job, ing_column *column, ing_lane *lane, const ing_run *run, size_t row)
{
    int result = ING_DONE;
    if (lane->seek_rows != 0) /* of strings only */
        seek_text(job, column, lane, run, row);
    /* What the fast paths take adds nothing to the facts: the sample that chose the kind had such a
     * value. */
    switch (column->target.kind) {
    case ING_INT64:
        result = convert_int64(job, column, lane, run, row);
        note_inexact(lane, row, run->records);
        return result;
    case ING_FLOAT64: return convert_float64(job, column, lane, run, row);
    case ING_BOOL: return convert_bool(job, column, lane, run, row);
    case ING_DATE: return convert_date(job, column, lane, run, row);
    case ING_TIMESTAMP: return convert_timestamp(job, column, lane, run, row);
    case ING_STRING: return convert_strings(job, column, lane, run, row);
    case ING_DICTIONARY: return convert_dictionary(job, column, lane, run, row);
    default: return convert_cells(job, column, lane, run, row);
    }
}
