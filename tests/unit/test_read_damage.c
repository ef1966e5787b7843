/* No damage goes unseen: every byte of a file flipped, every length cut; the same answer for any
 * number of threads; problems in the order of F-62. */
#include <stdbool.h>

#include "read_support.h"

/* The next byte to flip: each byte of the header, then two of seven, three and four apart. Seven
 * divides the length of no object, so of seven copies (descriptors, hashes, entries) each byte is
 * met in one, and no gap of four bytes is passed over. Under a sanitizer a part is enough. */
static size_t after(size_t at)
{
#if defined(__SANITIZE_THREAD__)
    return at + 499;
#else
    return at + (SANITIZED ? 29 : at < 512 ? 1 : at % 7 == 0 ? 3 : 4);
#endif
}

static shmcol_status verify_memory(const void *data, size_t size, shmcol_level level,
                                   uint32_t threads, shmcol_error *err)
{
    shmcol_file *file = NULL;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.level = level;
    options.threads = threads;
    shmcol_status status = shmcol_open_memory(data, size, &file, err);
    if (status == SHMCOL_OK)
        status = shmcol_verify(file, &options, err);
    shmcol_close(file);
    return status;
}

/* One bit of each byte in turn, all eight over the file. */
static void flip_all(const char *name, shmcol_level level)
{
    size_t size;
    uint8_t *data = read_corpus(name, &size);
    assert_int_equal(verify_memory(data, size, level, 1, NULL), SHMCOL_OK);
    for (size_t i = 0; i < size; i = after(i)) {
        uint8_t bit = (uint8_t)(1u << (i * 5 % 8));
        data[i] ^= bit;
        if (verify_memory(data, size, level, 1, NULL) == SHMCOL_OK)
            fail_msg("%s: nobody sees that byte %zu changed", name, i);
        data[i] ^= bit;
    }
    assert_int_equal(verify_memory(data, size, level, 1, NULL), SHMCOL_OK);
    free(data);
}

static void every_byte_checksums(void **state)
{
    (void)state;
    flip_all("good/name-long",
             SHMCOL_VERIFY_CHECKSUMS); /* 200 KB, most of it directory and envelope */
    flip_all("good/columns-200", SHMCOL_VERIFY_CHECKSUMS); /* 147 KB, many small buffers and gaps */
}

static void every_byte_full(void **state)
{
    (void)state;
    flip_all("good/rows-64", SHMCOL_VERIFY_FULL);
    flip_all("good/dictionary-shared", SHMCOL_VERIFY_FULL);
}

static void every_length(void **state)
{
    (void)state;
    size_t size;
    uint8_t *data = read_corpus("good/columns-200", &size);
    for (size_t length = 0; length < size; length++) {
        shmcol_file *file = NULL;
        assert_int_equal(shmcol_open_memory(data, length, &file, NULL), SHMCOL_ERR_TRUNCATED);
    }
    free(data);
}

/* ---- threads ---- */

typedef struct record {
    shmcol_error problems[100];
    int count;
} record;

static void keep(void *arg, const shmcol_error *problem)
{
    record *r = arg;
    if (r->count < 100)
        r->problems[r->count] = *problem;
    r->count++;
}

static record *check(const void *data, size_t size, uint32_t threads)
{
    record *r = calloc(1, sizeof *r);
    shmcol_file *file = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.threads = threads;
    options.problem = keep;
    options.problem_arg = r;
    assert_int_equal(shmcol_open_memory(data, size, &file, NULL), SHMCOL_OK);
    shmcol_status status = shmcol_verify(file, &options, &err);
    assert_true(r->count > 0);
    assert_int_equal(status, r->problems[0].status);
    assert_memory_equal(&err, &r->problems[0], sizeof err);
    shmcol_close(file);
    return r;
}

/* Damage in many places of a file of several zones and blocks. */
static void same_answer_for_any_number_of_threads(void **state)
{
    (void)state;
    static const char *const files[] = {"good/zones-3", "good/big-values", "good/big-dictionary",
                                        "good/columns-200"};
    for (size_t f = 0; f < 4; f++) {
        size_t size;
        uint8_t *data = read_corpus(files[f], &size);
        uint64_t body;
        memcpy(&body, data + 160, sizeof body);
        for (size_t i = size / 3; i < size; i += 4099)
            data[i] ^= 0x55;
        record *one = check(data, size, 1);
        for (uint32_t threads = 2; threads < 20; threads += 5) {
            record *many = check(data, size, threads);
            assert_int_equal(many->count, one->count);
            assert_memory_equal(many->problems, one->problems, sizeof one->problems);
            free(many);
        }
        free(one);
        free(data);
    }
}

/* ---- order ---- */

