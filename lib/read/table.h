/* A table in a directory: its parts, and the maps that make one array of them. */
#ifndef SHMCOL_READ_TABLE_H
#define SHMCOL_READ_TABLE_H

#include "read/file.h"

/* ---- the directory, shared by all handles of its table ---- */

typedef struct read_directory {
    atomic_uint references;
    int fd;
    uint64_t device, inode;
    char path[]; /* absolute; "" if it was opened by a descriptor */
} read_directory;

/* Adds a reference. */
read_directory *read_directory_retain(read_directory *directory);
/* Drops a reference. NULL is allowed. */
void read_directory_release(read_directory *directory);

/* ---- a part: one map of the whole file, shared by all handles that have it ---- */

/* The places of a column's buffers in a part, in units of 65,536 bytes. */
typedef struct read_place {
    uint32_t values, validity;
    uint64_t null_count;
} read_place;

typedef struct read_part {
    atomic_uint references;
    read_directory *directory;
    const uint8_t *map;
    uint64_t size, first_row, rows, table_rows;
    uint8_t id[16];
    uint64_t device, inode;
    bool private_pages; /* of a private handle, whose columns are mapped from the file */
    int fd; /* of a private handle's last part, whose name may become another file's; else -1 */
    _Atomic(shmcol_file *) file; /* the part as a file, once it was asked for */
    read_place places[];         /* by column */
} read_part;

read_part *read_part_retain(read_part *part);
/* Drops a reference. NULL is allowed. */
void read_part_release(read_part *part);
/* Gives the part as a file, which lives as long as the part; retaining it retains the part. Any
 * number of threads may ask. `fd` is the part's, for the first time, or -1: with it the directory
 * is read and not touched in the map. Errors: NO_MEMORY, those of a damaged header. */
shmcol_status read_part_file(read_part *part, int fd, shmcol_file **file, shmcol_error *err);

/* ---- the chain (chain.c) ---- */

/* The parts in their order. */
typedef struct read_chain {
    read_directory *directory;
    uint32_t flags; /* SHMCOL_OPEN_… */
    uint64_t n, capacity;
    read_part **parts;
    uint8_t table_id[16]; /* of the first part */
} read_chain;

/* Follows the names behind the parts that the chain has (F-80), and adds the parts that it finds.
 * `known` (may be NULL) is taken in place of a part that is the same file. Errors: NO_TABLE,
 * WRONG_PART, PARTS_MISSING, FEATURE, those of an open file. The caller frees the chain, also after
 * an error. */
shmcol_status read_chain_follow(read_chain *chain, read_part *known, shmcol_error *err);
/* Finds out whether the directory, which has no part at row 0, has other parts that no append which
 * died has left (lost_first.c). It may have the first one by now: the caller looks again.
 * Errors: IO. */
shmcol_status read_lost_first(const read_directory *directory, bool *lost, shmcol_error *err);
/* Releases all parts. */
void read_chain_free(read_chain *chain);

/* ---- runs (run.c): the pages of all parts of a column, back to back ---- */

typedef struct read_run {
    uint32_t references; /* under the lock of read_runs */
    bool copied;         /* memory of one handle, since pages are too large */
    uint8_t *base;
    uint64_t reserved;       /* bytes of addresses */
    uint64_t zone_size;      /* bytes of a zone */
    uint64_t rows;           /* of the parts that are mapped */
    uint64_t last_first_row; /* and the file_id, of the last of them */
    uint8_t last_id[16];
} read_run;

/* The runs of a table, of values and of validity for each column. They only grow, so that a run
 * that has the rows of a newer handle serves an older one, too. */
typedef struct read_runs {
    atomic_uint references;
    sys_mutex *mutex;
    uint64_t reserved; /* bytes of addresses, of all runs */
    uint32_t n;        /* 2 x columns */
    read_run *newest[];
} read_runs;

read_runs *read_runs_new(uint32_t columns); /* NULL: no memory */
void read_runs_release(read_runs *runs);    /* NULL is allowed */

/* ---- the table, of one handle ---- */

typedef struct read_table {
    read_directory *directory;
    uint64_t n_parts;
    read_part **parts;
    shmcol_file *first, *last; /* first and last part as files: they live as long as the parts */
    uint32_t flags;            /* SHMCOL_OPEN_… */
    read_runs *runs;
    uint64_t *null_counts;     /* by column */
    _Atomic(read_run *) *held; /* the runs that this handle uses, as in read_runs */
    atomic_uchar *ascends;     /* by column (ascends.c); 0: not known yet */
} read_table;

enum { READ_RUN_VALUES, READ_RUN_VALIDITY };

/* Adds the hint of an error for which there was no room for maps: the limit that was met, and what
 * helps. */
void read_hint_maps(shmcol_error *err);
/* Drops the runs that a handle holds. */
void read_runs_let_go(read_table *table);

/* Opens the table in the directory of `fd`, which becomes the library's, also after an error.
 * Errors: those of shmcol_open. */
shmcol_status read_open_table(int fd, const sys_file_info *info, const char *path, uint32_t flags,
                              shmcol_file **out, shmcol_error *err);
/* Makes a handle of a chain, which it takes over; after an error the chain is the caller's still.
 * `runs` (may be NULL): those of an older handle, which the new one shares. Errors: NO_MEMORY, and
 * those of a damaged header. */
shmcol_status read_table_handle(read_chain *chain, read_runs *runs, shmcol_file **out,
                                shmcol_error *err);
/* Frees what a table handle has. */
void read_table_free(shmcol_file *file);
/* Makes a supported column of the first part that of the table: its length, its nulls, no places,
 * the last part's dictionary. Returns FMT_OK or the code of a damaged dictionary. */
int read_table_column(const shmcol_file *file, read_column *column, fmt_fault *fault);
/* Finds out whether the path still leads to the directory; true where there is no path. Error: IO.
 */
shmcol_status read_is_directory(const read_directory *directory, bool *is, shmcol_error *err);
/* Finds the part of a row below the table's rows. */
uint64_t read_part_of_row(const read_table *table, uint64_t row);

/* ---- addresses (table_fault.c) ---- */

/* The byte at an address. */
typedef struct read_spot {
    const read_part *part; /* NULL: one that only a newer handle has */
    uint64_t offset;       /* in the part */
    uint32_t column;       /* of a run; UINT32_MAX: to be found by the offset */
} read_spot;

/* Finds the byte at an address. Returns false if it is not in a map of this handle. */
bool read_table_spot(const read_table *table, const uint8_t *address, read_spot *spot);
/* Tells whether a handle's maps have the address; false for a handle of a file. */
bool read_table_covers(const void *file, const uint8_t *address);

#endif
