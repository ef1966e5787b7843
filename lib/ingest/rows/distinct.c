/* The set of the distinct strings of a column (distinct.h). */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "format/text.h"
#include "ingest/rows/distinct_find.h"
#include "sys/sys.h"

#define CACHED_SLOTS 4096u
#define SPARSE_MOST 4096u
#define ARENA_CHUNK 65536u
typedef struct arena {
    struct arena *next;
    size_t used, size;
    _Alignas(8) char bytes[];
} arena;

struct ing_distinct {
    ing_distinct_head head; /* first */
    sys_mutex *lock;        /* guards all fields below but the atomic ones */
    arena *arenas;
    const ing_key **keys; /* by code */
    size_t keys_capacity;
    uint64_t limit_values, limit_bytes;
    _Atomic uint64_t *pool;
    uint64_t pool_limit, memory; /* memory: what this set has taken of the pool */
    _Atomic uint64_t count, bytes;
    _Atomic bool full, out_of_memory;
};

/* A string that is looked up. `a` and `b` are its first 16 bytes as words, with zeros beyond its
 * end. They give the hash of a string of at most 16 bytes; `a` alone compares one of at most 8. */
typedef struct needle {
    const char *s;
    size_t n;
    uint64_t a, b, hash;
} needle;

static inline needle short_needle(const ing_table *t, const char *s, size_t n)
{
    needle w = {s, n, ing_short_word(s, n), n > 8 ? ing_short_word(s + 8, n - 8) : 0, 0};
    w.hash = ing_short_hash(w.a, w.b, n, t->key);
    return w;
}

static needle needle_of(const ing_table *t, const char *s, size_t n)
{
    return n <= 16 ? short_needle(t, s, n)
                   : (needle){s, n, 0, 0, XXH3_64bits_withSeed(s, n, t->key[0])};
}

static inline uint64_t tag_of(const needle *w)
{
    return ing_slot_tag(w->n, w->hash);
}

static ing_table *table_new(uint64_t slots, const uint64_t key[2], ing_table *older)
{
    ing_table *t = calloc(1, sizeof *t + slots * sizeof(ing_slot));
    if (t != NULL) {
        t->mask = slots - 1;
        t->older = older;
        memcpy(t->key, key, sizeof t->key);
    }
    return t;
}

/* Takes `size` bytes of the pool. Returns false if there are no more; then the set is out of
 * memory. Under the lock. */
static bool take(ing_distinct *set, uint64_t size)
{
    if (atomic_fetch_add(set->pool, size) + size > set->pool_limit) {
        atomic_fetch_sub(set->pool, size);
        atomic_store(&set->out_of_memory, true);
        atomic_store(&set->full, true);
        return false;
    }
    set->memory += size;
    return true;
}

ing_distinct *ing_distinct_new(uint64_t limit_values, uint64_t limit_bytes, _Atomic uint64_t *pool,
                               uint64_t pool_limit, uint64_t secret)
{
    /* The second key multiplies a short string. It is odd, so that no two strings have the same
     * product. */
    const uint64_t key[2] = {secret, XXH3_64bits(&secret, sizeof secret) | 1};
    ing_distinct *set = calloc(1, sizeof *set);
    if (set == NULL)
        return NULL;
    set->limit_values = limit_values;
    set->limit_bytes = limit_bytes;
    set->pool = pool;
    set->pool_limit = pool_limit;
    set->lock = sys_mutex_new();
    ing_table *t = table_new(16, key, NULL);
    atomic_init(&set->head.current, t);
    if (set->lock == NULL || t == NULL) {
        ing_distinct_free(set);
        return NULL;
    }
    return set;
}

void ing_distinct_free(ing_distinct *set)
{
    if (set == NULL)
        return;
    for (ing_table *t = atomic_load(&set->head.current), *older; t != NULL; t = older) {
        older = t->older;
        free(t);
    }
    for (arena *a = set->arenas, *next; a != NULL; a = next) {
        next = a->next;
        free(a);
    }
    free(set->keys);
    atomic_fetch_sub(set->pool, set->memory);
    if (set->lock != NULL)
        sys_mutex_free(set->lock);
    free(set);
}

