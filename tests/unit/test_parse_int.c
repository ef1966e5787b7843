/* C-31, C-32: whole numbers. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parse_support.h"

static bool holds(int64_t number)
{
    /* 2^63 has a double, but no int64 to cast back to. */
    const double nearest = (double)number;
    return nearest < 9223372036854775808.0 && (int64_t)nearest == number;
}

static void expect_int(int64_t number)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, number);
    const parse_value value = parse_check_text(text);
    assert_int_equal(value.class_, holds(number) ? PARSE_INT : PARSE_INT_INEXACT);
    assert_int_equal(value.integer, number);
    assert_true(value.number == (double)number);
}

static void small_numbers(void **state)
{
    (void)state;
    for (int64_t number = -120000; number <= 120000; number++) {
        expect_int(number);
    }
}

static void boundaries(void **state)
{
    (void)state;
    for (int bit = 0; bit < 63; bit++) {
        for (int64_t delta = -3; delta <= 3; delta++) {
            expect_int(((int64_t)1 << bit) + delta);
            expect_int(-((int64_t)1 << bit) - delta);
        }
    }
    int64_t power = 1;
    for (int places = 0; places <= 18; places++, power *= places <= 18 ? 10 : 1) {
        for (int64_t delta = -3; delta <= 3; delta++) {
            expect_int(power + delta);
            expect_int(-power - delta);
        }
    }
    for (int64_t delta = 0; delta < 1000; delta++) {
        expect_int(INT64_MAX - delta);
        expect_int(INT64_MIN + delta);
    }
}

static void random_numbers(void **state)
{
    (void)state;
    for (int i = 0; i < 500000; i++) {
        const uint64_t bits = parse_random();
        expect_int((int64_t)bits >> (parse_random() % 63));
    }
}

static void beyond_int64(void **state)
{
    static const struct {
        const char *text;
        uint32_t class_;
    } cases[] = {
        {"9223372036854775807", PARSE_INT_INEXACT}, {"9223372036854775808", PARSE_BIG},
        {"-9223372036854775808", PARSE_INT},        {"-9223372036854775809", PARSE_TEXT},
        {"9223372036854775809", PARSE_TEXT},        {"9999999999999999999", PARSE_TEXT},
        {"10000000000000000000", PARSE_BIG},        {"18446744073709551615", PARSE_TEXT},
        {"18446744073709551616", PARSE_BIG},        {"18446744073709551617", PARSE_TEXT},
        {"10000000000000000000000", PARSE_BIG},     {"-10000000000000000000000", PARSE_BIG},
        {"100000000000000000000000", PARSE_TEXT},   {"99999999999999991611392", PARSE_BIG},
        {"09223372036854775808", PARSE_TEXT},       {"+9223372036854775808", PARSE_TEXT},
        {"00000000000000000001", PARSE_TEXT},       {"9223372036854775808.", PARSE_FLOAT},
        {"-9223372036854777856", PARSE_BIG},        {"-18446744073709551616", PARSE_BIG},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const parse_value value = parse_check_text(cases[i].text);
        assert_int_equal(value.class_, cases[i].class_);
        if (value.class_ == PARSE_BIG) {
            assert_true(value.number == strtod(cases[i].text, NULL));
        }
    }
}

/* Every power of two that is finite, written out, is exact; the number after it is not. */
static void written_out(void **state)
{
    char text[400];
    (void)state;
    for (int bit = 63; bit < 1024; bit++) {
        const double power = __builtin_ldexp(1.0, bit);
        const int n = snprintf(text, sizeof text, "%.0f", power);
        const parse_value value = parse_check_text(text);
        assert_int_equal(value.class_, PARSE_BIG);
        assert_true(value.number == power);
        text[n - 1]++; /* a power of two never ends in 9 */
        assert_int_equal(parse_check_text(text).class_, PARSE_TEXT);
    }
    memset(text, '1', sizeof text);
    for (size_t n = 309; n < sizeof text; n++) {
        assert_int_equal(parse_check(text, n, &parse_style_plain).class_, PARSE_TEXT);
    }
}

static void not_canonical(void **state)
{
    static const char *const texts[] = {
        "",
        "-",
        "+",
        "--1",
        "+1",
        "00",
        "01",
        "-01",
        "-00",
        "007",
        "1 ",
        " 1",
        "1a",
        "0x1",
        "1_000",
        "1-",
        "- 1",
        "1,000",
        "1'000",
        "\t1",
        "1\n",
        "\xd9\xa1",
        "12345678a",
        "a12345678",
        "1234567/",
        "1234567:",
        "12345678901234567:",
        "0000000000000000000",
        "-0000000000000000001",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(parse_check_text(texts[i]).class_, PARSE_TEXT);
    }
    const parse_value zero = parse_check_text("-0");
    assert_int_equal(zero.class_, PARSE_FLOAT);
    assert_int_equal(parse_double_bits(zero.number), (uint64_t)1 << 63);
    assert_int_equal(parse_check_text("0").class_, PARSE_INT);
}

/* Every byte in every place of numbers of every length: only digits are digits. */
static void every_byte(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 19; n++) {
        for (size_t place = 0; place < n; place++) {
            for (int byte = 0; byte < 256; byte++) {
                char text[20];
                memset(text, '1', sizeof text);
                text[place] = (char)byte;
                const parse_value value = parse_check(text, n, &parse_style_plain);
                const bool digit =
                    byte >= '0' && byte <= '9' && (n == 1 || place != 0 || byte != '0');
                const bool minus = byte == '-' && place == 0 && n > 1;
                assert_int_equal((value.class_ & (PARSE_INT | PARSE_INT_INEXACT)) != 0,
                                 digit || minus);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_numbers),  cmocka_unit_test(boundaries),
        cmocka_unit_test(random_numbers), cmocka_unit_test(beyond_int64),
        cmocka_unit_test(written_out),    cmocka_unit_test(not_canonical),
        cmocka_unit_test(every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
