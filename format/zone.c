/* Zone entries: computing, joining, encoding and decoding them. */
#include "format/zone.h"

#include "format/ascending.h"
#include "format/bytes.h"
#include "format/decimal.h"
#include "format/half.h"
#include "format/text.h"
#include "format/types.h"

/* The bounds of a run of values that are all valid, in the widest type of their kind. */
typedef struct span {
    union {
        int64_t i;
        uint64_t u;
        double d;
        fmt_decimal w;
    } min, max;
    uint64_t nans;
    bool any; /* min and max hold */
} span;

/* Each lane has bounds of its own, which are joined at the end. So no value depends on the one
 * before in the inner loops, and the compiler knows their length: it makes vectors of them for any
 * machine. */
enum { LANE_BYTES = 128 };

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

/* T: the type in the file; WIDE and MEMBER: where its bounds are kept. n > 0. */
#define INTEGERS(NAME, T, WIDE, MEMBER)                                                            \
    static void NAME(const uint8_t *values, size_t n, span *out)                                   \
    {                                                                                              \
        enum { LANES = LANE_BYTES / sizeof(T) };                                                   \
        T low[LANES], high[LANES], v[LANES];                                                       \
        size_t i = 0;                                                                              \
        for (int k = 0; k < LANES; k++)                                                            \
            memcpy(&low[k], values, sizeof(T));                                                    \
        memcpy(high, low, sizeof high);                                                            \
        for (; n - i >= LANES; i += LANES) {                                                       \
            memcpy(v, values + i * sizeof(T), sizeof v);                                           \
            for (int k = 0; k < LANES; k++) {                                                      \
                low[k] = MIN(v[k], low[k]);                                                        \
                high[k] = MAX(v[k], high[k]);                                                      \
            }                                                                                      \
        }                                                                                          \
        memcpy(v, values + i * sizeof(T), (n - i) * sizeof(T));                                    \
        for (size_t k = 0; k < n - i; k++) {                                                       \
            low[0] = MIN(v[k], low[0]);                                                            \
            high[0] = MAX(v[k], high[0]);                                                          \
        }                                                                                          \
        for (int k = 1; k < LANES; k++) {                                                          \
            low[0] = MIN(low[k], low[0]);                                                          \
            high[0] = MAX(high[k], high[0]);                                                       \
        }                                                                                          \
        *out = (span){.min.MEMBER = (WIDE)low[0], .max.MEMBER = (WIDE)high[0], .any = true};       \
    }

/* A comparison with NaN is false, so NaN never becomes a bound as long as the value stands on the
 * left. NaNs are counted as what differs from itself. COUNT: an integer of the same size, for the
 * lanes' counts; n is at most 2^31. */
#define FLOATS(NAME, T, COUNT)                                                                     \
    static void NAME(const uint8_t *values, size_t n, span *out)                                   \
    {                                                                                              \
        enum { LANES = LANE_BYTES / sizeof(T) };                                                   \
        T low[LANES], high[LANES], v[LANES];                                                       \
        COUNT nans[LANES] = {0};                                                                   \
        uint64_t all_nans = 0;                                                                     \
        size_t i = 0;                                                                              \
        for (int k = 0; k < LANES; k++) {                                                          \
            low[k] = (T)__builtin_inf();                                                           \
            high[k] = (T) - __builtin_inf();                                                       \
        }                                                                                          \
        for (; n - i >= LANES; i += LANES) {                                                       \
            memcpy(v, values + i * sizeof(T), sizeof v);                                           \
            for (int k = 0; k < LANES; k++) {                                                      \
                low[k] = MIN(v[k], low[k]);                                                        \
                high[k] = MAX(v[k], high[k]);                                                      \
                nans[k] += (COUNT)(v[k] != v[k]);                                                  \
            }                                                                                      \
        }                                                                                          \
        memcpy(v, values + i * sizeof(T), (n - i) * sizeof(T));                                    \
        for (size_t k = 0; k < n - i; k++) {                                                       \
            low[0] = MIN(v[k], low[0]);                                                            \
            high[0] = MAX(v[k], high[0]);                                                          \
            nans[0] += (COUNT)(v[k] != v[k]);                                                      \
        }                                                                                          \
        for (int k = 0; k < LANES; k++) {                                                          \
            low[0] = MIN(low[k], low[0]);                                                          \
            high[0] = MAX(high[k], high[0]);                                                       \
            all_nans += (uint64_t)nans[k];                                                         \
        }                                                                                          \
        *out = (span){.min.d = (double)low[0],                                                     \
                      .max.d = (double)high[0],                                                    \
                      .nans = all_nans,                                                            \
                      .any = all_nans < n};                                                        \
    }

