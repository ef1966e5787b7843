/* The exact scan (C-6 … C-9, C-85, C-90, and what C-17 makes of records with errors) against the
 * rules written down once more, field by field; in one piece and cut anywhere. */
#include <stdlib.h>
#include <string.h>

#include "csv/index.h"
#include "csv/scan.h"
#include "csv_support.h"

#define LONGEST 600
static uint8_t memory[LONGEST + 2 * CSV_SLACK];
static uint8_t *const text = memory + CSV_SLACK;

static const csv_dialect dialects[] = {
    {',', '"', true, 0, true, false, 0},     {',', '"', true, 0, false, false, 0},
    {',', '"', true, '#', true, false, 0},   {',', '"', false, '#', false, false, 0},
    {',', '"', true, 0, true, true, 0},      {',', '"', true, '#', false, true, 0},
    {' ', '"', true, 0, true, true, 0},      {',', '"', true, '#', true, false, '\\'},
    {',', '"', false, 0, false, true, '\\'}, {' ', '"', true, '#', true, true, '\\'},
    {',', '"', true, 0, true, true, ' '}};
#define DIALECTS (sizeof dialects / sizeof *dialects)

typedef struct event {
    csv_event what;
    size_t at;
} event;
static event wanted[2 * LONGEST + 8];
static size_t n_wanted;

static void want(csv_event what, size_t at)
{
    wanted[n_wanted++] = (event){what, at};
}

/* The bytes behind an escape at `at` that are text because of it (C-85); 0 if there is none. */
static size_t escaped(const csv_dialect *d, size_t at, size_t n)
{
    if (d->escape == 0 || text[at] != d->escape || at + 1 == n)
        return 0;
    if (text[at + 1] == '\r')
        return at + 2 < n && text[at + 2] == '\n' ? 2 : 0;
    return text[at + 1] == d->delimiter || text[at + 1] == '\n' || text[at + 1] == d->escape ||
           (d->quoting && text[at + 1] == d->quote);
}

/* The rest of a field from `at` on that is literal text, whatever it holds: to its delimiter or LF.
 * A CR before the LF belongs to the end, every other one is wrong. */
static size_t literal(const csv_dialect *d, size_t at, size_t n)
{
    for (; at < n && text[at] != d->delimiter && text[at] != '\n'; at++) {
        at += escaped(d, at, n);
        if (at < n && text[at] == '\r' && at + 1 < n && text[at + 1] != '\n')
            want(CSV_BAD_CR, at + 1);
    }
    return at < n ? at : n;
}

/* A field that begins at `at`, to the delimiter or LF behind it, or n. */
static size_t field(const csv_dialect *d, size_t at, size_t n)
{
    size_t begin = at;
    while (d->trim && at < n && (text[at] == ' ' || text[at] == '\t') && text[at] != d->delimiter &&
           text[at] != d->escape)
        at++;
    if (at == n || !d->quoting || text[at] != d->quote)
        return literal(d, begin, n);
    for (at++; at < n; at++) {
        size_t behind = escaped(d, at, n);
        at += behind;
        if (behind != 0)
            continue;
        if (text[at] != d->quote)
            continue;
        if (at + 1 < n && text[at + 1] == d->quote) {
            at++;
            continue;
        }
        at++; /* behind the closing quote */
        if (at < n && text[at] != d->delimiter && text[at] != '\n' && text[at] != '\r')
            want(CSV_BAD_AFTER, at);
        return literal(d, at, n);
    }
    return n;
}

static bool is_blank(const csv_dialect *d, size_t at, size_t n)
{
    while (d->trim && at < n && text[at] == ' ' && text[at] != d->delimiter &&
           text[at] != d->escape)
        at++;
    return (at < n && text[at] == '\n') || (at + 1 < n && text[at] == '\r' && text[at + 1] == '\n');
}

