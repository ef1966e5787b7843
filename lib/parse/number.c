/* Numbers of any spelling. */
#include "number.h"

#include "decimal.h"
#include "number_scan.h"

const parse_style parse_style_plain = {.decimal = '.'};
const parse_style parse_style_comma = {
    .decimal = ',', .group_size = 1, .group_fraction = true, .group = {'.'}};

static double from_bits(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Reads the whole text as a number of the classes. Returns false if it is none. */
static bool scan_all(struct number_scan *scan, const parse_style *style, bool *minus)
{
    *minus = number_at_byte(scan, '-');
    scan->at += *minus;
    return parse_scan_number(scan, style, false) && scan->at == scan->end;
}

bool parse_is_number(const char *s, size_t n, const parse_style *style)
{
    struct number_scan scan = {.at = s, .end = s + n};
    bool minus;
    return scan_all(&scan, style, &minus);
}

bool parse_many_digits(const char *s, size_t n)
{
    size_t digits = 0, zeros = 0; /* from the first that is not zero; zeros at their end */
    for (size_t i = 0; i < n && s[i] != 'e' && s[i] != 'E'; i++) {
        const unsigned digit = (unsigned char)s[i] - (unsigned)'0';
        if (digit <= 9 && digits + digit != 0) {
            digits++;
            zeros = digit == 0 ? zeros + 1 : 0;
        }
    }
    return digits - zeros > PARSE_DOUBLE_DIGITS;
}

/* Classifies a number without mark and exponent (C-31, C-32). */
static bool whole_number(const struct number_scan *scan, bool minus, parse_value *value)
{
    const uint64_t magnitude = scan->decimal.head;
    const uint64_t sign = (uint64_t)minus << 63;
    if (minus && magnitude == 0) {
        value->class_ = PARSE_FLOAT; /* "-0": an integer has no such value */
        value->number = from_bits(sign);
        return true;
    }
    if (!scan->decimal.rest && magnitude <= (uint64_t)INT64_MAX + minus) {
        value->class_ = parse_double_holds(magnitude) ? PARSE_INT : PARSE_INT_INEXACT;
        value->integer = minus ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
        value->number = (double)value->integer;
        return true;
    }
    const uint64_t bits = parse_decimal_nearest(&scan->decimal);
    if (bits >> 52 == 0x7ff || parse_decimal_compare(&scan->decimal, bits) != 0) {
        return false;
    }
    value->class_ = PARSE_BIG;
    value->number = from_bits(bits | sign);
    return true;
}

bool parse_number(const char *s, size_t n, const parse_style *style, parse_value *value)
{
    struct number_scan scan = {.at = s, .end = s + n};
    bool minus;
    if (!scan_all(&scan, style, &minus)) {
        return false;
    }
    value->grouped = scan.grouped;
    value->many_digits = scan.significant > PARSE_DOUBLE_DIGITS && parse_many_digits(s, n);
    if (scan.whole) {
        return whole_number(&scan, minus, value);
    }
    const uint64_t bits = parse_decimal_nearest(&scan.decimal);
    if (bits >> 52 == 0x7ff) {
        return false; /* C-35: too large for a double is text, not infinity */
    }
    value->class_ = PARSE_FLOAT;
    value->number = from_bits(bits | (uint64_t)minus << 63);
    return true;
}

bool parse_float64_general(const char *s, size_t n, double *out)
{
    parse_value value = {0};
    if (!parse_number(s, n, &parse_style_plain, &value) || value.many_digits ||
        (value.class_ & (PARSE_FLOAT | PARSE_INT)) == 0) {
        return false;
    }
    *out = value.number;
    return true;
}