INTEGERS(span_i8, int8_t, int64_t, i)
INTEGERS(span_i16, int16_t, int64_t, i)
INTEGERS(span_i32, int32_t, int64_t, i)
INTEGERS(span_i64, int64_t, int64_t, i)
INTEGERS(span_u8, uint8_t, uint64_t, u)
INTEGERS(span_u16, uint16_t, uint64_t, u)
INTEGERS(span_u32, uint32_t, uint64_t, u)
INTEGERS(span_u64, uint64_t, uint64_t, u)
FLOATS(span_f32, float, int32_t)
FLOATS(span_f64, double, int64_t)

/* Half floats as integers of the same order, so that vectors of them need no conversion: NaN is
 * greater than any for the minimum, and less than any for the maximum. */
static void span_f16(const uint8_t *values, size_t n, span *out)
{
    enum { LANES = LANE_BYTES / sizeof(uint16_t), AT_ONCE = 32767 * LANES };
    int16_t low[LANES], high[LANES];
    uint64_t all_nans = 0;
    for (int k = 0; k < LANES; k++) {
        low[k] = INT16_MAX;
        high[k] = INT16_MIN;
    }
    for (size_t i = 0; i < n;) {
        size_t end = n - i < AT_ONCE ? n : i + AT_ONCE;
        uint16_t v[LANES], nans[LANES] = {0};
        for (; i < end; i += LANES) {
            size_t count = end - i < LANES ? end - i : LANES;
            memset(v, 0xFF, sizeof v); /* NaN, counted too */
            memcpy(v, values + i * sizeof *v, count * sizeof *v);
            for (int k = 0; k < LANES; k++) {
                int16_t nan = (int16_t)-(int16_t)fmt_half_is_nan(v[k]);
                int16_t key = (int16_t)(v[k] ^ ((v[k] >> 15) * 0x7FFF));
                int16_t a = (int16_t)((key & ~nan) | (INT16_MAX & nan)),
                        b = (int16_t)((key & ~nan) | (INT16_MIN & nan));
                low[k] = MIN(a, low[k]);
                high[k] = MAX(b, high[k]);
                nans[k] = (uint16_t)(nans[k] - nan);
            }
        }
        for (int k = 0; k < LANES; k++)
            all_nans += nans[k];
        all_nans -= i - end;
        i = end;
    }
    for (int k = 1; k < LANES; k++) {
        low[0] = MIN(low[k], low[0]);
        high[0] = MAX(high[k], high[0]);
    }
    *out = (span){.min.d = fmt_half_value((uint16_t)(low[0] ^ ((low[0] < 0) * 0x7FFF))),
                  .max.d = fmt_half_value((uint16_t)(high[0] ^ ((high[0] < 0) * 0x7FFF))),
                  .nans = all_nans,
                  .any = all_nans < n};
}

static void span_decimal(const uint8_t *values, size_t n, span *out)
{
    fmt_decimal low = fmt_load_decimal(values), high = low;
    for (size_t i = 1; i < n; i++) {
        fmt_decimal v = fmt_load_decimal(values + i * sizeof v);
        low = MIN(v, low);
        high = MAX(v, high);
    }
    *out = (span){.min.w = low, .max.w = high, .any = true};
}

typedef void span_function(const uint8_t *values, size_t n, span *out);

static span_function *function_of(uint8_t bounds, uint32_t width)
{
    switch (bounds) {
    case FMT_BOUNDS_FLOAT16: return span_f16;
    case FMT_BOUNDS_DECIMAL: return span_decimal;
    case FMT_BOUNDS_FLOAT32: return span_f32;
    case FMT_BOUNDS_FLOAT64: return span_f64;
    case FMT_BOUNDS_SIGNED:
        return width == 1 ? span_i8 : width == 2 ? span_i16 : width == 4 ? span_i32 : span_i64;
    default: return width == 1 ? span_u8 : width == 2 ? span_u16 : width == 4 ? span_u32 : span_u64;
    }
}

void fmt_zone_init(fmt_zone *zone)
{
    memset(zone, 0, sizeof *zone);
    zone->flags = FMT_ZONE_NO_BOUNDS;
}

static bool is_less(const uint8_t a[16], const uint8_t b[16], uint8_t bounds)
{
    uint64_t x = fmt_load64(a), y = fmt_load64(b);
    double p, q;
    switch (bounds) {
    case FMT_BOUNDS_SIGNED: return (int64_t)x < (int64_t)y;
    case FMT_BOUNDS_UNSIGNED: return x < y;
    case FMT_BOUNDS_DECIMAL: return fmt_load_decimal(a) < fmt_load_decimal(b);
    default:
        memcpy(&p, &x, sizeof p);
        memcpy(&q, &y, sizeof q);
        return p < q;
    }
}