/* All events of text[0, n), by the rules. */
static void by_the_rules(const csv_dialect *d, size_t n)
{
    n_wanted = 0;
    for (size_t at = 0; at < n;) {
        bool comment = d->comment != 0 && text[at] == d->comment;
        if (comment || (d->skip_blank && is_blank(d, at, n))) {
            const uint8_t *lf = memchr(text + at, '\n', n - at);
            if (lf == NULL)
                return;
            at = (size_t)(lf - text);
            want(CSV_SKIPPED, at++);
            continue;
        }
        for (bool more = true; more;) {
            at = field(d, at, n);
            if (at == n)
                return;
            more = text[at] == d->delimiter;
            want(more ? CSV_DELIMITER : CSV_RECORD, at++);
        }
    }
}

static void expect_events(const csv_dialect *d, size_t n, size_t cut)
{
    csv_state state = CSV_RECORD_START;
    size_t seen = 0;
    for (int half = 0; half < 2; half++) {
        size_t from = half ? cut : 0, to = half ? n : cut, pos = 0;
        for (csv_event e; (e = csv_scan(d, &state, text + from, to - from, &pos)) != CSV_MORE;
             seen++) {
            size_t at = from + pos - (e == CSV_BAD_CR || e == CSV_BAD_AFTER ? 0 : 1);
            if (seen == n_wanted || wanted[seen].what != e || wanted[seen].at != at)
                fail_msg("dialect %d, \"%.*s\" cut at %zu: event %d at %zu", (int)(d - dialects),
                         (int)n, (char *)text, cut, e, at);
        }
        assert_int_equal(pos, to - from);
    }
    if (seen != n_wanted)
        fail_msg("dialect %d, \"%.*s\" cut at %zu: %zu events, not %zu", (int)(d - dialects),
                 (int)n, (char *)text, cut, seen, n_wanted);
}

/* csv_scan_index: the same without the skipped lines, which are cut out. */
static void expect_scan_index(const csv_dialect *d, size_t n)
{
    static uint8_t copy[LONGEST + 2 * CSV_SLACK];
    static uint32_t ends[LONGEST + 8];
    size_t length = n, n_ends, records, cut = 0, line = 0, k = 0, r = 0;
    uint32_t seen = 0;
    memcpy(copy, memory, sizeof copy);
    uint32_t got = csv_scan_index(d, copy + CSV_SLACK, &length, ends, &n_ends, &records);
    for (size_t i = 0; i < n_wanted; i++) {
        const event *e = &wanted[i];
        if (e->what == CSV_BAD_CR || e->what == CSV_BAD_AFTER) {
            seen |= e->what == CSV_BAD_CR ? CSV_SEEN_CR : CSV_SEEN_AFTER;
            continue;
        }
        if (e->what != CSV_SKIPPED)
            assert_int_equal(ends[k++], e->at - cut);
        if (e->what == CSV_DELIMITER)
            continue;
        if (e->what == CSV_RECORD) { /* the record's bytes, moved up by what was cut before it */
            assert_memory_equal(copy + CSV_SLACK + line - cut, text + line, e->at + 1 - line);
            r++;
        } else {
            cut += e->at + 1 - line;
        }
        line = e->at + 1;
    }
    assert_int_equal(n_ends, k);
    assert_int_equal(records, r);
    assert_int_equal(length, n - cut);
    assert_memory_equal(copy + CSV_SLACK + line - cut, text + line, n - line);
    assert_int_equal(got, seen);
}

static const uint8_t alphabet[] = {'a', ',', '"', '\n', '\r', '#', ' ', '\\'};

static void test_every_short_text(void **state)
{
    (void)state;
    for (size_t n = 0, many = 1; n <= 5; n++, many *= sizeof alphabet)
        for (uint64_t number = 0; number < many; number++) {
            uint64_t rest = number;
            for (size_t i = 0; i < n; i++, rest /= sizeof alphabet)
                text[i] = alphabet[rest % sizeof alphabet];
            for (size_t d = 0; d < DIALECTS; d++) {
                by_the_rules(&dialects[d], n);
                for (size_t cut = 0; cut <= n; cut++)
                    expect_events(&dialects[d], n, cut);
                expect_scan_index(&dialects[d], n);
            }
        }
}

