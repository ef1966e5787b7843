/* Proves that a column has more distinct strings than a dictionary may have (C-60), without keeping
 * them: a bit for each hash, of 2^20. Two strings that share a bit are counted once, so what it
 * counts is never more than there are, and that it is full is certain; that it is not says nothing,
 * and a set (ingest/distinct.h) has to be asked. The hash needs no secret: texts that were chosen
 * to share a bit only make it ask the set. For a column of which a sample found nearly all values
 * different, it costs a hash and a bit for the first hundred thousand values and 128 KiB, where the
 * set would take millions of bytes. */
#ifndef SHMCOL_INGEST_TALLY_H
#define SHMCOL_INGEST_TALLY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ING_TALLY_MEMORY (UINT64_C(128) << 10)

typedef struct ing_tally {
    _Atomic uint64_t count, bytes; /* of the strings that came first to their bit: at most what the
                                      distinct ones have */
    _Atomic bool full;
    bool sparing; /* there are so many rows that one thread at a time is enough: two that share its
                     lines hold each other up */
    _Atomic bool taken; /* sparing: by a thread */
    _Atomic uint64_t bits[ING_TALLY_MEMORY / 8];
} ing_tally;

/* rows: of the column; threads: that read it. Free with free(). NULL: no memory. */
ing_tally *ing_tally_new(uint64_t rows, uint32_t threads);
/* Whether the calling thread shall add what it reads next. If so it tells its news afterwards. */
bool ing_tally_begin(ing_tally *tally);
/* What one thread has found and not told yet: the counters are every thread's. */
typedef struct ing_tally_news {
    uint64_t count, bytes;
} ing_tally_news;
/* Takes a string into account. Thread-safe. */
void ing_tally_add(ing_tally *tally, const char *s, size_t n, ing_tally_news *news);
/* Tells the news: what ing_tally_begin has begun is over. Thread-safe. */
void ing_tally_end(ing_tally *tally, const ing_tally_news *news);
/* Thread-safe; what it says stays true. */
static inline bool ing_tally_full(const ing_tally *tally)
{
    return atomic_load_explicit(&tally->full, memory_order_relaxed);
}

#endif
