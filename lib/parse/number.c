/* Numbers of any spelling. */
#include "number.h"

#include <float.h>

#include "decimal.h"

/* An explicit exponent stops growing here: with any number of digits a file can hold it is zero or
 * infinity by then. */
#define EXPONENT_STOP 100000000000000000

const parse_style parse_style_plain = {.decimal = '.'};
const parse_style parse_style_comma = {
    .decimal = ',', .group_size = 1, .group_fraction = true, .group = {'.'}};

/* A number that is being read. */
struct scan {
    const char *at, *end;
    struct decimal decimal;
    int64_t significant; /* digits from the first that is not zero */
};

static bool at_digit(const struct scan *scan)
{
    return scan->at < scan->end && (unsigned char)(*scan->at - '0') <= 9;
}

static bool at_byte(const struct scan *scan, char byte)
{
    return scan->at < scan->end && *scan->at == byte;
}

/* Reads a run of at most `most` digits. Returns their count. */
static int64_t take_digits(struct scan *scan, int64_t most)
{
    const char *const begin = scan->at;
    struct decimal *const decimal = &scan->decimal;
    for (; scan->at - begin < most && at_digit(scan); scan->at++) {
        const unsigned digit = (unsigned char)(*scan->at - '0');
        if (scan->significant == 0 && digit == 0) {
            continue;
        }
        if (scan->significant == 0) {
            decimal->text = scan->at;
        }
        if (scan->significant < DECIMAL_HEAD) {
            decimal->head = decimal->head * 10 + digit;
        }
        scan->significant++;
    }
    return scan->at - begin;
}

/* Reads the digits before the mark, in groups of three if the style allows '.' between them
 * (C-41). Returns false if they are no integer part. It may be empty; a zero before another digit
 * is refused (C-34). */
static bool take_whole(struct scan *scan, const parse_style *style, int64_t *digits, bool *grouped)
{
    const char *const begin = scan->at;
    *digits = take_digits(scan, INT64_MAX);
    *grouped = style->group_size != 0 && at_byte(scan, '.');
    if (*digits > 1 && *begin == '0') {
        return false;
    }
    if (!*grouped) {
        return true;
    }
    if (*digits < 1 || *digits > 3 || *begin == '0') {
        return false;
    }
    while (at_byte(scan, '.')) {
        scan->at++;
        if (take_digits(scan, 3) != 3) {
            return false;
        }
        *digits += 3;
    }
    return true;
}

/* Reads [+-]digits after the letter. Returns false if there is no digit. */
static bool take_exponent(struct scan *scan, int64_t *exponent)
{
    const bool minus = at_byte(scan, '-');
    if (minus || at_byte(scan, '+')) {
        scan->at++;
    }
    if (!at_digit(scan)) {
        return false;
    }
    int64_t number = 0;
    for (; at_digit(scan); scan->at++) {
        if (number < EXPONENT_STOP) {
            number = number * 10 + (*scan->at - '0');
        }
    }
    *exponent = minus ? -number : number;
    return true;
}

static double from_bits(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Reads any number. Returns false if the text is none. *whole: it has neither mark nor exponent. */
static bool scan_number(struct scan *scan, const parse_style *style, bool *minus, bool *whole)
{
    int64_t whole_digits, fraction_digits = 0, exponent = 0;
    bool grouped;
    *minus = at_byte(scan, '-');
    scan->at += *minus;
    if (!take_whole(scan, style, &whole_digits, &grouped)) {
        return false;
    }
    const bool marked = at_byte(scan, style->decimal);
    if (marked) {
        scan->at++;
        fraction_digits = take_digits(scan, INT64_MAX);
    }
    if (whole_digits + fraction_digits == 0) {
        return false;
    }
    const char *const digits_end = scan->at;
    const bool powered = at_byte(scan, 'e') || at_byte(scan, 'E');
    if (powered) {
        scan->at++;
        /* 1.234e5 in a file with decimal commas is far more likely 1.234 written by a program than
         * 1,234 thousand (C-41). */
        if ((grouped && !marked) || !take_exponent(scan, &exponent)) {
            return false;
        }
    }
    struct decimal *const decimal = &scan->decimal;
    decimal->exponent = exponent - fraction_digits;
    if (scan->significant > DECIMAL_HEAD) {
        decimal->rest = true;
        decimal->exponent += scan->significant - DECIMAL_HEAD;
        decimal->size = (size_t)(digits_end - decimal->text);
    }
    *whole = !marked && !powered;
    return scan->at == scan->end;
}

/* Classifies a number without mark and exponent (C-31, C-32). */
static bool whole_number(const struct scan *scan, bool minus, parse_value *value)
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
    struct scan scan = {.at = s, .end = s + n};
    bool minus, whole;
    if (!scan_number(&scan, style, &minus, &whole)) {
        return false;
    }
    if (whole) {
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
    if (!parse_number(s, n, &parse_style_plain, &value) ||
        (value.class_ & (PARSE_FLOAT | PARSE_INT)) == 0) {
        return false;
    }
    *out = value.number;
    return true;
}

/* C-44 */
bool parse_float64(const char *s, size_t n, const parse_style *style, double *out)
{
    struct scan scan = {.at = s, .end = s + n};
    parse_value value;
    bool minus, whole;
    if (!scan_number(&scan, style, &minus, &whole)) {
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

/* C-44: rounded once, to the float. */
bool parse_float32(const char *s, size_t n, const parse_style *style, float *out)
{
    struct scan scan = {.at = s, .end = s + n};
    parse_value value;
    bool minus, whole;
    if (!scan_number(&scan, style, &minus, &whole)) {
        if (!parse_special(s, n, &value)) {
            return false;
        }
        const uint32_t canonical = 0x7fc00000;
        *out = (float)value.number;
        if (value.number != value.number) {
            memcpy(out, &canonical, sizeof canonical);
        }
        return true;
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
