/* C-41, C-44, C-77, C-78: group marks, and numbers of a type that was asked for. Random texts are
 * made together with their value in digits, which strtod and strtof of the C library round. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parse/marks.h"
#include "parse_support.h"

#define NBSP "\u00a0"
#define NNBSP "\u202f"

static parse_marks marks_of(const char *text, bool comma)
{
    const parse_style *style = comma ? &parse_style_comma : &parse_style_plain;
    parse_marks marks = parse_marks_none(style);
    if (text[0] != 0)
        assert_null(parse_marks_read(text, strlen(text), style, '"', true, &marks));
    return marks;
}

/* ---- the names of marks ---- */

static void group_marks(void **state)
{
    static const struct {
        const char *text, *mark, *name;
    } good[] = {
        {",", ",", ","},
        {"comma", ",", ","},
        {"'", "'", "'"},
        {" ", " ", "space"},
        {"space", " ", "space"},
        {"apostrophe", "'", "'"},
        {"nbsp", NBSP, "nbsp"},
        {NBSP, NBSP, "nbsp"},
        {"nnbsp", NNBSP, "nnbsp"},
        {NNBSP, NNBSP, "nnbsp"},
        {"_", "_", "_"},
        {"\u2009", "\u2009", "\u2009"},
        {"\u2019", "\u2019", "\u2019"},
    };
    static const char *const bad[] = {"",   ".",  "dot", "1", "+", "-",    "e",         "x",
                                      ",,", "\"", ";",   "%", "$", "\xc2", "thousands", "\t"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        parse_style style = parse_style_plain;
        assert_null(parse_group_read(good[i].text, strlen(good[i].text), '"', &style));
        assert_int_equal(style.group_size, strlen(good[i].mark));
        assert_memory_equal(style.group, good[i].mark, style.group_size);
        assert_false(style.group_fraction);
        assert_string_equal(parse_group_name(&style), good[i].name);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        parse_style style = parse_style_plain;
        assert_non_null(parse_group_read(bad[i], strlen(bad[i]), '"', &style));
    }
    parse_style style = parse_style_comma;
    assert_non_null(parse_group_read(",", 1, '"', &style));
    assert_non_null(parse_group_read("'", 1, '\'', &style));
    assert_null(parse_group_read(".", 1, '"', &style));
    assert_false(style.group_fraction);
}

static void mark_lists(void **state)
{
    static const char *const good[] = {",",  "%",      "$",      "$,",    ",$",      "%,$",
                                       "€",  ",€%",    "\u20b9", "space", " €",      "nbsp%",
                                       NBSP, "nnbsp€", "$nbsp",  "¥'",    "\uff04_", "hex"};
    static const char *const bad[] = {"",    ",,",     "%%",   "$$",   "$€",   ",'",       "CHF",
                                      "USD", "1",      "+",    "-",    ".",    "\"",       "x",
                                      ", $", "e",      "$,%,", "Hex",  "hex,", "\xe2\x82", "\xc2",
                                      "é",   "spaces", "nbs",  "comma"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        parse_marks marks;
        assert_null(
            parse_marks_read(good[i], strlen(good[i]), &parse_style_plain, '"', true, &marks));
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        parse_marks marks;
        assert_non_null(
            parse_marks_read(bad[i], strlen(bad[i]), &parse_style_plain, '"', true, &marks));
    }
    parse_marks marks;
    assert_non_null(parse_marks_read("hex", 3, &parse_style_plain, '"', false, &marks));
    assert_non_null(parse_marks_read(",", 1, &parse_style_comma, '"', true, &marks));
    assert_non_null(parse_marks_read("'", 1, &parse_style_comma, '\'', true, &marks));
    assert_non_null(parse_marks_read("$", 1, &parse_style_comma, '$', true, &marks));
    assert_non_null(parse_marks_read("%", 1, &parse_style_comma, '%', true, &marks));
    assert_null(parse_marks_read(".", 1, &parse_style_comma, '"', true, &marks));
}

/* ---- values ---- */

