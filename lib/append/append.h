/* Appending to a table in a directory (F-84), whole or not at all. The data goes one way:
 *   append_file.c, append_stream.c, append_writer.c, append_csv.c   make a source of what is given:
 *                        all rows are known, and none is in the table yet
 *   append.c             the steps: hold the directory (append_place.c), look at the table
 *                        (append_table.c), remove what was left behind (append_clean.c), match the
 *                        columns (append_columns.c), plan the parts (append_plan.c), collect the
 *                        words of dictionaries (append_words.c) and the metadata
 *                        (append_pairs.c), write the parts (append_parts.c), give them their names
 *                        (append_publish.c) */
#ifndef SHMCOL_APPEND_H
#define SHMCOL_APPEND_H

#include <stdbool.h>
#include <stdint.h>

#include "arrow/import.h"
#include "base/text_set.h"
#include "error.h"
#include "shmcol.h"
#include "sys/sys.h"

#define APPEND_WORDS_MAX (UINT32_C(1) << 20) /* of a dictionary (F-82) */
#define APPEND_WORDS_AUTO 4096u              /* of one that nobody asked for */
#define APPEND_TOKENS_MAX 1000u              /* of a table (F-85) */

/* ---- append_place.c: the directory, held against other appenders ---- */

typedef struct append_place {
    const char *path;
    sys_part_place at; /* both -1: not open */
    bool held, made;   /* made: the directory was made here */
    int64_t process;   /* the one that holds it */
    uint64_t device, inode;
} append_place;

/* Opens the directory, which is made if it is missing, and waits until no other process appends.
 * The caller ends it with append_place_end, also after an error. Errors: IO, LOCKED, CANCELLED,
 * NO_MEMORY. */
shmcol_status append_place_hold(append_place *place, const char *path,
                                const shmcol_append_options *options, shmcol_error *err);
/* Checks that this process holds the directory, and that the path is still that of it. Errors:
 * FILE_REPLACED, WRITER_STATE, IO. */
shmcol_status append_place_prove(const append_place *place, shmcol_error *err);
/* Lets the directory go, in the process that holds it; `keep` false: removes one that was made here
 * and is empty. */
void append_place_end(append_place *place, bool keep);

/* ---- append_source.c: the rows that are appended ---- */

/* All rows as Arrow batches, which are checked when they are used. */
typedef struct append_source {
    struct ArrowSchema schema; /* as it came */
    shmcol_field *fields;      /* of the schema: what a first append makes of its columns */
    uint32_t n;
    struct ArrowArray *batches;
    uint64_t n_batches, capacity, rows;
    /* After append_source_arrange: */
    struct ArrowSchema view;       /* the columns of the table in their order */
    struct ArrowSchema **children; /* of the view */
    struct ArrowArray **columns;   /* of a batch */
    uint32_t *order;               /* the source's column of each of the table's */
    arrow_importer *importer;      /* of the view */
} append_source;

/* Takes the schema of a stream; the source is one of zeros. Errors: IO, BAD_ARROW,
 * TYPE_UNSUPPORTED, LIMIT, NO_MEMORY. */
shmcol_status append_source_begin(append_source *source, struct ArrowArrayStream *stream,
                                  shmcol_error *err);
/* Adds a batch, which is the source's afterwards, also after an error. Errors: BAD_ARROW,
 * NO_MEMORY. */
shmcol_status append_source_add(append_source *source, struct ArrowArray *batch, shmcol_error *err);
/* Makes a source of zeros that of a file's rows, which are not copied. `flags`: SHMCOL_ARROW_….
 * Errors: those of shmcol_export_stream. */
shmcol_status append_source_file(append_source *source, shmcol_file *file, uint32_t flags,
                                 shmcol_error *err);
/* Makes a source of zeros that of the file in a descriptor, which stays the caller's. */
shmcol_status append_source_fd(append_source *source, int fd, shmcol_error *err);
/* Chooses the n source columns of the table's columns, and makes the importer. Errors: NO_MEMORY,
 * those of arrow_importer_new. */
shmcol_status append_source_arrange(append_source *source, const uint32_t *order, uint32_t n,
                                    shmcol_error *err);
