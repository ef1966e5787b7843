#include "ingest/tally.h"

#include <stdlib.h>

#include <xxhash.h>

#include "ingest/distinct.h"

ing_tally *ing_tally_new(void)
{
    return calloc(1, sizeof(ing_tally));
}

void ing_tally_add(ing_tally *tally, const char *s, size_t n)
{
    const uint64_t place = XXH3_64bits(s, n) % (ING_TALLY_MEMORY * 8), bit = UINT64_C(1) << (place % 64);
    _Atomic uint64_t *word = &tally->bits[place / 64];
    if ((atomic_load_explicit(word, memory_order_relaxed) & bit) || (atomic_fetch_or_explicit(word, bit, memory_order_relaxed) & bit))
        return;
    const uint64_t count = atomic_fetch_add_explicit(&tally->count, 1, memory_order_relaxed) + 1;
    const uint64_t bytes = atomic_fetch_add_explicit(&tally->bytes, n, memory_order_relaxed) + n;
    if (count > ING_DISTINCT_AUTO_VALUES || bytes > ING_DISTINCT_AUTO_BYTES)
        atomic_store_explicit(&tally->full, true, memory_order_relaxed);
}
