/* The structural index against the exact scan, with every instruction set of this machine: over
 * every short text of the syntax characters, over random texts, at the ends of buffers. And the
 * joined counts of pieces against the scan of the whole (C-6 … C-9). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/index.h"
#include "csv/scan.h"
#include "csv_support.h"
#include "sys/sys.h"

#define LONGEST 4096
#ifdef SHMCOL_FEWER_VALUES /* a sanitizer sees a read beyond the text in any of them */
#define TRIES(n) ((n) / 5)
#else
#define TRIES(n) (n)
#endif
static const char *const isa_names[] = {"scalar", "avx2", "avx512", "neon"};
static const csv_isa *isas[4];
static unsigned n_isas;
static uint8_t memory[LONGEST + 4 * CSV_SLACK];
static uint8_t *const text = memory + CSV_SLACK;

static int begin(void **state)
{
    for (size_t i = 0; i < sizeof isa_names / sizeof *isa_names; i++)
        if ((isas[n_isas] = csv_isa_choose(isa_names[i], sys_hidden)) != NULL) {
            assert_string_equal(isas[n_isas]->name, isa_names[i]);
            n_isas++;
        }
    assert_non_null(csv_isa_choose(NULL, sys_hidden));
    assert_null(csv_isa_choose("mmx", sys_hidden));
    assert_null(csv_isa_choose("", sys_hidden));
    assert_true(n_isas != 0);
    return support_begin(state);
}

/* The dialects, from plain to everything at once. */
static const csv_dialect dialects[] = {
    {',', '"', true, 0, true, false, 0},     {',', '"', true, 0, false, false, 0},
    {',', '"', true, '#', true, false, 0},   {',', '"', false, 0, true, false, 0},
    {'a', '#', true, 0, false, false, 0},    {',', '"', false, '"', true, false, 0},
    {',', '"', true, '#', true, false, 'a'}, {',', '"', false, 0, false, false, 'a'},
};
#define DIALECTS (sizeof dialects / sizeof *dialects)

/* The result of csv_scan for text[0, n) from the start of a record. */
typedef struct scanned {
    uint32_t ends[LONGEST + 8];
    size_t n_ends, records;
    bool skipped, bad_cr, bad_after;
} scanned;
static scanned by_scan;

static void scan(const csv_dialect *d, size_t n)
{
    csv_state state = CSV_RECORD_START;
    size_t pos = 0;
    by_scan.n_ends = by_scan.records = 0;
    by_scan.skipped = by_scan.bad_cr = by_scan.bad_after = false;
    for (csv_event event; (event = csv_scan(d, &state, text, n, &pos)) != CSV_MORE;) {
        by_scan.skipped |= event == CSV_SKIPPED;
        by_scan.bad_cr |= event == CSV_BAD_CR;
        by_scan.bad_after |= event == CSV_BAD_AFTER;
        by_scan.records += event == CSV_RECORD;
        if (event == CSV_DELIMITER || event == CSV_RECORD)
            by_scan.ends[by_scan.n_ends++] = (uint32_t)(pos - 1);
    }
    by_scan.skipped |= state == CSV_COMMENT;
}

/* Returns true if parity explains every quote of the text: each opens a quoted field at its start,
 * closes one or is doubled inside one. */
static bool parity_explains(const csv_dialect *d, size_t n)
{
    bool inside = false;
    if (d->escape != 0)
        return false; /* not asked */
    for (size_t i = 0; i < n; i++) {
        if (!d->quoting || text[i] != d->quote)
            continue;
        inside = !inside;
        uint8_t before = i == 0 ? '\n' : text[i - 1];
        if (inside && before != d->delimiter && before != '\n' && before != d->quote)
            return false;
    }
    return true;
}

static void fail_text(const char *what, const csv_isa *isa, const csv_dialect *d, size_t n)
{
    char shown[4 * 64 + 1];
    for (size_t i = 0; i < n && i < 64; i++)
        snprintf(shown + 4 * i, 5, "\\x%02x", text[i]);
    fail_msg("%s, dialect %d, %zu bytes %s: %s", isa->name, (int)(d - dialects), n, shown, what);
}

