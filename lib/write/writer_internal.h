/* The structures and functions that the files of lib/write share; nobody else includes this.
 *
 * A batch is read column by column, a column in segments of at most SEGMENT rows, never across a
 * zone: find the nulls, copy the values, make null slots canonical (F-24), check the other values
 * (F-38), extend the zone map (F-47). The results go through buffers to the sink's regions. The
 * sizes of buffers and segments do not change a byte of the file. */
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
#include "write/writer.h"

#define SEGMENT 4096u
#define SPARES 2 /* buffers of a column that are large: of strings the offsets and the bytes */

/* ---- writer_buffer.c ---- */

struct segment;

/* Bytes on their way to a region. They leave in multiples of the writer's `limit`, a power of two,
 * so that the extents are whole checksum blocks where memory allows. */
typedef struct out_buffer {
    sink_region region; /* SINK_NONE until it is needed */
    uint8_t *data;
    size_t used, capacity;
    uint64_t flushed; /* bytes that have left */
} out_buffer;

/* Makes room for `length` bytes after those in the buffer. They count once writer_buffer_added has
 * been called. Errors: NO_MEMORY. */
shmcol_status writer_buffer_room(out_buffer *b, size_t length, uint8_t **at, shmcol_error *err);
shmcol_status writer_buffer_added(shmcol_writer *w, out_buffer *b, size_t length,
                                  shmcol_error *err);
/* Appends bytes. Errors: NO_MEMORY and those of sink_write. */
shmcol_status writer_buffer_append(shmcol_writer *w, out_buffer *b, const void *data,
                                   uint64_t length, shmcol_error *err);
/* Gives an empty buffer the memory that the thread has left. */
void writer_buffer_begin(out_buffer *b, struct segment *seg);
/* Leaves the memory of an empty buffer to the thread. `complete`: no more bytes are expected, so
 * that all leave first. Errors: those of sink_write. */
shmcol_status writer_buffer_rest(shmcol_writer *w, out_buffer *b, bool complete,
                                 struct segment *seg, shmcol_error *err);
/* Writes all bytes to the region and frees the buffer's memory. Errors: those of sink_write. */
shmcol_status writer_buffer_flush(shmcol_writer *w, out_buffer *b, shmcol_error *err);
/* Drops the bytes, in the buffer and in the region. */
void writer_buffer_drop(shmcol_writer *w, out_buffer *b);
/* Returns the number of bytes so far. */
static inline uint64_t writer_buffer_length(const out_buffer *b)
{
    return b->flushed + b->used;
}

/* ---- columns ---- */

typedef enum column_mode {
    MODE_FIXED,    /* values of a fixed width */
    MODE_STRINGS,  /* offsets and bytes */
    MODE_LISTS,    /* offsets; the elements are a column of their own */
    MODE_NUMBERED, /* strings as int32 numbers into `distinct`, -1 for a null, until all are known
                    */
    MODE_CODES     /* codes into a dictionary that was given */
} column_mode;

typedef struct column {
    uint32_t index;
    sink_column out; /* name, type, parameters, metadata; the rest is filled in by commit */
    column_mode mode;
    bool automatic;       /* MODE_NUMBERED and MODE_STRINGS: C-60 decides */
    bool undecided;       /* MODE_STRINGS: C-60 is decided at commit, for lack of memory before */
    bool ordered, sorted; /* of the dictionary; `sorted` is known when the column is finished */
    uint32_t width;       /* of what is in `values` */
    out_buffer values, bytes, validity;
    /* Of a list its elements, without nulls and zone maps; their values and bytes are slots 2 and 3
     * of the list, their rows M of F-27. Else NULL. */
    struct column *elements;
    bool zoned; /* it has zone maps (F-46) */
    uint64_t rows, nulls;
    uint64_t string_bytes; /* S of C-60: of all valid strings */
    uint64_t bits;   /* rows whose validity is in the buffer or the region: 0 while there are no
                        nulls, then `rows` */
    uint8_t partial; /* the bits of the last, incomplete byte */
    fmt_zone *zones;
    uint64_t n_zones, zone_capacity;
    /* Not ascending (F-23), as far as was seen: then no value is compared again. Where it is false,
     * the zones have the rest, but for strings and for codes that were given. */
    bool descends;
    fmt_string_bounds bounds; /* of the zone; its strings are in low and high */
    uint8_t *low, *high;
    uint64_t low_capacity, high_capacity;
    base_text_set *distinct;    /* the strings of the dictionary */
    int32_t last_code;          /* MODE_CODES: of the last row, while the column ascends */
    uint64_t dictionary_memory; /* of `distinct`, as it is in the writer's sum */
    out_buffer dictionary_offsets, dictionary_bytes; /* the dictionary as the file will have it */
} column;