void fmt_zone_merge(fmt_zone *into, const fmt_zone *from, uint16_t type)
{
    const fmt_type_info *info = fmt_type_of(type);
    into->null_count += from->null_count;
    into->nan_count += from->nan_count;
    into->descends |= from->descends;
    if (info == NULL || (from->flags & FMT_ZONE_NO_BOUNDS))
        return;
    bool first = into->flags & FMT_ZONE_NO_BOUNDS;
    into->descends |= !first && is_less(from->min, into->max, info->bounds);
    if (first || is_less(from->min, into->min, info->bounds))
        memcpy(into->min, from->min, sizeof into->min);
    if (first || is_less(into->max, from->max, info->bounds))
        memcpy(into->max, from->max, sizeof into->max);
    into->flags &= ~FMT_ZONE_NO_BOUNDS;
}

static bool is_float(uint8_t bounds)
{
    return bounds == FMT_BOUNDS_FLOAT16 || bounds == FMT_BOUNDS_FLOAT32 ||
           bounds == FMT_BOUNDS_FLOAT64;
}

bool fmt_zones_ascend(const fmt_zone *zones, uint64_t n, uint16_t type)
{
    const fmt_type_info *info = fmt_type_of(type);
    for (uint64_t i = 0; i < n; i++) {
        if (zones[i].descends || (i > 0 && is_less(zones[i].min, zones[i - 1].max, info->bounds)))
            return false;
    }
    return true;
}

/* Adds a run of valid values to the zone. As long as the zone ascends, the run most likely does,
 * and the first and the last value are its bounds. */
static void add_run(fmt_zone *zone, uint16_t type, uint8_t bounds, uint32_t width,
                    const uint8_t *values, size_t n)
{
    span_function *spans = function_of(bounds, width);
    span s;
    fmt_zone entry;
    fmt_zone_init(&entry);
    if (!zone->descends && fmt_first_descent(bounds, width, values, n) == n) {
        span last;
        spans(values, 1, &s);
        spans(values + (n - 1) * width, 1, &last);
        s.max = last.max;
    } else {
        spans(values, n, &s);
        entry.descends = true;
    }
    entry.nan_count = (uint32_t)s.nans;
    if (s.any) {
        entry.flags = 0;
        if (is_float(bounds)) {
            /* F-47: the bounds must not show which of the two zeros a column has */
            s.min.d = s.min.d == 0 ? -0.0 : s.min.d;
            s.max.d = s.max.d == 0 ? 0.0 : s.max.d;
        }
        size_t size = bounds == FMT_BOUNDS_DECIMAL ? sizeof s.min.w : sizeof s.min.u;
        memcpy(entry.min, &s.min, size);
        memcpy(entry.max, &s.max, size);
    }
    fmt_zone_merge(zone, &entry, type);
}

/* Loads the next bits of a bitmap, up to 64; bits beyond `n` are 0. */
static uint64_t load_bits(const uint8_t *bitmap, size_t n)
{
    uint64_t word = 0;
    memcpy(&word, bitmap, n >= 64 ? 8 : (n + 7) / 8);
    return n >= 64 ? word : word & ((UINT64_C(1) << n) - 1);
}

/* Packs the values whose bit is set; writes up to one value more than it keeps. No branch, since
 * nulls cannot be predicted. Not inlined: where the compiler sees the target's size, a fortified
 * build checks every copy, which costs more than the copy. */
#define GATHER(T)                                                                                  \
    for (size_t k = 0; k < n; k++) {                                                               \
        memcpy(out + kept * sizeof(T), values + k * sizeof(T), sizeof(T));                         \
        kept += (word >> k) & 1;                                                                   \
    }
__attribute__((noinline)) static size_t gather(uint8_t *out, const uint8_t *values, uint32_t width,
                                               uint64_t word, size_t n)
{
    size_t kept = 0;
    switch (width) {
    case 1: GATHER(uint8_t) break;
    case 2: GATHER(uint16_t) break;
    case 4: GATHER(uint32_t) break;
    case 8: GATHER(uint64_t) break;
    default: GATHER(fmt_decimal)
    }
    return kept;
}

/* Adds values among which there are nulls: packs the valid ones, and adds only long runs without a
 * null where they lie. */
