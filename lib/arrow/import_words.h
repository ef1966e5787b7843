/* Dictionaries of a table that are known before its values: the words of columns are collected from
 * all batches, and the importer then gives codes into them. */
#ifndef SHMCOL_ARROW_IMPORT_WORDS_H
#define SHMCOL_ARROW_IMPORT_WORDS_H

#include "arrow/import.h"
#include "base/text_set.h"

/* The words of one column that are not among the known ones. */
typedef struct arrow_words {
    const base_text_set *known; /* NULL: none */
    base_text_set *fresh;
    uint64_t most;        /* of the fresh words */
    uint64_t bytes;       /* of all values that are not null; not of a dictionary */
    bool many;            /* there are more fresh words than that: the rest was left out */
    shmcol_text left_out; /* the first of those, in the batch */
} arrow_words;

/* Adds the words of the bound batch's column, which is one of strings or a dictionary: of the
 * latter also those that no row has. Errors: BAD_ARROW, LIMIT, NO_MEMORY. */
shmcol_status arrow_words_collect(arrow_importer *importer, uint32_t column, arrow_words *words,
                                  shmcol_error *err);
/* Lends the importer the words of a dictionary column whose writer is given these by the caller.
 * They stay the caller's. NULL: the writer's column is one of strings. */
void arrow_words_lend(arrow_importer *importer, uint32_t column, base_text_set *words);

#endif
