/* Names and types of the columns: from the headers (match.c, names.c) and the options
 * (given_names.c, select.c, columns.c, ask.c, types_from.c), from a sample (sample.c), and from all
 * values (resolve.c). */
#ifndef SHMCOL_INGEST_SCHEMA_H
#define SHMCOL_INGEST_SCHEMA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/text_set.h"
#include "format/dictionary_rule.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "format/zone.h"
#include "ingest/control.h"
#include "ingest/schema/forms.h"
#include "ingest/text/text.h"
#include "parse/parse.h"
#include "shmcol.h"
#include "sink/sink.h"

/* ---- what a column's values are (resolve.c) ---- */

typedef struct ing_instant {
    int64_t seconds; /* as in parse_value */
    uint32_t nanos;
} ing_instant;

/* The facts about a column's values that decide its type. Joining them is commutative, so the
 * result does not depend on threads and blocks. */
typedef struct ing_facts {
    uint32_t classes; /* of parse_class */
    uint32_t digits;  /* digits of the longest fraction of a second */
    int32_t offset;   /* of a timestamp with one, minutes */
    bool has_offset, mixed_offsets;
    uint32_t failed_forms; /* forms for all columns that some value does not match: a bit each */
    bool has_instant;
    bool grouped;                 /* a number has its digits grouped (C-41) */
    bool many_digits;             /* float64: a text has more than 17 significant digits (C-55) */
    ing_instant earliest, latest; /* of the timestamps */
    uint64_t quoted_empty;        /* C-21 */
    uint64_t misfits;             /* C-94: values that are null because they do not fit */
    /* The next ones are for the report's hints. */
    uint64_t texts;            /* TEXT values */
    uint64_t texts_if_trimmed; /* those of another class without the spaces around them */
    bool texts_differ;
    bool first_text_trims;      /* the first TEXT value counts in texts_if_trimmed */
    uint32_t first_text_length; /* 0: there is no TEXT value, or the first one is longer */
    char first_text[24];
    uint64_t first_text_row; /* UINT64_MAX: there is no TEXT value */
} ing_facts;

/* The type of a column in the file. */
typedef struct ing_type {
    uint16_t type;    /* F-24: string stands for dictionary too, until C-60 is asked */
    uint16_t element; /* list: type of an element, whose parameters the next ones are */
    uint8_t unit;
    char zone[64];            /* "": none */
    uint8_t precision, scale; /* decimal128 */
} ing_type;

void ing_facts_init(ing_facts *facts);
/* Adds the value of a row. The rows of one worker ascend. */
void ing_facts_add(ing_facts *facts, const parse_value *value, const char *text, size_t length,
                   uint64_t row);
/* Adds a value if it equals the first TEXT value. Returns false if it has to be classified. */
static inline bool ing_facts_again(ing_facts *facts, const char *text, size_t length)
{
    if (length == 0 || length != facts->first_text_length ||
        memcmp(facts->first_text, text, length) != 0)
        return false;
    facts->texts++;
    facts->texts_if_trimmed += facts->first_text_trims;
    return true;
}
/* Keeps the first TEXT value, and counts nothing. */
void ing_facts_first(ing_facts *facts, const char *text, size_t length, uint64_t row);
void ing_facts_join(ing_facts *into, const ing_facts *from);
/* Resets the counts before the same values are added again. What is known stays known. */
void ing_facts_recount(ing_facts *facts);
/* Returns the type of values of these classes (C-50, lines 2 to 8). */
ing_type ing_resolve(const ing_facts *facts);
/* Returns true if the column is a string whatever values follow. */
bool ing_string_for_good(const ing_facts *facts);
/* Returns true if the report may have a hint about the column: its TEXT values may all be the same,
 * or be TEXT only for their spaces. Once this is false for some of the values, it is false for all
 * of them. */
bool ing_hint_possible(const ing_facts *facts);
/* Returns true if the types are the same; the names of time zones may differ, which are only a
 * label. */
