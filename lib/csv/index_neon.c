/* The index with the vector instructions every aarch64 has; quote parity by carry-less multiply
 * where the compiler may use it. */
#if defined(__aarch64__)
#include <arm_neon.h>
#include <string.h>

#include "csv/index.h"

#define ISA(name) name##_neon

typedef uint8x16x4_t block64;

static inline block64 block_load(const uint8_t *p)
{
    block64 b = {{vld1q_u8(p), vld1q_u8(p + 16), vld1q_u8(p + 32), vld1q_u8(p + 48)}};
    return b;
}

/* One bit of each byte of four vectors that are all ones or all zeros. Every byte keeps the bit of
 * its place among eight; three rounds of adding neighbours then put eight of them together. */
static inline uint64_t gather_bits(uint8x16_t a, uint8x16_t b, uint8x16_t c, uint8x16_t d)
{
    const uint8x16_t places = vreinterpretq_u8_u64(vdupq_n_u64(UINT64_C(0x8040201008040201)));
    uint8x16_t low = vpaddq_u8(vandq_u8(a, places), vandq_u8(b, places)),
               high = vpaddq_u8(vandq_u8(c, places), vandq_u8(d, places));
    low = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(low, low)), 0);
}

static inline uint64_t block_eq(block64 b, uint8_t byte)
{
    uint8x16_t pattern = vdupq_n_u8(byte);
    return gather_bits(vceqq_u8(b.val[0], pattern), vceqq_u8(b.val[1], pattern),
                       vceqq_u8(b.val[2], pattern), vceqq_u8(b.val[3], pattern));
}

static inline uint64_t block_high(block64 b)
{
    uint8x16_t any = vorrq_u8(vorrq_u8(b.val[0], b.val[1]), vorrq_u8(b.val[2], b.val[3]));
    if (__builtin_expect(vmaxvq_u8(any) < 0x80, 1))
        return 0;
    const uint8x16_t top = vdupq_n_u8(0x80);
    return gather_bits(vcgeq_u8(b.val[0], top), vcgeq_u8(b.val[1], top), vcgeq_u8(b.val[2], top),
                       vcgeq_u8(b.val[3], top));
}

static inline uint64_t prefix_xor(uint64_t x)
{
#if defined(__ARM_FEATURE_AES)
    return (uint64_t)vmull_p64((poly64_t)x, (poly64_t)UINT64_MAX);
#else
    for (int shift = 1; shift < 64; shift *= 2)
        x ^= x << shift;
    return x;
#endif
}

csv_index_fn csv_index_neon;
csv_count_fn csv_count_neon;
csv_index_halved_fn csv_index_halved_neon;
#include "csv/index_template.h"

/* ---- UTF-8 ---- */

typedef uint8x16_t vec;
#define VEC_BYTES 16
#define vec_load(p) vld1q_u8(p)
#define vec_zero() vdupq_n_u8(0)
#define vec_all(byte) vdupq_n_u8(byte)
#define vec_and(a, b) vandq_u8(a, b)
#define vec_or(a, b) vorrq_u8(a, b)
#define vec_xor(a, b) veorq_u8(a, b)
#define vec_subs(a, b) vqsubq_u8(a, b)
#define vec_high_nibbles(v) vshrq_n_u8(v, 4)
#define vec_lookup(table, indexes) vqtbl1q_u8(vld1q_u8(table), indexes)
#define vec_behind(v, before, n) vextq_u8(before, v, 16 - (n))
#define vec_any(v) (vmaxvq_u8(v) != 0)
#define vec_is_ascii(v) (vmaxvq_u8(v) < 0x80)

csv_utf8_fn csv_utf8_neon;
#include "csv/utf8_template.h"
#else
typedef int csv_index_neon_is_aarch64_only;
#endif