/* Returns the bytes behind text[i] that are text because it is an escape (C-85). */
static size_t escaped(const csv_dialect *d, size_t i, size_t end)
{
    if (d->escape == 0 || text[i] != d->escape || i == end)
        return 0;
    if (text[i + 1] == '\r' && i + 2 <= end && text[i + 2] == '\n')
        return i + 2 < end ? 2 : 0;
    return i + 1 < end && (text[i + 1] == d->delimiter || text[i + 1] == '\n' ||
                           text[i + 1] == d->escape || (d->quoting && text[i + 1] == d->quote));
}

/* The first n_ends fields with doubled quotes halved and escapes removed, by the rules, to out;
 * where they end to ends. Quoted fields begin with `opening`. Returns the length. */
static size_t halve(const csv_dialect *d, uint8_t opening, size_t n_ends, uint8_t *out,
                    uint32_t *ends)
{
    size_t i = 0, n = 0;
    for (size_t k = 0; k < n_ends; k++) {
        const size_t end = by_scan.ends[k], begin = i;
        bool quoted = d->quoting && text[i] == d->quote;
        for (; i <= end; i++) {
            size_t behind = escaped(d, i, end);
            if (behind != 0) {
                for (i++; behind > 1; behind--)
                    out[n++] = text[i++];
                out[n++] = text[i];
                continue;
            }
            out[n++] = quoted && i == begin ? opening : text[i];
            if (quoted && i != begin && text[i] == d->quote && i < end && text[i + 1] == d->quote)
                i++;
        }
        ends[k] = (uint32_t)n - 1;
    }
    return n;
}

static uint8_t expected[LONGEST], copy[LONGEST + 4 * CSV_SLACK];
static uint32_t expected_ends[LONGEST + 8], halved_ends[LONGEST + 8];

static void expect_scan_halve(const csv_dialect *d, size_t n, size_t used, size_t length,
                              size_t n_ends)
{
    memcpy(copy, memory, sizeof memory);
    memcpy(halved_ends, by_scan.ends, n_ends * sizeof *halved_ends);
    if (csv_scan_halve(d, copy + CSV_SLACK, used, halved_ends, n_ends) != length ||
        memcmp(copy + CSV_SLACK, expected, length) != 0 ||
        memcmp(halved_ends, expected_ends, n_ends * sizeof *halved_ends) != 0 ||
        memcmp(copy + CSV_SLACK + used, text + used, sizeof memory - CSV_SLACK - used) != 0)
        fail_text("halved by the scan", isas[0], d, n);
}

/* The whole records of a text without mistakes, halved: by the scan, and by the instruction set if
 * parity explains them; r: of its index.
 */
static void expect_halved(const csv_isa *isa, const csv_dialect *d, size_t n, csv_index_result r)
{
    size_t n_ends = by_scan.n_ends, used;
    while (n_ends != 0 && text[by_scan.ends[n_ends - 1]] != '\n')
        n_ends--;
    size_t whole = n_ends == 0 ? 0 : by_scan.ends[n_ends - 1] + 1u,
           length = halve(d, csv_opening(d), n_ends, expected, expected_ends);
    expect_scan_halve(d, n, whole, length, n_ends);
    halve(d, d->quote, n_ends, expected, expected_ends);
    csv_index_result h = isa->index_halved(d, text, n, copy, halved_ends, &used);
    if (h.seen != r.seen)
        fail_text("what is seen while halving", isa, d, n);
    if (length != whole && !(r.seen & (CSV_SEEN_DOUBLED | CSV_SEEN_IRREGULAR)))
        fail_text("doubled quotes not seen", isa, d, n);
    if (r.seen & CSV_SEEN_IRREGULAR)
        return;
    if (h.ends != r.ends || h.records != r.records || used != whole)
        fail_text("counts while halving", isa, d, n);
    if (memcmp(copy, expected, length) != 0 ||
        memcmp(halved_ends, expected_ends, n_ends * sizeof *halved_ends) != 0)
        fail_text("halved by the index", isa, d, n);
}

