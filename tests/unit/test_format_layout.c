/* Places: F-4, F-5, F-14, F-40 … F-46, F-59. What layout.c computes, layout_check.c must find
 * right, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "format/descriptor.h"
#include "format/directory.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "format_support.h"

/* A table of any columns: sizes from nothing to far beyond "big", in no order. */
static void random_table(fmt_table *t, uint64_t *seed)
{
    enum { MOST = 40 };
    static const uint64_t rows_of[] = {0,     1,      7,       64,      65536,
                                       65537, 131072, 1048575, 1048576, UINT64_C(5000000000)};
    test_column columns[MOST], dictionaries[MOST];
    char names[MOST][24];
    static const fmt_pair pair = {(const uint8_t *)"key", (const uint8_t *)"value", 3, 5};
    uint64_t rows = rows_of[test_random(seed) % 10];
    uint32_t n = (uint32_t)(test_random(seed) % MOST), k = 0;
    memset(columns, 0, sizeof columns);
    memset(dictionaries, 0, sizeof dictionaries);
    for (uint32_t i = 0; i < n; i++) {
        test_column *c = &columns[i];
        snprintf(names[i], sizeof *names, "%.*s%u", (int)(test_random(seed) % 9), "abcdefghi", i);
        c->name = names[i];
        c->type = (uint16_t)(1 + test_random(seed) % FMT_TYPE_LAST);
        c->nullable = test_random(seed) % 2;
        c->null_count = c->nullable && test_random(seed) % 2 ? rows : 0;
        c->unit = c->type == FMT_TIME64 ? 2 : 0;
        c->zone = c->type == FMT_TIMESTAMP && test_random(seed) % 2 ? "Asia/Tokyo" : NULL;
        c->n_pairs = test_random(seed) % 4 == 0;
        c->pairs = &pair;
        if (c->type == FMT_STRING || c->type == FMT_BINARY)
            c->bytes_length = test_random(seed) % 3 * (test_random(seed) % 3000000);
        if (c->type == FMT_DECIMAL128)
            c->precision = 38;
        if (c->type == FMT_LIST) {
            c->element = test_random(seed) % 2 ? FMT_FLOAT32 : FMT_STRING;
            c->bytes_length = 8 + 8 * (test_random(seed) % 3 * (test_random(seed) % 300000));
            c->element_bytes_length = c->element == FMT_STRING ? test_random(seed) % 3000000 : 0;
        }
        if (c->type == FMT_FIXED_BINARY)
            c->width = (uint32_t)(1 + test_random(seed) % 20);
        if (c->type == FMT_TENSOR) {
            c->element = FMT_INT16;
            c->dimensions = 2;
            c->shape[0] = 3;
            c->shape[1] = (uint32_t)(1 + test_random(seed) % 5);
        }
        if (c->type == FMT_DICTIONARY) {
            c->width = 1u << (test_random(seed) % 3);
            c->dictionary = k && test_random(seed) % 2 ? (uint32_t)(test_random(seed) % k) : k++;
        }
    }
    for (uint32_t i = 0; i < k; i++) {
        dictionaries[i].type = FMT_STRING;
        dictionaries[i].length = test_random(seed) % 3 * (test_random(seed) % 200000);
        dictionaries[i].bytes_length = dictionaries[i].length * (test_random(seed) % 8);
    }
    test_table_init(t, rows, columns, n, dictionaries, k, &pair, test_random(seed) % 2);
}

/* F-42: aligned, and inside the body. */
static void assert_places(const fmt_table *t)
{
    for (uint32_t i = 0; i < t->header.columns + t->header.dictionaries; i++) {
        fmt_fault fault;
        assert_int_equal(fmt_descriptor_bounds(&t->header, &t->descriptors[i], i, &fault), FMT_OK);
        for (int s = 0; s < FMT_SLOTS; s++) {
            const fmt_slot *slot = &t->descriptors[i].slots[s];
            assert_true(
                slot->offset % (slot->stored_length >= FMT_BIG ? FMT_BIG_PAGE : FMT_ALIGN) == 0);
            assert_true((slot->stored_length == 0) <= (slot->offset == 0));
        }
    }
}

