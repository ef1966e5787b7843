/* C-72, C-73: the fast ways of declared forms, one text at a time and in batches of each
 * instruction set, give the values of parse_form_value or leave the text. Ordinary texts are not
 * left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "csv/index.h"
#include "parse/batch.h"
#include "parse_support.h"
#include "sys/sys.h"

enum { WIDTH = 256 };

static const struct column {
    const char *form;
    uint32_t digits;
    unsigned unit;
    bool batch; /* batches take it too */
} columns[] = {
    {"%d/%m/%Y", 0, 1, true},
    {"%m/%d/%y", 0, PARSE_PLAN_DAYS, true},
    {"%Y%m%d", 0, 0, true},
    {"%d %b %Y", 0, 1, true},
    {"%b%d%y", 0, 1, true},
    {"%Y.%j", 0, 1, true},
    {"%j%y", 0, 1, true},
    {"%-m/%-d/%Y", 0, 1, true},
    {"%-d.%-m.%y", 0, PARSE_PLAN_DAYS, true},
    {"%Y/%-m/%-d;", 0, 1, true},
    {"%y%-m-%-d", 0, 1, true},
    {"%-d-%b-%Y", 0, 1, true},
    {"%B %-d, %Y", 0, 1, true},
    {"%-d. %B %Y", 0, 1, true},
    {"%Y %B %-d", 0, 1, true},
    {"on %d/%m/%Y at all", 0, 1, false},
    {"on %d/%m/%Y, a", 0, 1, true},
    {"%d/%m/%Y %H:%M:%S", 0, 2, true},
    {"%d.%m.%Y %H:%M", 0, 0, true},
    {"%Y%m%d%H%M%S", 0, 3, true},
    {"%H:%M %d/%m/%Y", 0, 1, true},
    {"%m/%d/%Y %I:%M:%S %p", 0, 2, true},
    {"%-m/%-d/%Y %-H:%M", 0, 1, true},
    {"%-m/%-d/%Y %-I:%M %p", 0, 1, true},
    {"%-I%p %-d.%-m.%y", 0, 1, true},
    {"%d-%b-%Y %H:%M:%S", 0, 1, true},
    {"%B %-d %Y %I:%M:%S%p", 0, 1, true},
    {"%Y-%m-%dT%H:%M:%S%z", 0, 1, true},
    {"%d/%m/%Y %H:%M:%S.%f", 6, 2, true},
    {"%d/%m/%Y %H:%M:%S.%f", 2, 1, true},
    {"%d/%m/%Y %H:%M:%S.%f", 9, 3, false},
    {"%H%M%S.%f %d%m%y", 7, 3, true},
    {"%H:%M:%S", 0, 0, true},
    {"%H:%M", 0, 3, true},
    {"%-H:%M", 0, 1, true},
    {"%H", 0, 1, true},
    {"%-I%p", 0, 1, true},
    {"%I:%M %p", 0, 1, true},
    {"%H:%M:%S.%f", 6, 2, true},
    {"%H%M%S%f", 8, 3, true},
    {"%M past %-H", 0, 1, true},
    {"%-d/%-m/%y %-I:%M:%S %p", 0, 0, true},
    {"%d/%m/%Y %-H:%M", 0, PARSE_PLAN_DAYS - 1, true},
    {"%H:%M %-d.%-m.%Y", 0, 1, true},
    {"%d %B %Y", 0, 1, true},
    {"%Y%B%d", 0, PARSE_PLAN_DAYS, true},
    {"%d of %B, %y", 0, 1, true},
    {"the day %d %B %Y", 0, 1, false},
    {"%d %B %Y %H:%M:%S", 0, 2, true},
    {"%B %-d, %Y %-I:%M %p", 0, 1, true},
    {"%-d %B %Y %H:%M:%S.%f", 3, 1, true},
    {"%H:%M %-d. %B %Y", 0, 1, true},
    {"%-H.%M %B %d %y", 0, 1, true},
    {"%B %H:%M %d %Y", 0, 1, false},
    {"%By%-d, %Y", 0, 1, true}, /* whose literal may be taken for a letter of July */
    {"%p %-I, %Y %-m %-d", 0, 1, true},
    {"%-m\xe6\x9c\x88%Y%d", 0, 2, true},
    {"%-m/%-d/%Y %H:%M:%S.%f", 3, 1, true},
    {"%Y-%-m-%-dT%-HZ", 0, 1, true},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static const parse_batch *batch; /* NULL: only one text at a time */
static const struct column *column;
static parse_form form;
static parse_plan plan;
static char texts[PARSE_BATCH_ROWS][WIDTH];
static size_t n_texts;

static size_t below(size_t n)
{
    return (size_t)(parse_random() % n);
}

static void use_column(size_t i)
{
    column = &columns[i];
    assert_true(parse_form_compile(column->form, strlen(column->form), &form, NULL));
    parse_plan_make(&form, column->digits, column->unit, &plan);
    assert_true(plan.usable);
    n_texts = 0;
}

/* Makes a text that the form matches and the plan takes, of an instant from 1970 to 2068. */
static void add_ordinary(void)
{
    char *const text = texts[n_texts++];
    const time_t moment = (time_t)(parse_random() % (UINT64_C(36000) * 86400));
    struct tm tm;
    assert_non_null(gmtime_r(&moment, &tm));
    strftime(text, WIDTH, column->form, &tm);
    char *const offset = strstr(text, "+0000"), *const fraction = strstr(text, "%f");
    if (offset != NULL)
        strcpy(offset, "Z");
    if (fraction != NULL) {
        char rest[WIDTH], number[32];
        strcpy(rest, fraction + 2);
        snprintf(number, sizeof number, "%020llu", (unsigned long long)parse_random());
        snprintf(fraction, (size_t)(texts[n_texts - 1] + WIDTH - fraction), "%.*s%s",
                 (int)column->digits, number + 5, rest);
    }
    for (char *p = text; below(4) == 0 && *p != 0; p++) /* in either case, but not T and Z */
        if (*p >= 'a' && *p <= 'z' && strchr(column->form, *p) == NULL)
            *p = (char)(*p - ('a' - 'A'));
}

/* Damages the last text. */
static void damage(void)
{
    static const char bytes[] = "0000012345678999/.-: ,aApPmMZ\r\n\xc3";
    char *const text = texts[n_texts - 1];
    const size_t length = strlen(text), at = below(length);
    switch (below(7)) {
    case 0:
    case 1: text[at] = bytes[below(sizeof bytes - 1)]; break;
    case 2: memmove(text + at, text + at + 1, length - at); break;
    case 3:
        memmove(text + at + 1, text + at, length - at + 1);
        text[at] = bytes[below(sizeof bytes - 1)];
        break;
    case 4: text[at] = text[below(length)]; break;
    case 5: text[at] = 0; break;
    default: memcpy(text + length, text, length), text[2 * length] = 0; break;
    }
}

/* Gives the count that the column must hold. Returns false if the text has none. */
static bool expected(const char *text, int64_t *count)
{
    struct parse_field field = parse_field_make(text, strlen(text));
    parse_value value;
    bool fits = parse_form_value(&form, field.s, field.n, &value);
    parse_field_drop(&field);
    if (!fits)
        return false;
    *count = value.days;
    return column->unit == PARSE_PLAN_DAYS ||
           parse_timestamp_units(form.has_time ? value.seconds : value.days * 86400, value.nanos,
                                 column->unit, count);
}

static void compare(const char *text, bool taken, int64_t got)
{
    int64_t count = 0;
    if (taken && (!expected(text, &count) || got != count))
        fail_msg("\"%s\" in %s: %lld, not %lld", text, column->form, (long long)got,
                 (long long)count);
}

/* Reads all texts one at a time. Returns how many were taken. */
static size_t check_singly(void)
{
    size_t taken = 0;
    for (size_t i = 0; i < n_texts; i++) {
        /* As in a CSV, no digit follows: that is what tells one digit from two. */
        char with_end[WIDTH + 1];
        const size_t n = (size_t)snprintf(with_end, sizeof with_end, "%s,", texts[i]) - 1;
        struct parse_field field = parse_field_make(with_end, n + 1);
        int64_t count = 0;
        const bool done = parse_plan_value(&plan, field.s, n, &count);
        parse_field_drop(&field);
        compare(texts[i], done, count);
        taken += done;
    }
    return taken;
}

/* Reads all texts as column `field` of records with `stride` fields. Returns how many were taken.
 */
static size_t check_batch(size_t stride, size_t field, bool crlf, char junk)
{
    size_t size = 0, at = PARSE_SLACK, n = 1, n_taken = 0;
    for (size_t i = 0; i < n_texts; i++)
        size += strlen(texts[i]) + 2 + 3 * stride;
    char *memory = malloc(size + 2 * PARSE_SLACK), *exact;
    uint32_t *ends = malloc((n_texts * stride + 1) * sizeof *ends),
             *left = malloc((n_texts + 16) * sizeof *left);
    int64_t *out = malloc((n_texts + 1) * sizeof *out);
    memset(memory, junk, size + 2 * PARSE_SLACK);
    ends[0] = UINT32_MAX;
    for (size_t i = 0; i < n_texts; i++)
        for (size_t f = 0; f < stride; f++) {
            const char *s = f == field ? texts[i] : f % 2 == 0 ? "7." : "-";
            memcpy(memory + at, s, strlen(s));
            at += strlen(s);
            if (crlf && f + 1 == stride)
                memory[at++] = '\r';
            ends[n++] = (uint32_t)(at - PARSE_SLACK);
            memory[at++] = f + 1 == stride ? '\n' : '/';
        }
    /* Memory of the exact size, so that a sanitizer sees any read beyond. */
    exact = malloc(at + PARSE_SLACK);
    memcpy(exact, memory, at + PARSE_SLACK);
    const parse_fields fields = {exact + PARSE_SLACK, ends + 1 + field, stride,
                                 crlf && field + 1 == stride};
    out[n_texts] = 77;
    const size_t n_left = batch->form(&fields, n_texts, &plan, out, left);
    size_t next = 0;
    for (size_t i = 0; i < n_texts; i++) {
        const bool is_left = next < n_left && left[next] == i;
        next += is_left;
        n_taken += !is_left;
        compare(texts[i], !is_left, out[i]);
    }
    assert_int_equal(next, n_left); /* ascending, and no row twice */
    assert_int_equal(out[n_texts], 77);
    free(memory);
    free(exact);
    free(ends);
    free(left);
    free(out);
    return n_taken;
}

static size_t check(void)
{
    if (batch == NULL)
        return check_singly();
    const size_t taken = check_batch(1, 0, false, '1');
    assert_int_equal(check_batch(1, 0, true, '/'), taken);
    assert_int_equal(check_batch(3, 1, false, '0'), taken);
    assert_int_equal(check_batch(2, 1, true, 'm'), taken);
    return taken;
}

/* Ordinary texts in every number of rows, and so in every place of every vector. */
static void ordinary(void)
{
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t n = 0; n <= PARSE_BATCH_ROWS; n += n < 40 ? 1 : 157) {
            use_column(i);
            while (n_texts < n)
                add_ordinary();
            const size_t taken = check();
            if (taken != (batch == NULL || column->batch ? n : 0))
                fail_msg("%zu of %zu in %s", taken, n, column->form);
        }
}

