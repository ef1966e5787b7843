/* The sink makes a file of columns. The public writer, populate and the CSV ingest all end here.
 *
 * A caller opens regions, one for each buffer of a column, writes their bytes at positions, in any
 * order and from any thread, and at the end describes in a table which region is which buffer. The
 * sink then lays the file out, moves what lies elsewhere, hashes, writes directory and envelope,
 * and publishes. It does not look at values.
 *
 * The life of a region: sink_region_new opens it, empty. sink_guess_offsets may guess where it will
 * begin in the file (its guess_offset) and how many bytes it will have (its capacity). sink_write
 * puts bytes before the capacity straight into the output; all other bytes go to the side file,
 * an unlinked file beside the output. sink_drop ends a region that is no longer needed. When the
 * file is completed, the real offsets are known: a region whose guess was wrong is moved inside the
 * output, or moved aside to the side file first if its move would overwrite another one, and what
 * is in the side file is copied to its offset. A wrong guess costs time; the file is the same. */
#ifndef SHMCOL_SINK_H
#define SHMCOL_SINK_H

#include <stdbool.h>

#include "format/table.h"
#include "format/zone.h"
#include "shmcol.h"
#include "sys/sys.h"

typedef struct sink sink;

typedef struct sink_options {
    bool overwrite, no_sync;
    uint32_t threads;  /* at least 1 */
    uint64_t memory;   /* bytes that the sink's own buffers may take when the file is completed */
    int zstd_level;    /* not 0: the published file is compressed (F-70); needs a path */
    bool shared;       /* other processes write to the output too (sink_reserve); needs a path */
    sys_output **kept; /* shared only: an output that was published, reused if no other process has
                          it open; set to NULL when the sink has taken it over */
} sink_options;

/* Creates a sink that writes to `path`, or, if path is NULL, to the empty file `fd`, which stays
 * the caller's. *out is the caller's, who ends it with sink_publish, sink_finish or sink_abort.
 * Errors: EXISTS, IO, INVALID_ARGUMENT (fd is no empty regular file; the options need a path; zstd
 * does not have the level), NO_MEMORY. */
shmcol_status sink_create(const char *path, int fd, const sink_options *options, sink **out,
                          shmcol_error *err);

typedef uint32_t sink_region;
#define SINK_NONE UINT32_MAX /* no region */

/* Opens a new, empty region. Thread-safe. Errors: NO_MEMORY. */
shmcol_status sink_region_new(sink *s, sink_region *out, shmcol_error *err);
/* Writes `length` bytes at position `pos` of the region. Each position is written once.
 * Thread-safe, but only one pwrite to a file runs at a time. Whole checksum blocks (F-45) of the
 * extent are hashed on the way; the others are read back when the file is completed. Errors: IO,
 * LIMIT (F-45), NO_MEMORY, WRITER_STATE (the region is not open). */
shmcol_status sink_write(sink *s, sink_region region, uint64_t pos, const void *data, size_t length,
                         shmcol_error *err);
/* Reads back `length` bytes that were written at `pos`. Thread-safe against writes to other
 * positions. Errors: IO, WRITER_STATE (the region is not open, or has no such bytes). */
shmcol_status sink_read(sink *s, sink_region region, uint64_t pos, void *data, size_t length,
                        shmcol_error *err);
/* Closes a region for good and gives its disk space back. */
void sink_drop(sink *s, sink_region region);

/* One column of the table. Strings and pairs stay the caller's until the file is completed. */
typedef struct sink_column {
    const char *name;
    uint32_t name_length;
    uint16_t type;
    bool nullable;
    bool ascending; /* F-23; not with nulls */
    /* of a tensor or list: of its elements */
    uint8_t unit, precision, scale;
    const char *zone; /* NULL: none */
    uint32_t width;   /* fixed_binary; dictionary: code width 1, 2, 4; others: ignored, derived */
    uint16_t element;
    uint8_t dimensions;
    uint32_t shape[7];
    const shmcol_pair *metadata;
    uint32_t metadata_count;
    uint64_t null_count;
    sink_region regions[FMT_SLOTS]; /* by slot; SINK_NONE: none */
    uint64_t lengths[FMT_SLOTS];    /* bytes in each */
    const fmt_zone *zones;          /* ceil(rows / 65536) entries; NULL for types without */
    uint32_t dictionary; /* index into sink_table.dictionaries; UINT32_MAX: no dictionary */
} sink_column;

typedef struct sink_dictionary {
    uint64_t length; /* values */
    bool sorted, ordered;
    sink_region offsets, bytes;
    uint64_t offsets_length, bytes_length;
} sink_dictionary;

typedef struct sink_table {
    uint64_t rows;
    uint32_t n_columns, n_dictionaries;
    sink_column *columns;
    sink_dictionary *dictionaries;
    const shmcol_pair *metadata;
    uint32_t metadata_count;
    uint32_t csv_rules;
    fmt_part part; /* F-79; alignment 0: an ordinary file */
} sink_table;