typedef struct gaps {
    uint64_t end, sum;
} gaps;

static int add_gap(void *arg, uint64_t offset, uint64_t length)
{
    gaps *g = arg;
    assert_true(offset >= g->end && length > 0);
    g->end = offset + length;
    g->sum += length;
    return 0;
}

/* F-5: header, parts, buffers and gaps together are the file, to the byte. */
static void assert_tiled(const fmt_table *t)
{
    const fmt_header *h = &t->header;
    gaps g = {0, 0};
    uint64_t sum = h->header_size;
    assert_int_equal(fmt_each_gap(t, add_gap, &g), 0);
    for (int i = 0; i < FMT_REGION_COUNT; i++)
        sum += h->regions[i].length;
    for (uint32_t i = 0; i < h->columns + h->dictionaries; i++) {
        for (int s = 0; s < FMT_SLOTS; s++)
            sum += t->descriptors[i].slots[s].stored_length;
        sum += t->descriptors[i].message_length;
    }
    assert_true(sum + g.sum == h->file_size);
}

static int stop_at_once(void *arg, uint64_t offset, uint64_t length)
{
    (void)offset;
    (void)length;
    return ++*(int *)arg;
}

static void random_tables(void **state)
{
    (void)state;
    uint64_t seed = 40;
    for (int round = 0; round < 3000; round++) {
        fmt_table t;
        fmt_fault fault = {0};
        random_table(&t, &seed);
        assert_int_equal(fmt_layout(&t, &fault), FMT_OK);
        if (fmt_check_layout(&t, &fault) != FMT_OK)
            fail_msg("round %d: %s", round, fault.text);
        assert_places(&t);
        assert_tiled(&t);
        assert_int_equal(fmt_check_dictionary_use(&t, &fault), FMT_OK);
        int calls = 0;
        int result = fmt_each_gap(&t, stop_at_once, &calls);
        assert_true(result == calls && calls <= 1);
        test_table_free(&t);
    }
}

/* Every place, moved by any step, is found; the second time nothing has changed. */
static void moved(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (int round = 0; round < 300; round++) {
        static const uint64_t steps[] = {1,
                                         8,
                                         64,
                                         4096,
                                         65536,
                                         UINT64_MAX,
                                         UINT64_MAX - 63,
                                         UINT64_MAX - 65535,
                                         UINT64_C(1) << 62,
                                         UINT64_C(1) << 63};
        fmt_table t;
        fmt_fault fault;
        random_table(&t, &seed);
        assert_int_equal(fmt_layout(&t, &fault), FMT_OK);
        fmt_header *h = &t.header;
        uint64_t *places[400];
        size_t n = 0;
        for (int i = 0; i < FMT_REGION_COUNT; i++) {
            places[n++] = &h->regions[i].offset;
            places[n++] = &h->regions[i].length;
        }
        places[n++] = &h->body_offset;
        places[n++] = &h->body_length;
        places[n++] = &h->file_size;
        for (uint32_t i = 0; i < h->columns + h->dictionaries; i++) {
            fmt_descriptor *d = &t.descriptors[i];
            for (int s = 0; s < FMT_SLOTS; s++) {
                if (d->slots[s].stored_length) {
                    places[n++] = &d->slots[s].offset;
                    places[n++] = &d->slots[s].first_checksum;
                }
            }
            if (d->first_zone != FMT_NONE64)
                places[n++] = &d->first_zone;
            if (i >= h->columns) {
                places[n++] = &d->message_offset;
                places[n++] = &d->message_length;
                places[n++] = &d->body_length;
            }
        }
        for (size_t i = 0; i < n; i++) {
            uint64_t before = *places[i];
            *places[i] += steps[test_random(&seed) % 10];
            if (fmt_check_layout(&t, &fault) != FMT_LAYOUT)
                fail_msg("round %d: place %zu moved unseen", round, i);
            assert_string_equal(fault.rule, "F-42");
            *places[i] = before;
        }
        assert_int_equal(fmt_check_layout(&t, &fault), FMT_OK);
        test_table_free(&t);
    }
}