static void test_random_texts(void **state)
{
    (void)state;
    for (int i = 0; i < 30000; i++) {
        size_t n = csv_random(i % 10 ? 40 : LONGEST);
        for (size_t k = 0; k < n; k++)
            text[k] = csv_random(3) ? 'x' : alphabet[csv_random(sizeof alphabet)];
        for (size_t d = 0; d < DIALECTS; d++) {
            by_the_rules(&dialects[d], n);
            expect_events(&dialects[d], n, csv_random((uint32_t)n + 1));
            expect_scan_index(&dialects[d], n);
        }
    }
}

static void test_halve_field(void **state)
{
    (void)state;
    static const csv_dialect plain = {',', '"', true, 0, true, false, 0},
                             escape = {',', '"', true, 0, true, false, '\\'},
                             trim = {',', '"', true, 0, true, true, '\\'},
                             unquoted = {',', '"', false, 0, true, true, '\\'};
    static const struct {
        const csv_dialect *d;
        const char *field, *value;
        bool quoted;
    } cases[] = {{&plain, "\"\"", "", true},
                 {&plain, "\"a\"", "a", true},
                 {&plain, "\"a\"\"b\"", "a\"b", true},
                 {&plain, "\"\"\"\"", "\"", true},
                 {&plain, "\"\"\"\"\"\"", "\"\"", true},
                 {&plain, "\"a\"\"\"", "a\"", true},
                 {&plain, "\"\"\"a\"", "\"a", true},
                 {&plain, "\"a,\r\nb\"", "a,\r\nb", true},
                 {&plain, "\"a\"x", "a", true},
                 {&plain, " \"a\"\"b\"", " \"a\"\"b\"", false},
                 {&plain, "a\\,b", "a\\,b", false},
                 {&escape, "\"a\\\"b\"", "a\"b", true},
                 {&escape, "\"a\\\"\"", "a\"", true},
                 {&escape, "\"a\\\"\"\"\"", "a\"\"", true},
                 {&escape, "\"\\\\\"", "\\", true},
                 {&escape, "\"\\N\\\r\\\r\n\\\n\\,\"", "\\N\\\r\r\n\n,", true},
                 {&escape, "\\\"a\\\"", "\"a\"", false},
                 {&escape, "\\N", "\\N", false},
                 {&escape, "\\\\N\\", "\\N\\", false},
                 {&escape, "\\\\\\\\", "\\\\", false},
                 {&escape, "a\\,\\\n\\\r\n\\b", "a,\n\r\n\\b", false},
                 {&escape, "", "", false},
                 {&escape, " \"a\"", " \"a\"", false},
                 {&trim, " \t\" a \"", " a ", true},
                 {&trim, " \\\"a", " \"a", false},
                 {&trim, "  ", "  ", false},
                 {&unquoted, "\"\\\"\\,", "\"\\\",", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char place[32];
        const size_t n = strlen(cases[i].field), value = strlen(cases[i].value);
        const bool quoted = cases[i].quoted;
        memcpy(place, cases[i].field, n);
        size_t length = csv_halve_field(cases[i].d, place, n);
        assert_int_equal(length, value + 2u * quoted);
        assert_memory_equal(place + quoted, cases[i].value, value);
        if (quoted)
            assert_int_equal((uint8_t)place[0], csv_opening(cases[i].d));
    }
    char unclosed[] = "\"ab";
    assert_int_equal(csv_halve_field(&plain, unclosed, 1), 1);
    assert_int_equal(csv_halve_field(&plain, unclosed, 3), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_short_text),
                                       cmocka_unit_test(test_random_texts),
                                       cmocka_unit_test(test_halve_field)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