static void damaged(void)
{
    for (int round = 0; round < PARSE_TRIES(20); round++)
        for (size_t i = 0; i < COLUMNS; i++) {
            use_column(i);
            while (n_texts < PARSE_BATCH_ROWS) {
                add_ordinary();
                if (n_texts % 5 != 0)
                    damage();
            }
            const size_t taken = check();
            assert_true(taken >= PARSE_BATCH_ROWS / 5 || (batch != NULL && !column->batch));
        }
}

/* Every day of some years, and days that there are not. */
static void all_days(void)
{
    static const unsigned years[] = {0, 4, 100, 400, 1677, 1678, 1900, 1999, 2000, 2262, 9999};
    static const size_t dates[] = {0, 2, 5, 7, 11, 17, 13};
    for (size_t k = 0; k < sizeof dates / sizeof *dates; k++)
        for (size_t y = 0; y < sizeof years / sizeof *years; y++) {
            static const char *const names[] = {
                "January", "February",  "March",   "April",    "May",      "June",   "July",
                "August",  "September", "October", "November", "December", "Jamuary"};
            const unsigned year = years[y];
            const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            size_t taken = 0;
            use_column(dates[k]);
            for (unsigned m = 0; m <= 13; m++)
                for (unsigned d = 0; d <= 32; d++) {
                    char *const text = texts[n_texts++];
                    switch (dates[k]) {
                    case 0: snprintf(text, WIDTH, "%02u/%02u/%04u", d, m, year); break;
                    case 2: snprintf(text, WIDTH, "%04u%02u%02u", year, m, d); break;
                    case 5: snprintf(text, WIDTH, "%04u.%03u", year, m * 32 + d); break;
                    case 7: snprintf(text, WIDTH, "%u/%u/%04u", m, d, year); break;
                    case 11:
                    case 13:
                        snprintf(text, WIDTH, dates[k] == 11 ? "%u-%.3s-%04u" : "%u. %s %04u", d,
                                 names[(m + 12) % 13], year);
                        break;
                    default: snprintf(text, WIDTH, "%02u/%02u/%04u 00:00:00", d, m, year); break;
                    }
                }
            taken = check();
            if (dates[k] != 5) /* which has some days twice */
                assert_int_equal(taken, 365 + leap);
        }
}

