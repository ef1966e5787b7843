/* CSV to columns: what the stages share. The data goes one way:
 *   source.c   inputs to seekable UTF-8 text            header.c   dialect, names, where the
 *                                                                  records begin
 *   count.c    how many records, where every block of rows begins (quotes decided exactly)
 *   sample.c   a guess of every column's type           resolve.c  classes of values to a type
 *                                                                  (C-50)
 *   block.c    a block of rows: index, then column by column through convert.c (fast) and cell.c
 *              (exact) into lanes, then into the sink
 *   finish.c   dictionaries, the table, publishing      diagnose.c where exactly the first error is
 *   report.c   what was decided, and why                hints.c    what other options would do
 * A column whose guess was wrong is read again alone (pack.c); the guess never shows in the file.
 * */
#ifndef SHMCOL_INGEST_H
#define SHMCOL_INGEST_H

#include <iconv.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "csv/dialect.h"
#include "csv/index.h"
#include "csv/scan.h"
#include "error.h"
#include "format/dictionary_rule.h"
#include "format/ondisk.h"
#include "format/zone.h"
#include "ingest/control.h"
#include "ingest/distinct.h"
#include "ingest/stream.h"
#include "ingest/tally.h"
#include "parse/batch.h"
#include "parse/parse.h"
#include "shmcol.h"
#include "sink/sink.h"
#include "sys/sys.h"

/* ---- what a column's values are (resolve.c) ---- */

typedef struct ing_instant {
    int64_t seconds; /* as in parse_value */
    uint32_t nanos;
} ing_instant;

/* What has been seen of a column's values. Joining is commutative, so threads and blocks do not
 * show. */
typedef struct ing_facts {
    uint32_t classes; /* of parse_class */
    uint32_t digits;  /* longest fraction of a second */
    int32_t offset;   /* of a timestamp with one, minutes */
    bool has_offset, mixed_offsets;
    bool has_instant;
    ing_instant earliest, latest; /* of the timestamps */
    uint64_t quoted_empty;        /* C-21 */
    /* For the report's hints: */
    uint64_t texts,
        texts_if_trimmed; /* TEXT values; those that would be none without spaces around them */
    bool texts_differ;
    bool token_trims;      /* the first TEXT value is one of texts_if_trimmed */
    uint32_t token_length; /* the first TEXT value; length 0: there is none, or it is longer */
    char token[24];
    uint64_t text_row; /* its row; UINT64_MAX: there is none */
} ing_facts;

/* A column's type as it goes to the file. */
typedef struct ing_type {
    uint16_t type; /* F-24: string stands for dictionary too, until C-60 is asked */
    uint8_t unit;
    char zone[64]; /* "": none */
} ing_type;

void ing_facts_init(ing_facts *facts);
/* Adds the value of a row; the rows of one worker ascend. */
void ing_facts_add(ing_facts *facts, const parse_value *value, const char *text, size_t length,
                   uint64_t row);
/* Adds a value if it is the first TEXT value once more. Returns false if it has to be
 * classified. */
static inline bool ing_facts_again(ing_facts *facts, const char *text, size_t length)
{
    if (length == 0 || length != facts->token_length || memcmp(facts->token, text, length) != 0)
        return false;
    facts->texts++;
    facts->texts_if_trimmed += facts->token_trims;
    return true;
}
/* Takes the first TEXT value, and counts nothing. */
void ing_facts_first(ing_facts *facts, const char *text, size_t length, uint64_t row);
void ing_facts_join(ing_facts *into, const ing_facts *from);
/* Before the same values are seen once more: what is counted begins anew, what is known stays
 * known. */
void ing_facts_recount(ing_facts *facts);
/* C-50, lines 2 to 8. */
ing_type ing_resolve(const ing_facts *facts);
/* Whether no further value can make the column anything but a string. */
bool ing_string_for_good(const ing_facts *facts);
/* Returns true if all values together may have a TEXT value, and it may be the only one, or be
 * one for its spaces only: then the report may have a hint. Once it is false for some of the
 * values, it is false for all of them. */
bool ing_hint_possible(const ing_facts *facts);
bool ing_same_type(const ing_type *a, const ing_type *b); /* zones apart: they are only a label */
uint32_t ing_type_width(const ing_type *type);            /* bytes of a value; 0: string */

/* ---- columns ---- */

typedef struct ing_token {
    const char *text;
    size_t length;
} ing_token;

/* The null tokens of a column (C-22). */
typedef struct ing_tokens {
    const ing_token *list;
    uint32_t n;
    uint64_t lengths; /* ing_length_bit of each */
    uint64_t firsts;  /* ing_first_bit of each; all, if one is empty */
    bool values;      /* one of them is also a spelling of a value: `-999` */
} ing_tokens;