/* Binds the importer to rows [first, first + rows), run by run of one batch each, and calls fn
 * after each. Errors: those of arrow_importer_bind and of fn. */
typedef shmcol_status append_run_fn(void *arg, arrow_importer *importer, uint64_t rows,
                                    shmcol_error *err);
shmcol_status append_source_each(append_source *source, uint64_t first, uint64_t rows,
                                 append_run_fn *fn, void *arg, shmcol_error *err);
/* Frees the source and what it has. */
void append_source_end(append_source *source);

/* ---- append_plan.c ---- */

typedef struct append_piece {
    uint64_t first, end; /* rows of the table */
} append_piece;

/* The rows that are known before an append. */
typedef struct append_rows {
    bool empty;          /* there is no part yet; begin and end are 0 */
    uint64_t begin, end; /* rows of the last part: [A, B) of F-84 */
    uint64_t added;
    uint64_t part_rows, min_part_rows; /* part_rows: whole zones */
    uint64_t zone;                     /* rows of a zone */
} append_rows;

typedef struct append_plan {
    bool replaces;      /* the first piece replaces the last part */
    uint64_t begin;     /* of the first piece: A of F-84, after an open part was counted in */
    uint64_t first_end; /* of the first piece; A if there is none before C */
    uint64_t end;       /* E */
    uint64_t whole;     /* C */
    uint64_t n;         /* pieces */
} append_plan;

/* Plans the parts of an append that adds rows, or makes a table (F-84). */
append_plan append_plan_make(const append_rows *rows);
/* Returns piece `index` of the plan. */
append_piece append_plan_piece(const append_rows *rows, const append_plan *plan, uint64_t index);

/* ---- append_types.c ---- */

enum { APPEND_TYPE_TEXT = 160 };

/* Makes a field of a column's description. Its metadata are none. */
shmcol_field append_field_of(const shmcol_column_info *info);
/* Tells whether values of one type are values of the other. Strings and dictionaries are. */
bool append_same_type(const shmcol_field *a, const shmcol_field *b);
/* Writes a type with its parameters, and returns `out`. */
char *append_type_text(const shmcol_field *field, char out[APPEND_TYPE_TEXT]);

/* ---- append_pairs.c: metadata ---- */

/* Pairs whose texts are elsewhere. */
typedef struct append_pairs {
    shmcol_pair *pairs;
    uint32_t n, capacity;
} append_pairs;

shmcol_status append_pairs_add(append_pairs *pairs, shmcol_pair pair, shmcol_error *err);
/* Adds the metadata of a file's column (or SHMCOL_TABLE): the tokens, or all others. */
shmcol_status append_pairs_of_file(append_pairs *pairs, const shmcol_file *file, uint32_t column,
                                   bool tokens, shmcol_error *err);
/* Adds the metadata of a schema without tokens. Errors: BAD_ARROW, NO_MEMORY. */
shmcol_status append_pairs_of_schema(append_pairs *pairs, const struct ArrowSchema *schema,
                                     shmcol_error *err);
/* Counts the pairs that `others` do not have. */
uint32_t append_pairs_missing(const shmcol_pair *pairs, uint32_t n, const append_pairs *others);
/* Returns true for the key of tokens (F-85). */
bool append_is_token(shmcol_text key);
/* Returns the pair of a token. */
shmcol_pair append_token_pair(const char *token);
/* Checks a token. Errors: INVALID_ARGUMENT. */
shmcol_status append_check_token(const char *token, shmcol_error *err);

/* ---- the job of one append ---- */

typedef struct append_column {
    shmcol_field field;   /* of the parts */
    append_pairs pairs;   /* its metadata */
    bool automatic;       /* first append: C-60 decides about a dictionary */
    bool ordered;         /* its dictionary's order means something */
    base_text_set *words; /* a dictionary: those of all parts of this append */
    int64_t *offsets;     /* of the words */
} append_column;

typedef struct append_part {
    sys_output *output;
    uint8_t id[16]; /* file_id; known when it is written */
} append_part;

