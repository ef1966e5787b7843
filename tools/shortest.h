/* Floating-point numbers as text: the fewest digits that read back as the same number, and of those
 * the nearest, spelled as Python's repr does. */
#ifndef SHMCOL_TOOLS_SHORTEST_H
#define SHMCOL_TOOLS_SHORTEST_H

#include <stddef.h>
#include <stdint.h>

#define SHORTEST_SIZE 32

/* Writes the text and a NUL, returns the text's length: 1.0, 0.0001, 1e-05, 1e+16, -0.0, inf, nan
 * (every NaN, whatever its sign). */
size_t shortest_double(double value, char out[SHORTEST_SIZE]);

/* The same, but what must read back is the float: 0.1f is 0.1. */
size_t shortest_float(float value, char out[SHORTEST_SIZE]);

/* The same of a half (IEEE 754 binary16), given by its bits. */
size_t shortest_half(uint16_t bits, char out[SHORTEST_SIZE]);

#endif
