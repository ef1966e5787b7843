#include "format/check.h"

#include <inttypes.h>

#include "format/bytes.h"
#include "format/check_rows.h"
#include "format/types.h"
#include "format/utf8.h"

void fmt_part_whole(fmt_part *part, const fmt_descriptor *d, int64_t column, const uint8_t *file)
{
    const uint8_t *start[FMT_SLOTS];
    for (int i = 0; i < FMT_SLOTS; i++)
        start[i] = d->slots[i].stored_length ? file + d->slots[i].offset : NULL;
    *part = (fmt_part){d,
                       column,
                       start[FMT_SLOT_VALIDITY],
                       start[FMT_SLOT_VALUES],
                       start[FMT_SLOT_BYTES],
                       0,
                       d->length,
                       false};
}

/* Where row `i` of slot 1 lies in the file. */
static uint64_t place_of(const fmt_part *part, uint64_t i, uint64_t width)
{
    return part->descriptor->slots[FMT_SLOT_VALUES].offset + i * width;
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

int fmt_check_validity(const fmt_part *part, fmt_fault *fault)
{
    const fmt_descriptor *d = part->descriptor;
    if (part->validity == NULL)
        return FMT_OK;
    uint64_t rows = d->length, at = d->slots[FMT_SLOT_VALIDITY].offset;
    if (rows % 8 && part->validity[rows / 8] >> (rows % 8)) {
        return fmt_fail_at(fault, FMT_VALIDITY, "F-35", at + rows / 8, part->column, -1,
                           "spare bits of the validity bitmap are not zero");
    }
    uint64_t nulls = fmt_count_nulls(part->validity, 0, rows);
    if (nulls != d->null_count) {
        return fmt_fail_at(fault, FMT_VALIDITY, "F-35", at, part->column, -1,
                           "the validity bitmap has %" PRIu64 " nulls, null_count is %" PRIu64,
                           nulls, d->null_count);
    }
    return FMT_OK;
}

int fmt_check_offsets(const fmt_part *part, fmt_fault *fault)
{
    const fmt_descriptor *d = part->descriptor;
    uint64_t end = part->first + part->count, size = d->slots[FMT_SLOT_BYTES].stored_length;
    uint64_t before = fmt_load64(part->values + 8 * part->first);
    const char *what = NULL;
    uint64_t i = part->first;
    if (part->first == 0 && before != 0)
        what = "the first offset is not 0";
    else if (before > size)
        what = "an offset is beyond the bytes";
    for (; what == NULL && i < end; i++) {
        uint64_t here = fmt_load64(part->values + 8 * (i + 1));
        if (here < before)
            what = "an offset is less than the one before";
        else if (here > size)
            what = "an offset is beyond the bytes";
        before = here;
    }
    if (what == NULL && end == d->length && before != size)
        what = "the last offset is not the length of the bytes";
    if (what == NULL)
        return FMT_OK;
    int64_t row = i > part->first ? (int64_t)(i - 1) : (int64_t)part->first;
    return fmt_fail_at(fault, FMT_OFFSETS, "F-36", place_of(part, i, 8), part->column, row, "%s",
                       what);
}

bool fmt_string_of(const fmt_part *part, uint64_t i, fmt_span *out)
{
    uint64_t a = fmt_load64(part->values + 8 * i), b = fmt_load64(part->values + 8 * (i + 1));
    if (a > b || b > part->descriptor->slots[FMT_SLOT_BYTES].stored_length)
        return false;
    *out = (fmt_span){a == b ? (const uint8_t *)"" : part->bytes + a, b - a, a};
    return true;
}

int fmt_bad_offsets(const fmt_part *part, uint64_t i, fmt_fault *fault)
{
    return fmt_fail_at(fault, FMT_OFFSETS, "F-36", place_of(part, i, 8), part->column, (int64_t)i,
                       "offsets reach beyond the bytes");
}

/* Row by row: finds the first bad one after the quick check said that there is one. */
static int locate_utf8(const fmt_part *part, fmt_fault *fault)
{
    fmt_span s;
    for (uint64_t i = part->first; i < part->first + part->count; i++) {
        if (!fmt_string_of(part, i, &s))
            return fmt_bad_offsets(part, i, fault);
        size_t bad = fmt_utf8_check(s.data, s.length);
        if (bad != SIZE_MAX) {
            uint64_t at = part->descriptor->slots[FMT_SLOT_BYTES].offset + s.start + bad;
            return fmt_fail_at(fault, FMT_UTF8, "F-37", at, part->column, (int64_t)i,
                               "a string is not UTF-8");
        }
    }
    return FMT_OK;
}

/* All bytes of the part at once, then whether each string starts at the start of a character:
 * together that is every string by itself, without the price of a call for each. */
int fmt_check_utf8(const fmt_part *part, fmt_fault *fault)
{
    uint64_t size = part->descriptor->slots[FMT_SLOT_BYTES].stored_length,
             last = part->first + part->count;
    uint64_t start = fmt_load64(part->values + 8 * part->first),
             end = fmt_load64(part->values + 8 * last);
    if (start > end || end > size)
        return fmt_bad_offsets(part, part->first, fault);
    if (start == end)
        return FMT_OK;
    bool bad = fmt_utf8_check(part->bytes + start, end - start) != SIZE_MAX;
    for (uint64_t i = part->first + 1; i < last && !bad; i++) {
        uint64_t at = fmt_load64(part->values + 8 * i);
        if (at > end)
            return fmt_bad_offsets(part, i, fault);
        bad = at < end && (part->bytes[at] & 0xC0) == 0x80;
    }
    return bad ? locate_utf8(part, fault) : FMT_OK;
}

static uint64_t load_code(const uint8_t *p, uint32_t width)
{
    return width == 1 ? *p : width == 2 ? fmt_load16(p) : fmt_load32(p);
}

/* Whether any of 64 codes, taken as unsigned, is `limit` or more. */
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

int fmt_check_codes(const fmt_part *part, uint64_t dictionary_length, fmt_fault *fault)
{
    uint32_t width = part->descriptor->width;
    uint64_t most = UINT64_C(1) << (8 * width - 1); /* codes are signed */
    uint64_t limit = dictionary_length < most ? dictionary_length : most;
    uint64_t end = part->first + part->count;
    for (uint64_t i = part->first; i < end; i += 64) {
        const uint8_t *p = part->values + i * width;
        uint64_t n = end - i < 64 ? end - i : 64;
        if (n == 64 && limit && !any_beyond(p, width, limit))
            continue;
        uint64_t valid = part->validity != NULL ? fmt_valid_bits(part->validity, i, n) : UINT64_MAX;
        for (uint64_t k = 0; k < n; k++) {
            if (((valid >> k) & 1) && load_code(p + k * width, width) >= limit) {
                return fmt_fail_at(fault, FMT_CODES, "F-39", place_of(part, i + k, width),
                                   part->column, (int64_t)(i + k),
                                   "a code is not in the dictionary of %" PRIu64 " values",
                                   dictionary_length);
            }
        }
    }
    return FMT_OK;
}
