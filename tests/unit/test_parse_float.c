/* C-34, C-35, C-40, C-44: numbers with a mark or an exponent, to the nearest double, against the C
 * library. */
#include <float.h>
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

static const parse_marks plain = {.style = {.decimal = '.'}};

/* Checks that the text is a number with the double of strtod and the float of strtof. Infinite ones
 * are text. */
static void expect_nearest(const char *text, size_t n)
{
    const double expected = strtod(text, NULL);
    const parse_value value = parse_check(text, n, &parse_style_plain);
    if (isinf(expected)) {
        assert_int_equal(value.class_, PARSE_TEXT);
        return;
    }
    if (strpbrk(text, ".eE") != NULL) {
        assert_int_equal(value.class_, PARSE_FLOAT);
    }
    if (value.class_ != PARSE_TEXT &&
        parse_double_bits(value.number) != parse_double_bits(expected)) {
        fail_msg("%s: %a, not %a", text, value.number, expected);
    }
    double number = 0;
    float narrow = 0;
    assert_true(parse_asked_float64(text, n, &plain, &number));
    assert_int_equal(parse_double_bits(number), parse_double_bits(expected));
    const float narrow_expected = strtof(text, NULL);
    assert_int_equal(parse_asked_float32(text, n, &plain, &narrow), !isinf(narrow_expected));
    if (!isinf(narrow_expected) &&
        (narrow != narrow_expected || signbit(narrow) != signbit(narrow_expected))) {
        fail_msg("%s: float %a, not %a", text, (double)narrow, (double)narrow_expected);
    }
}

/* The text in a buffer that may be read around it. */
static void expect_text(const char *text)
{
    char memory[2 * PARSE_SLACK + 3000] = {0};
    const size_t n = strlen(text);
    assert_true(n < 3000);
    memcpy(memory + PARSE_SLACK, text, n);
    expect_nearest(memory + PARSE_SLACK, n);
}

static double any_finite(void)
{
    for (;;) {
        const double number = parse_bits_double(parse_random());
        if (isfinite(number)) {
            return number;
        }
    }
}

static double unit(void)
{
    return (double)(parse_random() >> 11) / 9007199254740992.0;
}

enum { ROUNDS = PARSE_TRIES(150000) };

static void random_bits(void **state)
{
    char text[64];
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(text, sizeof text,
                 i % 4 == 0   ? "%.15g"
                 : i % 4 == 1 ? "%.16g"
                 : i % 4 == 2 ? "%.17g"
                              : "%.18g",
                 any_finite());
        expect_text(text);
    }
}

static void short_decimals(void **state)
{
    char text[64];
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(text, sizeof text, "%.*f", (int)(parse_random() % 9),
                 (unit() - 0.5) * (double)(1u << parse_random() % 32));
        expect_text(text);
    }
}

static void long_fractions(void **state)
{
    char text[64];
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(text, sizeof text, "%.*f", (int)(parse_random() % 30),
                 (unit() - 0.5) * exp2((int)(parse_random() % 60) - 30));
        expect_text(text);
    }
}

/* Digits of any number with a mark anywhere and with or without an exponent. */
static void any_digits(void **state)
{
    char text[128];
    (void)state;
    for (int i = 0; i < 2 * ROUNDS; i++) {
        size_t n = 0;
        const size_t count = 1 + parse_random() % (i % 8 == 0 ? 60 : 22),
                     mark = parse_random() % (count + 1);
        if (parse_random() & 1) {
            text[n++] = '-';
        }
        for (size_t k = 0; k < count; k++) {
            if (k == mark) {
                text[n++] = '.';
            }
            text[n++] =
                (char)(k == 0 && mark > 1 ? '1' + parse_random() % 9 : '0' + parse_random() % 10);
        }
        text[n] = '\0';
        if (i % 3 == 0) {
            snprintf(text + n, sizeof text - n, "%c%d", i & 1 ? 'e' : 'E',
                     (int)(parse_random() % 720) - 360);
        }
        if (strpbrk(text, ".eE") == NULL) {
            strcat(text, ".");
        }
        expect_text(text);
    }
}

