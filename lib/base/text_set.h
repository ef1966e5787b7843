/* A set of strings, numbered in the order they came: open addressing under a keyed hash, for one
 * thread. Two rooms keep a set of their own: lib/ingest/distinct.c, which many threads fill at
 * once, and format/check_dictionary.c, which knows no library. */
#ifndef SHMCOL_BASE_TEXT_SET_H
#define SHMCOL_BASE_TEXT_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One string; its hash stands beside its place, so that a look-up needs one line of a cache. */
typedef struct base_text {
    uint64_t hash;
    uint64_t end; /* in `bytes`; it begins where the one before ends */
} base_text;

/* Everybody may read the fields; only text_set.c writes them. */
typedef struct base_text_set {
    uint8_t *bytes; /* the strings, one after the other */
    uint64_t bytes_capacity;
    base_text *texts; /* [0] is a sentinel that ends at 0; string `code` is texts[code + 1] */
    uint32_t count, capacity;
    uint32_t *slots; /* 0 or code + 1; a power of two of them, at most half of them in use */
    uint64_t n_slots;
    uint64_t secret;
} base_text_set;

/* Makes an empty set whose hash is keyed by `secret` (secret.h); the codes do not depend on it.
 * Returns NULL if there is no memory. */
base_text_set *base_text_set_new(uint64_t secret);
/* Frees a set; NULL is allowed. */
void base_text_set_free(base_text_set *set);

/* Makes room for `count` strings of `bytes` bytes together, so that adding them allocates nothing.
 * Returns false if there is no memory. */
bool base_text_set_reserve(base_text_set *set, uint32_t count, uint64_t bytes);

/* Returns the code of a string, -1 if it is not in the set. */
int32_t base_text_set_find(const base_text_set *set, const void *data, uint64_t length);
/* Adds a string that base_text_set_find has just not found (F-39: values are unique); its code is
 * count - 1 afterwards. Takes at most INT32_MAX strings: the caller counts. Returns false if there
 * is no memory. */
bool base_text_set_add(base_text_set *set, const void *data, uint64_t length);

/* Returns the sum of all strings' lengths: B of C-60. */
uint64_t base_text_set_bytes(const base_text_set *set);
/* Returns how much memory the set takes. */
uint64_t base_text_set_memory(const base_text_set *set);
/* Returns the string with that code; the pointer holds until the next add. */
const uint8_t *base_text_set_at(const base_text_set *set, uint32_t code, uint64_t *length);

/* Tells whether the string with that code, below count, is these bytes. */
bool base_text_set_is(const base_text_set *set, uint32_t code, const void *data, uint64_t length);

/* Tells whether the strings ascend bytewise in the order of their codes (F-23). */
bool base_text_set_ascends(const base_text_set *set);
/* Writes the codes, `count` of them, in bytewise ascending order of their strings to `order`.
 * Returns false if there is no memory. */
bool base_text_set_order(const base_text_set *set, uint32_t *order);

#endif
