/* A keyed set of strings: codes, growth, order, and the same answers under every secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text_set.h"

enum { TEXTS = 5000 };

static size_t text_of(uint32_t i, char out[32])
{
    return (size_t)snprintf(out, 32, "%s%u", i % 3 == 0 ? "a common beginning " : "",
                            i * 7919u % 65537u);
}

static base_text_set *filled(uint64_t secret)
{
    base_text_set *set = base_text_set_new(secret);
    assert_non_null(set);
    for (uint32_t i = 0; i < TEXTS; i++) {
        char text[32];
        size_t length = text_of(i, text);
        assert_int_equal(base_text_set_find(set, text, length), -1);
        assert_true(base_text_set_add(set, text, length));
        assert_int_equal(set->count, i + 1);
    }
    return set;
}

static void codes_count_up(void **state)
{
    (void)state;
    for (uint64_t secret = 0; secret < 3; secret++) {
        base_text_set *set = filled(secret * UINT64_C(0x9E3779B97F4A7C15));
        uint64_t sum = 0, length;
        for (uint32_t i = 0; i < TEXTS; i++) {
            char text[32];
            size_t n = text_of(i, text);
            assert_int_equal(base_text_set_find(set, text, n), i);
            assert_true(base_text_set_is(set, i, text, n));
            assert_false(base_text_set_is(set, i, text, n - 1));
            const uint8_t *bytes = base_text_set_at(set, i, &length);
            assert_int_equal(length, n);
            assert_memory_equal(bytes, text, n);
            sum += n;
        }
        assert_int_equal(base_text_set_bytes(set), sum);
        assert_true(set->n_slots >= 2 * set->count);
        assert_true(base_text_set_memory(set) >= sum + TEXTS * sizeof(base_text));
        base_text_set_free(set);
    }
    base_text_set_free(NULL);
}

static void an_empty_string_is_a_string(void **state)
{
    (void)state;
    base_text_set *set = base_text_set_new(1);
    assert_non_null(set);
    assert_int_equal(base_text_set_find(set, NULL, 0), -1);
    assert_true(base_text_set_add(set, NULL, 0));
    assert_int_equal(base_text_set_find(set, "", 0), 0);
    assert_int_equal(base_text_set_find(set, "\0", 1), -1);
    assert_true(base_text_set_add(set, "\0", 1));
    assert_int_equal(base_text_set_find(set, "\0", 1), 1);
    assert_int_equal(base_text_set_bytes(set), 1);
    assert_true(base_text_set_ascends(set));
    base_text_set_free(set);
}

static void the_order_is_bytewise(void **state)
{
    (void)state;
    uint32_t order[TEXTS];
    base_text_set *set = filled(1), *sorted = base_text_set_new(2);
    assert_non_null(sorted);
    assert_false(base_text_set_ascends(set));
    assert_true(base_text_set_order(set, order));
    for (uint32_t i = 0; i < TEXTS; i++) {
        uint64_t length;
        const uint8_t *bytes = base_text_set_at(set, order[i], &length);
        assert_true(base_text_set_add(sorted, bytes, length));
    }
    assert_true(base_text_set_ascends(sorted));
    assert_true(base_text_set_order(sorted, order));
    for (uint32_t i = 0; i < TEXTS; i++)
        assert_int_equal(order[i], i);
    base_text_set_free(set);
    base_text_set_free(sorted);
}

static void room_is_made_in_advance(void **state)
{
    (void)state;
    base_text_set *set = base_text_set_new(3);
    assert_non_null(set);
    assert_true(base_text_set_add(set, "first", 5));
    assert_true(base_text_set_reserve(set, 1000, 4000));
    const uint64_t memory = base_text_set_memory(set);
    const uint8_t *bytes = set->bytes;
    for (uint32_t i = 0; i < 1000; i++) {
        char text[8];
        assert_int_equal(snprintf(text, sizeof text, "%04u", i), 4);
        assert_true(base_text_set_add(set, text, 4));
    }
    assert_int_equal(base_text_set_memory(set), memory);
    assert_ptr_equal(set->bytes, bytes);
    assert_int_equal(base_text_set_find(set, "first", 5), 0);
    assert_int_equal(base_text_set_find(set, "0999", 4), 1000);
    assert_false(base_text_set_reserve(set, 0, UINT64_MAX / 2));
    base_text_set_free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_count_up),
        cmocka_unit_test(an_empty_string_is_a_string),
        cmocka_unit_test(the_order_is_bytewise),
        cmocka_unit_test(room_is_made_in_advance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
