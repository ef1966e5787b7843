/* The structures and functions that the files of lib/populate share; nobody else includes this.
 *
 * The temporary holds the file as it will be, laid out as if every nullable column had nulls, with
 * a header and a directory that are good in themselves (their file id is the table's id here);
 * behind it, from the next page on, one byte, a mark, for each 64 rows. Whoever holds a range of
 * rows holds a lock on its marks, and nobody else writes them. To commit is to hold all of them.
 * When it is done the file ends before them. */
#ifndef SHMCOL_POPULATE_INTERNAL_H
#define SHMCOL_POPULATE_INTERNAL_H

#include <stdatomic.h>

#include "format/table.h"
#include "write/writer_internal.h"

#define MARK_ROWS                                                                                  \
    64u /* a validity bitmap's rows that share no machine word with their neighbours' */

enum populate_mark {
    MARK_EMPTY = 0,
    MARK_BEGUN = 1, /* what is none of these counts as begun */
    MARK_FILLED = 2,
    MARK_LEFT = 3 /* nobody's, with what a table before this one had there */
};

/* Memory in which tables lie one after the other (shmcol_populate_again); each handle that shows it
 * counts. */
typedef struct populate_map {
    atomic_uint references;
    sink_map map;
} populate_map;

struct shmcol_populate {
    atomic_uint references; /* the caller's, and one for each range */
    shmcol_writer *writer;  /* the creator's; NULL: attached, or at an end. Its sink is NULL once it
                               has ended */
    sys_output *kept;  /* the creator's, after a commit that keeps the table's place; may be NULL
                          then, too */
    bool committed;    /* kept */
    int64_t process;   /* the one that made the handle */
    fmt_header header; /* checked (F-60); its file id is the table's id */
    uint8_t *front;    /* the file's first bytes up to the end of the directory, copied out */
    fmt_descriptor *columns;
    populate_map *shared;
    uint8_t *map;            /* of it */
    uint64_t marks, n_marks; /* marks: their place in the temporary */
    uint64_t device, inode;
    bool in_memory; /* on a file system that has no other place */
    bool created;   /* by this handle, not attached */
    char path[];
};

/* Opens the temporary anew, with locks of its own. GONE, IO. */
shmcol_status populate_open(const shmcol_populate *p, int *fd, shmcol_error *err);
/* The same for the creator before the end, who knows that the file is this table's whatever its
 * header says by now. */
shmcol_status populate_open_own(const shmcol_populate *p, int *fd, shmcol_error *err);
/* GONE, with the path and why. */
shmcol_status populate_gone(const char *path, const char *why, shmcol_error *err);
/* Drops one reference. */
void populate_release(shmcol_populate *p);

static inline uint64_t populate_mark_of(uint64_t row)
{
    return row / MARK_ROWS + (row % MARK_ROWS != 0);
}

/* TAKEN: which of marks [first, first + count) another one holds. */
shmcol_status populate_held(const shmcol_populate *p, int fd, uint64_t first, uint64_t count,
                            shmcol_error *err);
/* The first run of marks at or after `from` and before `limit` that are (or are not) FILLED; *first
 * = *end = limit if there is none. *seen (may be NULL) says which marks are in the run, in bits 1
 * << mark. GONE: the marks are not there any more. */
shmcol_status populate_run(const shmcol_populate *p, int fd, bool filled, uint64_t from,
                           uint64_t limit, uint64_t *first, uint64_t *end, unsigned *seen,
                           shmcol_error *err);

/* A column's values from row `row` on, and its bitmap from there (row: a multiple of 8), NULL if it
 * is not nullable. */
uint8_t *populate_values(const shmcol_populate *p, uint32_t index, uint64_t row);
uint8_t *populate_validity(const shmcol_populate *p, uint32_t index, uint64_t row);
/* Sets the bits of rows [first, end), first a multiple of 8; spare bits of the last byte become 0
 * (F-35). */
void populate_set_bits(uint8_t *validity, uint64_t first, uint64_t end, bool valid);

#endif
