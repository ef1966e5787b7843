/* The set of a column's distinct strings: codes, limits, memory, order; by many threads at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_support.h"
#include "format/dictionary_rule.h"
#include "ingest/rows/distinct_find.h"
#include "ingest/rows/estimate.h"
#include "sys/sys.h"

static _Atomic uint64_t pool;

/* One secret for all runs: how many strings are found at first look depends on it. */
#define SECRET UINT64_C(0x9E3779B97F4A7C15)

static ing_distinct *new_set(uint64_t values, uint64_t bytes, uint64_t pool_limit)
{
    ing_distinct *set = ing_distinct_new(values, bytes, &pool, pool_limit, SECRET);
    assert_non_null(set);
    return set;
}

static void free_set(ing_distinct *set)
{
    ing_distinct_free(set);
    assert_int_equal(atomic_load(&pool), 0); /* all is given back */
}

static _Thread_local uint64_t found_quickly, found_longer; /* longer: than a word */

/* Asks for a string that ends at the end of a page's worth of noise: what follows it must not
 * matter. */
static int ask(ing_distinct *set, const char *s, size_t n, uint32_t *code)
{
    static _Thread_local char buf[300 + 64];
    assert_true(n <= 300);
    memset(buf, (int)(n * 7 + 1), sizeof buf);
    memcpy(buf, s, n);
    uint32_t quick;
    const bool found =
        ing_table_find(ing_distinct_table(set), buf, n, &quick); /* the same code, or nothing */
    const int result = ing_distinct_code(set, buf, n, code);
    assert_false(found && (result != ING_DISTINCT_OK && result != ING_DISTINCT_FULL));
    if (found && result == ING_DISTINCT_OK)
        assert_int_equal(quick, *code);
    assert_false(found && (n == 0 || n > 16));
    found_longer += found && n > 8;
    found_quickly += found;
    return result;
}

static size_t spell(char *out, uint32_t number, size_t width)
{
    return (size_t)sprintf(out, "%0*u", (int)width, number);
}

static void test_codes(void **state)
{
    (void)state;
    static const size_t widths[] = {1, 5, 7, 8, 9, 12, 15, 16, 17, 24, 100};
    ing_distinct *set = new_set(INT32_MAX, UINT64_MAX, UINT64_MAX);
    char text[256];
    uint32_t next = 0, code, bytes = 0;
    assert_int_equal(ask(set, "", 0, &code),
                     ING_DISTINCT_OK); /* the empty string is a value as well */
    assert_int_equal(code, next++);
    for (int round = 0; round < 3; round++)
        for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
            for (uint32_t i = 0; i < 9; i++) { /* zeros before: "1", "00001", … are all different */
                size_t n = spell(text, i, widths[w]);
                assert_int_equal(ask(set, text, n, &code), ING_DISTINCT_OK);
                assert_int_equal(code, round == 0 ? next : 1 + w * 9 + i);
                next += round == 0;
                bytes += round == 0 ? (uint32_t)n : 0;
            }
    assert_true(found_quickly - found_longer > 60); /* most of the 36 short ones, twice */
    assert_true(found_longer > 60);                 /* and of the 36 of 9 to 16 bytes */
    for (size_t n = 1; n <= 40; n++) {              /* beginnings of each other */
        memset(text, 'x', n);
        assert_int_equal(ask(set, text, n, &code), ING_DISTINCT_OK);
        assert_int_equal(code, next++);
        bytes += (uint32_t)n;
    }
    assert_int_equal(ing_distinct_count(set), next);
    assert_int_equal(ing_distinct_bytes(set), bytes);
    assert_false(ing_distinct_full(set));
    const ing_key *const *keys = ing_distinct_sort(set);
    for (uint32_t i = 1; i < next; i++) {
        size_t a = keys[i - 1]->length, b = keys[i]->length;
        int order = memcmp(keys[i - 1]->text, keys[i]->text, a < b ? a : b);
        assert_true(order < 0 || (order == 0 && a < b)); /* C-61: bytewise, each once */
    }
    free_set(set);
}

