/* Digits, groups, mark and power of a number. */
#include "number_scan.h"

/* An explicit exponent stops growing here: with any number of digits a file can hold it is zero or
 * infinity by then. */
#define EXPONENT_STOP 100000000000000000

static bool at_digit(const struct number_scan *scan)
{
    return scan->at < scan->end && (unsigned char)(*scan->at - '0') <= 9;
}

/* Reads a run of at most `most` digits. Returns their count. */
static int64_t take_digits(struct number_scan *scan, int64_t most)
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

/* Tells whether a group mark and three digits are next. */
static bool at_group(const struct number_scan *scan, const parse_style *style)
{
    const size_t size = style->group_size;
    if (size == 0 || (size_t)(scan->end - scan->at) < size + 3) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (scan->at[i] != style->group[i]) {
            return false;
        }
    }
    for (size_t i = size; i < size + 3; i++) {
        if ((unsigned char)(scan->at[i] - '0') > 9) {
            return false;
        }
    }
    return true;
}

/* Reads the digits before the mark, in groups of three if the style has them (C-41). Returns false
 * if they are no integer part. It may be empty; a zero before another digit is refused (C-34), but
 * for a number that was asked for. */
static bool take_whole(struct number_scan *scan, const parse_style *style, bool asked,
                       int64_t *digits)
{
    const char *const begin = scan->at;
    *digits = take_digits(scan, INT64_MAX);
    if (*digits > 1 && *begin == '0' && !asked) {
        return false;
    }
    if (*digits < 1 || *digits > 3 || *begin == '0') {
        return true;
    }
    while (at_group(scan, style)) {
        scan->grouped = true;
        scan->at += style->group_size;
        *digits += take_digits(scan, 3);
    }
    return true;
}

/* Reads [+-]digits after the letter. Returns false if there is no digit. */
static bool take_exponent(struct number_scan *scan, int64_t *exponent)
{
    const bool minus = number_at_byte(scan, '-');
    if (minus || number_at_byte(scan, '+')) {
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

bool parse_scan_number(struct number_scan *scan, const parse_style *style, bool asked)
{
    int64_t whole_digits, fraction_digits = 0, exponent = 0;
    if (!take_whole(scan, style, asked, &whole_digits)) {
        return false;
    }
    const bool marked = number_at_byte(scan, style->decimal);
    if (marked) {
        scan->at++;
        fraction_digits = take_digits(scan, INT64_MAX);
    }
    if (whole_digits + fraction_digits == 0 || (scan->grouped && !marked && at_digit(scan))) {
        return false;
    }
    const char *const digits_end = scan->at;
    const bool powered = number_at_byte(scan, 'e') || number_at_byte(scan, 'E');
    /* 1.234e5 in a file with decimal commas is far more likely 1.234 written by a program than
     * 1,234 thousand; there, groups without a mark are no numbers at all (C-41). */
    if (scan->grouped && !marked && (powered || style->group_fraction)) {
        return false;
    }
    if (powered) {
        scan->at++;
        if (!take_exponent(scan, &exponent)) {
            return false;
        }
    }
    struct decimal *const decimal = &scan->decimal;
    decimal->exponent = exponent - fraction_digits;
    decimal->size = scan->significant != 0 ? (size_t)(digits_end - decimal->text) : 0;
    if (scan->significant > DECIMAL_HEAD) {
        decimal->rest = true;
        decimal->exponent += scan->significant - DECIMAL_HEAD;
    }
    scan->whole = !marked && !powered;
    return true;
}

bool parse_scan_whole(const struct number_scan *scan, uint64_t *magnitude)
{
    const struct decimal *const decimal = &scan->decimal;
    const int64_t head_digits = scan->significant < DECIMAL_HEAD ? scan->significant : DECIMAL_HEAD;
    /* Exponent of the next digit, to begin with that of the first one. */
    int64_t exponent = decimal->exponent + head_digits - 1;
    uint64_t value = 0;
    if (scan->significant == 0) {
        *magnitude = 0;
        return true;
    }
    if (exponent < 0 || exponent > 19) { /* below 1; 10^20 and more */
        return false;
    }
    for (size_t i = 0; i < decimal->size; i++) {
        const unsigned digit = (unsigned char)decimal->text[i] - (unsigned)'0';
        if (digit > 9) {
            continue; /* a mark */
        }
        if (exponent < 0) {
            if (digit != 0) {
                return false;
            }
            continue;
        }
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return false;
        }
        exponent--;
    }
    for (; exponent >= 0; exponent--) {
        if (__builtin_mul_overflow(value, 10, &value)) {
            return false;
        }
    }
    *magnitude = value;
    return true;
}
