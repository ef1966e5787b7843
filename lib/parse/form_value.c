/* The exact value of a text that matches a declared form (C-72, C-73). */
#include <string.h>

#include "parse/form.h"
#include "parse/number.h"

/* The parts that a text said. */
typedef struct parts {
    int year, month, day;
    int hour, minute, second;
    bool afternoon;
    uint32_t nanos, digits;
    int32_t offset;
} parts;

static const char names[12][10] = {"january",   "february", "march",    "april",
                                   "may",       "june",     "july",     "august",
                                   "september", "october",  "november", "december"};

/* Reads the digits at s, at least `least` and at most `most`. Returns how many there are; 0: too
 * few. */
static size_t take_digits(const char *s, size_t n, size_t least, size_t most, int *number)
{
    size_t i = 0;
    *number = 0;
    for (; i < n && i < most && (unsigned char)(s[i] - '0') <= 9; i++)
        *number = *number * 10 + (s[i] - '0');
    return i < least ? 0 : i;
}

/* Reads a number of `width` digits, or an unpadded one of up to as many, in `low` … `high`. */
static size_t take_number(const parse_form_piece *piece, const char *s, size_t n, size_t width,
                          int low, int high, int *number)
{
    const size_t taken = take_digits(s, n, piece->unpadded ? 1 : width, width, number);
    const bool padded = piece->unpadded && taken > 1 && s[0] == '0';
    return padded || *number < low || *number > high ? 0 : taken;
}

/* Reads the name of a month, or its first three letters. */
static size_t take_month(const char *s, size_t n, bool whole, int *month)
{
    for (int i = 0; i < 12; i++) {
        const size_t size = whole ? strlen(names[i]) : 3;
        size_t at = 0;
        while (at < size && at < n && (s[at] | 0x20) == names[i][at])
            at++;
        if (at == size) {
            *month = i + 1;
            return size;
        }
    }
    return 0;
}

static size_t take_noon(const char *s, size_t n, bool *afternoon)
{
    if (n < 2 || (s[1] | 0x20) != 'm' || ((s[0] | 0x20) != 'a' && (s[0] | 0x20) != 'p'))
        return 0;
    *afternoon = (s[0] | 0x20) == 'p';
    return 2;
}

static size_t take_fraction(const char *s, size_t n, parts *out)
{
    uint32_t scale = 1000000000;
    size_t i = 0;
    for (; i < n && (unsigned char)(s[i] - '0') <= 9; i++) {
        if (i == 9)
            return 0; /* cutting a digit off would not be exact */
        scale /= 10;
        out->nanos += (uint32_t)(s[i] - '0') * scale;
    }
    out->digits = (uint32_t)i;
    return i;
}

/* Reads an offset of C-39 that ends where it can no longer go on. */
static size_t take_offset(const char *s, size_t n, int32_t *offset)
{
    int hour, minute = 0;
    *offset = 0;
    if (n != 0 && s[0] == 'Z')
        return 1;
    if (n < 3 || (s[0] != '+' && s[0] != '-') || take_digits(s + 1, 2, 2, 2, &hour) == 0)
        return 0;
    const size_t colon = n > 3 && s[3] == ':';
    size_t taken = 3;
    if (colon || (n > 3 && (unsigned char)(s[3] - '0') <= 9)) {
        taken = 5 + colon;
        if (n < taken || take_digits(s + 3 + colon, 2, 2, 2, &minute) == 0)
            return 0;
    }
    *offset = (hour * 60 + minute) * (s[0] == '-' ? -1 : 1);
    return hour > 23 || minute > 59 ? 0 : taken;
}

/* Reads one piece. Returns its bytes; 0: it does not match. */
static size_t take_piece(const parse_form *form, const parse_form_piece *piece, const char *s,
                         size_t n, parts *out)
{
    size_t taken;
    switch (piece->item) {
    case PARSE_FORM_LITERAL:
        return piece->size <= n && memcmp(s, form->literals + piece->at, piece->size) == 0
                   ? piece->size
                   : 0;
    case PARSE_FORM_YEAR: return take_number(piece, s, n, 4, 0, 9999, &out->year);
    case PARSE_FORM_SHORT_YEAR:
        taken = take_number(piece, s, n, 2, 0, 99, &out->year);
        out->year += out->year < 69 ? 2000 : 1900;
        return taken;
    case PARSE_FORM_MONTH: return take_number(piece, s, n, 2, 1, 12, &out->month);
    case PARSE_FORM_SHORT_NAME: return take_month(s, n, false, &out->month);
    case PARSE_FORM_NAME: return take_month(s, n, true, &out->month);
    case PARSE_FORM_DAY: return take_number(piece, s, n, 2, 1, 31, &out->day);
    case PARSE_FORM_YEAR_DAY: return take_number(piece, s, n, 3, 1, 366, &out->day);
    case PARSE_FORM_HOUR: return take_number(piece, s, n, 2, 0, 23, &out->hour);
    case PARSE_FORM_HALF_HOUR:
        taken = take_number(piece, s, n, 2, 1, 12, &out->hour);
        out->hour %= 12;
        return taken;
    case PARSE_FORM_MINUTE: return take_number(piece, s, n, 2, 0, 59, &out->minute);
    case PARSE_FORM_SECOND: return take_number(piece, s, n, 2, 0, 59, &out->second);
    case PARSE_FORM_FRACTION: return take_fraction(s, n, out);
    case PARSE_FORM_NOON: return take_noon(s, n, &out->afternoon);
    default: return take_offset(s, n, &out->offset);
    }
}

/* Gives the day since 1970-01-01. month 0: `day` is the day of the year. Returns false if there is
 * no such day (C-36). */
static bool day_of(const parts *p, int64_t *days)
{
    const int year = p->year, before = year + 3;
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    const uint32_t entry = parse_months[leap][p->month];
    const int last = p->month == 0 ? 365 + leap : (int)(entry & 0xff);
    /* Leap days before the year: those of every fourth, less every hundredth, plus every four
     * hundredth, year 0 among them. */
    *days = (int64_t)year * 365 + before / 4 - (year + 99) / 100 + (year + 399) / 400 +
            (int64_t)(entry >> 8) + p->day - 1 - 719528;
    return p->day <= last;
}

bool parse_form_value(const parse_form *form, const char *s, size_t n, parse_value *value)
{
    parts p = {0};
    size_t at = 0;
    for (size_t i = 0; i < form->n_pieces; i++) {
        const size_t taken = take_piece(form, &form->pieces[i], s + at, n - at, &p);
        if (taken == 0)
            return false;
        at += taken;
    }
    int64_t days = 0;
    if (at != n || (form->has_date && !day_of(&p, &days)))
        return false;
    *value = (parse_value){.class_ = form->has_date ? PARSE_DATE : 0, .days = days};
    if (!form->has_time)
        return true;
    if (form->has_date)
        value->class_ = form->has_offset ? PARSE_TIMESTAMP_OFFSET : PARSE_TIMESTAMP;
    value->days = 0;
    value->seconds = days * 86400 + (p.hour + 12 * p.afternoon) * 3600 + p.minute * 60 + p.second -
                     (int64_t)p.offset * 60;
    value->nanos = p.nanos;
    value->digits = p.digits;
    value->offset = p.offset;
    return true;
}
