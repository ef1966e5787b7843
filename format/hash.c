/* Hashes (F-2). XXH3 is compiled into this file alone. */
#define XXH_STATIC_LINKING_ONLY /* XXH3_state_t as an automatic variable: no allocation */
#include "format/hash.h"

#include <xxhash.h>

#include "format/bytes.h"

uint64_t fmt_hash(const void *data, size_t length)
{
    return XXH3_64bits(data, length);
}

uint64_t fmt_hash_seed(const void *data, size_t length, uint64_t seed)
{
    return XXH3_64bits_withSeed(data, length, seed);
}

uint64_t fmt_hash_two(const void *data, size_t length, const void *more, size_t more_length,
                      uint64_t seed)
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    (void)XXH3_64bits_reset_withSeed(&state, seed);
    (void)XXH3_64bits_update(&state, data, length);
    (void)XXH3_64bits_update(&state, more, more_length);
    return XXH3_64bits_digest(&state);
}

void fmt_hash_128(const fmt_hash_part *parts, size_t n, uint8_t out[16])
{
    XXH3_state_t state;
    XXH3_INITSTATE(&state);
    (void)XXH3_128bits_reset(&state);
    for (size_t i = 0; i < n; i++)
        (void)XXH3_128bits_update(&state, parts[i].data, parts[i].length);
    XXH128_hash_t hash = XXH3_128bits_digest(&state);
    fmt_store64(out, hash.low64);
    fmt_store64(out + 8, hash.high64);
}
