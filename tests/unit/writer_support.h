/* Tables in memory for the tests of the writer, and all the ways in which a caller can hand one
 * over. */
#ifndef SHMCOL_TESTS_WRITER_SUPPORT_H
#define SHMCOL_TESTS_WRITER_SUPPORT_H

#include <stdbool.h>

#include "shmcol.h"
#include "support.h"

/* ---- tables ---- */
typedef struct test_column {
    shmcol_field field;
    char name[24];
    uint32_t width;   /* 0: strings, lists */
    uint8_t *values;  /* rows x width; lists: the elements of a fixed width */
    int64_t *offsets; /* strings, lists: rows + 1 */
    int64_t *texts;   /* lists of strings: one more than elements */
    char *data;       /* bytes of the strings */
    uint32_t element_width;
    uint8_t *valid; /* a byte a row; NULL: all */
} test_column;

typedef struct test_table {
    uint64_t rows;
    uint32_t n_columns;
    test_column *columns;
    shmcol_field *fields;
} test_table;

uint32_t support_random(void);
/* A column of each type, unit, tensor and element of lists, without and with nulls; strings as
 * strings. */
test_table support_table(uint64_t rows);
/* Adds a string column whose values are `text(row)` numbers below `distinct`, of `length` digits;
 * every `null_every`-th is null (0: none). */
void support_add_words(test_table *table, shmcol_type type, int automatic, uint32_t distinct,
                       uint32_t length, uint32_t null_every);
/* Adds a column of lists, of at most `longest` elements of a type. */
void support_add_lists(test_table *table, shmcol_type element, uint32_t longest, bool nulls);
void support_free(test_table *table);

/* ---- ways to hand it over ---- */
typedef struct test_way {
    uint64_t batch;                /* rows; 0: all at once */
    shmcol_validity_kind validity; /* for columns that have nulls */
    int stride;                    /* 0: packed; 1: with gaps; -1: backwards */
    shmcol_string_layout layout;
    shmcol_writer_options options;
} test_way;
/* A sanitizer looks for something else than wrong values: every fifth way shows it, or every
 * eleventh. (Options of the ways repeat every two, three or four: these meet all of them.) */
#if !defined(SHMCOL_FEWER_VALUES)
#define TEST_WAY_STEP 1
#elif SHMCOL_FEWER_VALUES == 1
#define TEST_WAY_STEP 5
#else
#define TEST_WAY_STEP 11
#endif
#define TEST_WAY_INIT                                                                              \
    {0, SHMCOL_VALIDITY_BYTES, 0, SHMCOL_STRINGS_OFFSETS64, SHMCOL_WRITER_OPTIONS_INIT}

/* Writes the table to `path`, replacing what is there; fails the test where that fails. */
void support_write(const test_table *table, const char *path, const test_way *way);
/* The slots of a list column in a file that is in memory (F-26). */
void support_check_lists(const test_column *c, uint64_t rows, support_bytes file,
                         const shmcol_column_info *info);
/* The file passes the full check and holds the table. */
void support_check(const test_table *table, const char *path);
/* The file holds the table, and is the same bytes in all ways (F-6). */
void support_compare_ways(const test_table *table, const test_way *ways, size_t n);

#endif