bool ing_same_type(const ing_type *a, const ing_type *b);
/* Returns the bytes of a value; 0: string, list. */
uint32_t ing_type_width(const ing_type *type);
/* Returns the type of a list's elements. */
static inline ing_type ing_element_type(const ing_type *list)
{
    ing_type element = *list;
    element.type = list->element;
    element.element = 0;
    return element;
}

/* ---- types by name (type_list.c, types.c, glob.c) ---- */

/* An item NAME=TYPE of a list of types. */
typedef struct ing_type_item {
    shmcol_text name; /* as it stands: with its quotes if it is quoted */
    bool quoted;
    bool has_type; /* else it is not of the form NAME=TYPE, and `name` is all of it */
    shmcol_text type;
} ing_type_item;

/* Takes the next item from the list at *list (C-51), and sets *list behind it. Returns false at the
 * end of the list. */
bool ing_next_type(const char **list, ing_type_item *item);
/* Returns the ']' that ends the brackets of the type word[0, n), or NULL if none does before `end`.
 * Their inside begins at `s`. */
const char *ing_end_of_brackets(const char *word, size_t n, const char *s, const char *end);

typedef struct ing_type_wish {
    ing_type type;
    bool automatic;  /* "auto": the type is inferred */
    bool dictionary; /* "dictionary" */
    bool any_unit;   /* "time": the unit follows from the values (C-75) */
    bool has_form;
    ing_form form;
} ing_type_wish;

/* Reads the type called text[0, n) (C-51); its form points into the text. Returns false if there is
 * none; then `why` has the reason, "" if the name is no type's. */
bool ing_parse_type(const char *text, size_t n, const shmcol_csv_options *options,
                    const parse_style *numbers, ing_type_wish *wish, char why[ING_WHY]);
/* Returns true if the zone is an offset (C-52): UTC, +HH:MM or -HH:MM. *minutes: east of UTC. */
bool ing_zone_offset(const char *zone, int32_t *minutes);
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
    ING_FORM,  /* by a plan of a form (C-72) */
    ING_EPOCH, /* C-74 */
    ING_CELLS, /* converted cell by cell: types that were asked for (C-52), forms (C-70) */
    ING_LIST,  /* C-82 */
    ING_STRING,
    ING_DICTIONARY /* a string column as provisional codes */
} ing_kind;

/* The name and the options of a column. Const after the header. */
typedef struct ing_asked {
    const char *name;
    uint32_t name_length;
    uint32_t field;       /* of the table's header; the layout of an input has that of a record */
    bool of_file;         /* the values are the paths of the inputs (C-97); `field` is none */
    bool forced;          /* `type` was asked for (C-51) */
    bool lenient;         /* a value that does not fit `type` is null (C-94) */
    bool from_file;       /* types_from describes it (C-80) */
    bool not_made;        /* no CSV has the type that it has there */
    uint32_t codes_width; /* of a dictionary: codes are at least so wide (C-80) */
    bool any_unit;        /* a time whose unit follows from the values (C-75) */
    ing_form *form;       /* of a type that was asked for; NULL: none. The schema owns it */
    ing_type type;        /* a string, if none was asked for */
    shmcol_dictionary_mode dictionary_mode, mode_for_all;
    bool mode_named; /* the mode is for this column by its name (C-60) */
    ing_tokens tokens;
} ing_asked;

/* Counts of a column's values in the sample. Const after the sample. */
typedef struct ing_sampled {
    uint64_t values;      /* not null */
    uint64_t distinct;    /* distinct ones among them */
    uint64_t bytes;       /* of the distinct ones */
    uint64_t once, twice; /* distinct ones that were seen once, twice */
    uint64_t elements;    /* list: of all values, as their commas say */
    bool nulls;           /* some values are null */
} ing_sampled;

/* The most streams of a column: byte sequences in which a block's part begins where that of the
 * block before ends, as the bytes of strings. */
#define ING_STREAMS 2

/* The form in which a pass reads a column. Const within a pass, but for the counts in `set` and
 * `estimate`. */