static void add_nullable(fmt_zone *zone, uint16_t type, uint8_t bounds, uint32_t width,
                         const uint8_t *values, size_t n, const uint8_t *validity)
{
    enum { ROOM = 2048, LONG = 1024 };
    uint8_t packed[(ROOM + 1) * sizeof(fmt_decimal)];
    size_t used = 0, i = 0;
    while (i < n) {
        size_t count = n - i < 64 ? n - i : 64, run = 0;
        uint64_t word = load_bits(validity + i / 8, count);
        while (n - i - run >= 64 && fmt_load64(validity + (i + run) / 8) == UINT64_MAX)
            run += 64;
        if (run >= LONG) {
            add_run(zone, type, bounds, width, values + i * width, run);
            i += run;
            continue;
        }
        if (run) {
            count = run;
            memcpy(packed + used * width, values + i * width, run * width);
            used += run;
        } else {
            size_t kept =
                word ? gather(packed + used * width, values + i * width, width, word, count) : 0;
            zone->null_count += (uint32_t)(count - kept);
            zone->descends |= kept < count;
            used += kept;
        }
        i += count;
        if (used > ROOM - LONG) {
            add_run(zone, type, bounds, width, packed, used);
            used = 0;
        }
    }
    if (used)
        add_run(zone, type, bounds, width, packed, used);
}

void fmt_zone_values(fmt_zone *zone, uint16_t type, uint32_t width, const void *values, size_t n,
                     const uint8_t *validity)
{
    const fmt_type_info *info = fmt_type_of(type);
    if (n == 0 || info == NULL || info->bounds == FMT_BOUNDS_NONE ||
        info->bounds == FMT_BOUNDS_STRING)
        return;
    if (validity != NULL)
        add_nullable(zone, type, info->bounds, width, values, n, validity);
    else
        add_run(zone, type, info->bounds, width, values, n);
}

void fmt_bounds_add(fmt_string_bounds *bounds, const uint8_t *data, uint64_t length)
{
    if (!bounds->any) {
        *bounds = (fmt_string_bounds){data, data, length, length, true, bounds->descends};
        return;
    }
    int order = fmt_text_order(data, length, bounds->max, bounds->max_length);
    if (order > 0) { /* asked first: many columns ascend */
        bounds->max = data;
        bounds->max_length = length;
        return;
    }
    bounds->descends |= order < 0;
    if (fmt_text_order(data, length, bounds->min, bounds->min_length) < 0) {
        bounds->min = data;
        bounds->min_length = length;
    }
}

void fmt_zone_strings(fmt_zone *zone, const fmt_string_bounds *bounds, uint32_t null_count)
{
    fmt_zone_init(zone);
    zone->null_count = null_count;
    zone->descends = bounds->descends || null_count > 0;
    if (!bounds->any)
        return;
    zone->flags = 0;
    zone->min_length = bounds->min_length;
    zone->max_length = bounds->max_length;
    if (bounds->min_length)
        memcpy(zone->min, bounds->min, bounds->min_length < 16 ? bounds->min_length : 16);
    if (bounds->max_length)
        memcpy(zone->max, bounds->max, bounds->max_length < 16 ? bounds->max_length : 16);
}

void fmt_zone_encode(const fmt_zone *zone, uint8_t out[64])
{
    fmt_store32(out + FMT_Z_NULL_COUNT, zone->null_count);
    fmt_store32(out + FMT_Z_NAN_COUNT, zone->nan_count);
    fmt_store32(out + FMT_Z_FLAGS, zone->flags);
    fmt_store32(out + FMT_Z_ZERO, 0);
    memcpy(out + FMT_Z_MIN, zone->min, sizeof zone->min);
    memcpy(out + FMT_Z_MAX, zone->max, sizeof zone->max);
    fmt_store64(out + FMT_Z_MIN_LENGTH, zone->min_length);
    fmt_store64(out + FMT_Z_MAX_LENGTH, zone->max_length);
}

bool fmt_zone_decode(const uint8_t in[64], fmt_zone *zone)
{
    uint8_t raw[FMT_ZONE_ENTRY_SIZE];
    memcpy(raw, in, sizeof raw);
    zone->descends = false; /* the file does not say it */
    zone->null_count = fmt_load32(raw + FMT_Z_NULL_COUNT);
    zone->nan_count = fmt_load32(raw + FMT_Z_NAN_COUNT);
    zone->flags = fmt_load32(raw + FMT_Z_FLAGS);
    memcpy(zone->min, raw + FMT_Z_MIN, sizeof zone->min);
    memcpy(zone->max, raw + FMT_Z_MAX, sizeof zone->max);
    zone->min_length = fmt_load64(raw + FMT_Z_MIN_LENGTH);
    zone->max_length = fmt_load64(raw + FMT_Z_MAX_LENGTH);
    if (zone->flags & ~FMT_ZONE_NO_BOUNDS)
        return false;
    /* F-47: without bounds min, max and both lengths are zero */
    return !(zone->flags & FMT_ZONE_NO_BOUNDS) ||
           fmt_is_zero(raw + FMT_Z_MIN, FMT_ZONE_ENTRY_SIZE - FMT_Z_MIN);
}