typedef enum ing_kind {
    ING_INT64,
    ING_FLOAT64,
    ING_BOOL,
    ING_DATE,
    ING_TIMESTAMP,
    ING_FORCED, /* a type that was asked for, cell by cell (C-52) */
    ING_STRING,
    ING_DICTIONARY /* provisional codes */
} ing_kind;

/* Most fields are no token because none is as long. */
static inline uint64_t ing_length_bit(size_t length)
{
    return UINT64_C(1) << (length < 63 ? length : 63);
}

static inline uint64_t ing_first_bit(char first)
{
    return UINT64_C(1) << ((uint8_t)first & 63);
}

/* What the header and the options say of a column. Const after the header. */
typedef struct ing_asked {
    const char *name;
    uint32_t name_length;
    uint32_t field; /* its place in the record */
    bool forced;    /* `type` was asked for (C-51) */
    ing_type type;  /* a string, if none was asked for */
    shmcol_dictionary_mode dictionary_mode;
    ing_tokens tokens;
} ing_asked;

/* What the sample has seen of a column's values. Const after the sample. */
typedef struct ing_sampled {
    uint64_t values;      /* that are not null */
    uint64_t distinct;    /* among them */
    uint64_t bytes;       /* of the distinct ones */
    uint64_t once, twice; /* distinct ones that were met so often */
    bool nulls;           /* there are some */
} ing_sampled;

/* What this pass makes of a column. Const within a pass, but for what the sets count. */
typedef struct ing_target {
    bool pending; /* it has to be read (again) */
    bool active;  /* it is read in this pass */
    ing_kind kind;
    uint32_t width; /* bytes of a value in the lane: of the type, or of a provisional code */
    ing_type type;
    bool watch;         /* string: classify every value all the same (resolve could still change its
                           mind, or a hint is possible) */
    bool placed;        /* all rows were read: the first TEXT value is known */
    uint64_t seek_rows; /* string: rows in which the first TEXT value is sought */
    ing_distinct *set;  /* string with a dictionary in question, or in the making; only while the
                           column is read */
    ing_tally *tally;   /* in its place where a dictionary is unlikely */
    bool tallied;       /* that was no use: this time a set */
} ing_target;

/* What has come of it. Written under the lock, block by block. */
typedef struct ing_outcome {
    _Atomic bool misfit; /* a value did not fit the target's type: what this pass makes of the
                            column is not kept, but its facts are */
    ing_facts facts;     /* the sample's at first */
    uint64_t null_count, text_bytes;
    uint8_t *null_blocks;        /* one byte a block: 1 if it has nulls */
    fmt_zone *zones;             /* strings and fixed-width types; dictionaries: made in finish.c */
    struct ing_zone_part *parts; /* zones put together from several blocks */
    uint64_t next_byte; /* string: where the next block's bytes begin; owned by the block whose turn
                           it is */
    sink_region values, validity, bytes, codes; /* codes: a dictionary's final ones */
    uint32_t codes_width;                       /* what `codes` was opened for */
    uint64_t distinct, distinct_bytes;          /* of a dictionary */
    uint32_t dictionary;                        /* its number in the table */
    sink_dictionary made;                       /* a dictionary column that is done */
} ing_outcome;

/* A column, by who writes what of it and when. */
typedef struct ing_column {
    ing_asked asked;
    ing_sampled sample;
    ing_target target;
    ing_outcome result;
} ing_column;

/* ---- the job ---- */

typedef struct ing_chunk {
    uint64_t pos;
    uint64_t records; /* before it, after ing_count */
    uint32_t length;
    uint8_t state; /* csv_state at its first byte */
} ing_chunk;

/* The inputs as one text, and where its records are. Const after the count. */
typedef struct ing_text {
    ing_stream source;
    uint64_t size;        /* of all inputs, headers too */
    const char *encoding; /* of the inputs (C-2); NULL: none was named */
    uint64_t skip_lines;  /* C-5 */
    bool no_header;       /* C-12 */
    bool sniffed;         /* the delimiter was found, not named (C-10) */
    bool decimal_comma;   /* C-41 */
    bool cleaned;         /* the inputs are copies without the refused records (C-17) */
    csv_dialect dialect;
    const csv_isa *isa;
    uint32_t n_fields; /* of every record */

    ing_chunk *chunks;
    uint64_t n_chunks, chunk_size;
    uint64_t rows;
    uint32_t block_rows;
    uint64_t n_blocks;
    uint64_t *starts; /* position of every block's first record; n_blocks + 1 */
} ing_text;

