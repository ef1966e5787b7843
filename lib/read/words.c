/* The orders of words that a handle keeps. */
#include "read/words.h"

#include <stdlib.h>

#include "alloc.h"

read_words *read_words_new(uint32_t columns)
{
    read_words *words = shm_alloc_zeroed(sizeof *words + columns * sizeof words->orders[0], 1);
    if (words != NULL)
        words->columns = columns;
    return words;
}

void read_words_free(read_words *words)
{
    for (uint32_t i = 0; words != NULL && i < words->columns; i++)
        free(atomic_load_explicit(&words->orders[i], memory_order_acquire));
    free(words);
}
