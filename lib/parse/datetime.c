/* Dates, times and timestamps of any spelling. */
#include "number.h"

#define MONTH(before, days) ((uint32_t)(before) << 8 | (days))

const uint32_t parse_months[2][16] = {
    {0, MONTH(0, 31), MONTH(31, 28), MONTH(59, 31), MONTH(90, 30), MONTH(120, 31), MONTH(151, 30),
     MONTH(181, 31), MONTH(212, 31), MONTH(243, 30), MONTH(273, 31), MONTH(304, 30), MONTH(334, 31),
     0, 0, 0},
    {0, MONTH(0, 31), MONTH(31, 29), MONTH(60, 31), MONTH(91, 30), MONTH(121, 31), MONTH(152, 30),
     MONTH(182, 31), MONTH(213, 31), MONTH(244, 30), MONTH(274, 31), MONTH(305, 30), MONTH(335, 31),
     0, 0, 0},
};

/* Reads two digits at s, where `left` bytes are, up to `most`. Returns their number, or -1. */
static int two_digits(const char *s, size_t left, int most)
{
    if (left < 2 || (unsigned char)(s[0] - '0') > 9 || (unsigned char)(s[1] - '0') > 9) {
        return -1;
    }
    const int number = (s[0] - '0') * 10 + (s[1] - '0');
    return number <= most ? number : -1;
}

/* Reads Z, ±HH, ±HHMM or ±HH:MM, with nothing after it. Returns false if it is none (C-39). */
static bool take_offset(const char *s, size_t n, int32_t *minutes)
{
    if (n == 1 && s[0] == 'Z') {
        *minutes = 0;
        return true;
    }
    if ((n != 3 && n != 5 && n != 6) || (s[0] != '+' && s[0] != '-') || (n == 6 && s[3] != ':')) {
        return false;
    }
    const int hour = two_digits(s + 1, n - 1, 23);
    const int minute = n == 3 ? 0 : two_digits(s + n - 2, 2, 59);
    if (hour < 0 || minute < 0) {
        return false;
    }
    *minutes = (hour * 60 + minute) * (s[0] == '-' ? -1 : 1);
    return true;
}

/* Reads HH:MM[:SS[.fraction]] from n bytes at s, and sets nanos and digits of *value (C-37, C-38).
 * Returns the bytes taken, or 0. */
static size_t take_clock(const char *s, size_t n, parse_value *value)
{
    const int hour = two_digits(s, n, 23);
    const int minute = hour >= 0 && n >= 5 && s[2] == ':' ? two_digits(s + 3, n - 3, 59) : -1;
    if (minute < 0) {
        return 0;
    }
    value->seconds += hour * 3600 + minute * 60;
    size_t at = 5;
    if (at < n && s[at] == ':') {
        const int second = two_digits(s + at + 1, n - at - 1, 59);
        if (second < 0) {
            return 0;
        }
        value->seconds += second;
        at += 3;
        if (at < n && s[at] == '.') {
            uint32_t scale = 1000000000;
            for (at++; at < n && (unsigned char)(s[at] - '0') <= 9; at++) {
                scale /= 10;
                if (scale == 0) {
                    return 0; /* ten digits: cutting one off would not be exact */
                }
                value->nanos += (uint32_t)(s[at] - '0') * scale;
                value->digits++;
            }
            return value->digits > 0 ? at : 0;
        }
    }
    return at;
}

bool parse_instant(const char *s, size_t n, parse_value *value)
{
    if (n < 10) {
        return false;
    }
    uint64_t wrong = 0;
    const int64_t days = parse_civil(s, &wrong);
    if (wrong != 0) {
        return false;
    }
    if (n == 10) {
        value->class_ = PARSE_DATE;
        value->days = days;
        return true;
    }
    if (s[10] != 'T' && s[10] != ' ') {
        return false;
    }
    parse_value instant = {.class_ = PARSE_TIMESTAMP, .seconds = days * 86400};
    const size_t taken = take_clock(s + 11, n - 11, &instant);
    if (taken == 0) {
        return false;
    }
    if (11 + taken < n) {
        if (!take_offset(s + 11 + taken, n - 11 - taken, &instant.offset)) {
            return false;
        }
        instant.class_ = PARSE_TIMESTAMP_OFFSET;
        instant.seconds -= (int64_t)instant.offset * 60;
    }
    *value = instant;
    return true;
}

/* C-75 */
bool parse_time_of_day(const char *s, size_t n, int64_t *seconds, uint32_t *nanos)
{
    parse_value value = {0};
    if (n < 5 || take_clock(s, n, &value) != n) {
        return false;
    }
    *seconds = value.seconds;
    *nanos = value.nanos;
    return true;
}

/* C-42 */
bool parse_timestamp_units(int64_t seconds, uint32_t nanos, unsigned unit, int64_t *out)
{
    static const uint32_t each[4] = {1, 1000, 1000000, 1000000000};
    if (unit > 3 || nanos > 999999999 || nanos % (1000000000 / each[unit]) != 0) {
        return false;
    }
    /* In 128 bits: the product alone may leave int64 where the sum is inside. */
    __extension__ typedef __int128 wide;
    const wide count = (wide)seconds * each[unit] + nanos / (1000000000 / each[unit]);
    if (count > INT64_MAX || count <= INT64_MIN) {
        return false; /* INT64_MIN is the null slot's NaT */
    }
    *out = (int64_t)count;
    return true;
}