/* Checks names, types, metadata and limits (F-25, F-31 … F-34, F-59) before there are any values,
 * and that names are unique. Returns the error that completing the file would return. Lengths and
 * rows must fit each other as they must then: 0 rows are fine. Writes nothing. */
shmcol_status sink_check(const sink_table *table, shmcol_error *err);

/* Guesses the offsets of the regions in `guess`, the caller's best guess of the table (regions
 * open, lengths as expected). Comes before anything is written to them, or not at all. Regions of
 * values, offsets, codes and validity get a guess_offset and are written straight there; if the
 * guess is wrong they are moved when the file is completed. Errors: those of sink_check,
 * WRITER_STATE (a region has bytes already), NO_MEMORY. */
shmcol_status sink_guess_offsets(sink *s, const sink_table *guess, shmcol_error *err);

typedef struct sink_map {
    uint8_t *bytes; /* NULL: none */
    uint64_t length;
} sink_map;

/* Hashes (F-45) the whole blocks inside an extent of a region. Its bytes are in the output already
 * and no longer change; completing the file then need not read them. Thread-safe. Errors: LIMIT
 * (F-45), NO_MEMORY. */
shmcol_status sink_hash(sink *s, sink_region region, uint64_t pos, const void *data, size_t length,
                        shmcol_error *err);

/* The tail of a shared output: bytes after the file, which other processes change while they fill
 * the table, and which are cut off at the end. */
typedef struct sink_tail {
    uint64_t length;
    uint8_t fill; /* the value of each byte in an output that is used again; 0 in a new one */
} sink_tail;

/* Lays out a shared sink's table (regions open, lengths final), in place of sink_write: allocates
 * every byte of the file, and of the tail, which begins at sink_tail_offset(file size), and writes
 * header and directory with `id` as the file id. The regions then count as written; their bytes are
 * in the output at the offsets that its directory has. The table given at the end may lack some of
 * them.
 * Sets *map to a map of the output up to the end of the last region, for writing. The caller
 * unmaps it, but only after the sink has ended, which reads there what it hashes. Where the output
 * is used again (sink_reused), *map is the caller's map of it, at least as large, and old values
 * stay in it.
 * Errors: IO (errno EOPNOTSUPP: the file system cannot allocate ahead), ADDRESS_SPACE, LIMIT
 * (F-59), NO_MEMORY, and those of sink_check. */
shmcol_status sink_reserve(sink *s, const sink_table *table, const sink_tail *tail,
                           const uint8_t id[16], sink_map *map, shmcol_error *err);
/* Fills `err` with the failure of a map of `length` bytes, and returns its status: ADDRESS_SPACE
 * for ENOMEM, else IO. */
shmcol_status sink_fail_map(shmcol_error *err, int errnum, const char *path, uint64_t length);
/* Returns true if the output is options.kept, used again. */
bool sink_reused(const sink *s);
/* Returns where the tail begins: at the next page after the file. */
uint64_t sink_tail_offset(uint64_t file_size);
/* Returns the whole path by which other processes open a shared output, until the sink ends. */
const char *sink_shared_path(const sink *s);

/* Asks, before the end, to keep a shared output: after a successful sink_publish *kept is the
 * caller's, or NULL where the file system cannot keep it. */
void sink_keep(sink *s, sys_output **kept);

typedef struct sink_result {
    uint64_t file_size;
    uint8_t file_id[16];
} sink_result;

/* Completes the file without publishing it. On failure the sink has ended. `progress` may be NULL.
 * Errors: those of sink_check, WRITER_STATE (a region is missing, too short or used twice), IO,
 * LIMIT, CANCELLED, NO_MEMORY. */
shmcol_status sink_complete(sink *s, const sink_table *table, shmcol_progress progress,
                            void *progress_arg, sink_result *result, shmcol_error *err);
/* Publishes the completed file and frees the sink, whatever it returns. On failure nothing appears
 * and an old file stays whole, with one exception, which the message names: the new file is there
 * but perhaps not durable. Errors: EXISTS, IO. */
shmcol_status sink_publish(sink *s, shmcol_error *err);
/* Completes the file and publishes it; `result` may be NULL. */
shmcol_status sink_finish(sink *s, const sink_table *table, shmcol_progress progress,
                          void *progress_arg, sink_result *result, shmcol_error *err);
/* Drops everything and frees the sink. In a child of fork, which has a copy of the sink, it only
 * frees memory: the files belong to the parent. NULL is allowed. */
void sink_abort(sink *s);
/* Returns true in the process that created the sink. */
bool sink_own(const sink *s);
/* Replaces *s by a new, empty sink for the same output. On failure
 * *s stays. Errors: IO, NO_MEMORY. */
shmcol_status sink_renew(sink **s, shmcol_error *err);
/* Opens an unlinked file beside the output of a sink with a path. Returns 0 or an errno value. */
int sink_temporary(const sink *s, int *fd);
/* Returns the sink's output; NULL: a descriptor of the caller's. */
sys_output *sink_output(const sink *s);

#endif
