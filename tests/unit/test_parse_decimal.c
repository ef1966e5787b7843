/* C-44, C-81: texts to decimals, exactly, and to float16, rounded once. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parse/marks.h"
#include "parse_support.h"

__extension__ typedef __int128 wide;

static parse_marks marks_of(const char *text)
{
    parse_marks marks = parse_marks_none(&parse_style_plain);
    if (text[0] != 0)
        assert_null(parse_marks_read(text, strlen(text), &parse_style_plain, '"', false, &marks));
    return marks;
}

static bool read_decimal(const char *text, const parse_marks *marks, uint32_t precision,
                         uint32_t scale, wide *out)
{
    struct parse_field field = parse_field_make(text, strlen(text));
    uint64_t halves[2];
    const bool fits = parse_asked_decimal(field.s, field.n, marks, precision, scale, halves);
    parse_field_drop(&field);
    if (fits)
        memcpy(out, halves, sizeof *out);
    return fits;
}

static void decimals_that_fit(void **state)
{
    static const struct {
        const char *text, *marks;
        uint32_t precision, scale;
        int64_t value;
    } good[] = {
        {"123.45", "", 5, 2, 12345},
        {"+1", "", 5, 2, 100},
        {"-0.10", "", 5, 2, -10},
        {"7.500", "", 5, 2, 750},
        {"-0", "", 5, 2, 0},
        {"0", "", 1, 1, 0},
        {".5", "", 1, 1, 5},
        {"5.", "", 1, 0, 5},
        {"007", "", 1, 0, 7},
        {"999.99", "", 5, 2, 99999},
        {"-999.99", "", 5, 2, -99999},
        {"0.000", "", 2, 2, 0},
        {"000100", "", 3, 0, 100},
        {"$1,234.50", "$,", 18, 2, 123450},
        {"-1,234.5 $", "$,", 18, 2, -123450},
        {"12.5 %", "%", 5, 3, 125},
    };
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        const parse_marks marks = marks_of(good[i].marks);
        wide v = 77;
        if (!read_decimal(good[i].text, &marks, good[i].precision, good[i].scale, &v) ||
            v != good[i].value)
            fail_msg("%s", good[i].text);
    }
}

static void decimals_that_do_not_fit(void **state)
{
    static const struct {
        const char *text, *marks;
        uint32_t precision, scale;
    } bad[] = {
        {"1.234", "", 5, 2},
        {"1000", "", 5, 2},
        {"1e2", "", 5, 2},
        {"1E0", "", 5, 2},
        {"nan", "", 5, 2},
        {"inf", "", 5, 2},
        {"", "", 5, 2},
        {"-", "", 5, 2},
        {"1,000", "", 18, 2},
        {"1.2.3", "", 18, 2},
        {" 1", "", 5, 2},
        {"0.001", "", 5, 2},
        {"10", "", 1, 0},
        {"1", "", 1, 1},
        {"$1", "", 5, 2},
        {"0x1", "", 5, 2},
        {"1.5%", "%", 5, 2},
        {"100000000000000000000000000000000000000", "", 38, 0},
        {"0.00000000000000000000000000000000000001", "", 38, 37},
        {"-170141183460469231731687303715884105729", "", 38, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const parse_marks marks = marks_of(bad[i].marks);
        wide v;
        if (read_decimal(bad[i].text, &marks, bad[i].precision, bad[i].scale, &v))
            fail_msg("%s fits decimal(%u,%u)", bad[i].text, bad[i].precision, bad[i].scale);
    }
}

/* Writes the digits of a decimal's integer with the point before the last `scale`, with zeros
 * before and behind where they change nothing. */
static void write_decimal(char *out, const char *digits, size_t n, size_t scale, bool minus)
{
    char padded[64];
    const size_t missing = n <= scale ? scale + 1 - n : 0;
    memset(padded, '0', missing);
    memcpy(padded + missing, digits, n);
    const size_t all = n + missing, whole = all - scale;
    out += sprintf(out, "%s%.*s", minus ? "-" : "", (int)(parse_random() % 4), "0000");
    out += sprintf(out, "%.*s", (int)whole, padded);
    if (scale != 0 || parse_random() % 2)
        out += sprintf(out, ".%.*s", (int)scale, padded + whole);
    if (strchr(out - 1, '.') != NULL || scale != 0)
        sprintf(out, "%.*s", (int)(parse_random() % 30), "000000000000000000000000000000");
}

