/* Conversion of numbers from one width to another. */
#include "pack_numbers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common_value.h"

enum { AT_ONCE = 1024 };

static bool is_integer(shmcol_type type)
{
    return type >= SHMCOL_INT8 && type <= SHMCOL_UINT64;
}

bool pack_can_convert(shmcol_type from, shmcol_type to)
{
    const bool float_from = from == SHMCOL_FLOAT32 || from == SHMCOL_FLOAT64,
               float_to = to == SHMCOL_FLOAT32 || to == SHMCOL_FLOAT64;
    return (is_integer(from) && (is_integer(to) || float_to)) || (float_from && float_to);
}

/* Integers are compared as 64 bits and a sign. */
typedef struct wide {
    uint64_t bits[AT_ONCE];
    bool is_signed;
} wide;

#define WIDEN(type, c_type)                                                                        \
    case type:                                                                                     \
        for (uint64_t i = 0; i < n; i++)                                                           \
            w->bits[i] = (uint64_t)((const c_type *)in)[i];                                        \
        break

static void widen(shmcol_type from, const void *in, uint64_t n, wide *w)
{
    w->is_signed = from <= SHMCOL_INT64;
    switch (from) {
        WIDEN(SHMCOL_INT8, int8_t);
        WIDEN(SHMCOL_INT16, int16_t);
        WIDEN(SHMCOL_INT32, int32_t);
        WIDEN(SHMCOL_INT64, int64_t);
        WIDEN(SHMCOL_UINT8, uint8_t);
        WIDEN(SHMCOL_UINT16, uint16_t);
        WIDEN(SHMCOL_UINT32, uint32_t);
    default: memcpy(w->bits, in, n * sizeof *w->bits); break;
    }
}

/* Returns how many values lie between the ends of a type. */
static uint64_t count_fitting(const wide *w, shmcol_type to, uint64_t n)
{
    static const unsigned bits[] = {8, 16, 32, 64};
    const bool to_signed = to <= SHMCOL_INT64;
    const unsigned width = bits[to - (to_signed ? SHMCOL_INT8 : SHMCOL_UINT8)];
    const uint64_t most = UINT64_MAX >> (64 - width + to_signed);
    const int64_t least = to_signed ? -(int64_t)most - 1 : 0;
    for (uint64_t i = 0; i < n; i++) {
        const bool negative = w->is_signed && (int64_t)w->bits[i] < 0;
        if (negative ? (int64_t)w->bits[i] < least : w->bits[i] > most)
            return i;
    }
    return n;
}

#define NARROW(c_type)                                                                             \
    for (uint64_t i = 0; i < n; i++)                                                               \
        ((c_type *)out)[i] = (c_type)w->bits[i];                                                   \
    break

static void narrow(const wide *w, shmcol_type to, void *out, uint64_t n)
{
    switch (to) {
    case SHMCOL_INT8:
    case SHMCOL_UINT8: NARROW(uint8_t);
    case SHMCOL_INT16:
    case SHMCOL_UINT16: NARROW(uint16_t);
    case SHMCOL_INT32:
    case SHMCOL_UINT32: NARROW(uint32_t);
    default: memcpy(out, w->bits, n * sizeof *w->bits); break;
    }
}

/* Makes floats of integers: the nearest one, rounded once. */
static void to_float(const wide *w, shmcol_type to, void *out, uint64_t n)
{
    float *single = out;
    double *whole = out;
    for (uint64_t i = 0; i < n; i++) {
        const int64_t value = (int64_t)w->bits[i];
        if (to == SHMCOL_FLOAT32)
            single[i] = w->is_signed ? (float)value : (float)w->bits[i];
        else
            whole[i] = w->is_signed ? (double)value : (double)w->bits[i];
    }
}

/* Gives float64 the double whose text is that of the float32. */
static void floats_to_doubles(const float *in, double *out, uint64_t n)
{
    char text[VALUE_TEXT + 1];
    for (uint64_t i = 0; i < n; i++) {
        out[i] = (double)in[i];
        if (isnan(in[i]) || isinf(in[i]) || (fabsf(in[i]) < 0x1p24f && truncf(in[i]) == in[i]))
            continue; /* the same number, with the same text */
        *put_float(text, in[i]) = 0;
        out[i] = strtod(text, NULL);
    }
}

/* Returns true for a double in the middle of two floats: its text decides which one it becomes. */
static bool is_between(double value)
{
    const float near = (float)value;
    const double error = value - (double)near;
    if (error == 0)
        return false;
    const float other = nextafterf(near, error > 0 ? INFINITY : -INFINITY);
    return (double)other - value == error;
}

static uint64_t doubles_to_floats(const double *in, float *out, uint64_t n)
{
    char text[VALUE_TEXT + 1];
    for (uint64_t i = 0; i < n; i++) {
        out[i] = (float)in[i];
        if (isinf(out[i]) && !isinf(in[i]))
            return i;
        if (isinf(in[i]) || isnan(in[i]) || !is_between(in[i]))
            continue;
        *put_double(text, in[i]) = 0;
        out[i] = strtof(text, NULL);
    }
    return n;
}

static uint64_t convert(shmcol_type from, shmcol_type to, const void *in, void *out, uint64_t n)
{
    wide w;
    if (from == SHMCOL_FLOAT32 && to == SHMCOL_FLOAT64)
        floats_to_doubles(in, out, n);
    if (from == SHMCOL_FLOAT64 && to == SHMCOL_FLOAT32)
        return doubles_to_floats(in, out, n);
    if (from == SHMCOL_FLOAT32 || from == SHMCOL_FLOAT64) {
        if (from == to)
            memcpy(out, in, n * (from == SHMCOL_FLOAT32 ? sizeof(float) : sizeof(double)));
        return n;
    }
    widen(from, in, n, &w);
    if (!is_integer(to)) {
        to_float(&w, to, out, n);
        return n;
    }
    const uint64_t fitting = count_fitting(&w, to, n);
    narrow(&w, to, out, fitting);
    return fitting;
}

static unsigned width_of(shmcol_type type)
{
    static const unsigned widths[] = {1, 2, 4, 8, 1, 2, 4, 8};
    if (is_integer(type))
        return widths[type - SHMCOL_INT8];
    return type == SHMCOL_FLOAT32 ? 4 : 8;
}

uint64_t pack_numbers(shmcol_type from, shmcol_type to, const void *in, void *out, uint64_t n)
{
    const unsigned step_in = width_of(from), step_out = width_of(to);
    for (uint64_t i = 0; i < n; i += AT_ONCE) {
        const uint64_t now = n - i < AT_ONCE ? n - i : AT_ONCE;
        const uint64_t fitting = convert(from, to, (const uint8_t *)in + i * step_in,
                                         (uint8_t *)out + i * step_out, now);
        if (fitting < now)
            return i + fitting;
    }
    return n;
}
