/* C-82: the text of a list, element by element. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "parse/array.h"
#include "parse/marks.h"
#include "parse_support.h"

#define MOST 4096

/* Writes a string element without its escapes. Returns its length. */
static size_t unescape(const parse_array *a, char *out)
{
    const char *at = a->s, *end = a->s + a->n, *piece;
    char character[4];
    size_t length = 0, n;
    while ((n = parse_array_piece(&at, end, character, &piece)) != 0) {
        memcpy(out + length, piece, n);
        length += n;
    }
    assert_true(at == end);
    return length;
}

/* Walks along the array and writes its elements, each with a bar behind it, strings in <>. Writes
 * !, the error, and the text it is about at the first that is wrong. */
static void walk(const char *text, size_t n, char *out)
{
    struct parse_field field = parse_field_make(text, n);
    parse_array a = parse_array_begin(field.s, n);
    parse_array_kind kind;
    size_t elements = 0;
    while ((kind = parse_array_next(&a)) == PARSE_ARRAY_BARE || kind == PARSE_ARRAY_STRING) {
        if (kind == PARSE_ARRAY_BARE)
            out += sprintf(out, "%.*s|", (int)a.n, a.s);
        else {
            *out++ = '<';
            const size_t length = unescape(&a, out);
            assert_true(length <= a.n);
            assert_true(a.escaped || length == a.n);
            out += length;
            out += sprintf(out, ">|");
        }
        elements++;
        assert_true(elements <= n);
    }
    if (kind == PARSE_ARRAY_WRONG) {
        assert_true(a.s >= field.s && a.s + a.n <= field.s + n);
        sprintf(out, "!%s: %.*s", a.why, (int)a.n, a.s);
        assert_int_equal(parse_array_next(&a), PARSE_ARRAY_WRONG);
    } else
        assert_int_equal(parse_array_next(&a), PARSE_ARRAY_END);
    parse_field_drop(&field);
}

static void check(const char *text, const char *expected)
{
    char out[MOST] = "";
    walk(text, strlen(text), out);
    assert_string_equal(out, expected);
}

static void arrays(void **state)
{
    (void)state;
    check("[]", "");
    check(" \t\r\n[ \t\r\n] \t\r\n", "");
    check("[1]", "1|");
    check("[1,-2.5e+3,true,NaN,-Infinity,007,+1,2024-01-31]",
          "1|-2.5e+3|true|NaN|-Infinity|007|+1|2024-01-31|");
    check(" [ 1 ,\n2\t] ", "1|2|");
    check("[\"\",\"a,]b\",\"{[\"]", "<>|<a,]b>|<{[>|");
    check("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "<\"\\/\b\f\n\r\t>|");
    check("[\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00x\"]", "<Aé€😀x>|");
    check("[\"\\uD800\\uDC00\\uDBFF\\uDFFF\\uD7FF\\uE000\\uFFFF\"]",
          "<\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf>|");
    check("[\"é日本\x7f\"]", "<é日本\x7f>|");
    check("[nul,nulls,Null]", "nul|nulls|Null|");
}

static void nul_in_a_string(void **state)
{
    char out[MOST] = "";
    (void)state;
    walk("[\"a\\u0000b\"]", 12, out);
    assert_memory_equal(out, "<a\0b>|", 7);
}

static void wrong_arrays(void **state)
{
    (void)state;
    check("", "!it does not begin with [: ");
    check("1", "!it does not begin with [: 1");
    check("null", "!it does not begin with [: null");
    check("{}", "!it does not begin with [: {}");
    check("[]x", "!there is text behind the ]: x");
    check("[1] [2]", "1|!there is text behind the ]: [2]");
    check("[", "!is missing: the array has no ]: ");
    check("[1", "!is the last one, and no ] follows: 1");
    check("[1,", "1|!is missing: the array has no ]: ");
    check("[1,]", "1|!is missing: ");
    check("[,1]", "!is missing: ");
    check("[1,,2]", "1|!is missing: ");
    check("[1 2]", "!is followed by neither a comma nor ]: 1 2]");
    check("[12:00]", "!is followed by neither a comma nor ]: 12:00]");
    check("[\"a\"\"b\"]", "!is followed by neither a comma nor ]: \"a\"\"b\"]");
    check("[1,null,2]", "1|!is null, and lists hold no nulls: null");
    check("[[1]]", "!is an array, and lists hold no lists: [1");
    check("[1,{\"a\":1}]", "1|!is an object, and lists hold no objects: {\"a\":1}");
    check("['a']", "!is no number, no word and no text in double quotes: 'a'");
    check("[é]", "!is no number, no word and no text in double quotes: é");
    check("[\"a]", "!has no closing quote: \"a]");
    check("[\"a\\\"]", "!has no closing quote: \"a\\\"]");
    check("[\"a\nb\"]", "!has a control character, which JSON writes as \\u00XX: \"a\nb\"]");
    check("[\"\\x41\"]", "!has an escape that JSON does not have: \"\\x41\"]");
    check("[\"\\U0041\"]", "!has an escape that JSON does not have: \"\\U0041\"]");
    check("[\"\\u004g\"]", "!has an escape that JSON does not have: \"\\u004g\"]");
    check("[\"\\u00", "!has an escape that JSON does not have: \"\\u00");
    check("[\"\\", "!has an escape that JSON does not have: \"\\");
}

