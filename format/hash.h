/* Hashes (F-2): XXH3, in 64 and in 128 bits. The only place that knows xxhash. */
#ifndef SHMCOL_FORMAT_HASH_H
#define SHMCOL_FORMAT_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH3(data) and XXH3(data, seed). `data` may be NULL where length is 0. */
uint64_t fmt_hash(const void *data, size_t length);
uint64_t fmt_hash_seed(const void *data, size_t length, uint64_t seed);
/* XXH3(data and, after it, more; seed). */
uint64_t fmt_hash_two(const void *data, size_t length, const void *more, size_t more_length,
                      uint64_t seed);

typedef struct fmt_hash_part {
    const void *data;
    size_t length;
} fmt_hash_part;

/* Writes XXH3-128 of all parts, one after the other, to `out`, low half first. */
void fmt_hash_128(const fmt_hash_part *parts, size_t n, uint8_t out[16]);

#endif
