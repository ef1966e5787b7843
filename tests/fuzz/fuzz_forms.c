/* Any bytes as a declared form (C-71) or the marks of a number (C-41, C-77, C-78), and as texts of
 * such a column: what the fast ways and the batches of each instruction set claim are the values of
 * the exact readers, whose answers depend on the text alone. Every text has exactly PARSE_SLACK
 * bytes around it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/index.h"
#include "fuzz.h"
#include "parse/batch.h"
#include "parse/form.h"
#include "parse/grouped_fast.h"
#include "sys/sys.h"

enum { HEAD = 3, ROWS = 96 };

/* The columns that an input may make. */
typedef enum kind { FORM, MARKS, GROUPS, CLASSES } kind;

typedef struct column {
    kind kind;
    char junk;         /* around the texts */
    unsigned unit;     /* FORM: of parse_plan_unit or parse_timestamp_units */
    uint32_t digits;   /* FORM, CLASSES: of each fraction */
    parse_form form;   /* FORM */
    parse_plan plan;   /* FORM */
    parse_marks marks; /* the others */
    const char *texts[ROWS];
    size_t sizes[ROWS], n;
} column;

/* The ways to read a text of a column that is no form. */
typedef enum way { INTEGER, REAL, BOOLEAN, DAY, MOMENT, WAYS } way;

static void fail(const column *c, const char *what, size_t row)
{
    fprintf(stderr, "%s: \"%.*s\"\n", what, (int)c->sizes[row], c->texts[row]);
    abort();
}

/* Copies a text into memory with PARSE_SLACK bytes of junk around it. Free it with free_text. */
static char *put_text(const column *c, size_t row, char junk)
{
    char *memory = malloc(c->sizes[row] + 2 * PARSE_SLACK);
    if (memory == NULL)
        abort();
    memset(memory, junk, c->sizes[row] + 2 * PARSE_SLACK);
    memcpy(memory + PARSE_SLACK, c->texts[row], c->sizes[row]);
    return memory + PARSE_SLACK;
}

static void free_text(char *text)
{
    free(text - PARSE_SLACK);
}

/* ---- exact ---- */

