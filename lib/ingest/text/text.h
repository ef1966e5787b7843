/* Inputs to records. The inputs (input.h) are opened in turn (inputs.c), decompressed and converted
 * to UTF-8 where that is needed (copy.c), joined to one text (source.c), counted and cut into
 * blocks of rows (count.c). The text is read in batches of records (reader.c), or one record after
 * the other, exactly (records.c). A field becomes a cell (cell.c). Nothing here knows a type. */
#ifndef SHMCOL_INGEST_TEXT_H
#define SHMCOL_INGEST_TEXT_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csv/dialect.h"
#include "csv/index.h"
#include "csv/scan.h"
#include "error.h"
#include "ingest/control.h"
#include "ingest/output.h"
#include "ingest/text/input.h"
#include "parse/marks.h"
#include "shmcol.h"
#include "sys/sys.h"

/* ---- from the fields of a record to the columns (layout.c) ---- */

/* A column of which the records of an input have no field: its values are null there. */
#define ING_NO_FIELD UINT32_MAX

/* The records of an input, and which field goes to which column. A column is known by its place in
 * the header of the table. Inputs with the same header share a layout. */
typedef struct ing_layout {
    csv_dialect dialect;
    uint32_t n_fields; /* of every record */
    bool extra;        /* the last one is empty, and no column's (C-89) */
    uint32_t n_names;  /* places of the table's header that are known here; later ones have none */
    uint32_t *fields;  /* by place, n_names of them; NULL: field n stands at place n */
    uint64_t hash;     /* of fields */
} ing_layout;

/* Returns the field for a place of the table's header, or ING_NO_FIELD. */
static inline uint32_t ing_layout_field(const ing_layout *layout, uint32_t place)
{
    if (place >= layout->n_names)
        return ING_NO_FIELD;
    return layout->fields == NULL ? place : layout->fields[place];
}

/* ---- the inputs as one text (source.c) ---- */

/* All inputs' records as one text, without headers. Each input ends in LF; one is added if the last
 * record lacks it. The passes use positions in this text; only errors are converted back to files
 * and lines. */
typedef struct ing_text_source {
    ing_input *inputs;
    uint32_t n_inputs;
    uint64_t length;
    bool apart; /* no run has more than one input: a column has their paths (C-97) */
    ing_files *files;
} ing_text_source;

/* Sets pos, length, run_end, added, ends_in_cr of every input from begin, end, last and layout.
 * Returns IO, CHANGED, NO_MEMORY. */
shmcol_status ing_source_join(ing_text_source *source, shmcol_error *err);
/* Sets added of an input that is not empty, where its layout has an escape (tail.c). Returns IO,
 * CHANGED, NO_MEMORY. */
shmcol_status ing_find_tail(ing_input *input, shmcol_error *err);
/* Reads bytes [pos, pos + length) of the text, which must be inside it. Returns CHANGED if an input
 * became shorter; IO. Thread-safe. */
shmcol_status ing_source_read(const ing_text_source *source, uint64_t pos, void *data,
                              size_t length, shmcol_error *err);
/* Returns the input that has position `pos`. */
const ing_input *ing_source_input(const ing_text_source *source, uint64_t pos);
/* Returns the first input that is not left out (C-98), or the very first. */
const ing_input *ing_first_input(const ing_text_source *source);
/* Returns the first input whose file is not what it was, or the first one if none differs. */
const ing_input *ing_source_changed(const ing_text_source *source);

/* ---- the delimiter (delimiter.c) ---- */

/* The delimiter as it was found (C-10). */
typedef struct ing_delimiter {
    uint8_t byte;
    shmcol_delimiter_source source;
    bool doubtful;   /* a warning names `fitting` */
    char fitting[5]; /* the candidates, where several met the step that decided; else "" */
} ing_delimiter;

/* ---- the text, and where its records are ---- */

typedef struct ing_chunk {
    uint64_t pos;
    uint64_t records; /* before it, after ing_count */
    uint32_t length;
    uint8_t state; /* csv_state at its first byte */
} ing_chunk;

