/* The conformance corpus: every file of spec/corpus gets the answer of expected.json, in every way
 * of opening it and with any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "canonical.h"
#include "read/file.h"

#ifndef SOURCE_DIR
#define SOURCE_DIR "."
#endif
#define CORPUS SOURCE_DIR "/spec/corpus/"
/* The thread sanitizer looks for races, which are the same in every file. */
#ifdef __SANITIZE_THREAD__
#define STEP 4
#else
#define STEP 1
#endif

typedef struct expectation {
    char path[200], code[40], requirement[8], sha256[65];
    char *line; /* the whole entry; short values stand in it as they are */
} expectation;

/* Returns the string value of `key` in one line of expected.json, or "". The entry's own keys come
 * before those of the values, so the first hit is the right one. */
static void field(const char *line, const char *key, char *out, size_t capacity)
{
    char pattern[60];
    snprintf(pattern, sizeof pattern, "\"%s\":\"", key);
    const char *at = strstr(line, pattern);
    out[0] = 0;
    if (at == NULL)
        return;
    at += strlen(pattern);
    size_t length = strcspn(at, "\"");
    assert_true(length < capacity);
    memcpy(out, at, length);
    out[length] = 0;
}

/* One file a line: "path": {"code":"…", …}. */
static expectation *load(size_t *count)
{
    FILE *f = fopen(CORPUS "expected.json", "r");
    char *line = NULL;
    size_t capacity = 0, lines = 0;
    expectation *all = NULL;
    *count = 0;
    assert_non_null(f);
    while (getline(&line, &capacity, f) > 0) {
        if (line[0] != '"' || lines++ % STEP != 0)
            continue;
        all = realloc(all, (*count + 1) * sizeof *all);
        expectation *e = &all[(*count)++];
        size_t length = strcspn(line + 1, "\"");
        assert_true(length < sizeof e->path);
        memcpy(e->path, line + 1, length);
        e->path[length] = 0;
        field(line, "code", e->code, sizeof e->code);
        field(line, "requirement", e->requirement, sizeof e->requirement);
        field(line, "sha256", e->sha256, sizeof e->sha256);
        assert_true(e->code[0] != 0);
        e->line = strdup(line);
    }
    free(line);
    fclose(f);
    return all;
}

static void *read_whole(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    struct stat st;
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    *size = (size_t)st.st_size;
    void *data = aligned_alloc(64, (*size + 63) / 64 * 64 + 64);
    assert_int_equal(fread(data, 1, *size, f), *size);
    fclose(f);
    return data;
}

typedef struct seen {
    shmcol_status first;
    int count;
} seen;

static void problem(void *arg, const shmcol_error *err)
{
    seen *s = arg;
    if (s->count++ == 0)
        s->first = err->status;
    assert_true(err->message[0] != 0 && err->rule[0] != 0);
}

/* Opens the file and checks it at `level`; returns the first error. A file that could be opened
 * stays open. */
static shmcol_status check(const char *path, const void *data, size_t size, uint32_t threads,
                           shmcol_level level, shmcol_file **file, shmcol_error *err)
{
    seen s = {SHMCOL_OK, 0};
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.level = level;
    options.threads = threads;
    options.problem = problem;
    options.problem_arg = &s;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    how.flags = SHMCOL_OPEN_STORED;
    shmcol_status status = data != NULL ? read_open_memory(data, size, how.flags, file, err)
                                        : shmcol_open(path, &how, file, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_verify(*file, &options, err);
    assert_int_equal(status, s.first);
    assert_true((status == SHMCOL_OK) == (s.count == 0));
    return status;
}

static void unload(expectation *all, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(all[i].line);
    free(all);
}

/* A dictionary is reached through its columns. Where the only one is of an unknown kind, the
 * dictionaries are not compared. */
static bool equal_but_dictionaries(const expectation *e, const shmcol_file *file, char *json)
{
    char *end = strstr(json, "],\"dictionaries\":[");
    bool all_supported = true;
    for (uint32_t i = 0; i < shmcol_columns(file); i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        all_supported &= shmcol_get_column(file, i, &info, NULL) == SHMCOL_OK && info.supported;
    }
    if (all_supported || end == NULL)
        return false;
    *end = 0;
    return strstr(e->line, json) != NULL;
}

/* The values of a compressed file are those of a copy in its plain form. */
static int check_values(const expectation *e, const char *path, const shmcol_file *file)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file *plain = NULL;
    char digest[65];
    how.flags = SHMCOL_OPEN_COPY;
    assert_int_equal(shmcol_get_info(file, &info, NULL), SHMCOL_OK);
    if (info.compressed && shmcol_open(path, &how, &plain, &err) != SHMCOL_OK)
        fail_msg("%s: %s", e->path, err.message);
    char *json = canonical_json(plain != NULL ? plain : file, &err);
    if (json == NULL) {
        print_error("%s: %s\n", e->path, err.message);
        return 1;
    }
    sha256_hex(json, digest);
    int bad = strcmp(digest, e->sha256) != 0 && !equal_but_dictionaries(e, file, json);
    if (bad)
        print_error("%s: other values than expected: %.2000s\n", e->path, json);
    free(json);
    shmcol_close(plain);
    return bad;
}