/* Every two digits in each part of a clock, and the ends of the range of nanoseconds. */
static void clocks(void)
{
    for (int part = 0; part < 4; part++) {
        for (unsigned i = 0; i < 2; i++) {
            use_column(i == 0 ? 32 : 21);
            for (unsigned value = 0; value < 100; value++) {
                const unsigned hour = part == 0 ? value : 12, minute = part == 1 ? value : 0,
                               second = part == 2 ? value : 0;
                if (i == 0)
                    snprintf(texts[n_texts++], WIDTH, "%02u:%02u:%02u", hour, minute, second);
                else
                    snprintf(texts[n_texts++], WIDTH, "01/01/1970 %02u:%02u:%02u %s", hour, minute,
                             second, value % 2 ? "pM" : "Am");
            }
            assert_int_equal(check(), part == 3 ? 100 : part != 0 ? 60 : i == 0 ? 24 : 12);
        }
    }
    use_column(19);
    strcpy(texts[n_texts++], "16770920235959");
    strcpy(texts[n_texts++], "16770921001243");
    strcpy(texts[n_texts++], "22620411234716");
    strcpy(texts[n_texts++], "22620411234717");
    strcpy(texts[n_texts++], "22620410000000");
    strcpy(texts[n_texts++], "99990410000000");
    assert_true(check() >= 1);
}