static const struct {
    const char *marks, *text;
    bool comma, fits;
    double number;
} cases[] = {
    {"", "+5", false, true, 5},
    {"", "007", false, true, 7},
    {"", "-00.50", false, true, -0.5},
    {"", "+.5e1", false, true, 5},
    {"", "1,234", false, false, 0},
    {"", "1.234", true, false, 0},
    {"", "1.234,5", true, true, 1234.5},
    {"", "5%", false, false, 0},
    {"", "$5", false, false, 0},
    {"", "--5", false, false, 0},
    {"", "+-5", false, false, 0},
    {"", "", false, false, 0},
    {"", "+", false, false, 0},
    {"$,", "-$1,234.50", false, true, -1234.5},
    {"$,", "$-5", false, false, 0},
    {"$,", "$5$", false, false, 0},
    {"$,", "(5)", false, false, 0},
    {"$,", "5 ", false, false, 0},
    {"$,", " 5", false, false, 0},
    {"$,", "€5", false, false, 0},
    {"$,", "$ 5", false, true, 5},
    {"$,", "1234.5 $", false, true, 1234.5},
    {"$,", "$", false, false, 0},
    {"$,", "$ ", false, false, 0},
    {"$,", "12,34.5", false, false, 0},
    {"$,", "1,2345", false, false, 0},
    {"$,", "0,123", false, false, 0},
    {"$,", "1,234e2", false, false, 0},
    {"$,", "$1,234.e2", false, true, 123400},
    {"€.", "1.234,50 €", true, true, 1234.5},
    {"€.", "1.234" NBSP "€", true, true, 1234},
    {"€.", "+€ 1.234", true, true, 1234},
    {"€", "1.234,5" NNBSP "€", true, true, 1234.5},
    {"€", "1.234 €", true, false, 0},
    {" €", "1 234 567 €", false, true, 1234567},
    {" €", "1 234 56 €", false, false, 0},
    {"nbsp€", "1" NBSP "234" NBSP "€", false, true, 1234},
    {"nnbsp", "-1" NNBSP "234.5", false, true, -1234.5},
    {"nnbsp", "1" NBSP "234", false, false, 0},
    {"%", "12.5%", false, true, 0.125},
    {"%", "12.5 %", false, true, 0.125},
    {"%", "12.5", false, true, 12.5},
    {"%", "1e2%", false, true, 1},
    {"%", "12.5%%", false, false, 0},
    {"%", "%5", false, false, 0},
    {"%,$", "$1,200%", false, true, 12},
    {"%,$", "5%$", false, false, 0},
    {"%,$", "5$%", false, false, 0},
    {"$,", "0x10", false, false, 0},
};

static void values(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const parse_marks marks = marks_of(cases[i].marks, cases[i].comma);
        struct parse_field field = parse_field_make(cases[i].text, strlen(cases[i].text));
        const double exact = cases[i].number;
        double number = 0;
        float narrow = 0;
        uint64_t bits;
        if (parse_asked_float64(field.s, field.n, &marks, &number) != cases[i].fits ||
            parse_asked_float32(field.s, field.n, &marks, &narrow) != cases[i].fits)
            fail_msg("\"%s\" as [%s]", cases[i].text, cases[i].marks);
        if (cases[i].fits)
            assert_true(number == exact && narrow == (float)exact);
        const bool whole = cases[i].fits && exact == floor(exact);
        if (parse_asked_integer(field.s, field.n, &marks, 1u << 31, INT32_MAX, &bits) != whole)
            fail_msg("\"%s\" as integer [%s]", cases[i].text, cases[i].marks);
        if (whole)
            assert_true((double)(int64_t)bits == exact);
        parse_field_drop(&field);
    }
}

static void integers(void **state)
{
    static const struct {
        const char *text;
        bool fits;
        uint64_t bits;
    } whole[] = {
        {"1.0", true, 1},
        {"1e3", true, 1000},
        {"12.50e1", true, 125},
        {"-0.0", true, 0},
        {"0e99999999999999999999", true, 0},
        {"1e-1", false, 0},
        {"1.5", false, 0},
        {"0.0000000000000000000000000000000000001", false, 0},
        {"10e-1", true, 1},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"00018446744073709551615.000", true, UINT64_MAX},
        {"1844674407370955161500000000000000000000e-20", true, UINT64_MAX},
        {"1.8446744073709551615e19", true, UINT64_MAX},
        {"1.84467440737095516151e19", false, 0},
        {"1.8446744073709551616e19", false, 0},
        {"1e19", true, UINT64_C(10000000000000000000)},
        {"1e20", false, 0},
        {"1e400", false, 0},
        {"1e-400", false, 0},
        {"-9223372036854775808", true, UINT64_C(1) << 63},
        {"-9223372036854775809", false, 0},
        {"-9223372036854775808.0000000000000000000000001", false, 0},
        {"nan", false, 0},
        {"inf", false, 0},
    };
    const parse_marks marks = marks_of("", false);
    (void)state;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        uint64_t bits = 0;
        if (parse_asked_integer(whole[i].text, strlen(whole[i].text), &marks, UINT64_C(1) << 63,
                                UINT64_MAX, &bits) != whole[i].fits)
            fail_msg("%s", whole[i].text);
        assert_true(!whole[i].fits || bits == whole[i].bits);
    }
}

static void hexadecimal(void **state)
{
    static const struct {
        const char *text;
        bool fits;
        uint64_t bits;
    } hex[] = {
        {"0x0", true, 0},
        {"0X7f", true, 127},
        {"0x7F", true, 127},
        {"0xfF", false, 0},
        {"0x00000000000000000000000000000000001", true, 1},
        {"0x", false, 0},
        {"0", false, 0},
        {"7f", false, 0},
        {"-0x1", false, 0},
        {"+0x1", false, 0},
        {"0x1 ", false, 0},
        {"0xg", false, 0},
        {"0x1.0", false, 0},
        {"1x1", false, 0},
        {"", false, 0},
    };
    const parse_marks marks = marks_of("hex", false);
    uint64_t bits;
    (void)state;
    for (size_t i = 0; i < sizeof hex / sizeof *hex; i++) {
        if (parse_asked_integer(hex[i].text, strlen(hex[i].text), &marks, 128, 127, &bits) !=
            hex[i].fits)
            fail_msg("%s", hex[i].text);
        assert_true(!hex[i].fits || bits == hex[i].bits);
    }
    assert_true(parse_asked_integer("0xFFFFFFFFFFFFFFFF", 18, &marks, 0, UINT64_MAX, &bits) &&
                bits == UINT64_MAX);
    assert_false(parse_asked_integer("0x10000000000000000", 19, &marks, 0, UINT64_MAX, &bits));
}

