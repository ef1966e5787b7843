/* Whole numbers, true and false: the ways of parse_fast.h, one field after the other, with the
 * instructions of AVX2's machines. */
#if defined(__x86_64__)
#include "parse/batch_avx2.h"

/* The loop over rows of a type whose plain spelling FAST(s, n, &out[row]) knows. */
#define BATCH_LOOP(name, ctype, FAST)                                                              \
    parse_batch_fn name;                                                                           \
    size_t name(const parse_fields *fields, size_t count, void *out, uint32_t *left)               \
    {                                                                                              \
        ctype *values = out;                                                                       \
        uint32_t *next = left;                                                                     \
        batch_places places PARSE_UNSET;                                                           \
        for (size_t row = 0; row < count; row += BATCH_STEP) {                                     \
            const size_t n = count - row < BATCH_STEP ? count - row : BATCH_STEP;                  \
            batch_take(fields, row, n, &places);                                                   \
            for (size_t i = 0; i < n; i++) {                                                       \
                const size_t size = places.size[i];                                                \
                *next = (uint32_t)(row + i);                                                       \
                next += !FAST(fields->text + places.end[i] - size, size, &values[row + i]);        \
            }                                                                                      \
        }                                                                                          \
        return (size_t)(next - left);                                                              \
    }

BATCH_LOOP(parse_batch_int64_avx2, int64_t, parse_int64_fast)
BATCH_LOOP(parse_batch_bool_avx2, uint8_t, parse_bool_fast)
#else
typedef int parse_batch_word_avx2_is_x86_only;
#endif
