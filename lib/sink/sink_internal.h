/* The structures and functions that the files of lib/sink share; nobody else includes this.
 *
 * Where the bytes of a region are: those at positions below its capacity lie in the output, from
 * its guess_offset on. All others lie in the side file, in extents. The side file is one unlinked
 * file, made when it is first needed. Its newest end is a window in memory that collects short
 * extents, so that a small table needs no side file at all and a wide one no system call for each
 * of its buffers. */
#ifndef SHMCOL_SINK_INTERNAL_H
#define SHMCOL_SINK_INTERNAL_H

#include "error.h"
#include "format/fault.h"
#include "format/ondisk.h"
#include "sink/sink.h"
#include "sys/sys.h"

#define SINK_WINDOW 1048576u
/* Shorter extents go through the window; shorter regions get no guess_offset. */
#define SINK_SMALL 65536u
/* Offset of the side file in a descriptor of the caller's, which serves as both: 1 TiB, more than
 * fits before it. */
#define SINK_FAR (UINT64_C(1) << 40)

/* An extent: bytes [pos, pos + length) of a region are in the side file at side_offset. */
typedef struct sink_extent {
    uint64_t pos, length, side_offset;
} sink_extent;

typedef struct sink_region_state {
    uint64_t written;                /* bytes, of all extents together */
    uint64_t guess_offset, capacity; /* capacity 0: no offset was guessed */
    sink_extent *extents;            /* ascending by pos */
    uint64_t *hashes;                /* by block; 0: unknown, computed when the file is completed */
    uint64_t head_hash; /* of the first head_length bytes, if these are less than a block */
    uint32_t head_length;
    uint32_t n_extents, extent_capacity;
    uint32_t n_hashes; /* capacity of `hashes` */
    bool open, used;   /* used: the table has it (set when the file is completed) */
} sink_region_state;

/* The bytes [at, at + used) of the side file, in memory. */
typedef struct sink_window {
    uint8_t *bytes; /* NULL: no window */
    uint64_t at;
    size_t used;
} sink_window;

struct sink {
    char *path;         /* NULL: the caller's descriptor */
    sys_output *output; /* NULL: the caller's descriptor */
    const char *shared; /* path of a shared output's temporary; owned by `output` */
    sink_map map;       /* of a shared output; owned by the caller of sink_reserve */
    sys_output **keep;  /* receives a shared output when it is published; NULL: nobody keeps it */
    bool reused;        /* the output still holds a table that was published before */
    int64_t process;    /* the process that created the sink; only it changes files */
    int fd;
    sink_options options;
    sys_mutex *io[2]; /* one pwrite to the output and one to the side file at a time: two threads
                         writing one file gain nothing and burn CPU */
    sys_mutex *lock;  /* guards all that follows; locked before `io`, never after it */
    sink_region_state *regions;
    uint32_t n_regions, region_capacity;
    bool dirty;    /* the output may hold bytes in a future gap (F-4) */
    int side_file; /* -1: not made yet */
    uint64_t side_file_end, side_file_reserved;
    uint64_t expected;   /* the guessed size of the file; 0: there was no guess */
    sink_window window;  /* the newest end of the side file */
    sink_window leaving; /* the window before it, while it is being written */
    uint8_t *spare;      /* memory of a window that was written; NULL: none */
    sys_cond *left;      /* signalled when `leaving` has been written */
};

/* ---- sink.c ---- */

/* Frees everything, and the output, if it is still the sink's; a descriptor of the caller's stays
 * as it is. */
void sink_free(sink *s);

/* ---- sink_io.c ---- */

/* Writes to the output or the side file, one pwrite to each at a time. Errors: IO, with the
 * path. */
shmcol_status sink_pwrite(sink *s, int fd, const void *data, size_t length, uint64_t offset,
                          shmcol_error *err);
/* Reads exactly `length` bytes. Errors: IO. */
shmcol_status sink_pread(sink *s, int fd, void *data, size_t length, uint64_t offset,
                         shmcol_error *err);

/* ---- sink_region.c ---- */

/* Writes an extent to the output or the side file. Neither hashes it nor counts it as written. */
shmcol_status sink_put(sink *s, sink_region id, uint64_t pos, const void *data, size_t length,
                       shmcol_error *err);
void sink_region_free(sink_region_state *region);

/* ---- sink_pages.c ---- */

/* Allocates every byte of the output. Returns 0 or an errno value. On a disk that is all. In memory
 * every page must also be zeroed and mapped, which is the larger part of the cost of filling a
 * table: that is done extent by extent, by several threads at once, in huge pages where the kernel
 * makes them, and in s->map as far as that goes, so that no writer meets a page that is not ready.
 * A size that does not fit is refused as a whole, before any of it is allocated. */
