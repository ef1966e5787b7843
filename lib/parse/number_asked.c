/* Text to numbers of the types that were asked for (C-44, C-77, C-78, C-81). */
#include <float.h>
#include <string.h>

#include "marks.h"
#include "number.h"
#include "number_scan.h"

/* Skips the bytes if they are next. Returns false if they are not. */
static bool skip(struct number_scan *scan, const char *bytes, size_t n)
{
    const bool here =
        n != 0 && (size_t)(scan->end - scan->at) >= n && memcmp(scan->at, bytes, n) == 0;
    scan->at += here ? n : 0;
    return here;
}

/* Skips spaces: U+0020, U+00A0, U+2009, U+202F. */
static void skip_blanks(struct number_scan *scan)
{
    while (skip(scan, " ", 1) || skip(scan, "\u00a0", 2) || skip(scan, "\u2009", 3) ||
           skip(scan, "\u202f", 3)) {
    }
}

/* Reads the whole text as [sign] [currency] number [currency or '%']. A percent sign divides the
 * decimal by 100. Returns false if it is none. */
static bool scan_asked(struct number_scan *scan, const parse_marks *marks, bool *minus)
{
    *minus = number_at_byte(scan, '-');
    scan->at += *minus || number_at_byte(scan, '+');
    const bool currency = skip(scan, marks->currency, marks->currency_size);
    if (currency) {
        skip_blanks(scan);
    }
    if (!parse_scan_number(scan, &marks->style, true)) {
        return false;
    }
    if (scan->at == scan->end) {
        return true;
    }
    skip_blanks(scan);
    if (marks->percent && skip(scan, "%", 1)) {
        scan->decimal.exponent -= 2;
        return scan->at == scan->end;
    }
    return !currency && skip(scan, marks->currency, marks->currency_size) && scan->at == scan->end;
}

/* C-78 */
static bool hex_integer(const char *s, size_t n, uint64_t high, uint64_t *bits)
{
    uint64_t value = 0;
    if (n < 3 || s[0] != '0' || (s[1] | 0x20) != 'x') {
        return false;
    }
    for (size_t i = 2; i < n; i++) {
        const unsigned decimal = (unsigned char)s[i] - (unsigned)'0',
                       letter = ((unsigned char)s[i] | 0x20u) - (unsigned)'a';
        const unsigned digit = decimal <= 9 ? decimal : letter <= 5 ? letter + 10 : 16;
        if (digit == 16 || value >> 60 != 0) {
            return false;
        }
        value = value << 4 | digit;
    }
    *bits = value;
    return value <= high;
}

bool parse_asked_integer(const char *s, size_t n, const parse_marks *marks, uint64_t low,
                         uint64_t high, uint64_t *bits)
{
    struct number_scan scan = {.at = s, .end = s + n};
    uint64_t magnitude;
    bool minus;
    if (marks->hex) {
        return hex_integer(s, n, high, bits);
    }
    if (!scan_asked(&scan, marks, &minus) || !parse_scan_whole(&scan, &magnitude) ||
        magnitude > (minus ? low : high)) {
        return false;
    }
    *bits = minus ? 0 - magnitude : magnitude;
    return true;
}