/* Makes a text whose unpadded items are those of `numbers`. */
static void add_numbers(const char *const numbers[PARSE_PLAN_UNPADDED])
{
    static const char *const rest[PARSE_FORM_ITEMS] = {
        [PARSE_FORM_YEAR] = "2023",      [PARSE_FORM_SHORT_YEAR] = "68", [PARSE_FORM_MONTH] = "12",
        [PARSE_FORM_SHORT_NAME] = "jUn", [PARSE_FORM_NAME] = "June",     [PARSE_FORM_DAY] = "30",
        [PARSE_FORM_HOUR] = "23",        [PARSE_FORM_HALF_HOUR] = "12",  [PARSE_FORM_MINUTE] = "59",
        [PARSE_FORM_SECOND] = "08",      [PARSE_FORM_FRACTION] = "123",  [PARSE_FORM_NOON] = "Pm",
    };
    char *const text = texts[n_texts++];
    size_t n = 0, k = 0;
    for (size_t i = 0; i < form.n_pieces; i++) {
        const parse_form_piece *piece = &form.pieces[i];
        if (piece->item == PARSE_FORM_LITERAL)
            n += (size_t)sprintf(text + n, "%.*s", piece->size, form.literals + piece->at);
        else
            n +=
                (size_t)sprintf(text + n, "%s", piece->unpadded ? numbers[k++] : rest[piece->item]);
    }
}

