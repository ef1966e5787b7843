/* parse/batch.h: a value that a batch claims is that of parse_classify, bit for bit. Texts that it
 * leaves are listed. Ordinary texts are claimed. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "csv/index.h"
#include "parse/batch.h"
#include "parse_support.h"
#include "sys/sys.h"

enum kind { INT, FLOAT, BOOL, DATE, TIMESTAMP };
#define SCALE 86400000u
#define FILLER 0x5a

/* Texts of one column, kept one after the other. */
static char texts[PARSE_BATCH_ROWS][64];
static size_t n_texts;
static uint32_t digits; /* of timestamps */
static bool utc;

static const parse_batch *batch; /* the functions under test; NULL: this machine has none */

static int choose(const char *isa)
{
    batch = csv_isa_choose(isa, sys_hidden) != NULL ? parse_batch_of(isa) : NULL;
    return 0;
}

static int use_avx2(void **state)
{
    (void)state;
    return choose("avx2");
}

static int use_avx512(void **state)
{
    (void)state;
    return choose("avx512");
}

/* A test calls this first: cmocka 1.1.5 takes a skip() in a set-up function for an error. */
static void skip_without_batch(void)
{
    if (batch == NULL)
        skip();
}

static void add(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void add(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vsnprintf(texts[n_texts++], sizeof texts[0], format, list);
    va_end(list);
}

static void add_all(const char *const *list)
{
    for (; *list != NULL; list++)
        add("%s", *list);
}

static size_t below(size_t n)
{
    return (size_t)(parse_random() % n);
}

static size_t run(enum kind kind, const parse_fields *fields, size_t n, void *out, uint32_t *left)
{
    switch (kind) {
    case INT: return batch->int64(fields, n, out, left);
    case FLOAT: return batch->float64(fields, n, out, left);
    case BOOL: return batch->boolean(fields, n, out, left);
    case DATE: return batch->date(fields, n, SCALE, out, left);
    default: return batch->timestamp(fields, n, digits, utc, out, left);
    }
}

/* Gives the value that the row must hold. Returns false for a text that no batch may claim. */
static bool expected(enum kind kind, const char *text, uint64_t *bits)
{
    static const unsigned units[7] = {0, 9, 9, 1, 9, 9, 2};
    parse_value value;
    int64_t count = 0;
    parse_classify(text, strlen(text), &parse_style_plain, &value);
    switch (kind) {
    case INT:
        memcpy(bits, &value.integer, 8);
        return (value.class_ & (PARSE_INT | PARSE_INT_INEXACT)) != 0;
    case FLOAT:
        memcpy(bits, &value.number, 8);
        return value.class_ == PARSE_FLOAT && !value.many_digits; /* C-55 */
    case BOOL: *bits = value.boolean; return value.class_ == PARSE_BOOL;
    case DATE:
        count = value.days * SCALE;
        memcpy(bits, &count, 8);
        return value.class_ == PARSE_DATE;
    default: break;
    }
    bool fits = value.class_ == (utc ? PARSE_TIMESTAMP_OFFSET : PARSE_TIMESTAMP) &&
                value.digits == digits && value.offset == 0 &&
                parse_timestamp_units(value.seconds, value.nanos, units[digits], &count);
    memcpy(bits, &count, 8);
    return fits;
}

/* Lays the texts out as column `field` of records with `stride` fields, in memory with exactly
 * PARSE_SLACK bytes of `junk` around them. */
static void lay_out(size_t stride, size_t field, bool crlf, char junk, char **memory,
                    uint32_t **ends)
{
    size_t size = 0, at = 0, n = 0;
    for (size_t i = 0; i < n_texts; i++)
        size += strlen(texts[i]) + 2 + 3 * stride;
    char *text = malloc(size), *exact;
    uint32_t *list = malloc((n_texts * stride + 1) * sizeof *list);
    list[n++] = UINT32_MAX;
    for (size_t i = 0; i < n_texts; i++)
        for (size_t f = 0; f < stride; f++) {
            const char *s = f == field ? texts[i] : f % 2 == 0 ? "7." : "-";
            memcpy(text + at, s, strlen(s));
            at += strlen(s);
            if (crlf && f + 1 == stride)
                text[at++] = '\r';
            list[n++] = (uint32_t)at;
            text[at++] = f + 1 == stride ? '\n' : ',';
        }
    exact = malloc(at + 2 * PARSE_SLACK);
    memset(exact, junk, at + 2 * PARSE_SLACK);
    memcpy(exact + PARSE_SLACK, text, at);
    free(text);
    *memory = exact;
    *ends = list;
}

/* Runs the texts through the batch and compares every row. Returns how many were claimed. */
static size_t check_layout(enum kind kind, size_t stride, size_t field, bool crlf, char junk)
{
    const size_t width = kind == BOOL ? 1 : 8;
    char *memory;
    uint32_t *ends, *left = malloc((n_texts + 16) * sizeof *left);
    uint8_t *out = malloc((n_texts + 1) * width);
    lay_out(stride, field, crlf, junk, &memory, &ends);
    memset(out, FILLER, (n_texts + 1) * width);
    const parse_fields fields = {memory + PARSE_SLACK, ends + 1 + field, stride,
                                 crlf && field + 1 == stride};
    size_t n_left = run(kind, &fields, n_texts, out, left), next = 0;
    assert_true(n_left <= n_texts);
    for (size_t i = 0; i < n_texts; i++) {
        uint64_t bits = 0, got = 0;
        if (next < n_left && left[next] == i) {
            next++;
            continue;
        }
        memcpy(&got, out + i * width, width);
        if (!expected(kind, texts[i], &bits) || got != bits)
            fail_msg("\"%s\" of kind %d in row %zu of %zu: %016" PRIx64 ", not %016" PRIx64,
                     texts[i], (int)kind, i, n_texts, got, bits);
    }
    assert_int_equal(next, n_left); /* ascending, and no row twice */
    for (size_t i = 0; i < width; i++)
        assert_int_equal(out[n_texts * width + i], FILLER);
    free(memory);
    free(ends);
    free(left);
    free(out);
    return n_texts - n_left;
}

static size_t check(enum kind kind)
{
    size_t claimed = check_layout(kind, 1, 0, false, '7');
    assert_int_equal(check_layout(kind, 1, 0, true, '\r'), claimed);
    assert_int_equal(check_layout(kind, 3, 1, false, '.'), claimed);
    assert_int_equal(check_layout(kind, 2, 1, true, '-'), claimed);
    assert_int_equal(check_layout(kind, 2, 0, true, '0'), claimed);
    n_texts = 0;
    return claimed;
}

/* ---- texts ---- */

static void put_date(char *out, unsigned year_from, unsigned years)
{
    snprintf(out, 11, "%04u-%02u-%02u", year_from + (unsigned)below(years), 1 + (unsigned)below(12),
             1 + (unsigned)below(28));
}

static void put_timestamp(char *out)
{
    put_date(out, 0, 10000);
    sprintf(out + 10, "%c%02u:%02u:%02u", below(2) ? 'T' : ' ', (unsigned)below(24),
            (unsigned)below(60), (unsigned)below(60));
    if (digits != 0)
        sprintf(out + 19, ".%0*u", (int)digits, (unsigned)below(digits == 3 ? 1000 : 1000000));
    if (utc)
        strcat(out, "Z");
}

/* A number that a batch takes: up to 17 digits. */
static void put_float(char *out)
{
    int places = 1 + (int)below(14);
    double value = (double)(parse_random() >> 11) * 0x1p-53 * pow(10, (double)below(4));
    snprintf(out, 32, "%s%.*f", below(2) ? "-" : "", places, value);
}

static void put_good(enum kind kind, char *out)
{
    static const char *const words[] = {"true", "false", "True", "FALSE", "tRUE", "falsE"};
    switch (kind) {
    case INT:
        sprintf(out, "%s%" PRIu64, below(2) ? "-" : "",
                1 + parse_random() % (uint64_t)pow(10, (double)below(16)));
        break;
    case FLOAT: put_float(out); break;
    case BOOL: strcpy(out, words[below(6)]); break;
    case DATE: put_date(out, 0, 10000); break;
    default: put_timestamp(out); break;
    }
}

/* Ordinary texts, all claimed, in every number of rows and so in every place of every vector. */
static void ordinary(enum kind kind)
{
    for (size_t n = 0; n <= PARSE_BATCH_ROWS; n += n < 150 ? 1 : 181) {
        for (size_t i = 0; i < n; i++)
            put_good(kind, texts[n_texts++]);
        assert_int_equal(check(kind), n);
    }
}

/* One byte more, less or changed, nothing at all, or another text. Good texts among them stay
 * right. */
static void damaged(enum kind kind, int rounds)
{
    static const char bytes[] = "0123456789..--+:TZ eE,\"/ tf\x01\x7f\x80\xff";
    for (int round = 0; round < rounds; round++) {
        size_t n = 1 + below(PARSE_BATCH_ROWS), good = 0;
        for (size_t i = 0; i < n; i++) {
            char *text = texts[n_texts++];
            put_good(kind, text);
            size_t length = strlen(text), at = below(length);
            switch (below(8)) {
            case 0: text[at] = bytes[below(sizeof bytes - 1)]; break;
            case 1: memmove(text + at, text + at + 1, length - at); break;
            case 2:
                memmove(text + at + 1, text + at, length - at + 1);
                text[at] = bytes[below(sizeof bytes - 1)];
                break;
            case 3: text[below(2) ? 0 : at] = 0; break;
            case 4:
                snprintf(text, 64, "%.*s%s", (int)below(20), "0000000000000000000000",
                         below(2) ? "." : "-");
                break;
            case 5: memcpy(text + length, text, length), text[2 * length] = 0; break;
            default: good++; break;
            }
        }
        assert_true(check(kind) >= good);
    }
}

static void ints(void **state)
{
    (void)state;
    skip_without_batch();
    ordinary(INT);
    damaged(INT, 200);
    add_all((const char *[]){"0", "7", "-1", "9999999999999999", "-999999999999999",
                             "1000000000000000", "10", "-10", NULL});
    assert_int_equal(check(INT), 8);
    add_all((const char *[]){"-0", "-", "00", "01", "-01", "+1", "1 ", " 1", "", "--1", "1-",
                             "0000000000000001", NULL});
    assert_int_equal(check(INT), 0);
    add_all((const char *[]){"9223372036854775807", "-9223372036854775808", "9223372036854775808",
                             "10000000000000001", "1.0", "1e5", NULL});
    check(INT);
}

static void bools(void **state)
{
    (void)state;
    skip_without_batch();
    ordinary(BOOL);
    damaged(BOOL, 200);
    add_all((const char *[]){"true1", "xtrue", "alse", "xalse", "fals", "falsf", "tru", "t", "",
                             "0", "trueX", "TRUe ", NULL});
    assert_int_equal(check(BOOL), 0);
}

static void dates(void **state)
{
    (void)state;
    skip_without_batch();
    ordinary(DATE);
    damaged(DATE, 200);
    /* Every day that exists, and all others of 14 months of 33 days, in the years in which the
     * calendar changes its rule. */
    static const unsigned years[] = {0,    1,    3,    4,    99,   100,  101,  399,
                                     400,  401,  1582, 1600, 1699, 1700, 1900, 1904,
                                     1969, 1970, 1999, 2000, 2001, 2100, 9999};
    for (size_t i = 0; i < sizeof years / sizeof *years; i++) {
        bool leap = years[i] % 4 == 0 && (years[i] % 100 != 0 || years[i] % 400 == 0);
        for (unsigned month = 0; month <= 13; month++)
            for (unsigned day = 0; day <= 32; day++)
                add("%04u-%02u-%02u", years[i], month, day);
        assert_int_equal(check(DATE), leap ? 366 : 365);
    }
    add_all((const char *[]){"2024-13-01", "2024-16-01", "2024-17-01", "2024-99-99", "2024-1-001",
                             "2024/01/01", "20240-1-01", "1234567890", NULL});
    assert_int_equal(check(DATE), 0);
}

static void timestamps(void **state)
{
    (void)state;
    skip_without_batch();
    for (digits = 0; digits <= 9; digits++)
        for (int zone = 0; zone < 2; zone++) {
            utc = zone == 1;
            if (digits == 0 || digits == 3 || digits == 6) {
                ordinary(TIMESTAMP);
                damaged(TIMESTAMP, 60);
            } else {
                add("2024-01-01T00:00:00.123456789%s", utc ? "Z" : "");
                assert_int_equal(check(TIMESTAMP), 0);
            }
        }
    digits = 0;
    utc = false;
    for (unsigned part = 0; part < 3; part++) {
        for (unsigned value = 0; value < 100; value++)
            add("2000-02-29T%02u:%02u:%02u", part == 0 ? value : 0, part == 1 ? value : 0,
                part == 2 ? value : 0);
        assert_int_equal(check(TIMESTAMP), part == 0 ? 24 : 60);
    }
    add_all((const char *[]){"2024-01-01t00:00:00", "2024-01-01 24:00:00", "2024-02-30 00:00:00",
                             "2024-01-01  0:00:00", "2024-01-01T00:00", "2024-01-01T00.00:00",
                             NULL});
    assert_int_equal(check(TIMESTAMP), 0);
}

static void floats(void **state)
{
    (void)state;
    skip_without_batch();
    ordinary(FLOAT);
    damaged(FLOAT, 400);
    add_all((const char *[]){"0.0", "-0.0", "0.5", "-.5", ".55", "12.", "-1.", "9007199254740992.0",
                             "0.0000000000000000000001", NULL});
    assert_int_equal(check(FLOAT), 9);
    add_all((const char *[]){"00.5", "-00.5", "01.5", "1..5", "1.5.5", "...", "-..", "1.5e3",
                             "+1.5", "1,5", "--1.5", "inf", NULL});
    assert_int_equal(check(FLOAT), 0);
    /* Half-way between two doubles: only the exact parser decides these. */
    add_all((const char *[]){"9007199254740993.0", "9007199254740995.0", "4503599627370496.5",
                             "4503599627370497.5", "1125899906842624.125", NULL});
    assert_int_equal(check(FLOAT), 0);
    add_all((const char *[]){".", "-.", "1", "-1", "", "5.", "-5", "0",
                             "1234567890.12345678901234567890", "1000.0000000000000000000000000001",
                             NULL});
    check(FLOAT);
}

/* Numbers of all lengths, with the mark in all places, as near to half-way between two doubles as
 * 19 digits allow. */
static void hard_floats(void **state)
{
    (void)state;
    skip_without_batch();
    size_t claimed = 0, all = 0;
    for (int round = 0; round < 600; round++) {
        for (int i = 0; i < PARSE_BATCH_ROWS / 2; i++) {
            char number[32];
            int length = snprintf(number, sizeof number, "%" PRIu64, parse_random() >> below(64)),
                places = (int)below(23);
            if (places >= length)
                add("%s0.%0*d%s", i % 2 ? "-" : "", places - length, 0, number);
            else
                add("%s%.*s.%s", i % 2 ? "-" : "", length - places, number,
                    number + length - places);
            /* Adding half a unit of the last bit is exact in 64 bits. */
            double value = (double)(parse_random() >> 11) * ldexp(1, -(int)below(70));
            long double half = ((long double)value + (long double)nextafter(value, INFINITY)) / 2;
            int whole = value >= 1 ? (int)log10(value) + 1 : 0;
            add("%.*Lf", whole >= 18 ? 1 : 19 - whole + (int)below(2), half);
        }
        all += n_texts;
        claimed += check(FLOAT);
    }
    assert_true(claimed > all / 2);
}

#define TEST_OF(test, use) {.name = #test ", " #use, .test_func = test, .setup_func = use}
#define TESTS_OF(use)                                                                              \
    TEST_OF(ints, use), TEST_OF(bools, use), TEST_OF(dates, use), TEST_OF(timestamps, use),        \
        TEST_OF(floats, use), TEST_OF(hard_floats, use)

int main(void)
{
    const struct CMUnitTest tests[] = {TESTS_OF(use_avx2), TESTS_OF(use_avx512)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