typedef struct append_job {
    const char *dir;
    shmcol_append_options options;
    append_source *source;
    append_place place;
    /* The table as it was; file is NULL: there is none. */
    shmcol_file *file, *last; /* last: its last part */
    int last_fd;
    uint8_t table_id[16];
    shmcol_file_info last_info;
    uint64_t table_parts;
    append_source tail; /* the rows of the last part, if it is replaced */
    append_column *columns;
    uint32_t n_columns;
    append_rows rows;
    append_plan plan;
    append_pairs pairs;       /* metadata of all parts */
    append_pairs first_pairs; /* and that of the first of them, with tokens */
    append_part *parts;
    shmcol_append_report report;
} append_job;

/* Appends the source to the table in `dir` (append.c). `options` are of this version's size.
 * Errors: those of the public functions. */
shmcol_status append_run(const char *dir, append_source *source,
                         const shmcol_append_options *options, shmcol_error *err);
/* Copies and checks the caller's options, and that `dir` is no file (append.c). Errors:
 * INVALID_ARGUMENT, IO. */
shmcol_status append_take_options(const char *dir, const shmcol_append_options *given,
                                  shmcol_append_options *options, shmcol_error *err);
/* Opens an unlinked file for rows that wait, near the table (append.c). Errors: IO. */
shmcol_status append_open_temporary(const char *dir, int *fd, shmcol_error *err);
/* Asks the caller's progress function. Errors: CANCELLED. */
shmcol_status append_ask(const shmcol_append_options *options, shmcol_error *err);

/* Opens the first part of the table, whose columns are those of all, without the lock
 * (append_table.c). *first stays NULL where there is no table yet. Both are the caller's, to be
 * closed and freed, also after an error. Errors: those of shmcol_open. */
shmcol_status append_peek(const char *dir, shmcol_file **first, char **path, shmcol_error *err);
/* Opens the table and its last part (append_table.c). Errors: those of shmcol_open, FILE_REPLACED.
 */
shmcol_status append_table_open(append_job *job, shmcol_error *err);
/* Finds out whether the table has the token of the options. Errors: those of a damaged table. */
shmcol_status append_table_token(append_job *job, bool *has, shmcol_error *err);
/* Checks that nothing has changed since: the directory, the last part's name, and that no part
 * follows. `named`: the new parts but the first have their names. Errors: FILE_REPLACED, IO,
 * WRITER_STATE. */
shmcol_status append_table_prove(const append_job *job, bool named, shmcol_error *err);

/* Removes what an append that died has left: parts which the chain does not reach, the marker
 * beside them, and temporary files of dead processes (append_clean.c). Errors: IO, PARTS_MISSING
 * (without the marker such parts are a table that has lost one), NO_MEMORY. */
shmcol_status append_clean(append_job *job, shmcol_error *err);

/* Makes the columns of the table, and arranges the source by them (append_columns.c). Errors:
 * NO_COLUMN, WRONG_TYPE, COLUMN_UNSUPPORTED, NO_MEMORY. */
shmcol_status append_columns(append_job *job, shmcol_error *err);
/* Checks that the fields are those of a table (append_columns.c): *order, n of them, has the field
 * of each column. Errors: NO_COLUMN, WRONG_TYPE, BAD_NAME. */
shmcol_status append_match(const append_column *columns, uint32_t n_columns,
                           const shmcol_field *fields, uint32_t n, uint32_t *order,
                           shmcol_error *err);
/* Describes the columns of a table (append_columns.c). *columns is to be freed by
 * append_columns_free, also after an error. */
shmcol_status append_columns_of(const shmcol_file *file, append_column **columns, uint32_t *n,
                                shmcol_error *err);
void append_columns_free(append_column *columns, uint32_t n);

/* Collects the words of all dictionary columns, and decides about automatic ones (append_words.c).
 * Errors: LIMIT, BAD_VALUE (a new word of an ordered dictionary), NO_MEMORY, those of a damaged
 * file. */
shmcol_status append_words(append_job *job, shmcol_error *err);

/* Writes and syncs all parts (append_parts.c). Errors: those of a writer. */
shmcol_status append_parts_write(append_job *job, shmcol_error *err);
/* Drops the outputs of the parts, and their memory. */
void append_parts_end(append_job *job);

/* Gives the parts their names (append_publish.c). *happened: the rows are in the table. Errors:
 * FILE_REPLACED, IO, APPENDED_NOT_SYNCED. */
shmcol_status append_publish(append_job *job, bool *happened, shmcol_error *err);

#endif
