/* Little-endian loads and stores through memcpy (F-1): no alignment is assumed, nothing is read
 * twice. */
#ifndef SHMCOL_FORMAT_BYTES_H
#define SHMCOL_FORMAT_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "shmcol maps little-endian values in place and needs a little-endian machine"
#endif

static inline uint16_t fmt_load16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t fmt_load32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline double fmt_load_double(const void *p)
{
    double v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t fmt_load64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline void fmt_store16(void *p, uint16_t v)
{
    memcpy(p, &v, sizeof v);
}

static inline void fmt_store32(void *p, uint32_t v)
{
    memcpy(p, &v, sizeof v);
}

static inline void fmt_store64(void *p, uint64_t v)
{
    memcpy(p, &v, sizeof v);
}

/* Tells whether [offset, offset + length) lies in [0, size). */
static inline bool fmt_within(uint64_t offset, uint64_t length, uint64_t size)
{
    return offset <= size && length <= size - offset;
}

/* Computes align(x, a) of F-1 for a power of two. Returns false if it does not fit 64 bits. */
static inline bool fmt_align(uint64_t x, uint64_t a, uint64_t *out)
{
    uint64_t sum;
    if (__builtin_add_overflow(x, a - 1, &sum))
        return false;
    *out = sum & ~(a - 1);
    return true;
}

/* Tells whether the first `n` bytes are zero (F-3). */
bool fmt_is_zero(const uint8_t *p, size_t n);

/* Returns bit `i` of a validity bitmap (F-35). */
static inline bool fmt_bit(const uint8_t *bitmap, uint64_t i)
{
    return (bitmap[i >> 3] >> (i & 7)) & 1;
}

#endif