/* Names and types of the columns. */
typedef struct ing_schema {
    char **header; /* names as in the file, after C-12; as many as a record has fields */
    ing_column *columns;
    uint32_t n_columns;
    _Atomic uint64_t set_memory; /* bytes of all sets of strings */
} ing_schema;

/* What is written. */
typedef struct ing_output {
    sink *sink; /* NULL: a dry run */
    const char *path;
    const shmcol_pair *metadata;
    uint32_t metadata_count;
    sys_output *rejects; /* NULL: refused records are only counted */
    const char *rejects_path;
    uint64_t rejected;
} ing_output;

typedef struct ing_job {
    ing_limits limits; /* const after the text is counted */
    ing_control control;
    ing_text text;
    ing_schema schema;
    ing_output output;
    shmcol_csv_options options;
    double started;
    const parse_batch *batch; /* of the text's instruction set; NULL: none */
} ing_job;

/* ---- the stages ---- */

/* options.c: refuses options that are wrong whatever the input is. INVALID_ARGUMENT, with what to
 * do. */
shmcol_status ing_check_options(const shmcol_csv_options *options, const char *output,
                                shmcol_error *err);

/* source.c: before anything is opened: IO if an input is not there, SAME_FILE if the output, or the
 * file for refused records, is one of the inputs. */
shmcol_status ing_check_paths(const ing_job *job, const char *const *inputs, uint32_t n_inputs,
                              shmcol_error *err);
/* source.c: an unlinked file for text: beside the output, or, in a dry run, where temporary files
 * go. */
shmcol_status ing_open_spool(const ing_job *job, int *fd, shmcol_error *err);
/* source.c: the error of writing to it. */
shmcol_status ing_spool_failed(const ing_job *job, int errnum, shmcol_error *err);
/* verbatim.c: a converter from an encoding (C-2) to UTF-8; INVALID_ARGUMENT if there is none of
 * that name. Close with iconv_close. */
shmcol_status ing_open_converter(const char *encoding, iconv_t *converter, shmcol_error *err);
/* source.c: opens, decompresses, converts every input; parts get path, fd, size. */
shmcol_status ing_open_sources(ing_job *job, const char *const *inputs, uint32_t n_inputs,
                               shmcol_error *err);
void ing_close_sources(ing_job *job);
/* header.c: dialect, names, parts[].begin, columns (names, fields, tokens, modes, forced types). */
shmcol_status ing_read_header(ing_job *job, shmcol_error *err);
/* types.c: C-51; fills type and forced of the columns. */
shmcol_status ing_force_types(ing_job *job, shmcol_error *err);
/* Streams of the sink, or nothing in a dry run. */
shmcol_status ing_open_stream(ing_job *job, sink_region *stream, shmcol_error *err);
shmcol_status ing_put(ing_job *job, sink_region stream, uint64_t pos, const void *data,
                      size_t length, shmcol_error *err);
/* count.c: chunks, rows. job->control.needs_diagnosis if a part ends inside quotes. */
shmcol_status ing_count(ing_job *job, shmcol_error *err);
/* count.c: block_rows, n_blocks, starts, from rows and the columns' widths. */
shmcol_status ing_cut_blocks(ing_job *job, shmcol_error *err);
/* sample.c: facts and kinds to begin with. */
shmcol_status ing_sample(ing_job *job, shmcol_error *err);
/* sample.c: a column's kind and width from its type; whether a string column starts as a dictionary
 * follows from the sample. */
void ing_choose_kind(const ing_job *job, ing_column *column);
/* How many distinct values the whole column may have, after the sample. */
uint64_t ing_expected_distinct(const ing_job *job, const ing_column *c);
/* block.c: reads all blocks, for the active columns. */
shmcol_status ing_pass(ing_job *job, shmcol_error *err);
/* finish.c: tells the sink where columns will probably lie; at the end the table. */
shmcol_status ing_place(ing_job *job, shmcol_error *err);
/* finish.c: gives the dictionary columns that are done their final codes, and the memory of their
 * sets back. */
shmcol_status ing_settle_dictionaries(ing_job *job, shmcol_error *err);
/* finish.c: everything but the name. On failure output.sink is gone. */
shmcol_status ing_complete(ing_job *job, sink_result *result, shmcol_error *err);
/* diagnose.c: the first error of the input, exactly (C-16). OK if there is none. */
shmcol_status ing_diagnose(ing_job *job, shmcol_error *err);
/* diagnose.c: C-17: replaces every part by an unlinked copy without the refused records. */
shmcol_status ing_clean(ing_job *job, shmcol_error *err);
/* hints.c: adds warnings that say what other options would make of the input. false: no memory. */
bool ing_add_hints(ing_job *job);
/* report.c: all but the seconds. */
shmcol_status ing_report(ing_job *job, const sink_result *result, shmcol_csv_report **report,
                         shmcol_error *err);
