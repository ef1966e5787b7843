/* F-46, F-47: zone entries against a brute-force computation, and the checker against both. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

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
} fixed[] = {{FMT_BOOL8, 1},   {FMT_INT8, 1},       {FMT_INT16, 2},      {FMT_INT32, 4},
             {FMT_INT64, 8},   {FMT_UINT8, 1},      {FMT_UINT16, 2},     {FMT_UINT32, 4},
             {FMT_UINT64, 8},  {FMT_FLOAT32, 4},    {FMT_FLOAT64, 8},    {FMT_DATE32, 4},
             {FMT_DATE64, 8},  {FMT_TIMESTAMP, 8},  {FMT_DURATION, 8},   {FMT_TIME32, 4},
             {FMT_TIME64, 8},  {FMT_DICTIONARY, 1}, {FMT_DICTIONARY, 2}, {FMT_DICTIONARY, 4},
             {FMT_FLOAT16, 2}, {FMT_DECIMAL128, 16}};
enum { KINDS = sizeof fixed / sizeof *fixed };

/* Values with everything that is hard: both zeros, NaNs of several kinds, infinities, extremes. */
static void random_value(uint16_t type, uint32_t width, uint64_t r, uint8_t *out)
{
    uint64_t bits = r;
    if (type == FMT_FLOAT64 || type == FMT_FLOAT32) {
        static const double special[] = {0.0, -0.0, INFINITY, -INFINITY, 1.5, -2.25, 5e-324, 3.0};
        double d = r % 3 ? special[(r >> 8) % 8] : (double)(int64_t)(r >> 20) - 1e12;
        float f = (float)d;
        if (r % 17 == 0)
            d = NAN, f = -NAN;
        memcpy(out, type == FMT_FLOAT64 ? (void *)&d : (void *)&f, width);
        return;
    }
    if (type == FMT_FLOAT16) { /* zeros, subnormals, infinities, NaNs, any */
        static const uint16_t special[] = {0,      0x8000, 1,      0x83FF, 0x0400, 0x7BFF,
                                           0xFC00, 0x7C00, 0x7E00, 0xFC01, 0x3C00};
        bits = r % 3 ? special[(r >> 8) % 11] : r >> 20;
        memcpy(out, &bits, 2);
        return;
    }
    if (type == FMT_DECIMAL128) {
        const fmt_decimal scale = (fmt_decimal)1 << (r % 3 * 30);
        fmt_decimal v = r % 4 ? ((int64_t)r >> (r % 60)) * scale : 0;
        memcpy(out, &v, 16);
        return;
    }
    if (r % 3 == 0)
        bits = (r >> 8) % 5;
    else if (r % 5 == 0)
        bits = 0 - (r >> 8) % 5;
    if (type == FMT_BOOL8)
        bits &= 1;
    memcpy(out, &bits, width);
}

static double as_double(uint16_t type, const uint8_t *p)
{
    double d;
    float f;
    if (type == FMT_FLOAT64) {
        memcpy(&d, p, 8);
        return d;
    }
    if (type == FMT_FLOAT16) {
        int bits = fmt_load16(p), exponent = (bits >> 10) & 31, fraction = bits & 1023;
        d = exponent == 31
                ? (fraction ? NAN : INFINITY)
                : ldexp(fraction + (exponent ? 1024 : 0), (exponent ? exponent : 1) - 25);
        return bits >> 15 ? -d : d;
    }
    memcpy(&f, p, 4);
    return f;
}

static int64_t as_signed(uint32_t width, const uint8_t *p)
{
    uint64_t v = 0;
    memcpy(&v, p, width);
    unsigned spare = 64 - 8 * width;
    return (int64_t)(v << spare) >> spare;
}

/* F-47 word for word, one value after the other. */
static void brute_force(fmt_zone *zone, uint16_t type, uint32_t width, const uint8_t *values,
                        size_t n, const uint8_t *validity)
{
    bool any = false, is_float = type == FMT_FLOAT16 || type == FMT_FLOAT32 || type == FMT_FLOAT64;
    bool is_unsigned = type == FMT_BOOL8 || (type >= FMT_UINT8 && type <= FMT_UINT64);
    double low = 0, high = 0;
    int64_t min = 0, max = 0;
    fmt_decimal least = 0, most = 0;
    memset(zone, 0, sizeof *zone);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *p = values + i * width;
        if (validity && !(validity[i / 8] >> (i % 8) & 1)) {
            zone->null_count++;
        } else if (is_float) {
            double d = as_double(type, p);
            if (isnan(d)) {
                zone->nan_count++;
                continue;
            }
            low = !any || d < low ? d : low;
            high = !any || d > high ? d : high;
            any = true;
        } else if (type == FMT_DECIMAL128) {
            fmt_decimal v = fmt_load_decimal(p);
            least = !any || v < least ? v : least;
            most = !any || v > most ? v : most;
            any = true;
        } else {
            int64_t v = as_signed(width, p);
            if (is_unsigned) {
                uint64_t u = 0;
                memcpy(&u, p, width);
                v = (int64_t)u;
                min = !any || u < (uint64_t)min ? v : min;
                max = !any || u > (uint64_t)max ? v : max;
            } else {
                min = !any || v < min ? v : min;
                max = !any || v > max ? v : max;
            }
            any = true;
        }
    }
    low = low == 0 ? -0.0 : low;
    high = high == 0 ? 0.0 : high;
    if (!any) {
        zone->flags = 1;
    } else if (type == FMT_DECIMAL128) {
        memcpy(zone->min, &least, 16);
        memcpy(zone->max, &most, 16);
    } else {
        memcpy(zone->min, is_float ? (void *)&low : (void *)&min, 8);
        memcpy(zone->max, is_float ? (void *)&high : (void *)&max, 8);
    }
}

