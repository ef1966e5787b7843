/* Names and types of the columns: what was asked of them (columns.c, names.c, types.c), what their
 * values have shown (resolve.c), and what a sample lets expect (sample.c). */
#ifndef SHMCOL_INGEST_SCHEMA_H
#define SHMCOL_INGEST_SCHEMA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "format/dictionary_rule.h"
#include "format/ondisk.h"
#include "format/zone.h"
#include "ingest/control.h"
#include "ingest/text/text.h"
#include "parse/parse.h"
#include "shmcol.h"
#include "sink/sink.h"

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
    bool first_text_trims;      /* the first TEXT value is one of texts_if_trimmed */
    uint32_t first_text_length; /* the first TEXT value; length 0: there is none, or it is longer */
    char first_text[24];
    uint64_t first_text_row; /* its row; UINT64_MAX: there is none */
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
/* Adds a value if it is the first TEXT value once more. Returns false if it has to be classified.
 */
static inline bool ing_facts_again(ing_facts *facts, const char *text, size_t length)
{
    if (length == 0 || length != facts->first_text_length ||
        memcmp(facts->first_text, text, length) != 0)
        return false;
    facts->texts++;
    facts->texts_if_trimmed += facts->first_text_trims;
    return true;
}
/* Takes the first TEXT value, and counts nothing. */
void ing_facts_first(ing_facts *facts, const char *text, size_t length, uint64_t row);
void ing_facts_join(ing_facts *into, const ing_facts *from);
/* Prepares the facts for the same values once more: what is counted begins anew, what is known
 * stays known. */
void ing_facts_recount(ing_facts *facts);
/* Returns the type of values of these classes (C-50, lines 2 to 8). */
ing_type ing_resolve(const ing_facts *facts);
/* Returns true if no further value can make the column anything but a string. */
bool ing_string_for_good(const ing_facts *facts);
/* Returns true if all values together may have a TEXT value, and it may be the only one, or be one
 * for its spaces only: then the report may have a hint. Once it is false for some of the values, it
 * is false for all of them. */
bool ing_hint_possible(const ing_facts *facts);
/* Returns true if the types are the same, zones apart: they are only a label. */
bool ing_same_type(const ing_type *a, const ing_type *b);
/* Returns the bytes of a value; 0: string. */
uint32_t ing_type_width(const ing_type *type);

/* ---- types by name (types.c) ---- */

typedef struct ing_type_wish {
    ing_type type;
    bool automatic;  /* "auto": as if nothing had been said */
    bool dictionary; /* "dictionary" */
} ing_type_wish;

/* Reads the type called text[0, n) (C-51). Returns false if there is none. */
bool ing_parse_type(const char *text, size_t n, ing_type_wish *wish);
/* Writes a type as C-51 names it, with unit and zone. Returns out. */
#define ING_TYPE_TEXT 96
const char *ing_type_text(const ing_type *type, char out[ING_TYPE_TEXT]);
/* Returns true if `name` matches the glob pattern[0, n): * ? [a-z] [!a-z], \ takes the next
 * character as it is. */
bool ing_glob(const char *pattern, size_t n, const char *name);

/* ---- columns ---- */

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
    bool needs_pass; /* it has to be read (again) */
    bool active;     /* it is read in this pass */
    ing_kind kind;
    uint32_t width; /* bytes of a value in the buffer: of the type, or of a provisional code */
    ing_type type;
    bool classify_all; /* string: classify every value all the same (resolve could still change its
                           mind, or a hint is possible) */
    bool first_text_known; /* all rows were read */
    uint64_t seek_rows;    /* string: rows in which the first TEXT value is sought */
    struct ing_distinct
        *set; /* string with a dictionary in question, or in the making; only while the
                           column is read */
    struct ing_estimate *estimate; /* in its place where a dictionary is unlikely */
    bool estimated;                /* an estimate was not full: this time a set is asked */
} ing_target;

/* What has come of it. Written under the lock, block by block. */
typedef struct ing_outcome {
    _Atomic bool did_not_fit; /* a value did not fit the target's type: what this pass makes of the
                            column is not kept, but its facts are */
    ing_facts facts;          /* the sample's at first */
    uint64_t null_count, text_bytes;
    uint8_t *null_blocks; /* one byte a block: 1 if it has nulls */
    fmt_zone *zones;      /* strings and fixed-width types; dictionaries: made in finish.c */
    struct ing_open_zone *open_zones; /* zones that have not got all their blocks */
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

typedef struct ing_schema {
    char **header;     /* names as in the file, after C-12 */
    uint32_t n_fields; /* of the header: of every record */
    ing_column *columns;
    uint32_t n_columns;
    _Atomic uint64_t set_memory; /* bytes of all sets of strings */
} ing_schema;

/* Makes the header's names unique and not empty by C-12 (without a header: column_1 …), with a
 * warning for each change unless `quiet`. path: of the input, for errors. CSV_NAME, NO_MEMORY. */
shmcol_status ing_name_columns(ing_schema *schema, bool quiet, const char *path,
                               ing_control *control, shmcol_error *err);
/* Makes the columns from the header and the options columns, nulls, dictionary, types (C-18, C-22,
 * C-51, C-60). memory: the bound. */
shmcol_status ing_make_columns(ing_schema *schema, const shmcol_csv_options *options,
                               uint64_t memory, shmcol_error *err);
/* Makes the columns what they are after the header. What results have must be freed before. */
void ing_reset_columns(ing_schema *schema);
/* Frees header and columns; what results have must be freed before. */
void ing_schema_end(ing_schema *schema);
/* Fills in `asked` of the columns that have a type in the options (C-51). */
shmcol_status ing_force_types(ing_schema *schema, const shmcol_csv_options *options,
                              shmcol_error *err);
/* Returns the field called name[0, n), UINT32_MAX if there is none. */
uint32_t ing_find_field(const ing_schema *schema, const char *name, size_t n);
/* Finds the column whose null token the option names (C-22), and the token; NULL if the option
 * names none (then it is a token of all columns) or one that is left out (*named). */
const ing_column *ing_null_column(const ing_schema *schema, const char *option, const char **token,
                                  bool *named);

/* ---- the sample (sample.c) ---- */

/* Guesses type and kind of every column to begin with. */
shmcol_status ing_sample(ing_schema *schema, const ing_text *text, const ing_limits *limits,
                         ing_control *control, shmcol_error *err);
/* Sets a column's kind and width from its type; whether a string column of `rows` rows starts as a
 * dictionary follows from the sample. */
void ing_choose_kind(ing_column *column, uint64_t rows);
/* Returns how many distinct values a column of `rows` rows may have. */
uint64_t ing_expected_distinct(const ing_sampled *sample, uint64_t rows);

#endif