static void test_bytewise_order(void **state)
{
    (void)state;
    static const char *const sorted[] = {
        "", "\x01", "A", "a", "aa", "b", "\x7f", "\xc3\xa4", "\xf0\x9f\x98\x80"};
    ing_distinct *set = new_set(INT32_MAX, UINT64_MAX, UINT64_MAX);
    uint32_t code;
    for (size_t i = sizeof sorted / sizeof *sorted; i-- > 0;)
        assert_int_equal(ask(set, sorted[i], strlen(sorted[i]), &code), ING_DISTINCT_OK);
    const ing_key *const *keys = ing_distinct_sort(set);
    for (size_t i = 0; i < sizeof sorted / sizeof *sorted; i++) {
        assert_int_equal(keys[i]->length, strlen(sorted[i]));
        assert_memory_equal(keys[i]->text, sorted[i], keys[i]->length);
        assert_int_equal(keys[i]->code, sizeof sorted / sizeof *sorted - 1 - i);
    }
    free_set(set);
    set = new_set(1, 1, UINT64_MAX); /* nothing in it */
    assert_int_equal(ing_distinct_count(set), 0);
    ing_distinct_sort(set);
    free_set(set);
    ing_distinct_free(NULL);
}

/* C-60: exactly so many values and bytes fit. Full is not out of memory. */
static void test_limits(void **state)
{
    (void)state;
    char text[64];
    uint32_t code;
    for (uint64_t values = 0; values <= 300; values += 1 + values / 7) {
        ing_distinct *set = new_set(values, UINT64_MAX, UINT64_MAX);
        for (uint32_t i = 0; i < values; i++)
            assert_int_equal(ask(set, text, spell(text, i, 4), &code), ING_DISTINCT_OK);
        assert_false(ing_distinct_full(set));
        assert_int_equal(ask(set, "one more", 8, &code), ING_DISTINCT_FULL);
        assert_true(ing_distinct_full(set));
        assert_false(ing_distinct_out_of_memory(set));
        assert_int_equal(ing_distinct_count(set), values);
        free_set(set);
    }
    ing_distinct *set = new_set(INT32_MAX, 100, UINT64_MAX);
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(ask(set, text, spell(text, i, 9), &code), ING_DISTINCT_OK);
    assert_int_equal(ask(set, "0123456789", 10, &code), ING_DISTINCT_OK); /* 100 bytes */
    assert_int_equal(ask(set, "", 0, &code), ING_DISTINCT_OK);
    assert_false(ing_distinct_full(set));
    assert_int_equal(ask(set, "x", 1, &code), ING_DISTINCT_FULL);
    assert_int_equal(ing_distinct_bytes(set), 100);
    free_set(set);
}

/* Sets that share a pool: one that finds it empty is out of memory; no more is ever taken than
 * there is, and a freed set makes room. */
static void test_starvation(void **state)
{
    (void)state;
    char text[64];
    uint32_t code, stored[2] = {0, 0};
    const uint64_t room = 100000;
    ing_distinct *sets[2] = {new_set(INT32_MAX, UINT64_MAX, room),
                             new_set(INT32_MAX, UINT64_MAX, room)};
    for (uint32_t i = 0; i < 20000; i++)
        for (int s = 0; s < 2; s++) {
            stored[s] += ask(sets[s], text, spell(text, i, 10), &code) == ING_DISTINCT_OK;
            assert_true(atomic_load(&pool) <= room);
        }
    for (int s = 0; s < 2; s++) {
        assert_true(ing_distinct_out_of_memory(sets[s]) && ing_distinct_full(sets[s]));
        assert_true(stored[s] > 100 && stored[s] < 10000);
        assert_int_equal(ing_distinct_count(sets[s]), stored[s]);
    }
    ing_distinct_free(sets[0]);
    ing_distinct *third = new_set(INT32_MAX, UINT64_MAX, room);
    assert_int_equal(ask(third, "x", 1, &code), ING_DISTINCT_OK);
    ing_distinct_free(third);
    free_set(sets[1]);
}

