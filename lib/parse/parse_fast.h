/* The fast ways of parse.h: each takes the plain spelling of its kind and leaves everything else to
 * parse_classify.
 *
 * Eight characters are handled at once inside one 64-bit word (SWAR). The first character is the
 * lowest byte. Words are loaded right-aligned, so that they end where the field ends: the bytes
 * before it, which are not the field's, are masked to zero and so count as leading zeros. */
#ifndef SHMCOL_PARSE_FAST_H
#define SHMCOL_PARSE_FAST_H

#include <string.h>

#if !defined(__BYTE_ORDER__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "shmcol reads its files in place and needs a little-endian machine"
#endif

#define PARSE_HIDDEN __attribute__((visibility("hidden")))
#define PARSE_RARE(condition) __builtin_expect(!!(condition), 0)

#define PARSE_ZEROS 0x3030303030303030u /* "00000000" */
#define PARSE_TOPS 0x8080808080808080u
#define PARSE_DOUBLE_TOP 100000000000000000u /* 10^PARSE_DOUBLE_DIGITS */
#define PARSE_POWER_LEAST (-342)
#define PARSE_POWER_COUNT 651

__extension__ typedef unsigned __int128 parse_u128;

/* decimal.c: the leading 128 bits of 5^q at [q - PARSE_POWER_LEAST], high half first; 10^0 … 10^22
 * as doubles; 10^0 … 10^19. */
extern const uint64_t parse_powers[PARSE_POWER_COUNT][2] PARSE_HIDDEN;
extern const double parse_tens[23] PARSE_HIDDEN;
extern const uint64_t parse_tens_u64[20] PARSE_HIDDEN;
/* datetime.c: (days before the month << 8 | days in it) at [leap][month], 0 for a month that is
 * none. */
extern const uint32_t parse_months[2][16] PARSE_HIDDEN;

/* number.c: what parse_float64_fast promises, for every spelling. */
bool parse_float64_general(const char *s, size_t n, double *out) PARSE_HIDDEN;

