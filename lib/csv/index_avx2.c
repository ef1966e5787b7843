/* The index with AVX2 and carry-less multiply. Compiled with those instructions on; called only where csv_isa_choose found them. */
#if defined(__x86_64__)
#include <immintrin.h>

#include "csv/index.h"

#define ISA(name) name##_avx2

typedef struct block64 {
    __m256i low, high;
} block64;

static inline block64 block_load(const uint8_t *p)
{
    block64 b = {_mm256_loadu_si256((const __m256i *)(const void *)p), _mm256_loadu_si256((const __m256i *)(const void *)(p + 32))};
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
    return (uint32_t)_mm256_movemask_epi8(b.low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b.high) << 32;
}

static inline uint64_t prefix_xor(uint64_t x)
{
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)x), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

csv_index_fn csv_index_avx2;
csv_count_fn csv_count_avx2;
#include "csv/index_template.h"
#else
typedef int csv_index_avx2_is_x86_only;
#endif
