/* The fast ways for numbers that have groups of digits, a decimal comma (C-41) or marks (C-77),
 * beside those of parse_fast.h. They return true and set *out, which is then the answer of
 * parse_classify or, with marks, of parse_asked_…; or false: the caller has to ask these. *grouped
 * becomes true if the digits are grouped.
 *
 * The fastest take a group mark of one byte, up to twelve digits before the decimal mark and seven
 * behind it, as in 1,234.50 and 12,345. Others are copied to a plain spelling first.
 *
 * Group marks stand at fixed places in front of the decimal mark: eight bytes that end there are
 * G d d d G d d d. So a word is compared with that pattern, and six digits are added up as the
 * eight of parse_eight are, with other factors. */
#ifndef SHMCOL_PARSE_GROUPED_FAST_H
#define SHMCOL_PARSE_GROUPED_FAST_H

#include "parse/marks.h"
#include "parse/parse.h"

#define PARSE_GROUPED_MOST 23       /* bytes of a field */
#define PARSE_GROUPED_WHOLE_MOST 15 /* bytes in front of the decimal mark */
#define PARSE_BYTES 0x0101010101010101u

/* The digits of a word, as numbers in the places of "G000G000", to their number. */
static inline uint64_t parse_six(uint64_t digits)
{
    const uint64_t pairs = digits * 10 + (digits >> 8);
    const uint64_t even = (pairs & 0x000000ff000000ffu) * 0x000186a000000064u;
    const uint64_t odd = ((pairs >> 16) & 0x000000ff000000ffu) * 0x000003e800000001u;
    return (even + odd) >> 32;
}

/* The bytes in front of `end`, which begin with a digit: up to 15, grouped where there are more
 * than three. What is found wrong is added to *wrong. */
static inline uint64_t parse_grouped_whole(const char *end, size_t size, char group,
                                           uint64_t *wrong)
{
    static const unsigned char keep[32] = {
        0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
        0,    0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    };
    const char *const mask = (const char *)keep + (size & 15);
    const uint64_t pattern =
        (PARSE_ZEROS & 0xffffff00ffffff00u) | (unsigned char)group * UINT64_C(0x0000000100000001);
    const uint64_t high = (parse_load8(end - 16) ^ pattern) & parse_load8(mask);
    const uint64_t low = (parse_load8(end - 8) ^ pattern) & parse_load8(mask + 8);
    /* Sizes that are no size: 0, and those that begin with a group mark. A zero that begins a
     * longer number makes it text (C-34). */
    const uint64_t bad = (uint64_t)(size > PARSE_GROUPED_WHOLE_MOST) | (uint64_t)((size & 3) == 0) |
                         ((uint64_t)(size > 1) & (uint64_t)(end[-(ptrdiff_t)size] == '0'));
    *wrong |=
        parse_nondigits(high) | parse_nondigits(low) | ((high | low) & 0x000000ff000000ffu) | bad;
    return parse_six(high) * 1000000 + parse_six(low);
}

/* grouped.c: what the two functions below promise, by way of a copy without group marks and with a
 * point. */
bool parse_int64_copied(const char *s, size_t n, const parse_style *style, bool *grouped,
                        int64_t *out) PARSE_HIDDEN;
bool parse_float64_copied(const char *s, size_t n, const parse_style *style, bool *grouped,
                          double *out) PARSE_HIDDEN;

/* INT that has no more than twelve digits. */
static inline bool parse_int64_grouped(const char *s, size_t n, char group, bool *grouped,
                                       int64_t *out)
{
    const size_t minus = *s == '-';
    uint64_t wrong = 0;
    if (PARSE_RARE(n - 1 >= PARSE_GROUPED_MOST)) {
        return false;
    }
    const size_t size = n - minus;
    const uint64_t number = parse_grouped_whole(s + n, size, group, &wrong);
    if (PARSE_RARE(wrong != 0 || (minus != 0 && number == 0))) {
        return false;
    }
    *grouped |= size > 3;
    *out = (int64_t)((number ^ (0 - (uint64_t)minus)) + minus);
    return true;
}