/* Checks the texts. Those that match the form are taken. */
static void check_matching(void)
{
    size_t matching = 0;
    int64_t count;
    for (size_t i = 0; i < n_texts; i++)
        matching += expected(texts[i], &count);
    const size_t taken = check();
    if (taken != (batch == NULL || column->batch ? matching : 0))
        fail_msg("%zu of %zu in %s", taken, matching, column->form);
    n_texts = 0;
}

/* Unpadded items of all widths, side by side: one digit and two, none and three, zeros in front,
 * and other bytes in the place of a digit. */
static void widths(void)
{
    static const char *const numbers[] = {"0",  "1",  "9",   "10", "12", "13", "23",
                                          "24", "30", "31",  "32", "00", "01", "09",
                                          "",   "/",  "100", "1:", ":1"};
    enum { NUMBERS = sizeof numbers / sizeof *numbers };
    for (size_t i = 0; i < COLUMNS; i++) {
        size_t all = 1;
        use_column(i);
        for (unsigned k = 0; k < plan.n_unpadded; k++)
            all *= NUMBERS;
        for (size_t number = 0; plan.n_unpadded != 0 && number < all; number++) {
            add_numbers((const char *const[]){numbers[number % NUMBERS],
                                              numbers[number / NUMBERS % NUMBERS],
                                              numbers[number / NUMBERS / NUMBERS % NUMBERS]});
            if (n_texts == PARSE_BATCH_ROWS)
                check_matching();
        }
        check_matching();
    }
}

/* Adds the text with what is at `at`, of `size` bytes, replaced. */
static void add_changed(const char *text, const char *at, size_t size, const char *by)
{
    snprintf(texts[n_texts++], WIDTH, "%.*s%s%s", (int)(at - text), text, by, at + size);
}

/* C-72: whole names of all months, in either case, and what is nearly one. */
static void names(void)
{
    static const char *const rests[] = {"uary", "ruary", "ch",   "il",    "",      "e",
                                        "y",    "ust",   "ober", "ember", "tember"};
    for (size_t i = 0; i < COLUMNS; i++)
        for (int month = 0; strstr(columns[i].form, "%B") != NULL && month < 24; month++) {
            const struct tm tm = {.tm_year = 124, .tm_mon = month / 2, .tm_mday = 5 + month % 2};
            char text[64], name[16];
            use_column(i);
            strftime(text, sizeof text, column->form, &tm);
            strftime(name, sizeof name, "%B", &tm);
            const char *const at = strstr(text, name);
            const size_t length = strlen(name);
            for (size_t k = 0; k < length; k++) {
                char other[16] = "";
                for (unsigned bit = 1; bit < 256; bit *= 2) {
                    strcpy(other, name);
                    other[k] = (char)(name[k] ^ bit);
                    add_changed(text, at, length, other);
                }
                add_changed(text, at + k, 1, "");
                add_changed(text, at + k, 0, "e");
            }
            for (size_t k = 0; k < sizeof rests / sizeof *rests; k++)
                add_changed(text, at + 3, length - 3, rests[k]);
            add_changed(text, at + length, 1, "0");
            check_matching();
        }
}

static void all_of(const char *isa)
{
    batch = isa != NULL && csv_isa_choose(isa, sys_hidden) != NULL ? parse_batch_of(isa) : NULL;
    if (isa != NULL && batch == NULL)
        skip();
    ordinary();
    damaged();
    all_days();
    clocks();
    widths();
    names();
}

static void singly(void **state)
{
    (void)state;
    all_of(NULL);
}

static void avx2(void **state)
{
    (void)state;
    all_of("avx2");
}

static void avx512(void **state)
{
    (void)state;
    all_of("avx512");
}

/* Makes a form of random items and literals in `text`. Returns its length. */
static size_t random_form(char *text)
{
    static const char *const pieces[] = {"%Y", "%y",  "%m",  "%-m", "%b", "%B", "%d", "%-d",
                                         "%j", "%H",  "%-H", "%I",  "%p", "%M", "%S", "%f",
                                         "%z", "%-I", "/",   ":",   ". ", "-",  " ",  "T",
                                         "7",  "%%",  "%]",  "%;",  ",",  "",   "",   "word "};
    size_t n = 0;
    for (size_t i = 1 + below(14); i > 0; i--) {
        const char *piece = pieces[below(sizeof pieces / sizeof *pieces)];
        memcpy(text + n, piece, strlen(piece));
        n += strlen(piece);
    }
    return n;
}