/* A lone surrogate is no character: a half alone, the wrong way round, twice, or cut. */
static void lone_surrogates(void **state)
{
    static const char *const bad[] = {
        "\\ud83d",    "\\ude00",        "\\ude00\\ud83d", "\\ud83d\\ud83d", "\\ud83dx",
        "\\ud83d\\n", "\\ud83d\\u0041", "\\ud83d\\ude0",  "\\ud83d\\",      "\\ud83d\\udbff"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64], expected[128];
        snprintf(text, sizeof text, "[\"%s\"]", bad[i]);
        snprintf(expected, sizeof expected,
                 "!has half of a surrogate pair, which is no character: \"%s\"]", bad[i]);
        check(text, expected);
    }
}

/* A text that is cut anywhere is wrong, and nothing behind its end is looked at. */
static void cut_arrays(void **state)
{
    static const char whole[] = " [ 12, \"a\\n\\ud83d\\ude00\" ,-1.5e3,\"\",true ] ";
    char out[MOST];
    (void)state;
    for (size_t n = 0; n < sizeof whole - 2; n++) {
        walk(whole, n, out);
        assert_non_null(strchr(out, '!'));
    }
    walk(whole, sizeof whole - 2, out);
    assert_null(strchr(out, '!'));
}

/* ---- the fast ways ---- */

static void check_int(const parse_array *before, const parse_array *after, int64_t value)
{
    parse_array slow = *before;
    const parse_marks marks = parse_marks_none(&parse_style_plain);
    uint64_t bits;
    assert_int_equal(parse_array_next(&slow), PARSE_ARRAY_BARE);
    assert_true(parse_asked_integer(slow.s, slow.n, &marks, UINT64_C(1) << 63, INT64_MAX, &bits));
    assert_true((int64_t)bits == value);
    assert_true(slow.at == after->at);
    assert_int_equal(slow.closed, after->closed);
    assert_true(after->any);
}

static void check_float(const parse_array *before, const parse_array *after, double value)
{
    parse_array slow = *before;
    const parse_marks marks = parse_marks_none(&parse_style_plain);
    double exact;
    assert_int_equal(parse_array_next(&slow), PARSE_ARRAY_BARE);
    assert_true(parse_asked_float64(slow.s, slow.n, &marks, &exact));
    assert_true(parse_double_bits(exact) == parse_double_bits(value));
    assert_true(slow.at == after->at);
    assert_int_equal(slow.closed, after->closed);
    assert_true(after->any);
}

/* Walks along a text and tries the fast ways at each element: they give the same or nothing.
 * Counts what they took. */
static void check_fast(const char *text, size_t n, size_t taken[2])
{
    struct parse_field field = parse_field_make(text, n);
    parse_array a = parse_array_begin(field.s, n);
    while (!a.closed) {
        parse_array fast = a;
        int64_t whole;
        double number;
        if (parse_array_int(&fast, &whole)) {
            check_int(&a, &fast, whole);
            taken[0]++;
        }
        fast = a;
        if (parse_array_float(&fast, &number)) {
            check_float(&a, &fast, number);
            taken[1]++;
        }
        parse_array_kind kind = parse_array_next(&a);
        if (kind == PARSE_ARRAY_END || kind == PARSE_ARRAY_WRONG)
            break;
    }
    parse_field_drop(&field);
}

/* Writes a random array of numbers, mostly. Returns its length. */
static size_t make_array(char *out)
{
    static const char odd[] = "0123456789+-.eE,] []\"\\nullNaI\t";
    size_t n = 0, elements = parse_random() % 12;
    out[n++] = '[';
    for (size_t i = 0; i < elements; i++) {
        const unsigned digits = (unsigned)(parse_random() % 20),
                       shift = (unsigned)parse_random() % 64;
        if (i > 0)
            out[n++] = ',';
        if (parse_random() % 4 == 0)
            out[n++] = ' ';
        if (parse_random() % 2)
            n += (size_t)sprintf(out + n, "%lld", (long long)((int64_t)parse_random() >> shift));
        else
            n += (size_t)sprintf(out + n, "%.*g", (int)digits % 18,
                                 (double)(int64_t)parse_random() /
                                     (double)(1 + (parse_random() >> shift)));
    }
    out[n++] = ']';
    if (parse_random() % 3 == 0)
        out[parse_random() % n] = odd[parse_random() % (sizeof odd - 1)];
    return n;
}

static void fast_ways(void **state)
{
    char text[MOST];
    size_t taken[2] = {0, 0};
    (void)state;
    static const char edges[] = "[0,-0,00,1234567,12345678,123456789012345678,9223372036854775807,"
                                "9223372036854775808,-9223372036854775808, 5,  6,7 ]";
    check_fast(edges, sizeof edges - 1, taken);
    for (size_t i = 0; i < PARSE_TRIES(60000); i++) {
        const size_t n = make_array(text);
        check_fast(text, n, taken);
    }
    assert_true(taken[0] > PARSE_TRIES(60000) && taken[1] > PARSE_TRIES(60000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays),       cmocka_unit_test(nul_in_a_string),
        cmocka_unit_test(wrong_arrays), cmocka_unit_test(lone_surrogates),
        cmocka_unit_test(cut_arrays),   cmocka_unit_test(fast_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