/* Whatever strings there are within the limits of `auto`, their set fits what is set aside for it:
 * pack.c relies on that. */
static void test_memory_of_auto(void **state)
{
    (void)state;
    static const struct {
        size_t small, large;
        uint32_t every;
    } shapes[] = {{6, 0, 0},       {64, 0, 0},       {63, 0, 0},
                  {1, 60000, 40},  {40, 33000, 2},   {10, 300000, 20000},
                  {6, 16400, 100}, {30, 65500, 900}, {70, 9000, 3}};
    char *text = malloc(400000);
    assert_non_null(text);
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        ing_distinct *set =
            new_set(FMT_DICTIONARY_VALUES_MAX, FMT_DICTIONARY_BYTES_MAX, UINT64_MAX);
        uint32_t code;
        memset(text, 'x', 400000);
        for (uint32_t i = 0; i <= 70000 && !ing_distinct_full(set); i++) {
            size_t n =
                shapes[k].every && i % shapes[k].every == 0 ? shapes[k].large : shapes[k].small;
            char digits[16];
            size_t d = spell(digits, i, n < 6 ? 1 : 6);
            memcpy(text, digits, d);
            ing_distinct_code(set, text, n > d ? n : d, &code);
        }
        assert_true(ing_distinct_full(set));
        if (atomic_load(&pool) > ING_DISTINCT_AUTO_MEMORY)
            fail_msg("shape %zu: %zu bytes", k, (size_t)atomic_load(&pool));
        free_set(set);
    }
    free(text);
}

#define THREADS 4
#define WORDS 20000
static struct {
    ing_distinct *set;
    uint32_t codes[THREADS][WORDS];
    _Atomic uint32_t mistakes; /* cmocka's asserts are for the main thread */
} shared;

static void ask_all(void *arg, uint32_t thread)
{
    (void)arg;
    char text[64];
    for (uint32_t i = 0; i < 3 * WORDS; i++) {
        uint32_t word = (i * 7919u + thread * 131u) % WORDS, code;
        if (ask(shared.set, text, spell(text, word, 1 + word % 30), &code) != ING_DISTINCT_OK ||
            (i >= WORDS && shared.codes[thread][word] != code))
            shared.mistakes++; /* a code never changes */
        shared.codes[thread][word] = code;
    }
}

static void test_threads(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        shared.set = new_set(INT32_MAX, UINT64_MAX, UINT64_MAX);
        sys_parallel(THREADS, ask_all, NULL);
        assert_int_equal(shared.mistakes, 0);
        assert_int_equal(ing_distinct_count(shared.set), WORDS);
        for (uint32_t t = 1; t < THREADS; t++)
            assert_memory_equal(shared.codes[t], shared.codes[0], sizeof shared.codes[0]);
        const ing_key *const *keys = ing_distinct_sort(shared.set);
        char text[64];
        bool *seen = calloc(WORDS, 1);
        for (uint32_t i = 0; i < WORDS; i++) {
            assert_false(seen[keys[i]->code]);
            seen[keys[i]->code] = true;
        }
        for (uint32_t word = 0; word < WORDS; word += 371) { /* by rank, the text of its code */
            size_t n = spell(text, word, 1 + word % 30);
            uint32_t rank = 0;
            while (keys[rank]->code != shared.codes[0][word])
                rank++;
            assert_int_equal(keys[rank]->length, n);
            assert_memory_equal(keys[rank]->text, text, n);
        }
        free(seen);
        free_set(shared.set);
    }
}

typedef struct hashed {
    uint64_t place; /* what of the hash decides where a string is looked for in the smallest table,
                       and which slots it is compared with */
    uint32_t number;
} hashed;

static int by_place(const void *a, const void *b)
{
    const hashed *x = a, *y = b;
    return x->place < y->place ? -1 : x->place > y->place;
}

