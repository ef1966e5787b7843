/* Checks of validity and codes (check.h), and the strings of rows. */
#include "format/check.h"

#include <inttypes.h>

#include "format/bytes.h"
#include "format/check_rows.h"
#include "format/ondisk.h"

void fmt_row_range_whole(fmt_row_range *range, const fmt_descriptor *d, int64_t column,
                         const uint8_t *file)
{
    const uint8_t *start[FMT_SLOTS];
    for (int i = 0; i < FMT_SLOTS; i++)
        start[i] = d->slots[i].stored_length ? file + d->slots[i].offset : NULL;
    *range = (fmt_row_range){.descriptor = d,
                             .column = column,
                             .validity = start[FMT_SLOT_VALIDITY],
                             .values = start[FMT_SLOT_VALUES],
                             .bytes = start[FMT_SLOT_BYTES],
                             .element_bytes = start[FMT_SLOT_ELEMENT_BYTES],
                             .count = d->length};
}

/* Returns the file offset of row `i` of slot 1. */
static uint64_t place_of(const fmt_row_range *range, uint64_t i, uint64_t width)
{
    return range->descriptor->slots[FMT_SLOT_VALUES].offset + i * width;
}

static unsigned ones(uint64_t v)
{
    v -= (v >> 1) & UINT64_C(0x5555555555555555);
    v = (v & UINT64_C(0x3333333333333333)) + ((v >> 2) & UINT64_C(0x3333333333333333));
    v = (v + (v >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
    return (unsigned)((v * UINT64_C(0x0101010101010101)) >> 56);
}

uint64_t fmt_count_nulls(const uint8_t *bitmap, uint64_t first, uint64_t count)
{
    uint64_t valid = 0;
    for (uint64_t i = 0; i < count; i += 64) {
        uint64_t n = count - i < 64 ? count - i : 64;
        valid += ones(fmt_valid_bits(bitmap, first + i, n));
    }
    return count - valid;
}

int fmt_check_validity(const fmt_row_range *range, fmt_fault *fault)
{
    const fmt_descriptor *d = range->descriptor;
    if (range->validity == NULL)
        return FMT_OK;
    uint64_t rows = d->length, at = d->slots[FMT_SLOT_VALIDITY].offset;
    if (rows % 8 && range->validity[rows / 8] >> (rows % 8)) {
        return fmt_fail_at(fault, FMT_VALIDITY, "F-35", at + rows / 8, range->column, -1,
                           "spare bits of the validity bitmap are not zero");
    }
    uint64_t nulls = fmt_count_nulls(range->validity, 0, rows);
    if (nulls != d->null_count) {
        return fmt_fail_at(fault, FMT_VALIDITY, "F-35", at, range->column, -1,
                           "the validity bitmap has %" PRIu64 " nulls, null_count is %" PRIu64,
                           nulls, d->null_count);
    }
    return FMT_OK;
}

bool fmt_string_of(const fmt_row_range *range, uint64_t i, fmt_span *out)
{
    uint64_t a = fmt_load64(range->values + 8 * i), b = fmt_load64(range->values + 8 * (i + 1));
    if (a > b || b > range->descriptor->slots[FMT_SLOT_BYTES].stored_length)
        return false;
    *out = (fmt_span){a == b ? (const uint8_t *)"" : range->bytes + a, b - a, a};
    return true;
}

int fmt_bad_offsets(const fmt_row_range *range, uint64_t i, fmt_fault *fault)
{
    return fmt_fail_at(fault, FMT_OFFSETS, "F-36", place_of(range, i, 8), range->column, (int64_t)i,
                       "offsets reach beyond the bytes");
}

static uint64_t load_code(const uint8_t *p, uint32_t width)
{
    return width == 1 ? *p : width == 2 ? fmt_load16(p) : fmt_load32(p);
}

/* Tells whether any of 64 codes, taken as unsigned, is `limit` or more. */
#define ANY_BEYOND(T)                                                                              \
    {                                                                                              \
        T codes[64], beyond = 0;                                                                   \
        memcpy(codes, p, sizeof codes);                                                            \
        for (int k = 0; k < 64; k++)                                                               \
            beyond |= (T)(codes[k] > (T)(limit - 1));                                              \
        return beyond != 0;                                                                        \
    }
static bool any_beyond(const uint8_t *p, uint32_t width, uint64_t limit)
{
    if (width == 1)
        ANY_BEYOND(uint8_t)
    if (width == 2)
        ANY_BEYOND(uint16_t)
    ANY_BEYOND(uint32_t)
}

int fmt_check_codes(const fmt_row_range *range, uint64_t dictionary_length, fmt_fault *fault)
{
    uint32_t width = range->descriptor->width;
    uint64_t most = UINT64_C(1) << (8 * width - 1); /* codes are signed */
    uint64_t limit = dictionary_length < most ? dictionary_length : most;
    uint64_t end = range->first + range->count;
    for (uint64_t i = range->first; i < end; i += 64) {
        const uint8_t *p = range->values + i * width;
        uint64_t n = end - i < 64 ? end - i : 64;
        if (n == 64 && limit && !any_beyond(p, width, limit))
            continue;
        uint64_t valid =
            range->validity != NULL ? fmt_valid_bits(range->validity, i, n) : UINT64_MAX;
        for (uint64_t k = 0; k < n; k++) {
            if (((valid >> k) & 1) && load_code(p + k * width, width) >= limit) {
                return fmt_fail_at(fault, FMT_CODES, "F-39", place_of(range, i + k, width),
                                   range->column, (int64_t)(i + k),
                                   "a code is not in the dictionary of %" PRIu64 " values",
                                   dictionary_length);
            }
        }
    }
    return FMT_OK;
}