static void assert_same(const fmt_zone *a, const fmt_zone *b)
{
    uint8_t x[64], y[64];
    fmt_zone_encode(a, x);
    fmt_zone_encode(b, y);
    assert_memory_equal(x, y, 64);
}

/* All types, lengths around the vectors' and words' sizes, unaligned starts, all densities of
 * nulls. */
static void values(void **state)
{
    (void)state;
    uint64_t seed = 47;
    for (int round = 0; round < 30000; round++) {
        unsigned kind = (unsigned)round % KINDS;
        uint16_t type = fixed[kind].type;
        uint32_t width = fixed[kind].width;
        size_t n = test_random(&seed) % (round % 100 == 0 ? 5000 : 300);
        unsigned density = (unsigned)(test_random(&seed) % 5),
                 shift = (unsigned)(test_random(&seed) % 3);
        uint8_t *buffer = malloc(n * width + shift + 1), *data = buffer + shift,
                *bitmap = malloc(n / 8 + 1);
        memset(bitmap, density == 4 ? 0 : 0xFF, n / 8 + 1);
        for (size_t i = 0; i < n; i++) {
            random_value(type, width, test_random(&seed), data + i * width);
            if ((density == 1 && test_random(&seed) % 200 == 0) ||
                (density == 2 && test_random(&seed) % 2))
                bitmap[i / 8] &= (uint8_t)~(1u << (i % 8));
        }
        fmt_zone got, expected;
        fmt_zone_init(&got);
        fmt_zone_values(&got, type, width, data, n, density ? bitmap : NULL);
        brute_force(&expected, type, width, data, n, density ? bitmap : NULL);
        assert_same(&got, &expected);

        /* in two pieces, joined; the bitmap of a piece starts at a byte */
        size_t cut = n ? test_random(&seed) % n / 8 * 8 : 0;
        fmt_zone head, tail;
        fmt_zone_init(&head);
        fmt_zone_init(&tail);
        fmt_zone_values(&head, type, width, data, cut, density ? bitmap : NULL);
        fmt_zone_values(&tail, type, width, data + cut * width, n - cut,
                        density ? bitmap + cut / 8 : NULL);
        fmt_zone_merge(&tail, &head, type);
        assert_same(&tail, &expected);
        free(buffer);
        free(bitmap);
    }
}

/* F-47: a zero bound does not show which zero was met. */
static void zeros(void **state)
{
    (void)state;
    static const double sets[][2] = {{0.0, 0.0}, {-0.0, -0.0}, {-0.0, 0.0}, {0.0, -0.0}};
    for (int i = 0; i < 4; i++) {
        fmt_zone zone;
        fmt_zone_init(&zone);
        fmt_zone_values(&zone, FMT_FLOAT64, 8, sets[i], 2, NULL);
        assert_true(fmt_load64(zone.min) == UINT64_C(0x8000000000000000));
        assert_true(fmt_load64(zone.max) == 0);
    }
}

/* F-24: every half float has the value of IEEE 754. */
static void halves(void **state)
{
    (void)state;
    for (unsigned half = 0; half < 65536; half++) {
        uint16_t bits = (uint16_t)half;
        double expected = as_double(FMT_FLOAT16, (const uint8_t *)&bits);
        double got = (double)fmt_half_value(bits);
        assert_true(isnan(expected)
                        ? isnan(got) && fmt_half_is_nan(bits)
                        : memcmp(&got, &expected, sizeof got) == 0 && !fmt_half_is_nan(bits));
    }
}

