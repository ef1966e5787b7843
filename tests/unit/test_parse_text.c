/* C-30, C-33, C-41: every text has one class, and the fast ways agree with it (lib/parse/parse.h),
 * for any text and any bytes around it. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "parse/marks.h"
#include "parse_support.h"

/* The grammars as regular expressions: a second definition of a number. */
#define WHOLE "(0|[1-9][0-9]*)"
#define POWER "([eE][+-]?[0-9]+)"
static const char int_pattern[] = "^(0|-?[1-9][0-9]*)$";
static const char float_pattern[] =
    "^-?(" WHOLE "\\.[0-9]*" POWER "?|" WHOLE POWER "|\\.[0-9]+" POWER "?|0)$";
static const char dots_int_pattern[] =
    "^(0|-?[1-9][0-9]*|-?[1-9][0-9]?[0-9]?(\\.[0-9][0-9][0-9])+)$";
static const char comma_float_pattern[] =
    "^-?((" WHOLE "|[1-9][0-9]?[0-9]?(\\.[0-9][0-9][0-9])+),[0-9]*" POWER "?|" WHOLE POWER
    "|,[0-9]+" POWER "?|0)$";

/* C-41: points group whole numbers too if --thousands says so. */
static const parse_style dots = {.decimal = ',', .group_size = 1, .group = {'.'}};

