#include "ingest/rows/tally.h"

#include <stdlib.h>
#include <xxhash.h>

#include "format/dictionary_rule.h"
#include "ingest/rows/distinct.h"

#define ENOUGH 8u /* so many times the values that fill it, for each thread */

ing_tally *ing_tally_new(uint64_t rows, uint32_t threads)
{
    ing_tally *tally = calloc(1, sizeof *tally);
    if (tally != NULL)
        tally->sparing = rows / threads >= (uint64_t)ENOUGH * FMT_DICTIONARY_VALUES_MAX;
    return tally;
}

bool ing_tally_begin(ing_tally *tally)
{
    return !ing_tally_full(tally) &&
           !(tally->sparing && atomic_exchange_explicit(&tally->taken, true, memory_order_relaxed));
}

void ing_tally_add(ing_tally *tally, const char *s, size_t n, ing_tally_news *news)
{
    const uint64_t place = XXH3_64bits(s, n) % (ING_TALLY_MEMORY * 8), bit = UINT64_C(1)
                                                                             << (place % 64);
    _Atomic uint64_t *word = &tally->bits[place / 64];
    if ((atomic_load_explicit(word, memory_order_relaxed) & bit) ||
        (atomic_fetch_or_explicit(word, bit, memory_order_relaxed) & bit))
        return;
    news->count++;
    news->bytes += n;
}

void ing_tally_end(ing_tally *tally, const ing_tally_news *news)
{
    const uint64_t count =
        atomic_fetch_add_explicit(&tally->count, news->count, memory_order_relaxed) + news->count;
    const uint64_t bytes =
        atomic_fetch_add_explicit(&tally->bytes, news->bytes, memory_order_relaxed) + news->bytes;
    if (count > FMT_DICTIONARY_VALUES_MAX || bytes > FMT_DICTIONARY_BYTES_MAX)
        atomic_store_explicit(&tally->full, true, memory_order_relaxed);
    atomic_store_explicit(&tally->taken, false, memory_order_relaxed);
}
