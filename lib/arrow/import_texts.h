/* Strings of an imported array, whatever its layout: offsets of 32 or 64 bits, or views. */
#ifndef SHMCOL_ARROW_IMPORT_TEXTS_H
#define SHMCOL_ARROW_IMPORT_TEXTS_H

#include <stdbool.h>

#include "arrow/import_type.h"

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

/* STRINGS…: returns offset `i` of the texts. */
int64_t arrow_texts_offset(const arrow_texts *texts, uint64_t i);
/* VIEWS: returns the size that the array gives for variadic buffer `i`. */
int64_t arrow_texts_size(const arrow_texts *texts, int64_t i);
/* Gives value `i` < count. Returns false if the array is malformed there. Ignores the validity. */
bool arrow_texts_at(const arrow_texts *texts, uint64_t i, shmcol_text *text);
/* Returns true if value `i` is not null. */
static inline bool arrow_texts_valid(const arrow_texts *texts, uint64_t i)
{
    return shmcol_is_valid(texts->validity, texts->first + i);
}

#endif
