/* Nulls: in the forms that callers use, and as the bitmap of the file (F-35). */
#include "format/bytes.h"
#include "write/writer_internal.h"

/* Returns a byte whose bit i is set if byte i of `p` is not zero. */
static uint8_t nonzero8(const uint8_t *p)
{
    uint64_t x = fmt_load64(p), low = UINT64_C(0x7F7F7F7F7F7F7F7F);
    uint64_t high = (((x & low) + low) | x) & ~low; /* the top bit of each byte that is not zero */
    return (uint8_t)(((high >> 7) * UINT64_C(0x0102040810204080)) >> 56);
}

static void from_bytes(const uint8_t *p, bool nonzero_is_null, segment *seg)
{
    size_t i = 0;
    uint8_t flip = nonzero_is_null ? 0xFF : 0;
    for (; i + 8 <= seg->rows; i += 8)
        seg->bitmap[i >> 3] = nonzero8(p + i) ^ flip;
    if (i < seg->rows)
        seg->bitmap[i >> 3] = 0;
    for (; i < seg->rows; i++)
        if ((p[i] != 0) != nonzero_is_null)
            seg->bitmap[i >> 3] |= (uint8_t)(1u << (i & 7));
}

static void from_bitmap(const uint8_t *bitmap, uint64_t first, segment *seg)
{
    unsigned shift = first & 7;
    const uint8_t *from = bitmap + (first >> 3);
    for (size_t i = 0; i < seg->rows; i += 8) {
        unsigned bits = from[i >> 3];
        if (shift + (seg->rows - i) > 8) /* the next byte exists only if a row needs it */
            bits |= (unsigned)from[(i >> 3) + 1] << 8;
        seg->bitmap[i >> 3] = (uint8_t)(bits >> shift);
    }
}

bool writer_is_float(const column *c)
{
    return c->out.type == FMT_FLOAT16 || c->out.type == FMT_FLOAT32 || c->out.type == FMT_FLOAT64;
}

static bool is_nan(const uint8_t *value, uint16_t type)
{
    if (type == FMT_FLOAT16)
        return (fmt_load16(value) & 0x7FFFu) > 0x7C00u;
    if (type == FMT_FLOAT32)
        return (fmt_load32(value) & 0x7FFFFFFFu) > 0x7F800000u;
    return (fmt_load64(value) & UINT64_C(0x7FFFFFFFFFFFFFFF)) > UINT64_C(0x7FF0000000000000);
}

static void from_sentinel(const column *c, const shmcol_column_data *data, uint32_t width,
                          int64_t stride, segment *seg)
{
    const uint8_t *value = (const uint8_t *)data->values + (int64_t)seg->first * stride;
    memset(seg->bitmap, 0, (seg->rows + 7) / 8);
    for (size_t i = 0; i < seg->rows; i++, value += stride) {
        bool null = data->sentinel == NULL ? is_nan(value, c->out.type)
                                           : memcmp(value, data->sentinel, width) == 0;
        seg->bitmap[i >> 3] |= (uint8_t)((unsigned)!null << (i & 7));
    }
}

void writer_find_nulls(const column *c, const shmcol_column_data *data, uint32_t width,
                       int64_t stride, segment *seg)
{
    seg->nulls = 0;
    switch (data->validity_kind) {
    case SHMCOL_VALIDITY_BITMAP:
        from_bitmap(data->validity, data->validity_offset + seg->first, seg);
        break;
    case SHMCOL_VALIDITY_MASK:
        from_bytes((const uint8_t *)data->validity + seg->first, true, seg);
        break;
    case SHMCOL_VALIDITY_BYTES:
        from_bytes((const uint8_t *)data->validity + seg->first, false, seg);
        break;
    case SHMCOL_VALIDITY_SENTINEL: from_sentinel(c, data, width, stride, seg); break;
    case SHMCOL_ALL_VALID:
    default: return;
    }
    if (seg->rows % 8 != 0)
        seg->bitmap[seg->rows / 8] &= (uint8_t)((1u << (seg->rows % 8)) - 1);
    size_t valid = 0, bytes = (seg->rows + 7) / 8;
    memset(seg->bitmap + bytes, 0, 8);
    for (size_t i = 0; i < bytes; i += 8)
        valid += (size_t)__builtin_popcountll(fmt_load64(seg->bitmap + i));
    seg->nulls = seg->rows - valid;
}

void writer_mark_null(segment *seg, size_t i)
{
    if (seg->nulls == 0) {
        memset(seg->bitmap, 0, sizeof seg->bitmap);
        for (size_t j = 0; j < seg->rows; j++)
            seg->bitmap[j >> 3] |= (uint8_t)(1u << (j & 7));
    }
    if (segment_valid(seg, i)) {
        seg->bitmap[i >> 3] &= (uint8_t)~(1u << (i & 7));
        seg->nulls++;
    }
}

/* Appends n bits; `bits` NULL: ones. Errors: NO_MEMORY and those of sink_write. */
static shmcol_status put_bits(shmcol_writer *w, column *c, const uint8_t *bits, size_t n,
                              shmcol_error *err)
{
    uint8_t *to;
    unsigned shift = c->bits & 7;
    shmcol_status status = writer_buffer_room(&c->validity, n / 8 + 2, &to, err);
    if (status != SHMCOL_OK)
        return status;
    unsigned carry = c->partial;
    for (size_t i = 0; i < n; i += 8) {
        unsigned byte = bits != NULL ? bits[i >> 3] : 0xFF;
        if (n - i < 8)
            byte &= (1u << (n - i)) - 1; /* spare bits are zero (F-35) */
        carry |= byte << shift;
        to[i >> 3] = (uint8_t)carry;
        carry >>= 8;
    }
    /* Either the last byte that was written is incomplete, or all are complete and the rest is in
     * `carry`. */
    size_t whole = (shift + n) / 8;
    c->partial = whole < (n + 7) / 8 ? to[whole] : (uint8_t)carry;
    c->bits += n;
    return writer_buffer_added(w, &c->validity, whole, err);
}

shmcol_status writer_put_validity(shmcol_writer *w, column *c, const segment *seg, size_t rows,
                                  shmcol_error *err)
{
    size_t nulls = rows == seg->rows ? seg->nulls : 0;
    for (size_t i = 0; seg->nulls > 0 && rows < seg->rows && i < rows; i++)
        nulls += !segment_valid(seg, i);
    if (c->nulls == 0 && nulls == 0 && !writer_is_part(w))
        return SHMCOL_OK;
    c->nulls += nulls;
    shmcol_status status = SHMCOL_OK;
    /* At the first null: all rows before it are valid. */
    while (c->bits < c->rows && status == SHMCOL_OK) {
        uint64_t left = c->rows - c->bits;
        status = put_bits(w, c, NULL, left < SEGMENT ? (size_t)left : SEGMENT, err);
    }
    if (status != SHMCOL_OK)
        return status;
    return put_bits(w, c, nulls > 0 ? seg->bitmap : NULL, rows, err);
}

void writer_nulls_of_codes(const int32_t *codes, size_t rows, segment *seg)
{
    seg->rows = rows;
    seg->nulls = 0;
    for (size_t i = 0; i < rows; i++)
        if (codes[i] < 0)
            writer_mark_null(seg, i);
}
