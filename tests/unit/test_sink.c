/* The sink: the same table gives the same bytes (F-6) in every way of writing it. The corpus and
 * the readers test which bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "format/hash.h"
#include "format/ondisk.h"
#include "sink_support.h"

/* A sanitizer does not look for wrong bytes: every third way is enough. */
#ifdef SHMCOL_FEWER_VALUES
#define SINK_WAY_STEP 3
#else
#define SINK_WAY_STEP 1
#endif

static void every_way(const sink_example *e)
{
    sink_way plain = {NO_GUESS, UINT64_MAX / 2, false, true, 1};
    sink_result first, other;
    sink_example_write(e, plain, &first);
    support_bytes expected = support_read(support_path("t"));
    assert_int_equal(first.file_size, expected.length);
    assert_memory_equal(first.file_id, expected.data + FMT_H_FILE_ID, 16);
    unsigned ways = 0;
    static const uint64_t steps[] = {UINT64_MAX / 2, 524288, 65536, 40000, 1000003};
    for (int place = NO_GUESS; place < GUESSES; place++)
        for (unsigned i = 0; i < sizeof steps / sizeof *steps; i++)
            for (uint32_t threads = 1; threads <= 3; threads += 2) {
                if (e->rows > 10000 && ways++ % SINK_WAY_STEP != 0)
                    continue;
                sink_example_write(e,
                                   (sink_way){(enum sink_place_how)place, steps[i],
                                              i % 2 != 0 || threads > 1, true, threads},
                                   &other);
                support_bytes got = support_read(support_path("t"));
                assert_true(support_same(expected, got));
                assert_memory_equal(first.file_id, other.file_id, 16);
                free(got.data);
            }
    free(expected.data);
    assert_int_equal(unlink(support_path("t")), 0);
    assert_int_equal(support_entries(), 0);
}

static void test_same_bytes_large(void **state)
{
    (void)state;
    sink_example e = sink_example_make(300001, 20);
    every_way(&e);
    sink_example_free(&e);
}

static void test_same_bytes_small(void **state)
{
    (void)state;
    static const uint64_t rows[] = {0, 1, 7, 1000, 9000};
    for (unsigned i = 0; i < sizeof rows / sizeof *rows; i++) {
        sink_example e = sink_example_make(rows[i], 5);
        every_way(&e);
        sink_example_free(&e);
    }
}

/* The checksums in the file are those of the buffers, wherever they were computed (F-45). */
static void test_block_hashes(void **state)
{
    (void)state;
    sink_example e = sink_example_make(200000, 30);
    sink_example_write(&e, (sink_way){TOO_FEW, 700001, true, true, 2}, NULL);
    support_bytes file = support_read(support_path("t"));
    uint64_t at;
    memcpy(&at, file.data + FMT_H_REGIONS + FMT_REGION_CHECKSUMS * FMT_REGION_SIZE, sizeof at);
    for (int c = 0; c < SINK_COLUMNS; c++)
        for (int b = 0; b < 3; b++)
            for (uint64_t pos = 0; pos < e.buffers[c][b].length; pos += FMT_BLOCK_SIZE, at += 8) {
                uint64_t left = e.buffers[c][b].length - pos, stored;
                memcpy(&stored, file.data + at, sizeof stored);
                assert_true(stored == fmt_hash(e.buffers[c][b].data + pos,
                                               left < FMT_BLOCK_SIZE ? left : FMT_BLOCK_SIZE));
            }
    free(file.data);
    sink_example_free(&e);
    assert_int_equal(unlink(support_path("t")), 0);
}

/* A dropped region leaves no trace, placed or not. */
static void test_drop(void **state)
{
    (void)state;
    sink_example e = sink_example_make(100000, 8);
    support_bytes expected[2];
    for (int round = 0; round < 2; round++) {
        sink *s = sink_begin(true, 1);
        sink_plan p;
        sink_plan_make(s, &e, &p);
        if (round == 1) {
            sink_guess(s, &p, RIGHT_GUESS);
            static uint8_t junk[300000];
            memset(junk, 0xAA, sizeof junk);
            for (int c = 0; c < SINK_COLUMNS; c++) {
                assert_int_equal(sink_write(s, p.columns[c].regions[1], 0, junk, sizeof junk, NULL),
                                 SHMCOL_OK);
                sink_drop(s, p.columns[c].regions[1]);
                assert_int_equal(sink_write(s, p.columns[c].regions[1], 0, junk, 1, NULL),
                                 SHMCOL_ERR_WRITER_STATE);
                assert_int_equal(sink_region_new(s, &p.columns[c].regions[1], NULL), SHMCOL_OK);
            }
        }
        sink_pieces all = sink_pieces_cut(s, &e, &p, 100000);
        all.threads = 1;
        sink_pieces_write(&all, 0);
        free(all.list);
        assert_int_equal(sink_finish(s, &p.table, NULL, NULL, NULL, NULL), SHMCOL_OK);
        expected[round] = support_read(support_path("t"));
    }
    assert_true(support_same(expected[0], expected[1]));
    free(expected[0].data);
    free(expected[1].data);
    sink_example_free(&e);
    assert_int_equal(unlink(support_path("t")), 0);
}

