/* F-23: where the values of a column descend, found by zone.c and ascending.c, and the check of the
 * flag, against a comparison of each value with the one before it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/ascending.h"
#include "format/bytes.h"
#include "format/check.h"
#include "format/decimal.h"
#include "format/descriptor.h"
#include "format/half.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "format/zone.h"
#include "format_support.h"

static const struct {
    uint16_t type;
    uint32_t width;
} fixed[] = {{FMT_BOOL8, 1},  {FMT_INT8, 1},      {FMT_INT16, 2},      {FMT_INT32, 4},
             {FMT_INT64, 8},  {FMT_UINT8, 1},     {FMT_UINT16, 2},     {FMT_UINT32, 4},
             {FMT_UINT64, 8}, {FMT_FLOAT32, 4},   {FMT_FLOAT64, 8},    {FMT_DATE32, 4},
             {FMT_DATE64, 8}, {FMT_TIMESTAMP, 8}, {FMT_DURATION, 8},   {FMT_TIME32, 4},
             {FMT_TIME64, 8}, {FMT_FLOAT16, 2},   {FMT_DECIMAL128, 16}};
enum { KINDS = sizeof fixed / sizeof *fixed };

static bool is_float(uint16_t type)
{
    return type == FMT_FLOAT16 || type == FMT_FLOAT32 || type == FMT_FLOAT64;
}

static double as_double(uint32_t width, const uint8_t *p)
{
    double d;
    float f;
    if (width == 8) {
        memcpy(&d, p, 8);
        return d;
    }
    if (width == 2)
        return fmt_half_value(fmt_load16(p));
    memcpy(&f, p, 4);
    return f;
}

/* Writes a double that the type has, too: a whole number up to 2,048, or a special value. */
static void put_double(uint32_t width, double d, uint8_t *out)
{
    float f = (float)d;
    uint16_t half = 0;
    if (width == 2) {
        for (uint16_t bit = 0x4000; bit > 0; bit >>= 1) /* the largest that is not above */
            if (half + bit <= 0x7C00 && fmt_half_value(half + bit) <= fabs(d))
                half += bit;
        half = isnan(d) ? 0x7E00 : half;
        half |= signbit(d) ? 0x8000 : 0;
    }
    memcpy(out, width == 8 ? (void *)&d : width == 4 ? (void *)&f : (void *)&half, width);
}

/* Writes the value that is `step` steps above the smallest. Of integers the smallest and the
 * largest of the type are among them; of floats the infinities, and both zeros, which are one
 * value. */
static void value_at(uint16_t type, uint32_t width, uint64_t step, uint64_t steps, uint8_t *out)
{
    bool is_unsigned = type == FMT_BOOL8 || (type >= FMT_UINT8 && type <= FMT_UINT64);
    uint64_t top = width >= 8 ? UINT64_MAX : (UINT64_C(1) << (8 * width)) - 1,
             v = steps > 1 ? top / (steps - 1) * step : 0;
    if (is_float(type)) {
        double d = step == 0              ? -INFINITY
                   : step == steps - 1    ? INFINITY
                   : 2 * step < steps     ? -(double)(steps - step)
                   : 2 * step < steps + 4 ? (step % 2 ? -0.0 : 0.0)
                                          : (double)step;
        put_double(width, d, out);
        return;
    }
    if (type == FMT_DECIMAL128) {
        int64_t middle = (int64_t)(steps / 2); /* some differ in the low half only */
        fmt_decimal wide = ((int64_t)step - middle) / 2;
        wide = wide * ((fmt_decimal)1 << 64) + (int64_t)(step % 2);
        memcpy(out, &wide, sizeof wide);
        return;
    }
    v = step == steps - 1 ? top : v;
    if (!is_unsigned) /* from the smallest on */
        v = (v - (top / 2 + 1)) & top;
    if (type == FMT_BOOL8)
        v = step * 2 >= steps;
    memcpy(out, &v, width);
}

