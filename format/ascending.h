/* The order of a column's values (F-23: ascending): where a run of them descends.
 *
 * A run that does not descend has its minimum as first and its maximum as last value. So zone
 * entries (zone.h) need one more bit to tell whether the rows of two of them ascend together. */
#ifndef SHMCOL_FORMAT_ASCENDING_H
#define SHMCOL_FORMAT_ASCENDING_H

#include <stddef.h>
#include <stdint.h>

/* Returns the first of `n` packed values, all valid, that is less than the one before it or is NaN;
 * `n` if there is none. `bounds` and `width` are those of a type with zone maps that is not a
 * string (types.h). The values may be anything; each is read a few times. */
size_t fmt_first_descent(uint8_t bounds, uint32_t width, const uint8_t *values, size_t n);

#endif
