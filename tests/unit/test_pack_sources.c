/* Inputs of every kind (C-1, C-2): compressed, in other encodings, standard input; and their
 * descriptors afterwards. */
#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "csv_support.h"

/* "a,b\n" and rows of four bytes: exactly `n` bytes of text. */
static char *text_of(size_t n)
{
    char *text = malloc(n + 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i += 4)
        memcpy(text + i, i == 0 ? "a,b\n" : "1,2\n", 4);
    text[n] = 0;
    return text;
}

static size_t gzip(const void *text, size_t n, uint8_t *out, size_t room)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (unsigned char *)(uintptr_t)text;
    z.avail_in = (unsigned)n;
    z.next_out = out;
    z.avail_out = (unsigned)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static uint64_t packed_rows(const void *data, size_t n)
{
    csv_packed p = csv_pack_bytes(data, n, NULL);
    if (p.status != SHMCOL_OK)
        fail_msg("%s", p.err.message);
    uint64_t rows = p.report->rows;
    csv_free(&p);
    return rows;
}

/* Sizes around the buffers of the decompressors: a frame that ends where the buffer does is
 * complete. */
static void test_compressed_sizes(void **state)
{
    (void)state;
    static const size_t sizes[] = {4, 8, 65532, 65536, 65540, 131072, 262144, 262148, 1u << 20};
    size_t room = 2u << 20;
    uint8_t *out = malloc(room);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t n = sizes[i];
        char *text = text_of(n);
        assert_int_equal(packed_rows(out, gzip(text, n, out, room)), n / 4 - 1);
        assert_int_equal(packed_rows(out, ZSTD_compress(out, room, text, n, 1)), n / 4 - 1);
        /* two members, two frames */
        size_t first = gzip(text, 4, out, room),
               second = gzip(text + 4, n - 4, out + first, room - first);
        assert_int_equal(packed_rows(out, first + second), n / 4 - 1);
        first = ZSTD_compress(out, room, text, 4, 1);
        second = ZSTD_compress(out + first, room - first, text + 4, n - 4, 1);
        assert_int_equal(packed_rows(out, first + second), n / 4 - 1);
        free(text);
    }
    free(out);
}

static void expect_damage(const void *data, size_t n)
{
    csv_packed p = csv_pack_bytes(data, n, NULL);
    assert_int_equal(p.status, SHMCOL_ERR_CSV_COMPRESSED);
    assert_string_equal(p.err.rule, "C-1");
    assert_non_null(strstr(p.err.path, "in.csv"));
}

/* Tapes fill their blocks with zeros; zstd's own tools put frames in front that hold no text. */
static void test_padding(void **state)
{
    (void)state;
    static const size_t zeros[] = {1, 7, 512, 262144 - 40, 262144, 1000000};
    size_t room = 4u << 20;
    uint8_t *out = malloc(room);
    char *text = text_of(2000);
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) {
        size_t n = gzip(text, 1000, out, room);
        n += gzip(text + 1000, 1000, out + n, room - n);
        memset(out + n, 0, zeros[i] + 1);
        assert_int_equal(packed_rows(out, n + zeros[i]), 499);
        out[n + zeros[i]] = 'x';
        expect_damage(out, n + zeros[i] + 1);
        gzip(text, 1000, out + n + zeros[i],
             room - n - zeros[i]); /* a member behind zeros is none of a tape's */
        expect_damage(out, n + zeros[i] + 40);
    }
    memset(out, 0, 100);
    for (uint8_t kind = 0; kind < 16; kind++) {
        const uint8_t skipped[] = {
            (uint8_t)(0x50 + kind), 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 'h', 'e', 'l', 'l', 'o'};
        memcpy(out, skipped, sizeof skipped);
        memcpy(out + sizeof skipped, skipped, sizeof skipped);
        size_t n = 2 * sizeof skipped;
        n += ZSTD_compress(out + n, room - n, text, 2000, 1);
        assert_int_equal(packed_rows(out, n), 499);
        memcpy(out + n, skipped, sizeof skipped);
        assert_int_equal(packed_rows(out, n + sizeof skipped), 499);
        expect_damage(out, n + sizeof skipped - 1);
        csv_packed p = csv_pack_bytes(out, sizeof skipped, NULL); /* nothing else */
        assert_int_equal(p.status, SHMCOL_ERR_CSV_EMPTY);
    }
    free(text);
    free(out);
}