/* Makes a text that the form may match. */
static void add_likely(void)
{
    static const char *const names[] = {"January", "February", "March", "May", "September"};
    static const uint8_t widths[PARSE_FORM_ITEMS] = {
        [PARSE_FORM_YEAR] = 4, [PARSE_FORM_YEAR_DAY] = 3, [PARSE_FORM_FRACTION] = 3};
    char *const text = texts[n_texts++];
    size_t n = 0;
    for (size_t i = 0; i < form.n_pieces; i++) {
        const parse_form_piece *piece = &form.pieces[i];
        const char *const name = names[below(5)];
        switch (piece->item) {
        case PARSE_FORM_LITERAL:
            memcpy(text + n, form.literals + piece->at, piece->size);
            n += piece->size;
            break;
        case PARSE_FORM_SHORT_NAME: n += (size_t)sprintf(text + n, "%.3s", name); break;
        case PARSE_FORM_NAME: n += (size_t)sprintf(text + n, "%s", name); break;
        case PARSE_FORM_NOON: n += (size_t)sprintf(text + n, below(2) ? "AM" : "pm"); break;
        case PARSE_FORM_OFFSET: n += (size_t)sprintf(text + n, below(4) ? "Z" : "+01"); break;
        default:
            for (size_t k = 0; k < (widths[piece->item] != 0 ? widths[piece->item] : 2); k++)
                if (!piece->unpadded || k == 0 || below(2))
                    text[n++] = (char)('0' + below(k == 0 ? 2 : 10));
            break;
        }
    }
    text[n] = 0;
}

/* Random forms with random texts: whatever is taken is right. */
static void random_forms(void **state)
{
    static const char *const sets[] = {NULL, "avx2", "avx512"};
    struct column any = {NULL, 3, 1, true};
    size_t forms = 0, taken = 0;
    (void)state;
    while (forms < (size_t)PARSE_TRIES(4000)) {
        char text[PARSE_FORM_BYTES + 1];
        const size_t n = random_form(text);
        parse_form_error why;
        if (!parse_form_compile(text, n, &form, &why)) {
            assert_true(strlen(why.message) >= 10 && strlen(why.message) < sizeof why.message);
            assert_true(why.at + why.size <= n);
            continue;
        }
        text[n] = 0;
        any.form = text;
        any.unit = (unsigned)below(form.has_time ? 4 : 5);
        column = &any;
        parse_plan_make(&form, any.digits, any.unit, &plan);
        forms++;
        n_texts = 0;
        while (n_texts < 40) {
            add_likely();
            if (n_texts % 4 == 0)
                damage();
        }
        for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
            batch = sets[i] != NULL && csv_isa_choose(sets[i], sys_hidden) != NULL
                        ? parse_batch_of(sets[i])
                        : NULL;
            if (batch != NULL || sets[i] == NULL)
                taken += check();
        }
    }
    assert_true(taken > forms);
}

/* Forms and units that have no fast way take no text, and read none. */
static void without_plan(void **state)
{
    static const struct {
        const char *form;
        uint32_t digits;
        unsigned unit;
    } none[] = {
        {"%H:%M:%S.%f", 0, 2},
        {"%H:%M:%S.%f", 6, 1},
        {"%H:%M:%S.%f", 10, 3},
        {"%d/%m/%Y %H:%M", 0, PARSE_PLAN_DAYS},
        {"%d/%m/%Y %H:%M", 0, 5},
        {"much too long a text for words: %d/%m/%Y", 0, 1},
        {"%Hxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "%M",
         0, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        int64_t out;
        assert_true(parse_form_compile(none[i].form, strlen(none[i].form), &form, NULL));
        parse_plan_make(&form, none[i].digits, none[i].unit, &plan);
        assert_false(plan.usable || plan.batch);
        assert_false(parse_plan_value(&plan, NULL, 0, &out));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(singly),       cmocka_unit_test(avx2),         cmocka_unit_test(avx512),
        cmocka_unit_test(random_forms), cmocka_unit_test(without_plan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