/* Returns the first row that descends, word for word as F-23 says it; n: none. */
static size_t brute_force(uint16_t type, uint32_t width, const uint8_t *values, size_t n)
{
    bool is_unsigned = type == FMT_BOOL8 || (type >= FMT_UINT8 && type <= FMT_UINT64);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = values + i * width, *q = i > 0 ? p - width : p;
        if (is_float(type)) {
            double x = as_double(width, p), y = as_double(width, q);
            if (isnan(x) || x < y)
                return i;
            continue;
        }
        if (type == FMT_DECIMAL128) {
            if (fmt_load_decimal(p) < fmt_load_decimal(q))
                return i;
            continue;
        }
        uint64_t x = 0, y = 0;
        memcpy(&x, p, width);
        memcpy(&y, q, width);
        unsigned spare = 64 - 8 * width;
        if (is_unsigned ? x < y : (int64_t)(x << spare) < (int64_t)(y << spare))
            return i;
    }
    return n;
}

/* Makes `n` values that ascend; of half of all sets one value, anywhere, is replaced by another one
 * or, of floats, by NaN. */
static void make_values(unsigned kind, uint8_t *values, size_t n, uint64_t *seed)
{
    uint16_t type = fixed[kind].type;
    uint32_t width = fixed[kind].width;
    uint64_t steps = 2 + test_random(seed) % 500;
    for (size_t i = 0; i < n; i++)
        value_at(type, width, n > 1 ? i * (steps - 1) / (n - 1) : 0, steps, values + i * width);
    if (n == 0 || test_random(seed) % 2)
        return;
    size_t at = test_random(seed) % 3 == 0 ? n - 1 : test_random(seed) % n;
    value_at(type, width, test_random(seed) % steps, steps, values + at * width);
    if (is_float(type) && test_random(seed) % 4 == 0)
        put_double(width, test_random(seed) % 2 ? NAN : -NAN, values + at * width);
}

/* All types, lengths around those of the vectors, unaligned starts. The bounds are those of a zone
 * that is known to descend, where nothing is compared. */
static void fixed_width(void **state)
{
    (void)state;
    uint64_t seed = 23, ascending = 0;
    for (int round = 0; round < 40000; round++) {
        unsigned kind = (unsigned)round % KINDS;
        uint16_t type = fixed[kind].type;
        uint32_t width = fixed[kind].width;
        size_t n = test_random(&seed) % (round % 100 == 0 ? 5000 : 200);
        unsigned shift = (unsigned)(test_random(&seed) % 3);
        uint8_t *buffer = malloc(n * width + shift + 1), *data = buffer + shift;
        make_values(kind, data, n, &seed);
        size_t expected = brute_force(type, width, data, n);
        assert_int_equal(fmt_first_descent(fmt_type_of(type)->bounds, width, data, n), expected);

        fmt_zone whole, known, head, tail;
        uint8_t a[64], b[64];
        fmt_zone_init(&whole);
        fmt_zone_init(&known);
        known.descends = true;
        fmt_zone_values(&whole, type, width, data, n, NULL);
        fmt_zone_values(&known, type, width, data, n, NULL);
        assert_int_equal(whole.descends, expected < n);
        fmt_zone_encode(&whole, a);
        fmt_zone_encode(&known, b);
        assert_memory_equal(a, b, 64);

        /* in two pieces, joined, one behind the other, and as two zones */
        size_t cut = n > 1 ? 1 + test_random(&seed) % (n - 1) : 0;
        fmt_zone_init(&head);
        fmt_zone_init(&tail);
        fmt_zone_values(&head, type, width, data, cut, NULL);
        fmt_zone_values(&tail, type, width, data + cut * width, n - cut, NULL);
        const fmt_zone both[] = {head, tail};
        if (n > 1)
            assert_int_equal(fmt_zones_ascend(both, 2, type), expected == n);
        fmt_zone_merge(&head, &tail, type);
        assert_int_equal(head.descends, expected < n);
        fmt_zone_encode(&head, b);
        assert_memory_equal(a, b, 64);
        ascending += expected == n;
        free(buffer);
    }
    assert_in_range(ascending, 15000, 35000);
    assert_true(fmt_zones_ascend(NULL, 0, FMT_INT64));
}

