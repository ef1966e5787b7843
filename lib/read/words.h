/* The orders in which the words of unsorted dictionaries are searched. */
#ifndef SHMCOL_READ_WORDS_H
#define SHMCOL_READ_WORDS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "shmcol.h"

/* The orders of a handle, by column. */
typedef struct read_words {
    uint32_t columns;
    _Atomic(uint32_t *) orders[]; /* NULL: no search so far */
} read_words;

/* Makes an empty set of orders. NULL: no memory. */
read_words *read_words_new(uint32_t columns);
void read_words_free(read_words *words); /* NULL is allowed */

#endif
