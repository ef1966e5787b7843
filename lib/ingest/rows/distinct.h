/* The distinct strings of one column, found by many threads at once. Each gets a provisional code
 * in the order of first sight, which depends on the threads; the final codes are ranks in the
 * sorted dictionary (C-61), so the file does not. */
#ifndef SHMCOL_INGEST_DISTINCT_H
#define SHMCOL_INGEST_DISTINCT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ING_DISTINCT_KEY_MEMORY 176u /* what a key takes beside its text, at most */
/* What a set within these limits takes at most: text and keys, and a third of them for the ends of
 * arenas that no text fitted into. */
#define ING_DISTINCT_AUTO_MEMORY (UINT64_C(12) << 20)

typedef struct ing_distinct ing_distinct;

/* limit_values, limit_bytes: beyond them the set is full and stays so. pool counts the memory of
 * all sets that share it; a set that would take it beyond pool_limit is full too, and out of
 * memory: it says nothing about the column. secret: keys the hash (see secret.h). NULL: no memory.
 */
ing_distinct *ing_distinct_new(uint64_t limit_values, uint64_t limit_bytes, _Atomic uint64_t *pool,
                               uint64_t pool_limit, uint64_t secret);
void ing_distinct_free(ing_distinct *set); /* NULL is allowed */

typedef enum ing_distinct_result {
    ING_DISTINCT_OK,
    ING_DISTINCT_FULL,
    ING_DISTINCT_NO_MEMORY
} ing_distinct_result;
/* The code of s[0, n). Reads up to 16 bytes beyond s + n (CSV slack). Thread-safe; without a lock
 * when the string is known. */
ing_distinct_result ing_distinct_code(ing_distinct *set, const char *s, size_t n, uint32_t *code);

/* Thread-safe, exact once all threads are done. */
bool ing_distinct_full(const ing_distinct *set);
bool ing_distinct_out_of_memory(const ing_distinct *set);
uint64_t ing_distinct_count(const ing_distinct *set);
uint64_t ing_distinct_bytes(const ing_distinct *set);

typedef struct ing_key {
    uint32_t length, code;
    char text[];
} ing_key;
/* When all threads are done: sorts bytewise; keys[rank] in order, owned by the set, as many as its
 * count. No more codes can be asked for then. */
const ing_key *const *ing_distinct_sort(ing_distinct *set);

#endif