void ing_job_free(ing_job *job);

/* ---- one record after the other, exactly (records.c): for the header, for errors, for refused
 * records ---- */

typedef struct ing_record {
    uint64_t offset;      /* in the part's text */
    uint8_t *text;        /* valid until the next call; CSV_SLACK around it */
    size_t length;        /* with its line end */
    const uint32_t *ends; /* n_fields: where each field ends; ends[-1] + 1 == 0 */
    size_t n_fields;
    bool skipped; /* a blank line or a comment */
    bool cut; /* longer than the limit: only its beginning may be here, and there is no next one */
    shmcol_status wrong; /* CSV_CARRIAGE_RETURN, CSV_AFTER_QUOTE, CSV_UNCLOSED_QUOTE,
                            CSV_FIELD_SIZE: the first of them; or OK */
    size_t wrong_at;     /* in text */
} ing_record;

typedef struct ing_records {
    const ing_part *part;
    csv_dialect dialect;
    uint64_t limit, next;   /* next: text offset to be read next */
    uint64_t end;           /* text offset to stop at */
    uint8_t *memory, *text; /* text[used, length) is not handed out yet */
    size_t capacity, length, used;
    uint32_t *ends;
    size_t ends_capacity;
} ing_records;

/* Reads part's text from `offset` to its end (or `end`, whichever is first). */
void ing_records_begin(ing_records *records, const ing_part *part, const csv_dialect *dialect,
                       uint64_t offset, uint64_t end, uint64_t limit);
/* record->length == 0: there are no more. */
shmcol_status ing_records_next(ing_records *records, ing_record *record, shmcol_error *err);
void ing_records_end(ing_records *records);
/* Field `field` of a record: its raw text without line end. */
char *ing_record_field(const ing_record *record, size_t field, size_t *n);

/* diagnose.c: the first error of a record by C-16: err is filled in with its place. n_fields 0: any
 * number. check_values: the forced types too. */
shmcol_status ing_check_record(ing_job *job, const ing_part *part, const ing_record *record,
                               uint32_t n_fields, bool check_values, shmcol_error *err);
/* Fills in line and column of text offset `at` of the part. */
void ing_place_error(const ing_part *part, uint64_t at, shmcol_error *err);

/* ---- refused records as they stand in the input (verbatim.c) ---- */

/* Goes along a part's text before and after its conversion at the same time, in one direction. */
typedef struct ing_verbatim {
    const ing_part *part;
    iconv_t converter;
    uint64_t text, original; /* positions that belong together */
    char *piece;             /* original bytes; piece[used] is the one at `original` */
    size_t length, used;
} ing_verbatim;

shmcol_status ing_verbatim_begin(ing_verbatim *verbatim, const ing_job *job, const ing_part *part,
                                 shmcol_error *err);
void ing_verbatim_end(ing_verbatim *verbatim);
/* Writes to `fd` the original bytes of text [from, to), which begins and ends with a whole
 * character. `from` is at or behind the last `to`. */
shmcol_status ing_verbatim_write(ing_verbatim *verbatim, uint64_t from, uint64_t to, int fd,
                                 shmcol_error *err);

/* ---- cells (cell.c) ---- */

typedef struct ing_cell {
    const char *s; /* text without quotes; CSV_SLACK bytes after it are readable */
    size_t n;
    bool null;         /* C-20, C-22 */
    bool quoted_empty; /* C-21 */
} ing_cell;

/* The cell of a field s[0, n) whose doubled quotes are halved: one of a run, or what ing_halve has
 * made. */
ing_cell ing_get_cell(const ing_job *job, const ing_column *column, const char *s, size_t n);
/* Halves the doubled quotes of a field of a record, in place. Returns its new length. */
size_t ing_halve(const ing_job *job, char *s, size_t n);
/* C-52: the cell as a value of `type` at out (its width). false: it does not fit. */
bool ing_forced_value(const ing_job *job, const ing_type *type, const char *s, size_t n, void *out);
/* Writes the null slot of `type` (F-24) at out. */
void ing_null_slot(uint16_t type, uint32_t width, void *out);

/* ---- lanes (block.c, convert.c) ---- */

