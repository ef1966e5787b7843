/* Records to values. A pass reads all blocks of rows for the active columns (block.c). A worker
 * gathers the values of its block in one buffer a column (column_buffer.c). numbers.c, strings.c
 * and lists.c convert the plain spellings fast and all others exactly, forced.c converts to types
 * that were asked for. Then the buffers go to the sink and to the columns' results. */
#ifndef SHMCOL_INGEST_ROWS_H
#define SHMCOL_INGEST_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ingest/control.h"
#include "ingest/output.h"
#include "ingest/rows/distinct.h"
#include "ingest/rows/estimate.h"
#include "ingest/rows/stream.h"
#include "ingest/schema/schema.h"
#include "ingest/text/text.h"
#include "parse/batch.h"
#include "parse/parse.h"

/* ---- a pass (block.c) ---- */

/* Reads all blocks of rows for the active columns, into their results. Returns the first failure;
 * sets control->needs_diagnosis if a record or a forced value is wrong. */
shmcol_status ing_read_rows(const ing_text *text, ing_schema *schema, const ing_output *output,
                            const ing_limits *limits, ing_control *control, shmcol_error *err);
/* Writes the final codes of the dictionary columns that are done, and frees their sets
 * (dictionary.c). Returns the first failure. */
shmcol_status ing_finish_dictionaries(const ing_text *text, ing_schema *schema,
                                      const ing_output *output, const ing_limits *limits,
                                      shmcol_error *err);
/* Frees the memory of the columns' results and sets. rows: of the table when it was read. */
void ing_free_results(ing_schema *schema, uint64_t rows);

/* ---- exact values (forced.c), exact errors (check_record.c) ---- */

#define ING_WIDTH_MAX 16 /* bytes of the widest value: a decimal128 */

/* Reads the cell s[0, n) as a value of the type that was asked for to out, as C-52 and C-70 say; a
 * time of any unit (C-75) in nanoseconds. out has ING_WIDTH_MAX bytes, or the type's width. Returns
 * false if it does not fit. */
bool ing_asked_value(const ing_text *text, const ing_asked *asked, const char *s, size_t n,
                     void *out);
/* Does the same for a type, but a string and a list, whose numbers are written in the style. form:
 * NULL: none. */
bool ing_typed_value(const parse_style *numbers, const ing_type *type, const ing_form *form,
                     const char *s, size_t n, void *out);

/* The first thing that is wrong with the text of a list (C-82). */
typedef struct ing_list_fault {
    uint64_t element; /* from 1; 0: it is wrong as a whole */
    const char *s;    /* the element's text */
    size_t n;
    const char *why; /* NULL: the text is no value of the elements' type */
} ing_list_fault;

/* Checks the text of a cell of a list column (lists.c). Returns DONE if it fits the type, a list;
 * NEEDS_DIAGNOSIS with *fault if not; NO_MEMORY. */
ing_result ing_check_list(const ing_text *text, const ing_type *type, const char *s, size_t n,
                          ing_list_fault *fault);
/* Reads a time of day by a form, or by C-75 if that is NULL: *value has its seconds and nanos.
 * Returns false if it is none. */
bool ing_read_time(const ing_form *form, const char *s, size_t n, parse_value *value);
/* Writes the null slot of `type` (F-24) at out. */
void ing_null_slot(uint16_t type, uint32_t width, void *out);

/* Checks a record. Returns its first error by C-16, with its place; NO_MEMORY; or OK. n_fields 0
 * allows any number of fields. Values are checked by the forced types of `schema`, unless it is
 * NULL. */
shmcol_status ing_check_record(const ing_text *text, const ing_schema *schema,
                               const ing_input *input, const ing_record *record,
                               const ing_layout *layout, shmcol_error *err);
/* Fills in the error `status` of text[at] of the record, but for its place. */
void ing_tell_record(shmcol_status status, const ing_record *record, size_t at,
                     const ing_layout *layout, shmcol_error *err);

/* ---- the smallest and the largest string (bounds.c) ---- */

/* The bounds of a buffer or a zone, as copies. Of a huge string only the beginning is copied; its
 * position in the sink is kept. */
typedef struct ing_bounds {
    char *text[2]; /* 0 min, 1 max */
    uint64_t length[2], capacity[2], pos[2];
    bool any;
    bool descends; /* a string is less than one before it (F-23) */
    sink *sink;    /* NULL: a dry run */
    sink_region bytes;
} ing_bounds;
#define ING_NO_POS UINT64_MAX

/* Empties the bounds. bytes: the region of `written` that has the huge strings. */
void ing_bounds_begin(ing_bounds *bounds, sink *written, sink_region bytes);
void ing_bounds_free(ing_bounds *bounds);
/* Takes the next string, or one that may be a bound if `descends` is true. pos: its position in the
 * region, or ING_NO_POS. Returns DONE, NO_MEMORY, FAILED. */
ing_result ing_bounds_take(ing_bounds *bounds, const char *s, uint64_t n, uint64_t pos,
                           shmcol_error *err);
