/* Searches for numbers and times. The zone maps give the zone; inside it each search halves without
 * a branch, and many take turns, so that their misses overlap. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/bytes.h"
#include "format/decimal.h"
#include "format/half.h"
#include "format/ondisk.h"
#include "format/types.h"
#include "read/search.h"
#include "read/take.h"
#include "read/zones.h"

/* The least values of the zones, each read when it is first needed. */
typedef struct minima {
    const read_column *column;
    uint64_t zones;
    uint8_t *values; /* of the type that is compared */
    uint8_t *known;  /* a byte a zone */
    shmcol_error *err;
    shmcol_status status;
} minima;

/* The rows in which each of some searches looks: [base, base + length). */
typedef struct lanes {
    uint64_t base[SEARCH_LANES], length[SEARCH_LANES];
} lanes;

static shmcol_status bad_key(const read_column *c, uint64_t key, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_BAD_VALUE, "", "key %" PRIu64 " is NaN, which no row comes before",
             key);
    return read_column_error(c, SHMCOL_ERR_BAD_VALUE, err);
}

static int64_t from_signed(const uint8_t *p)
{
    return (int64_t)fmt_load64(p);
}

/* Returns the row that a lane with rows looks at next. */
static inline uint64_t next_probe(const lanes *l, unsigned i)
{
    const uint64_t half = l->length[i] / 2;
    return l->base[i] + (half != 0 ? half - 1 : 0);
}

#define SAME(v) (v)
#define NEVER_NAN(v) false
#define FLOAT_NAN(v) ((v) != (v))

/* Makes the search in values of type V for keys of type G, both compared as K: LOAD gives a K of
 * one, BOUND a K of a zone's bound. `right` is constant where it is called. */
