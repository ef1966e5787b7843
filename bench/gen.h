/* The common parts of the generators of bench tables: the same bytes on every machine, so integers
 * only, a fixed seed, no locale. */
#ifndef SHMCOL_BENCH_GEN_H
#define SHMCOL_BENCH_GEN_H

#include <stdint.h>
#include <string.h>

/* splitmix64 */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline char *put_digits(char *out, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value /= 10)
        out[i] = (char)('0' + value % 10);
    return out + digits;
}

static inline char *put_number(char *out, uint64_t value)
{
    int digits = 1;
    for (uint64_t rest = value / 10; rest != 0; rest /= 10)
        digits++;
    return put_digits(out, value, digits);
}

static inline char *put_text(char *out, const char *text)
{
    size_t n = strlen(text);
    memcpy(out, text, n);
    return out + n;
}

#endif