/* Joins the bounds of the strings that come next. Returns the same. */
ing_result ing_bounds_join(ing_bounds *into, const ing_bounds *from, shmcol_error *err);
/* Sets *descends if a string of `after` is less than one of `before`. Both have strings. Returns
 * DONE, FAILED. */
ing_result ing_bounds_compare(const ing_bounds *before, const ing_bounds *after, bool *descends,
                              shmcol_error *err);

/* ---- buffers (column_buffer.c) ---- */

/* The values of one column in the block of a worker. */
typedef struct ing_column_buffer {
    uint8_t *values;   /* block_rows x width; string, list: int64 offsets, from 0 for this block */
    uint8_t *validity; /* ones to begin with */
    uint64_t null_count;
    ing_stream streams[ING_STREAMS];
    int64_t room;        /* bytes that the worker's other buffers leave of the limit */
    uint64_t text_bytes; /* string, dictionary: of all values */
    ing_bounds bounds;
    ing_facts facts, form_facts; /* as in ing_outcome */
    uint64_t block;
    uint64_t first_row; /* of the block */
    uint64_t seek_rows; /* as the column's; 0 when the text was found */
    bool classify_all;  /* as the column's; false when no further value can matter */
    bool did_not_fit;
} ing_column_buffer;

/* The column buffers of a worker. */
typedef struct ing_column_buffers {
    const ing_text *text;
    ing_schema *schema;
    const ing_output *output;
    ing_control *control;
    ing_column_buffer *list; /* one a column, inactive ones too */
    uint8_t *arena;          /* their values and validity */
    uint64_t block;
    size_t rows; /* of the block */
} ing_column_buffers;

/* Allocates the buffers. Returns false if there is no memory; the caller frees them also then. */
bool ing_buffers_init(ing_column_buffers *buffers, const ing_text *text, ing_schema *schema,
                      const ing_output *output, ing_control *control);
void ing_buffers_free(ing_column_buffers *buffers);
/* Empties the buffers for a block of rows. */
void ing_buffers_begin(ing_column_buffers *buffers, uint64_t block, size_t rows);
/* Writes the buffers of a converted block to the sink, and joins them to the columns' results.
 * Returns DONE, NO_MEMORY, FAILED, END. */
ing_result ing_buffers_finish(ing_column_buffers *buffers, shmcol_error *err);

struct ing_open_zone {
    ing_bounds bounds;
    uint32_t null_count, rows;
};
/* Frees the zones of a column that were not completed. */
void ing_free_open_zones(ing_column *column, uint64_t rows);

/* Adds the position of a block's first byte, or element, to offsets that count from it. offsets:
 * int64, at any place. */
void ing_shift_offsets(void *offsets, size_t n, uint64_t base);

/* ---- conversion (numbers.c, strings.c, lists.c) ---- */

/* Writes what a buffer holds of a stream, and s[0, n) behind it, to the sink, in the block's turn.
 * *pos: the position of s in the region. Returns DONE, END, FAILED. */
typedef ing_result ing_flush(void *arg, ing_column *column, ing_column_buffer *buffer,
                             uint32_t stream, const char *s, size_t n, uint64_t *pos,
                             shmcol_error *err);

typedef struct ing_converter {
    const ing_text *text;
    const ing_forms *forms;  /* for all columns */
    const parse_batch *fast; /* parsers of many fields at once; NULL: none */
    ing_flush *flush;
    void *arg;
    shmcol_error *err;
} ing_converter;

/* The length from which strings are flushed at once, not gathered in a buffer. A buffer is also
 * flushed when the worker's buffers hold too much. */
#define ING_GIANT (1u << 20)

/* Converts the column's field of every record of the batch into the buffer's rows [row, row +
 * records). Returns DONE, NEEDS_DIAGNOSIS if a forced value does not fit, NO_MEMORY, FAILED, END.
 */
ing_result ing_convert(const ing_converter *converter, ing_column *column,
                       ing_column_buffer *buffer, const ing_record_batch *batch, size_t row);
ing_result ing_convert_strings(const ing_converter *converter, ing_column *column,
                               ing_column_buffer *buffer, const ing_record_batch *batch,
                               size_t row);
ing_result ing_convert_dictionary(const ing_converter *converter, ing_column *column,
                                  ing_column_buffer *buffer, const ing_record_batch *batch,
                                  size_t row);
ing_result ing_convert_lists(const ing_converter *converter, ing_column *column,
                             ing_column_buffer *buffer, const ing_record_batch *batch, size_t row);
/* Makes the batch's rows of a column of paths that of its input (C-97). Returns DONE, NO_MEMORY. */
ing_result ing_convert_path(const ing_column *column, ing_column_buffer *buffer,
                            const ing_record_batch *batch, size_t row);
/* Looks for the first TEXT value in a column that is known to have one, and whose values are not
 * classified for another reason. */
void ing_seek_text(const ing_text *text, const ing_column *column, ing_column_buffer *buffer,
                   const ing_record_batch *batch, size_t row);

#endif