#define SEARCH(name, V, K, G, LOAD, BOUND, IS_NAN)                                                 \
    static inline __attribute__((always_inline)) bool name##_before(K value, K key, bool right)    \
    {                                                                                              \
        return right ? value <= key : value < key;                                                 \
    }                                                                                              \
    /* Returns how many zones begin before the key. */                                             \
    static inline                                                                                  \
        __attribute__((always_inline)) uint64_t name##_zones(minima *m, K key, bool right)         \
    {                                                                                              \
        uint64_t low = 0, high = m->zones;                                                         \
        while (low < high && m->status == SHMCOL_OK) {                                             \
            const uint64_t at = low + (high - low) / 2;                                            \
            if (!m->known[at]) {                                                                   \
                fmt_zone zone;                                                                     \
                m->status = read_bounds(m->column, at, &zone, m->err);                             \
                ((K *)(void *)m->values)[at] = m->status == SHMCOL_OK ? (K)BOUND(zone.min) : 0;    \
                m->known[at] = 1;                                                                  \
            }                                                                                      \
            if (name##_before(((const K *)(const void *)m->values)[at], key, right))               \
                low = at + 1;                                                                      \
            else                                                                                   \
                high = at;                                                                         \
        }                                                                                          \
        return low;                                                                                \
    }                                                                                              \
    /* Halves all lanes until each has one row or none. */                                         \
    static inline __attribute__((always_inline)) void name##_halve(                                \
        const V *values, const K *keys, unsigned n, bool right, lanes *l)                          \
    {                                                                                              \
        for (bool more = true; more;) {                                                            \
            more = false;                                                                          \
            for (unsigned i = 0; i < n; i++) {                                                     \
                const uint64_t half = l->length[i] / 2;                                            \
                if (half == 0)                                                                     \
                    continue;                                                                      \
                const K value = (K)LOAD(values[l->base[i] + half - 1]);                            \
                l->base[i] += name##_before(value, keys[i], right) ? half : 0;                     \
                l->length[i] -= half;                                                              \
                take_soon(values + next_probe(l, i));                                              \
                more = true;                                                                       \
            }                                                                                      \
        }                                                                                          \
        for (unsigned i = 0; i < n; i++)                                                           \
            if (l->length[i] != 0)                                                                 \
                l->base[i] += name##_before((K)LOAD(values[l->base[i]]), keys[i], right);          \
    }                                                                                              \
    static inline __attribute__((always_inline)) shmcol_status name##_all(                         \
        const searching *s, minima *m, const V *values, const G *given, bool right)                \
    {                                                                                              \
        for (uint64_t i = 0; i < s->n; i++) {                                                      \
            G key;                                                                                 \
            memcpy(&key, given + i, sizeof key);                                                   \
            if (IS_NAN((K)LOAD(key)))                                                              \
                return bad_key(s->column, i, m->err);                                              \
        }                                                                                          \
        for (uint64_t from = 0; from < s->n; from += SEARCH_LANES) {                               \
            const unsigned n =                                                                     \
                s->n - from < SEARCH_LANES ? (unsigned)(s->n - from) : SEARCH_LANES;               \
            K keys[SEARCH_LANES];                                                                  \
            lanes l;                                                                               \
            for (unsigned i = 0; i < n; i++) {                                                     \
                G key;                                                                             \
                memcpy(&key, given + from + i, sizeof key);                                        \
                keys[i] = (K)LOAD(key);                                                            \
                begin_lane(s, name##_zones(m, keys[i], right), &l, i);                             \
                if (m->status != SHMCOL_OK)                                                        \
                    return m->status;                                                              \
                if (l.length[i] != 0)                                                              \
                    take_soon(values + next_probe(&l, i));                                         \
            }                                                                                      \
            name##_halve(values, keys, n, right, &l);                                              \
            for (unsigned i = 0; i < n; i++)                                                       \
                s->rows[from + i] = (int64_t)l.base[i];                                            \
        }                                                                                          \
        return SHMCOL_OK;                                                                          \
    }                                                                                              \
    static shmcol_status name(const searching *s, minima *m, const void *values, const void *keys) \
    {                                                                                              \
        return s->side == SHMCOL_RIGHT ? name##_all(s, m, values, keys, true)                      \
                                       : name##_all(s, m, values, keys, false);                    \
    }

/* Begins a search in the last of the zones that begin before the key; if none does, no row does. */
static void begin_lane(const searching *s, uint64_t zones, lanes *l, unsigned i)
{
    const uint64_t rows = s->column->descriptor.length,
                   first = zones == 0 ? 0 : (zones - 1) * FMT_ZONE_ROWS, rest = rows - first;
    l->base[i] = first;
    l->length[i] = zones == 0 ? 0 : rest < FMT_ZONE_ROWS ? rest : FMT_ZONE_ROWS;
}

SEARCH(search_i8, int8_t, int64_t, int8_t, SAME, from_signed, NEVER_NAN)
SEARCH(search_i16, int16_t, int64_t, int16_t, SAME, from_signed, NEVER_NAN)
SEARCH(search_i32, int32_t, int64_t, int32_t, SAME, from_signed, NEVER_NAN)
SEARCH(search_i64, int64_t, int64_t, int64_t, SAME, from_signed, NEVER_NAN)
SEARCH(search_u8, uint8_t, uint64_t, uint8_t, SAME, fmt_load64, NEVER_NAN)
SEARCH(search_u16, uint16_t, uint64_t, uint16_t, SAME, fmt_load64, NEVER_NAN)
SEARCH(search_u32, uint32_t, uint64_t, uint32_t, SAME, fmt_load64, NEVER_NAN)
SEARCH(search_u64, uint64_t, uint64_t, uint64_t, SAME, fmt_load64, NEVER_NAN)
SEARCH(search_half, uint16_t, double, uint16_t, fmt_half_value, fmt_load_double, FLOAT_NAN)
SEARCH(search_float, float, double, float, SAME, fmt_load_double, FLOAT_NAN)
SEARCH(search_double, double, double, double, SAME, fmt_load_double, FLOAT_NAN)
SEARCH(search_decimal, fmt_decimal, fmt_decimal, fmt_decimal, SAME, fmt_load_decimal, NEVER_NAN)

/* Codes, and keys of 8 bytes: one may stand behind the last code of its width. */
SEARCH(search_code8, int8_t, int64_t, int64_t, SAME, from_signed, NEVER_NAN)
SEARCH(search_code16, int16_t, int64_t, int64_t, SAME, from_signed, NEVER_NAN)
SEARCH(search_code32, int32_t, int64_t, int64_t, SAME, from_signed, NEVER_NAN)

typedef shmcol_status search_type(const searching *s, minima *m, const void *values,
                                  const void *keys);

/* Returns the search for a type's values; NULL if it has none. */
static search_type *search_of(uint8_t bounds, uint32_t width)
{
    switch (bounds) {
    case FMT_BOUNDS_FLOAT16: return search_half;
    case FMT_BOUNDS_FLOAT32: return search_float;
    case FMT_BOUNDS_FLOAT64: return search_double;
    case FMT_BOUNDS_DECIMAL: return search_decimal;
    case FMT_BOUNDS_UNSIGNED:
        return width == 1   ? search_u8
               : width == 2 ? search_u16
               : width == 4 ? search_u32
                            : search_u64;
    case FMT_BOUNDS_SIGNED:
        return width == 1   ? search_i8
               : width == 2 ? search_i16
               : width == 4 ? search_i32
                            : search_i64;
    default: return NULL;
    }
}

typedef struct call {
    const searching *s;
    search_type *search;
    minima m;
    const void *values, *keys;
    shmcol_status status;
} call;

static void do_call(void *arg)
{
    call *c = arg;
    c->status = c->search(c->s, &c->m, c->values, c->keys);
}

static shmcol_status search_with(const searching *s, search_type *search, const void *values,
                                 const void *keys, shmcol_error *err)
{
    enum { FEW = 64, BOUND = 16 };
    _Alignas(16) uint8_t few[FEW * BOUND];
    uint8_t known[FEW] = {0};
    call c = {
        .s = s,
        .search = search,
        .m = {s->column, fmt_zone_count(s->column->descriptor.length), few, known, err, SHMCOL_OK},
        .values = values,
        .keys = keys};
    if (c.m.zones <= FEW) {
        do_call(&c);
        return c.status;
    }
    c.m.values = shm_alloc_zeroed(c.m.zones, BOUND + 1);
    if (c.m.values == NULL)
        return shm_fail_memory(err);
    c.m.known = c.m.values + c.m.zones * BOUND;
    shmcol_status status = read_while_held(s->column->file, do_call, &c, err);
    free(c.m.values);
    return status != SHMCOL_OK ? status : c.status;
}

shmcol_status search_numbers(const searching *s, const uint8_t *values, const void *keys,
                             shmcol_error *err)
{
    const fmt_descriptor *d = &s->column->descriptor;
    search_type *search = search_of(fmt_type_of(d->type)->bounds, d->width);
    return search != NULL ? search_with(s, search, values, keys, err)
                          : read_wrong_type(s->column, "a number or a time", err);
}

shmcol_status search_code_numbers(const searching *s, const uint8_t *codes, const int64_t *keys,
                                  shmcol_error *err)
{
    const uint32_t width = s->column->descriptor.width;
    return search_with(s,
                       width == 1   ? search_code8
                       : width == 2 ? search_code16
                                    : search_code32,
                       codes, keys, err);
}
