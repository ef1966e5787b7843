/* F-79: parts of a table: their header, descriptors and layout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "format/bytes.h"
#include "format/descriptor.h"
#include "format/hash.h"
#include "format/header.h"
#include "format/layout.h"
#include "format/ondisk.h"
#include "format_support.h"
#include "shmcol.h"
#include "support.h"

enum { ROWS = 5, COLUMNS = 5 };
static const uint8_t all[1] = {0x1F}, some[1] = {0x1D}, zeros[64];
static const uint64_t offsets[ROWS + 1] = {0, 1, 1, 2, 3, 3}, words[3] = {0, 1, 3};
static const test_column columns[COLUMNS] = {
    {.name = "i", .type = FMT_INT32, .nullable = true, .ascending = true, .buffers = {all, zeros}},
    {.name = "s",
     .type = FMT_STRING,
     .nullable = true,
     .null_count = 1,
     .bytes_length = 3,
     .buffers = {some, offsets, "abc"}},
    {.name = "c",
     .type = FMT_DICTIONARY,
     .width = 4,
     .dictionary = 0,
     .nullable = true,
     .ascending = true,
     .buffers = {all, zeros}},
    {.name = "l",
     .type = FMT_LIST,
     .element = FMT_INT8,
     .bytes_length = 3,
     .nullable = true,
     .buffers = {all, offsets, zeros}},
    {.name = "t",
     .type = FMT_TENSOR,
     .element = FMT_FLOAT16,
     .dimensions = 1,
     .shape = {2},
     .nullable = true,
     .buffers = {all, zeros}},
};
static const test_column dictionary = {
    .type = FMT_STRING, .length = 2, .bytes_length = 3, .buffers = {NULL, words, "abc"}};

#define ID {1, 2, 3}
static const fmt_part first = {65536, 0, ROWS, {0}, {0}},
                      last = {65536, 131072, 131072 + ROWS, ID, ID};

static void build(test_file *f, const fmt_part *part)
{
    test_part_build(f, part, ROWS, columns, COLUMNS, &dictionary, 1);
}

/* F-27, F-41, F-42: where the buffers of a part lie. */
static void places(void **state)
{
    (void)state;
    for (int way = 0; way < 2; way++) {
        test_file f;
        fmt_fault fault = {0};
        build(&f, way ? &last : &first);
        const fmt_descriptor *d = f.table.descriptors;
        if (test_check_file(f.bytes, f.table.header.file_size, &fault) != FMT_OK)
            fail_msg("%s", fault.text);
        assert_int_equal(f.table.header.body_offset % 65536, 0);
        for (int i = 0; i < COLUMNS; i++) {
            assert_int_equal(d[i].slots[0].stored_length, 1);
            assert_int_equal(d[i].slots[0].offset % 65536, 0);
        }
        assert_int_equal(d[0].slots[1].offset % 65536, 0);
        assert_int_equal(d[2].slots[1].offset % 65536, 0);
        assert_int_equal(d[4].slots[1].offset % 65536, 0);
        /* the elements follow the ints, the offsets the tensors, each at the next 64 bytes */
        assert_int_equal(d[3].slots[2].offset, d[0].slots[1].offset + 64);
        assert_int_equal(d[1].slots[1].offset, d[4].slots[1].offset + 64);
        assert_int_equal(d[3].slots[1].offset, d[1].slots[1].offset + 64);
        assert_int_equal(d[1].slots[2].offset, d[4].slots[0].offset + 64);
        assert_true(d[COLUMNS].slots[1].offset % 65536 != 0); /* the dictionary */
        test_file_free(&f);
    }
}

/* An ordinary file has none of it: its header is zero there. */
static void ordinary(void **state)
{
    (void)state;
    static const test_column column = {.name = "i", .type = FMT_INT8, .buffers = {NULL, zeros}};
    test_file f;
    test_file_build(&f, ROWS, &column, 1, NULL, 0, NULL, 0);
    assert_true(fmt_is_zero(f.bytes + FMT_H_FRAMES, FMT_HEADER_SIZE - FMT_H_FRAMES));
    assert_int_equal(f.table.header.body_offset % FMT_PAGE, 0);
    test_file_free(&f);
}

