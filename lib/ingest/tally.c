#include "ingest/tally.h"

#include <stdlib.h>

#include <xxhash.h>

#include "ingest/distinct.h"

ing_tally *ing_tally_new(void)
{
    return calloc(1, sizeof(ing_tally));
}

void ing_tally_add(ing_tally *tally, const char *s, size_t n, ing_tally_news *news)
{
    const uint64_t place = XXH3_64bits(s, n) % (ING_TALLY_MEMORY * 8), bit = UINT64_C(1) << (place % 64);
    _Atomic uint64_t *word = &tally->bits[place / 64];
    if ((atomic_load_explicit(word, memory_order_relaxed) & bit) || (atomic_fetch_or_explicit(word, bit, memory_order_relaxed) & bit))
        return;
    news->count++;
    news->bytes += n;
}

void ing_tally_tell(ing_tally *tally, ing_tally_news *news)
{
    if (news->count == 0)
        return;
    const uint64_t count = atomic_fetch_add_explicit(&tally->count, news->count, memory_order_relaxed) + news->count;
    const uint64_t bytes = atomic_fetch_add_explicit(&tally->bytes, news->bytes, memory_order_relaxed) + news->bytes;
    if (count > ING_DISTINCT_AUTO_VALUES || bytes > ING_DISTINCT_AUTO_BYTES)
        atomic_store_explicit(&tally->full, true, memory_order_relaxed);
    *news = (ing_tally_news){0, 0};
}
