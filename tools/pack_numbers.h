/* Conversion of numbers from one width to another, with the answers of their texts. */
#ifndef TOOLS_PACK_NUMBERS_H
#define TOOLS_PACK_NUMBERS_H

#include <stdbool.h>
#include <stdint.h>

#include "shmcol.h"

/* Returns true if pack_numbers converts these types: integers to integers, float32 and float64, and
 * the two floats to each other. */
bool pack_can_convert(shmcol_type from, shmcol_type to);
/* Converts n values. Returns how many fit: n, or the index of the first that does not. Its place
 * and those behind it have no values then. Each value is the one that the text of shmcol-cat gives
 * when it is read as the type. So float32 0.1 becomes float64 0.1. */
uint64_t pack_numbers(shmcol_type from, shmcol_type to, const void *in, void *out, uint64_t n);

#endif
