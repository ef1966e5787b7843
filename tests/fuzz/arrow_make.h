/* Arrow structures that an input of a fuzz target decides about. */
#ifndef ARROW_MAKE_H
#define ARROW_MAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shmcol.h"

/* From now on the bytes of this input decide; behind its end they are 0. */
void arrow_begin(const uint8_t *data, size_t size);
/* Returns a number below `n` <= 256, by the next byte. */
unsigned arrow_below(unsigned n);

typedef enum arrow_form {
    FIXED,
    BITS,
    SMALL,
    LARGE,
    VIEWS,
    NOTHING,
    WORDS,
    TENSOR,
    LISTS32,
    LISTS64,
    LIST_VIEWS32,
    LIST_VIEWS64,
    FOREIGN
} arrow_form;

typedef struct arrow_kind {
    arrow_form form;
    unsigned width; /* FIXED: of a value; WORDS: of an index; TENSOR: of an element */
    const char *format;
    arrow_form values; /* WORDS */
    unsigned elements; /* TENSOR */
} arrow_kind;

enum { MAX_COLUMNS = 4, MAX_BATCHES = 3 };

typedef struct arrow_plan {
    unsigned columns;
    arrow_kind kinds[MAX_COLUMNS], items[MAX_COLUMNS]; /* items: the elements of lists */
} arrow_plan;

static inline bool arrow_is_list(const arrow_kind *k)
{
    return k->form >= LISTS32 && k->form <= LIST_VIEWS64;
}

/* Base structures that were made and not released. */
extern int arrow_live;

/* Makes a schema, which decides about the plan (`again`: which follows it). Some of it may lie. */
void arrow_make_schema(struct ArrowSchema *root, arrow_plan *p, bool again);
/* Makes a batch for a schema of that plan. Some of it may lie; it may be released. */
void arrow_make_batch(struct ArrowArray *root, const arrow_plan *p);

#endif
