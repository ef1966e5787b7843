/* Columns of a fixed width, and codes: values are copied together, null slots are made canonical
 * (F-24), the others are checked (F-38). */
#include "format/bytes.h"
#include "format/decimal.h"
#include "format/text.h"
#include "write/writer_internal.h"

#define GATHER(type)                                                                               \
    for (size_t i = 0; i < n; i++, from += stride)                                                 \
    memcpy(to + i * sizeof(type), from, sizeof(type))

/* Copies n values that are `stride` bytes apart. A constant size makes each copy one instruction.
 */
static void gather(uint8_t *to, const uint8_t *from, size_t n, uint32_t width, int64_t stride)
{
    if (stride == width) {
        memcpy(to, from, n * width);
        return;
    }
    switch (width) {
    case 1: GATHER(uint8_t); break;
    case 2: GATHER(uint16_t); break;
    case 4: GATHER(uint32_t); break;
    case 8: GATHER(uint64_t); break;
    case 16: GATHER(shmcol_decimal); break;
    default:
        for (size_t i = 0; i < n; i++, from += stride)
            memcpy(to + i * width, from, width);
    }
}

/* Fills null slots with their canonical value (F-24). */
static void fill_nulls(uint8_t *values, uint32_t width, uint64_t null_bits, const segment *seg)
{
    for (size_t i = 0; i < seg->rows; i++) {
        if (segment_valid(seg, i))
            continue;
        if (width <= sizeof null_bits)
            memcpy(values + i * width, &null_bits, width);
        else
            memset(values + i * width, 0, width);
    }
}

/* Returns one past the last value of a time of day, in its unit. */
static int64_t day_length(uint8_t unit)
{
    static const int64_t units[] = {86400, 86400000, INT64_C(86400000000), INT64_C(86400000000000)};
    return units[unit];
}

/* Describes why F-38 does not allow a valid value; NULL: it does. */
static const char *value_problem(const column *c, const uint8_t *value)
{
    int64_t wide = c->width == 8   ? (int64_t)fmt_load64(value)
                   : c->width == 4 ? (int32_t)fmt_load32(value)
                                   : 0;
    switch (c->out.type) {
    case FMT_BOOL8: return *value > 1 ? "a bool is neither 0 nor 1" : NULL;
    case FMT_DATE64:
        if (wide != INT64_MIN)
            return wide % FMT_DAY_MILLIS != 0 ? "a date64 is not a whole number of days" : NULL;
        return "the value is the one that stands for a null (INT64_MIN)";
    case FMT_TIMESTAMP:
    case FMT_DURATION:
        return wide == INT64_MIN ? "the value is the one that stands for a null (INT64_MIN)" : NULL;
    case FMT_TIME32:
    case FMT_TIME64:
        return wide < 0 || wide >= day_length(c->out.unit) ? "a time is not within a day" : NULL;
    case FMT_DECIMAL128:
        return !fmt_decimal_fits(fmt_load_decimal(value), fmt_decimal_limit(c->out.precision))
                   ? "a decimal128 has more digits than its precision"
                   : NULL;
    default: return NULL;
    }
}

/* Checks `n` slots quickly, `nulls` canonical nulls included. Returns false if one of them may
 * violate F-38. The loops are simple for the vectorizer. */
static bool seems_good(const column *c, const uint8_t *values, size_t n, size_t nulls)
{
    size_t nats = 0;
    unsigned bits = 0;
    switch (c->out.type) {
    case FMT_BOOL8:
        for (size_t i = 0; i < n; i++)
            bits |= values[i];
        return bits <= 1;
    case FMT_TIMESTAMP:
    case FMT_DURATION:
        for (size_t i = 0; i < n; i++)
            nats += fmt_load64(values + 8 * i) == (uint64_t)INT64_MIN;
        return nats == nulls;
    case FMT_DECIMAL128: {
        const fmt_decimal limit = fmt_decimal_limit(c->out.precision);
        for (size_t i = 0; i < n; i++)
            bits |= !fmt_decimal_fits(fmt_load_decimal(values + 16 * i), limit);
        return bits == 0;
    }
    default: return false;
    }
}

shmcol_status writer_check_values(const column *c, const uint8_t *values, size_t n,
                                  const segment *seg, shmcol_error *err)
{
    bool bounded = c->out.type == FMT_BOOL8 || c->out.type == FMT_DECIMAL128 ||
                   (c->out.type >= FMT_DATE64 && c->out.type <= FMT_TIME64);
    if (!bounded || seems_good(c, values, n, seg != NULL ? seg->nulls : 0))
        return SHMCOL_OK;
    for (size_t i = 0; i < n; i++) {
        bool valid = seg == NULL || segment_valid(seg, i);
        const char *problem = valid ? value_problem(c, values + i * c->width) : NULL;
        if (problem != NULL)
            return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-38", (int64_t)(c->rows + i), problem,
                               err);
    }
    return SHMCOL_OK;
}