static bool matches(const char *pattern, const char *text)
{
    static struct {
        const char *pattern;
        regex_t compiled;
    } known[8];
    for (size_t i = 0; i < 8; i++) {
        if (known[i].pattern == NULL) {
            assert_int_equal(regcomp(&known[i].compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
            known[i].pattern = pattern;
        }
        if (known[i].pattern == pattern) {
            return regexec(&known[i].compiled, text, 0, NULL, 0) == 0;
        }
    }
    fail();
    return false;
}

/* In a text this short only the exponent can make a number too large, and only digits that are all
 * zero keep it small. */
static bool overflows(const char *text)
{
    const char *const power = strpbrk(text, "eE");
    return power != NULL && strtol(power + 1, NULL, 10) > 308 &&
           strcspn(text, "123456789") < (size_t)(power - text);
}

static void expect_classes(const char *text, const parse_value *value, const char *whole,
                           const char *decimal)
{
    const bool is_whole = matches(whole, text);
    const bool is_float = !is_whole && matches(decimal, text) && !overflows(text);
    if ((value->class_ == PARSE_INT) != is_whole || (value->class_ == PARSE_FLOAT) != is_float) {
        fail_msg("\"%s\" is %#x", text, (unsigned)value->class_);
    }
}

static void expect_grammar(const char *text)
{
    const parse_value value = parse_check_text(text), comma = parse_check_comma(text);
    expect_classes(text, &value, int_pattern, float_pattern);
    const parse_value grouped = parse_check(text, strlen(text), &dots);
    expect_classes(text, &comma, int_pattern, comma_float_pattern);
    expect_classes(text, &grouped, dots_int_pattern, comma_float_pattern);
}

/* Every text of up to five of these characters, and up to seven of fewer. */
static void every_short_text(void **state)
{
    static const char *const alphabets[] = {"0159-+.,eE ", "01-.", "10,.e"};
    static const size_t longest[] = {5, 7, 6};
    (void)state;
    for (size_t a = 0; a < 3; a++) {
        const size_t letters = strlen(alphabets[a]);
        for (size_t n = 0; n <= longest[a]; n++) {
            size_t count = 1;
            for (size_t i = 0; i < n; i++) {
                count *= letters;
            }
            for (size_t number = 0; number < count; number++) {
                char text[8] = {0};
                size_t left = number;
                for (size_t i = 0; i < n; i++, left /= letters) {
                    text[i] = alphabets[a][left % letters];
                }
                expect_grammar(text);
            }
        }
    }
}

static const struct {
    const char *text;
    uint32_t class_;
    double number;
} comma_cases[] = {
    {"1.234.567,5", PARSE_FLOAT, 1234567.5},
    {"-1.234,5", PARSE_FLOAT, -1234.5},
    {"1234,5", PARSE_FLOAT, 1234.5},
    {"0,5", PARSE_FLOAT, 0.5},
    {",5", PARSE_FLOAT, 0.5},
    {"5,", PARSE_FLOAT, 5},
    {"1.234", PARSE_INT, 1234},
    {"-12.345", PARSE_INT, -12345},
    {"1234", PARSE_INT, 1234},
    {"123.456.789", PARSE_INT, 123456789},
    {"1,5e3", PARSE_FLOAT, 1500},
    {"1.234,5e-1", PARSE_FLOAT, 123.45},
    {"5e3", PARSE_FLOAT, 5000},
    {"1.234,", PARSE_FLOAT, 1234},
    {"-0", PARSE_FLOAT, 0},
    {"-0,0", PARSE_FLOAT, 0},
    {"9.007.199.254.740.993", PARSE_INT_INEXACT, 9007199254740992.0},
    {"9.223.372.036.854.775.808", PARSE_BIG, 9223372036854775808.0},
    {"9.223.372.036.854.775.809", PARSE_TEXT, 0},
    {"9.007.199.254.740.993,0000000000000000000000000000000000000001", PARSE_FLOAT,
     9007199254740994.0},
    {"1.5", PARSE_TEXT, 0},
    {"1.23", PARSE_TEXT, 0},
    {"1234.567", PARSE_TEXT, 0},
    {"0.123", PARSE_TEXT, 0},
    {"012.345", PARSE_TEXT, 0},
    {"1.2345", PARSE_TEXT, 0},
    {"1.234.56", PARSE_TEXT, 0},
    {"1.234e5", PARSE_TEXT, 0},
    {".123", PARSE_TEXT, 0},
    {"1..234", PARSE_TEXT, 0},
    {"1.234.", PARSE_TEXT, 0},
    {"1,234.5", PARSE_TEXT, 0},
    {"1,234,5", PARSE_TEXT, 0},
    {"00,5", PARSE_TEXT, 0},
    {",", PARSE_TEXT, 0},
    {"-,", PARSE_TEXT, 0},
    {"1 234,5", PARSE_TEXT, 0},
    {"1'234,5", PARSE_TEXT, 0},
    {"+1,5", PARSE_TEXT, 0},
    {"1.-23", PARSE_TEXT, 0},
    {"1.234567,5", PARSE_TEXT, 0},
    {"1e400", PARSE_TEXT, 0},
    {"1.234,5e400", PARSE_TEXT, 0},
};

static void decimal_commas(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof comma_cases / sizeof *comma_cases; i++) {
        const char *const text = comma_cases[i].text;
        const parse_marks marks = parse_marks_none(&dots);
        const parse_value value = parse_check(text, strlen(text), &dots);
        double number = comma_cases[i].number;
        assert_int_equal(value.class_, comma_cases[i].class_);
        assert_true(value.number == number);
        if (value.class_ != PARSE_TEXT) {
            assert_true(parse_asked_float64(text, strlen(text), &marks, &number));
            assert_true(number == value.number);
        }
        /* Without it they do so in front of a comma only. */
        const bool grouped_whole = strchr(text, '.') != NULL && strchr(text, ',') == NULL;
        const parse_value other = parse_check_comma(text);
        assert_int_equal(other.class_, grouped_whole ? PARSE_TEXT : value.class_);
        assert_true(grouped_whole || other.number == value.number);
    }
    assert_int_equal(parse_check_comma("-inf").class_, PARSE_SPECIAL);
    assert_int_equal(parse_check_comma("True").class_, PARSE_BOOL);
    assert_int_equal(parse_check_comma("2024-01-01").class_, PARSE_DATE);
}

static void bools(void **state)
{
    static const char *const wrong[] = {
        "t",       "f",       "yes",       "no",           "tru",   "truee",
        "fals",    "falsee",  "true ",     " true",        "0true", "TRU\xc5",
        "\x14rue", "t\x12ue", "false\x05", "fals\x45\x45", "FALS%", "fals\x05",
        "TRU\x05",
    };
    (void)state;
    for (unsigned upper = 0; upper < 32; upper++) {
        char yes[] = "true", no[] = "false";
        for (size_t i = 0; i < 5; i++) {
            const char flip = upper >> i & 1 ? 0x20 : 0;
            yes[i] = (char)(i < 4 ? yes[i] ^ flip : 0);
            no[i] ^= flip;
        }
        const parse_value first = parse_check_text(yes), second = parse_check_text(no);
        assert_int_equal(first.class_, PARSE_BOOL);
        assert_true(first.boolean);
        assert_int_equal(second.class_, PARSE_BOOL);
        assert_false(second.boolean);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(parse_check_text(wrong[i]).class_, PARSE_TEXT);
    }
}

/* Good texts of every kind. */
static const char *const good_texts[] = {
    "2024-02-29",
    "1999-12-31",
    "2024-02-29T23:59:59",
    "2024-02-29 23:59",
    "2024-02-29T23:59:59.123",
    "2024-02-29T23:59:59.123456",
    "2024-02-29T23:59:59.123456789",
    "2024-02-29T23:59:59+05:30",
    "2262-04-11T23:47:16.854775807",
    "true",
    "FALSE",
    "0",
    "-1",
    "42",
    "12345678",
    "123456789",
    "1234567890123456",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "0.5",
    "-12.34",
    "123.45678901234567",
    "0.12345678901234567",
    "0.00012345678901234567",
    "1234567.123456789012",
    "1e16",
    "5e-324",
    "1.7976931348623157e+308",
    "9007199254740993",
    "inf",
    "-Infinity",
    "nan",
    "1.234.567,5",
    "name",
    "",
    "12:30:45",
    "0.0000000000000000000000001",
    "123456789012345678901234567890.5",
};

/* Changes, drops or adds one byte of text[0, n), or cuts it. Returns the new length, at most
 * n + 1. */
static size_t mutate(char *text, size_t n)
{
    static const char bytes[] = "0123456789-+.,:TeEZ /;infat\0\x80\xff";
    const size_t place = parse_random() % (n + 1);
    const char byte = bytes[parse_random() % sizeof bytes];
    switch (parse_random() % 4) {
    case 0: text[place] = place < n ? byte : text[place]; return n;
    case 1:
        memmove(text + place + 1, text + place, n - place);
        text[place] = byte;
        return n + 1;
    case 2:
        if (place == n)
            return n;
        memmove(text + place, text + place + 1, n - place - 1);
        return n - 1;
    default: return parse_random() % 8 == 0 ? place : n;
    }
}

/* All answers agree on good texts with up to three mutations. */
static void mutations(void **state)
{
    (void)state;
    for (int i = 0; i < PARSE_TRIES(3000000); i++) {
        char text[96];
        const char *const good =
            good_texts[parse_random() % (sizeof good_texts / sizeof *good_texts)];
        size_t n = strlen(good);
        memcpy(text, good, n);
        for (uint64_t changes = parse_random() % 4; changes > 0; changes--)
            n = mutate(text, n);
        parse_check(text, n, i % 5 == 0 ? &parse_style_comma : &parse_style_plain);
    }
}

static void random_bytes(void **state)
{
    (void)state;
    for (int i = 0; i < PARSE_TRIES(300000); i++) {
        char text[40];
        const size_t n = parse_random() % 40;
        for (size_t k = 0; k < n; k++) {
            text[k] = (char)parse_random();
        }
        parse_check(text, n, &parse_style_plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_short_text),
        cmocka_unit_test(decimal_commas),
        cmocka_unit_test(bools),
        cmocka_unit_test(mutations),
        cmocka_unit_test(random_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
