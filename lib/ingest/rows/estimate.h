/* An estimate of how many distinct strings a column has, never more than there are. It proves that
 * they are too many for a dictionary (C-60) without keeping them: a bit for each hash, of 2^20. Two
 * strings that share a bit are counted once, so a full estimate is certain; one that is not full
 * says nothing, and a set (distinct.h) has to be asked. The hash needs no secret: texts that were
 * chosen to share a bit only make it ask the set. For a column of which a sample found nearly all
 * values different, it costs a hash and a bit for the first hundred thousand values and 128 KiB,
 * where the set would take millions of bytes. */
#ifndef SHMCOL_INGEST_ESTIMATE_H
#define SHMCOL_INGEST_ESTIMATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ING_ESTIMATE_MEMORY (UINT64_C(128) << 10)

typedef struct ing_estimate {
    _Atomic uint64_t count, bytes; /* of the strings that came first to their bit: at most what the
                                      distinct ones have */
    _Atomic bool full;
    bool one_thread; /* there are so many rows that one thread at a time is enough: two that share
                        its lines hold each other up */
    _Atomic bool in_use; /* one_thread: by a thread */
    _Atomic uint64_t bits[ING_ESTIMATE_MEMORY / 8];
} ing_estimate;

/* Makes an estimate for a column of `rows` rows that `threads` threads read. Free it with free().
 * Returns NULL if there is no memory. */
ing_estimate *ing_estimate_new(uint64_t rows, uint32_t threads);
/* Returns true if the calling thread shall add what it reads next, and then end with
 * ing_estimate_end. */
bool ing_estimate_begin(ing_estimate *estimate);
/* Counts of one thread that are still to be added to the counters, which all threads share. */
typedef struct ing_estimate_pending {
    uint64_t count, bytes;
} ing_estimate_pending;
/* Counts a string. Thread-safe. */
void ing_estimate_add(ing_estimate *estimate, const char *s, size_t n,
                      ing_estimate_pending *pending);
/* Adds the pending counts, and ends what ing_estimate_begin has begun. Thread-safe. */
void ing_estimate_end(ing_estimate *estimate, const ing_estimate_pending *pending);
/* Returns true if there are certainly too many strings; this stays true. Thread-safe. */
static inline bool ing_estimate_full(const ing_estimate *estimate)
{
    return atomic_load_explicit(&estimate->full, memory_order_relaxed);
}

#endif