static void expect_index(const csv_isa *isa, const csv_dialect *d, size_t n)
{
    static uint32_t ends[LONGEST + 8];
    csv_index_result r = isa->index(d, text, n, ends);
    bool high = false;
    for (size_t i = 0; i < n; i++)
        high |= text[i] >= 0x80;
    if (((r.seen & CSV_SEEN_NUL) != 0) != (memchr(text, 0, n) != NULL) ||
        ((r.seen & CSV_SEEN_HIGH) != 0) != high)
        fail_text("NUL or HIGH", isa, d, n);
    if (!by_scan.skipped && !by_scan.bad_cr && !by_scan.bad_after)
        expect_halved(isa, d, n, r);
    if (r.seen & CSV_SEEN_IRREGULAR) {
        /* with a reason: something is skipped, or parity does not explain a quote, or a lone CR may
         * be a blank line */
        if (parity_explains(d, n) && !by_scan.skipped && !by_scan.bad_cr &&
            !(n != 0 && text[n - 1] == '\r'))
            fail_text("irregular for nothing", isa, d, n);
        return;
    }
    if (by_scan.skipped)
        fail_text("skipped lines not seen", isa, d, n);
    if (((r.seen & CSV_SEEN_CR) != 0) != by_scan.bad_cr ||
        ((r.seen & CSV_SEEN_AFTER) != 0) != by_scan.bad_after)
        fail_text("CR or AFTER", isa, d, n);
    if (r.ends != by_scan.n_ends || r.records != by_scan.records ||
        memcmp(ends, by_scan.ends, r.ends * sizeof *ends) != 0)
        fail_text("ends", isa, d, n);
}

/* The bytes before and after the text must not matter. */
static void surround(size_t n, uint8_t with)
{
    memset(memory, with, CSV_SLACK);
    memset(text + n, with, CSV_SLACK);
}

static void expect_all(const csv_dialect *d, size_t n)
{
    static const uint8_t around[] = {'"', '\n', ',', 0, 0xff, '\r', '#'};
    scan(d, n);
    for (unsigned i = 0; i < n_isas; i++) {
        surround(n, around[csv_random(sizeof around)]);
        expect_index(isas[i], d, n);
    }
}

static const uint8_t alphabet[] = {'a', ',', '"', '\n', '\r', '#'};

/* Text number `number` of those with n characters of the alphabet, at `at`. */
static void spell(uint64_t number, size_t n, size_t at)
{
    for (size_t i = 0; i < n; i++, number /= sizeof alphabet)
        text[at + i] = alphabet[number % sizeof alphabet];
}

static void test_every_short_text(void **state)
{
    (void)state;
    size_t longest = 6;
    for (size_t n = 0, many = 1; n <= longest; n++, many *= sizeof alphabet)
        for (uint64_t number = 0; number < many; number++) {
            spell(number, n, 0);
            for (size_t d = 0; d < DIALECTS; d++)
                expect_all(&dialects[d], n);
        }
}

/* The same across the edges of the 64-byte blocks. */
static void test_block_edges(void **state)
{
    (void)state;
    for (size_t at = 59; at <= 64; at++)
        for (uint64_t number = 0; number < 7776; number++) {
            memset(text, 'x', 160);
            spell(number, 5, at);
            text[at + 5 + csv_random(3)] = '\n';
            size_t n = at + 5 + csv_random(70);
            for (size_t d = 0; d < 4; d++)
                expect_all(&dialects[d], n);
        }
}

/* Random CSVs, most of them well-formed: plain, quoted and empty fields, with a few wrong
 * characters in them. */