enum { A = FMT_H_ALIGNMENT, R = FMT_H_FIRST_ROW, T = FMT_H_TABLE_ROWS };
static const struct {
    bool of_last;
    int field;
    uint64_t value;
    int size, code;
} cases[] = {
    {false, A, 4096, 4, FMT_HEADER_FIELD},
    {false, A, 65537, 4, FMT_HEADER_FIELD},
    {false, A, 0, 4, FMT_HEADER_FIELD}, /* table_rows is not */
    {false, FMT_H_ZERO2, 1, 4, FMT_HEADER_FIELD},
    {false, FMT_H_RESERVED, 1, 1, FMT_HEADER_FIELD},
    {false, R, 65536, 8, FMT_HEADER_FIELD},
    {false, R, 1, 8, FMT_HEADER_FIELD},
    {false, T, 4, 8, FMT_HEADER_FIELD},
    {false, T, 6, 8, FMT_HEADER_FIELD}, /* not the last, and no multiple of 65,536 */
    {false, T, UINT64_MAX, 8, FMT_HEADER_FIELD},
    {false, FMT_H_PREVIOUS_ID, 1, 1, FMT_HEADER_FIELD},
    {false, FMT_H_TABLE_ID, 1, 1, FMT_OK},
    {true, A, 0, 4, FMT_HEADER_FIELD},
    {true, R, 0, 8, FMT_HEADER_FIELD},
    {true, R, 131073, 8, FMT_HEADER_FIELD},
    {true, R, UINT64_MAX - 65535, 8, FMT_HEADER_FIELD},
    {true, R, 65536, 8, FMT_HEADER_FIELD}, /* more rows follow, as table_rows says */
    {true, T, 131072, 8, FMT_HEADER_FIELD},
    {true, T, 131072 + 65536, 8, FMT_HEADER_FIELD},
    {true, T, (UINT64_C(1) << 56) + 5, 8, FMT_HEADER_FIELD},
    {true, FMT_H_TABLE_ID, 0, 8, FMT_HEADER_FIELD},
    {true, FMT_H_PREVIOUS_ID, 0, 8, FMT_HEADER_FIELD},
    {true, FMT_H_TABLE_ID, 9, 1, FMT_OK},
    {true, FMT_H_INCOMPAT, 1, 8, FMT_HEADER_FIELD},
};

static void header(void **state)
{
    (void)state;
    test_file files[2];
    build(&files[0], &first);
    build(&files[1], &last);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const test_file *f = &files[cases[i].of_last];
        uint8_t copy[FMT_HEADER_SIZE];
        fmt_header h;
        fmt_fault fault = {0};
        memcpy(copy, f->bytes, sizeof copy);
        memcpy(copy + cases[i].field, &cases[i].value, (size_t)cases[i].size);
        memset(copy + FMT_H_HASH, 0, 8);
        fmt_store64(copy + FMT_H_HASH, fmt_hash(copy, sizeof copy));
        int code =
            fmt_header_decode_stored(copy, sizeof copy, f->table.header.file_size, &h, &fault);
        if (code != cases[i].code)
            fail_msg("case %zu: %d instead of %d: %s", i, code, cases[i].code, fault.text);
    }
    test_file_free(&files[0]);
    test_file_free(&files[1]);
}

