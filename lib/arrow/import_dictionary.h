/* The dictionary of an imported column: the distinct values that the writer is given, and how the
 * values of the current batch map to them. */
#ifndef SHMCOL_ARROW_IMPORT_DICTIONARY_H
#define SHMCOL_ARROW_IMPORT_DICTIONARY_H

#include <stdbool.h>

#include "arrow/import_texts.h"
#include "base/text_set.h"

typedef struct arrow_dictionary {
    bool given;            /* the writer has it */
    bool lent;             /* the values are the caller's (import_words.h), and have no offsets */
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

/* Sets the dictionary to the distinct, non-null values of `texts` in their order. Errors:
 * NO_MEMORY, LIMIT, BAD_ARROW. */
shmcol_status arrow_dictionary_set(arrow_dictionary *dictionary, const arrow_texts *texts,
                                   shmcol_error *err);
/* Fills codes, has_null and unknown for the values of `texts`, which must live as long as they are
 * used. Errors: NO_MEMORY, BAD_ARROW. */
shmcol_status arrow_dictionary_map(arrow_dictionary *dictionary, const arrow_texts *texts,
                                   shmcol_error *err);
/* Frees the parts of the dictionary. */
void arrow_dictionary_free(arrow_dictionary *dictionary);

#endif