/* Const after ing_cut_blocks. */
typedef struct ing_text {
    ing_text_source source;
    ing_spool spool, originals; /* originals: text before its conversion, for refused records */
    uint64_t size;              /* of all inputs, headers too */
    const char *encoding;       /* of the inputs (C-2); NULL: none was named */
    bool replaces;              /* what is no text becomes U+FFFD (C-94) */
    uint32_t replaced_unit;     /* bytes of the encoding for one U+FFFD; 0 for UTF-8 */
    uint64_t replaced;          /* how often, in all inputs */
    uint64_t skip_lines;        /* C-5 */
    uint64_t skip_after_header; /* C-86 */
    uint64_t skip_footer;       /* C-87 */
    bool no_header;             /* C-12 */
    bool null_short;            /* C-88 */
    bool drop_extra;            /* C-89 */
    bool sniffed;               /* the delimiter was found, not named (C-10) */
    ing_delimiter found;        /* where it was: that of the first input */
    parse_style numbers;        /* C-41 */
    parse_marks marks;          /* the same, for types without brackets */
    bool narrowed;              /* records behind the limit are left out (C-93) */
    bool cleaned;               /* the inputs are copies without the refused records (C-17) */
    csv_dialect dialect;        /* as asked for; an input's own is that of its layout */
    const csv_isa *isa;
    ing_layout **layouts;
    uint32_t n_layouts;
    uint64_t layouts_memory;

    ing_chunk *chunks;
    uint64_t n_chunks, chunk_size;
    uint64_t rows;
    uint32_t block_rows;
    uint64_t n_blocks;
    uint64_t *starts; /* position of every block's first record; n_blocks + 1 */
} ing_text;

/* Checks the paths before anything is opened (paths.c). Returns IO if an input is not there,
 * SAME_FILE if the output or the file for refused records is one of the inputs, INVALID_ARGUMENT if
 * two inputs are the same file (C-99), NO_MEMORY. */
shmcol_status ing_check_paths(const ing_output *output, const char *const *inputs,
                              uint32_t n_inputs, shmcol_error *err);
/* The name of standard input in messages. */
#define ING_STANDARD_INPUT "(standard input)"
/* Returns IO, with a hint. */
shmcol_status ing_standard_input_closed(shmcol_error *err);
/* Opens every input, places its text, finds its edges. The caller ends the text with ing_text_end,
 * also after a failure. Returns IO, CANCELLED, CSV_COMPRESSED, CSV_ENCODING, CSV_UTF16,
 * INVALID_ARGUMENT for an unknown encoding, NO_MEMORY. */
shmcol_status ing_open_inputs(ing_text *text, const ing_output *output, ing_control *control,
                              const char *const *inputs, uint32_t n_inputs, shmcol_error *err);
/* Sets the size of an input that is open. If its text cannot be read where it is, copies it to the
 * text's spool, decompressed and in UTF-8, and, if refused records are kept in another encoding, as
 * it was to `originals` (copy.c). Returns IO, CANCELLED, CSV_COMPRESSED, CSV_ENCODING,
 * INVALID_ARGUMENT, NO_MEMORY. */
shmcol_status ing_place_text(ing_text *text, const ing_output *output, ing_control *control,
                             ing_input *input, shmcol_error *err);
/* Sets begin, end and last of an input from its size (C-3, C-5, C-87; edges.c). Returns CSV_UTF16
 * (C-2), CHANGED, IO. */
shmcol_status ing_find_edges(const ing_text *text, ing_input *input, shmcol_error *err);
/* Moves begin behind the header, which ends at `at`, and the lines of C-86. Returns CHANGED, IO. */
shmcol_status ing_begin_behind_header(const ing_text *text, ing_input *input, uint64_t at,
                                      shmcol_error *err);
/* Closes the inputs and frees the text's memory. */
void ing_text_end(ing_text *text);

/* Returns the text's layout that equals `wanted`, as a new one if there is none, and takes
 * wanted->fields (layout.c). Returns NULL if there is no memory. */
