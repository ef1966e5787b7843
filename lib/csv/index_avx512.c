/* The index with AVX-512: compares give masks at once, positions come out by compressing the
 * numbers 0 … 63. Compiled with those instructions on; called only where csv_isa_choose found them.
 */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "csv/index.h"

#define ISA(name) name##_avx512
#define EMIT
#define SQUEEZE

typedef __m512i block64;

static inline block64 block_load(const uint8_t *p)
{
    return _mm512_loadu_si512(p);
}

static inline uint64_t block_eq(block64 b, uint8_t byte)
{
    return _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8((char)byte));
}

static inline uint64_t block_high(block64 b)
{
    return _mm512_movepi8_mask(b);
}

static inline uint64_t prefix_xor(uint64_t x)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

static inline void emit_eight(uint32_t *out, __m512i base, __m128i offsets)
{
    __m256i positions =
        _mm256_add_epi32(_mm512_castsi512_si256(base), _mm256_cvtepu8_epi32(offsets));
    _mm256_storeu_si256((__m256i *)(void *)out, positions);
}

/* Appends base + i for every bit i of mask, eight at a time; entries beyond them are spare. (A
 * compressing store would write only those, but takes microcode on Zen 4.) */
static inline uint32_t *emit(uint32_t *out, uint32_t base, uint64_t mask)
{
    static const uint8_t numbers[64] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
        22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43,
        44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    __m512i offsets = _mm512_maskz_compress_epi8(mask, _mm512_loadu_si512(numbers)),
            bases = _mm512_set1_epi32((int)base);
    unsigned n = (unsigned)__builtin_popcountll(mask);
    emit_eight(out, bases, _mm512_castsi512_si128(offsets));
    for (unsigned i = 8; __builtin_expect(i < n, 0); i += 8) {
        offsets = _mm512_alignr_epi64(_mm512_setzero_si512(), offsets, 1);
        emit_eight(out + i, bases, _mm512_castsi512_si128(offsets));
    }
    return out + n;
}

/* (A compressing store would be slower, as above.) */
static inline void squeeze(uint8_t *out, const uint8_t *p, uint64_t drop)
{
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(~drop, _mm512_loadu_si512(p)));
}

static inline uint64_t close_up(uint64_t mask, uint64_t drop)
{
    return _pext_u64(mask, ~drop);
}

csv_index_fn csv_index_avx512;
csv_count_fn csv_count_avx512;
csv_index_halved_fn csv_index_halved_avx512;
#include "csv/index_template.h"

/* ---- UTF-8 ---- */

typedef __m512i vec;
#define VEC_BYTES 64

static inline vec vec_load(const uint8_t *p)
{
    return _mm512_loadu_si512(p);
}

static inline vec vec_lookup(const uint8_t *table, vec indexes)
{
    return _mm512_shuffle_epi8(
        _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)table)), indexes);
}

static inline vec vec_high_nibbles(vec v)
{
    return _mm512_and_si512(_mm512_srli_epi16(v, 4), _mm512_set1_epi8(0x0f));
}

#define vec_zero() _mm512_setzero_si512()
#define vec_all(byte) _mm512_set1_epi8((char)(byte))
#define vec_and(a, b) _mm512_and_si512(a, b)
#define vec_or(a, b) _mm512_or_si512(a, b)
#define vec_xor(a, b) _mm512_xor_si512(a, b)
#define vec_subs(a, b) _mm512_subs_epu8(a, b)
#define vec_behind(v, before, n) _mm512_alignr_epi8(v, _mm512_alignr_epi64(v, before, 6), 16 - (n))
#define vec_any(v) (_mm512_test_epi64_mask(v, v) != 0)
#define vec_is_ascii(v) (_mm512_movepi8_mask(v) == 0)

csv_utf8_fn csv_utf8_avx512;
#include "csv/utf8_template.h"
#else
typedef int csv_index_avx512_is_x86_only;
#endif
