/* The search for a word in a dictionary. One that is not sorted (F-82: what appends brought stands
 * behind the rest) is sorted by its first search: 4 bytes a word, once a handle. */
#include <errno.h>
#include <stdlib.h>

#include "alloc.h"
#include "format/text.h"
#include "read/words.h"
#include "sys/sys.h"

/* Below this many words a search looks at each. */
enum { FEW = 16 };

/* Compares two words. One whose offsets are damaged counts as empty: every search that meets it
 * says so. */
static bool is_above(const shmcol_strings *values, uint32_t a, uint32_t b)
{
    const char *one = NULL, *other = NULL;
    uint64_t length = 0, size = 0;
    if (shmcol_string_at(values, a, &one, &length) != SHMCOL_OK)
        length = 0;
    if (shmcol_string_at(values, b, &other, &size) != SHMCOL_OK)
        size = 0;
    return fmt_text_order(one, length, other, size) > 0;
}

/* Merges two sorted neighbours, [from, middle) and [middle, end). */
static void merge(const shmcol_strings *values, const uint32_t *order, uint64_t from,
                  uint64_t middle, uint64_t end, uint32_t *out)
{
    uint64_t a = from, b = middle;
    for (uint64_t i = from; i < end; i++)
        if (b == end || (a < middle && !is_above(values, order[a], order[b])))
            out[i] = order[a++];
        else
            out[i] = order[b++];
}

/* Numbers of words that are being sorted. */
typedef struct sorting {
    const shmcol_strings *values;
    uint32_t *order, *other;
} sorting;

/* Sorts by merging: whatever a comparison says, and if the file changes meanwhile, no number is
 * lost and nothing else is touched. */
static void sort(void *arg)
{
    sorting *s = arg;
    const uint64_t n = s->values->count;
    for (uint64_t i = 0; i < n; i++)
        s->order[i] = (uint32_t)i;
    for (uint64_t width = 1; width < n; width *= 2) {
        for (uint64_t from = 0; from < n; from += 2 * width) {
            const uint64_t middle = n - from < width ? n : from + width,
                           end = n - from < 2 * width ? n : from + 2 * width;
            merge(s->values, s->order, from, middle, end, s->other);
        }
        uint32_t *swap = s->order;
        s->order = s->other;
        s->other = swap;
    }
}

static bool has_byte(const void *set, const uint8_t *address)
{
    const shmcol_strings *values = set;
    return (uintptr_t)address - (uintptr_t)values->offsets <
               (values->count + 1) * sizeof *values->offsets ||
           (uintptr_t)address - (uintptr_t)values->data < values->data_length;
}

/* Makes the words' numbers in the order of the words. Where the caller is inside shmcol_guard, a
 * fault ends in an answer, so that the memory is not left behind. *out NULL: no memory. */
static shmcol_status make_order(const shmcol_strings *values, uint32_t **out)
{
    const uint8_t *address;
    sorting s = {.values = values,
                 .order = shm_alloc(values->count, sizeof *s.order),
                 .other = shm_alloc(values->count, sizeof *s.other)};
    int errnum = 0;
    if (s.order == NULL || s.other == NULL)
        errnum = ENOMEM;
    else if (sys_guarded((const uint8_t *)values->offsets))
        errnum = sys_guard_set(has_byte, values, sort, &s, &address);
    else
        sort(&s);
    free(s.other);
    if (errnum != 0)
        free(s.order);
    *out = errnum == 0 ? s.order : NULL;
    return errnum == EFAULT ? SHMCOL_ERR_FAULT : SHMCOL_OK;
}

/* Finds the order of a dictionary's words, and makes it at the first search. *out NULL: the words
 * are looked at one by one. */
static shmcol_status order_of(const shmcol_dictionary *dictionary, const uint32_t **out)
{
    _Atomic(uint32_t *) *place = dictionary->order;
    const uint64_t n = dictionary->values.count;
    *out = NULL;
    if (dictionary->sorted || place == NULL || n < FEW || n > INT32_MAX)
        return SHMCOL_OK;
    uint32_t *order = atomic_load_explicit(place, memory_order_acquire), *made;
    if (order == NULL) {
        shmcol_status status = make_order(&dictionary->values, &made);
        if (made == NULL)
            return status;
        if (atomic_compare_exchange_strong(place, &order, made))
            order = made;
        else
            free(made); /* another thread was faster */
    }
    *out = order;
    return SHMCOL_OK;
}

shmcol_status shmcol_dictionary_code(const shmcol_dictionary *dictionary, const char *data,
                                     uint64_t length, int64_t *code)
{
    const char *value;
    uint64_t value_length;
    uint64_t low = 0, high = dictionary->values.count;
    const uint32_t *order;
    shmcol_status status = order_of(dictionary, &order);
    if (status != SHMCOL_OK)
        return status;
    const bool halves = dictionary->sorted || order != NULL;
    while (low < high) {
        const uint64_t middle = halves ? low + (high - low) / 2 : low,
                       at = order != NULL ? order[middle] : middle;
        status = shmcol_string_at(&dictionary->values, at, &value, &value_length);
        if (status != SHMCOL_OK)
            return status;
        const int way = fmt_text_order(value, value_length, data, length);
        if (way == 0) {
            *code = (int64_t)at;
            return SHMCOL_OK;
        }
        if (halves && way > 0)
            high = middle;
        else
            low = middle + 1;
    }
    *code = -1;
    return SHMCOL_OK;
}