/* Where in F-62 an answer stands. */
static int rank(shmcol_status status)
{
    static const shmcol_status order[] = {
        SHMCOL_ERR_REGION_HASH, SHMCOL_ERR_DESCRIPTOR_HASH, SHMCOL_ERR_DESCRIPTOR_FIELD,
        SHMCOL_ERR_NAME,        SHMCOL_ERR_METADATA,        SHMCOL_ERR_NAME_INDEX,
        SHMCOL_ERR_LAYOUT,      SHMCOL_ERR_FILE_ID,         SHMCOL_ERR_GAP,
        SHMCOL_ERR_BLOCK_HASH,  SHMCOL_ERR_ENVELOPE,
    };
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (order[i] == status)
            return (int)i;
    return 100; /* values: by column */
}

static void problems_come_in_order(void **state)
{
    (void)state;
    size_t size;
    uint8_t *data = read_corpus("good/columns-200", &size);
    uint64_t names, metadata, schema, body;
    memcpy(&names, data + 200 + 2 * 24, 8);
    memcpy(&metadata, data + 200 + 3 * 24, 8);
    memcpy(&schema, data + 200 + 4 * 24, 8);
    memcpy(&body, data + 160, 8);
    data[names] ^= 1;
    data[schema + 40] ^= 1;
    for (uint64_t i = body; i < size - 5000; i += 100)
        data[i] ^= 3;
    record *r = check(data, size, 3);
    assert_true(r->count > 10);
    assert_int_equal(r->problems[0].status, SHMCOL_ERR_REGION_HASH);
    int64_t column = -1;
    for (int i = 1; i < r->count && i < 100; i++) {
        const shmcol_error *a = &r->problems[i - 1], *b = &r->problems[i];
        assert_true(rank(a->status) <= rank(b->status));
        if (b->status == SHMCOL_ERR_GAP && a->status == SHMCOL_ERR_GAP)
            assert_true(b->file_offset > a->file_offset);
        if (rank(b->status) == 100 && b->column >= 0) {
            assert_true(b->column >= column);
            column = b->column;
        }
    }
    free(r);
    free(data);
}

static void block_is_named(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("bad/block-second");
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    char text[1500];
    assert_int_equal(shmcol_verify(file, NULL, &err), SHMCOL_ERR_BLOCK_HASH);
    assert_int_equal(shmcol_get_column(file, (uint32_t)err.column, &info, NULL), SHMCOL_OK);
    shmcol_error_format(&err, text, sizeof text);
    assert_non_null(strstr(text, info.name));
    assert_non_null(strstr(text, "(BLOCK_HASH, F-45)"));
    assert_non_null(strstr(text, "block-second.shmcol: byte "));
    assert_int_equal(err.file_offset, info.values.offset + 524288);
    shmcol_close(file);
}

/* ---- progress and arguments ---- */

typedef struct progress {
    int calls, cancel_at;
    uint64_t done, total;
} progress;

static int watch(void *arg, uint64_t done, uint64_t total)
{
    progress *p = arg;
    assert_true(done >= p->done && done <= total);
    p->done = done;
    p->total = total;
    return ++p->calls == p->cancel_at ? 1 : 0;
}

static void progress_is_told(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/big-values");
    for (int level = 0; level <= SHMCOL_VERIFY_FULL; level++) {
        progress p = {0};
        shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
        options.level = (shmcol_level)level;
        options.progress = watch;
        options.progress_arg = &p;
        assert_int_equal(shmcol_verify(file, &options, NULL), SHMCOL_OK);
        assert_true(p.calls >= 1);
        assert_int_equal(p.done, p.total);
        assert_true((p.total != 0) == (level != 0));
    }
    shmcol_close(file);
}

static void cancelling(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/big-values");
    progress p = {.cancel_at = 1};
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.progress = watch;
    options.progress_arg = &p;
    assert_int_equal(shmcol_verify(file, &options, &err), SHMCOL_ERR_CANCELLED);
    assert_int_equal(p.calls, 1);
    assert_string_equal(err.message, "the check was cancelled");
    shmcol_close(file);
}

static void arguments(void **state)
{
    (void)state;
    shmcol_file *file = open_corpus("good/rows-1");
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    assert_int_equal(shmcol_verify(NULL, NULL, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    options.level = (shmcol_level)3;
    assert_int_equal(shmcol_verify(file, &options, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    options.level = SHMCOL_VERIFY_FULL;
    options.size = 8;
    assert_int_equal(shmcol_verify(file, &options, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    options.size = sizeof options;
    options.threads = 1000;
    assert_int_equal(shmcol_verify(file, &options, &err), SHMCOL_OK);
    shmcol_close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_checksums),
        cmocka_unit_test(every_byte_full),
        cmocka_unit_test(every_length),
        cmocka_unit_test(same_answer_for_any_number_of_threads),
        cmocka_unit_test(problems_come_in_order),
        cmocka_unit_test(block_is_named),
        cmocka_unit_test(progress_is_told),
        cmocka_unit_test(cancelling),
        cmocka_unit_test(arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
