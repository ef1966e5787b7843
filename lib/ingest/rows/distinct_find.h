/* The quick look into a set of distinct strings, for the loop over a dictionary column: a string of
 * at most 16 bytes that is known. The set itself is in distinct.c. */
#ifndef SHMCOL_INGEST_DISTINCT_FIND_H
#define SHMCOL_INGEST_DISTINCT_FIND_H

#include <string.h>

#include "ingest/rows/distinct.h"

/* A slot: `meta` is 0 (free) or USED with 30 bits of the key's hash and its code; `word` is the
 * text of a SHORT key (1 to 8 bytes, zeros beyond its end) and else the key's address. So a short
 * string, which most are, is found without a look elsewhere (no text has a NUL: C-4). word is
 * written before meta is published. */
typedef struct ing_slot {
    _Atomic uint64_t meta;
    _Atomic uint64_t word;
} ing_slot;
#define ING_SLOT_SHORT (UINT64_C(1) << 63)
#define ING_SLOT_USED (UINT64_C(1) << 62)

typedef struct ing_table {
    struct ing_table *older; /* readers may still look at it; freed at the end. Each is at least
                                twice as large as the one before */
    uint64_t mask;
    uint64_t key[2]; /* of the hash: from the set's secret, the same in all its tables */
    ing_slot slots[];
} ing_table;

/* What a set begins with. */
typedef struct ing_distinct_head {
    _Atomic(ing_table *) current;
} ing_distinct_head;

static inline bool ing_is_short(size_t n)
{
    return n - 1 < 8; /* not the empty string: its word would be that of a text of zeros */
}

/* The first 8 bytes as a word, with zeros beyond the end of a shorter string. Reads 8 bytes. */
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

/* The slot a hash begins with. Its lowest bits do not choose: strings that differ in late digits
 * alone differ little there. */
static inline uint64_t ing_slot_of(uint64_t hash, uint64_t mask)
{
    return hash >> 16 & mask;
}

/* What a slot's meta is above its code. */
static inline uint64_t ing_slot_tag(size_t n, uint64_t hash)
{
    return (ing_is_short(n) ? ING_SLOT_SHORT | ING_SLOT_USED : ING_SLOT_USED) >> 32 | hash >> 34;
}

/* Whether the key is the string of at most 16 bytes whose words these are. A key's text has zeros
 * beyond its end. */
static inline bool ing_key_is(const ing_key *key, size_t n, uint64_t a, uint64_t b)
{
    uint64_t text[2];
    memcpy(text, key->text, sizeof text);
    return key->length == n && text[0] == a && text[1] == b;
}

/* The set's table as it is now. It is there as long as the set, even if the set has a larger one by
 * then, and what is in it stays right. */
static inline const ing_table *ing_distinct_table(const ing_distinct *set)
{
    return atomic_load_explicit(&((const ing_distinct_head *)(const void *)set)->current,
                                memory_order_acquire);
}

/* Finds a string of at most 16 bytes where it would be if no other had its place. false: that says
 * nothing, ing_distinct_code does. */
static inline bool ing_table_find(const ing_table *t, const char *s, size_t n, uint32_t *code)
{
    if (n - 1 >= 16)
        return false;
    const uint64_t a = ing_short_word(s, n), b = ing_is_short(n) ? 0 : ing_short_word(s + 8, n - 8),
                   hash = ing_short_hash(a, b, n, t->key);
    const ing_slot *slot = &t->slots[ing_slot_of(hash, t->mask)];
    const uint64_t meta = atomic_load_explicit(&slot->meta, memory_order_acquire);
    const uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    if (ing_is_short(n) ? (meta & ING_SLOT_SHORT) == 0 || word != a /* a short one is its text */
                        : meta >> 32 != ing_slot_tag(n, hash) ||
                              !ing_key_is((const ing_key *)(uintptr_t)word, n, a, b))
        return false;
    *code = (uint32_t)meta;
    return true;
}

#endif
