/* The structures and functions that the files of lib/sink share; nobody else includes this.
 *
 * Where bytes are: a region's bytes [0, room) lie in the output at `place`, if it has a place; all
 * others lie in the side file, in extents. The side file is one unlinked file, made when it is
 * first needed; its newest end is a window in memory that gathers small pieces, so that a small
 * table needs no side file at all and a wide one no system call for each of its buffers. */
#ifndef SHMCOL_SINK_INTERNAL_H
#define SHMCOL_SINK_INTERNAL_H

#include "error.h"
#include "format/fault.h"
#include "format/ondisk.h"
#include "sink/sink.h"
#include "sys/sys.h"

#define SINK_WINDOW 1048576u
#define SINK_SMALL                                                                                 \
    65536u /* shorter pieces are gathered; shorter regions get no place of their own before the    \
              end */

#define SINK_FAR                                                                                   \
    (UINT64_C(1)                                                                                   \
     << 40) /* where the side file begins in a descriptor of the caller's: 1 TiB is    \
                           more than fits before it */

/* Bytes [pos, pos + length) of a region lie in the side file at `side_offset`. */
typedef struct sink_extent {
    uint64_t pos, length, side_offset;
} sink_extent;

typedef struct sink_state {
    uint64_t written;                /* bytes, in all pieces together */
    uint64_t guess_offset, capacity; /* capacity 0: no offset was guessed */
    sink_extent *extents;            /* ascending by pos */
    uint64_t *hashes;                /* by block; 0: not known, to be computed at finish */
    uint64_t head_hash; /* of the first head_length bytes, where these are less than a block */
    uint32_t head_length;
    uint32_t n_extents, extent_capacity;
    uint32_t n_hashes; /* room in `hashes` */
    bool open, used;   /* used: the table speaks of it (finish) */
} sink_state;

/* The side file's bytes [at, at + used), in memory. */
typedef struct sink_window {
    uint8_t *bytes; /* NULL: there is none */
    uint64_t at;
    size_t used;
} sink_window;

struct sink {
    char *path;         /* NULL: the caller's descriptor */
    sys_output *output; /* NULL: the caller's descriptor */
    const char *shared; /* the path of the temporary of a shared output; of `output` */
    sink_map map;       /* of a shared output; its user's */
    sys_output **keep;  /* where a shared output goes in the end; NULL: nowhere */
    bool reused;        /* the output holds what was published before */
    int64_t process;    /* who made it: nobody else changes what there is */
    int fd;
    sink_options options;
    sys_mutex *io[2]; /* one pwrite to the output and one to the side file at a time: two threads
                         writing one file gain nothing and burn CPU */
    sys_mutex *lock;  /* guards all that follows; taken before `io`, never after it */
    sink_state *regions;
    uint32_t n_regions, region_capacity;
    bool dirty;    /* the output may hold bytes in what will be a gap (F-4) */
    int side_file; /* -1: not made yet */
    uint64_t side_file_end, side_file_reserved;
    uint64_t expected;   /* the file's size, as it was guessed; 0: it was not */
    sink_window window;  /* the side file's newest end */
    sink_window leaving; /* the one before, which is being written */
    uint8_t *spare;      /* memory of one that was written; NULL: there is none */
    sys_cond *left;      /* told when `leaving` has gone */
};

/* ---- sink.c ---- */

/* pwrite to the output or the side file, one at a time; names the path in its error. */
shmcol_status sink_pwrite(sink *s, int fd, const void *data, size_t length, uint64_t offset,
                          shmcol_error *err);
/* pread of exactly `length` bytes. */
shmcol_status sink_pread(sink *s, int fd, void *data, size_t length, uint64_t offset,
                         shmcol_error *err);
/* Puts a piece where it belongs, the output or the side file; hashes nothing. */
shmcol_status sink_put(sink *s, sink_region id, uint64_t pos, const void *data, size_t length,
                       shmcol_error *err);
/* Frees everything, and the output, if it is still the sink's; a descriptor of the caller's stays
 * as it is. */
void sink_free(sink *s);

/* ---- sink_pages.c ---- */

