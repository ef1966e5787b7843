/* A fast look-up in a set of distinct strings, inlined into the loop over a dictionary column. It
 * finds known strings of at most 16 bytes. The set itself is in distinct.c. */
#ifndef SHMCOL_INGEST_DISTINCT_FIND_H
#define SHMCOL_INGEST_DISTINCT_FIND_H

#include <string.h>

#include "ingest/rows/distinct.h"

/* A slot of the table. `meta` is 0 (free), or USED with 30 bits of the key's hash and its code.
 * `word` is the text of a SHORT key (1 to 8 bytes, zeros beyond its end) or else the key's address.
 * So a short string, and most are short, is found in the slot alone (no text has a NUL: C-4).
 * `word` is written before `meta` is published. */
typedef struct ing_slot {
    _Atomic uint64_t meta;
    _Atomic uint64_t word;
} ing_slot;
#define ING_SLOT_SHORT (UINT64_C(1) << 63)
#define ING_SLOT_USED (UINT64_C(1) << 62)

typedef struct ing_table {
    struct ing_table *older; /* at most half as large; readers may still use it; freed at the end */
    uint64_t mask;
    uint64_t key[2]; /* of the hash: from the set's secret, the same in all its tables */
    ing_slot slots[];
} ing_table;

/* The first field of a set. */
typedef struct ing_distinct_head {
    _Atomic(ing_table *) current;
} ing_distinct_head;

static inline bool ing_is_short(size_t n)
{
    return n - 1 < 8; /* not the empty string, whose word would be that of a text of zeros */
}

/* Returns the first 8 bytes as a word, with zeros beyond the end of a shorter string. Reads 8
 * bytes. */
static inline uint64_t ing_short_word(const char *s, size_t n)
{
    static const uint64_t mask[9] = {0,          0xff,         0xffff,         0xffffff,
                                     0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff,
                                     UINT64_MAX};
    uint64_t word;
    memcpy(&word, s, 8);
    return word & mask[n < 8 ? n : 8];
}

/* Returns the hash of a string of at most 16 bytes, by two such words. */
static inline uint64_t ing_short_hash(uint64_t a, uint64_t b, size_t n, const uint64_t key[2])
{
    unsigned __int128 product =
        (unsigned __int128)(a ^ key[0]) * (b ^ key[1] ^ ((uint64_t)n << 56));
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Returns the first slot of a hash. The lowest bits are not used: strings that differ only in their
 * last digits differ little there. */
static inline uint64_t ing_slot_of(uint64_t hash, uint64_t mask)
{
    return hash >> 16 & mask;
}

/* Returns the upper half of a slot's meta, above its code. */
static inline uint64_t ing_slot_tag(size_t n, uint64_t hash)
{
    return (ing_is_short(n) ? ING_SLOT_SHORT | ING_SLOT_USED : ING_SLOT_USED) >> 32 | hash >> 34;
}

/* Returns true if the key is the string of at most 16 bytes with these words. A key's text has
 * zeros beyond its end. */
static inline bool ing_key_is(const ing_key *key, size_t n, uint64_t a, uint64_t b)
{
    uint64_t text[2];
    memcpy(text, key->text, sizeof text);
    return key->length == n && text[0] == a && text[1] == b;
}

/* Returns the set's current table. It lives as long as the set, and its content stays right, even
 * if the set has a larger table later. */
static inline const ing_table *ing_distinct_table(const ing_distinct *set)
{
    return atomic_load_explicit(&((const ing_distinct_head *)(const void *)set)->current,
                                memory_order_acquire);
}

/* Looks for a string of at most 16 bytes in its first slot only. Returns false if it is not there;
 * then ing_distinct_code has to be asked. */
static inline bool ing_table_find(const ing_table *t, const char *s, size_t n, uint32_t *code)
{
    if (n - 1 >= 16)
        return false;
    const uint64_t a = ing_short_word(s, n), b = ing_is_short(n) ? 0 : ing_short_word(s + 8, n - 8),
                   hash = ing_short_hash(a, b, n, t->key);
    const ing_slot *slot = &t->slots[ing_slot_of(hash, t->mask)];
    const uint64_t meta = atomic_load_explicit(&slot->meta, memory_order_acquire);
    const uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    if (ing_is_short(n) ? (meta & ING_SLOT_SHORT) == 0 || word != a /* a short key is its text */
                        : meta >> 32 != ing_slot_tag(n, hash) ||
                              !ing_key_is((const ing_key *)(uintptr_t)word, n, a, b))
        return false;
    *code = (uint32_t)meta;
    return true;
}

#endif
