/* Decimal digits to the nearest double, ties to even: exact for any number of digits and any
 * exponent. */
#ifndef SHMCOL_PARSE_DECIMAL_H
#define SHMCOL_PARSE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECIMAL_HEAD 19 /* digits that always fit 64 bits */

/* value = head * 10^exponent, where head is the first DECIMAL_HEAD digits, or all where there are
 * no more, counted from the first that is not zero (0 for zero). Where there are more, `rest` is
 * true and text[0 … size) holds all digits from that first one on, to be read over any byte that is
 * no digit; exponent is that of the head's last digit all the same. */
struct decimal {
    uint64_t head;
    int64_t exponent;
    bool rest;
    const char *text;
    size_t size;
};

/* Returns the bits of the nearest double of the magnitude; those of infinity if it overflows. */
uint64_t parse_decimal_nearest(const struct decimal *decimal) __attribute__((visibility("hidden")));

/* Compares the decimal with the finite double of these bits, which must be its nearest: -1, 0 or
 * 1. */
int parse_decimal_compare(const struct decimal *decimal, uint64_t bits)
    __attribute__((visibility("hidden")));

#endif