/* A null ends it, wherever it is; a bitmap without nulls does not. */
static void nulls(void **state)
{
    (void)state;
    enum { N = 3000 };
    int64_t values[N];
    uint8_t bitmap[N / 8 + 1];
    uint64_t seed = 24;
    for (int i = 0; i < N; i++)
        values[i] = i / 3;
    for (int round = 0; round < 300; round++) {
        size_t n = 1 + test_random(&seed) % N, at = test_random(&seed) % n;
        memset(bitmap, 0xFF, sizeof bitmap);
        fmt_zone zone;
        fmt_zone_init(&zone);
        fmt_zone_values(&zone, FMT_INT64, 8, values, n, bitmap);
        assert_false(zone.descends);
        bitmap[at / 8] &= (uint8_t)~(1u << (at % 8));
        fmt_zone_init(&zone);
        fmt_zone_values(&zone, FMT_INT64, 8, values, n, bitmap);
        assert_true(zone.descends);
        assert_int_equal(zone.null_count, 1);
    }
}

/* ---- the check ---- */

/* Checks all zones as a reader does. Returns the code, with the first fault. */
static int check(fmt_row_range *part, const fmt_row_range *dictionary, fmt_fault *fault)
{
    uint64_t rows = part->descriptor->length;
    bool any = false;
    for (uint64_t first = 0; first < rows; first += FMT_ZONE_ROWS) {
        bool descends;
        part->first = first;
        part->count = rows - first < FMT_ZONE_ROWS ? rows - first : FMT_ZONE_ROWS;
        int code = fmt_check_ascending(part, dictionary, &descends, fault);
        if (code != FMT_OK)
            return code;
        any |= descends;
    }
    return any ? FMT_OK : fmt_check_ascends(part, fault);
}

/* Both halves of F-23: `descent` is the first row that descends, or the number of rows. */
static void check_both(fmt_descriptor *d, fmt_row_range *part, const fmt_row_range *dictionary,
                       uint64_t descent)
{
    fmt_fault fault;
    d->flags = FMT_FLAG_ASCENDING;
    if (descent == d->length) {
        assert_int_equal(check(part, dictionary, &fault), FMT_OK);
        d->flags = 0;
        assert_int_equal(check(part, dictionary, &fault), FMT_ASCENDING);
        assert_int_equal(fault.row, -1);
    } else {
        assert_int_equal(check(part, dictionary, &fault), FMT_ASCENDING);
        assert_int_equal(fault.row, (int64_t)descent);
        d->flags = 0;
        assert_int_equal(check(part, dictionary, &fault), FMT_OK);
        return;
    }
    assert_int_equal(fault.column, 5);
    assert_string_equal(fault.rule, "F-23");
}

static void check_fixed(void **state)
{
    (void)state;
    uint64_t seed = 25;
    for (unsigned kind = 0; kind < KINDS; kind++) {
        for (uint64_t i = 0; i < 9; i++) {
            static const int64_t moves[] = {-65536, -2, -1, 0, 1, 2, 65535, 65536, 65537};
            uint64_t n = (uint64_t)(65536 + moves[i]);
            uint32_t width = fixed[kind].width;
            uint8_t *data = malloc(n * width + 1);
            fmt_descriptor d;
            fmt_descriptor_init(&d);
            d.type = fixed[kind].type;
            d.width = width;
            d.length = n;
            make_values(kind, data, n, &seed);
            fmt_row_range part = {.descriptor = &d, .column = 5, .values = data};
            check_both(&d, &part, NULL, brute_force(d.type, width, data, n));
            for (uint64_t k = 0; k < n; k++) /* ascending but at the boundary of a zone */
                value_at(d.type, width, k < 65536 ? 1 : 0, 3, data + k * width);
            check_both(&d, &part, NULL, brute_force(d.type, width, data, n));
            free(data);
        }
    }
}

/* Strings that share long prefixes, and strings that others begin. */
static const char *const words[] = {"",          "a",  "aa",   "aaaaaaaa", "aaaaaaaaa",
                                    "aaaaaaaab", "ab", "\x7f", "\xc3\xa9", "\xf0\x9f\x98\x80"};
enum { WORDS = sizeof words / sizeof *words };

/* Fills offsets and bytes with the words of the numbers. */
static void put_words(const uint8_t *numbers, uint64_t n, uint64_t *offsets, uint8_t *bytes)
{
    offsets[0] = 0;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t length = strlen(words[numbers[i]]);
        memcpy(bytes + offsets[i], words[numbers[i]], length);
        offsets[i + 1] = offsets[i] + length;
    }
}

