/* A set of strings (text_set.h), and its order: a merge sort, since the C library's sorts take no
 * context and the strings are in the set. */
#include "base/text_set.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/text.h"
#include "secret.h"

base_text_set *base_text_set_new(uint64_t secret)
{
    base_text_set *set = calloc(1, sizeof *set);
    if (set == NULL)
        return NULL;
    set->n_slots = 16; /* small: a wide table has one for each column */
    set->capacity = 7;
    set->slots = calloc(set->n_slots, sizeof *set->slots);
    set->texts = calloc(set->capacity + 1u, sizeof *set->texts);
    set->secret = secret;
    if (set->slots != NULL && set->texts != NULL)
        return set;
    base_text_set_free(set);
    return NULL;
}

void base_text_set_free(base_text_set *set)
{
    if (set == NULL)
        return;
    free(set->bytes);
    free(set->texts);
    free(set->slots);
    free(set);
}

uint64_t base_text_set_bytes(const base_text_set *set)
{
    return set->texts[set->count].end;
}

uint64_t base_text_set_memory(const base_text_set *set)
{
    return set->bytes_capacity + set->capacity * sizeof *set->texts +
           set->n_slots * sizeof *set->slots;
}

const uint8_t *base_text_set_at(const base_text_set *set, uint32_t code, uint64_t *length)
{
    uint64_t begin = set->texts[code].end;
    *length = set->texts[code + 1u].end - begin;
    return set->bytes + begin;
}

bool base_text_set_is(const base_text_set *set, uint32_t code, const void *data, uint64_t length)
{
    uint64_t own;
    const uint8_t *bytes = base_text_set_at(set, code, &own);
    return fmt_text_equal(bytes, own, data, length);
}

int32_t base_text_set_find(const base_text_set *set, const void *data, uint64_t length)
{
    uint64_t hash = shm_keyed_hash(data, length, set->secret), mask = set->n_slots - 1;
    for (uint64_t at = hash & mask; set->slots[at] != 0; at = (at + 1) & mask) {
        uint32_t code = set->slots[at] - 1;
        if (set->texts[code + 1u].hash == hash && base_text_set_is(set, code, data, length))
            return (int32_t)code;
    }
    return -1;
}

static void put_slot(base_text_set *set, uint32_t code)
{
    uint64_t mask = set->n_slots - 1, at = set->texts[code + 1u].hash & mask;
    while (set->slots[at] != 0)
        at = (at + 1) & mask;
    set->slots[at] = code + 1;
}

/* Makes room for `capacity` strings, and as many slots as keep at most half of them in use. */
static bool grow(base_text_set *set, uint64_t capacity)
{
    uint64_t n_slots = set->n_slots;
    while (n_slots < 2 * capacity)
        n_slots *= 2;
    base_text *texts = realloc(set->texts, (capacity + 1) * sizeof *texts);
    if (texts == NULL)
        return false;
    set->texts = texts;
    uint32_t *slots = shm_alloc_zeroed(n_slots, sizeof *slots);
    if (slots == NULL)
        return false;
    free(set->slots);
    set->slots = slots;
    set->n_slots = n_slots;
    set->capacity = (uint32_t)capacity;
    for (uint32_t code = 0; code < set->count; code++)
        put_slot(set, code);
    return true;
}

static bool grow_bytes(base_text_set *set, uint64_t capacity)
{
    if (capacity > SIZE_MAX)
        return false;
    uint8_t *bytes = realloc(set->bytes, (size_t)capacity);
    if (bytes == NULL)
        return false;
    set->bytes = bytes;
    set->bytes_capacity = capacity;
    return true;
}

bool base_text_set_reserve(base_text_set *set, uint32_t count, uint64_t bytes)
{
    if (bytes > PTRDIFF_MAX - 1 - base_text_set_bytes(set))
        return false;
    uint64_t strings = (uint64_t)set->count + count, size = base_text_set_bytes(set) + bytes;
    if (strings > set->capacity && !grow(set, strings))
        return false;
    return size <= set->bytes_capacity || grow_bytes(set, size);
}

bool base_text_set_add(base_text_set *set, const void *data, uint64_t length)
{
    if (set->count == set->capacity && !grow(set, set->capacity * 2ull + 1))
        return false;
    uint64_t begin = base_text_set_bytes(set);
    if (length > set->bytes_capacity - begin) {
        uint64_t doubled = set->bytes_capacity * 2, needed = begin + length + 64;
        if (!grow_bytes(set, doubled > needed ? doubled : needed))
            return false;
    }
    if (length > 0)
        memcpy(set->bytes + begin, data, length);
    set->texts[set->count + 1u] =
        (base_text){shm_keyed_hash(data, length, set->secret), begin + length};
    put_slot(set, set->count++);
    return true;
}

static int compare(const base_text_set *set, uint32_t a, uint32_t b)
{
    uint64_t x, y;
    const uint8_t *p = base_text_set_at(set, a, &x), *q = base_text_set_at(set, b, &y);
    return fmt_text_order(p, x, q, y);
}

bool base_text_set_ascends(const base_text_set *set)
{
    for (uint32_t i = 1; i < set->count; i++) {
        if (compare(set, i - 1, i) >= 0)
            return false;
    }
    return true;
}

/* A string to be sorted: most comparisons end at the first 8 bytes, which then need no look at the
 * string. */
typedef struct item {
    uint64_t key; /* fmt_text_key */
    uint32_t code;
} item;

static bool before(const base_text_set *set, const item *a, const item *b)
{
    return a->key != b->key ? a->key < b->key : compare(set, a->code, b->code) < 0;
}

/* Merges runs of `width` sorted items into runs of twice that. */
static void merge_pass(const base_text_set *set, const item *from, item *to, uint64_t n,
                       uint64_t width)
{
    for (uint64_t start = 0; start < n; start += 2 * width) {
        uint64_t middle = start + width < n ? start + width : n;
        uint64_t end = start + 2 * width < n ? start + 2 * width : n;
        uint64_t left = start, right = middle;
        for (uint64_t i = start; i < end; i++) {
            bool take_right =
                left == middle || (right < end && before(set, &from[right], &from[left]));
            to[i] = from[take_right ? right++ : left++];
        }
    }
}

bool base_text_set_order(const base_text_set *set, uint32_t *order)
{
    uint64_t n = set->count;
    item *items = malloc((2 * n + 1) * sizeof *items), *from = items, *to = items + n;
    if (items == NULL)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t length;
        const uint8_t *bytes = base_text_set_at(set, i, &length);
        items[i] = (item){fmt_text_key(bytes, length), i};
    }
    for (uint64_t width = 1; width < n; width *= 2) {
        merge_pass(set, from, to, n, width);
        item *swap = from;
        from = to;
        to = swap;
    }
    for (uint64_t i = 0; i < n; i++)
        order[i] = from[i].code;
    free(items);
    return true;
}