/* 0 if the answer is as expected. */
static int answers(const expectation *e, bool in_memory, uint32_t threads)
{
    char path[400];
    size_t size = 0;
    shmcol_file *file = NULL;
    shmcol_error err = SHMCOL_ERROR_INIT;
    snprintf(path, sizeof path, CORPUS "%s", e->path);
    void *data = in_memory ? read_whole(path, &size) : NULL;
    shmcol_status status = check(path, data, size, threads, SHMCOL_VERIFY_FULL, &file, &err);
    int bad =
        strcmp(shmcol_status_name(status), e->code) != 0 || strcmp(err.rule, e->requirement) != 0;
    if (bad) {
        char text[1500];
        shmcol_error_format(&err, text, sizeof text);
        print_error("%s: expected %s %s, got %s %s: %s\n", e->path, e->code, e->requirement,
                    shmcol_status_name(status), err.rule, text);
    }
    if (e->sha256[0] != 0)
        bad += file == NULL || check_values(e, path, file);
    if (file != NULL && status != SHMCOL_OK)
        free(canonical_json(file, &err)); /* any answer is right, but no crash */
    shmcol_close(file);
    free(data);
    return bad;
}

static void run_all(bool in_memory, uint32_t threads)
{
    size_t count;
    int bad = 0;
    expectation *all = load(&count);
    assert_true(count > 200);
    for (size_t i = 0; i < count; i++)
        bad += answers(&all[i], in_memory, threads);
    unload(all, count);
    assert_int_equal(bad, 0);
}

static void mapped(void **state)
{
    (void)state;
    run_all(false, 0);
}

static void in_memory_one_thread(void **state)
{
    (void)state;
    run_all(true, 1);
}

static void in_memory_seven_threads(void **state)
{
    (void)state;
    run_all(true, 7);
}

/* A lower level checks less: a good file stays good, and an error that `structure` finds is the
 * first at all levels. */
static void levels(void **state)
{
    (void)state;
    size_t count;
    expectation *all = load(&count);
    for (size_t i = 0; i < count; i++) {
        shmcol_status answer[3];
        for (int level = 0; level <= SHMCOL_VERIFY_FULL; level++) {
            char path[400];
            shmcol_file *file = NULL;
            snprintf(path, sizeof path, CORPUS "%s", all[i].path);
            answer[level] = check(path, NULL, 0, 2, (shmcol_level)level, &file, NULL);
            shmcol_close(file);
        }
        for (int level = 0; level < SHMCOL_VERIFY_FULL; level++)
            assert_true(answer[level] == SHMCOL_OK || answer[level] == answer[level + 1] ||
                        answer[level] == SHMCOL_ERR_FEATURE); /* F-65: damage comes first */
        assert_string_equal(shmcol_status_name(answer[SHMCOL_VERIFY_FULL]), all[i].code);
    }
    unload(all, count);
}

static void digests(void **state)
{
    (void)state;
    char digest[65], text[200] = "";
    sha256_hex("abc", digest);
    assert_string_equal(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    memset(text, 'a', 119);
    sha256_hex(text, digest);
    assert_string_equal(digest, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests),
        cmocka_unit_test(mapped),
        cmocka_unit_test(in_memory_one_thread),
        cmocka_unit_test(in_memory_seven_threads),
        cmocka_unit_test(levels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
