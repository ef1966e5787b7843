#include "write/word_table.h"

#include <stdlib.h>
#include <string.h>

#include "secret.h"

typedef struct word {
    uint64_t hash;
    uint64_t end; /* in `bytes`; it begins where the one before ends */
} word;

struct word_table {
    uint8_t *bytes;
    uint64_t bytes_capacity;
    word *list; /* [0] is a sentinel that ends at 0; code c is list[c + 1] */
    uint32_t count, capacity;
    uint32_t *slots; /* open addressing: 0 or code + 1; a power of two of them, at most half full */
    uint64_t n_slots;
    uint64_t secret;
};

word_table *word_table_new(uint64_t secret)
{
    word_table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return NULL;
    table->n_slots = 16; /* small: a wide table has one for each column */
    table->capacity = 7;
    table->slots = calloc(table->n_slots, sizeof *table->slots);
    table->list = calloc(table->capacity + 1u, sizeof *table->list);
    table->secret = secret;
    if (table->slots != NULL && table->list != NULL)
        return table;
    word_table_free(table);
    return NULL;
}

void word_table_free(word_table *table)
{
    if (table == NULL)
        return;
    free(table->bytes);
    free(table->list);
    free(table->slots);
    free(table);
}

uint32_t word_table_count(const word_table *table)
{
    return table->count;
}

uint64_t word_table_bytes(const word_table *table)
{
    return table->list[table->count].end;
}

uint64_t word_table_memory(const word_table *table)
{
    return table->bytes_capacity + table->capacity * sizeof *table->list +
           table->n_slots * sizeof *table->slots;
}

const uint8_t *word_table_at(const word_table *table, uint32_t code, uint64_t *length)
{
    uint64_t begin = table->list[code].end;
    *length = table->list[code + 1u].end - begin;
    return table->bytes + begin;
}

int32_t word_table_find(const word_table *table, const uint8_t *data, uint64_t length)
{
    uint64_t hash = shm_keyed_hash(data, length, table->secret), mask = table->n_slots - 1;
    for (uint64_t at = hash & mask; table->slots[at] != 0; at = (at + 1) & mask) {
        uint32_t code = table->slots[at] - 1;
        if (table->list[code + 1u].hash != hash)
            continue;
        uint64_t own;
        const uint8_t *bytes = word_table_at(table, code, &own);
        if (own == length && (length == 0 || memcmp(bytes, data, length) == 0))
            return (int32_t)code;
    }
    return -1;
}

static void put_slot(word_table *table, uint32_t code)
{
    uint64_t mask = table->n_slots - 1, at = table->list[code + 1u].hash & mask;
    while (table->slots[at] != 0)
        at = (at + 1) & mask;
    table->slots[at] = code + 1;
}

static bool grow(word_table *table)
{
    uint64_t capacity = table->capacity * 2ull + 1, n_slots = table->n_slots * 2;
    word *list = realloc(table->list, (capacity + 1) * sizeof *list);
    if (list == NULL)
        return false;
    table->list = list;
    uint32_t *slots = calloc(n_slots, sizeof *slots);
    if (slots == NULL)
        return false;
    free(table->slots);
    table->slots = slots;
    table->n_slots = n_slots;
    table->capacity = (uint32_t)capacity;
    for (uint32_t code = 0; code < table->count; code++)
        put_slot(table, code);
    return true;
}

bool word_table_add(word_table *table, const uint8_t *data, uint64_t length)
{
    if (table->count == table->capacity && !grow(table))
        return false;
    uint64_t begin = word_table_bytes(table);
    if (length > table->bytes_capacity - begin) {
        uint64_t capacity = table->bytes_capacity * 2 > begin + length + 64
                                ? table->bytes_capacity * 2
                                : begin + length + 64;
        uint8_t *bytes = realloc(table->bytes, capacity);
        if (bytes == NULL)
            return false;
        table->bytes = bytes;
        table->bytes_capacity = capacity;
    }
    if (length > 0)
        memcpy(table->bytes + begin, data, length);
    table->list[table->count + 1u] =
        (word){shm_keyed_hash(data, length, table->secret), begin + length};
    put_slot(table, table->count++);
    return true;
}

static int compare(const word_table *table, uint32_t a, uint32_t b)
{
    uint64_t x, y;
    const uint8_t *p = word_table_at(table, a, &x), *q = word_table_at(table, b, &y);
    uint64_t common = x < y ? x : y;
    int order = common > 0 ? memcmp(p, q, common) : 0;
    return order != 0 ? order : x < y ? -1 : x > y;
}

bool word_table_ascend(const word_table *table)
{
    for (uint32_t i = 1; i < table->count; i++)
        if (compare(table, i - 1, i) >= 0)
            return false;
    return true;
}

/* A string to be sorted: most comparisons end at the first 8 bytes, which then need no look at the
 * string. */
typedef struct item {
    uint64_t prefix; /* big-endian, zero-padded: smaller means before */
    uint32_t code;
} item;

static bool before(const word_table *table, const item *a, const item *b)
{
    return a->prefix != b->prefix ? a->prefix < b->prefix : compare(table, a->code, b->code) < 0;
}

/* One pass of a merge sort: runs of `width` items become runs of twice that. (The C library's sorts
 * take no context, and the strings are in the table.) */
static void merge_pass(const word_table *table, const item *from, item *to, uint64_t n,
                       uint64_t width)
{
    for (uint64_t start = 0; start < n; start += 2 * width) {
        uint64_t middle = start + width < n ? start + width : n,
                 end = start + 2 * width < n ? start + 2 * width : n;
        uint64_t left = start, right = middle;
        for (uint64_t i = start; i < end; i++) {
            bool take_right =
                left == middle || (right < end && before(table, &from[right], &from[left]));
            to[i] = from[take_right ? right++ : left++];
        }
    }
}

bool word_table_order(const word_table *table, uint32_t *order)
{
    uint64_t n = table->count;
    item *items = malloc((2 * n + 1) * sizeof *items), *from = items, *to = items + n;
    if (items == NULL)
        return false;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t length, prefix = 0;
        const uint8_t *bytes = word_table_at(table, i, &length);
        for (uint64_t j = 0; j < 8; j++)
            prefix = prefix << 8 | (j < length ? bytes[j] : 0);
        items[i] = (item){prefix, i};
    }
    for (uint64_t width = 1; width < n; width *= 2) {
        merge_pass(table, from, to, n, width);
        item *swap = from;
        from = to;
        to = swap;
    }
    for (uint64_t i = 0; i < n; i++)
        order[i] = from[i].code;
    free(items);
    return true;
}