/* Rows that are not known yet are not looked at; those of an empty table, and of a full part. */
static void problems(void **state)
{
    (void)state;
    uint64_t field;
    const fmt_part none = {0}, empty = {65536, 0, 0, {0}, {0}},
                   middle = {65536, 65536, 65536 * 3, ID, ID};
    assert_null(fmt_part_problem(&none, 7, &field));
    assert_null(fmt_part_problem(&empty, 0, &field));
    assert_non_null(fmt_part_problem(&empty, 1, &field));
    assert_null(fmt_part_problem(&last, UINT64_MAX, &field));
    assert_non_null(fmt_part_problem(&last, 0, &field));
    assert_non_null(fmt_part_problem(&first, 0, &field));
    assert_null(fmt_part_problem(&middle, 65536, &field));
    assert_null(fmt_part_problem(&middle, 65536 * 2, &field));
    assert_non_null(fmt_part_problem(&middle, 65536 + 1, &field));
    assert_non_null(fmt_part_problem(&middle, 65536 * 3, &field));
    assert_int_equal(field, FMT_H_TABLE_ROWS);
}

static int with(const test_file *f, uint32_t index, int field, uint64_t value, size_t size)
{
    uint8_t bytes[FMT_DESCRIPTOR_SIZE];
    fmt_descriptor d;
    fmt_fault fault;
    fmt_descriptor_encode(&f->table.header, &f->table.descriptors[index], index, bytes);
    memcpy(bytes + field, &value, size);
    fmt_store64(bytes, fmt_hash_seed(bytes + 8, sizeof bytes - 8, index));
    return fmt_descriptor_decode(bytes, &f->table.header, index, &d, &fault);
}

/* F-27, F-79: the columns of a part. */
static void descriptors(void **state)
{
    (void)state;
    test_file f;
    build(&f, &last);
    assert_int_equal(with(&f, 0, FMT_D_FLAGS, 1, 4), FMT_OK);
    assert_int_equal(with(&f, 0, FMT_D_FLAGS, 0, 4), FMT_DESCRIPTOR_FIELD);
    assert_int_equal(with(&f, 0, FMT_D_NULL_COUNT, 0, 8), FMT_OK);
    assert_int_equal(with(&f, 1, FMT_D_NULL_COUNT, 0, 8), FMT_OK);
    assert_int_equal(with(&f, 2, FMT_D_PARAMETERS, 2, 1), FMT_DESCRIPTOR_FIELD);
    fmt_descriptor *d = &f.table.descriptors[0];
    d->slots[FMT_SLOT_VALIDITY] = (fmt_slot){0}; /* no bitmap */
    assert_int_equal(with(&f, 0, FMT_D_FLAGS, 1, 4), FMT_DESCRIPTOR_FIELD);
    test_file_free(&f);
}

/* F-42: a buffer that lies where an ordinary file has it is at a wrong place in a part, and the
 * other way round. */
static void checked(void **state)
{
    (void)state;
    test_file f;
    fmt_fault fault;
    build(&f, &last);
    f.table.header.part = (fmt_part){0};
    assert_int_equal(fmt_check_layout(&f.table, &fault), FMT_LAYOUT);
    assert_int_equal(fmt_layout(&f.table, &fault), FMT_OK);
    assert_int_equal(fmt_check_layout(&f.table, &fault), FMT_OK);
    f.table.header.part = last;
    assert_int_equal(fmt_check_layout(&f.table, &fault), FMT_LAYOUT);
    test_file_free(&f);
}

/* A part is never compressed. */
static void not_compressed(void **state)
{
    (void)state;
    test_file f;
    shmcol_error err = SHMCOL_ERROR_INIT;
    build(&f, &last);
    const char *part = support_make_file("part.shmcol", f.bytes, f.table.header.file_size),
               *out = support_path("refused.shmcol");
    assert_int_equal(shmcol_compress(part, out, NULL, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    assert_string_equal(err.path, part);
    assert_string_equal(err.rule, "F-79");
    assert_int_equal(support_entries(), 1);
    test_file_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(places),        cmocka_unit_test(ordinary),
                                       cmocka_unit_test(header),        cmocka_unit_test(problems),
                                       cmocka_unit_test(descriptors),   cmocka_unit_test(checked),
                                       cmocka_unit_test(not_compressed)};
    return cmocka_run_group_tests_name("F-79 parts of a table", tests, support_begin, support_end);
}