const ing_layout *ing_layout_share(ing_text *text, ing_layout *wanted);
/* Frees all layouts of the text. */
void ing_layouts_end(ing_text *text);
/* Returns CSV_NOT_TEXT for a file of another kind, by its first bytes (C-26, magic.c); CHANGED,
 * IO. */
shmcol_status ing_refuse_binary(const ing_input *input, shmcol_error *err);
/* Moves input->begin behind a sep= line, and sets input->sep (C-24, sep_line.c). Returns CHANGED,
 * IO. */
shmcol_status ing_skip_sep_line(const ing_text *text, ing_input *input, shmcol_error *err);
/* Returns true if the dialect has another use for a byte than as a delimiter. */
bool ing_has_a_meaning(const csv_dialect *dialect, uint8_t byte);
/* Sets text->found and the dialect's delimiter, unless it was named: that of the first input, or
 * without a header of all inputs (C-10, C-24). Returns CSV_HEADERS_DIFFER for sep= lines that
 * differ; INVALID_ARGUMENT if quote or comment are the delimiter that is left; IO, NO_MEMORY. */
shmcol_status ing_choose_delimiter(ing_text *text, shmcol_error *err);
/* Finds the delimiter that an input has by itself: that of its sep= line, else by C-10 (C-25).
 * input->begin is before its header. Returns as ing_choose_delimiter, but no CSV_HEADERS_DIFFER. */
shmcol_status ing_own_delimiter(const ing_text *text, const ing_input *input, ing_delimiter *found,
                                shmcol_error *err);

/* Counts the text: sets its chunks and its rows. Asks for a diagnosis if an input ends inside
 * quotes. Returns IO, CHANGED, CANCELLED, NO_MEMORY. */
shmcol_status ing_count(ing_text *text, const ing_limits *limits, ing_control *control,
                        shmcol_error *err);
/* Frees the results of ing_count and ing_cut_blocks, so that the text can be counted again. */
void ing_count_again(ing_text *text);
/* Sets block_rows, n_blocks and starts, from the rows and the number of columns. Returns IO,
 * CHANGED, NO_MEMORY. */
shmcol_status ing_cut_blocks(ing_text *text, uint32_t n_columns, const ing_limits *limits,
                             shmcol_error *err);

/* ---- records as many as an extent holds (reader.c) ---- */

/* Records in a buffer, indexed at once. All are of one layout. */
typedef struct ing_record_batch {
    uint8_t *text;
    const uint32_t *ends; /* ends[-1] + 1 == 0, so that every field begins behind an end */
    size_t records;
    const ing_layout *layout;
    const ing_input *input; /* of the records, if the inputs are apart; else the first of a run */
} ing_record_batch;

/* Records with missing fields, which become whole in a copy (shape.c). */
typedef struct ing_padding {
    const uint8_t *text; /* of the records; their ends are the reader's */
    size_t at, left;     /* the first end of the next record; records that are left */
    uint8_t *memory;
    uint32_t *ends_memory;
    size_t ends_capacity;
} ing_padding;

/* A reader of the text in batches of whole records. It checks that each record has the fields of
 * its layout, and every byte by C-2, C-4, C-6, C-7. */
typedef struct ing_reader {
    const ing_text *source;
    const ing_limits *limits;
    ing_control *control;
    uint64_t block;     /* its turn comes before it takes much memory; UINT64_MAX: it has no turn */
    uint64_t next, end; /* positions: of the next byte to read; of the end of the run (source.c) */
    uint64_t stop;      /* the position to stop at */
    const ing_layout *layout; /* of the run */
    const ing_input *input;   /* the first of the run */
    uint8_t *memory, *text;   /* text = memory + CSV_SLACK */
    size_t capacity, length;  /* of text */
    size_t used;              /* bytes of text the last batch took */
    bool halving;             /* the text has doubled quotes */
    uint8_t *halved_memory;   /* NULL until there are doubled quotes */
    uint8_t *halved;          /* halved_memory + CSV_SLACK: the extent with halved quotes */
    uint32_t *ends_memory, *ends;
    size_t ends_capacity;
    ing_padding padding;
    uint64_t n_short, n_extra; /* records that were read: short ones, those with an extra field */
} ing_reader;

