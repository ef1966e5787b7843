/* Helpers of the tests of populate: a table in memory, and ways to fill another with it. */
#ifndef SHMCOL_TESTS_POPULATE_SUPPORT_H
#define SHMCOL_TESTS_POPULATE_SUPPORT_H

#include <sys/types.h>

#include "writer_support.h"

/* A table of every type of a fixed width, written by the writer to support_path("t"). */
typedef struct populate_example {
    test_table table; /* without its columns of strings */
    uint32_t all_columns;
    support_bytes expected; /* the file "t" */
} populate_example;

populate_example populate_example_make(uint64_t rows);
void populate_example_free(populate_example *e);
/* Makes a field of this type. */
shmcol_field populate_field(shmcol_type type, const char *name, int nullable);

/* Creates a table for support_path("u"), with the example's fields or these. Fails the test if that
 * fails. */
shmcol_populate *populate_begin(const populate_example *e);
shmcol_populate *populate_begin_fields(const shmcol_field *fields, uint32_t n, uint64_t rows);
/* Claims rows [first, end), writes the example's values there and fills the range. Asserts nothing,
 * so that children can call it. */
shmcol_status populate_write(const populate_example *e, shmcol_populate *p, uint64_t first,
                             uint64_t end, shmcol_error *err);
/* Writes the values only. */
void populate_copy(const populate_example *e, const shmcol_range *range, uint64_t first,
                   uint64_t end);
/* Commits. The file "u" must be the same as the example's "t", and the only other file. */
void populate_expect(const populate_example *e, shmcol_populate *p);

/* Runs fn in a child, which exits with the value that fn returns, or is killed. */
pid_t populate_child(int (*fn)(void *arg), void *arg);
int populate_wait(pid_t child); /* its exit status, or -signal */

#endif
