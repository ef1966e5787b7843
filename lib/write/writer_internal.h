/* What the files of the writer share. Nobody outside lib/write/writer*.c includes this.
 *
 * A batch is taken column by column, a column in segments of at most SEGMENT rows, never across a
 * zone: find the nulls, copy the values, put in order what null slots hold (F-24), check the others
 * (F-38), extend the zone map (F-47). What comes out goes through buffers to the sink's regions.
 * Where a buffer is cut is the writer's affair and shows nowhere in the file. */
#ifndef SHMCOL_WRITER_INTERNAL_H
#define SHMCOL_WRITER_INTERNAL_H

#include <stdatomic.h>

#include "base/text_set.h"
#include "error.h"
#include "format/dictionary_rule.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "sink/sink.h"
#include "structs.h"
#include "sys/sys.h"

#define SEGMENT 4096u

/* ---- buffers (writer_buffer.c) ---- */

/* Bytes on their way to a region; they leave in multiples of the writer's `limit`, a power of two,
 * so that the pieces are whole checksum blocks where memory allows. */
typedef struct out_buffer {
    sink_region region; /* SINK_NONE until it is needed */
    uint8_t *data;
    size_t used, capacity;
    uint64_t flushed; /* bytes that have left */
} out_buffer;

/* Room for `length` bytes behind those in the buffer; they count once writer_buffer_added has been
 * called. */
shmcol_status writer_buffer_room(out_buffer *b, size_t length, uint8_t **at, shmcol_error *err);
shmcol_status writer_buffer_added(shmcol_writer *w, out_buffer *b, size_t length,
                                  shmcol_error *err);
shmcol_status writer_buffer_append(shmcol_writer *w, out_buffer *b, const void *data,
                                   uint64_t length, shmcol_error *err);
/* Everything leaves; the memory too. */
shmcol_status writer_buffer_flush(shmcol_writer *w, out_buffer *b, shmcol_error *err);
/* Forgets the bytes, in the buffer and in the region. */
void writer_buffer_drop(shmcol_writer *w, out_buffer *b);
static inline uint64_t writer_buffer_length(const out_buffer *b)
{
    return b->flushed + b->used;
}

/* ---- columns ---- */

typedef enum column_mode {
    MODE_FIXED,    /* values of a fixed width */
    MODE_STRINGS,  /* offsets and bytes */
    MODE_NUMBERED, /* strings as int32 numbers into `words`, -1 for a null, until all are known */
    MODE_CODES     /* codes into a dictionary that was given */
} column_mode;

typedef struct column {
    sink_column out; /* name, type, parameters, metadata; the rest is filled in by commit */
    column_mode mode;
    bool automatic; /* MODE_NUMBERED and MODE_STRINGS: C-60 decides */
    bool undecided; /* MODE_STRINGS: C-60 is to be asked at commit, there was no memory for it on
                       the way */
    bool ordered, sorted; /* the dictionary; sorted is known when the column is settled */
    uint32_t width;       /* of what is in `values` */
    out_buffer values, bytes, validity;
    uint64_t rows, nulls;
    uint64_t string_bytes; /* S of C-60: of all valid strings */
    uint64_t bits;   /* rows whose validity is in the buffer or the region: 0 while there are no
                        nulls, then `rows` */
    uint8_t partial; /* the bits of the last, incomplete byte */
    fmt_zone *zones;
    uint64_t n_zones, zone_capacity;
    fmt_string_bounds bounds; /* of the zone, in memory of our own: low and high */
    uint8_t *low, *high;
    uint64_t low_capacity, high_capacity;
    base_text_set *distinct;
    uint64_t dictionary_memory;                      /* what of it is in the writer's account */
    out_buffer dictionary_offsets, dictionary_bytes; /* the dictionary as the file will hold it */
} column;

