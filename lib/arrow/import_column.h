/* One column of the importer that is no list: its batch checked, and rows of it prepared for the
 * writer. */
#ifndef SHMCOL_ARROW_IMPORT_COLUMN_H
#define SHMCOL_ARROW_IMPORT_COLUMN_H

#include "arrow/import_dictionary.h"

typedef struct arrow_scratch {
    void *bytes;
    size_t capacity;
} arrow_scratch;

/* One column of the importer and, while a batch is appended, of that batch. */
typedef struct arrow_column {
    const char *name;
    uint32_t index;
    arrow_type type;
    /* true: a dictionary column that goes to the writer as strings, whatever its dictionaries are
     */
    bool as_strings;
    arrow_dictionary dictionary;
    /* of the batch */
    const struct ArrowArray *array;
    uint64_t first, rows; /* in the array's buffers: its own and its parent's offset counted in */
    const uint8_t *validity;
    arrow_texts texts;         /* strings */
    struct arrow_column *item; /* list: its elements, all those of the child (import_list.h) */
    /* of the rows that were prepared last */
    arrow_scratch values, data, valid;
} arrow_column;

/* Returns the bytes of scratch that a row of the column needs, whatever its strings hold. 0: none,
 * the writer takes its values where they lie. */
uint32_t arrow_column_scratch(const arrow_column *column);
/* Checks the column's array and remembers it. The batch's rows are [offset, offset + rows) of the
 * array. Errors: BAD_ARROW, BAD_VALUE (F-56). */
shmcol_status arrow_column_bind(arrow_column *column, const struct ArrowArray *array,
                                uint64_t offset, uint64_t rows, shmcol_error *err);
/* Lowers *rows to the number of the batch's rows from `row` on whose strings, where they are to be
 * copied, fit into `budget` bytes: at least 1. Errors: BAD_ARROW. */
shmcol_status arrow_column_fit(const arrow_column *column, uint64_t row, uint64_t *rows,
                               uint64_t budget, shmcol_error *err);
/* Prepares rows [row, row + rows) of the batch for the writer. The memory that `data` points at
 * lives until the next call for this column. Errors: BAD_ARROW, NO_MEMORY. */
shmcol_status arrow_column_prepare(arrow_column *column, uint64_t row, uint64_t rows,
                                   shmcol_column_data *data, shmcol_error *err);
/* Returns the bytes that the batch's array keeps in memory, about. */
uint64_t arrow_column_bytes(const arrow_column *column);
/* Returns at least `size` bytes of scratch, whose old contents are lost; NULL without memory. */
void *arrow_scratch_take(arrow_scratch *scratch, uint64_t size);
/* Fills the error BAD_ARROW for a column, and a row of the batch; -1: none. Returns it. */
shmcol_status arrow_column_malformed(const arrow_column *column, int64_t row, const char *what,
                                     shmcol_error *err);
/* Makes the validity of rows from `row` on that of the data. */
void arrow_column_validity(const arrow_column *column, uint64_t row, shmcol_column_data *data);
/* Returns true if the batch goes to the writer as strings that are copied one by one. */
bool arrow_column_by_strings(const arrow_column *column);
/* Gives the text of row `row`, and false in *valid for a null. Returns false if the array is
 * malformed there. */
bool arrow_column_text(const arrow_column *column, uint64_t row, shmcol_text *text, bool *valid);

/* Frees the parts of the column. */
void arrow_column_free(arrow_column *column);

#endif