static void exponents(void **state)
{
    char text[64];
    (void)state;
    for (int power = -400; power <= 400; power++) {
        for (int digits = 1; digits <= 19; digits++) {
            snprintf(text, sizeof text, "%" PRIu64 "e%d", parse_random() >> (64 - 3 * digits),
                     power);
            expect_text(text);
        }
        snprintf(text, sizeof text, "9999999999999999999e%d", power);
        expect_text(text);
        snprintf(text, sizeof text, "18446744073709551615e%d", power);
        expect_text(text);
    }
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(text, sizeof text, "%.*e", (int)(parse_random() % 25), any_finite());
        expect_text(text);
    }
}

static void denormals(void **state)
{
    char text[64];
    (void)state;
    for (int i = 0; i < ROUNDS; i++) {
        const double number = parse_bits_double(parse_random() >> (12 + parse_random() % 52));
        snprintf(text, sizeof text, "%.*g", 15 + (int)(parse_random() % 10), number);
        if (strpbrk(text, ".e") != NULL) {
            expect_text(text);
        }
    }
}

/* The point half-way between two neighbours with every digit of it, and the numbers just below and
 * above, near the 19th digit and far after it. */
static void expect_half_way(double low)
{
    char text[2600];
    const long double middle = ((long double)low + (long double)nextafter(low, INFINITY)) / 2;
    const int n = snprintf(text, sizeof text, "%.1200Lf", middle);
    assert_true(n > 0 && n < 2200);
    expect_text(text);
    strcpy(text + n, "1");
    expect_text(text);
    strcpy(text + n, "000000000000000000000000000000000000000000000000000000000000000001");
    expect_text(text);
    text[n] = '\0';
    char *last = text + n - 1;
    while (*last == '0' || *last == '.') {
        last--;
    }
    (*last)--;
    expect_text(text);
    (*last) += 2;
    if (*last <= '9') {
        expect_text(text);
    }
    for (int cut = 1; cut <= 30; cut++) {
        const char *const mark = strchr(text, '.');
        if (last - cut <= mark) {
            break;
        }
        last[1 - cut] = '\0';
        expect_text(text);
    }
}

static void half_way(void **state)
{
    (void)state;
    if (LDBL_MANT_DIG < 64) {
        skip(); /* no type that holds the middle */
    }
    enum { POINTS = PARSE_TRIES(1000) };
    for (int i = 0; i < POINTS; i++) {
        const double low = fabs(any_finite());
        if (low < DBL_MAX) {
            expect_half_way(low);
        }
        expect_half_way(unit() * exp2((int)(parse_random() % 140) - 70));
        expect_half_way(parse_bits_double(parse_random() >> (12 + parse_random() % 52)));
    }
    for (int power = -1074; power < 1023; power += 3000 / POINTS) {
        expect_half_way(ldexp(1.0, power));
    }
}

/* The same for floats: a double in between must not be a second rounding. */
static void float_half_way(void **state)
{
    char text[512];
    (void)state;
    for (int i = 0; i < PARSE_TRIES(100000); i++) {
        uint32_t bits = (uint32_t)parse_random() & 0x7fffffff;
        bits = bits >= 0x7f7fffff ? bits - 0x01000000 : bits;
        if (i % 3 == 0) {
            bits >>= 8 + parse_random() % 20; /* denormals */
        }
        float low;
        memcpy(&low, &bits, sizeof low);
        const double middle = ((double)low + (double)nextafterf(low, INFINITY)) / 2;
        const int n = snprintf(text, sizeof text, "%.*f", i % 2 ? 200 : 60, middle);
        expect_text(text);
        strcpy(text + n, "000000000000001");
        expect_text(text);
        snprintf(text, sizeof text, "%.*e", 6 + (int)(parse_random() % 14), middle);
        expect_text(text);
    }
    expect_text("340282356779733661637539395458142568447.9999");
    expect_text("340282356779733661637539395458142568448.0");
    expect_text("340282346638528859811704183484516925440.0");
}