/* The memory of one thread: some rows of a batch. */
typedef struct segment {
    uint64_t first; /* row of the batch, or element of its lists */
    uint64_t last;  /* one past the last row of the batch */
    uint64_t end;   /* strings and lists by offsets: the batch's last offset */
    size_t rows, nulls;
    uint8_t bitmap[SEGMENT / 8 + 8]; /* of this segment, from bit 0; set only if nulls > 0 */
    bool together;                   /* strings: the values lie one behind the other */
    const uint8_t *data[SEGMENT];    /* strings: their bytes; lists: their elements */
    uint64_t lengths[SEGMENT];       /* in bytes; in elements */
    struct segment *inner;           /* of strings in lists; NULL until it is needed */
    /* Memory that buffers have left, for the next column: it is in the cache still. */
    struct {
        uint8_t *data;
        size_t capacity;
    } spare[SPARES];
} segment;

struct shmcol_writer {
    sink *sink; /* NULL: it has ended */
    column *columns;
    uint32_t n_columns;
    uint64_t rows;
    char *text; /* all names, zones, pairs */
    shmcol_pair *pairs;
    const shmcol_pair *metadata; /* of the table; in `pairs` */
    uint32_t metadata_count;
    uint32_t csv_rules, threads;
    fmt_part part;            /* F-79; alignment 0: an ordinary file */
    sink_options to;          /* options of the sink */
    shmcol_progress progress; /* of commit; may be NULL */
    void *progress_arg;
    uint64_t expected_rows; /* 0: unknown */
    uint64_t memory;
    size_t limit;
    bool failed, started;               /* started: a batch was appended */
    uint64_t secret;                    /* of the sets of strings */
    _Atomic uint64_t dictionary_memory; /* of all columns */
    writer_end at_end;                  /* functions may be NULL */
    segment **segments;                 /* one for each thread, allocated when needed */
};

/* ---- writer_column.c ---- */

/* Returns the buffer with the bytes of a slot (F-26); NULL: columns of that kind have none. */
out_buffer *writer_slot(column *c, int slot);
/* Fills `err` with a failure in the column, and returns `status`. `row` counts from the first of
 * the table; -1: no row. */
shmcol_status writer_fail(const column *c, shmcol_status status, const char *rule, int64_t row,
                          const char *what, shmcol_error *err);
/* Sets *zone to the zone map entry of the column's next row. Errors: NO_MEMORY. */
shmcol_status writer_zone(column *c, fmt_zone **zone, shmcol_error *err);

/* Returns how many rows of the column a segment may have: no more bytes than a buffer passes on at
 * once. */
size_t writer_rows_room(const shmcol_writer *w, const column *c);

/* ---- writer_part.c ---- */

/* Takes the fields of a part of a table from the options. Errors: INVALID_ARGUMENT (F-79). */
shmcol_status writer_set_part(shmcol_writer *w, const shmcol_writer_options *options,
                              shmcol_error *err);
/* Checks that a part may have that number of rows; UINT64_MAX: it is not known yet. Errors:
 * INVALID_ARGUMENT (F-79). */
shmcol_status writer_check_part(const shmcol_writer *w, uint64_t rows, shmcol_error *err);
/* Tells whether the file is a part of a table. */
static inline bool writer_is_part(const shmcol_writer *w)
{
    return w->part.alignment != 0;
}
/* Returns the bytes of a code into a dictionary of `values` strings: in a part always 4 (F-79). */
static inline uint32_t writer_code_width(const shmcol_writer *w, uint64_t values)
{
    return writer_is_part(w) ? 4 : fmt_code_width(values);
}

/* ---- writer_each.c ---- */

typedef shmcol_status writer_each_fn(shmcol_writer *w, uint32_t index, segment *seg,
                                     const void *arg, shmcol_error *err);
/* Runs fn for 0 … n-1, in several threads if there are enough cells. Returns the error of the
 * lowest index that failed. */
shmcol_status writer_each(shmcol_writer *w, uint32_t n, writer_each_fn *fn, const void *arg,
                          uint64_t cells, shmcol_error *err);