/* ---- random texts, made from digits ---- */

static size_t below(size_t n)
{
    return (size_t)(parse_random() % n);
}

/* A text and, of the same value, one that strtod reads. */
typedef struct spelled {
    char text[256], plain[256];
    bool percent;
} spelled;

/* Appends to both. */
static void both(spelled *s, const char *text, const char *plain)
{
    strcat(s->text, text);
    strcat(s->plain, plain);
}

static void spell_digits(spelled *s, const char *group, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char digit[2] = {(char)('0' + below(i == 0 ? 9 : 10) + (i == 0)), 0};
        if (i != 0 && (n - i) % 3 == 0)
            both(s, group, "");
        both(s, digit, digit);
    }
}

/* Spells a number with the marks, each with some luck. */
static void spell(spelled *s, const parse_marks *marks)
{
    static const char *const blanks[] = {"", " ", NBSP, NNBSP, "\u2009 "};
    char group[8] = "", currency[8] = "", decimal[2] = {marks->style.decimal, 0};
    memset(s, 0, sizeof *s);
    memcpy(group, marks->style.group, marks->style.group_size);
    memcpy(currency, marks->currency, marks->currency_size);
    const bool grouped = group[0] != 0 && below(4) != 0;
    const bool front = currency[0] != 0 && below(2) == 0;
    const size_t sign = below(3);
    both(s, sign == 0 ? "-" : sign == 1 ? "+" : "", sign == 0 ? "-" : "");
    if (front)
        both(s, currency, "");
    if (front)
        both(s, blanks[below(5)], "");
    if (!grouped && below(3) == 0)
        both(s, "00", "");
    spell_digits(s, grouped ? group : "", 1 + below(below(3) == 0 ? 26 : 12));
    const size_t places = below(3) == 0 ? 0 : 1 + below(below(4) == 0 ? 30 : 4);
    if (places != 0 || marks->style.group_fraction) {
        both(s, decimal, ".");
        spell_digits(s, "", places);
    }
    s->percent = marks->percent && below(2) == 0;
    if (s->percent || (!front && currency[0] != 0 && below(2) == 0)) {
        both(s, blanks[below(5)], "");
        both(s, s->percent ? "%" : currency, "");
    }
    strcat(s->plain, s->percent ? "e-2" : "e0");
}

static void random_numbers(void **state)
{
    static const char *const lists[] = {"",  ",",  "$,",    "%",     ",%$",   " €",
                                        "'", "_€", "nbsp€", "nnbsp", "space%"};
    (void)state;
    for (size_t i = 0; i < PARSE_TRIES(300000); i++) {
        const bool comma = below(3) == 0;
        const char *list = lists[below(sizeof lists / sizeof *lists)];
        const parse_marks marks = marks_of(comma && strchr(list, ',') != NULL ? "." : list, comma);
        spelled s;
        spell(&s, &marks);
        struct parse_field field = parse_field_make(s.text, strlen(s.text));
        double number;
        float narrow;
        const double exact = strtod(s.plain, NULL);
        if (!parse_asked_float64(field.s, field.n, &marks, &number) || number != exact ||
            signbit(number) != signbit(exact) ||
            !parse_asked_float32(field.s, field.n, &marks, &narrow) ||
            narrow != strtof(s.plain, NULL))
            fail_msg("\"%s\" is not %s", s.text, s.plain);
        parse_field_drop(&field);
    }
}

/* C-55 */
static void many_digits(void **state)
{
    static const struct {
        const char *text;
        bool many;
    } texts[] = {
        {"0.12345678901234567", false},      {"0.123456789012345678", true},
        {"0.1000000000000000000", false},    {"100000000000000000000", false},
        {"123456789012345678", true},        {"1234567890123456700", false},
        {"-0.000000000000000000012", false}, {"1.2345678901234567e-300", false},
        {"1.23456789012345678e-300", true},  {"1.0e123456789012345678", false},
        {"1,234,567,890,123,456.78", true},  {"inf", false},
        {"1,234,567,890,123,456.70", false}, {"$12345678901234567 %", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_int_equal(parse_many_digits(texts[i].text, strlen(texts[i].text)), texts[i].many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(group_marks), cmocka_unit_test(mark_lists),
        cmocka_unit_test(values),      cmocka_unit_test(integers),
        cmocka_unit_test(hexadecimal), cmocka_unit_test(random_numbers),
        cmocka_unit_test(many_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