/* Returns true if the slot, whose meta was read as `meta`, holds the string. */
static inline bool matches(const ing_slot *slot, uint64_t meta, uint64_t tag, const needle *w)
{
    if (meta >> 32 != tag)
        return false;
    const uint64_t word = atomic_load_explicit(&slot->word, memory_order_relaxed);
    if (ing_is_short(w->n))
        return word == w->a;
    const ing_key *key = (const ing_key *)(uintptr_t)word;
    return w->n <= 16 ? ing_key_is(key, w->n, w->a, w->b)
                      : key->length == w->n && memcmp(key->text, w->s, w->n) == 0;
}

/* Finds a string. Returns false if it is not there, else *code is its code. */
static inline bool probe(ing_table *t, const needle *w, uint32_t *code)
{
    const uint64_t tag = tag_of(w);
    for (uint64_t i = ing_slot_of(w->hash, t->mask);; i = (i + 1) & t->mask) {
        const ing_slot *slot = &t->slots[i];
        const uint64_t meta = atomic_load_explicit(&slot->meta, memory_order_acquire);
        if (meta == 0)
            return false;
        if (matches(slot, meta, tag, w)) {
            *code = (uint32_t)meta;
            return true;
        }
    }
}

/* Puts a key that is not in the table. `order` is relaxed while no other thread sees the table. */
static void put(ing_table *t, const needle *w, const ing_key *key, memory_order order)
{
    uint64_t i = ing_slot_of(w->hash, t->mask);
    while (atomic_load_explicit(&t->slots[i].meta, memory_order_relaxed) != 0)
        i = (i + 1) & t->mask;
    atomic_store_explicit(&t->slots[i].word, ing_is_short(w->n) ? w->a : (uint64_t)(uintptr_t)key,
                          memory_order_relaxed);
    atomic_store_explicit(&t->slots[i].meta, tag_of(w) << 32 | key->code, order);
}

/* The following functions return OK, FULL (the set is out of memory) or NO_MEMORY. They run under
 * the lock. */

static ing_distinct_result room_for_key(ing_distinct *set, size_t need)
{
    arena *a = set->arenas;
    if (a != NULL && a->size - a->used >= need)
        return ING_DISTINCT_OK;
    size_t grown = a == NULL ? 256 : a->size * 4 < ARENA_CHUNK ? a->size * 4 : ARENA_CHUNK;
    size_t size = need > grown ? need : grown;
    if (!take(set, sizeof *a + size))
        return ING_DISTINCT_FULL;
    a = malloc(sizeof *a + size);
    if (a == NULL)
        return ING_DISTINCT_NO_MEMORY;
    a->next = set->arenas;
    a->used = 0;
    a->size = size;
    set->arenas = a;
    return ING_DISTINCT_OK;
}

/* Keeps the arena with more room first, after a key was added: a long key has an arena of its own,
 * and the arena before may still have room for short keys. */
static void keep_room(ing_distinct *set)
{
    arena *a = set->arenas, *before = a->next;
    if (before == NULL || before->size - before->used <= a->size - a->used)
        return;
    a->next = before->next;
    before->next = a;
    set->arenas = before;
}

static ing_distinct_result room_in_list(ing_distinct *set, uint64_t count)
{
    if (count < set->keys_capacity)
        return ING_DISTINCT_OK;
    size_t capacity = set->keys_capacity ? set->keys_capacity * 2 : 8;
    if (!take(set, (capacity - set->keys_capacity) * sizeof *set->keys))
        return ING_DISTINCT_FULL;
    const ing_key **keys = realloc(set->keys, capacity * sizeof *keys);
    if (keys == NULL)
        return ING_DISTINCT_NO_MEMORY;
    set->keys = keys;
    set->keys_capacity = capacity;
    return ING_DISTINCT_OK;
}

/* Returns the slots wanted for one more than `count` keys, where the table has `slots`. Load
 * factor: 1/8 for small sets while the pool is nearly empty, since a second probe is an
 * unpredictable branch and the keys touch as many cache lines in a larger table; 1/4 while the
 * table fits a cache; 1/2 otherwise. */
static uint64_t wanted_slots(const ing_distinct *set, uint64_t slots, uint64_t count)
{
    const bool sparse = count < SPARSE_MOST &&
                        atomic_load(set->pool) + 4 * slots * sizeof(ing_slot) < set->pool_limit / 8;
    const uint64_t each = sparse ? 8 : slots <= CACHED_SLOTS ? 4 : 2;
    return (count + 1) * each <= slots ? slots : slots * (sparse ? 4 : 2);
}