/* Does the same for every column. */
shmcol_status writer_each_column(shmcol_writer *w, writer_each_fn *fn, const void *arg,
                                 uint64_t cells, shmcol_error *err);

/* ---- writer_fields.c ---- */

/* Begins the sink's table of `rows` rows. The caller frees its columns and dictionaries, of which
 * it has room for as many as the writer has columns, whatever is returned. Errors: NO_MEMORY. */
shmcol_status writer_table(const shmcol_writer *w, uint64_t rows, sink_table *table,
                           shmcol_error *err);
/* Copies and checks the fields and the table's metadata into `w`, which owns the copies even on
 * failure. Errors: INVALID_ARGUMENT, MEMORY_BOUND, NO_MEMORY, and those of sink_check. */
shmcol_status writer_fields(shmcol_writer *w, const shmcol_field *fields, uint32_t n_fields,
                            const shmcol_writer_options *options, shmcol_error *err);

/* ---- writer_batch.c ---- */

/* A batch of the caller's; its entries are `step` bytes apart. */
typedef struct batch {
    uint64_t rows;
    const shmcol_column_data *columns;
    size_t step;
} batch;
static inline const shmcol_column_data *batch_column(const batch *b, uint32_t index)
{
    return (const shmcol_column_data *)(const void *)((const char *)b->columns + b->step * index);
}

/* Checks that every entry is something its column can take. Errors: INVALID_ARGUMENT. */
shmcol_status writer_check_batch(const shmcol_writer *w, const batch *b, shmcol_error *err);
/* Appends one column of a batch (a writer_each_fn; arg: the batch). Errors: BAD_VALUE, LIMIT,
 * MEMORY_BOUND, NO_MEMORY, and those of sink_write. */
shmcol_status writer_take(shmcol_writer *w, uint32_t index, segment *seg, const void *arg,
                          shmcol_error *err);

/* ---- writer_validity.c ---- */

/* Finds the nulls among the segment's rows and sets nulls and, if there are any, bitmap. `width`
 * is that of a value, for the sentinel. */
void writer_find_nulls(const column *c, const shmcol_column_data *data, uint32_t width,
                       int64_t stride, segment *seg);
/* Tells whether the column's values may be NaN, which a sentinel of NULL makes nulls. */
bool writer_is_float(const column *c);
/* Makes one more row of the segment a null. */
void writer_mark_null(segment *seg, size_t i);
/* Appends the validity of the first `rows` rows to the column's bitmap, which exists from the
 * first null on, and in a part from the first row on (F-27). Errors: NO_MEMORY and those of
 * sink_write. */
shmcol_status writer_put_validity(shmcol_writer *w, column *c, const segment *seg, size_t rows,
                                  shmcol_error *err);
static inline bool segment_valid(const segment *seg, size_t i)
{
    return seg->nulls == 0 || ((seg->bitmap[i >> 3] >> (i & 7)) & 1);
}
/* Sets the segment's rows and nulls from codes, which are negative for nulls. */
void writer_nulls_of_codes(const int32_t *codes, size_t rows, segment *seg);

/* ---- writer_fixed.c ---- */

/* Makes null slots of the segment's values canonical (F-24), checks the others (F-38) and extends
 * the zone map (F-47). `c` may be a copy of the column, for a range of its rows.
 * Errors: BAD_VALUE, NO_MEMORY. */
shmcol_status writer_finish_values(column *c, uint8_t *values, const segment *seg,
                                   shmcol_error *err);
/* Checks `n` values against F-38. `seg` has the rows' validity; NULL: all are valid. Errors:
 * BAD_VALUE. */
shmcol_status writer_check_values(const column *c, const uint8_t *values, size_t n,
                                  const segment *seg, shmcol_error *err);
shmcol_status writer_take_fixed(shmcol_writer *w, column *c, const shmcol_column_data *data,
                                segment *seg, shmcol_error *err);
shmcol_status writer_take_codes(shmcol_writer *w, column *c, const shmcol_column_data *data,
                                segment *seg, shmcol_error *err);
/* Appends codes (of any value in null slots) to `to`, `width` bytes each, and to the zone map
 * (F-46). Errors: NO_MEMORY and those of sink_write. */
shmcol_status writer_put_codes(shmcol_writer *w, column *c, out_buffer *to, uint32_t width,
                               const int32_t *codes, const segment *seg, shmcol_error *err);

