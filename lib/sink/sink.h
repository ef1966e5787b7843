/* The sink: where columns become a file. The public writer and the CSV ingest both end here.
 * Callers open regions (a region will be one buffer of one column), write their bytes at positions,
 * in any order and from any thread, and hand over a table of what the regions are. The sink finds
 * the final layout, moves what lies elsewhere, checksums, writes directory and envelope, and
 * publishes. It knows no values. */
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
    uint32_t threads; /* at least 1 */
    uint64_t memory;  /* bytes the sink may use for its own buffers at finish */
    int zstd_level; /* not 0: what is published is the compressed form (F-70); not for a descriptor
                     */
    bool shared;    /* other processes write the output too (sink_reserve); not for a descriptor */
    sys_output **kept; /* shared: one that was published, to be used again if nobody else has it;
                          NULL where the sink has taken it */
} sink_options;

/* Output goes to `path`, or, if path is NULL, into the empty descriptor `fd` (which stays the
 * caller's). EXISTS is answered here already. */
shmcol_status sink_create(const char *path, int fd, const sink_options *options, sink **out,
                          shmcol_error *err);

typedef uint32_t sink_region;
#define SINK_NONE UINT32_MAX

/* A new, empty region. Its bytes go to a side file (an unlinked file beside the output) unless
 * sink_guess_offsets gave it a place. Thread-safe. */
shmcol_status sink_region_new(sink *s, sink_region *out, shmcol_error *err);
/* Writes `length` bytes at position `pos` of the region. Every position is written once.
 * Thread-safe; one pwrite at a time inside. Whole checksum blocks (F-45) inside the piece are
 * hashed on the way; others are read back at finish. */
shmcol_status sink_write(sink *s, sink_region region, uint64_t pos, const void *data, size_t length,
                         shmcol_error *err);
/* Reads back what was written. Thread-safe against writes elsewhere. */
shmcol_status sink_read(sink *s, sink_region region, uint64_t pos, void *data, size_t length,
                        shmcol_error *err);
/* Forgets a region and gives its space back. */
void sink_drop(sink *s, sink_region region);

/* One column or dictionary to be. Text and pairs are the caller's until finish returns. */
typedef struct sink_column {
    const char *name;
    uint32_t name_length;
    uint16_t type;
    bool nullable;
    uint8_t unit;
    const char *zone; /* NULL: none */
    uint32_t width;   /* fixed_binary; dictionary: code width 1, 2, 4; others: ignored, derived */
    uint16_t element;
    uint8_t dimensions;
    uint32_t shape[7];
    const shmcol_pair *metadata;
    uint32_t metadata_count;
    uint64_t null_count;
    sink_region regions[3]; /* by slot: validity, values/offsets/codes, bytes; SINK_NONE where there
                               is none */
    uint64_t lengths[3];    /* bytes in each */
    const fmt_zone *zones;  /* ceil(rows / 65536) entries; NULL for types without */
    uint32_t
        dictionary; /* dictionary column: index into sink_table.dictionaries; else UINT32_MAX */
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
} sink_table;

/* What finish would refuse about names, types, metadata and limits (F-25, F-31 … F-34, F-59), asked
 * before any value is there. Lengths and rows must fit each other as at finish: 0 rows are fine.
 * Names are checked to be unique. Writes nothing. */
shmcol_status sink_check(const sink_table *table, shmcol_error *err);

/* Before anything is written: the caller's best guess of the table (regions open, lengths as
 * expected). Regions of values, offsets, codes and validity whose place follows from the guess are
 * written straight there; if the guess turns out wrong they are moved at finish: slower, never
 * wrong. May be left out. */
shmcol_status sink_guess_offsets(sink *s, const sink_table *guess, shmcol_error *err);

typedef struct sink_map {
    uint8_t *bytes; /* NULL: none */
    uint64_t length;
} sink_map;

/* Notes the hashes (F-45) of the whole blocks inside a piece of a region that is in the output
 * already, and will not change: finish then need not read them. Thread-safe. */
shmcol_status sink_hash(sink *s, sink_region region, uint64_t pos, const void *data, size_t length,
                        shmcol_error *err);

/* For a shared sink, instead of sink_write: lays the table out (regions open, lengths final),
 * allocates every byte of it and `behind` more bytes from sink_reserved(file size) on, and writes
 * header and directory with `id` in the place of the file id. From now on the regions count as
 * written; what they hold is in the output at the place that its directory says. The table of
 * sink_finish may lack some of them. *map is the output up to the end of the last region, to be
 * written to: the caller's, who unmaps it, but not before the sink ends, which reads there what it
 * hashes; where it is not NULL it is one of a kept output that was as large. In one that is used
 * again (sink_reused) what was there stays, and the bytes behind are all `mark`. IO with
 * EOPNOTSUPP: the file system cannot allocate ahead. ADDRESS_SPACE. */
shmcol_status sink_reserve(sink *s, const sink_table *table, uint64_t behind, uint8_t mark,
                           const uint8_t id[16], sink_map *map, shmcol_error *err);
bool sink_reused(const sink *s);
uint64_t sink_reserved(
    uint64_t file_size); /* where what is behind the file begins: the next page */
/* A shared sink's output, until it is finished or aborted: the whole path by which other processes
 * open it. */
const char *sink_shared_path(const sink *s);

/* Says, before finish, that a shared output is to be kept: if finish succeeds it is *kept, NULL
 * where the file system cannot. */
void sink_keep(sink *s, sys_output **kept);

typedef struct sink_result {
    uint64_t file_size;
    uint8_t file_id[16];
} sink_result;

/* Completes the file without publishing it. On failure the sink is gone. `progress` may be NULL. */
shmcol_status sink_complete(sink *s, const sink_table *table, shmcol_progress progress,
                            void *progress_arg, sink_result *result, shmcol_error *err);
/* Publishes the completed file; frees the sink whatever it returns. On failure nothing appears, an
 * old file stays whole; or the message says that the new one is in place, but perhaps not durable.
 */
shmcol_status sink_publish(sink *s, shmcol_error *err);
/* Both; `result` may be NULL. */
shmcol_status sink_finish(sink *s, const sink_table *table, shmcol_progress progress,
                          void *progress_arg, sink_result *result, shmcol_error *err);
/* Drops everything. In a child of fork that has a copy of the sink it only frees: what there is
 * belongs to the parent. NULL is allowed. */
void sink_abort(sink *s);
bool sink_own(const sink *s); /* true in the process that created it */
/* Begins anew, in the place of *s, which was made with a path: an empty sink for the same output.
 * On failure *s stays. */
shmcol_status sink_renew(sink **s, shmcol_error *err);
/* An unlinked file beside the output of a sink with a path: 0, or an errno value. */
int sink_temporary(const sink *s, int *fd);
sys_output *sink_output(const sink *s); /* NULL: a descriptor */

#endif