static ing_distinct_result room_in_table(ing_distinct *set, uint64_t count)
{
    ing_table *t = atomic_load(&set->head.current);
    const uint64_t slots = wanted_slots(set, t->mask + 1, count);
    if (slots == t->mask + 1)
        return ING_DISTINCT_OK;
    if (!take(set, slots * sizeof(ing_slot)))
        return ING_DISTINCT_FULL;
    ing_table *bigger = table_new(slots, t->key, t);
    if (bigger == NULL)
        return ING_DISTINCT_NO_MEMORY;
    for (uint64_t code = 0; code < count; code++) {
        const needle w = needle_of(bigger, set->keys[code]->text, set->keys[code]->length);
        put(bigger, &w, set->keys[code], memory_order_relaxed);
    }
    atomic_store_explicit(&set->head.current, bigger, memory_order_release);
    return ING_DISTINCT_OK;
}

static ing_distinct_result insert(ing_distinct *set, const needle *w, uint32_t *code)
{
    const size_t n = w->n;
    if (probe(atomic_load(&set->head.current), w, code))
        return ING_DISTINCT_OK;
    uint64_t count = atomic_load(&set->count), bytes = atomic_load(&set->bytes);
    if (atomic_load(&set->full) || count >= set->limit_values || n > set->limit_bytes - bytes ||
        n > UINT32_MAX) {
        atomic_store(&set->full, true);
        return ING_DISTINCT_FULL;
    }
    size_t need = (sizeof(ing_key) + n + 16 + 7) &
                  ~(size_t)7; /* 16 more: hashing and comparing read whole words */
    ing_distinct_result result = room_for_key(set, need);
    if (result == ING_DISTINCT_OK)
        result = room_in_list(set, count);
    if (result == ING_DISTINCT_OK)
        result = room_in_table(set, count);
    if (result != ING_DISTINCT_OK)
        return result;
    ing_key *key = (ing_key *)(void *)(set->arenas->bytes + set->arenas->used);
    set->arenas->used += need;
    key->length = (uint32_t)n;
    key->code = (uint32_t)count;
    memcpy(key->text, w->s, n);
    memset(key->text + n, 0, 16);
    keep_room(set);
    set->keys[count] = key;
    atomic_store(&set->bytes, bytes + n);
    atomic_store(&set->count, count + 1);
    put(atomic_load(&set->head.current), w, key,
        memory_order_release); /* room_in_table may have replaced the table */
    *code = (uint32_t)count;
    return ING_DISTINCT_OK;
}

/* Finds or adds a string that the first probe did not find: a long one, or a new one. */
static __attribute__((noinline)) ing_distinct_result find_or_insert(ing_distinct *set,
                                                                    const char *s, size_t n,
                                                                    uint32_t *code)
{
    ing_table *t = atomic_load_explicit(&set->head.current, memory_order_acquire);
    const needle w = needle_of(t, s, n);
    if (n > 16 && probe(t, &w, code))
        return ING_DISTINCT_OK;
    sys_lock(set->lock);
    ing_distinct_result result = insert(set, &w, code);
    sys_unlock(set->lock);
    return result;
}

ing_distinct_result ing_distinct_code(ing_distinct *set, const char *s, size_t n, uint32_t *code)
{
    if (atomic_load_explicit(
            &set->full, memory_order_relaxed)) /* the set says nothing about the column any more */
        return ING_DISTINCT_FULL;
    if (n <= 16) {
        ing_table *t = atomic_load_explicit(&set->head.current, memory_order_acquire);
        const needle w = short_needle(t, s, n);
        if (probe(t, &w, code))
            return ING_DISTINCT_OK;
    }
    return find_or_insert(set, s, n, code);
}

bool ing_distinct_full(const ing_distinct *set)
{
    return atomic_load(&set->full);
}

uint64_t ing_distinct_count(const ing_distinct *set)
{
    return atomic_load(&set->count);
}

uint64_t ing_distinct_bytes(const ing_distinct *set)
{
    return atomic_load(&set->bytes);
}

bool ing_distinct_out_of_memory(const ing_distinct *set)
{
    return atomic_load(&set->out_of_memory);
}

static int compare_keys(const void *a, const void *b)
{
    const ing_key *x = *(const ing_key *const *)a, *y = *(const ing_key *const *)b;
    return fmt_text_order(x->text, x->length, y->text, y->length);
}

const ing_key *const *ing_distinct_sort(ing_distinct *set)
{
    if (set->keys != NULL)
        qsort(set->keys, atomic_load(&set->count), sizeof *set->keys, compare_keys);
    return set->keys;
}