static void test_damaged(void **state)
{
    (void)state;
    uint8_t out[4096];
    char *text = text_of(2000);
    size_t n = gzip(text, 2000, out, sizeof out);
    for (size_t cut = 3; cut < n; cut++)
        expect_damage(out, cut);
    out[n / 2] ^= 0x10;
    expect_damage(out, n);
    n = ZSTD_compress(out, sizeof out, text, 2000, 1);
    for (size_t cut = 4; cut < n; cut++)
        expect_damage(out, cut);
    free(text);
}

/* The text in `encoding`, packed; the rows. */
static void expect_encoded(const char *utf8, const char *encoding, const char *rows)
{
    char out[4096], *to = out, *from = (char *)(uintptr_t)utf8;
    size_t left = strlen(utf8), room = sizeof out;
    iconv_t c = iconv_open(encoding, "UTF-8");
    assert_true(c != (iconv_t)-1);
    assert_int_equal(iconv(c, &from, &left, &to, &room), 0);
    assert_true(iconv(c, NULL, NULL, &to, &room) != (size_t)-1);
    iconv_close(c);
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.encoding = encoding;
    csv_packed p = csv_pack_bytes(out, sizeof out - room, &o);
    if (p.status != SHMCOL_OK)
        fail_msg("%s: %s", encoding, p.err.message);
    assert_string_equal(p.rows, rows);
    csv_free(&p);
}

static void test_encodings(void **state)
{
    (void)state;
    static const char *const wide[] = {"UTF-16",   "UTF-16LE", "UTF-16BE", "UTF-32", "UTF-32LE",
                                       "UTF-32BE", "UTF-8",    "utf8",     "GB18030"};
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++)
        expect_encoded("a,b\n\xc3\xa4,\xf0\x9f\x98\x80\n", wide[i],
                       "a:string,b:string\n\xc3\xa4,\xf0\x9f\x98\x80\n");
    expect_encoded("a,b\n\xc3\xa4,x", "ISO-8859-1", "a:string,b:string\n\xc3\xa4,x\n");
    expect_encoded("a,b\n\xe3\x81\x82,x", "ISO-2022-JP", "a:string,b:string\n\xe3\x81\x82,x\n");
    /* These keep a letter back in case an accent follows: the last one must not be lost. */
    expect_encoded("a,b\nx,a", "WINDOWS-1258", "a:string,b:string\nx,a\n");
    expect_encoded("a,b\nx,\xd7\xa9", "WINDOWS-1255", "a:string,b:string\nx,\xd7\xa9\n");
}

static void test_wrong_encoding(void **state)
{
    (void)state;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    o.encoding = "ASCII";
    csv_packed p = csv_pack("a,b\n1,\xff\n", &o);
    assert_int_equal(p.status, SHMCOL_ERR_CSV_ENCODING);
    assert_int_equal(p.err.file_offset, 6);
    o.encoding = "UTF-16LE";
    p = csv_pack_bytes("a\0\n\0b", 5, &o); /* half a character at the end */
    assert_int_equal(p.status, SHMCOL_ERR_CSV_ENCODING);
    /* "" would mean the locale's, and a suffix after two slashes would drop wrong characters
     * silently */
    static const char *const no_names[] = {
        "no such", "", "/", "//", "//IGNORE", "ASCII//IGNORE", "ASCII//TRANSLIT", "UTF-8//IGNORE"};
    for (size_t i = 0; i < sizeof no_names / sizeof *no_names; i++) {
        o.encoding = no_names[i];
        csv_expect_error("a\n1\n", &o, SHMCOL_ERR_INVALID_ARGUMENT, "C-2", "");
    }
    o.encoding = "LATIN1//"; /* as iconv -l prints it */
    csv_expect("a\n\xe4\n", &o, "a:string\n\xc3\xa4\n");
}

