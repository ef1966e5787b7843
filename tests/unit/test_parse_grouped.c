/* parse/grouped_fast.h and the batches with marks: a value that they claim is that of
 * parse_classify (C-41) or, with marks of a type, of parse_asked_… (C-77), bit for bit, and they
 * tell whether digits are grouped. Ordinary texts are claimed. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "csv/index.h"
#include "parse/batch.h"
#include "parse/grouped_fast.h"
#include "parse_support.h"
#include "sys/sys.h"

enum { TEXTS = 61, TEXT_MOST = 72 };

static char texts[TEXTS][TEXT_MOST];

static size_t below(size_t n)
{
    return (size_t)(parse_random() % n);
}

/* The right answers: which way may claim the text, and the bits. */
typedef struct answer {
    bool whole, real, grouped;
    uint64_t integer, number;
} answer;

static answer exact(const char *text, const parse_marks *marks)
{
    answer a = {0};
    double number = 0;
    if (marks->currency_size == 0 && !marks->percent) {
        parse_value value;
        parse_classify(text, strlen(text), &marks->style, &value);
        a.whole = (value.class_ & (PARSE_INT | PARSE_INT_INEXACT)) != 0;
        a.real = (value.class_ & (PARSE_INT | PARSE_FLOAT)) != 0 && !value.many_digits;
        a.grouped = value.grouped;
        a.integer = (uint64_t)value.integer;
        number = value.number;
    } else {
        a.whole = parse_asked_integer(text, strlen(text), marks, UINT64_C(1) << 63, INT64_MAX,
                                      &a.integer);
        a.real = parse_asked_float64(text, strlen(text), marks, &number);
        char group[4] = "";
        memcpy(group, marks->style.group, marks->style.group_size);
        a.grouped = group[0] != 0 && strstr(text, group) != NULL;
    }
    memcpy(&a.number, &number, 8);
    return a;
}

static void same(const char *way, const char *text, const answer *a, bool real, uint64_t bits)
{
    if (!(real ? a->real : a->whole) || bits != (real ? a->number : a->integer))
        fail_msg("%s of \"%s\": %016" PRIx64, way, text, bits);
}

/* Asks the ways for single fields. Returns which claim the text: 1 integers, 2 floats. */
static unsigned check_single(const char *text, const parse_marks *marks, const answer *a)
{
    struct parse_field field = parse_field_make(text, strlen(text));
    bool grouped = false;
    int64_t integer;
    double number;
    uint64_t bits;
    unsigned claimed = 0;
    if (parse_int64_marked(field.s, field.n, marks, &grouped, &integer)) {
        claimed |= 1;
        same("int", text, a, false, (uint64_t)integer);
        assert_true(grouped == a->grouped);
    }
    grouped = false;
    if (parse_float64_marked(field.s, field.n, marks, &grouped, &number)) {
        claimed |= 2;
        memcpy(&bits, &number, 8);
        same("float", text, a, true, bits);
        assert_true(grouped == a->grouped);
    }
    parse_field_drop(&field);
    return claimed;
}

/* Runs all texts through a batch. Returns how many it claims. */
static size_t check_batch(const char *isa, const parse_marks *marks, bool real)
{
    const parse_batch *batch = csv_isa_choose(isa, sys_hidden) != NULL ? parse_batch_of(isa) : NULL;
    if (batch == NULL)
        return 0;
    const size_t size = 2 * PARSE_SLACK + TEXTS * (TEXT_MOST + 1);
    char *memory = malloc(size);
    uint32_t ends[TEXTS + 1] = {UINT32_MAX}, left[PARSE_BATCH_LEFT], at = 0;
    uint64_t out[TEXTS];
    memset(memory, "0,.5-"[below(5)], size);
    for (size_t i = 0; i < TEXTS; i++) {
        memcpy(memory + PARSE_SLACK + at, texts[i], strlen(texts[i]));
        at += (uint32_t)strlen(texts[i]);
        ends[i + 1] = at;
        memory[PARSE_SLACK + at++] = ';';
    }
    const parse_fields fields = {memory + PARSE_SLACK, ends + 1, 1, false};
    bool grouped = false, any = false;
    size_t n_left = (real ? batch->float64_marked : batch->int64_marked)(&fields, TEXTS, marks,
                                                                         &grouped, out, left);
    size_t next = 0;
    for (size_t i = 0; i < TEXTS; i++) {
        if (next < n_left && left[next] == i) {
            next++;
            continue;
        }
        const answer a = exact(texts[i], marks);
        same(isa, texts[i], &a, real, out[i]);
        any |= a.grouped;
    }
    assert_int_equal(next, n_left);
    assert_true(grouped == any);
    free(memory);
    return TEXTS - n_left;
}