static inline uint64_t parse_load8(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Of eight bytes from which '0' was taken (by xor), the top bit of every byte that is no digit.
 * Bytes above the first such byte may be wrong. */
static inline uint64_t parse_nondigits(uint64_t digits)
{
    return (digits | (digits + 0x7676767676767676u)) & PARSE_TOPS;
}

/* Eight digits (0 to 9 each, the first in the lowest byte) to their number: neighbours to pairs,
 * then the four pairs by one product each way. The upper half of (p0 + p2 << 32) * (100 + 1000000
 * << 32) is p0 * 1000000 + p2 * 100, and of the other p1 * 10000 + p3. */
static inline uint64_t parse_eight(uint64_t digits)
{
    const uint64_t pairs = digits * 10 + (digits >> 8);
    const uint64_t even = (pairs & 0x000000ff000000ffu) * 0x000f424000000064u;
    const uint64_t odd = ((pairs >> 16) & 0x000000ff000000ffu) * 0x0000271000000001u;
    return (even + odd) >> 32;
}

static inline bool parse_int64_fast(const char *s, size_t n, int64_t *out)
{
    const size_t minus = *s == '-';
    const size_t count = n - minus;
    if (PARSE_RARE(n == 0 || count - 1 >= 19)) {
        return false;
    }
    const char *const end = s + n;
    const uint64_t last = parse_load8(end - 8) ^ PARSE_ZEROS;
    uint64_t wrong, number;
    if (count <= 8) {
        const uint64_t low = last & (UINT64_MAX << (64 - 8 * count));
        wrong = parse_nondigits(low);
        number = parse_eight(low);
    } else {
        const uint64_t middle = parse_load8(end - 16) ^ PARSE_ZEROS;
        if (count <= 16) {
            const uint64_t high = middle & (UINT64_MAX << (128 - 8 * count));
            wrong = parse_nondigits(last) | parse_nondigits(high);
            number = parse_eight(high) * 100000000 + parse_eight(last);
        } else {
            const uint64_t high =
                (parse_load8(end - 24) ^ PARSE_ZEROS) & (UINT64_MAX << (192 - 8 * count));
            wrong = parse_nondigits(last) | parse_nondigits(middle) | parse_nondigits(high);
            number = (parse_eight(high) * 100000000 + parse_eight(middle)) * 100000000 +
                     parse_eight(last);
        }
    }
    /* "0" is the only number that begins with a zero, and it has no sign. INT64_MIN is an int64
     * (C-31). */
    const bool zero_first = s[minus] == '0' && n > 1;
    if (PARSE_RARE(wrong != 0 || zero_first || number > (uint64_t)INT64_MAX + minus)) {
        return false;
    }
    *out = (int64_t)((number ^ (0 - (uint64_t)minus)) + minus);
    return true;
}

/* Tells whether a double holds the magnitude exactly: its set bits span at most 53. */
static inline bool parse_double_holds(uint64_t magnitude)
{
    return magnitude >> 53 == 0 ||
           64 - __builtin_clzll(magnitude) - __builtin_ctzll(magnitude) <= 53;
}

/* significand / 10^places to the nearest double by Eisel-Lemire (see decimal.c), where 9 <= places
 * <= 24 and the significand is not 0. There the result is always a normal number and never half-way
 * between two doubles: that would need 5^places * 2^53 < 2^64, so places <= 4. */
static inline double parse_scale_down(uint64_t significand, size_t places, size_t minus)
{
    const uint64_t *const power = parse_powers[-PARSE_POWER_LEAST - (int)places];
    const int zeros = __builtin_clzll(significand);
    const uint64_t normal = significand << zeros;
    const parse_u128 product = (parse_u128)normal * power[0];
    uint64_t high = (uint64_t)(product >> 64);
    if (PARSE_RARE((high & 0x1ff) == 0x1ff)) {
        const uint64_t carry = (uint64_t)(((parse_u128)normal * power[1]) >> 64);
        high += (uint64_t)product + carry < carry;
    }
    const uint64_t upper = high >> 63;
    const uint64_t half_ulps = high >> (upper + 9);
    /* 2^52 … 2^53; its top bit adds one to the exponent below, hence 1022. */
    const uint64_t mantissa = (half_ulps + 1) >> 1;
    const int exponent = ((217706 * -(int)places) >> 16) + 63 - zeros + (int)upper + 1022;
    const uint64_t bits = ((uint64_t)exponent << 52) + mantissa + ((uint64_t)minus << 63);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* More than eight digits after the mark. The fraction's digits are the last `places` bytes of three
 * words, all else masked away: one way for every length, because columns of long fractions mix 14
 * to 18 places and a branch on that is a coin toss. */
static inline bool parse_float64_long(const char *end, size_t places, size_t lead, uint64_t whole,
                                      size_t minus, double *out)
{
    static const unsigned char keep[48] = {
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    };
    const char *const mask = (const char *)keep + places;
    const uint64_t high = (parse_load8(end - 24) ^ PARSE_ZEROS) & parse_load8(mask);
    const uint64_t middle = (parse_load8(end - 16) ^ PARSE_ZEROS) & parse_load8(mask + 8);
    const uint64_t low = parse_load8(end - 8) ^ PARSE_ZEROS;
    const uint64_t wrong = parse_nondigits(high) | parse_nondigits(middle) | parse_nondigits(low);
    const uint64_t top = parse_eight(high);
    /* Nineteen digits fit: places + lead counts them, or with "0." before them what is left after
     * the zeros. */
    const bool fits = places + lead <= 19 || (whole == 0 && top < 1000);
    uint64_t significand =
        top * 10000000000000000u + parse_eight(middle) * 100000000 + parse_eight(low);
    if (PARSE_RARE(wrong != 0 || !fits)) {
        return false;
    }
    significand += whole * parse_tens_u64[places <= 19 ? places : 0];
    /* Zero, or more than PARSE_DOUBLE_DIGITS. */
    if (PARSE_RARE(significand - 1 >= PARSE_DOUBLE_TOP - 1)) {
        return false;
    }
    *out = parse_scale_down(significand, places, minus);
    return true;
}

static inline bool parse_float64_whole(const char *s, size_t n, double *out)
{
    int64_t integer;
    if (parse_int64_fast(s, n, &integer)) {
        const uint64_t magnitude = integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
        *out = (double)integer;
        if (magnitude < PARSE_DOUBLE_TOP) {
            return parse_double_holds(magnitude);
        }
    }
    return parse_float64_general(s, n, out);
}

static inline bool parse_float64_fast(const char *s, size_t n, double *out)
{
    if (PARSE_RARE(n - 1 >= 34)) {
        return n != 0 && parse_float64_general(s, n, out);
    }
    const size_t minus = *s == '-';
    const char *const first = s + minus;
    const char *const end = s + n;
    const uint64_t head = parse_load8(first) ^ PARSE_ZEROS;
    const uint64_t stops = parse_nondigits(head);
    const size_t lead = stops == 0 ? 8 : (size_t)__builtin_ctzll(stops) >> 3;
    if (lead >= n - minus) {
        return parse_float64_whole(s, n, out);
    }
    if (PARSE_RARE(lead == 8 || first[lead] != '.')) {
        return lead == 8 ? parse_float64_whole(s, n, out) : parse_float64_general(s, n, out);
    }
    /* Up to seven digits before the mark, shifted up behind leading zeros (in two steps, as there
     * may be none). */
    const uint64_t whole = parse_eight((head << (56 - 8 * lead)) << 8);
    const size_t places = n - minus - lead - 1;
    if (PARSE_RARE(lead > 1 && *first == '0')) {
        return false; /* C-34: a leading zero makes it text */
    }
    if (places - 1 < 8) {
        const uint64_t tail =
            (parse_load8(end - 8) ^ PARSE_ZEROS) & (UINT64_MAX << (64 - 8 * places));
        if (PARSE_RARE(parse_nondigits(tail) != 0)) {
            return parse_float64_general(s, n, out);
        }
        /* At most 15 digits and 10^8: both exact in a double, so one division rounds right (Clinger
         * 1990). */
        const double value = (double)(int64_t)(whole * parse_tens_u64[places] + parse_eight(tail)) /
                             parse_tens[places];
        *out = minus ? -value : value;
        return true;
    }
    if (places - 9 < 16 && parse_float64_long(end, places, lead, whole, minus, out)) {
        return true;
    }
    return parse_float64_general(s, n, out);
}

/* Three pairs of digits with a separator after the first and the second, "NN-NN-NN" or "NN:NN:NN"
 * (plain: that pattern with zeros for digits), to numbers in bytes 0, 3 and 6. What is found wrong
 * is added to *wrong. */
static inline uint64_t parse_three_pairs(uint64_t word, uint64_t plain, uint64_t *wrong)
{
    const uint64_t x = word ^ plain;
    /* A digit becomes 0 … 9, the separator 0: each byte plus this overflows into its top bit when
     * it is more. */
    *wrong |= (x | (x + 0x76767f76767f7676u)) & PARSE_TOPS;
    return (x * 10 + (x >> 8)) & 0x00ff0000ff0000ffu;
}

/* Tells whether the year with these first two and last two digits is a leap year: 1 or 0. */
static inline uint32_t parse_leap(uint32_t century, uint32_t year)
{
    return ((year != 0 ? year : century) & 3) == 0;
}

/* Returns the days from 0000-01-01 to the year's first one. */
static inline uint32_t parse_year_number(uint32_t century, uint32_t year)
{
    /* Leap days before the year: those of every fourth, less every hundredth, plus every four
     * hundredth, year 0 among them. */
    const uint32_t full = century * 100 + year;
    const uint32_t hundreds = century + (year != 0);
    return full * 365 + ((full + 3) >> 2) - hundreds + ((hundreds + 3) >> 2);
}

/* Returns the days since 1970-01-01 of a month below 256 and a day. What is found wrong is added to
 * *wrong. */
static inline int64_t parse_day_number(uint32_t century, uint32_t year, uint32_t month,
                                       uint32_t day, uint64_t *wrong)
{
    const uint32_t entry = parse_months[parse_leap(century, year)][month & 15];
    *wrong |= (uint64_t)((month > 12) | (day - 1 >= (entry & 0xff)));
    const uint32_t days = parse_year_number(century, year) + (entry >> 8) + day;
    return (int64_t)days - 719529;
}

/* Does the same for a day of the year. */
static inline int64_t parse_year_day_number(uint32_t century, uint32_t year, uint32_t day,
                                            uint64_t *wrong)
{
    *wrong |= (uint64_t)(day - 1 >= 365 + parse_leap(century, year));
    return (int64_t)(parse_year_number(century, year) + day) - 719529;
}

/* YYYY-MM-DD at s to days since 1970-01-01, in the proleptic Gregorian calendar from year 0 (C-36).
 */
static inline int64_t parse_civil(const char *s, uint64_t *wrong)
{
    const uint64_t pairs =
        parse_three_pairs(parse_load8(s + 2), 0x30302d30302d3030u, wrong); /* "00-00-00" */
    const uint32_t century_high = (uint32_t)(unsigned char)s[0] - '0';
    const uint32_t century_low = (uint32_t)(unsigned char)s[1] - '0';
    *wrong |= (uint64_t)((century_high > 9) | (century_low > 9));
    return parse_day_number(century_high * 10 + century_low, (uint32_t)(pairs & 0xff),
                            (uint32_t)(pairs >> 24) & 0xff, (uint32_t)(pairs >> 48) & 0xff, wrong);
}

static inline bool parse_date_fast(const char *s, size_t n, int64_t *days)
{
    if (PARSE_RARE(n != 10)) {
        return false;
    }
    uint64_t wrong = 0;
    *days = parse_civil(s, &wrong);
    return wrong == 0;
}

/* HH:MM:SS in a word to seconds (C-37: no hour 24, no second 60). */
static inline int64_t parse_clock(uint64_t word, uint64_t *wrong)
{
    const uint64_t pairs = parse_three_pairs(word, 0x30303a30303a3030u, wrong); /* "00:00:00" */
    /* 23, 59, 59 and this stay below the top bit of their bytes. */
    *wrong |= (pairs + 0x0044000044000068u) & PARSE_TOPS;
    return (int64_t)((pairs & 0xff) * 3600 + ((pairs >> 24) & 0xff) * 60 + (pairs >> 48));
}

static inline bool parse_timestamp_fast(const char *s, size_t n, uint32_t digits, int64_t *out)
{
    static const int64_t units[10] = {1, 0, 0, 1000, 0, 0, 1000000, 0, 0, 1000000000};
    uint64_t clock = parse_load8(s + 11);
    if (n != (digits == 0 ? 19 : 20 + digits) || digits > 9) {
        if (digits != 0 || n != 16) {
            return false;
        }
        clock = (clock & 0xffffffffff) | 0x30303a0000000000u; /* HH:MM and ":00" */
    }
    uint64_t wrong = (s[10] != 'T') & (s[10] != ' ');
    const int64_t days = parse_civil(s, &wrong);
    const int64_t seconds = days * 86400 + parse_clock(clock, &wrong);
    if (digits == 0) {
        *out = seconds;
        return wrong == 0;
    }
    const uint64_t tail = (parse_load8(s + n - 8) ^ PARSE_ZEROS) &
                          (UINT64_MAX << (digits >= 8 ? 0 : 64 - 8 * digits));
    uint64_t fraction = parse_eight(tail);
    wrong |= parse_nondigits(tail) | (uint64_t)(s[19] != '.') | (uint64_t)(units[digits] == 0);
    if (digits == 9) {
        const uint64_t first = (uint64_t)(unsigned char)s[20] - '0';
        wrong |= (uint64_t)(first > 9);
        fraction += first * 100000000;
    }
    /* Nanoseconds reach from 1677 to 2262 only. The product may be too small where the sum is not:
     * parse_classify settles that. */
    int64_t count;
    if (PARSE_RARE(wrong != 0 || __builtin_mul_overflow(seconds, units[digits], &count) ||
                   __builtin_add_overflow(count, (int64_t)(fraction & 0x3fffffff), &count) ||
                   count == INT64_MIN)) {
        return false;
    }
    *out = count;
    return true;
}

/* C-33 */
static inline bool parse_bool_fast(const char *s, size_t n, uint8_t *out)
{
    uint32_t word;
    memcpy(&word, s, sizeof word);
    word |= 0x20202020; /* A letter in either case and nothing else becomes the small letter. */
    const uint32_t is_true = (uint32_t)(n == 4) & (uint32_t)(word == 0x65757274); /* "true" */
    const uint32_t is_false = (uint32_t)(n == 5) & (uint32_t)(word == 0x736c6166) &
                              (uint32_t)((s[4] | 0x20) == 'e'); /* "fals", "e" */
    *out = (uint8_t)is_true;
    return (is_true | is_false) != 0;
}

#endif
