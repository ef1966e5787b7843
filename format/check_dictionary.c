/* The check of a dictionary: sorted, or unique. */
#include <inttypes.h>

#include "format/bytes.h"
#include "format/check.h"
#include "format/check_rows.h"
#include "format/hash.h"
#include "format/ondisk.h"
#include "format/text.h"

static int refuse(const fmt_row_range *range, uint64_t i, const char *what, fmt_fault *fault)
{
    return fmt_fail_at(fault, FMT_DICTIONARY_VALUES, "F-39",
                       range->descriptor->slots[FMT_SLOT_VALUES].offset + 8 * i, range->column,
                       (int64_t)i, "value %" PRIu64 " of a dictionary %s", i, what);
}

/* Checks that values ascend strictly, which also proves that they are unique. */
static int check_sorted(const fmt_row_range *range, fmt_fault *fault)
{
    fmt_span before = {0}, here;
    for (uint64_t i = 0; i < range->descriptor->length; i++, before = here) {
        if (!fmt_string_of(range, i, &here))
            return fmt_bad_offsets(range, i, fault);
        if (i == 0)
            continue;
        int order = fmt_text_order(before.data, before.length, here.data, here.length);
        if (order == 0)
            return refuse(range, i, "repeats the one before", fault);
        if (order > 0)
            return refuse(range, i, "is not in order", fault);
    }
    return FMT_OK;
}

/* Returns the entries of a hash table that is at most half full, a power of two. */
static uint64_t capacity_of(uint64_t length)
{
    uint64_t capacity = 16;
    while (capacity / 2 < length)
        capacity *= 2;
    return capacity;
}

size_t fmt_dictionary_scratch(const fmt_descriptor *d)
{
    return d->flags & FMT_FLAG_SORTED ? 0 : capacity_of(d->length) * sizeof(uint64_t);
}

/* Checks that values are unique, by a hash table with open addressing: an entry is the number of a
 * value plus 1; 0 is free. */
static int check_unsorted(const fmt_row_range *range, uint64_t *entries, uint64_t seed,
                          fmt_fault *fault)
{
    uint64_t capacity = capacity_of(range->descriptor->length);
    memset(entries, 0, capacity * sizeof *entries);
    for (uint64_t i = 0; i < range->descriptor->length; i++) {
        fmt_span here, other;
        if (!fmt_string_of(range, i, &here))
            return fmt_bad_offsets(range, i, fault);
        uint64_t at = fmt_hash_seed(here.data, here.length, seed) & (capacity - 1);
        for (; entries[at]; at = (at + 1) & (capacity - 1)) {
            if (!fmt_string_of(range, entries[at] - 1, &other))
                return fmt_bad_offsets(range, entries[at] - 1, fault);
            if (fmt_text_equal(other.data, other.length, here.data, here.length))
                return refuse(range, i, "occurs before", fault);
        }
        entries[at] = i + 1;
    }
    return FMT_OK;
}

int fmt_check_dictionary(const fmt_row_range *range, void *scratch, uint64_t seed, fmt_fault *fault)
{
    if (range->descriptor->flags & FMT_FLAG_SORTED)
        return check_sorted(range, fault);
    return check_unsorted(range, scratch, seed, fault);
}