/* ---- texts ---- */

static void put(char **at, const char *text)
{
    const size_t n = strlen(text);
    memcpy(*at, text, n + 1);
    *at += n;
}

static void put_digits(char **at, size_t n, const char *group)
{
    for (size_t i = 0; i < n; i++) {
        const char digit[2] = {(char)('0' + (i == 0 ? 1 + below(9) : below(10))), 0};
        if (i != 0 && (n - i) % 3 == 0)
            put(at, group);
        put(at, digit);
    }
}

/* Writes a number with up to `whole` digits and `places` behind the mark. */
static void put_number(char *at, const parse_marks *marks, size_t whole, size_t places)
{
    char group[4] = "", currency[4] = "", decimal[2] = {marks->style.decimal, 0};
    memcpy(group, marks->style.group, marks->style.group_size);
    memcpy(currency, marks->currency, marks->currency_size);
    const bool front = below(2) == 0;
    if (below(4) == 0)
        put(&at, "-");
    if (front)
        put(&at, currency);
    if (below(8) == 0)
        put(&at, "0");
    else
        put_digits(&at, 1 + below(whole), below(4) == 0 ? "" : group);
    places = below(3) == 0 ? 0 : places;
    if (places != 0 || marks->style.group_fraction)
        put(&at, decimal);
    for (size_t i = 0; i < places; i++)
        put(&at, below(10) == 0 ? "0" : below(2) == 0 ? "7" : "3");
    if (!front)
        put(&at, currency);
    if (marks->percent && below(2) == 0)
        put(&at, below(2) == 0 ? "%" : " %");
}

static void damage(char *text)
{
    static const char bytes[] = ",.'0159-+e %$\xc2\xa0";
    const size_t n = strlen(text), at = below(n + 1);
    switch (below(4)) {
    case 0: /* one byte less */
        if (at < n)
            memmove(text + at, text + at + 1, n - at);
        break;
    case 1: /* one more */
        if (n + 2 < TEXT_MOST) {
            memmove(text + at + 1, text + at, n - at + 1);
            text[at] = bytes[below(sizeof bytes - 1)];
        }
        break;
    case 2: /* another */
        if (at < n)
            text[at] = bytes[below(sizeof bytes - 1)];
        break;
    default: text[0] = 0; break;
    }
}

static parse_marks marks_of(size_t i)
{
    static const char *const lists[] = {"", ",", "'", " ", "nbsp", "nnbsp", "$,", "€", ",%", "$"};
    const bool comma = (i & 1) != 0;
    const parse_style *style = comma ? &parse_style_comma : &parse_style_plain;
    const char *list = lists[i / 2 % (sizeof lists / sizeof *lists)];
    parse_marks marks = parse_marks_none(style);
    if (comma && strchr(list, ',') != NULL)
        list = list[0] == '$' ? "$." : list[1] == '%' ? ".%" : ".";
    if (list[0] != 0)
        assert_null(parse_marks_read(list, strlen(list), style, '"', true, &marks));
    return marks;
}

static void random_texts(void **state)
{
    static const char *const sets[] = {"avx2", "avx512"};
    (void)state;
    for (size_t round = 0; round < PARSE_TRIES(8000); round++) {
        const parse_marks marks = marks_of(round);
        const bool hurt = below(2) == 0;
        for (size_t i = 0; i < TEXTS; i++) {
            put_number(texts[i], &marks, 1 + below(14), below(12));
            if (hurt && below(3) == 0)
                damage(texts[i]);
            const answer a = exact(texts[i], &marks);
            check_single(texts[i], &marks, &a);
        }
        for (size_t k = 0; k < 2; k++) {
            check_batch(sets[k], &marks, false);
            check_batch(sets[k], &marks, true);
        }
    }
}

/* Numbers as most columns have them take no slow way. */
static void ordinary(void **state)
{
    (void)state;
    for (size_t round = 0; round < 2000; round++) {
        const parse_marks marks = marks_of(round);
        for (size_t i = 0; i < TEXTS; i++) {
            put_number(texts[i], &marks, 7, 2);
            const answer a = exact(texts[i], &marks);
            const unsigned claimed = check_single(texts[i], &marks, &a);
            const bool percent = marks.percent && strchr(texts[i], '%') != NULL;
            if ((a.real && !percent && (claimed & 2) == 0) ||
                (a.whole && !percent && (claimed & 1) == 0 &&
                 strchr(texts[i], marks.style.decimal) == NULL && texts[i][1] != '0'))
                fail_msg("\"%s\" is left", texts[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_texts),
        cmocka_unit_test(ordinary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