/* The checker takes what the encoder made, and nothing that differs from it in one bit. */
static void checker(void **state)
{
    (void)state;
    uint64_t seed = 46;
    for (int round = 0; round < 2000; round++) {
        unsigned kind = (unsigned)round % KINDS;
        fmt_descriptor d;
        fmt_fault fault;
        uint8_t entry[64];
        fmt_descriptor_init(&d);
        d.type = fixed[kind].type;
        d.width = fixed[kind].width;
        d.length = test_random(&seed) % 400;
        bool nulls = test_random(&seed) % 2;
        uint8_t *data = malloc(d.length * d.width + 1), *bitmap = calloc(1, d.length / 8 + 1);
        for (size_t i = 0; i < d.length; i++) {
            random_value(d.type, d.width, test_random(&seed), data + i * d.width);
            if (test_random(&seed) % 3)
                bitmap[i / 8] |= (uint8_t)(1u << (i % 8));
        }
        fmt_row_range part = {.descriptor = &d,
                              .column = 5,
                              .validity = nulls ? bitmap : NULL,
                              .values = data,
                              .count = d.length};
        fmt_zone zone;
        fmt_zone_init(&zone);
        fmt_zone_values(&zone, d.type, d.width, data, d.length, part.validity);
        fmt_zone_encode(&zone, entry);
        assert_int_equal(fmt_check_zones(&part, entry, &fault), FMT_OK);
        for (int bit = 0; bit < 512 && d.length; bit++) {
            entry[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            if (fmt_check_zones(&part, entry, &fault) != FMT_ZONE_MAP)
                fail_msg("type %u, bit %d", d.type, bit);
            assert_int_equal(fault.column, 5);
            assert_string_equal(fault.rule, "F-47");
            entry[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
        free(data);
        free(bitmap);
    }
}

/* Strings: whole strings decide, prefixes are stored, never incremented. */
static void strings(void **state)
{
    (void)state;
    uint64_t seed = 16;
    for (int round = 0; round < 3000; round++) {
        uint64_t n = test_random(&seed) % 40, offsets[42] = {0};
        uint8_t bytes[2000], bitmap[8] = {0};
        fmt_string_bounds bounds = {0};
        uint32_t nulls = 0;
        for (uint64_t i = 0; i < n; i++) {
            uint64_t length =
                test_random(&seed) % 4 ? 14 + test_random(&seed) % 5 : test_random(&seed) % 3;
            bool valid = test_random(&seed) % 8 != 0;
            length = valid ? length : 0;
            for (uint64_t k = 0; k < length; k++)
                bytes[offsets[i] + k] = k < 13 ? 'x' : (uint8_t)(test_random(&seed) % 3 * 127);
            offsets[i + 1] = offsets[i] + length;
            if (valid) {
                bitmap[i / 8] |= (uint8_t)(1u << (i % 8));
                fmt_bounds_add(&bounds, bytes + offsets[i], length);
            } else {
                nulls++;
            }
        }
        fmt_zone zone;
        uint8_t entry[64];
        fmt_descriptor d;
        fmt_fault fault;
        fmt_descriptor_init(&d);
        d.type = FMT_STRING;
        d.length = n;
        d.slots[FMT_SLOT_BYTES].stored_length = offsets[n];
        fmt_row_range part = {.descriptor = &d,
                              .validity = bitmap,
                              .values = (uint8_t *)offsets,
                              .bytes = bytes,
                              .count = n};
        fmt_zone_strings(&zone, &bounds, nulls);
        fmt_zone_encode(&zone, entry);
        assert_int_equal(fmt_check_zones(&part, entry, &fault), FMT_OK);
        for (int bit = 0; bit < 512 && n; bit += 1 + (int)(test_random(&seed) % 5)) {
            entry[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            assert_int_equal(fmt_check_zones(&part, entry, &fault), FMT_ZONE_MAP);
            entry[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        }
        if (n) { /* F-63: offsets that lead outside are found, not followed */
            offsets[n] = UINT64_C(1) << 40;
            bitmap[(n - 1) / 8] |= (uint8_t)(1u << ((n - 1) % 8));
            zone.null_count = 0;
            for (uint64_t i = 0; i < n; i++)
                zone.null_count += !(bitmap[i / 8] >> (i % 8) & 1);
            fmt_zone_encode(&zone, entry);
            assert_int_equal(fmt_check_zones(&part, entry, &fault), FMT_OFFSETS);
        }
    }
}

/* F-46: which types have entries. */
static void which_types(void **state)
{
    (void)state;
    for (uint16_t type = 0; type < 40; type++) {
        bool expected = type >= FMT_BOOL8 && type <= FMT_LIST && type != FMT_BINARY &&
                        type != FMT_FIXED_BINARY && type != FMT_TENSOR && type != FMT_LIST;
        assert_true(fmt_type_has_zones(type) == expected);
    }
    assert_true(fmt_zone_count(0) == 0 && fmt_zone_count(1) == 1 && fmt_zone_count(65536) == 1 &&
                fmt_zone_count(65537) == 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(values),  cmocka_unit_test(zeros),
                                       cmocka_unit_test(halves),  cmocka_unit_test(checker),
                                       cmocka_unit_test(strings), cmocka_unit_test(which_types)};
    return cmocka_run_group_tests_name("F-46, F-47 zone maps", tests, NULL, NULL);
}
