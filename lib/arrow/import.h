/* Imported arrays on their way to the writer. Most columns go as they lie; what the writer does not
 * take (bits, views, foreign codes) is converted piece by piece into memory that does not grow with
 * the batch. */
#ifndef SHMCOL_ARROW_IMPORT_H
#define SHMCOL_ARROW_IMPORT_H

#include <stdbool.h>

#include "arrow/import_type.h"
#include "base/text_set.h"

/* ---- strings, however they lie ---- */

typedef struct arrow_texts {
    arrow_form form;         /* STRINGS32, STRINGS64 or VIEWS */
    uint64_t first, count;   /* values [first, first + count) of the buffers */
    const uint8_t *validity; /* from bit `first` on; NULL: all valid */
    const void *values;      /* offsets or views */
    const char *data;        /* STRINGS…: the bytes */
    int64_t end;             /* STRINGS…: the array's last offset; no value lies beyond it */
    const void **variadic;   /* VIEWS: their buffers */
    const void *sizes;       /* int64 each */
    int64_t n_variadic;
} arrow_texts;

enum { ARROW_VIEW_SIZE = 16 };
/* VIEWS: what the array says is the size of variadic buffer `i`. */
int64_t arrow_texts_size(const arrow_texts *texts, int64_t i);
/* Value `i` < count. False: the array is malformed there. Validity is not asked. */
bool arrow_texts_at(const arrow_texts *texts, uint64_t i, shmcol_text *text);
static inline bool arrow_texts_valid(const arrow_texts *texts, uint64_t i)
{
    return shmcol_is_valid(texts->validity, texts->first + i);
}

/* ---- arrays ---- */

/* Returns true if `array` (may be NULL) is an array of `form` that has the rows [first, first +
 * rows), `first` counted without the array's own offset. `width`: of a value of a fixed width; of a
 * tensor's list 0, since it has no values itself. On failure *problem says what is wrong. The
 * interface gives no buffer's size, so the check believes `length` and `offset` where memory could
 * be that large. */
bool arrow_array_check(const struct ArrowArray *array, arrow_form form, uint32_t width,
                       uint64_t first, uint64_t rows, const char **problem);
/* Returns the validity bitmap that counts, NULL where every value is valid (or none is:
 * ARROW_NULL). */
const uint8_t *arrow_array_validity(const struct ArrowArray *array, arrow_form form);
/* Rows [first, first + rows) of an array of strings that was checked, as texts. False: its offsets
 * do not fit each other. */
bool arrow_array_texts(const struct ArrowArray *array, arrow_form form, uint64_t first,
                       uint64_t rows, arrow_texts *texts);

/* ---- dictionaries ---- */

/* The distinct strings that a dictionary column of the writer is given, and how the current batch's
 * values map to them. */
typedef struct arrow_dictionary {
    bool given;            /* the writer has it */
    base_text_set *values; /* NULL: none yet */
    int64_t *offsets;      /* of the values, one more than there are */
    uint64_t secret;       /* of the set's hash (secret.h), set by the dictionary's maker */
    /* of the current batch */
    arrow_texts texts;
    int32_t *codes;    /* by index in the batch's dictionary; -1: a null */
    uint64_t capacity; /* of codes */
    bool has_null;     /* one of the values is null */
    bool unknown;      /* one of the values is not among them */
} arrow_dictionary;

/* Takes the distinct, non-null values of `texts` in their order. NO_MEMORY, LIMIT, or BAD_ARROW. */
shmcol_status arrow_dictionary_set(arrow_dictionary *dictionary, const arrow_texts *texts,
                                   shmcol_error *err);
/* Fills codes, has_null and unknown for the values of `texts`, which must live as long as they are
 * asked for. */
shmcol_status arrow_dictionary_map(arrow_dictionary *dictionary, const arrow_texts *texts,
                                   shmcol_error *err);
void arrow_dictionary_free(arrow_dictionary *dictionary);

/* ---- columns ---- */

typedef struct arrow_scratch {
    void *bytes;
    size_t capacity;
} arrow_scratch;

/* One column of the importer and, while a batch is appended, of that batch. */
typedef struct arrow_column {
    const char *name;
    uint32_t index;
    arrow_type type;
    bool words; /* a dictionary column that goes to the writer as strings, whatever its dictionaries
                   are */
    arrow_dictionary dictionary;
    /* of the batch */
    const struct ArrowArray *array;
    uint64_t first, rows; /* in the array's buffers: its own and its parent's offset counted in */
    const uint8_t *validity;
    arrow_texts texts; /* VIEWS */
    /* of a piece */
    arrow_scratch values, data, valid;
} arrow_column;

/* Bytes of scratch a row of the column needs, whatever its strings hold; 0: none, it goes as it
 * lies. */
uint32_t arrow_column_scratch(const arrow_column *column);
/* Checks the column's array: its rows are [offset, offset + rows) of it. */
shmcol_status arrow_column_bind(arrow_column *column, const struct ArrowArray *array,
                                uint64_t offset, uint64_t rows, shmcol_error *err);
/* How many of the batch's rows [row, row + rows) fit into `budget` bytes of strings that are to be
 * copied: at least 1. */
shmcol_status arrow_column_fit(const arrow_column *column, uint64_t row, uint64_t *rows,
                               uint64_t budget, shmcol_error *err);
/* Rows [row, row + rows) of the batch for the writer. What `data` points at lives until the next
 * call for this column. */
shmcol_status arrow_column_piece(arrow_column *column, uint64_t row, uint64_t rows,
                                 shmcol_column_data *data, shmcol_error *err);
/* What the batch's array keeps in memory, about. */
uint64_t arrow_column_bytes(const arrow_column *column);
void arrow_column_free(arrow_column *column);

/* ---- the whole ---- */

typedef struct arrow_importer arrow_importer;

/* For arrays of `schema`, which must outlive the importer. `whole`: it will see all batches and
 * gives the writer the first dictionary of each dictionary column, so that its order is kept. Else
 * this is one batch of many: only an ordered dictionary, whose order means something, is given;
 * other columns go as strings, which the writer looks up in what its caller gave it or makes a
 * dictionary of. */
shmcol_status arrow_importer_new(const struct ArrowSchema *schema, bool whole, arrow_importer **out,
                                 shmcol_error *err);
/* Checks a batch, which must live until it was appended. */
shmcol_status arrow_importer_bind(arrow_importer *importer, const struct ArrowArray *batch,
                                  shmcol_error *err);
/* Appends the batch that was bound last. */
shmcol_status arrow_importer_append(arrow_importer *importer, shmcol_writer *writer,
                                    shmcol_error *err);

/* Whether the bound batch has dictionary values that the writer was not given and cannot be given
 * any more. All has then to be written anew, after arrow_importer_restart, which lets those columns
 * go as strings. TYPE_UNSUPPORTED if such a dictionary is ordered: the new order would be a guess.
 */
shmcol_status arrow_importer_conflict(const arrow_importer *importer, bool *conflict,
                                      shmcol_error *err);
void arrow_importer_restart(arrow_importer *importer);
/* Whether a later batch can still be in conflict with what was given. */
bool arrow_importer_can_conflict(const arrow_importer *importer);
/* What the bound batch keeps in memory, about. */
uint64_t arrow_importer_bytes(const arrow_importer *importer);
void arrow_importer_free(arrow_importer *importer);

#endif
