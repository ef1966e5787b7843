/* The index with AVX2 and carry-less multiply. Compiled with those instructions on; called only
 * where csv_isa_choose found them. */
#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#include "csv/index.h"

#define ISA(name) name##_avx2

typedef struct block64 {
    __m256i low, high;
} block64;

static inline block64 block_load(const uint8_t *p)
{
    block64 b = {_mm256_loadu_si256((const __m256i *)(const void *)p),
                 _mm256_loadu_si256((const __m256i *)(const void *)(p + 32))};
    return b;
}

static inline uint64_t block_eq(block64 b, uint8_t byte)
{
    __m256i pattern = _mm256_set1_epi8((char)byte);
    uint32_t low = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b.low, pattern));
    uint32_t high = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(b.high, pattern));
    return low | (uint64_t)high << 32;
}

static inline uint64_t block_high(block64 b)
{
    return (uint32_t)_mm256_movemask_epi8(b.low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b.high)
                                                       << 32;
}

static inline uint64_t prefix_xor(uint64_t x)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

csv_index_fn csv_index_avx2;
csv_count_fn csv_count_avx2;
csv_index_halved_fn csv_index_halved_avx2;
#include "csv/index_template.h"

/* ---- UTF-8 ---- */

typedef __m256i vec;
#define VEC_BYTES 32

static inline vec vec_load(const uint8_t *p)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline vec vec_lookup(const uint8_t *table, vec indexes)
{
    return _mm256_shuffle_epi8(
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table)),
        indexes);
}

static inline vec vec_high_nibbles(vec v)
{
    return _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0f));
}

#define vec_zero() _mm256_setzero_si256()
#define vec_all(byte) _mm256_set1_epi8((char)(byte))
#define vec_and(a, b) _mm256_and_si256(a, b)
#define vec_or(a, b) _mm256_or_si256(a, b)
#define vec_xor(a, b) _mm256_xor_si256(a, b)
#define vec_subs(a, b) _mm256_subs_epu8(a, b)
#define vec_behind(v, before, n)                                                                   \
    _mm256_alignr_epi8(v, _mm256_permute2x128_si256(before, v, 0x21), 16 - (n))
#define vec_any(v) (!_mm256_testz_si256(v, v))
#define vec_is_ascii(v) (_mm256_movemask_epi8(v) == 0)

csv_utf8_fn csv_utf8_avx2;
#include "csv/utf8_template.h"
#else
typedef int csv_index_avx2_is_x86_only;
#endif
