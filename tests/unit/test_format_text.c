/* The order of strings, and C-60: both have one home, which all that write, read and check use. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "format/dictionary_rule.h"
#include "format/text.h"

/* The order of F-32, a byte at a time. */
static int order(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length)
{
    for (size_t i = 0; i < a_length && i < b_length; i++) {
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    }
    return (a_length > b_length) - (a_length < b_length);
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static uint64_t next(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 33;
}

/* Strings that share a beginning and differ in a byte, of every length around 8 and 16. */
static void strings_have_one_order(void **state)
{
    static const uint8_t bytes[] = {0, 1, 'a', 0x7F, 0x80, 0xFF};
    uint64_t random = 1;
    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint8_t a[24], b[24];
        size_t a_length = next(&random) % 20, b_length = next(&random) % 20;
        size_t same = next(&random) % 20;
        for (size_t k = 0; k < sizeof a; k++) {
            a[k] = bytes[next(&random) % sizeof bytes];
            b[k] = k < same ? a[k] : bytes[next(&random) % sizeof bytes];
        }
        int expected = order(a, a_length, b, b_length);
        assert_int_equal(sign(fmt_text_order(a, a_length, b, b_length)), expected);
        assert_int_equal(fmt_text_equal(a, a_length, b, b_length), expected == 0);
        uint64_t x = fmt_text_key(a, a_length), y = fmt_text_key(b, b_length);
        if (x != y)
            assert_int_equal(x < y ? -1 : 1, expected);
    }
    assert_int_equal(fmt_text_order(NULL, 0, NULL, 0), 0);
    assert_true(fmt_text_order(NULL, 0, "a", 1) < 0);
    assert_true(fmt_text_equal(NULL, 0, NULL, 0));
    assert_true(fmt_text_key(NULL, 0) == 0);
}

/* C-60 in 64 bits, as a writer may compute it within the limits of a file: rows below 2^56 (F-14),
 * strings below 2^62 bytes. */
static int pays_in_64_bits(uint64_t rows, uint64_t values, uint64_t bytes, uint64_t text_bytes)
{
    if (values > 65536 || bytes > 4194304)
        return 0;
    uint64_t width = values <= 128 ? 1 : values <= 32768 ? 2 : 4;
    return rows * width + 8 * (values + 1) + bytes < 8 * (rows + 1) + text_bytes;
}

static void the_rule_is_the_same_in_64_and_128_bits(void **state)
{
    static const uint64_t values[] = {0,     1,     2,     127,   128,   129,       32767,
                                      32768, 32769, 65535, 65536, 65537, UINT64_MAX};
    static const uint64_t bytes[] = {0, 1, 128, 4194303, 4194304, 4194305, UINT64_MAX};
    enum { VALUES = sizeof values / sizeof *values, BYTES = sizeof bytes / sizeof *bytes };
    uint64_t random = 2;
    (void)state;
    for (int i = 0; i < 2000000; i++) {
        uint64_t rows = (next(&random) << 31 | next(&random)) >> (6 + next(&random) % 56);
        uint64_t text = (next(&random) << 31 | next(&random)) >> next(&random) % 62;
        uint64_t v = values[next(&random) % VALUES], b = bytes[next(&random) % BYTES];
        if (i % 3 == 0) { /* around the point where the answer changes */
            uint64_t width = fmt_code_width(v), dictionary = rows * width + 8 * (v + 1) + b;
            text = dictionary - 8 * (rows + 1) + next(&random) % 3 - 1;
            if (text >> 62)
                continue;
        }
        assert_true(rows < UINT64_C(1) << 56);
        assert_int_equal(fmt_dictionary_pays(rows, v, b, text), pays_in_64_bits(rows, v, b, text));
    }
}

/* Beyond them 64 bits wrap around: a guess from a sample may ask for that. */
static void the_rule_does_not_wrap_around(void **state)
{
    const uint64_t most = UINT64_MAX;
    (void)state;
    assert_true(fmt_dictionary_pays(most, 1, 1, most));
    assert_true(fmt_dictionary_pays(most, 65536, 4194304, 0));
    assert_true(fmt_dictionary_pays(UINT64_C(1) << 61, 1, 1, 0));
    assert_true(fmt_dictionary_pays(0, 65536, 4194304, most));
    assert_false(fmt_dictionary_pays(0, 65536, 4194304, 0));
    assert_false(fmt_dictionary_pays(most, 65537, 0, most));
    assert_false(fmt_dictionary_pays(most, 0, 4194305, most));
}

static void codes_are_as_narrow_as_they_can_be(void **state)
{
    (void)state;
    assert_int_equal(fmt_code_width(0), 1);
    assert_int_equal(fmt_code_width(128), 1);
    assert_int_equal(fmt_code_width(129), 2);
    assert_int_equal(fmt_code_width(32768), 2);
    assert_int_equal(fmt_code_width(32769), 4);
    assert_int_equal(fmt_code_width(UINT64_MAX), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_have_one_order),
        cmocka_unit_test(the_rule_is_the_same_in_64_and_128_bits),
        cmocka_unit_test(the_rule_does_not_wrap_around),
        cmocka_unit_test(codes_are_as_narrow_as_they_can_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
