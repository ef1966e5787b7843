/* The order of strings: bytewise, and a string comes before those that it begins (F-23, F-32,
 * F-47). */
#ifndef SHMCOL_FORMAT_TEXT_H
#define SHMCOL_FORMAT_TEXT_H

#include <stdbool.h>

#include "format/bytes.h"

/* Compares two strings: negative, 0 or positive as `a` comes before, is, or comes after `b`. Either
 * pointer may be NULL where its length is 0. Most strings differ within their first 8 bytes, which
 * one comparison of big-endian numbers decides. */
static inline int fmt_text_order(const void *a, uint64_t a_length, const void *b, uint64_t b_length)
{
    if (a_length >= 8 && b_length >= 8) {
        uint64_t x = __builtin_bswap64(fmt_load64(a)), y = __builtin_bswap64(fmt_load64(b));
        if (x != y)
            return x < y ? -1 : 1;
    }
    uint64_t shorter = a_length < b_length ? a_length : b_length;
    int order = shorter != 0 ? memcmp(a, b, shorter) : 0;
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

/* Tells whether two strings are the same bytes. */
static inline bool fmt_text_equal(const void *a, uint64_t a_length, const void *b,
                                  uint64_t b_length)
{
    return a_length == b_length && (a_length == 0 || memcmp(a, b, a_length) == 0);
}

/* Returns a number that orders strings as far as it differs: the first 8 bytes, big-endian, zeros
 * after the end. Reads nothing beyond the string. */
static inline uint64_t fmt_text_key(const void *data, uint64_t length)
{
    uint64_t key = 0;
    if (length >= 8)
        key = fmt_load64(data);
    else if (length != 0)
        memcpy(&key, data, length);
    return __builtin_bswap64(key);
}

#endif