/* FLOAT, or INT as a double, divided by 10^shift (0 or 2) before it is rounded. */
static inline bool parse_float64_grouped(const char *s, size_t n, const parse_style *style,
                                         size_t shift, bool *grouped, double *out)
{
    if (PARSE_RARE(n - 1 >= PARSE_GROUPED_MOST)) {
        return false;
    }
    const size_t minus = *s == '-';
    const char *const end = s + n;
    const uint64_t tail = parse_load8(end - 8);
    /* The top bit of each byte that is the decimal mark; of these the last, if the field has it. */
    const uint64_t x = tail ^ ((unsigned char)style->decimal * PARSE_BYTES);
    const uint64_t marks = ~(((x & ~PARSE_TOPS) + ~PARSE_TOPS) | x | ~PARSE_TOPS);
    size_t places = marks == 0 ? 8 : (size_t)__builtin_clzll(marks) >> 3;
    const size_t marked = places < n - minus && places < 8;
    places = marked ? places : 0;
    uint64_t wrong = 0;
    const size_t size = n - minus - places - marked;
    const uint64_t whole =
        parse_grouped_whole(end - places - marked, size, style->group[0], &wrong);
    const uint64_t fraction = (tail ^ PARSE_ZEROS) & (UINT64_MAX << (56 - 8 * places) << 8);
    const uint64_t significand = whole * parse_tens_u64[places] + parse_eight(fraction);
    wrong |= parse_nondigits(fraction) | (uint64_t)(size > 3 && marked < style->group_fraction) |
             (minus & (uint64_t)(marked == 0) & (uint64_t)(whole == 0));
    /* Up to 2^53 and 10^9 both are exact in a double, so one division rounds right. */
    if (PARSE_RARE(wrong != 0 || significand >> 53 != 0)) {
        return false;
    }
    const double value = (double)(int64_t)significand / parse_tens[places + shift];
    *grouped |= size > 3;
    *out = minus ? -value : value;
    return true;
}

/* Takes sign, currency sign and percent sign off a number, in *s and *n. A space may stand before
 * the last mark. *shift becomes 2 for a percent sign. Returns false if no digit is first then. */
static inline bool parse_marks_strip(const parse_marks *marks, const char **s, size_t *n,
                                     bool *minus, size_t *shift)
{
    const size_t size = marks->currency_size;
    const char *first = *s, *end = *s + *n;
    *minus = *first == '-';
    first += *minus || *first == '+';
    bool currency =
        size != 0 && (size_t)(end - first) > size && memcmp(first, marks->currency, size) == 0;
    first += currency ? size : 0;
    const bool percent = marks->percent && end > first && end[-1] == '%';
    *shift = percent ? 2 : 0;
    end -= percent;
    if (!percent && !currency && size != 0 && (size_t)(end - first) > size &&
        memcmp(end - size, marks->currency, size) == 0) {
        currency = true;
        end -= size;
        end -= end > first && end[-1] == ' ';
    } else if (percent) {
        end -= end > first && end[-1] == ' ';
    }
    *s = first;
    *n = (size_t)(end - first);
    return end > first && (unsigned char)(*first - '0') <= 9;
}

/* A number of a type that was asked for, or, without currency sign and percent sign, also one of
 * the classes. */
static inline bool parse_float64_marked(const char *s, size_t n, const parse_marks *marks,
                                        bool *grouped, double *out)
{
    bool minus;
    size_t shift;
    if (PARSE_RARE(n == 0)) {
        return false;
    }
    if (marks->currency_size == 0 && !marks->percent) {
        return (marks->style.group_size == 1 &&
                parse_float64_grouped(s, n, &marks->style, 0, grouped, out)) ||
               parse_float64_copied(s, n, &marks->style, grouped, out);
    }
    if (!parse_marks_strip(marks, &s, &n, &minus, &shift)) {
        return false;
    }
    bool any = false;
    const bool done = parse_float64_grouped(s, n, &marks->style, shift, &any, out) &&
                      (!any || marks->style.group_size == 1);
    if (!done && (shift != 0 || !parse_float64_copied(s, n, &marks->style, grouped, out))) {
        return false;
    }
    *grouped |= done && any;
    *out = minus ? -*out : *out;
    return true;
}

static inline bool parse_int64_marked(const char *s, size_t n, const parse_marks *marks,
                                      bool *grouped, int64_t *out)
{
    bool minus;
    size_t shift;
    if (PARSE_RARE(n == 0)) {
        return false;
    }
    if (marks->currency_size == 0 && !marks->percent) {
        return (marks->style.group_size == 1 && !marks->style.group_fraction &&
                parse_int64_grouped(s, n, marks->style.group[0], grouped, out)) ||
               parse_int64_copied(s, n, &marks->style, grouped, out);
    }
    if (!parse_marks_strip(marks, &s, &n, &minus, &shift) || shift != 0 ||
        !parse_int64_copied(s, n, &marks->style, grouped, out)) {
        return false;
    }
    *out = minus ? -*out : *out;
    return true;
}

#endif