/* ---- writer_strings.c ---- */

/* Returns the bytes of what an offset of the column counts: an element, or the element offset of a
 * string; 1 for strings. */
uint32_t writer_offset_unit(const column *c, const shmcol_column_data *data);
/* Finds the strings or lists of the segment and sets data, lengths, end, together; NULL pointers
 * become nulls. Null rows have length 0. Errors: BAD_VALUE (F-36). */
shmcol_status writer_find_strings(const column *c, const shmcol_column_data *data, segment *seg,
                                  shmcol_error *err);
/* Appends the strings of the segment to offsets, bytes and zone map. `checked`: they are known to
 * be UTF-8. Errors: BAD_VALUE (F-37), NO_MEMORY, and those of sink_write. */
shmcol_status writer_put_strings(shmcol_writer *w, column *c, const segment *seg, bool checked,
                                 shmcol_error *err);
/* Appends the ends of the segment's values to the offsets (F-36), after 0 in the first row. *end
 * is the last offset so far. Errors: NO_MEMORY and those of sink_write. */
shmcol_status writer_put_offsets(shmcol_writer *w, column *c, const segment *seg, uint64_t *end,
                                 shmcol_error *err);

/* Values that lie one behind the other in the caller's memory. */
typedef struct run {
    size_t next; /* row of the segment; 0 at the beginning */
    const uint8_t *data;
    uint64_t length; /* as those of the segment */
} run;

/* Finds the next run of the segment's values. `unit`: bytes that a length of 1 stands for. Returns
 * false at the end. */
bool writer_next_run(const segment *seg, uint32_t unit, run *r);
/* Returns true if the column allows the string (F-37). */
bool writer_string_good(const column *c, const uint8_t *data, uint64_t length);

/* ---- writer_lists.c ---- */

/* Appends the lists of the segment, which writer_find_strings has found, and their elements, which
 * it checks (F-36 … F-38). Errors: BAD_VALUE, with the row of the list, NO_MEMORY, and those of
 * sink_write. */
shmcol_status writer_put_lists(shmcol_writer *w, column *c, const shmcol_column_data *data,
                               segment *seg, shmcol_error *err);

/* ---- writer_dictionary.c ---- */

/* Numbers the strings of the segment and appends the numbers. Sets *done to the rows that were
 * appended: fewer than all if the column has just become MODE_STRINGS (C-60). Errors: BAD_VALUE
 * (F-37), MEMORY_BOUND, LIMIT (F-25), NO_MEMORY, and those of sink_write. */
shmcol_status writer_number_strings(shmcol_writer *w, column *c, const segment *seg, size_t *done,
                                    shmcol_error *err);
/* Appends the codes of strings in a dictionary that was given. Errors: BAD_VALUE if one is not in
 * it (F-39), and those of writer_put_codes. */
shmcol_status writer_find_codes(shmcol_writer *w, column *c, const segment *seg, shmcol_error *err);
/* Converts the column from numbers back to strings, for the `rows` rows that are in c->values. */
shmcol_status writer_undo_dictionary(shmcol_writer *w, column *c, uint64_t rows, shmcol_error *err);
/* Converts the column from strings to numbers, if C-60 wants a dictionary. Its buffers are
 * flushed. */
shmcol_status writer_decide_late(shmcol_writer *w, column *c, segment *seg, shmcol_error *err);
/* Returns true if C-60 wants a dictionary for the column's rows and these distinct strings. */
bool writer_dictionary_pays(const column *c, const base_text_set *distinct);
/* Frees the column's set of strings and subtracts its memory from the writer's sum. */
void writer_drop_values(shmcol_writer *w, column *c);

/* ---- writer_column_end.c ---- */

/* Makes the last decision and the last conversion of a column (a writer_each_fn): afterwards its
 * regions are those of the file. */
shmcol_status writer_finish_column(shmcol_writer *w, uint32_t index, segment *seg, const void *arg,
                                   shmcol_error *err);

/* ---- writer_guess.c ---- */

/* Guesses the file from the expected rows and the first batch, and tells the sink. Errors: those
 * of sink_guess_offsets. */
shmcol_status writer_guess(shmcol_writer *w, const batch *b, shmcol_error *err);

/* ---- writer_commit.c ---- */

/* Finishes all columns and the file. The sink has ended afterwards. */
shmcol_status writer_finish(shmcol_writer *w, shmcol_error *err);

#endif