typedef struct ing_target {
    bool needs_pass; /* a pass has to read it, or read it again */
    bool active;     /* this pass reads it */
    ing_kind kind;
    uint32_t width; /* bytes of a value in the buffer; of a provisional code */
    ing_type type;
    ing_form *form;                /* by which values are read; NULL: by C-50, C-52 */
    const parse_plan *plan;        /* of the kind FORM */
    bool grouped;                  /* digits of numbers are grouped, as far as is known */
    bool classify_all;             /* string: its type may still change, or a hint is possible */
    bool first_text_known;         /* a pass has read all rows */
    uint64_t seek_rows;            /* string: the first TEXT value is looked for before this row */
    struct ing_distinct *set;      /* of strings that may be a dictionary; while it is read */
    struct ing_estimate *estimate; /* instead of the set, if a dictionary is unlikely */
    bool estimated;                /* an estimate was not full, so this pass uses a set */
} ing_target;

/* Returns how many streams the column has (rows/stream.h): the bytes of strings; the elements of
 * lists; the offsets of the elements and the bytes of lists of strings. */
static inline uint32_t ing_streams(const ing_target *target)
{
    if (target->kind == ING_LIST)
        return target->type.element == FMT_STRING ? 2 : 1;
    return target->kind == ING_STRING ? 1 : 0;
}

/* Returns the bytes of the first stream that one step of a column's offsets stands for: a byte of
 * strings, an element of lists. */
static inline uint32_t ing_offset_unit(const ing_target *target)
{
    if (target->kind != ING_LIST)
        return 1;
    return target->type.element == FMT_STRING ? (uint32_t)sizeof(int64_t)
                                              : fmt_type_of(target->type.element)->width;
}

/* The results of a column. Written under the lock, block by block. */
typedef struct ing_outcome {
    _Atomic bool did_not_fit; /* a value is not of the target's type: drop all values of this pass,
                                 keep the facts */
    ing_facts facts;          /* begin with those of the sample */
    ing_facts form_facts;     /* of the values as the form reads them, where they decide the type */
    uint64_t null_count, text_bytes;
    uint8_t *null_blocks;             /* one byte a block: 1 if it has nulls */
    fmt_zone *zones;                  /* those of dictionaries are made in rows/dictionary.c */
    struct ing_open_zone *open_zones; /* string: zones that lack some of their blocks */
    /* Not ascending (F-23), as far as was seen: then no value is compared again. Where it is false,
     * the zones have the rest, but for strings. */
    _Atomic bool descends;
    uint64_t next[ING_STREAMS]; /* positions of the next block's bytes; of the block in turn */
    sink_region values, validity, streams[ING_STREAMS];
    sink_region codes;                 /* a dictionary's final ones */
    uint32_t codes_width;              /* width that `codes` was opened for */
    uint64_t distinct, distinct_bytes; /* of a dictionary */
    uint32_t dictionary;               /* its index in the table */
    sink_dictionary made;              /* of a dictionary column that is done */
} ing_outcome;

/* A column, in four groups by who writes them and when. */
typedef struct ing_column {
    ing_asked asked;
    ing_sampled sample;
    ing_target target;
    ing_outcome result;
} ing_column;

typedef struct ing_schema {
    char **header;        /* names as in the file, after C-12 */
    uint32_t n_fields;    /* of the header */
    base_text_set *names; /* the header's, to find fields by name */
    uint32_t *fields;     /* by the code of a name: its field */
    ing_column *columns;
    uint32_t n_columns;
    uint32_t *places;     /* by field: its column, or UINT32_MAX */
    uint32_t paths_width; /* the least width of the codes of the column of paths (C-80) */
    ing_forms forms;      /* for all columns */
    ing_form **owned;     /* n_owned forms of columns */
    uint32_t n_owned;
    _Atomic uint64_t set_memory; /* memory of all sets of strings */
} ing_schema;

/* Returns the bytes of a stream in the file. The offsets of elements end with that of their end. */
static inline uint64_t ing_stream_length(const ing_column *column, uint32_t stream)
{
    const uint32_t n = ing_streams(&column->target);
    const uint64_t last = n == 2 && stream == 0 ? sizeof(int64_t) : 0;
    return stream < n ? column->result.next[stream] + last : 0;
}

/* ---- the headers of several inputs (match.c) ---- */