static double from_bits(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

bool parse_asked_float64(const char *s, size_t n, const parse_marks *marks, double *out)
{
    struct number_scan scan = {.at = s, .end = s + n};
    parse_value value;
    bool minus;
    if (!scan_asked(&scan, marks, &minus)) {
        if (!parse_special(s, n, &value)) {
            return false;
        }
        *out = value.number;
        return true;
    }
    const uint64_t bits = parse_decimal_nearest(&scan.decimal);
    if (bits >> 52 == 0x7ff) {
        return false;
    }
    *out = from_bits(bits | (uint64_t)minus << 63);
    return true;
}

static bool special_float32(const char *s, size_t n, float *out)
{
    const uint32_t canonical = 0x7fc00000;
    parse_value value;
    if (!parse_special(s, n, &value)) {
        return false;
    }
    *out = (float)value.number;
    if (value.number != value.number) {
        memcpy(out, &canonical, sizeof canonical);
    }
    return true;
}

bool parse_asked_float32(const char *s, size_t n, const parse_marks *marks, float *out)
{
    struct number_scan scan = {.at = s, .end = s + n};
    bool minus;
    if (!scan_asked(&scan, marks, &minus)) {
        return special_float32(s, n, out);
    }
    uint64_t bits = parse_decimal_nearest(&scan.decimal);
    if (bits >> 52 == 0x7ff) {
        return false;
    }
    /* If the double lies half-way between two floats, the part that was rounded off decides: it is
     * put back as the double's last bit. */
    if ((bits & 0xfffffff) == 0 && (double)(float)from_bits(bits) != from_bits(bits)) {
        const int order = parse_decimal_compare(&scan.decimal, bits);
        bits = order < 0 ? bits - 1 : bits + (order > 0);
    }
    const float number = (float)from_bits(bits);
    if (number > FLT_MAX) {
        return false;
    }
    *out = minus ? -number : number;
    return true;
}

static bool special_float16(const char *s, size_t n, uint16_t *bits)
{
    parse_value value;
    if (!parse_special(s, n, &value)) {
        return false;
    }
    *bits = value.number != value.number ? 0x7e00 : value.number < 0 ? 0xfc00 : 0x7c00;
    return true;
}

/* Rounds a finite double, given as its bits and without a sign, to the nearest half. order: the
 * exact number compared with the double, -1, 0 or 1. */
static uint32_t nearest_half(uint64_t bits, int order)
{
    enum { SPARE = 42, LEAST = -14 }; /* bits that a half has less; its smallest normal exponent */
    const int exponent = (int)(bits >> 52) - 1023;
    const uint64_t significand = (bits & 0xfffffffffffff) | UINT64_C(1) << 52;
    const int shift = exponent < LEAST ? SPARE + LEAST - exponent : SPARE;
    if (shift > 53) { /* below half of the smallest half */
        return 0;
    }
    const uint64_t half = UINT64_C(1) << (shift - 1), low = significand & (2 * half - 1);
    uint64_t whole = significand >> shift;
    whole += low > half || (low == half && (order > 0 || (order == 0 && (whole & 1) != 0)));
    /* A normal number's whole is from 1024 on: the exponent counts from there. */
    return (uint32_t)whole + (exponent < LEAST ? 0 : (uint32_t)(exponent - LEAST) << 10);
}

bool parse_asked_float16(const char *s, size_t n, const parse_marks *marks, uint16_t *bits)
{
    const uint32_t infinity = 0x7c00;
    struct number_scan scan = {.at = s, .end = s + n};
    bool minus;
    if (!scan_asked(&scan, marks, &minus)) {
        return special_float16(s, n, bits);
    }
    const uint64_t nearest = parse_decimal_nearest(&scan.decimal);
    if (nearest >> 52 == 0x7ff) {
        return false;
    }
    const uint32_t half = nearest_half(nearest, parse_decimal_compare(&scan.decimal, nearest));
    *bits = (uint16_t)(half | (minus ? 0x8000u : 0));
    return half < infinity;
}

/* Reads all digits of a number, without zeros at the end, of which there are at most `most`.
 * *exponent becomes that of the last one. Returns false if there are more. */
static bool all_digits(const struct decimal *d, uint32_t most, parse_u128 *out, int64_t *exponent,
                       uint32_t *count)
{
    uint32_t digits = 0;
    size_t zeros = 0, seen = 0; /* zeros: not appended yet */
    parse_u128 v = 0;
    uint64_t head = d->head;
    *exponent = d->exponent;
    if (!d->rest) {
        while (head != 0 && head % 10 == 0) {
            head /= 10;
            ++*exponent;
        }
        v = head;
        for (; head != 0; head /= 10) {
            digits++;
        }
    }
    for (size_t i = 0; d->rest && i < d->size; i++) {
        const uint32_t digit = (unsigned char)d->text[i] - (unsigned)'0';
        if (digit > 9) {
            continue;
        }
        *exponent -= ++seen > DECIMAL_HEAD;
        zeros++;
        if (digit == 0) {
            continue;
        }
        if (zeros > most - digits) {
            return false;
        }
        digits += (uint32_t)zeros;
        while (--zeros != 0) {
            v *= 10;
        }
        v = v * 10 + digit;
    }
    *exponent += (int64_t)zeros;
    *out = v;
    *count = digits;
    return digits <= most;
}

bool parse_asked_decimal(const char *s, size_t n, const parse_marks *marks, uint32_t precision,
                         uint32_t scale, uint64_t out[2])
{
    struct number_scan scan = {.at = s, .end = s + n};
    parse_u128 v;
    int64_t exponent;
    uint32_t digits;
    bool minus;
    if (memchr(s, 'e', n) != NULL || memchr(s, 'E', n) != NULL || /* a power */
        !scan_asked(&scan, marks, &minus) ||
        !all_digits(&scan.decimal, precision, &v, &exponent, &digits)) {
        return false;
    }
    exponent += scale;
    if (digits == 0) {
        exponent = 0;
    }
    if (exponent < 0 || exponent > (int64_t)precision - digits) {
        return false;
    }
    for (; exponent != 0; exponent--) {
        v *= 10;
    }
    v = minus ? 0 - v : v;
    out[0] = (uint64_t)v;
    out[1] = (uint64_t)(v >> 64);
    return true;
}
