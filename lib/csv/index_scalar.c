/* The index with 64-bit words only: runs everywhere. */
#include <string.h>

#include "csv/index.h"

#define ISA(name) name##_scalar

typedef struct block64 {
    uint64_t word[8];
} block64;

static inline block64 block_load(const uint8_t *p)
{
    block64 b;
    memcpy(&b, p, sizeof b);
    return b;
}

/* Returns the top bit of each byte of `high` as 8 bits, byte 0 lowest. */
static inline uint64_t gather_top_bits(uint64_t high)
{
    return ((high >> 7) * UINT64_C(0x0102040810204080)) >> 56;
}

static inline uint64_t block_eq(block64 b, uint8_t byte)
{
    const uint64_t low7 = UINT64_C(0x7f7f7f7f7f7f7f7f),
                   pattern = UINT64_C(0x0101010101010101) * byte;
    uint64_t mask = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t x = b.word[i] ^ pattern;
        uint64_t zero = ~(((x & low7) + low7) | x | low7); /* exact: no borrow between bytes */
        mask |= gather_top_bits(zero) << (8 * i);
    }
    return mask;
}

static inline uint64_t block_high(block64 b)
{
    uint64_t mask = 0;
    for (int i = 0; i < 8; i++)
        mask |= gather_top_bits(b.word[i] & UINT64_C(0x8080808080808080)) << (8 * i);
    return mask;
}

static inline uint64_t prefix_xor(uint64_t x)
{
    x ^= x << 1;
    x ^= x << 2;
    x ^= x << 4;
    x ^= x << 8;
    x ^= x << 16;
    x ^= x << 32;
    return x;
}

csv_index_fn csv_index_scalar;
csv_count_fn csv_count_scalar;
csv_index_halved_fn csv_index_halved_scalar;
#include "csv/index_template.h"