/* Any digits of any precision and scale are read exactly, whatever zeros stand around them. */
static void decimals_of_all_sizes(void **state)
{
    const parse_marks marks = marks_of("");
    (void)state;
    for (int i = 0; i < PARSE_TRIES(200000); i++) {
        const uint32_t precision = 1 + (uint32_t)(parse_random() % 38),
                       scale = (uint32_t)(parse_random() % (precision + 1));
        const size_t n = 1 + parse_random() % precision;
        char digits[40], text[160];
        wide expected = 0, v;
        for (size_t k = 0; k < n; k++) {
            digits[k] = (char)('0' + (parse_random() % 3 ? parse_random() % 10 : 0));
            expected = expected * 10 + (digits[k] - '0');
        }
        const bool minus = parse_random() % 2;
        write_decimal(text, digits, n, scale, minus);
        if (!read_decimal(text, &marks, precision, scale, &v) ||
            v != (minus ? -expected : expected))
            fail_msg("%s as decimal(%u,%u)", text, precision, scale);
        if (n == precision && digits[0] != '0' && scale < precision && precision > 1 &&
            read_decimal(text, &marks, precision - 1, scale, &v))
            fail_msg("%s fits a digit less than it has", text);
    }
}

static bool read_half(const char *text, uint16_t *bits)
{
    const parse_marks marks = marks_of("");
    struct parse_field field = parse_field_make(text, strlen(text));
    const bool fits = parse_asked_float16(field.s, field.n, &marks, bits);
    parse_field_drop(&field);
    return fits;
}

/* Returns the value of a finite half without a sign. */
static double half_value(uint32_t bits)
{
    const int exponent = (int)(bits >> 10);
    const double fraction = bits & 1023;
    return exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
}

/* Every half, the middle between it and the next one, and the nearest texts on both sides of that
 * middle, which is further than a double can tell. */
static void halves_are_nearest(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 0x7c00; bits += PARSE_TRIES(20) < 20 ? 31 : 1) {
        const double here = half_value(bits), middle = here + (half_value(bits + 1) - here) / 2;
        char text[128];
        uint16_t got;
        snprintf(text, sizeof text, "%.30f", here);
        assert_true(read_half(text, &got) && got == bits);
        snprintf(text, sizeof text, "-%.30f", here);
        assert_true(read_half(text, &got) && got == (bits | 0x8000));
        const uint32_t even = bits + (bits & 1);
        snprintf(text, sizeof text, "%.30f", middle);
        assert_true(even == 0x7c00 ? !read_half(text, &got) : read_half(text, &got) && got == even);
        snprintf(text, sizeof text, "%.30f00000000000000000000001", middle);
        assert_true(bits + 1 == 0x7c00 ? !read_half(text, &got)
                                       : read_half(text, &got) && got == bits + 1);
        /* just below: the last digit of the middle is a 5, for it has 25 places at most */
        snprintf(text, sizeof text, "%.25f", middle);
        char *last = text + strlen(text) - 1;
        while (*last == '0')
            *last-- = 0;
        if (*last == '.') {
            *last = 0;
            continue; /* a whole number: the next loop tries those */
        }
        assert_true(*last == '5');
        strcpy(last, "4999999999999999999999999");
        assert_true(read_half(text, &got) && got == bits);
    }
}

static void halves_of_other_texts(void **state)
{
    static const struct {
        const char *text;
        uint16_t bits;
    } good[] = {{"nan", 0x7e00},
                {"inf", 0x7c00},
                {"-Infinity", 0xfc00},
                {"65504", 0x7bff},
                {"65519.9", 0x7bff},
                {"1e-8", 0},
                {"-1e-400", 0x8000},
                {"1e0", 0x3c00},
                {"+2", 0x4000},
                {"2048.9", 0x6800},
                {"2049", 0x6800},
                {"2050", 0x6801},
                {"2e-8", 0},
                {"2.98023223876953125e-8", 0},
                {"2.980232238769531250000001e-8", 1}};
    static const char *const bad[] = {"65520", "1e5", "-65520", "1e400", "", "x", "+inf", "+nan"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint16_t got = 1;
        if (!read_half(good[i].text, &got) || got != good[i].bits)
            fail_msg("%s: %x", good[i].text, got);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint16_t got;
        if (read_half(bad[i], &got))
            fail_msg("\"%s\" fits", bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimals_that_fit),     cmocka_unit_test(decimals_that_do_not_fit),
        cmocka_unit_test(decimals_of_all_sizes), cmocka_unit_test(halves_are_nearest),
        cmocka_unit_test(halves_of_other_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