/* What one thread works with. */
typedef struct segment {
    uint64_t first; /* row of the batch */
    uint64_t last;  /* of the batch, one past it */
    size_t rows, nulls;
    uint8_t bitmap[SEGMENT / 8 + 8]; /* of this segment, from bit 0; only good where nulls > 0 */
    bool together;                   /* strings: the values lie one behind the other */
    const uint8_t *data[SEGMENT];    /* strings: where they are */
    uint64_t lengths[SEGMENT];
} segment;

struct shmcol_writer {
    sink *sink;
    column *columns;
    uint32_t n_columns;
    uint64_t rows;
    char *text; /* all names, zones, pairs */
    shmcol_pair *pairs;
    const shmcol_pair *metadata; /* of the table; in `pairs` */
    uint32_t metadata_count;
    uint32_t csv_rules, threads;
    sink_options to;          /* what the sink was made with */
    shmcol_progress progress; /* of commit; may be NULL */
    void *progress_arg;
    uint64_t expected_rows; /* 0: unknown */
    uint64_t memory;
    size_t limit;
    bool failed, started;               /* started: a batch was appended */
    uint64_t secret;                    /* of the word tables */
    _Atomic uint64_t dictionary_memory; /* of all columns */
    segment **segments;                 /* one a thread, made when needed */
};

/* The writer, made and freed; its sink is ended before it is freed. `shared`: the sink is. */
shmcol_status writer_new(const char *path, int fd, bool shared, const shmcol_field *fields,
                         uint32_t n_fields, const shmcol_writer_options *options,
                         shmcol_writer **writer, shmcol_error *err);
void writer_free(shmcol_writer *w);
/* A failure at a place in the table; `row` counts from the table's first, -1: none. */
shmcol_status writer_fail_at(const shmcol_writer *w, shmcol_status status, const char *rule,
                             uint32_t index, int64_t row, const char *what, shmcol_error *err);
/* Runs fn for 0 … n-1, in several threads where `cells` says that it pays. The error of the lowest
 * of them is the one that comes back. */
typedef shmcol_status writer_each_fn(shmcol_writer *w, uint32_t index, segment *seg,
                                     const void *arg, shmcol_error *err);
shmcol_status writer_each(shmcol_writer *w, uint32_t n, writer_each_fn *fn, const void *arg,
                          uint64_t cells, shmcol_error *err);
/* The same for every column. */
typedef writer_each_fn writer_column_fn;
shmcol_status writer_each_column(shmcol_writer *w, writer_column_fn *fn, const void *arg,
                                 uint64_t cells, shmcol_error *err);

/* ---- writer_fields.c ---- */

/* Copies and checks the fields and the table's metadata; `w` owns what is made even on failure. */
shmcol_status writer_fields(shmcol_writer *w, const shmcol_field *fields, uint32_t n_fields,
                            const shmcol_writer_options *options, shmcol_error *err);

/* ---- writer_batch.c ---- */

/* A batch as the caller gave it; the entries are `step` bytes apart. */
typedef struct batch {
    uint64_t rows;
    const shmcol_column_data *columns;
    size_t step;
} batch;
static inline const shmcol_column_data *batch_column(const batch *b, uint32_t index)
{
    return (const shmcol_column_data *)(const void *)((const char *)b->columns + b->step * index);
}

/* Whether every entry is something its column can take: INVALID_ARGUMENT. */
shmcol_status writer_check_batch(const shmcol_writer *w, const batch *b, shmcol_error *err);
/* Takes one column of a batch (a writer_column_fn). */
shmcol_status writer_take(shmcol_writer *w, uint32_t index, segment *seg, const void *arg,
                          shmcol_error *err);
/* The zone entry of the column's next row. */
shmcol_status writer_zone(column *c, fmt_zone **zone, shmcol_error *err);

/* ---- writer_validity.c ---- */

/* Finds the nulls among the segment's rows: nulls and, where there are any, bitmap. `width` is that
 * of a value, for the sentinel. */
void writer_find_nulls(const column *c, const shmcol_column_data *data, uint32_t width,
                       int64_t stride, segment *seg);
/* Marks one more row of the segment as null. */
void writer_mark_null(segment *seg, size_t i);
/* Appends the first `rows` rows' validity to the column's bitmap, which exists from the first null
 * on (F-27). */