static void known_hard_ones(void **state)
{
    static const char *const texts[] = {
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.2250738585072014e-308",
        "2.225073858507201e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1.797693134862315807e308",
        "1.797693134862315808e308",
        "1e308",
        "1e309",
        "1e310",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "5e-324",
        "3e-324",
        "2e-324",
        "1e-324",
        "1e-400",
        "9007199254740993.0",
        "9007199254740992.9999999999999999999",
        "9007199254740993.0000000000000000001",
        "9007199254740991.5",
        "4503599627370497.5",
        "4503599627370496.5",
        "4503599627370497.5000000000000000000000000000000001",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        "6.02214076e23",
        "0.1",
        "0.2",
        "0.3",
        "0.30000000000000004",
        "123456789.123456789",
        "1e22",
        "1e23",
        "8.5e22",
        "7.2057594037927933e16",
        "3.5844466002796428e298",
        "0.000000000000000000000000000000000000000000000000000001",
        "100000000000000000000000000000000000.0",
        "0e999999999999999999999999",
        "-0e-99",
        "0.0e400",
        "1e-99999999999999999999999",
        "1e99999999999999999999999",
        "0.5e+0000000000000000000001",
        "9214843084008499.0",
        "30078505129381147446200.0",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        expect_text(texts[i]);
    }
}

/* Megabytes of digits, the answer far behind. */
static void enormous(void **state)
{
    enum { SIZE = 3000000 };
    char *const text = malloc(SIZE + 64);
    (void)state;
    assert_non_null(text);
    memset(text, '0', SIZE);
    text[1] = '.';
    strcpy(text + SIZE, "1234e3000000");
    parse_value value = parse_check_text(text);
    assert_int_equal(value.class_, PARSE_FLOAT);
    assert_true(value.number == 12.34);
    text[0] = '1';
    strcpy(text + SIZE, "1");
    assert_true(parse_check_text(text).number == 1);
    memcpy(text, "9007199254740993.", 17);
    assert_true(parse_check_text(text).number == 9007199254740994.0); /* the last digit decides */
    text[SIZE] = '0';
    assert_true(parse_check_text(text).number == 9007199254740992.0);
    memset(text, '3', SIZE);
    assert_int_equal(parse_check(text, SIZE, &parse_style_plain).class_, PARSE_TEXT);
    strcpy(text + SIZE, "e-3000000");
    assert_true(parse_check_text(text).number == 0.33333333333333333);
    strcpy(text + SIZE, "e-2999692");
    assert_true(parse_check_text(text).number == 3.3333333333333333e307);
    free(text);
}

static void not_floats(void **state)
{
    static const char *const texts[] = {
        ".",           "-.",         "e5",          ".e5",
        "1e",          "1e+",        "1e-",         "1.5e",
        "-",           "00.5",       "-00.5",       "01.5",
        "00.",         "007e5",      "+1.5",        "+.5",
        "1.5.",        "1..5",       "1,5",         "1.5 ",
        " 1.5",        "1.5f",       "0x1p3",       "1_0.5",
        "1e5.0",       "1e 5",       "1.5e+-3",     "--1.5",
        "1e400",       "-1e400",     "1.5e308000",  "infin",
        "+inf",        "in",         "nan(0)",      "-nan",
        "+nan",        "inf ",       "infinity1",   "\xef\xbc\x91.5",
        "1.5\xc2\xa0", "12345678.x", "0.12345678x", "0.1234567890123456x",
        "x.5",         "1.5:",       "1/5",         "$1.50",
        "1.50%",
    };
    double number;
    float narrow;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(parse_check_text(texts[i]).class_, PARSE_TEXT);
        /* C-44: a leading plus and leading zeros are read if a float was asked for. */
        const bool loose = strspn(texts[i] + (texts[i][0] == '-'), "+0") != 0;
        assert_true(loose || !parse_asked_float64(texts[i], strlen(texts[i]), &plain, &number));
        assert_true(loose || !parse_asked_float32(texts[i], strlen(texts[i]), &plain, &narrow));
    }
}