/* Begins a reader. Returns false if there is no memory; the caller ends it with ing_reader_free
 * also then. */
bool ing_reader_init(ing_reader *reader, const ing_text *text, const ing_limits *limits,
                     ing_control *control);
void ing_reader_free(ing_reader *reader);
/* Sets the reader to [pos, end), which begins with a record and ends with one. */
void ing_reader_seek(ing_reader *reader, uint64_t pos, uint64_t end, uint64_t block);
/* Reads the next batch, valid until the next call. Returns DONE, END, NEEDS_DIAGNOSIS, FAILED,
 * NO_MEMORY. */
ing_result ing_reader_next(ing_reader *reader, ing_record_batch *batch, shmcol_error *err);

/* ---- records of another length (shape.c) ---- */

/* Returns the number of ends of `records` records which may lack last fields, and counts them in
 * the reader; 0 if one has too many fields. */
size_t ing_shape_ends(ing_reader *reader, const uint8_t *text, size_t n_ends, size_t records);
/* Writes a record of n fields to out, with the missing ones of `fields` as empty ones. out may be
 * where the record is. out_ends get the ends in out. Returns the bytes written: at most those of
 * the record, and one for each missing field. */
size_t ing_pad_record(uint8_t *out, const uint8_t *text, const uint32_t *ends, size_t n,
                      size_t fields, uint32_t *out_ends);
/* Hands out as many of the records in the reader's padding as there is room for. Returns DONE,
 * NO_MEMORY. */
ing_result ing_pad_next(ing_reader *reader, ing_record_batch *batch);
void ing_padding_end(ing_padding *padding);
/* Returns true if the last field of every record is empty. */
bool ing_extras_are_empty(const ing_record_batch *batch);

/* ---- one record after the other, exactly (records.c): for the header, for errors, for refused
 * records ---- */

typedef struct ing_record {
    uint64_t offset;      /* in the input's text */
    uint8_t *text;        /* valid until the next call; CSV_SLACK around it */
    size_t length;        /* with its line end */
    const uint32_t *ends; /* n_fields: where each field ends; ends[-1] + 1 == 0 */
    size_t n_fields;
    bool skipped; /* a blank line or a comment */
    bool cut; /* longer than the limit: only its beginning is here, and there is no next record */
    /* CSV_CARRIAGE_RETURN, CSV_AFTER_QUOTE, CSV_UNCLOSED_QUOTE, CSV_FIELD_SIZE: the first; or
     * OK. */
    shmcol_status wrong;
    size_t wrong_at; /* in text */
} ing_record;

typedef struct ing_records {
    const ing_input *input;
    csv_dialect dialect;
    uint64_t limit, next;   /* next: text offset to be read next */
    uint64_t end;           /* text offset to stop at */
    uint8_t *memory, *text; /* text[used, length) is not handed out yet */
    size_t capacity, length, used;
    uint32_t *ends;
    size_t ends_capacity;
} ing_records;

/* Begins to read an input's text from `offset` to its end or to `end`, whichever comes first. */
void ing_records_begin(ing_records *records, const ing_input *input, const csv_dialect *dialect,
                       uint64_t offset, uint64_t end, uint64_t limit);
/* Reads the next record; its length is 0 if there is none. Returns IO, NO_MEMORY. */
shmcol_status ing_records_next(ing_records *records, ing_record *record, shmcol_error *err);
void ing_records_end(ing_records *records);
/* Returns the raw text of field `field` of a record, without line end; *n: its bytes. */
char *ing_record_field(const ing_record *record, size_t field, size_t *n);

/* Returns true if a record has the fields that its layout asks for (C-11, C-88, C-89; shape.c). */
bool ing_shape_is_right(const ing_text *text, const ing_layout *layout, const ing_record *record);

/* Adds line and column of text offset `at` of the input to an error (place.c). */
void ing_place_error(const ing_input *input, uint64_t at, shmcol_error *err);

/* ---- cells (cell.c) ---- */

typedef struct ing_token {
    const char *text;
    size_t length;
} ing_token;