/* F-43, F-41: by hand, once. */
static void by_hand(void **state)
{
    (void)state;
    static const test_column columns[] = {
        {.name = "s", .type = FMT_STRING, .nullable = true, .null_count = 1, .bytes_length = 10},
        {.name = "d", .type = FMT_DICTIONARY, .width = 1, .dictionary = 0},
        {.name = "i", .type = FMT_INT64, .nullable = true, .null_count = 2},
        {.name = "b", .type = FMT_BOOL8},
    };
    static const test_column dictionary = {.type = FMT_STRING, .length = 2, .bytes_length = 3};
    fmt_table t;
    fmt_fault fault;
    test_table_init(&t, 100, columns, 4, &dictionary, 1, NULL, 0);
    assert_int_equal(fmt_layout(&t, &fault), FMT_OK);
    const fmt_descriptor *d = t.descriptors;
    uint64_t body = t.header.body_offset;
    assert_true(body % 4096 == 0);
    /* values of i (800 bytes), of b (100), offsets of s (808), codes of d (100), validity of s and
     * i (13 each), bytes of s */
    assert_true(d[2].slots[1].offset == body && d[3].slots[1].offset == body + 832 &&
                d[0].slots[1].offset == body + 960);
    assert_true(d[1].slots[1].offset == body + 1792 && d[0].slots[0].offset == body + 1920 &&
                d[2].slots[0].offset == body + 1984);
    assert_true(d[0].slots[2].offset == body + 2048 &&
                t.header.regions[FMT_REGION_CHECKSUMS].offset == body + 2112);
    /* one block each: s has 3 slots, d 1, i 2, b 1, the dictionary 2 */
    assert_true(t.header.regions[FMT_REGION_CHECKSUMS].length == 72 &&
                d[4].slots[2].first_checksum == 8);
    assert_true(t.header.regions[FMT_REGION_ZONE_MAPS].offset == body + 2240 &&
                t.header.regions[FMT_REGION_ZONE_MAPS].length == 256);
    assert_true(d[0].first_zone == 0 && d[3].first_zone == 3 && d[4].first_zone == FMT_NONE64 &&
                t.header.body_length == 2496);
    assert_true(d[4].message_offset % 4096 == 0 &&
                d[4].slots[1].offset == d[4].message_offset + d[4].message_length &&
                d[4].body_length == 128);
    test_table_free(&t);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A hundred thousand columns are laid out in a moment; F-59: a million tables are the limit. */
static void many_columns(void **state)
{
    (void)state;
    enum { N = 500000 };
    test_column *columns = calloc(N, sizeof *columns);
    char(*names)[12] = malloc(N * sizeof *names);
    fmt_table t;
    fmt_fault fault;
    for (uint32_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof *names, "%u", i);
        columns[i] = (test_column){.name = names[i], .type = FMT_FLOAT64};
    }
    test_table_init(&t, 10, columns, 100000, NULL, 0, NULL, 0);
    double start = seconds();
    assert_int_equal(fmt_layout(&t, &fault), FMT_OK);
    assert_int_equal(fmt_check_layout(&t, &fault), FMT_OK);
    uint8_t *directory = malloc(fmt_directory_length(&t.header));
    assert_int_equal(fmt_directory_encode(&t, directory, &fault), FMT_OK);
    print_message("100,000 columns: layout, check and directory in %.0f ms\n",
                  (seconds() - start) * 1e3);
    assert_true(seconds() - start < 30);
    free(directory);
    test_table_free(&t);
    test_table_init(&t, 10, columns, N - 1, NULL, 0, NULL,
                    0); /* two tables each, Message and Schema */
    assert_int_equal(fmt_layout(&t, &fault), FMT_OK);
    test_table_free(&t);
    test_table_init(&t, 10, columns, N, NULL, 0, NULL, 0);
    assert_int_equal(fmt_layout(&t, &fault), FMT_LIMIT);
    assert_string_equal(fault.rule, "F-59");
    test_table_free(&t);
    free(names);
    free(columns);
}