static void signed_zeros(void **state)
{
    static const char *const texts[] = {
        "0.0", "0.", ".0", "0e5", "0.00000000000000000000000", "0e-400", "0.000e300", "1e-999"};
    char text[64];
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (int minus = 0; minus < 2; minus++) {
            snprintf(text, sizeof text, "%s%s", minus ? "-" : "", texts[i]);
            const parse_value value = parse_check_text(text);
            assert_int_equal(value.class_, PARSE_FLOAT);
            assert_int_equal(parse_double_bits(value.number), (uint64_t)minus << 63);
        }
    }
}

static void specials(void **state)
{
    static const char *const words[] = {"inf",      "INF",      "Inf",  "iNf",      "infinity",
                                        "INFINITY", "Infinity", "-inf", "-Infinity"};
    static const char *const nans[] = {"nan", "NaN", "NAN"};
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const parse_value value = parse_check_text(words[i]);
        float narrow;
        assert_int_equal(value.class_, PARSE_SPECIAL);
        assert_true(value.number == (words[i][0] == '-' ? -INFINITY : INFINITY));
        assert_true(parse_asked_float32(words[i], strlen(words[i]), &plain, &narrow));
        assert_true(narrow == (words[i][0] == '-' ? -INFINITY : INFINITY));
    }
    for (size_t i = 0; i < sizeof nans / sizeof *nans; i++) {
        float narrow = 0;
        uint32_t bits;
        assert_int_equal(parse_check_text(nans[i]).class_, PARSE_SPECIAL);
        assert_int_equal(parse_double_bits(parse_check_text(nans[i]).number), 0x7ff8000000000000u);
        assert_true(parse_asked_float32(nans[i], 3, &plain, &narrow));
        memcpy(&bits, &narrow, sizeof bits);
        assert_int_equal(bits, 0x7fc00000);
    }
}

static void whole_numbers_on_demand(void **state)
{
    double number;
    (void)state;
    assert_true(parse_asked_float64("9007199254740993", 16, &plain, &number));
    assert_true(number == 9007199254740992.0);
    assert_true(parse_asked_float64("9223372036854775809", 19, &plain, &number));
    assert_true(number == 9223372036854775808.0);
    assert_true(parse_asked_float64("-100000000000000000000000", 25, &plain, &number));
    assert_true(number == -1e23);
    assert_true(parse_asked_float64("-0", 2, &plain, &number) && signbit(number));
    assert_true(parse_asked_float64("007", 3, &plain, &number) && number == 7);
    assert_true(parse_asked_float64("+.5", 3, &plain, &number) && number == 0.5);
    assert_false(parse_asked_float64("", 0, &plain, &number));
    for (int i = 0; i < PARSE_TRIES(200000); i++) {
        char text[64];
        const uint64_t front = parse_random() | 1, back = parse_random() >> (parse_random() % 60);
        snprintf(text, sizeof text, "%" PRIu64 "%" PRIu64, front, back);
        expect_text(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_bits),     cmocka_unit_test(short_decimals),
        cmocka_unit_test(long_fractions),  cmocka_unit_test(any_digits),
        cmocka_unit_test(exponents),       cmocka_unit_test(denormals),
        cmocka_unit_test(half_way),        cmocka_unit_test(float_half_way),
        cmocka_unit_test(known_hard_ones), cmocka_unit_test(enormous),
        cmocka_unit_test(not_floats),      cmocka_unit_test(signed_zeros),
        cmocka_unit_test(specials),        cmocka_unit_test(whole_numbers_on_demand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