/* Every byte of the output has its place when this is done: 0, or an errno value. On a disk that is
 * all. In memory every page has still to be zeroed and mapped, which is the larger part of what
 * filling a table costs: piece by piece and by several threads at once, in huge pages where the
 * kernel makes them, and in s->map, as far as that goes, no writer finds a page that is not ready.
 * What does not fit is refused as a whole, before any of it is there. */
int sink_allocate(const sink *s, uint64_t size);
/* Tells the file system of bytes that will be written to the output or the side file: a disk then
 * gives them room at once, not page by page (ext4 takes little more than half the time for a
 * write), memory gives huge pages. Only a hint: nothing is said where it cannot, or where there
 * might be too little room for it. */
void sink_announce(const sink *s, int fd, uint64_t offset, uint64_t length);

/* ---- sink_side_file.c ---- */

/* Puts a piece of a region into the side file's window or finds room for it in the side file:
 * *written says whether it is done or is to be written at *offset of s->side_file, outside the
 * lock. Under s->lock, which is given up meanwhile where a full window has to be written. */
shmcol_status sink_side_file_put(sink *s, sink_region id, uint64_t pos, const void *data,
                                 size_t length, bool *written, uint64_t *offset, shmcol_error *err);
/* Reads at most `length` bytes at `pos`, which must not be in the region's place, as far as one
 * extent goes; *got says how many. Takes s->lock. */
shmcol_status sink_side_file_get(sink *s, sink_region id, uint64_t pos, void *data, size_t length,
                                 size_t *got, shmcol_error *err);
/* Gives back the space of the side file's part of bytes [pos, pos + length) of the region; scraps
 * that free no page stay. */
void sink_side_file_punch(sink *s, const sink_state *st, uint64_t pos, uint64_t length);

/* ---- sink_table.c ---- */

/* The table as the format knows it, laid out; to be freed by sink_table_free whatever happened.
 * Errors: BAD_NAME, LIMIT, INVALID_ARGUMENT, NO_MEMORY, and WRITER_STATE where the caller's numbers
 * contradict each other. */
shmcol_status sink_table_build(const sink_table *table, fmt_table *out, shmcol_error *err);
void sink_table_free(fmt_table *table);
/* A fault of format/ as an error. */
shmcol_status sink_fault(const fmt_fault *fault, shmcol_error *err);

/* Where a region goes in the end. */
typedef struct sink_target {
    uint64_t offset, length, first_checksum;
    sink_region region;
} sink_target;

/* The regions of all slots that are not empty, ascending by offset: *out (of *n) is the caller's to
 * free. */
shmcol_status sink_table_targets(const sink_table *table, const fmt_table *laid_out,
                                 sink_target **out, uint32_t *n, shmcol_error *err);

/* ---- sink_move.c ---- */

/* Brings what lies in the output to where it belongs, by moves inside the output. Afterwards every
 * target's place, if it has one, is its offset. */
shmcol_status sink_move(sink *s, const sink_target *targets, uint32_t n, shmcol_error *err);
/* Writes zeros over the gaps, if something may be left over in them (F-4). */
shmcol_status sink_clear_gaps(sink *s, const fmt_table *table, shmcol_error *err);

/* ---- sink_blocks.c ---- */

/* Copies what is in the side file into the output and fills in all hashes of the checksums region
 * (F-45), in parallel. After sink_move. */
shmcol_status sink_blocks(sink *s, const sink_target *targets, uint32_t n, uint64_t *checksums,
                          shmcol_progress progress, void *progress_arg, shmcol_error *err);

/* ---- sink_finish.c ---- */

/* Writes directory and header, which hold the hashes of all the rest; the file id is made of them
 * and the checksums, or is `id`, if that is not NULL. */
shmcol_status sink_put_front(sink *s, fmt_table *table, const uint64_t *checksums,
                             const uint8_t id[16], shmcol_error *err);

/* ---- sink_compress.c ---- */

/* Puts the compressed form of the complete plain file in s->output into s->output's place; `result`
 * is then of that form. */
shmcol_status sink_compress(sink *s, shmcol_progress progress, void *progress_arg,
                            sink_result *result, shmcol_error *err);

#endif
