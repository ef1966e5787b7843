/* Counting distinct strings by the bits of their hashes (estimate.h). */
#include "ingest/rows/estimate.h"

#include <stdlib.h>
#include <xxhash.h>

#include "format/dictionary_rule.h"
#include "ingest/rows/distinct.h"

#define ENOUGH                                                                                     \
    8u /* one thread is enough if each has so many times the values that fill the estimate */

ing_estimate *ing_estimate_new(uint64_t rows, uint32_t threads)
{
    ing_estimate *estimate = calloc(1, sizeof *estimate);
    if (estimate != NULL)
        estimate->one_thread = rows / threads >= (uint64_t)ENOUGH * FMT_DICTIONARY_VALUES_MAX;
    return estimate;
}

bool ing_estimate_begin(ing_estimate *estimate)
{
    return !ing_estimate_full(estimate) &&
           !(estimate->one_thread &&
             atomic_exchange_explicit(&estimate->in_use, true, memory_order_relaxed));
}

void ing_estimate_add(ing_estimate *estimate, const char *s, size_t n,
                      ing_estimate_pending *pending)
{
    const uint64_t index = XXH3_64bits(s, n) % (ING_ESTIMATE_MEMORY * 8), bit = UINT64_C(1)
                                                                                << (index % 64);
    _Atomic uint64_t *word = &estimate->bits[index / 64];
    if ((atomic_load_explicit(word, memory_order_relaxed) & bit) ||
        (atomic_fetch_or_explicit(word, bit, memory_order_relaxed) & bit))
        return;
    pending->count++;
    pending->bytes += n;
}

void ing_estimate_end(ing_estimate *estimate, const ing_estimate_pending *pending)
{
    const uint64_t count =
        atomic_fetch_add_explicit(&estimate->count, pending->count, memory_order_relaxed) +
        pending->count;
    const uint64_t bytes =
        atomic_fetch_add_explicit(&estimate->bytes, pending->bytes, memory_order_relaxed) +
        pending->bytes;
    if (count > FMT_DICTIONARY_VALUES_MAX || bytes > FMT_DICTIONARY_BYTES_MAX)
        atomic_store_explicit(&estimate->full, true, memory_order_relaxed);
    atomic_store_explicit(&estimate->in_use, false, memory_order_relaxed);
}