/* The header of the table, while those of the inputs are matched with it (C-95, C-96). */
typedef struct ing_matcher {
    ing_schema *schema;          /* its header is that of the table */
    bool widens;                 /* names that are new are added to it */
    const char *first_path;      /* of the first input with a header */
    uint32_t n_first;            /* fields of its header */
    struct base_text_set *names; /* NULL until a header differs: those of the table by place */
    struct ing_place *places;
    const char *bad;   /* a name of the first header that cannot be matched (names != NULL) */
    uint32_t input;    /* number of headers that were matched by name */
    uint32_t capacity; /* of the table's header, where names were added; else 0 */
    uint64_t memory, most_memory; /* of names that were added */
} ing_matcher;

/* Returns a matcher without a header. memory: the bound on all of the conversion. */
ing_matcher ing_matcher_begin(ing_schema *schema, const shmcol_csv_options *options,
                              uint64_t memory);
/* Frees what the matcher has beside the schema's header. */
void ing_matcher_end(ing_matcher *matcher);
/* Makes the names of the first input, which become the schema's, the header of the table. */
void ing_matcher_first(ing_matcher *matcher, char **names, uint32_t n, const char *path);
/* Matches a header, also the first one, with that of the table: sets the layout's fields, which are
 * the caller's, and n_names. Returns CSV_HEADERS_DIFFER, LIMIT, MEMORY_BOUND, NO_MEMORY. */
shmcol_status ing_match_header(ing_matcher *matcher, char *const *names, size_t n,
                               ing_layout *layout, shmcol_error *err);
/* Sets *fits if a header fits that of the table (C-95). With `shares` a header of other columns
 * has to share a name with the first one. Returns NO_MEMORY. */
shmcol_status ing_header_fits(ing_matcher *matcher, char *const *names, size_t n, bool shares,
                              bool *fits, shmcol_error *err);
/* Returns CSV_HEADERS_DIFFER if an input lacks a column of the schema. */
shmcol_status ing_check_kept(const ing_schema *schema, const ing_text_source *source,
                             shmcol_error *err);

/* Makes the header's names unique and not empty by C-12 (without a header: column_1 …), with a
 * warning for each change unless `quiet`. path: of the input, for errors. Returns CSV_NAME,
 * NO_MEMORY. */
shmcol_status ing_name_columns(ing_schema *schema, bool quiet, const char *path,
                               ing_control *control, shmcol_error *err);
/* Checks names from the options (C-91; given_names.c). Returns INVALID_ARGUMENT, NO_MEMORY. */
shmcol_status ing_check_names(const char *const *names, uint32_t n, shmcol_error *err);
/* Makes the header of a text without one: the names that were given, or n == 0 empty ones, which
 * C-12 then fills. path: of the input, for errors. Returns INVALID_ARGUMENT if there are not as
 * many names as fields (C-91), NO_MEMORY. */
shmcol_status ing_give_names(ing_schema *schema, const char *const *names, uint32_t n,
                             const char *path, shmcol_error *err);
/* Returns true if the texts of a record's fields are the names. Undoes quotes and escapes in the
 * record. */
bool ing_record_is_names(const csv_dialect *dialect, const ing_record *record,
                         const char *const *names, uint32_t n);
/* Sets NO_COLUMN for a name that `what`, an option, names. */
shmcol_status ing_no_such_column(const ing_schema *schema, const char *name, size_t n,
                                 const char *what, const char *rule, shmcol_error *err);
/* Makes the columns that are kept (C-18, C-92; select.c). Returns MEMORY_BOUND, NO_COLUMN,
 * INVALID_ARGUMENT, NO_MEMORY. */
shmcol_status ing_select_columns(ing_schema *schema, const shmcol_csv_options *options,
                                 uint64_t memory, shmcol_error *err);
/* Adds the column of the inputs' paths (C-97), if one was asked for, behind all others. Returns
 * INVALID_ARGUMENT, LIMIT, NO_MEMORY. */
shmcol_status ing_add_file_column(ing_schema *schema, const shmcol_csv_options *options,
                                  const ing_text_source *source, shmcol_error *err);
