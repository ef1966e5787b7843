/* The search for a descent, with one function for each kind of values. */
#include "format/ascending.h"

#include <string.h>

#include "format/decimal.h"
#include "format/half.h"
#include "format/types.h"

/* Values that are compared at once. The compiler knows the number, so it makes vectors of them for
 * any machine; a column in any order has a descent among the first ones. */
enum { AT_ONCE = 64 };

/* Defines a function that looks for a descent. T: the type in the file; I: an integer of its size;
 * BAD(v, u): the value v, after u, is a descent. */
#define DESCENT(NAME, T, I, BAD)                                                                   \
    static size_t NAME(const uint8_t *values, size_t n)                                            \
    {                                                                                              \
        T before, v;                                                                               \
        size_t i = 0;                                                                              \
        if (n == 0)                                                                                \
            return 0;                                                                              \
        memcpy(&v, values, sizeof v);                                                              \
        if (BAD(v, v))                                                                             \
            return 0; /* NaN */                                                                    \
        for (; n - i > AT_ONCE; i += AT_ONCE) {                                                    \
            const uint8_t *p = values + i * sizeof v;                                              \
            I bad = 0;                                                                             \
            for (int k = 0; k < AT_ONCE; k++) {                                                    \
                memcpy(&before, p + k * sizeof v, sizeof v);                                       \
                memcpy(&v, p + (k + 1) * sizeof v, sizeof v);                                      \
                bad |= (I)(BAD(v, before));                                                        \
            }                                                                                      \
            if (bad)                                                                               \
                break;                                                                             \
        }                                                                                          \
        memcpy(&before, values + i * sizeof v, sizeof v);                                          \
        for (i++; i < n; i++) {                                                                    \
            memcpy(&v, values + i * sizeof v, sizeof v);                                           \
            if (BAD(v, before))                                                                    \
                break;                                                                             \
            before = v;                                                                            \
        }                                                                                          \
        return i;                                                                                  \
    }

/* A comparison with NaN is false. */
#define LESS(v, u) ((v) < (u))
#define LESS_OR_NAN(v, u) (!((v) >= (u)))
/* Of 64 bits, as a sign bit: x86-64 has no comparison of such vectors without SSE 4.2. */
#define SIGN(x) ((x) >> 63)
#define LESS64(v, u) SIGN((~(v) & (u)) | (~((v) ^ (u)) & ((v) - (u))))
#define LESS64_SIGNED(v, u) SIGN(((v) & ~(u)) | (~((v) ^ (u)) & ((v) - (u))))

DESCENT(descent_i8, int8_t, uint8_t, LESS)
DESCENT(descent_i16, int16_t, uint16_t, LESS)
DESCENT(descent_i32, int32_t, uint32_t, LESS)
DESCENT(descent_i64, uint64_t, uint64_t, LESS64_SIGNED)
DESCENT(descent_u8, uint8_t, uint8_t, LESS)
DESCENT(descent_u16, uint16_t, uint16_t, LESS)
DESCENT(descent_u32, uint32_t, uint32_t, LESS)
DESCENT(descent_u64, uint64_t, uint64_t, LESS64)
/* A half float as an integer of the same order; -0.0 is 0. */
#define KEY16(x) ((int16_t)((x) & 0x8000 ? -(int16_t)((x) & 0x7FFF) : (int16_t)(x)))
#define LESS_OR_NAN16(v, u) (fmt_half_is_nan(v) | (KEY16(v) < KEY16(u)))

DESCENT(descent_f16, uint16_t, uint16_t, LESS_OR_NAN16)
DESCENT(descent_f32, float, uint32_t, LESS_OR_NAN)
DESCENT(descent_f64, double, uint64_t, LESS_OR_NAN)
DESCENT(descent_decimal, fmt_decimal, uint64_t, LESS)

size_t fmt_first_descent(uint8_t bounds, uint32_t width, const uint8_t *values, size_t n)
{
    switch (bounds) {
    case FMT_BOUNDS_DECIMAL: return descent_decimal(values, n);
    case FMT_BOUNDS_FLOAT16: return descent_f16(values, n);
    case FMT_BOUNDS_FLOAT32: return descent_f32(values, n);
    case FMT_BOUNDS_FLOAT64: return descent_f64(values, n);
    case FMT_BOUNDS_SIGNED:
        return width == 1   ? descent_i8(values, n)
               : width == 2 ? descent_i16(values, n)
               : width == 4 ? descent_i32(values, n)
                            : descent_i64(values, n);
    default:
        return width == 1   ? descent_u8(values, n)
               : width == 2 ? descent_u16(values, n)
               : width == 4 ? descent_u32(values, n)
                            : descent_u64(values, n);
    }
}