/* Makes numbers that ascend, but for one in two of three sets; returns the first that descends. */
static uint64_t make_numbers(uint8_t *numbers, uint64_t n, uint64_t *seed)
{
    for (uint64_t i = 0; i < n; i++)
        numbers[i] = (uint8_t)(i * WORDS / n);
    uint64_t at = n - 1 - test_random(seed) % (n < 10 ? n : 10);
    if (test_random(seed) % 3)
        numbers[test_random(seed) % 2 ? at : test_random(seed) % n] = test_random(seed) % WORDS;
    for (uint64_t i = 1; i < n; i++)
        if (numbers[i] < numbers[i - 1])
            return i;
    return n;
}

static void check_strings(void **state)
{
    (void)state;
    uint64_t seed = 26;
    for (int round = 0; round < 200; round++) {
        uint64_t n = round % 8 ? 1 + test_random(&seed) % 60 : 65536 + test_random(&seed) % 5;
        uint8_t *numbers = malloc(n), *bytes = malloc(n * 10);
        uint64_t *offsets = malloc((n + 1) * 8), descent = make_numbers(numbers, n, &seed);
        put_words(numbers, n, offsets, bytes);
        fmt_descriptor d;
        fmt_descriptor_init(&d);
        d.type = FMT_STRING;
        d.length = n;
        d.slots[FMT_SLOT_BYTES].stored_length = offsets[n];
        fmt_row_range part = {
            .descriptor = &d, .column = 5, .values = (uint8_t *)offsets, .bytes = bytes};
        check_both(&d, &part, NULL, descent);

        fmt_string_bounds bounds = {0};
        for (uint64_t i = 0; i < n; i++)
            fmt_bounds_add(&bounds, bytes + offsets[i], offsets[i + 1] - offsets[i]);
        assert_int_equal(bounds.descends, descent < n);

        /* offsets that lead outside are another check's, and are not followed */
        fmt_fault fault;
        offsets[n] += 1;
        d.flags = 0;
        assert_int_equal(check(&part, NULL, &fault), FMT_OK);
        free(numbers);
        free(bytes);
        free(offsets);
    }
}

/* Dictionary columns: by their strings, whatever the order of the codes. */
static void check_codes(void **state)
{
    (void)state;
    uint64_t seed = 27;
    for (int round = 0; round < 300; round++) {
        uint64_t n = round % 8 ? 1 + test_random(&seed) % 60 : 65536 + test_random(&seed) % 5,
                 descent, offsets[WORDS + 1];
        uint32_t width = round % 3 == 0 ? 1 : round % 3 == 1 ? 2 : 4;
        uint8_t *numbers = malloc(n), *codes = malloc(n * width), bytes[WORDS * 10], order[WORDS];
        for (unsigned k = 0; k < WORDS; k++)
            order[k] = (uint8_t)(round % 2 ? k * 3 % WORDS : k);
        put_words(order, WORDS, offsets, bytes);
        descent = make_numbers(numbers, n, &seed);
        for (uint64_t i = 0; i < n; i++) {
            uint32_t code = 0;
            while (order[code] != numbers[i])
                code++;
            memcpy(codes + i * width, &code, width);
        }
        fmt_descriptor d, of;
        fmt_descriptor_init(&d);
        fmt_descriptor_init(&of);
        d.type = FMT_DICTIONARY;
        d.width = width;
        d.length = n;
        of.type = FMT_STRING;
        of.length = WORDS;
        of.slots[FMT_SLOT_BYTES].stored_length = offsets[WORDS];
        fmt_row_range part = {.descriptor = &d, .column = 5, .values = codes},
                      dictionary = {.descriptor = &of,
                                    .column = -1,
                                    .values = (uint8_t *)offsets,
                                    .bytes = bytes};
        check_both(&d, &part, &dictionary, descent);

        /* a code that is not in the dictionary is another check's */
        fmt_fault fault;
        memset(codes + (n - 1) * width, round % 2 ? 0xFF : 0x7F, width);
        d.flags = 0;
        assert_int_equal(check(&part, &dictionary, &fault), FMT_OK);
        free(numbers);
        free(codes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_width), cmocka_unit_test(nulls),
        cmocka_unit_test(check_fixed), cmocka_unit_test(check_strings),
        cmocka_unit_test(check_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
