/* The distinct strings of one column, found by many threads at once, which is why this is no
 * base/text_set.h. Each string gets a provisional code in the order in which it was first seen.
 * That order depends on the threads; the final codes, ranks in the sorted dictionary (C-61), do
 * not. */
#ifndef SHMCOL_INGEST_DISTINCT_H
#define SHMCOL_INGEST_DISTINCT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ING_DISTINCT_KEY_MEMORY 176u /* most memory of a key beside its text */
/* The most memory of a set within the limits of C-60: text, keys, and a third more for the ends of
 * arenas that no text fitted into. */
#define ING_DISTINCT_AUTO_MEMORY (UINT64_C(12) << 20)

typedef struct ing_distinct ing_distinct;

/* Makes an empty set. Beyond limit_values or limit_bytes it is full, and stays full. `pool` counts
 * the memory of all sets that share it; a set that would exceed pool_limit becomes full and out of
 * memory, and then says nothing about the column. `secret` keys the hash (secret.h). Returns NULL
 * if there is no memory. */
ing_distinct *ing_distinct_new(uint64_t limit_values, uint64_t limit_bytes, _Atomic uint64_t *pool,
                               uint64_t pool_limit, uint64_t secret);
void ing_distinct_free(ing_distinct *set); /* allows NULL */

typedef enum ing_distinct_result {
    ING_DISTINCT_OK,
    ING_DISTINCT_FULL,
    ING_DISTINCT_NO_MEMORY
} ing_distinct_result;
/* Gets the code of s[0, n), and adds the string if it is new. Reads up to 16 bytes beyond s + n
 * (CSV_SLACK). Thread-safe; takes no lock if the string is known. */
ing_distinct_result ing_distinct_code(ing_distinct *set, const char *s, size_t n, uint32_t *code);

/* Thread-safe; exact when all threads are done. */
bool ing_distinct_full(const ing_distinct *set);
bool ing_distinct_out_of_memory(const ing_distinct *set);
uint64_t ing_distinct_count(const ing_distinct *set);
uint64_t ing_distinct_bytes(const ing_distinct *set);

typedef struct ing_key {
    uint32_t length, code;
    char text[];
} ing_key;
/* Sorts the strings bytewise, when all threads are done. Returns keys[rank], as many as the set
 * has, owned by the set. No code can be asked for afterwards. */
const ing_key *const *ing_distinct_sort(ing_distinct *set);

#endif