/* The null tokens of a column (C-22). Most fields are ruled out by their length. */
typedef struct ing_tokens {
    const ing_token *list;
    uint32_t n;
    uint64_t lengths; /* ing_length_bit of each */
    uint64_t firsts;  /* ing_first_bit of each; all bits, if a token is empty */
    bool values;      /* one of them is also a spelling of a value: `-999` */
} ing_tokens;

static inline uint64_t ing_length_bit(size_t length)
{
    return UINT64_C(1) << (length < 63 ? length : 63);
}

static inline uint64_t ing_first_bit(char first)
{
    return UINT64_C(1) << ((uint8_t)first & 63);
}

typedef struct ing_cell {
    const char *s; /* text without quotes; CSV_SLACK bytes after it are readable */
    size_t n;
    bool null;         /* C-20, C-22 */
    bool quoted_empty; /* C-21 */
} ing_cell;

/* Returns the cell of a field s[0, n) whose doubled quotes are halved: a field of a batch, or one
 * after ing_halve. `tokens` may be NULL. */
ing_cell ing_get_cell(const csv_dialect *dialect, const ing_tokens *tokens, const char *s,
                      size_t n);
/* Does csv_halve_field to a field of a record. Returns its new length. */
size_t ing_halve(const csv_dialect *dialect, char *s, size_t n);

/* ---- encodings (encodings.c), what is no text (replace.c) ---- */

/* Returns true if the inputs are in another encoding than UTF-8 (C-2). */
bool ing_converts(const ing_text *text);
/* Opens a converter from an encoding (C-2) to UTF-8; close it with iconv_close. Returns
 * INVALID_ARGUMENT if the encoding is unknown. */
shmcol_status ing_open_converter(const char *encoding, iconv_t *converter, shmcol_error *err);
/* Sets *unit to the bytes for which an encoding gets one U+FFFD (C-94): 1, 2 or 4. Returns
 * INVALID_ARGUMENT if the encoding is unknown, or if it has states: then iconv cannot go on after
 * an error. */
shmcol_status ing_replaced_unit(const char *encoding, uint32_t *unit, shmcol_error *err);
/* The bytes of U+FFFD. */
#define ING_REPLACEMENT "\xEF\xBF\xBD"
#define ING_REPLACEMENT_LENGTH 3u
/* Returns the length of the maximal invalid sequence (C-94) that begins at s[0]. */
size_t ing_invalid_length(const uint8_t *s, size_t n);
/* Copies an input whose edges are known to the spool, with U+FFFD for each invalid sequence, if it
 * has one, and to text->originals as it was, if refused records are kept. Returns IO, CHANGED,
 * CANCELLED, NO_MEMORY. */
shmcol_status ing_replace_invalid(ing_text *text, const ing_output *output, ing_control *control,
                                  ing_input *input, shmcol_error *err);

/* ---- refused records as they stand in the input (verbatim.c) ---- */

/* A walk along an input's text and its unconverted original at the same time, in one direction. */
typedef struct ing_verbatim {
    const ing_input *input;
    iconv_t converter;       /* (iconv_t)-1: the input is UTF-8 with sequences that were replaced */
    uint32_t unit;           /* the text's replaced_unit */
    uint64_t text, original; /* positions of the same character */
    char *buffer;            /* original bytes; buffer[used] is the one at `original` */
    size_t length, used;
} ing_verbatim;

/* Begins a walk at the begin of an input that has an original. Returns NO_MEMORY. The caller ends
 * it with ing_verbatim_end. */
shmcol_status ing_verbatim_begin(ing_verbatim *verbatim, const ing_text *text,
                                 const ing_input *input, shmcol_error *err);
void ing_verbatim_end(ing_verbatim *verbatim);
/* Writes to `fd` the original bytes of text [from, to), which begins and ends with a whole
 * character. `from` is not before the last `to`. Returns IO, CHANGED. */
shmcol_status ing_verbatim_write(ing_verbatim *verbatim, uint64_t from, uint64_t to, int fd,
                                 shmcol_error *err);

#endif
