/* tools/shortest.h. Without arguments: its properties. With --bits: doubles and floats from
 * standard input to text, for test_shortest_repr.py. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shortest.h"

static uint64_t next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15u;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1du;
}

static double from_bits(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static float from_bits32(uint32_t bits)
{
    float number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Digits without the zeros around them. */
static int count_digits(const char *text)
{
    int count = 0, zeros = 0;
    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text >= '1' && *text <= '9') {
            count += zeros + 1;
            zeros = 0;
        } else if (*text == '0' && count > 0) {
            zeros++;
        }
    }
    return count;
}

/* Reads back the same, and one digit less never does, nor is another text of as many digits nearer.
 */
static void expect_shortest(double number)
{
    char text[SHORTEST_SIZE], other[64];
    const size_t n = shortest_double(number, text);
    assert_int_equal(n, strlen(text));
    if (strtod(text, NULL) != number) {
        fail_msg("%s is not %a", text, number);
    }
    const int digits = count_digits(text);
    if (digits > 1) {
        snprintf(other, sizeof other, "%.*e", digits - 2, number);
        assert_true(strtod(other, NULL) != number);
    }
    if (digits > 0) {
        snprintf(other, sizeof other, "%.*e", digits - 1, number);
        const double nearest = strtod(other, NULL);
        const long double there = fabsl(strtold(other, NULL) - (long double)number);
        const long double here = fabsl(strtold(text, NULL) - (long double)number);
        assert_true(nearest != number || here <= there);
    }
}

static void expect_shortest_float(float number)
{
    char text[SHORTEST_SIZE], other[64];
    const size_t n = shortest_float(number, text);
    assert_int_equal(n, strlen(text));
    if (strtof(text, NULL) != number) {
        fail_msg("%s is not %a", text, (double)number);
    }
    const int digits = count_digits(text);
    if (digits > 1) {
        snprintf(other, sizeof other, "%.*e", digits - 2, (double)number);
        assert_true(strtof(other, NULL) != number);
    }
}

static void spelling(void **state)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {0.0001, "0.0001"},
        {0.00001, "1e-05"},
        {0.00012345, "0.00012345"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {9999999999999998.0, "9999999999999998.0"},
        {12345678901234567.0, "1.2345678901234568e+16"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {1e100, "1e+100"},
        {1.5e-10, "1.5e-10"},
        {5e-324, "5e-324"},
        {1e-323, "1e-323"},
        {100.0, "100.0"},
        {123456.0, "123456.0"},
        {0.3, "0.3"},
        {0.1 + 0.2, "0.30000000000000004"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {-1.7976931348623157e308, "-1.7976931348623157e+308"},
        {9007199254740993.0, "9007199254740992.0"},
        {5.6843418860808015e-14, "5.684341886080802e-14"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {2.0, "2.0"},
        {0.5, "0.5"},
        {1e-5, "1e-05"},
        {1.25e-7, "1.25e-07"},
        {4.35, "4.35"},
    };
    char text[SHORTEST_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shortest_double(cases[i].number, text);
        assert_string_equal(text, cases[i].text);
    }
    assert_int_equal(shortest_double(from_bits(0x7ff8000000000000u), text), 3);
    assert_string_equal(text, "nan");
    shortest_double(from_bits(0xfff0000000000001u), text);
    assert_string_equal(text, "nan");
}

static void spelling_of_floats(void **state)
{
    static const struct {
        float number;
        const char *text;
    } cases[] = {
        {0.1f, "0.1"},
        {16777216.0f, "16777216.0"},
        {3.4028235e38f, "3.4028235e+38"},
        {1e-45f, "1e-45"},
        {1.1754944e-38f, "1.1754944e-38"},
        {0.3f, "0.3"},
        {-0.0f, "-0.0"},
        {1e16f, "1e+16"},
        {33554432.0f, "33554432.0"},
        {8.589973e9f, "8589974000.0"},
        {INFINITY, "inf"},
    };
    char text[SHORTEST_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        shortest_float(cases[i].number, text);
        assert_string_equal(text, cases[i].text);
    }
    shortest_float(from_bits32(0xffc00000u), text);
    assert_string_equal(text, "nan");
}

static void random_doubles(void **state)
{
    (void)state;
    for (int i = 0; i < 300000; i++) {
        const double number = from_bits(next_random());
        if (isfinite(number)) {
            expect_shortest(number);
        }
        expect_shortest((double)(int64_t)(next_random() >> (next_random() % 64)) /
                        pow(10, (double)(next_random() % 12)));
    }
}

/* Around every power of two the gap halves; denormals have few digits. */
static void boundaries(void **state)
{
    (void)state;
    for (uint64_t exponent = 0; exponent < 0x7ff; exponent++) {
        for (uint64_t step = 0; step < 4; step++) {
            expect_shortest(from_bits((exponent << 52) + step));
            if (exponent > 0) {
                expect_shortest(from_bits((exponent << 52) - step));
            }
        }
    }
    for (uint64_t bits = 1; bits < 5000; bits++) {
        expect_shortest(from_bits(bits));
    }
    for (uint32_t exponent = 0; exponent < 0xff; exponent++) {
        for (uint32_t step = 0; step < 200; step++) {
            expect_shortest_float(from_bits32((exponent << 23) + step));
            if (exponent > 0) {
                expect_shortest_float(from_bits32((exponent << 23) - step));
            }
        }
    }
}

static void random_floats(void **state)
{
    (void)state;
    for (int i = 0; i < 500000; i++) {
        const float number = from_bits32((uint32_t)next_random());
        if (isfinite(number)) {
            expect_shortest_float(number);
        }
    }
}

/* Sixteen hexadecimal digits a line are a double, eight a float. */
static int print_bits(void)
{
    char line[64], text[SHORTEST_SIZE];
    while (fgets(line, sizeof line, stdin) != NULL) {
        const uint64_t bits = strtoull(line, NULL, 16);
        if (strcspn(line, "\n") == 4) {
            shortest_half((uint16_t)bits, text);
        } else if (strcspn(line, "\n") == 8) {
            shortest_float(from_bits32((uint32_t)bits), text);
        } else {
            shortest_double(from_bits(bits), text);
        }
        puts(text);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spelling),       cmocka_unit_test(spelling_of_floats),
        cmocka_unit_test(random_doubles), cmocka_unit_test(boundaries),
        cmocka_unit_test(random_floats),
    };
    if (argc > 1 && strcmp(argv[1], "--bits") == 0) {
        return print_bits();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