static size_t random_csv(size_t most, uint32_t mistakes)
{
    size_t n = 0;
    while (n + 24 < most && csv_random(60) != 0) {
        size_t length = csv_random(9);
        bool quoted = csv_random(3) == 0;
        if (quoted)
            text[n++] = '"';
        for (size_t i = 0; i < length; i++) {
            uint8_t c =
                quoted ? alphabet[csv_random(sizeof alphabet)] : (uint8_t)('a' + csv_random(3));
            text[n++] = c;
            if (quoted && c == '"')
                text[n++] = c;
        }
        if (quoted)
            text[n++] = '"';
        if (csv_random(4) != 0)
            text[n++] = ',';
        else if (csv_random(3) == 0)
            text[n++] = '\r', text[n++] = '\n';
        else
            text[n++] = '\n';
        if (csv_random(40) == 0)
            text[n++] = '\n';
    }
    for (uint32_t i = 0; i < mistakes && n != 0; i++)
        text[csv_random((uint32_t)n)] =
            csv_random(20) == 0 ? (uint8_t)csv_random(256) : alphabet[csv_random(sizeof alphabet)];
    return n;
}

static void test_random_texts(void **state)
{
    (void)state;
    for (int i = 0; i < TRIES(30000); i++) {
        size_t n = random_csv(i % 10 == 0 ? LONGEST : 300, csv_random(4) * csv_random(3));
        for (size_t d = 0; d < DIALECTS; d++)
            expect_all(&dialects[d], n);
    }
}

/* A page of delimiters gives the largest number of ends: nothing is stored after the spare
 * entries. */
static void test_all_ends(void **state)
{
    (void)state;
    for (size_t n = 0; n <= 200; n++) {
        memset(text, ',', n);
        for (unsigned i = 0; i < n_isas; i++) {
            uint32_t *ends = malloc((n + 8) * sizeof *ends); /* exactly what is promised */
            assert_non_null(ends);
            csv_index_result r = isas[i]->index(&dialects[0], text, n, ends);
            assert_int_equal(r.ends, n);
            for (size_t k = 0; k < n; k++)
                assert_int_equal(ends[k], k);
            free(ends);
        }
    }
}

/* ---- counting ---- */

/* The records of text[from, to) and the state behind it, by the scan from `state`. */
static uint64_t scan_piece(const csv_dialect *d, csv_state *state, size_t from, size_t to)
{
    size_t pos = 0;
    uint64_t records = 0;
    for (csv_event event; (event = csv_scan(d, state, text + from, to - from, &pos)) != CSV_MORE;)
        records += event == CSV_RECORD;
    return records;
}

/* Counts as the first pass does: by parity where that is right, else by the scan. The states may
 * differ, but not their effect. */
static uint64_t count_piece(const csv_isa *isa, const csv_dialect *d, csv_state *state, size_t from,
                            size_t to, bool *by_count)
{
    int inside;
    csv_count count = isa->count(d, text + from, to - from);
    *by_count = csv_state_parity(d, *state, text[from], &inside) && !count.irregular[inside] &&
                !csv_scan_needed(d, text + from, to - from) &&
                !csv_scan_open_end(d, text + from, to - from);
    if (!*by_count)
        return scan_piece(d, state, from, to);
    *state = csv_state_after(d, inside ^ count.odd, text[to - 2], text[to - 1], count.tail);
    return count.records[inside];
}

static void expect_count(const csv_isa *isa, const csv_dialect *d, size_t n, const size_t *cuts,
                         size_t n_cuts)
{
    csv_state exact = CSV_RECORD_START, state = CSV_RECORD_START;
    text[-1] = text[-2] = '\n';
    for (size_t i = 0, from = 0; i <= n_cuts; i++) {
        size_t to = i < n_cuts ? cuts[i] : n;
        bool by_count;
        if (to == from)
            continue;
        if (scan_piece(d, &exact, from, to) != count_piece(isa, d, &state, from, to, &by_count))
            fail_text("records of a piece", isa, d, n);
        if ((exact == CSV_QUOTED) != (state == CSV_QUOTED) ||
            (exact == CSV_RECORD_START) != (state == CSV_RECORD_START))
            fail_text("state behind a piece", isa, d, n);
        from = to;
    }
}

