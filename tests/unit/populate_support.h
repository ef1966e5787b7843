/* What the tests of populate share: a table in memory, and ways to fill a populated one with it. */
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
/* A table of one column of `type`, nullable or not, and no more. */
shmcol_field populate_field(shmcol_type type, const char *name, int nullable);

/* Begins a table for support_path("u"), as the example's or of these fields; fails the test where
 * that fails. */
shmcol_populate *populate_begin(const populate_example *e);
shmcol_populate *populate_begin_fields(const shmcol_field *fields, uint32_t n, uint64_t rows);
/* Claims rows [first, end), writes the example's values there and fills the range. For children
 * too: no assertion. */
shmcol_status populate_write(const populate_example *e, shmcol_populate *p, uint64_t first,
                             uint64_t end, shmcol_error *err);
/* The values alone. */
void populate_copy(const populate_example *e, const shmcol_range *range, uint64_t first,
                   uint64_t end);
/* Commits; the file "u" is the example's, and all there is beside "t". */
void populate_expect(const populate_example *e, shmcol_populate *p);

/* Runs fn in a child; the child ends with what fn returns, or when it is killed. */
pid_t populate_child(int (*fn)(void *arg), void *arg);
int populate_wait(pid_t child); /* its exit status, or -signal */

#endif