static void test_utf16_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t n;
        const char *hint;
    } cases[] = {{"\xff\xfe"
                  "a\0",
                  4, "UTF-16 "},
                 {"\xfe\xff\0a", 4, "UTF-16 "},
                 {"a\0,\0", 4, "UTF-16LE"},
                 {"\0a\0,", 4, "UTF-16BE"},
                 {"\xff\xfe\0\0", 4, "UTF-32"},
                 {"\0\0\xfe\xff", 4, "UTF-32"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        csv_packed p = csv_pack_bytes(cases[i].bytes, cases[i].n, NULL);
        assert_int_equal(p.status, SHMCOL_ERR_CSV_UTF16);
        assert_non_null(strstr(p.err.hint, cases[i].hint));
    }
}

/* Runs with another standard input, or none at all: then `path` is read. */
static csv_packed pack_standard_input(const char *path, bool closed)
{
    int old = dup(0), fd = -1;
    assert_true(old >= 0);
    if (closed)
        close(0);
    else {
        fd = open(path, O_RDONLY);
        assert_int_equal(dup2(fd, 0), 0);
        close(fd);
    }
    const char *input = closed && path != NULL ? path : "-";
    csv_packed p = csv_pack_paths(&input, 1, NULL);
    struct stat st;
    assert_int_equal(fstat(0, &st), closed ? -1 : 0); /* it is as it was */
    dup2(old, 0);
    close(old);
    return p;
}

static void test_standard_input(void **state)
{
    (void)state;
    const char *path = csv_write("in.csv", "a,b\n1,x\n", 8);
    unsigned before = csv_descriptors();
    csv_packed p = pack_standard_input(path, false);
    assert_int_equal(p.status, SHMCOL_OK);
    assert_string_equal(p.rows, "a:int64,b:string\n1,x\n");
    csv_free(&p);
    /* Without a standard input the file itself gets descriptor 0, which has to be closed as any
     * other. */
    p = pack_standard_input(path, true);
    assert_int_equal(p.status, SHMCOL_OK);
    csv_free(&p);
    /* "-" is not the descriptor that is opened next, for example the output. */
    p = pack_standard_input(NULL, true);
    assert_int_equal(p.status, SHMCOL_ERR_IO);
    assert_int_equal(p.err.sys_errno, EBADF);
    assert_non_null(strstr(p.err.message, "standard input is closed"));
    assert_int_equal(csv_descriptors(), before);
}

static void test_what_is_no_input(void **state)
{
    (void)state;
    const char *missing = csv_path("missing"), *directory = "/",
               *in = csv_write("in.csv", "a,b\n1\n", 6);
    csv_packed p = csv_pack_paths(&missing, 1, NULL);
    assert_int_equal(p.status, SHMCOL_ERR_IO);
    assert_int_equal(p.err.sys_errno, ENOENT);
    assert_string_equal(p.err.path, missing);
    p = csv_pack_paths(&directory, 1, NULL);
    assert_int_equal(p.status, SHMCOL_ERR_IO);
    assert_int_equal(p.err.sys_errno, EISDIR);
    /* what is written is what is read */
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    shmcol_error err = SHMCOL_ERROR_INIT;
    o.overwrite = 1;
    assert_int_equal(shmcol_csv_pack(&in, 1, in, &o, NULL, &err), SHMCOL_ERR_SAME_FILE);
    o.on_error = SHMCOL_ON_ERROR_SKIP;
    o.rejects = in;
    assert_int_equal(shmcol_csv_pack(&in, 1, csv_path("new"), &o, NULL, &err),
                     SHMCOL_ERR_SAME_FILE);
    o.rejects = csv_path("new");
    assert_int_equal(shmcol_csv_pack(&in, 1, o.rejects, &o, NULL, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(access(csv_path("new"), F_OK), -1);
    p = csv_pack("a,b\n1\n", NULL); /* the input is still there and unchanged */
    assert_int_equal(p.status, SHMCOL_ERR_CSV_RAGGED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compressed_sizes), cmocka_unit_test(test_padding),
        cmocka_unit_test(test_damaged),          cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_wrong_encoding),   cmocka_unit_test(test_utf16_is_told),
        cmocka_unit_test(test_standard_input),   cmocka_unit_test(test_what_is_no_input),
    };
    return cmocka_run_group_tests(tests, support_begin, csv_end);
}