static void expect_two(const char *first, const char *second, size_t n)
{
    ing_distinct *set = new_set(10, 1000, UINT64_MAX);
    uint32_t code;
    for (int round = 0; round < 2; round++) {
        assert_int_equal(ask(set, first, n, &code), ING_DISTINCT_OK);
        assert_int_equal(code, 0);
        assert_int_equal(ask(set, second, n, &code), ING_DISTINCT_OK);
        assert_int_equal(code, 1);
    }
    free_set(set);
}

/* Different strings with one hash, as far as the set looks at it: only the comparison tells them
 * apart. The hash of distinct.c, said again to find some. */
static void test_equal_hashes(void **state)
{
    (void)state;
    enum { STRINGS = 1 << 19 };
    const uint64_t first = UINT64_C(0x9e3779b97f4a7c15),
                   second = UINT64_C(0xd6e8feb86659fd93) ^ (UINT64_C(8) << 56);
    hashed *all = malloc(STRINGS * sizeof *all);
    char a[17], b[17];
    int pairs = 0;
    assert_non_null(all);
    for (uint32_t i = 0; i < STRINGS; i++) {
        uint64_t word;
        spell(a, i, 8);
        memcpy(&word, a, 8);
        unsigned __int128 product = (unsigned __int128)(word ^ first) * second;
        uint64_t hash = (uint64_t)product ^ (uint64_t)(product >> 64);
        all[i] = (hashed){hash >> 34 << 4 | (hash >> 16 & 15), i};
    }
    qsort(all, STRINGS, sizeof *all, by_place);
    for (uint32_t i = 0; i + 1 < STRINGS; i++)
        if (all[i].place == all[i + 1].place) {
            spell(a, all[i].number, 8);
            spell(b, all[i + 1].number, 8);
            expect_two(a, b, 8);
            pairs++;
        }
    assert_true(pairs > 0);
    free(all);
    /* A first factor of 0 makes the hash of every longer string 0. */
    memcpy(a, &first, 8);
    memcpy(b, &first, 8);
    memcpy(a + 8, "abcdefgh", 8);
    memcpy(b + 8, "abcdefgx", 8);
    expect_two(a, b, 16);
}

/* A slot holds a short key's text or a longer key's address: a string that happens to be spelled
 * like an address is not that key. */
static void test_text_like_an_address(void **state)
{
    (void)state;
    enum { SETS = 2000 };
    static ing_distinct *sets[SETS]; /* all at once, so that the addresses differ */
    char text[32], word[72] = {0};
    unsigned tried = 0;
    for (uint32_t i = 0; i < SETS; i++) {
        uint32_t code;
        sets[i] = new_set(10, 1000, UINT64_MAX);
        assert_int_equal(ing_distinct_code(sets[i], text, spell(text, i, 20), &code),
                         ING_DISTINCT_OK);
        const uint64_t address = (uint64_t)(uintptr_t)ing_distinct_sort(sets[i])[0];
        memcpy(word, &address, 8);
        const size_t n = strnlen(word, 8);
        if (n < 8 && address >> (8 * n) != 0)
            continue; /* a NUL within: no text */
        assert_false(ing_table_find(ing_distinct_table(sets[i]), word, n, &code));
        tried++;
    }
    for (uint32_t i = 0; i < SETS; i++)
        ing_distinct_free(sets[i]);
    assert_int_equal(atomic_load(&pool), 0);
    if (tried == 0)
        skip(); /* where a sanitizer puts the heap every address has a NUL */
}

/* ---- the estimate ---- */

static ing_estimate *estimate;

static void estimate_numbers(uint32_t first, uint32_t end, size_t width)
{
    char text[64];
    for (uint32_t i = first; i < end;) {
        ing_estimate_pending pending = {0, 0};
        const bool mine = ing_estimate_begin(estimate);
        assert_true(mine || estimate->one_thread || ing_estimate_full(estimate));
        for (uint32_t k = 0; k < 1000 && i < end; k++, i++)
            if (mine)
                ing_estimate_add(estimate, text, spell(text, i, width), &pending);
        if (mine)
            ing_estimate_end(estimate, &pending);
    }
}

