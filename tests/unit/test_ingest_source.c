/* Several inputs as one run of bytes: what is read at any place is what putting them together by
 * hand gives. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "csv_support.h"
#include "ingest/text/text.h"
#include "sys/sys.h"

#define MOST 8

typedef struct joined {
    ing_input inputs[MOST];
    ing_text_source source;
    char text[4096]; /* what the text should be */
    size_t length;
} joined;

static const ing_layout plain = {.dialect = {',', '"', true, 0, true, false, 0}, .n_fields = 2};

/* Parts of `begin` bytes that do not count and the text behind them. */
static void join(joined *j, const char *const *texts, const uint32_t *begins, uint32_t n)
{
    memset(j, 0, sizeof *j);
    for (uint32_t i = 0; i < n; i++) {
        char name[16];
        size_t size = strlen(texts[i]);
        snprintf(name, sizeof name, "input%u", i);
        j->inputs[i] =
            (ing_input){.path = texts[i],
                        .fd = open(csv_write(name, texts[i], size), O_RDONLY | O_CLOEXEC),
                        .size = size,
                        .layout = &plain,
                        .begin = begins[i],
                        .end = size,
                        .last = size != 0 ? (uint8_t)texts[i][size - 1] : 0};
        assert_true(j->inputs[i].fd >= 0);
        memcpy(j->text + j->length, texts[i] + begins[i], size - begins[i]);
        j->length += size - begins[i];
        if (size > begins[i] && texts[i][size - 1] != '\n')
            j->text[j->length++] = '\n';
    }
    j->source = (ing_text_source){.inputs = j->inputs, .n_inputs = n};
    assert_int_equal(ing_source_join(&j->source, NULL), SHMCOL_OK);
    assert_int_equal(j->source.length, j->length);
}

static void leave(joined *j)
{
    for (uint32_t i = 0; i < j->source.n_inputs; i++)
        sys_close(j->inputs[i].fd);
}

static void expect_all(const joined *j)
{
    char buf[4096];
    for (size_t from = 0; from <= j->length; from++)
        for (size_t to = from; to <= j->length; to++) {
            memset(buf, 'X', sizeof buf);
            assert_int_equal(ing_source_read(&j->source, from, buf, to - from, NULL), SHMCOL_OK);
            assert_memory_equal(buf, j->text + from, to - from);
            assert_int_equal(buf[to - from], 'X');
        }
    for (size_t at = 0; at < j->length; at++) {
        const ing_input *p = ing_source_input(&j->source, at);
        assert_true(p->pos <= at && at < p->pos + p->length);
    }
}

static void test_joining(void **state)
{
    (void)state;
    static const char *const texts[] = {"h\n1,2\n", "h\n",      "h", "h\n3,4",
                                        "h\n\n",    "h\r\n5\r", "",  "h\n6\n"};
    static const uint32_t begins[] = {2, 2, 1, 2, 2, 3, 0, 2};
    joined j;
    for (uint32_t n = 1; n <= MOST; n++) {
        join(&j, texts, begins, n);
        expect_all(&j);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(j.inputs[i].added, i == 3 || i == 5);
            assert_int_equal(j.inputs[i].ends_in_cr, i == 5);
        }
        leave(&j);
    }
    for (int round = 0; round < 200; round++) { /* any lengths, empty ones among them */
        char made[MOST][24];
        const char *list[MOST];
        uint32_t from[MOST], n = 1 + csv_random(MOST);
        for (uint32_t i = 0; i < n; i++) {
            size_t length = csv_random(3) ? csv_random(20) : 0;
            for (size_t k = 0; k < length; k++)
                made[i][k] = "ab,\n"[csv_random(4)];
            made[i][length] = 0;
            list[i] = made[i];
            from[i] = csv_random((uint32_t)length + 1);
        }
        join(&j, list, from, n);
        expect_all(&j);
        leave(&j);
    }
}

/* An escape at the end of an input ends nothing and is text itself (C-85). */
static void test_escapes_at_the_end(void **state)
{
    (void)state;
    static const ing_layout escape = {.dialect = {',', '"', true, '#', true, false, '\\'},
                                      .n_fields = 2};
    static const struct {
        const char *text, *behind;
    } cases[] = {{"a", "\n"},         {"a\n", ""},      {"a\\", "\\\n"},    {"a\\\\", "\n"},
                 {"a\\\\\\", "\\\n"}, {"a\\\n", "\n"},  {"a\\\r\n", "\n"},  {"a\\\\\n", ""},
                 {"a\\\\\r\n", ""},   {"a\n#\\\n", ""}, {"a\n#\\", "\\\n"}, {"a\\\n#\\\n", "\n"},
                 {"\\", "\\\n"},      {"\\\n", "\n"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const size_t size = strlen(cases[i].text), behind = strlen(cases[i].behind);
        char buf[16];
        ing_input input = {
            .fd = open(csv_write("escaped", cases[i].text, size), O_RDONLY | O_CLOEXEC),
            .size = size,
            .end = size,
            .last = (uint8_t)cases[i].text[size - 1],
            .layout = &escape};
        ing_text_source source = {.inputs = &input, .n_inputs = 1};
        assert_int_equal(ing_source_join(&source, NULL), SHMCOL_OK);
        assert_int_equal(source.length, size + behind);
        assert_int_equal(ing_source_read(&source, 0, buf, size + behind, NULL), SHMCOL_OK);
        assert_memory_equal(buf, cases[i].text, size);
        assert_memory_equal(buf + size, cases[i].behind, behind);
        sys_close(input.fd);
    }
    static char many[10001]; /* more escapes than are read at a time */
    memset(many, '\\', sizeof many);
    for (size_t n = sizeof many - 1; n <= sizeof many; n++) {
        ing_input input = {.fd = open(csv_write("escaped", many, n), O_RDONLY | O_CLOEXEC),
                           .size = n,
                           .end = n,
                           .last = '\\',
                           .layout = &escape};
        ing_text_source source = {.inputs = &input, .n_inputs = 1};
        assert_int_equal(ing_source_join(&source, NULL), SHMCOL_OK);
        assert_int_equal(source.length, n + 1 + n % 2);
        sys_close(input.fd);
    }
}

static void test_shorter(void **state)
{
    (void)state;
    static const char *const texts[] = {"1234567890\n", "abcdef"};
    static const uint32_t begins[] = {0, 0};
    joined j;
    char buf[64];
    shmcol_error err = SHMCOL_ERROR_INIT;
    join(&j, texts, begins, 2);
    assert_int_equal(truncate(csv_path("input0"), 5), 0);
    assert_int_equal(ing_source_read(&j.source, 0, buf, 5, &err), SHMCOL_OK);
    assert_int_equal(ing_source_read(&j.source, 3, buf, 5, &err), SHMCOL_ERR_CHANGED);
    assert_string_equal(err.path, texts[0]);
    assert_int_equal(ing_source_read(&j.source, 11, buf, 7, &err), SHMCOL_OK);
    assert_memory_equal(buf, "abcdef\n", 7);
    leave(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_joining),
                                       cmocka_unit_test(test_escapes_at_the_end),
                                       cmocka_unit_test(test_shorter)};
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
