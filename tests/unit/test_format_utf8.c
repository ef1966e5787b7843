/* F-37, F-31, C-2: UTF-8, against a decoder written from the table of RFC 3629 section 4; what the
 * CSV index has for it says the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "csv/index.h"
#include "format/utf8.h"
#include "format_support.h"
#include "sys/sys.h"

/* Bytes of the well-formed sequence at p, 0 if there is none. */
static size_t sequence(const uint8_t *p, size_t n)
{
    static const struct {
        uint8_t first, last, low, high; /* first byte, range of the second */
        size_t length;
    } rows[] = {
        {0x00, 0x7F, 0, 0, 1},       {0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        if (p[0] < rows[r].first || p[0] > rows[r].last)
            continue;
        if (n < rows[r].length)
            return 0;
        if (rows[r].length > 1 && (p[1] < rows[r].low || p[1] > rows[r].high))
            return 0;
        for (size_t k = 2; k < rows[r].length; k++) {
            if ((p[k] & 0xC0) != 0x80)
                return 0;
        }
        return rows[r].length;
    }
    return 0;
}

static size_t naive(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        size_t step = sequence(p + i, n - i);
        if (step == 0)
            return i;
        i += step;
    }
    return SIZE_MAX;
}

/* fmt_utf8_check, and every instruction set of the machine with it. */
static size_t check(const uint8_t *p, size_t n)
{
    static const char *const names[] = {"avx2", "avx512", "neon"};
    static const csv_isa *isas[3];
    static bool begun;
    size_t at = fmt_utf8_check(p, n);
    for (int i = 0; i < 3; i++) {
        if (!begun)
            isas[i] = csv_isa_choose(names[i], sys_hidden);
        if (isas[i] != NULL && isas[i]->utf8(p, n) != (at == SIZE_MAX))
            fail_msg("%s: %zu bytes from %02x on, of which the decoder says %zd", names[i], n, p[0],
                     (ptrdiff_t)at);
    }
    begun = true;
    return at;
}

/* Every sequence of up to three bytes, and every four-byte one with the interesting bytes, alone.
 */
static void exhaustive(void **state)
{
    (void)state;
    uint8_t p[4];
    assert_true(check(NULL, 0) == SIZE_MAX);
    for (uint32_t v = 0; v < 1u << 24; v++) {
        p[0] = (uint8_t)v;
        p[1] = (uint8_t)(v >> 8);
        p[2] = (uint8_t)(v >> 16);
        if (check(p, 3) != naive(p, 3))
            fail_msg("%02x %02x %02x", p[0], p[1], p[2]);
        if (v < 1u << 16 && check(p, 2) != naive(p, 2))
            fail_msg("%02x %02x", p[0], p[1]);
        if (v < 1u << 8 && check(p, 1) != naive(p, 1))
            fail_msg("%02x", p[0]);
    }
    for (unsigned a = 0xE0; a < 0x100; a++) {
        for (unsigned b = 0; b < 0x100; b++) {
            for (unsigned cd = 0; cd < 64; cd++) {
                static const uint8_t edges[] = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0xBF, 0xC0, 0xFF};
                p[0] = (uint8_t)a;
                p[1] = (uint8_t)b;
                p[2] = edges[cd / 8];
                p[3] = edges[cd % 8];
                assert_true(check(p, 4) == naive(p, 4));
            }
        }
    }
}

static size_t put_code(uint8_t *p, uint32_t c)
{
    if (c < 0x80) {
        p[0] = (uint8_t)c;
        return 1;
    }
    if (c < 0x800) {
        p[0] = (uint8_t)(0xC0 | c >> 6);
        p[1] = (uint8_t)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        p[0] = (uint8_t)(0xE0 | c >> 12);
        p[1] = (uint8_t)(0x80 | (c >> 6 & 63));
        p[2] = (uint8_t)(0x80 | (c & 63));
        return 3;
    }
    p[0] = (uint8_t)(0xF0 | c >> 18);
    p[1] = (uint8_t)(0x80 | (c >> 12 & 63));
    p[2] = (uint8_t)(0x80 | (c >> 6 & 63));
    p[3] = (uint8_t)(0x80 | (c & 63));
    return 4;
}

/* Four bytes across the edges of what is looked at together, in text that is ASCII and in text that
 * is not. */
static void edges(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {'a',  0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1,
                                    0xC2, 0xE0, 0xE1, 0xED, 0xF0, 0xF1, 0xF4, 0xF5};
    uint8_t text[132];
    for (size_t at = 12; at <= 65; at += at == 17 ? 11 : at == 33 ? 26 : 1)
        for (uint32_t number = 0; number < 1u << 16; number++) {
            for (size_t i = 0; i < sizeof text; i += 2) {
                text[i] = number % 3 ? 0xC3 : 'a';
                text[i + 1] = number % 3 ? 0xA9 : 'b';
            }
            for (size_t i = 0; i < 4; i++)
                text[at + i] = bytes[number >> (4 * i) & 15];
            size_t n = number % 2 ? at + 4 : sizeof text;
            if (check(text, n) != naive(text, n))
                fail_msg("%02x %02x %02x %02x at %zu", text[at], text[at + 1], text[at + 2],
                         text[at + 3], at);
        }
}

/* Every code point by itself. */
static void code_points(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x110000; c++) {
        uint8_t p[4];
        size_t n = put_code(p, c);
        bool surrogate = c >= 0xD800 && c < 0xE000;
        assert_true((check(p, n) == SIZE_MAX) != surrogate);
    }
}

/* Long texts of every mixture, whole, cut anywhere and with one byte changed: the offset is exact.
 */
static void random_texts(void **state)
{
    (void)state;
    uint64_t seed = 37;
    for (int round = 0; round < 20000; round++) {
        uint8_t *text = malloc(700);
        size_t n = 0, wanted = test_random(&seed) % 600;
        unsigned mixture = (unsigned)(test_random(&seed) % 5);
        while (n < wanted) {
            uint64_t r = test_random(&seed);
            uint32_t c = (uint32_t)(r >> 8) % 0x80;
            if (mixture == 1 && r % 40 == 0)
                c = 0xE4;
            else if (mixture == 2)
                c = 0x4E00 + (uint32_t)(r >> 8) % 0x5000;
            else if (mixture == 3)
                c = 0x10000 + (uint32_t)(r >> 8) % 0x100000;
            else if (mixture == 4 && r % 3)
                c = (uint32_t)(r >> 8) % 0xD800;
            n += put_code(text + n, c);
        }
        assert_true(check(text, n) == SIZE_MAX);
        size_t cut = n ? test_random(&seed) % n : 0;
        uint8_t *exact = malloc(n + 1); /* a sanitizer sees a read beyond */
        memcpy(exact, text, cut);
        assert_true(check(exact, cut) == naive(exact, cut));
        memcpy(exact, text, n);
        if (n)
            exact[test_random(&seed) % n] = (uint8_t)test_random(&seed);
        assert_true(check(exact, n) == naive(exact, n));
        free(exact);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(exhaustive), cmocka_unit_test(code_points),
                                       cmocka_unit_test(edges), cmocka_unit_test(random_texts)};
    return cmocka_run_group_tests_name("F-37 UTF-8", tests, NULL, NULL);
}