int sink_allocate(const sink *s, uint64_t size);
/* Announces bytes that will be written to the output or the side file. A disk then allocates them
 * at once and not page by page (ext4 takes little more than half the time for a write); memory
 * gets huge pages. It is only a hint: nothing happens where the file system cannot do it, or may
 * have too little space. */
void sink_announce(const sink *s, int fd, uint64_t offset, uint64_t length);

/* ---- sink_side_file.c ---- */

#define SINK_IN_WINDOW UINT64_MAX
/* Puts a short extent of a region into the window, or allocates bytes for a long one in the side
 * file. Sets *offset to SINK_IN_WINDOW, or to the offset at which the caller must then write the
 * extent, outside the lock. Called under s->lock, which is released while a full window is written.
 * Errors: IO, NO_MEMORY. */
shmcol_status sink_side_file_put(sink *s, sink_region id, uint64_t pos, const void *data,
                                 size_t length, uint64_t *offset, shmcol_error *err);
/* Reads at most `length` bytes at `pos`, which is not below the region's capacity, from one extent.
 * Sets *got to their number. Takes s->lock. Errors: IO, WRITER_STATE (nothing was written there).
 */
shmcol_status sink_side_file_get(sink *s, sink_region id, uint64_t pos, void *data, size_t length,
                                 size_t *got, shmcol_error *err);
/* Gives back the disk space of bytes [pos, pos + length) of the region in the side file. Keeps
 * extents too short to free a page. */
void sink_side_file_punch(sink *s, const sink_region_state *region, uint64_t pos, uint64_t length);

/* ---- sink_table.c ---- */

/* Converts the table to the format's structure and lays it out. The caller frees *out with
 * sink_table_free, whatever is returned. Errors: BAD_NAME, LIMIT, INVALID_ARGUMENT, NO_MEMORY, and
 * WRITER_STATE where the caller's numbers contradict each other. */
shmcol_status sink_table_build(const sink_table *table, fmt_table *out, shmcol_error *err);
void sink_table_free(fmt_table *table);
/* Checks F-79 for a table whose rows are all there. Errors: INVALID_ARGUMENT. */
shmcol_status sink_check_part(const sink_table *table, shmcol_error *err);

/* The final offset of a region. */
typedef struct sink_target {
    uint64_t offset, length, first_checksum;
    sink_region region;
    bool of_list; /* the elements of a list: rows do not say how many */
} sink_target;

/* Lists the regions of all slots that are not empty, ascending by offset. The caller frees *out,
 * which has *n entries. Errors: LIMIT (F-14), NO_MEMORY. */
shmcol_status sink_table_targets(const sink_table *table, const fmt_table *laid_out,
                                 sink_target **out, uint32_t *n, shmcol_error *err);

/* ---- sink_move.c ---- */

/* Moves regions inside the output to their final offsets. Afterwards the guess_offset of every
 * target that has one is its offset. Errors: IO, NO_MEMORY. */
shmcol_status sink_move(sink *s, const sink_target *targets, uint32_t n, shmcol_error *err);
/* Zeroes the gaps, if bytes may have been left in them (F-4). Errors: IO. */
shmcol_status sink_clear_gaps(sink *s, const fmt_table *table, shmcol_error *err);

/* ---- sink_blocks.c ---- */

/* Copies what is in the side file into the output and fills in all hashes of the checksums region
 * (F-45), in parallel. Comes after sink_move. Errors: IO, CANCELLED, NO_MEMORY. */
shmcol_status sink_blocks(sink *s, const sink_target *targets, uint32_t n, uint64_t *checksums,
                          shmcol_progress progress, void *progress_arg, shmcol_error *err);

/* ---- sink_front.c ---- */

/* Writes directory and header, which hold the hashes of everything else. The file id is made of
 * them and the checksums, or is `id` if that is not NULL. Errors: IO, LIMIT, NO_MEMORY. */
shmcol_status sink_put_front(sink *s, fmt_table *table, const uint64_t *checksums,
                             const uint8_t id[16], shmcol_error *err);

/* ---- sink_compress.c ---- */

/* Replaces s->output, the complete plain file, by its compressed form, which `result` then
 * describes. Errors: those of stored_compress. */
shmcol_status sink_compress(sink *s, shmcol_progress progress, void *progress_arg,
                            sink_result *result, shmcol_error *err);

#endif