static void estimate_same(void *unused, uint32_t thread)
{
    (void)unused;
    (void)thread;
    estimate_numbers(0, FMT_DICTIONARY_VALUES_MAX, 8);
}

/* Never more than there are, however often and by however many; full soon after the limit. */
static void test_estimate_values(void **state)
{
    (void)state;
    estimate = ing_estimate_new(FMT_DICTIONARY_VALUES_MAX * 2, THREADS);
    assert_non_null(estimate);
    assert_false(estimate->one_thread);
    for (int round = 0; round < 2; round++)
        sys_parallel(THREADS, estimate_same, NULL);
    uint64_t count = atomic_load(&estimate->count);
    assert_true(count <= FMT_DICTIONARY_VALUES_MAX && count > FMT_DICTIONARY_VALUES_MAX / 100 * 95);
    assert_int_equal(atomic_load(&estimate->bytes), count * 8);
    assert_false(ing_estimate_full(estimate));
    estimate_numbers(FMT_DICTIONARY_VALUES_MAX, FMT_DICTIONARY_VALUES_MAX / 100 * 106, 8);
    assert_true(ing_estimate_full(estimate));
    free(estimate);
}

/* With rows in plenty one thread at a time adds, and the others find that it is taken. */
static void test_estimate_spares(void **state)
{
    (void)state;
    const ing_estimate_pending none = {0, 0};
    estimate = ing_estimate_new(UINT64_C(8) * THREADS * FMT_DICTIONARY_VALUES_MAX, THREADS);
    assert_non_null(estimate);
    assert_true(estimate->one_thread);
    assert_true(ing_estimate_begin(estimate));
    assert_false(ing_estimate_begin(estimate));
    ing_estimate_end(estimate, &none);
    assert_true(ing_estimate_begin(estimate));
    ing_estimate_end(estimate, &none);
    sys_parallel(THREADS, estimate_same, NULL);
    assert_true(atomic_load(&estimate->count) <= FMT_DICTIONARY_VALUES_MAX);
    assert_false(ing_estimate_full(estimate));
    estimate_numbers(0, FMT_DICTIONARY_VALUES_MAX * 2, 8);
    assert_true(ing_estimate_full(estimate));
    assert_false(ing_estimate_begin(estimate));
    free(estimate);
}

static void test_estimate_bytes(void **state)
{
    (void)state;
    static char text[FMT_DICTIONARY_BYTES_MAX / 4 + 4];
    ing_estimate_pending pending = {0, 0};
    estimate = ing_estimate_new(1, 1);
    assert_non_null(estimate);
    for (int i = 0; i < 12;
         i++) { /* three that are 8 bytes short of three quarters, again and again */
        text[0] = (char)('a' + i % 3);
        ing_estimate_add(estimate, text, FMT_DICTIONARY_BYTES_MAX / 4 - 8, &pending);
    }
    assert_int_equal(atomic_load(&estimate->count), 0);
    ing_estimate_end(estimate, &pending);
    pending = (ing_estimate_pending){0, 0};
    assert_int_equal(atomic_load(&estimate->count), 3);
    text[0] = 'd';
    ing_estimate_add(estimate, text, FMT_DICTIONARY_BYTES_MAX / 4, &pending);
    ing_estimate_end(estimate, &pending);
    assert_false(ing_estimate_full(estimate));
    estimate_numbers(0, 3, 8);
    assert_false(ing_estimate_full(estimate));
    estimate_numbers(3, 4, 1);
    assert_true(ing_estimate_full(estimate));
    free(estimate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),           cmocka_unit_test(test_bytewise_order),
        cmocka_unit_test(test_limits),          cmocka_unit_test(test_starvation),
        cmocka_unit_test(test_memory_of_auto),  cmocka_unit_test(test_threads),
        cmocka_unit_test(test_equal_hashes),    cmocka_unit_test(test_text_like_an_address),
        cmocka_unit_test(test_estimate_values), cmocka_unit_test(test_estimate_bytes),
        cmocka_unit_test(test_estimate_spares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
