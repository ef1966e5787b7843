/* The bytes of a date and of a clock in 16-byte lanes, for the batches of dates and timestamps.
 * A pattern (xor with it) and the largest value that may come out say which bytes are allowed.
 * Multiplications make pairs of digits, and of these the parts. */
#ifndef SHMCOL_PARSE_BATCH_SHAPE_H
#define SHMCOL_PARSE_BATCH_SHAPE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define BATCH_ANY 0xff

typedef struct batch_shape {
    uint8_t pattern[16], most[16];
    int8_t tens[16];     /* factors of bytes */
    int16_t hundreds[8]; /* factors of pairs of bytes */
} batch_shape;

/* YYYY-MM-DD and, if `then` is not 0, that byte. Parts: year, month, day, 0. */
static inline batch_shape batch_shape_of_date(uint8_t then)
{
    return (batch_shape){
        {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', then, 0, 0, 0, 0, 0},
        {9, 9, 9, 9, 0, 9, 9, 0, 9, 9, then == 0 ? BATCH_ANY : 0, BATCH_ANY, BATCH_ANY, BATCH_ANY,
         BATCH_ANY, BATCH_ANY},
        {10, 1, 10, 1, 0, 10, 1, 0, 10, 1, 0, 0, 0, 0, 0, 0},
        {100, 1, 1, 1, 1, 0, 0, 0},
    };
}

/* HH:MM:SS, a fraction of 0, 3 or 6 digits behind a '.', 'Z' if utc. Parts: the seconds of HH and
 * the tens of MM; those of the rest; the first three digits of the fraction; the others. */
static inline batch_shape batch_shape_of_clock(uint32_t digits, bool utc)
{
    batch_shape s = {
        {'0', '0', ':', '0', '0', ':', '0', '0', '.', '0', '0', '0', '0', '0', '0', 0},
        {2, 9, 0, 5, 9, 0, 5, 9, 0, 9, 9, 9, 9, 9, 9, BATCH_ANY},
        {10, 1, 0, 10, 1, 0, 10, 1, 0, 100, 10, 1, 100, 10, 1, 0},
        {3600, 60, 60, 1, 1, 1, 1, 1},
    };
    size_t size = digits == 0 ? 8 : 9 + digits;
    if (utc) {
        s.pattern[size] = 'Z';
        s.most[size] = 0;
        s.tens[size++] = 0;
    }
    memset(s.most + size, BATCH_ANY, 16 - size);
    memset(s.tens + size, 0, 16 - size);
    return s;
}

#endif