/* Every short text, cut everywhere into three pieces. */
static void test_every_cut(void **state)
{
    (void)state;
    for (size_t n = 1, many = 6; n <= 5; n++, many *= sizeof alphabet)
        for (uint64_t number = 0; number < many; number++) {
            spell(number, n, 0);
            for (size_t d = 0; d < DIALECTS; d++)
                for (unsigned i = 0; i < n_isas; i++)
                    for (size_t cuts[2] = {0, 0}; cuts[0] <= n; cuts[0]++)
                        for (cuts[1] = cuts[0]; cuts[1] <= n; cuts[1]++)
                            expect_count(isas[i], &dialects[d], n, cuts, 2);
        }
}

static void test_random_cuts(void **state)
{
    (void)state;
    for (int i = 0; i < TRIES(20000); i++) {
        size_t cuts[64], n_cuts = 0,
                         n = random_csv(i % 10 == 0 ? LONGEST : 300, csv_random(4) * csv_random(3));
        for (size_t at = 0; n_cuts < 64 && (at += 1 + csv_random(i % 2 ? 9 : 130)) < n;)
            cuts[n_cuts++] = at;
        for (size_t d = 0; d < DIALECTS; d++)
            for (unsigned k = 0; k < n_isas; k++)
                expect_count(isas[k], &dialects[d], n, cuts, n_cuts);
    }
}

/* Lines of spaces, quotes behind spaces and escapes, which no index sees. Texts that
 * csv_scan_needed and csv_scan_open_end let pass are counted right. */
static void test_what_no_index_sees(void **state)
{
    static const csv_dialect trims[] = {
        {',', '"', true, 0, true, true, 0},     {'\t', '"', true, 0, true, true, 0},
        {',', ' ', true, 0, true, true, 0},     {',', '"', true, ' ', true, true, 0},
        {',', '"', true, 0, false, true, 0},    {',', '"', true, 0, true, false, 'a'},
        {',', '"', true, ' ', false, true, 'a'}};
    static const uint8_t letters[] = {'a', ',', '"', '\n', '\r', ' ', '\t'};
    (void)state;
    for (size_t n = 1, many = 7; n <= 5; n++, many *= sizeof letters)
        for (uint64_t number = 0; number < many; number++) {
            uint64_t rest = number;
            for (size_t i = 0; i < n; i++, rest /= sizeof letters)
                text[i] = letters[rest % sizeof letters];
            for (size_t d = 0; d < sizeof trims / sizeof *trims; d++)
                for (size_t cuts[2] = {0, 0}; cuts[0] <= n; cuts[0]++)
                    for (cuts[1] = cuts[0]; cuts[1] <= n; cuts[1]++)
                        expect_count(isas[0], &trims[d], n, cuts, 2);
        }
}

/* Well-formed text is counted, never scanned: that would be slow. Both parities at once. */
static void test_regular_is_counted(void **state)
{
    (void)state;
    const csv_dialect *d = &dialects[0];
    for (int i = 0; i < TRIES(3000); i++) {
        size_t n = random_csv(LONGEST, 0);
        for (unsigned k = 0; k < n_isas && n != 0; k++) {
            size_t cut = 1 + csv_random((uint32_t)n);
            csv_state at = CSV_RECORD_START;
            bool by_count;
            text[-1] = text[-2] = '\n';
            count_piece(isas[k], d, &at, 0, cut, &by_count);
            assert_true(by_count);
            if (cut < n)
                count_piece(isas[k], d, &at, cut, n, &by_count);
            assert_true(by_count);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_short_text), cmocka_unit_test(test_block_edges),
        cmocka_unit_test(test_random_texts),     cmocka_unit_test(test_all_ends),
        cmocka_unit_test(test_every_cut),        cmocka_unit_test(test_what_no_index_sees),
        cmocka_unit_test(test_random_cuts),      cmocka_unit_test(test_regular_is_counted),
    };
    return cmocka_run_group_tests(tests, begin, csv_end);
}
