/* Hash flooding: texts that were chosen to fall into one slot of a hash table must not do so in a
 * table with another secret. The tests count the longest run of slots in use. tests/layers checks
 * that every set gets a secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arrow/import_dictionary.h"
#include "ingest/rows/distinct_find.h"
#include "secret.h"

enum { TEXTS = 2000, FEW = 300, WIDTH = 24 };
static const uint64_t known = UINT64_C(0x0123456789ABCDEF); /* the secret that the attacker knows */
static char texts[TEXTS + 1][WIDTH]; /* one more: a set reads 16 bytes beyond a text */

static void secrets_differ(void **state)
{
    (void)state;
    uint64_t secrets[64];
    for (int i = 0; i < 64; i++) {
        secrets[i] = shm_secret();
        for (int j = 0; j < i; j++)
            assert_true(secrets[i] != secrets[j]);
    }
    assert_true(shm_keyed_hash("text", 4, secrets[0]) != shm_keyed_hash("text", 4, secrets[1]));
    assert_true(shm_keyed_hash("text", 4, 7) == shm_keyed_hash("text", 4, 7));
}

/* Fills `texts` with such as begin at slot 0 of a table with `slots` slots, of those that
 * shm_keyed_hash and `secret` number. */
static void choose(uint64_t secret, uint64_t slots)
{
    for (uint32_t number = 0, n = 0; n < TEXTS; number++) {
        const size_t length = (size_t)snprintf(texts[n], WIDTH, "v%u", number);
        n += (shm_keyed_hash(texts[n], length, secret) & (slots - 1)) == 0;
    }
}

/* The longest run of slots in use. */
static uint64_t longest(const uint32_t *slots, uint64_t n)
{
    uint64_t run = 0, best = 0;
    for (uint64_t i = 0; i < n; i++) {
        run = slots[i] != 0 ? run + 1 : 0;
        best = run > best ? run : best;
    }
    return best;
}

static uint64_t longest_of_texts(uint64_t secret)
{
    base_text_set *set = base_text_set_new(secret);
    assert_non_null(set);
    for (int i = 0; i < TEXTS; i++) {
        assert_int_equal(base_text_set_find(set, texts[i], strlen(texts[i])), -1);
        assert_true(base_text_set_add(set, texts[i], strlen(texts[i])));
    }
    for (int i = 0; i < TEXTS; i++) /* the codes do not depend on the secret */
        assert_int_equal(base_text_set_find(set, texts[i], strlen(texts[i])), i);
    const uint64_t found = longest(set->slots, set->n_slots);
    base_text_set_free(set);
    return found;
}

static void a_set_of_texts_has_a_secret(void **state)
{
    (void)state;
    choose(known, 4096);
    assert_int_equal(longest_of_texts(known), TEXTS);
    assert_true(longest_of_texts(shm_secret()) < 200);
    assert_true(longest_of_texts(~known) < 200);
}

static uint64_t longest_of_dictionary(uint64_t secret)
{
    static int32_t offsets[TEXTS + 1];
    static char bytes[TEXTS * WIDTH];
    for (int i = 0; i < TEXTS; i++) {
        const size_t length = strlen(texts[i]);
        memcpy(bytes + offsets[i], texts[i], length);
        offsets[i + 1] = offsets[i] + (int32_t)length;
    }
    const arrow_texts given = {.form = ARROW_STRINGS32,
                               .count = TEXTS,
                               .values = offsets,
                               .data = bytes,
                               .end = offsets[TEXTS]};
    arrow_dictionary dictionary = {.secret = secret};
    assert_int_equal(arrow_dictionary_set(&dictionary, &given, NULL), SHMCOL_OK);
    assert_int_equal(dictionary.values->count, TEXTS);
    const uint64_t found = longest(dictionary.values->slots, dictionary.values->n_slots);
    assert_int_equal(arrow_dictionary_map(&dictionary, &given, NULL), SHMCOL_OK);
    assert_false(dictionary.unknown);
    arrow_dictionary_free(&dictionary);
    return found;
}

static void an_imported_dictionary_has_a_secret(void **state)
{
    (void)state;
    choose(known, 4096);
    assert_int_equal(longest_of_dictionary(known), TEXTS);
    assert_true(longest_of_dictionary(shm_secret()) < 200);
    assert_true(longest_of_dictionary(~known) < 200);
}

static uint64_t longest_of_set(uint64_t secret, size_t *slots)
{
    static _Atomic uint64_t pool;
    uint32_t code;
    ing_distinct *set = ing_distinct_new(INT32_MAX, UINT64_MAX, &pool, UINT64_MAX, secret);
    assert_non_null(set);
    for (int i = 0; i < FEW; i++) {
        assert_int_equal(ing_distinct_code(set, texts[i], strlen(texts[i]), &code),
                         ING_DISTINCT_OK);
        assert_int_equal(code, i);
    }
    const ing_table *table = ing_distinct_table(set);
    uint64_t run = 0, best = 0;
    for (uint64_t i = 0; i <= table->mask; i++) {
        run = atomic_load(&table->slots[i].meta) != 0 ? run + 1 : 0;
        best = run > best ? run : best;
    }
    *slots = table->mask + 1;
    ing_distinct_free(set);
    return best;
}

/* Fills `texts` with such as begin at slot 0 of that set's tables: of at most 8 bytes, or of 9
 * to 16. */
static void choose_short(const uint64_t key[2], uint64_t slots, const char *before)
{
    for (uint32_t number = 0, n = 0; n < FEW; number++) {
        char text[WIDTH] = {0};
        const size_t length = (size_t)snprintf(text, sizeof text, "%s%x", before, number);
        const uint64_t a = ing_short_word(text, length),
                       b = length > 8 ? ing_short_word(text + 8, length - 8) : 0;
        if (ing_slot_of(ing_short_hash(a, b, length, key), slots - 1) == 0)
            memcpy(texts[n++], text, WIDTH);
    }
}

static void a_set_of_the_ingest_has_a_secret(void **state)
{
    (void)state;
    _Atomic uint64_t pool = 0;
    ing_distinct *set = ing_distinct_new(1, 1, &pool, UINT64_MAX, known);
    uint64_t key[2];
    memcpy(key, ing_distinct_table(set)->key, sizeof key);
    ing_distinct_free(set);
    static const char *const before[] = {"", "more than "};
    for (int i = 0; i < 2; i++) {
        size_t slots;
        choose_short(key, 1024, before[i]);
        longest_of_set(known, &slots);
        choose_short(key, slots, before[i]);
        assert_int_equal(longest_of_set(known, &slots), FEW);
        assert_true(longest_of_set(shm_secret(), &slots) < FEW / 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_differ),
        cmocka_unit_test(a_set_of_texts_has_a_secret),
        cmocka_unit_test(an_imported_dictionary_has_a_secret),
        cmocka_unit_test(a_set_of_the_ingest_has_a_secret),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
