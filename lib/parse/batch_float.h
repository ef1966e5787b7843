/* The divisors of the batches of floats, and their bounds: see batch_float_avx512.c. */
#ifndef SHMCOL_PARSE_BATCH_FLOAT_H
#define SHMCOL_PARSE_BATCH_FLOAT_H

#define FLOAT_PLACES_MOST 22
#define FLOAT_SIZE_LEAST 3
#define FLOAT_SIZE_MOST 31

/* Up to FLOAT_PLACES_MOST, and one to fill a vector. */
static const double float_tens[24] __attribute__((aligned(64))) = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22, 1};
static const double float_tenths[24] __attribute__((aligned(64))) = {
    1e-0,  1e-1,  1e-2,  1e-3,  1e-4,  1e-5,  1e-6,  1e-7,  1e-8,  1e-9,  1e-10, 1e-11,
    1e-12, 1e-13, 1e-14, 1e-15, 1e-16, 1e-17, 1e-18, 1e-19, 1e-20, 1e-21, 1e-22, 1};

#endif