/* Extends the zone of the column's next row by the segment. */
static void extend_zone(column *c, fmt_zone *zone, uint16_t type, uint32_t width,
                        const uint8_t *values, const segment *seg)
{
    zone->descends |= c->descends;
    fmt_zone_values(zone, type, width, values, seg->rows, seg->nulls > 0 ? seg->bitmap : NULL);
    c->descends = zone->descends;
}

shmcol_status writer_finish_values(column *c, uint8_t *values, const segment *seg,
                                   shmcol_error *err)
{
    if (seg->nulls > 0)
        fill_nulls(values, c->width, fmt_type_of(c->out.type)->null_bits, seg);
    shmcol_status status = writer_check_values(c, values, seg->rows, seg, err);
    if (status == SHMCOL_OK && c->zoned) {
        fmt_zone *zone;
        status = writer_zone(c, &zone, err);
        if (status == SHMCOL_OK)
            extend_zone(c, zone, c->out.type, c->width, values, seg);
    }
    return status;
}

shmcol_status writer_take_fixed(shmcol_writer *w, column *c, const shmcol_column_data *data,
                                segment *seg, shmcol_error *err)
{
    int64_t stride = data->stride != 0 ? data->stride : c->width;
    uint8_t *values;
    shmcol_status status = writer_buffer_room(&c->values, seg->rows * c->width, &values, err);
    if (status != SHMCOL_OK)
        return status;
    gather(values, (const uint8_t *)data->values + (int64_t)seg->first * stride, seg->rows,
           c->width, stride);
    status = writer_finish_values(c, values, seg, err);
    return status == SHMCOL_OK ? writer_buffer_added(w, &c->values, seg->rows * c->width, err)
                               : status;
}

/* Looks for a descent among codes of a dictionary that was given, by its strings: it may be
 * unsorted. In a column that ascends each string is one run of rows, so what is compared is at most
 * the dictionary. */
static bool codes_descend(column *c, const int32_t *codes, const segment *seg)
{
    bool any = c->rows > 0;
    if (c->descends || seg->nulls > 0)
        return true;
    for (size_t i = 0; i < seg->rows; i++) {
        uint64_t length, before_length;
        if (any && codes[i] == c->last_code)
            continue;
        const uint8_t *s = base_text_set_at(c->distinct, (uint32_t)codes[i], &length),
                      *before =
                          base_text_set_at(c->distinct, (uint32_t)c->last_code, &before_length);
        if (any && fmt_text_order(s, length, before, before_length) < 0)
            return true;
        any = true;
        c->last_code = codes[i];
    }
    return false;
}

shmcol_status writer_put_codes(shmcol_writer *w, column *c, out_buffer *to, uint32_t width,
                               const int32_t *codes, const segment *seg, shmcol_error *err)
{
    uint8_t *values;
    fmt_zone *zone;
    shmcol_status status = writer_buffer_room(to, seg->rows * width, &values, err);
    if (status == SHMCOL_OK)
        status = writer_zone(c, &zone, err);
    if (status != SHMCOL_OK)
        return status;
    for (size_t i = 0; i < seg->rows; i++)
        memcpy(values + i * width, &codes[i], width); /* the low bytes: little-endian (F-1) */
    if (seg->nulls > 0)
        fill_nulls(values, width, 0, seg);
    if (c->mode == MODE_CODES) {
        c->descends = codes_descend(c, codes, seg);
        zone->descends = true; /* the order of these codes says nothing */
        fmt_zone_values(zone, FMT_DICTIONARY, width, values, seg->rows,
                        seg->nulls > 0 ? seg->bitmap : NULL);
    } else {
        extend_zone(c, zone, FMT_DICTIONARY, width, values, seg);
    }
    return writer_buffer_added(w, to, seg->rows * width, err);
}

static int64_t load_code(const uint8_t *p, uint32_t width)
{
    switch (width) {
    case 1: return (int8_t)*p;
    case 2: return (int16_t)fmt_load16(p);
    case 4: return (int32_t)fmt_load32(p);
    default: return (int64_t)fmt_load64(p);
    }
}

shmcol_status writer_take_codes(shmcol_writer *w, column *c, const shmcol_column_data *data,
                                segment *seg, shmcol_error *err)
{
    int64_t stride = data->stride != 0 ? data->stride : data->width, limit = c->distinct->count;
    const uint8_t *from = (const uint8_t *)data->values + (int64_t)seg->first * stride;
    int32_t codes[SEGMENT];
    for (size_t i = 0; i < seg->rows; i++, from += stride) {
        int64_t code = load_code(from, data->width);
        codes[i] = (int32_t)code;
        if ((code < 0 || code >= limit) && segment_valid(seg, i))
            return writer_fail(c, SHMCOL_ERR_BAD_VALUE, "F-39", (int64_t)(c->rows + i),
                               "a code is not in the dictionary", err);
    }
    return writer_put_codes(w, c, &c->values, c->width, codes, seg, err);
}
