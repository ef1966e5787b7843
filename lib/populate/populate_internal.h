/* The structures and functions that the files of lib/populate share; nobody else includes this.
 *
 * The temporary holds the file as it will be, laid out as if every nullable column had nulls, with
 * a header and a directory that are valid in themselves (their file id is the id of the table).
 * After the file, from the next page on, there is one byte, a mark, for each 64 rows. A claim of
 * rows is a lock on their marks, and only its holder writes them. A commit locks all marks. In the
 * published file they are cut off. */
#ifndef SHMCOL_POPULATE_INTERNAL_H
#define SHMCOL_POPULATE_INTERNAL_H

#include <stdatomic.h>

#include "error.h"
#include "format/ondisk.h"
#include "format/table.h"
#include "format/types.h"
#include "write/writer.h"

/* Rows of a mark: their bits of a validity bitmap share no machine word with other rows' bits. */
#define MARK_ROWS 64u

enum populate_mark {
    MARK_EMPTY = 0,
    MARK_BEGUN = 1, /* unknown values count as this one */
    MARK_FILLED = 2,
    MARK_LEFT = 3 /* unclaimed, and the bytes are those of an earlier table */
};

/* A map that is used for one table after the other (shmcol_populate_again). Each handle on one of
 * them holds a reference. */
typedef struct populate_map {
    atomic_uint references;
    sink_map map;
} populate_map;

struct shmcol_populate {
    atomic_uint references; /* one of the caller, and one of each range */
    shmcol_writer *writer;  /* of the creator; its sink is NULL after the commit. NULL: attached, or
                               ended */
    sys_output *kept;       /* of the creator, after a commit with KEEP; may be NULL even then */
    bool committed;         /* with KEEP */
    int64_t process;        /* the process that made the handle */
    fmt_header header;      /* checked (F-60); its file id is the id of the table */
    uint8_t *front;         /* a copy of the file up to the end of the directory */
    populate_map *shared;
    writer_in_place values;  /* map: of `shared`; columns: owned */
    uint64_t marks, n_marks; /* offset in the temporary, and number */
    uint64_t device, inode;
    bool in_memory; /* the temporary is on a file system in memory */
    bool created;   /* by this handle, not attached */
    char path[];
};

/* Opens the temporary anew, with locks of its own. Errors: GONE, IO. */
shmcol_status populate_open(const shmcol_populate *p, int *fd, shmcol_error *err);
/* Does the same for the creator before the end, for whom the file is this table's whatever its
 * header has become. */
shmcol_status populate_open_own(const shmcol_populate *p, int *fd, shmcol_error *err);
/* Fills `err` with GONE, the path and the reason, and returns GONE. */
shmcol_status populate_gone(const char *path, const char *why, shmcol_error *err);
/* Drops one reference and frees the handle with the last. */
void populate_release(shmcol_populate *p);

/* Returns how many marks rows [0, row) have: the index of row's mark, if row is a multiple of 64.
 */
static inline uint64_t populate_mark_of(uint64_t row)
{
    return row / MARK_ROWS + (row % MARK_ROWS != 0);
}

/* Fills `err` with TAKEN and the rows that another holder has locked of marks [first, first +
 * count), and returns TAKEN. */
shmcol_status populate_held(const shmcol_populate *p, int fd, uint64_t first, uint64_t count,
                            shmcol_error *err);

/* A search for marks: the first sequence in [from, limit) of marks that are FILLED, or are not. */
typedef struct populate_search {
    bool filled;
    uint64_t from, limit;
    uint64_t first, end; /* the result; both are `limit` if there are no such marks */
    unsigned seen;       /* the result: bit 1 << mark for each mark in it */
} populate_search;

/* Does the search. Errors: IO, GONE (the marks have been cut off). */
shmcol_status populate_find_marks(const shmcol_populate *p, int fd, populate_search *search,
                                  shmcol_error *err);

/* Sets the bits of rows [first, end), first a multiple of 8. Spare bits of the last byte become 0
 * (F-35). */
void populate_set_bits(uint8_t *validity, uint64_t first, uint64_t end, bool valid);

#endif
