/* The tables of the batches of grouped numbers, and the marks that they take off a number before
 * they read it: see batch_grouped_avx2.c. */
#ifndef SHMCOL_PARSE_BATCH_GROUPED_H
#define SHMCOL_PARSE_BATCH_GROUPED_H

#include "parse/grouped_fast.h"

/* The most fields whose marks are taken off at once. */
#define BATCH_TAKEN_MOST 144

/* How far a digit's byte lies below the place that it goes to, at [16 - units] for the place where
 * the last digit of the whole goes. By whether there is a decimal mark, and whether digits are
 * grouped. */
static const int8_t batch_distances[4][32] __attribute__((aligned(32))) = {
    {0},
    {5, 5, 4, 4, 4, 3, 3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0},
    {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
    {6, 6, 5, 5, 5, 4, 4, 4, 3, 3, 3, 2, 2, 2, 1, 1, 1},
};

/* The marks that were taken off each of the fields. */
typedef struct batch_taken {
    uint8_t minus[BATCH_TAKEN_MOST], shift[BATCH_TAKEN_MOST];
} batch_taken;

/* Takes all marks off a field, number i, that ends at *end. A field that cannot be read so becomes
 * an empty one, which is left. */
__attribute__((noinline)) static void batch_take_all(const char *text, const parse_marks *marks,
                                                     bool integer, size_t i, uint32_t *end,
                                                     uint32_t *size, batch_taken *taken)
{
    size_t n = *size, shift;
    const char *s = text + *end - n;
    bool minus;
    if (n == 0 || !parse_marks_strip(marks, &s, &n, &minus, &shift) || (integer && shift != 0)) {
        *size = 0;
        return;
    }
    *end = (uint32_t)(s + n - text);
    *size = (uint32_t)n;
    taken->minus[i] = minus;
    taken->shift[i] = (uint8_t)shift;
}

/* Takes the marks off n fields. Most have a currency sign in front, or none. Returns taken, or NULL
 * if all others are zero. */
static inline const batch_taken *batch_take_marks(const char *text, const parse_marks *marks,
                                                  bool integer, size_t n, uint32_t *ends,
                                                  uint32_t *sizes, batch_taken *taken)
{
    const uint32_t size = marks->currency_size, keep = (1u << (8 * size)) - 1;
    uint32_t currency = 0;
    memcpy(&currency, marks->currency, sizeof marks->currency);
    currency &= keep;
    const batch_taken *any = NULL;
    for (size_t i = 0; i < n; i++) {
        const char *const end = text + ends[i], *const s = end - sizes[i];
        uint32_t head;
        memcpy(&head, s, sizeof head);
        const uint32_t off = (head & keep) == currency ? size : 0;
        const uint32_t first = (uint32_t)(unsigned char)s[off] - '0',
                       last = (uint32_t)(unsigned char)end[-1] - '0';
        if (PARSE_RARE((first > 9) | (last > 9) | (sizes[i] <= off))) {
            if (any == NULL)
                memset(taken, 0, sizeof *taken);
            any = taken;
            batch_take_all(text, marks, integer, i, &ends[i], &sizes[i], taken);
        } else {
            sizes[i] -= off;
        }
    }
    return any;
}

#endif