/* Makes the columns from the header and the options columns, nulls, dictionary, types (C-18, C-22,
 * C-51, C-60). numbers: how they are written. memory: the bound on all of it. Returns NO_COLUMN,
 * INVALID_ARGUMENT, TYPE_NAME, MEMORY_BOUND, NO_MEMORY. */
shmcol_status ing_make_columns(ing_schema *schema, const shmcol_csv_options *options,
                               const parse_style *numbers, uint64_t memory, shmcol_error *err);
/* Resets the columns to their state after the header. The memory of their results must be free
 * (ing_free_results). */
void ing_reset_columns(ing_schema *schema);
/* Frees header and columns. The memory of their results must be free (ing_free_results). */
void ing_schema_end(ing_schema *schema);
/* Sets the types of columns from the options (C-51). Returns TYPE_NAME, NO_COLUMN,
 * INVALID_ARGUMENT, NO_MEMORY. */
shmcol_status ing_ask_types(ing_schema *schema, const shmcol_csv_options *options,
                            const parse_style *numbers, shmcol_error *err);
/* Writes the type that was asked for, with its form. Returns out. */
#define ING_ASKED_TEXT (ING_TYPE_TEXT + ING_FORM_TEXT + 16)
const char *ing_asked_text(const ing_asked *asked, char out[ING_ASKED_TEXT]);
/* Takes the types of the columns, and their order, from the file of the option types_from, if it
 * was given (C-80; types_from.c). Returns CSV_HEADERS_DIFFER if it has other columns, NO_MEMORY,
 * the errors of opening it. */
shmcol_status ing_take_types_from(ing_schema *schema, const shmcol_csv_options *options,
                                  shmcol_error *err);
/* Returns TYPE_NAME if a column still has a type of that file which no CSV has. */
shmcol_status ing_check_types_from(const ing_schema *schema, const char *path, shmcol_error *err);
/* Returns the width of the codes of a dictionary column of so many values (C-61). */
static inline uint32_t ing_codes_width(const ing_column *column, uint64_t values)
{
    const uint32_t width = fmt_code_width(values);
    return width > column->asked.codes_width ? width : column->asked.codes_width;
}
/* Returns the column of a field, NULL for UINT32_MAX and for a field that is not kept. */
ing_column *ing_column_of_field(const ing_schema *schema, uint32_t field);
/* Returns the field called name[0, n), UINT32_MAX if there is none. */
uint32_t ing_find_field(const ing_schema *schema, const char *name, size_t n);
/* Does the same for a name in quotes, where two quotes are one (C-22, C-51). */
uint32_t ing_find_quoted(const ing_schema *schema, const char *name, size_t n);
/* Finds the column of a null option, NAME=TOKEN or TOKEN (C-22), and the token. Returns NULL if the
 * option names no column (then the token is for all), or, with *named true, one that is left out.
 */
ing_column *ing_null_column(const ing_schema *schema, const char *option, const char **token,
                            bool *named);

/* ---- forms for all columns (resolve.c) ---- */

/* Notes which forms the value s[0, n) does not match. */
void ing_note_forms(const ing_forms *forms, ing_facts *facts, const char *s, size_t n);
/* Returns the first form that no value is known not to match, or NULL. */
ing_form *ing_next_form(ing_forms *forms, const ing_facts *facts);
/* Sets the column's target to the next form that it may take, and to the type by that form.
 * Returns false if there is none: then its target has no form. */
bool ing_choose_form(ing_forms *forms, ing_column *column);

/* ---- the sample (sample.c) ---- */

/* Guesses type and kind of every column from a sample. Returns IO, CHANGED, NO_MEMORY; may ask for
 * a diagnosis. */
shmcol_status ing_sample(ing_schema *schema, const ing_text *text, const ing_limits *limits,
                         ing_control *control, shmcol_error *err);
/* Sets a column's kind and width from its type. A string column of `rows` rows becomes a dictionary
 * if that is likely by the sample. */
void ing_choose_kind(ing_forms *forms, ing_column *column, uint64_t rows);
/* Estimates how many distinct values a column of `rows` rows has. */
uint64_t ing_expected_distinct(const ing_sampled *sample, uint64_t rows);

#endif
