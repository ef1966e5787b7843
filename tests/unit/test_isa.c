/* csv/index.h: every instruction set of the machine gives the answers of the portable one, for any
 * text. (The tests of the index itself say which these are.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "csv/index.h"
#include "sys/sys.h"

enum { TEXTS = 60000, LENGTH_MOST = 700 };

static uint64_t state = 88172645463325252u;

static unsigned below(unsigned n)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)((state >> 11) % n);
}

/* Texts that are full of syntax characters, and texts with few. */
static void fill(uint8_t *text, size_t n, int kind)
{
    static const char bytes[] = "\n\n,,\",\r\nab;x\"\"#\0\xc3\xa9 \x7f\x80\xff";
    for (size_t i = 0; i < n; i++) {
        switch (kind) {
        case 0: text[i] = (uint8_t)bytes[below(sizeof bytes - 1)]; break;
        case 1: text[i] = (uint8_t)bytes[below(8)]; break;
        case 2:
            text[i] = below(12) ? (uint8_t)('a' + below(26)) : (uint8_t)",\n\"\n"[below(4)];
            break;
        case 3: text[i] = ','; break;
        default: text[i] = (uint8_t)below(256); break;
        }
    }
}

static void compare(const csv_isa *isa, const csv_dialect *dialect, const uint8_t *text,
                    size_t length)
{
    const csv_isa *scalar = csv_isa_choose("scalar", sys_hidden);
    uint32_t *expected = malloc((length + 8) * sizeof *expected),
             *ends = malloc((length + 8) * sizeof *ends);
    csv_index_result a = scalar->index(dialect, text, length, expected),
                     b = isa->index(dialect, text, length, ends);
    assert_int_equal(a.ends, b.ends);
    assert_int_equal(a.records, b.records);
    assert_int_equal(a.seen, b.seen);
    assert_memory_equal(expected, ends, a.ends * sizeof *ends);
    uint8_t *out = malloc(length + CSV_SLACK), *halved = malloc(length + CSV_SLACK);
    size_t used_a, used_b;
    a = scalar->index_halved(dialect, text, length, out, expected, &used_a);
    b = isa->index_halved(dialect, text, length, halved, ends, &used_b);
    assert_int_equal(a.seen, b.seen);
    assert_int_equal(a.ends, b.ends);
    assert_int_equal(used_a, used_b);
    assert_memory_equal(expected, ends, a.ends * sizeof *ends);
    assert_memory_equal(out, halved, a.ends == 0 ? 0 : ends[a.ends - 1] + 1);
    free(out);
    free(halved);
    csv_count c = scalar->count(dialect, text, length), d = isa->count(dialect, text, length);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(c.records[i], d.records[i]);
        assert_int_equal(c.irregular[i], d.irregular[i]);
    }
    assert_int_equal(c.odd, d.odd);
    assert_int_equal(c.tail, length == 0 ? c.tail : d.tail);
    free(expected);
    free(ends);
}

static void sets_agree(void **unused)
{
    static const char *const names[] = {"avx2", "avx512", "neon"};
    (void)unused;
    for (int i = 0; i < TEXTS; i++) {
        const size_t length = below(i % 50 ? 300 : LENGTH_MOST);
        /* Exactly the promised slack, with any bytes in it. */
        uint8_t *memory = malloc(length + 2 * CSV_SLACK);
        fill(memory, length + 2 * CSV_SLACK, i % 5);
        csv_dialect dialect = {',',           '"',   below(4) != 0,          0,
                               below(2) != 0, false, below(4) == 0 ? 'a' : 0};
        dialect.delimiter = below(2) ? ',' : ';';
        dialect.comment = below(3) == 0 ? '#' : 0;
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (csv_isa_choose(names[k], sys_hidden) != NULL)
                compare(csv_isa_choose(names[k], sys_hidden), &dialect, memory + CSV_SLACK, length);
        free(memory);
    }
}

#if !defined(__aarch64__)
static bool all_hidden(const char *feature)
{
    return feature[0] != 0;
}

static bool only_avx2_hidden(const char *feature)
{
    return strcmp(feature, "avx2") == 0;
}
#endif

static void choice(void **unused)
{
    (void)unused;
    assert_string_equal(csv_isa_choose("scalar", sys_hidden)->name, "scalar");
    assert_null(csv_isa_choose("none", sys_hidden));
    assert_null(csv_isa_choose("", sys_hidden));
    assert_non_null(csv_isa_choose(NULL, sys_hidden));
#if defined(__aarch64__)
    assert_string_equal(csv_isa_choose(NULL, sys_hidden)->name, "neon");
    assert_null(csv_isa_choose("avx2", sys_hidden));
#else
    assert_null(csv_isa_choose("neon", sys_hidden));
    assert_string_equal(csv_isa_choose(NULL, all_hidden)->name, "scalar");
    assert_null(csv_isa_choose("avx2", all_hidden));
    assert_null(csv_isa_choose("avx512", only_avx2_hidden));
#endif
    if (csv_isa_choose("avx512", sys_hidden) != NULL)
        assert_string_equal(csv_isa_choose(NULL, sys_hidden)->name, "avx512");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(choice), cmocka_unit_test(sets_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
