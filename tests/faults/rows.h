/* Rows of a table of four columns, each of which follows from its number: "number" int32, the
 * number; "half" int32, half of it, null at every tenth; "word" a dictionary, whose words grow in
 * number; "text" string, null at every seventh. */
#ifndef SHMCOL_FAULTS_ROWS_H
#define SHMCOL_FAULTS_ROWS_H

#include <shmcol.h>

enum {
    ROWS_COLUMNS = 4,
    ROWS_PROCESS = 1000000, /* the numbers of process p begin with p times that */
};

/* Describes the columns. */
void rows_fields(shmcol_field fields[ROWS_COLUMNS]);
/* Gives rows [first, first + n) to a writer. Allocates nothing. Errors: those of the writer. */
shmcol_status rows_put(shmcol_writer *writer, int32_t first, uint64_t n, shmcol_error *err);
/* Reads all rows of a table: columns of a fixed width through one pointer each, some
 * texts row by row.
 * numbers(arg, row, number) tells whether the number at a row is right, the rest follows from it.
 * *wrong is the first row with another value, or -1. Errors: those of reading. */
shmcol_status rows_check(shmcol_file *table, int (*right)(void *arg, uint64_t row, int32_t number),
                         void *arg, int64_t *wrong, shmcol_error *err);

#endif