/* The smallest and largest string of a lane or zone, as copies; of huge ones only the beginning and
 * where in the sink the whole is. */
typedef struct ing_bounds {
    char *text[2]; /* 0 min, 1 max */
    uint64_t length[2], capacity[2], place[2];
    bool any;
    ing_job *job;
    sink_region bytes;
} ing_bounds;
#define ING_NO_PLACE UINT64_MAX
void ing_bounds_begin(ing_bounds *bounds, ing_job *job,
                      sink_region bytes); /* drops what was there */
void ing_bounds_free(ing_bounds *bounds);
/* Takes a string that may be a bound; place: where in the stream it stands, or ING_NO_PLACE. DONE,
 * NO_MEMORY, FAILED (err says what). */
int ing_bounds_take(ing_bounds *bounds, const char *s, uint64_t n, uint64_t place,
                    shmcol_error *err);
int ing_bounds_join(ing_bounds *into, const ing_bounds *from, shmcol_error *err);
/* The first eight bytes as a number that orders as they do, but for ties; zeros beyond the end.
 * Reads CSV_SLACK. */
static inline uint64_t ing_prefix(const char *s, uint64_t n)
{
    uint64_t word;
    memcpy(&word, s, 8);
    word = __builtin_bswap64(word);
    return n >= 8 ? word : n == 0 ? 0 : word & (UINT64_MAX << (64 - 8 * n));
}

/* One column's part of the block a worker is at. */
typedef struct ing_lane {
    uint8_t *values;   /* block_rows x width; string: int64 offsets, from 0 for this block */
    uint8_t *validity; /* ones to begin with */
    uint64_t null_count;
    char *bytes; /* string: bytes not yet written */
    size_t bytes_length, bytes_capacity;
    size_t others;          /* bytes the worker's other lanes hold */
    uint64_t bytes_flushed; /* string: bytes of this block that are in the sink already */
    uint64_t text_bytes;    /* string, dictionary: of all values */
    ing_bounds bounds;
    ing_facts facts;
    uint64_t block;
    uint64_t seek_rows; /* as the column's; 0 once one was found */
    bool watch;         /* as the column's, until it cannot matter any more */
    bool misfit;
} ing_lane;

/* Strings of this length are not gathered in a lane but go to the sink at once, and so does what a
 * lane has when the worker's lanes hold too much: block.c's ing_spill, which waits for the block's
 * turn. *place: where in the stream s went. */
#define ING_GIANT (1u << 20)
int ing_spill(ing_job *job, ing_column *column, ing_lane *lane, const char *s, size_t n,
              uint64_t *place);

/* A run of records in a buffer, indexed. */
typedef struct ing_run {
    uint8_t *text;
    const uint32_t *ends; /* ends[-1] + 1 == 0, so that every field begins behind an end */
    size_t records;
} ing_run;

enum { ING_DONE, ING_SUSPECT, ING_NO_MEMORY, ING_FAILED, ING_END };

/* run.c: the stream as runs of whole records, each record checked to have n_fields fields, every
 * byte by C-2, C-4, C-6, C-7. */
typedef struct ing_reader {
    ing_job *job;
    uint64_t
        block; /* whose turn to wait for before taking much memory; UINT64_MAX: nobody else runs */
    uint64_t next, end;              /* stream positions: to be read next; where to stop */
    uint8_t *memory, *text;          /* text = memory + CSV_SLACK */
    size_t capacity, length;         /* of text */
    size_t used;                     /* bytes of text the last run took */
    bool halving;                    /* the text has doubled quotes */
    uint8_t *halved_memory, *halved; /* the piece without them; NULL as long as there were none.
                                        halved = halved_memory + CSV_SLACK */
    uint32_t *ends_memory, *ends;
    size_t ends_capacity;
} ing_reader;
bool ing_reader_init(ing_reader *reader, ing_job *job);
void ing_reader_free(ing_reader *reader);
/* [pos, end) begins with a record and ends with one. */
void ing_reader_seek(ing_reader *reader, uint64_t pos, uint64_t end, uint64_t block);
/* The next run, valid until the next call. DONE, END, SUSPECT, FAILED (err says what), NO_MEMORY.
 */
int ing_reader_next(ing_reader *reader, ing_run *run, shmcol_error *err);

/* block.c: frees column->parts. */
void ing_free_parts(const ing_job *job, ing_column *column);
/* Converts field column->field of every record of the run into lane rows [row, row + records).
 * ING_SUSPECT: a forced value does not fit. */
int ing_convert(ing_job *job, ing_column *column, ing_lane *lane, const ing_run *run, size_t row);

#endif