/* Gives the count that a text of a form is. Returns false if it has none. */
static bool form_count(const column *c, const char *s, size_t n, uint64_t *bits)
{
    parse_value value;
    int64_t count;
    if (!parse_form_value(&c->form, s, n, &value))
        return false;
    count = value.days;
    if (c->unit != PARSE_PLAN_DAYS &&
        !parse_timestamp_units(c->form.has_time ? value.seconds : value.days * 86400, value.nanos,
                               c->unit, &count))
        return false;
    *bits = (uint64_t)count;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Returns true if a group mark stands between digits. A space may also stand before a sign. */
static bool has_groups(const parse_style *style, const char *s, size_t n)
{
    const size_t size = style->group_size;
    for (size_t i = 1; size != 0 && i + size < n; i++)
        if (is_digit(s[i - 1]) && is_digit(s[i + size]) && memcmp(s + i, style->group, size) == 0)
            return true;
    return false;
}

/* Gives the number that a text with marks is, or returns false. *grouped: its digits are. */
static bool marked_number(const column *c, const char *s, size_t n, way way, bool *grouped,
                          uint64_t *bits)
{
    parse_value value;
    double number = 0;
    bool fits;
    if (c->marks.currency_size != 0 || c->marks.percent) {
        *grouped = has_groups(&c->marks.style, s, n);
        if (way == INTEGER)
            return parse_asked_integer(s, n, &c->marks, UINT64_C(1) << 63, INT64_MAX, bits);
        fits = parse_asked_float64(s, n, &c->marks, &number);
    } else {
        parse_classify(s, n, &c->marks.style, &value);
        *grouped = value.grouped;
        *bits = (uint64_t)value.integer;
        if (way == INTEGER)
            return (value.class_ & (PARSE_INT | PARSE_INT_INEXACT)) != 0;
        fits = (value.class_ & (PARSE_INT | PARSE_FLOAT)) != 0 && !value.many_digits;
        number = value.number;
    }
    memcpy(bits, &number, 8);
    return fits;
}

/* Gives the value of a text by its class, or returns false. */
static bool class_value(const column *c, const char *s, size_t n, way way, uint64_t *bits)
{
    static const unsigned units[10] = {0, 9, 9, 1, 9, 9, 2, 9, 9, 3};
    parse_value value;
    int64_t count = 0;
    parse_classify(s, n, &parse_style_plain, &value);
    switch (way) {
    case BOOLEAN: *bits = value.boolean; return value.class_ == PARSE_BOOL;
    case DAY: *bits = (uint64_t)value.days; return value.class_ == PARSE_DATE;
    default: break;
    }
    const bool fits = value.class_ == PARSE_TIMESTAMP && value.digits == c->digits &&
                      units[c->digits] != 9 &&
                      parse_timestamp_units(value.seconds, value.nanos, units[c->digits], &count);
    *bits = (uint64_t)count;
    return fits;
}

static bool exact(const column *c, const char *s, size_t n, way way, bool *grouped, uint64_t *bits)
{
    *bits = 0;
    *grouped = false;
    if (c->kind == FORM)
        return form_count(c, s, n, bits);
    if (way <= REAL)
        return marked_number(c, s, n, way, grouped, bits);
    return class_value(c, s, n, way, bits);
}

/* ---- fast ---- */

/* Reads a text by the fast way, or returns false. */
static bool fast(const column *c, const char *s, size_t n, way way, bool *grouped, uint64_t *bits)
{
    int64_t integer = 0;
    double number = 0;
    uint8_t boolean = 0;
    bool done;
    *grouped = false;
    if (c->kind == FORM)
        done = parse_plan_value(&c->plan, s, n, &integer);
    else if (way == INTEGER)
        done = c->kind == CLASSES ? parse_int64_fast(s, n, &integer)
                                  : parse_int64_marked(s, n, &c->marks, grouped, &integer);
    else if (way == REAL)
        done = c->kind == CLASSES ? parse_float64_fast(s, n, &number)
                                  : parse_float64_marked(s, n, &c->marks, grouped, &number);
    else if (way == BOOLEAN)
        done = parse_bool_fast(s, n, &boolean);
    else if (way == DAY)
        done = parse_date_fast(s, n, &integer);
    else
        done = parse_timestamp_fast(s, n, c->digits, &integer);
    *bits = way == BOOLEAN ? boolean : (uint64_t)integer;
    if (way == REAL)
        memcpy(bits, &number, 8);
    return done;
}

static size_t run_batch(const parse_batch *b, const column *c, const parse_fields *fields, way way,
                        bool *grouped, void *out, uint32_t *left)
{
    const bool plain = c->kind == CLASSES;
    if (c->kind == FORM)
        return b->form(fields, c->n, &c->plan, out, left);
    switch (way) {
    case INTEGER:
        return plain ? b->int64(fields, c->n, out, left)
                     : b->int64_marked(fields, c->n, &c->marks, grouped, out, left);
    case REAL:
        return plain ? b->float64(fields, c->n, out, left)
                     : b->float64_marked(fields, c->n, &c->marks, grouped, out, left);
    case BOOLEAN: return b->boolean(fields, c->n, out, left);
    case DAY: return b->date(fields, c->n, 1, out, left);
    default: return b->timestamp(fields, c->n, c->digits, false, out, left);
    }
}

/* ---- comparisons ---- */

/* Compares what a way claims with the exact value. */
static void compare(const column *c, size_t row, way way, const char *what, uint64_t bits,
                    bool *any_grouped)
{
    bool grouped;
    uint64_t right;
    char *s = put_text(c, row, c->junk);
    if (!exact(c, s, c->sizes[row], way, &grouped, &right) || bits != right)
        fail(c, what, row);
    *any_grouped |= grouped;
    free_text(s);
}

/* Reads one text exactly with other bytes around it, and by the fast way. Returns true if it has a
 * value. */
static bool check_text(const column *c, size_t row, way way)
{
    const size_t n = c->sizes[row];
    char *s = put_text(c, row, c->junk), *other = put_text(c, row, '7');
    bool grouped, other_grouped, any = false;
    uint64_t bits, other_bits;
    const bool fits = exact(c, s, n, way, &grouped, &bits);
    if (exact(c, other, n, way, &other_grouped, &other_bits) != fits ||
        (fits && (bits != other_bits || grouped != other_grouped)))
        fail(c, "an exact value depends on the bytes around the text", row);
    for (int i = 0; i < 2; i++)
        if (fast(c, i == 0 ? s : other, n, way, &grouped, &bits)) {
            compare(c, row, way, "a fast way", bits, &any);
            if (c->kind != FORM && way <= REAL && c->kind != CLASSES && grouped != any)
                fail(c, "groups of a fast way", row);
        }
    free_text(s);
    free_text(other);
    return fits;
}

/* Reads all texts as the second field of records of two fields. */
static void check_batch(const parse_batch *b, const column *c, way way)
{
    uint32_t ends[2 * ROWS + 1] = {UINT32_MAX}, left[PARSE_BATCH_LEFT], at = 0;
    uint64_t out[ROWS];
    size_t size = 0, next = 0;
    bool grouped = false, any = false;
    for (size_t i = 0; i < c->n; i++)
        size += c->sizes[i] + 3;
    char *memory = malloc(size + 2 * PARSE_SLACK), *text = memory + PARSE_SLACK;
    if (memory == NULL)
        abort();
    memset(memory, c->junk, size + 2 * PARSE_SLACK);
    for (size_t i = 0; i < c->n; i++) {
        text[at++] = c->junk;
        ends[2 * i + 1] = at;
        text[at++] = ',';
        memcpy(text + at, c->texts[i], c->sizes[i]);
        at += (uint32_t)c->sizes[i];
        ends[2 * i + 2] = at;
        text[at++] = '\n';
    }
    const parse_fields fields = {text, ends + 2, 2, false};
    const size_t n_left = run_batch(b, c, &fields, way, &grouped, out, left);
    for (size_t i = 0; i < c->n; i++)
        if (next < n_left && left[next] == i)
            next++;
        else
            compare(c, i, way, "a batch", way == BOOLEAN ? ((const uint8_t *)out)[i] : out[i],
                    &any);
    if (next != n_left)
        fail(c, "a batch leaves rows in another order", 0);
    if (grouped != any && c->kind != CLASSES)
        fail(c, "groups of a batch", 0);
    free(memory);
}

/* Returns true if a text has a value. */
static bool check(const column *c)
{
    static const char *const sets[] = {"avx2", "avx512", "neon"};
    const way ways = c->kind == FORM ? 1 : c->kind == CLASSES ? WAYS : REAL + 1;
    bool any = false;
    for (way way = 0; way < ways; way++) {
        for (size_t i = 0; i < c->n; i++)
            any |= check_text(c, i, way);
        for (size_t k = 0; k < sizeof sets / sizeof *sets; k++) {
            const parse_batch *b =
                csv_isa_choose(sets[k], sys_hidden) != NULL ? parse_batch_of(sets[k]) : NULL;
            if (b != NULL)
                check_batch(b, c, way);
        }
    }
    return any;
}

/* Reads hexadecimal numbers, which have no fast way. */
static bool check_hex(const column *c)
{
    bool any = false;
    for (size_t i = 0; i < c->n; i++) {
        char *s = put_text(c, i, c->junk), *other = put_text(c, i, '7');
        uint64_t bits = 0, other_bits = 0;
        const bool fits = parse_asked_integer(s, c->sizes[i], &c->marks, 0, UINT64_MAX, &bits);
        if (parse_asked_integer(other, c->sizes[i], &c->marks, 0, UINT64_MAX, &other_bits) !=
                fits ||
            bits != other_bits)
            fail(c, "a hexadecimal number depends on the bytes around the text", i);
        any |= fits;
        free_text(s);
        free_text(other);
    }
    return any;
}

/* Reads what the column is, in text[0, n). Returns false if it is none. */
static bool take_column(column *c, unsigned bits, const char *text, size_t n)
{
    const parse_style *style = bits >> 2 & 1 ? &parse_style_comma : &parse_style_plain;
    parse_form_error why;
    c->unit = (bits >> 3 & 7) % 5;
    c->marks = parse_marks_none(style);
    switch (c->kind) {
    case FORM:
        if (!parse_form_compile(text, n, &c->form, &why))
            return false;
        if (c->unit == PARSE_PLAN_DAYS && c->form.has_time)
            c->unit = 2;
        parse_plan_make(&c->form, c->digits, c->unit, &c->plan);
        return true;
    case MARKS: return parse_marks_read(text, n, style, '"', bits >> 6 & 1, &c->marks) == NULL;
    case GROUPS: return parse_group_read(text, n, '"', &c->marks.style) == NULL;
    default: c->marks = parse_marks_none(&parse_style_plain); return true;
    }
}

/* Cuts the texts out of the lines. */
static void take_texts(column *c, const char *text, size_t size)
{
    while (size != 0 && c->n < ROWS) {
        const char *end = memchr(text, '\n', size);
        const size_t n = end != NULL ? (size_t)(end - text) : size;
        c->texts[c->n] = text;
        c->sizes[c->n++] = n;
        text += n + (end != NULL);
        size -= n + (end != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static column c;
    if (size < HEAD)
        return 0;
    memset(&c, 0, sizeof c);
    c.kind = data[0] & 3;
    c.digits = data[1] % 10;
    c.junk = (char)data[2];
    const char *line = (const char *)data + HEAD, *end = memchr(line, '\n', size - HEAD);
    const size_t n = end != NULL ? (size_t)(end - line) : size - HEAD;
    /* A copy of the exact size, so that a sanitizer sees any read beyond. */
    char *copy = malloc(n + (n == 0));
    if (copy == NULL)
        abort();
    memcpy(copy, line, n);
    bool any = false;
    if (take_column(&c, data[0], copy, n)) {
        take_texts(&c, line + n + (end != NULL), size - HEAD - n - (end != NULL));
        any = c.marks.hex ? check_hex(&c) : check(&c);
    }
    free(copy);
    if (any)
        fuzz_keep(data, size);
    fuzz_count(any);
    return 0;
}

/* Mutants of forms and texts that have values. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    return LLVMFuzzerMutate(data, fuzz_kept(data, size, max_size, seed), max_size);
}