/* F-14, F-59: what does not fit is refused, not wrapped. */
static void limits(void **state)
{
    (void)state;
    static const test_column columns[] = {{.name = "s", .type = FMT_STRING},
                                          {.name = "i", .type = FMT_INT64}};
    fmt_table t;
    fmt_fault fault;
    test_table_init(&t, 10, columns, 2, NULL, 0, NULL, 0);
    t.descriptors[0].slots[2].stored_length = INT64_MAX;
    assert_int_equal(fmt_layout(&t, &fault), FMT_LIMIT);
    t.descriptors[0].slots[2].stored_length = UINT64_MAX;
    assert_int_equal(fmt_layout(&t, &fault), FMT_LIMIT);
    t.descriptors[0].slots[2].stored_length = 0;
    t.metadata_length = UINT64_C(3) << 30; /* larger than a message; only its length is looked at */
    assert_int_equal(fmt_layout(&t, &fault), FMT_LIMIT);
    t.metadata_length = 0;
    t.names_length = UINT64_MAX - 5;
    assert_int_equal(fmt_layout(&t, &fault), FMT_LIMIT);
    t.names_length = 4;
    t.header.rows = UINT64_C(1) << 56;
    assert_int_equal(fmt_layout(&t, &fault), FMT_LIMIT);
    t.header.rows = 10;
    assert_int_equal(fmt_layout(&t, &fault), FMT_OK);
    test_table_free(&t);
}

static int no_gap(void *arg, uint64_t offset, uint64_t length)
{
    (void)arg;
    (void)offset;
    (void)length;
    return 0;
}

/* F-74: the frames of 2^18 columns of strings, each with 2^44 blocks more than it has, are as many
 * as there are entries, modulo 2^62; times 4 bytes that is the region's length again. */
static void frames_do_not_wrap(void **state)
{
    (void)state;
    enum { N = 1 << 18 };
    fmt_table t = {0};
    fmt_fault fault;
    fmt_header_init(&t.header);
    t.header.incompat = FMT_INCOMPAT_COMPRESSED;
    t.header.columns = N;
    t.header.rows = 1;
    t.names_length = N;
    t.names = calloc(1, N);
    t.descriptors = calloc(N, sizeof *t.descriptors);
    assert_non_null(t.descriptors);
    for (uint32_t i = 0; i < N; i++) {
        fmt_descriptor *d = &t.descriptors[i];
        d->type = FMT_STRING;
        d->length = 1;
        d->slots[FMT_SLOT_VALUES] =
            (fmt_slot){.stored_length = 17, .logical_length = 16, .encoding = FMT_ENCODING_ZSTD};
        d->slots[FMT_SLOT_BYTES] =
            (fmt_slot){.stored_length = 17, .logical_length = 1, .encoding = FMT_ENCODING_ZSTD};
    }
    if (fmt_layout(&t, &fault) != FMT_OK)
        fail_msg("%s", fault.text);
    assert_int_equal(t.header.regions[FMT_REGION_FRAMES].length, 8 * N);
    assert_int_equal(fmt_each_gap(&t, no_gap, NULL), FMT_OK);
    for (uint32_t i = 0; i < N; i++) {
        t.descriptors[i].slots[FMT_SLOT_VALUES].logical_length += UINT64_C(1) << 62;
        t.descriptors[i].slots[FMT_SLOT_BYTES].logical_length += UINT64_C(1) << 62;
    }
    assert_int_equal(fmt_each_gap(&t, no_gap, NULL), FMT_LAYOUT);
    free(t.names);
    free(t.descriptors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_tables), cmocka_unit_test(moved),
        cmocka_unit_test(by_hand),       cmocka_unit_test(many_columns),
        cmocka_unit_test(limits),        cmocka_unit_test(frames_do_not_wrap)};
    return cmocka_run_group_tests_name("F-4, F-40 … F-46, F-59 layout", tests, NULL, NULL);
}