shmcol_status writer_put_validity(shmcol_writer *w, column *c, const segment *seg, size_t rows,
                                  shmcol_error *err);
static inline bool segment_valid(const segment *seg, size_t i)
{
    return seg->nulls == 0 || ((seg->bitmap[i >> 3] >> (i & 7)) & 1);
}

/* ---- writer_fixed.c ---- */

/* Puts `values`, the segment's, in order: null slots (F-24), rules (F-38), zone map (F-47). `c` is
 * the column of that index, or a part of it that others do not work on. */
shmcol_status writer_finish_values(const shmcol_writer *w, uint32_t index, column *c,
                                   uint8_t *values, const segment *seg, shmcol_error *err);
shmcol_status writer_take_fixed(shmcol_writer *w, uint32_t index, const shmcol_column_data *data,
                                segment *seg, shmcol_error *err);
shmcol_status writer_take_codes(shmcol_writer *w, uint32_t index, const shmcol_column_data *data,
                                segment *seg, shmcol_error *err);
/* Appends codes (null slots any) to `to`, `width` bytes each, and to the zone (F-46). */
shmcol_status writer_put_codes(shmcol_writer *w, column *c, out_buffer *to, uint32_t width,
                               const int32_t *codes, const segment *seg, shmcol_error *err);
/* The segment's rows and nulls from codes that are negative where null. */
void writer_nulls_of_codes(const int32_t *codes, size_t rows, segment *seg);

/* ---- writer_strings.c ---- */

/* Finds the strings of the segment: data, lengths, together; NULL pointers become nulls. */
shmcol_status writer_find_strings(const shmcol_writer *w, uint32_t index,
                                  const shmcol_column_data *data, segment *seg, shmcol_error *err);
/* Appends the strings of the segment to offsets, bytes and zone. `checked`: they are known to be
 * UTF-8. */
shmcol_status writer_put_strings(shmcol_writer *w, uint32_t index, const segment *seg, bool checked,
                                 shmcol_error *err);
/* Whether one string is what the column allows (F-37). */
bool writer_string_good(const column *c, const uint8_t *data, uint64_t length);

/* ---- writer_dictionary.c ---- */

/* Numbers the strings of the segment; *done says how many rows, less than all where the column has
 * just become MODE_STRINGS (C-60). */
shmcol_status writer_number_strings(shmcol_writer *w, uint32_t index, const segment *seg,
                                    size_t *done, shmcol_error *err);
/* The codes of strings in a dictionary that was given: BAD_VALUE where one is not in it. */
shmcol_status writer_find_codes(shmcol_writer *w, uint32_t index, const segment *seg,
                                shmcol_error *err);
/* Back from numbers to strings, for the `rows` rows that are in c->values. */
shmcol_status writer_undo_dictionary(shmcol_writer *w, uint32_t index, uint64_t rows,
                                     shmcol_error *err);
/* From strings to numbers, if C-60 says so. The column's buffers are flushed. */
shmcol_status writer_decide_late(shmcol_writer *w, uint32_t index, segment *seg, shmcol_error *err);
/* C-60 for what the column holds and a dictionary. */
bool writer_dictionary_pays(const column *c, const base_text_set *distinct);
/* Frees the column's table and takes it off the account. */
void writer_drop_values(shmcol_writer *w, column *c);

/* ---- writer_column_end.c ---- */

/* The last decision and the last conversion of a column (a writer_column_fn): afterwards its
 * regions are what the file will hold. */
shmcol_status writer_finish_column(shmcol_writer *w, uint32_t index, segment *seg, const void *arg,
                                   shmcol_error *err);

/* ---- writer_commit.c ---- */

/* Tells the sink what the file will be if what is expected comes, and is like this batch, the
 * first. */
shmcol_status writer_guess(shmcol_writer *w, const batch *b, shmcol_error *err);
shmcol_status writer_finish(shmcol_writer *w, shmcol_error *err);

#endif