static void test_read_back(void **state)
{
    (void)state;
    sink_example e = sink_example_make(150000, 8);
    for (int place = NO_GUESS; place < GUESSES; place++) {
        sink *s = sink_begin(true, 1);
        sink_plan p;
        sink_plan_make(s, &e, &p);
        if (place != NO_GUESS)
            sink_guess(s, &p, (enum sink_place_how)place);
        sink_pieces all = sink_pieces_cut(s, &e, &p, 50001);
        sink_pieces_shuffle(&all);
        all.threads = 1;
        sink_pieces_write(&all, 0);
        free(all.list);
        for (int c = 0; c < SINK_COLUMNS; c++)
            for (int b = 0; b < 3; b++) {
                support_bytes from = e.buffers[c][b];
                for (int i = 0; i < 20 && from.length > 0; i++) {
                    uint64_t pos = support_random() % from.length,
                             length = support_random() % (from.length - pos + 1);
                    uint8_t *got = support_need(malloc(length + 1));
                    assert_int_equal(sink_read(s, p.columns[c].regions[b], pos, got, length, NULL),
                                     SHMCOL_OK);
                    assert_memory_equal(got, from.data + pos, length);
                    free(got);
                }
            }
        uint8_t byte;
        assert_int_equal(sink_read(s, p.dictionary.offsets, 1000, &byte, 1, NULL),
                         SHMCOL_ERR_WRITER_STATE);
        sink_abort(s);
        assert_int_equal(support_entries(), 0);
    }
    sink_example_free(&e);
}

enum { READERS = 4, PIECES = 1000, PIECE_SIZE = 9001 };

typedef struct readers {
    sink *s;
    sink_region regions[READERS];
    atomic_uint wrong; /* pieces, or calls */
} readers;

static void write_and_read(void *arg, uint32_t thread)
{
    readers *r = arg;
    static _Thread_local uint8_t piece[PIECE_SIZE], got[PIECE_SIZE];
    for (unsigned i = 0; i < PIECES; i++) {
        memset(piece, (int)(thread * 61 + i) % 255 + 1, sizeof piece);
        r->wrong += sink_write(r->s, r->regions[thread], (uint64_t)i * sizeof piece, piece,
                               sizeof piece, NULL) != SHMCOL_OK;
        /* one of the last 30, which may be in a window that another thread writes out */
        unsigned back = i < 30 ? i : i - i * 7 % 30;
        memset(piece, (int)(thread * 61 + back) % 255 + 1, sizeof piece);
        r->wrong += sink_read(r->s, r->regions[thread], (uint64_t)back * sizeof piece, got,
                              sizeof got, NULL) != SHMCOL_OK;
        r->wrong += memcmp(piece, got, sizeof piece) != 0;
    }
}

/* Bytes of the side file can be read at once, while windows of it fill and are written out. */
static void test_read_while_others_write(void **state)
{
    (void)state;
    readers r = {.s = sink_begin(true, READERS)};
    for (int i = 0; i < READERS; i++)
        assert_int_equal(sink_region_new(r.s, &r.regions[i], NULL), SHMCOL_OK);
    sys_parallel(READERS, write_and_read, &r);
    assert_int_equal(r.wrong, 0);
    assert_int_equal(sink_write(r.s, SINK_NONE, 0, "", 0, NULL),
                     SHMCOL_OK); /* nothing is nothing, wherever */
    sink_abort(r.s);
    assert_int_equal(support_entries(), 0);
}

/* Wide tables cost little: no system call and no side file for each of the many small regions. */
static void test_wide(void **state)
{
    (void)state;
    enum { WIDE = 20000, ROWS = 5 };
    sink_column *columns = support_need(calloc(WIDE, sizeof *columns));
    char(*names)[12] = support_need(calloc(WIDE, sizeof *names));
    fmt_zone zone;
    fmt_zone_init(&zone);
    support_bytes expected = {0};
    for (int round = 0; round < 2; round++) {
        sink *s = sink_begin(true, 2);
        for (uint32_t i = 0; i < WIDE; i++) {
            int64_t values[ROWS] = {i, 2, 3, 4, 5};
            snprintf(names[i], sizeof names[i], "c%u", i);
            columns[i] = (sink_column){.name = names[i],
                                       .name_length = (uint32_t)strlen(names[i]),
                                       .type = FMT_INT64,
                                       .zones = &zone,
                                       .regions = {SINK_NONE, 0, SINK_NONE},
                                       .lengths = {0, sizeof values, 0},
                                       .dictionary = UINT32_MAX};
            assert_int_equal(sink_region_new(s, &columns[i].regions[1], NULL), SHMCOL_OK);
            if (round == 0)
                assert_int_equal(
                    sink_write(s, columns[i].regions[1], 0, values, sizeof values, NULL),
                    SHMCOL_OK);
        }
        sink_table table = {.rows = ROWS, .n_columns = WIDE, .columns = columns};
        if (round == 1) {
            assert_int_equal(sink_guess_offsets(s, &table, NULL), SHMCOL_OK);
            for (uint32_t i = WIDE; i-- > 0;)
                for (int64_t j = ROWS; j-- > 0;) {
                    int64_t value = j == 0 ? i : j + 1;
                    assert_int_equal(sink_write(s, columns[i].regions[1], 8 * (uint64_t)j, &value,
                                                sizeof value, NULL),
                                     SHMCOL_OK);
                }
        }
        assert_int_equal(sink_finish(s, &table, NULL, NULL, NULL, NULL), SHMCOL_OK);
        support_bytes got = support_read(support_path("t"));
        if (round == 0)
            expected = got;
        else {
            assert_true(support_same(expected, got));
            free(got.data);
        }
    }
    free(expected.data);
    free(names);
    free(columns);
    assert_int_equal(unlink(support_path("t")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_bytes_small),
        cmocka_unit_test(test_same_bytes_large),
        cmocka_unit_test(test_block_hashes),
        cmocka_unit_test(test_drop),
        cmocka_unit_test(test_read_back),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_read_while_others_write),
    };
    return cmocka_run_group_tests(tests, support_begin, support_end);
}
