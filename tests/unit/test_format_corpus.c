/* The whole of format/ over the conformance corpus: the answers of spec/corpus/expected.json
 * (section 12), found by format/ alone in the order of F-62. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "format_support.h"

#ifndef SOURCE_DIR
#define SOURCE_DIR "."
#endif

static const char *name_of(int code)
{
    static const char *const names[] = {"NOT_SHMCOL",
                                        "TRUNCATED",
                                        "TRAILING",
                                        "BIG_ENDIAN",
                                        "HEADER_HASH",
                                        "HEADER_FIELD",
                                        "VERSION",
                                        "FEATURE",
                                        "ENVELOPE_VERSION",
                                        "REGION_HASH",
                                        "DESCRIPTOR_HASH",
                                        "DESCRIPTOR_FIELD",
                                        "COLUMN_UNSUPPORTED",
                                        "NAME",
                                        "NAME_INDEX",
                                        "METADATA",
                                        "LAYOUT",
                                        "FILE_ID",
                                        "GAP",
                                        "BLOCK_HASH",
                                        "ENVELOPE",
                                        "VALIDITY",
                                        "OFFSETS",
                                        "UTF8",
                                        "CODES",
                                        "DICTIONARY",
                                        "VALUE",
                                        "NULL_SLOT",
                                        "ZONE_MAP",
                                        "FRAME",
                                        "ASCENDING"};
    return code == 0                                         ? "OK"
           : code >= FMT_NOT_SHMCOL && code <= FMT_ASCENDING ? names[code - FMT_NOT_SHMCOL]
                                                             : "?";
}

static uint8_t *read_file(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    /* exactly the file's bytes, so that a sanitizer sees any read beyond */
    uint8_t *bytes = malloc(*size ? *size : 1);
    if (fread(bytes, 1, *size, f) != *size)
        abort();
    fclose(f);
    return bytes;
}

/* The answer for "bad/x.shmcol" in expected.json: "CODE F-n", or "OK". */
static void expected_answer(const char *json, const char *key, char *out, size_t room)
{
    char quoted[300];
    char code[40], rule[10] = "";
    snprintf(quoted, sizeof quoted, "\"%s\": {", key);
    const char *entry = strstr(json, quoted);
    assert_non_null(entry);
    entry += strlen(quoted);
    assert_int_equal(sscanf(entry, "\"code\":\"%39[A-Z_0-9]\",", code), 1);
    if (strcmp(code, "OK") != 0)
        assert_int_equal(
            sscanf(entry, "\"code\":\"%39[A-Z_0-9]\",\"requirement\":\"%9[^\"]\"", code, rule), 2);
    snprintf(out, room, "%s%s%s", code, rule[0] ? " " : "", rule);
}

static int check_folder(const char *json, const char *folder)
{
    char path[1000], key[280], expected[60], got[60];
    int wrong = 0, count = 0;
    snprintf(path, sizeof path, "%s/spec/corpus/%s", SOURCE_DIR, folder);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *e; (e = readdir(dir));) {
        size_t n = strlen(e->d_name), size = 0;
        if (n < 7 || strcmp(e->d_name + n - 7, ".shmcol") != 0)
            continue;
        fmt_fault fault = {0};
        snprintf(key, sizeof key, "%s/%s", folder, e->d_name);
        snprintf(path, sizeof path, "%s/spec/corpus/%s", SOURCE_DIR, key);
        uint8_t *bytes = read_file(path, &size);
        int code = test_check_file(bytes, size, &fault);
        free(bytes);
        expected_answer(json, key, expected, sizeof expected);
        snprintf(got, sizeof got, "%s%s%s", name_of(code), code ? " " : "", code ? fault.rule : "");
        if (strcmp(expected, got) != 0) {
            wrong++;
            print_message("%s: expected %s, got %s: %s\n", key, expected, got,
                          code ? fault.text : "");
        }
        count++;
    }
    closedir(dir);
    assert_true(count > 0);
    return wrong;
}

static void corpus(void **state)
{
    (void)state;
    size_t size = 0;
    uint8_t *bytes = read_file(SOURCE_DIR "/spec/corpus/expected.json", &size);
    assert_non_null(bytes);
    char *json = calloc(1, size + 1);
    memcpy(json, bytes, size);
    free(bytes);
    int wrong =
        check_folder(json, "good") + check_folder(json, "bad") + check_folder(json, "unsupported");
    free(json);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(corpus)};
    return cmocka_run_group_tests_name("format over the corpus", tests, NULL, NULL);
}
