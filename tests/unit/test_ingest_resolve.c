/* Classes of values to a type (C-50), and that facts may be joined in any order. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_support.h"
#include "ingest/schema/schema.h"

#define CLASSES 10

static void test_every_set(void **state)
{
    (void)state;
    for (uint32_t set = 0; set < 1u << CLASSES; set++) {
        ing_facts f;
        ing_facts_init(&f);
        f.classes = set;
        assert_int_equal(ing_resolve(&f).type, csv_type_of(set));
        /* it stays a string, with any further values */
        bool for_good = set != 0;
        for (uint32_t more = 0; more < 1u << CLASSES; more++)
            for_good = for_good && csv_type_of(set | more) == SHMCOL_STRING;
        assert_int_equal(ing_string_for_good(&f), for_good);
    }
}

static void add(ing_facts *f, const char *text, uint64_t row)
{
    char buf[256] = {0};
    parse_value value;
    size_t n = strlen(text);
    memcpy(buf + PARSE_SLACK, text, n);
    parse_classify(buf + PARSE_SLACK, n, &parse_style_plain, &value);
    ing_facts_add(f, &value, buf + PARSE_SLACK, n, row);
}

static void test_timestamps(void **state)
{
    (void)state;
    static const struct {
        const char *values[3];
        uint8_t unit;
        const char *zone;
    } cases[] = {
        {{"2020-01-01T00:00", "2020-01-01 00:00:00", "2020-01-01T00:00:00"}, 0, ""},
        {{"2020-01-01T00:00", "2020-01-01 00:00:00.0", "2020-01-01T00:00:00"}, 1, ""},
        {{"2020-01-01T00:00:00.123", "2020-01-01 00:00:00.0", "2020-01-01T00:00:00"}, 1, ""},
        {{"2020-01-01T00:00:00.1230", "2020-01-01 00:00:00.0", "2020-01-01T00:00:00"}, 2, ""},
        {{"2020-01-01T00:00:00.123456", "2020-01-01 00:00:00.0", "2020-01-01T00:00:00"}, 2, ""},
        {{"2020-01-01T00:00:00.1234567", "2020-01-01 00:00:00.0", "2020-01-01T00:00:00"}, 3, ""},
        {{"2020-01-01T00:00:00.123456789", "2020-01-01 00:00:00.0", "2020-01-01T00:00:00"}, 3, ""},
        {{"2020-01-01T00:00Z", "2020-01-01 00:00:00+00:00", "2020-01-01T00:00:00-00"}, 0, "UTC"},
        {{"2020-01-01T00:00+05:30", "2020-01-01 00:00:00+0530", "2020-01-01T00:00:00+05:30"},
         0,
         "+05:30"},
        {{"2020-01-01T00:00-09", "2020-01-01 00:00:00-09:00", "2020-01-01T00:00:00-0900"},
         0,
         "-09:00"},
        {{"2020-01-01T00:00-00:30", "2020-01-01 00:00:00-00:30", "2020-01-01T00:00:00-0030"},
         0,
         "-00:30"},
        {{"2020-01-01T00:00+23:59", "2020-01-01 00:00:00+23:59", "2020-01-01T00:00:00+2359"},
         0,
         "+23:59"},
        {{"2020-01-01T00:00Z", "2020-01-01 00:00:00+01:00", "2020-01-01T00:00:00Z"}, 0, "UTC"},
        {{"2020-01-01T00:00-01:00", "2020-01-01 00:00:00+01:00", "2020-01-01T00:00:00.1Z"},
         1,
         "UTC"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int first = 0; first < 3; first++) { /* in every order, joined and added */
            ing_facts all, parts[3], left, right;
            ing_facts_init(&all);
            for (int k = 0; k < 3; k++) {
                const char *value = cases[i].values[(first + k) % 3];
                add(&all, value, (uint64_t)k);
                ing_facts_init(&parts[k]);
                add(&parts[k], value, (uint64_t)k);
            }
            left = parts[0];
            ing_facts_join(&left, &parts[1]);
            ing_facts_join(&left, &parts[2]);
            right = parts[2];
            ing_facts_join(&right, &parts[1]);
            ing_facts_join(&right, &parts[0]);
            const ing_facts *ways[] = {&all, &left, &right};
            for (int w = 0; w < 3; w++) {
                ing_type type = ing_resolve(ways[w]);
                assert_int_equal(type.type, FMT_TIMESTAMP);
                assert_int_equal(type.unit, cases[i].unit);
                assert_string_equal(type.zone, cases[i].zone);
            }
        }
}

static bool same_facts(const ing_facts *a, const ing_facts *b)
{
    return a->classes == b->classes && a->digits == b->digits && a->offset == b->offset &&
           a->has_offset == b->has_offset && a->mixed_offsets == b->mixed_offsets &&
           a->quoted_empty == b->quoted_empty && a->texts == b->texts &&
           a->texts_if_trimmed == b->texts_if_trimmed && a->texts_differ == b->texts_differ &&
           a->first_text_trims == b->first_text_trims &&
           a->first_text_length == b->first_text_length &&
           memcmp(a->first_text, b->first_text, a->first_text_length) == 0 &&
           a->first_text_row == b->first_text_row && a->has_instant == b->has_instant &&
           a->earliest.seconds == b->earliest.seconds && a->earliest.nanos == b->earliest.nanos &&
           a->latest.seconds == b->latest.seconds && a->latest.nanos == b->latest.nanos;
}

/* Values of all kinds dealt to pieces, the pieces joined as a random tree: always the facts of one
 * piece that saw all. */
static void test_any_order(void **state)
{
    (void)state;
    static const char *const values[] = {"1",
                                         "1.5",
                                         "x",
                                         " 1",
                                         "x",
                                         "a text that is longer than a token may be",
                                         "2020-01-01",
                                         "true",
                                         "9007199254740993",
                                         "2020-01-01T00:00+01:00",
                                         "2020-01-01T00:00:00.123Z",
                                         "nan",
                                         "NA",
                                         "zz",
                                         "9223372036854775808"};
    for (int round = 0; round < 20000; round++) {
        ing_facts all, pieces[8];
        uint32_t n = 1 + csv_random(8), count = csv_random(12),
                 kinds = 1 + csv_random(sizeof values / sizeof *values);
        ing_facts_init(&all);
        for (uint32_t i = 0; i < n; i++)
            ing_facts_init(&pieces[i]);
        for (uint32_t i = 0; i < count;
             i++) { /* a piece sees its values in the order of their rows, as workers do */
            const char *value = values[csv_random(kinds)];
            add(&all, value, i);
            add(&pieces[csv_random(n)], value, i);
        }
        for (uint32_t left = n; left > 1; left--) {
            uint32_t a = csv_random(left), b = (a + 1 + csv_random(left - 1)) % left;
            ing_facts_join(&pieces[a], &pieces[b]);
            pieces[b] = pieces[left - 1];
            if (a == left - 1)
                pieces[b] = pieces[a];
        }
        assert_true(same_facts(&all, &pieces[0]));
    }
}

/* The reason and the hints, whole files: what is counted is counted once, however often a column is
 * read. */
static char *rows_of(uint32_t n, const char *each, const char *last)
{
    size_t a = strlen(each), b = strlen(last);
    char *text = malloc(8 + n * a + b + 1), *at = text;
    assert_non_null(text);
    at += sprintf(at, "a,b\n");
    for (uint32_t i = 0; i < n; i++, at += a)
        memcpy(at, each, a);
    memcpy(at, last, b + 1);
    return text;
}

static void expect_report(const char *text, const shmcol_csv_options *o, const char *reason,
                          const char *warning)
{
    csv_packed p = csv_pack(text, o);
    if (p.status != SHMCOL_OK)
        fail_msg("%s", p.err.message);
    assert_string_equal(p.report->columns[0].reason, reason);
    assert_string_equal(p.report->n_warnings ? p.report->warnings[0] : "", warning);
    csv_free(&p);
}

static void test_reasons(void **state)
{
    (void)state;
    char *text = rows_of(9999, "1,x\n", "NA,x\n");
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    for (o.window = 0; o.window <= 2000; o.window += 1000)
        for (o.threads = 1; o.threads <= 3; o.threads++)
            expect_report(text, &o, "line 10001: \"NA\" is text",
                          "column \"a\" is a string only because of \"NA\" (0.01% of the rows): "
                          "--null 'a=NA' makes it int64");
    free(text);
    o = (shmcol_csv_options)SHMCOL_CSV_OPTIONS_INIT;
    expect_report("a,b\n1,x\nfirst,x\nlast,x\n", NULL, "line 3: \"first\" is text", "");
    text = rows_of(30000, "1,x\n", "first,x\n2,x\nlast,x\n");
    for (o.window = 0; o.window <= 2000; o.window += 1000)
        for (o.threads = 1; o.threads <= 3; o.threads++)
            expect_report(text, &o, "line 30002: \"first\" is text", "");
    free(text);
    text = rows_of(30000, "1,x\n", " 2,x\n3 ,x\n");
    expect_report(
        text, NULL, "line 30002: \" 2\" is text",
        "column \"a\" is a string only because of spaces around its values: --trim removes them");
    free(text);
    /* halved quotes before it are two of the file; one inside an unquoted field is one */
    expect_report("a,b\n1,\"x\"\"y\n\"\n2,\"\"\"\n\"\nfirst,\"\"\"x\"\nlast,x\n", NULL,
                  "line 6: \"first\" is text", "");
    expect_report("a,b\n1,x\"y\"\"\n2,\"\"\"\"\"\n\"\nfirst,z\nlast,z\n", NULL,
                  "line 5: \"first\" is text", "");
    /* lines of the copy without refused records are nobody's lines */
    o = (shmcol_csv_options)SHMCOL_CSV_OPTIONS_INIT;
    o.on_error = SHMCOL_ON_ERROR_SKIP;
    expect_report("a,b\n1\nx,y\n", &o, "\"x\" is text", "");
    /* one line of UTF-8, whatever the data holds */
    expect_report("a,b\n\"x\ny\x1b\",1\n", NULL, "line 2: \"x\\u000ay\\u001b\" is text", "");
    csv_packed p = csv_pack("\"a\nb\",\"a\nb\"\n\"\"\"\",\"\"\n", NULL);
    assert_string_equal(
        p.report->warnings[0],
        "column 2 is called \"a\\u000ab\", as another one before: it is called \"a\\u000ab_2\"");
    csv_free(&p);
}

/* The estimate of values outside the sample: none if each value came three times, all remaining
 * rows if each came once. */
static void test_expected_distinct(void **state)
{
    (void)state;
    ing_sampled s = {.values = 3000, .distinct = 1000};
    assert_int_equal(ing_expected_distinct(&s, 1000000), 1000);
    s.once = 300;
    s.twice = 99;
    assert_int_equal(ing_expected_distinct(&s, 1000000), 1450);
    s = (ing_sampled){.values = 4000, .distinct = 4000, .once = 4000};
    assert_int_equal(ing_expected_distinct(&s, 1000000), 1000000);
    assert_int_equal(ing_expected_distinct(&s, 4000), 4000);
    assert_int_equal(ing_expected_distinct(&(ing_sampled){0}, 4000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_set), cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_any_order), cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_expected_distinct)};
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
