/* Compressed files (F-70 … F-77). Compressing and decompressing gives the same bytes, for every
 * good file, level and number of threads. All damage is found, and hostile files end in an
 * answer. */
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "compress/stored.h"
#include "format/bytes.h"
#include "format/hash.h"
#include "format/ondisk.h"
#include "read/file.h"
#include "read_support.h"
#include "writer_support.h"

/* A feature bit of a later version: its meaning is unknown, so the file is not rewritten (F-75). */
static const char *const later[] = {"compat-bit.shmcol", "compat-bit-reserved.shmcol",
                                    "ro-compat-bit.shmcol"};

static bool is_later(const char *name)
{
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        if (strcmp(name, later[i]) == 0)
            return true;
    return false;
}

/* A part of a table is never compressed (F-79). */
static bool is_part(const char *path)
{
    support_bytes file = support_read(path);
    bool part = file.length >= FMT_HEADER_SIZE && fmt_load32(file.data + FMT_H_ALIGNMENT) != 0;
    free(file.data);
    return part;
}

static shmcol_status compress_to(const char *from, const char *to, int level, uint32_t threads,
                                 shmcol_error *err)
{
    shmcol_compress_options o = SHMCOL_COMPRESS_OPTIONS_INIT;
    o.level = level;
    o.threads = threads;
    o.overwrite = o.no_sync = 1;
    return shmcol_compress(from, to, &o, err);
}

static shmcol_status decompress_to(const char *from, const char *to, uint32_t threads,
                                   shmcol_error *err)
{
    shmcol_compress_options o = SHMCOL_COMPRESS_OPTIONS_INIT;
    o.threads = threads;
    o.overwrite = o.no_sync = 1;
    return shmcol_decompress(from, to, &o, err);
}

static void assert_same(const char *a, const char *b)
{
    support_bytes x = support_read(a), y = support_read(b);
    assert_true(support_same(x, y));
    free(x.data);
    free(y.data);
}

/* Returns the answer of a whole check of the file as it is stored. */
static shmcol_status check_stored(const char *path, shmcol_error *err)
{
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file *file = NULL;
    how.flags = SHMCOL_OPEN_STORED;
    shmcol_status status = shmcol_open(path, &how, &file, err);
    if (status == SHMCOL_OK)
        status = shmcol_verify(file, NULL, err);
    shmcol_close(file);
    return status;
}

static void there_and_back(const char *path, const char *name)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    const char *packed = support_path("packed.shmcol"), *again = support_path("again.shmcol"),
               *plain = support_path("plain.shmcol");
    if (is_later(name)) {
        assert_int_equal(compress_to(path, packed, 0, 1, &err), SHMCOL_ERR_FEATURE);
        return;
    }
    if (compress_to(path, packed, 0, 1, &err) != SHMCOL_OK ||
        check_stored(packed, &err) != SHMCOL_OK ||
        compress_to(path, again, 0, 5, &err) != SHMCOL_OK ||
        decompress_to(packed, plain, 3, &err) != SHMCOL_OK)
        fail_msg("%s: %s", name, err.message);
    assert_same(packed, again);
    assert_same(path, plain);
}

static void every_good_file(void **state)
{
    (void)state;
    DIR *d = opendir(SOURCE_DIR "/spec/corpus/good");
    int count = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[600];
        if (strstr(e->d_name, ".shmcol") == NULL || strncmp(e->d_name, "zstd-", 5) == 0)
            continue;
        snprintf(path, sizeof path, SOURCE_DIR "/spec/corpus/good/%s", e->d_name);
        if (is_part(path))
            assert_int_equal(compress_to(path, support_path("refused.shmcol"), 0, 1, NULL),
                             SHMCOL_ERR_INVALID_ARGUMENT);
        else
            there_and_back(path, e->d_name);
        count++;
    }
    closedir(d);
    assert_true(count > 50);
}

/* A file that another writer compressed, perhaps in other frames, gives the same plain file as
 * ours. */
static void compressed_by_another(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    const char *plain = support_path("a.shmcol"), *other = support_path("b.shmcol"),
               *packed = support_path("c.shmcol");
    assert_int_equal(decompress_to(corpus("good/zstd-mixed"), plain, 2, &err), SHMCOL_OK);
    assert_int_equal(decompress_to(corpus("good/zstd-level-19"), other, 2, &err), SHMCOL_OK);
    assert_same(plain, other);
    /* F-71: slots stored uncompressed */
    assert_int_equal(decompress_to(corpus("good/zstd-uncompressed-some"), other, 2, &err),
                     SHMCOL_OK);
    assert_same(plain, other);
    assert_int_equal(decompress_to(corpus("good/zstd-uncompressed-all"), other, 2, &err),
                     SHMCOL_OK);
    assert_same(plain, other);
    assert_int_equal(compress_to(plain, packed, 7, 2, &err), SHMCOL_OK);
    assert_int_equal(decompress_to(packed, other, 1, &err), SHMCOL_OK);
    assert_same(plain, other);
}

static void refusals(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_compress_options o = SHMCOL_COMPRESS_OPTIONS_INIT;
    const char *out = support_path("refused.shmcol"), *plain = support_path("mine.shmcol");
    assert_int_equal(compress_to(corpus("good/zstd-mixed"), out, 0, 1, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(decompress_to(corpus("good/rows-64"), out, 1, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(compress_to(corpus("good/rows-64"), out, 23, 1, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(compress_to(corpus("good/rows-64"), out, -1, 1, &err),
                     SHMCOL_ERR_INVALID_ARGUMENT);
    assert_int_equal(compress_to(corpus("unsupported/column-type-26"), out, 0, 1, &err),
                     SHMCOL_ERR_COLUMN_UNSUPPORTED);
    assert_int_equal(compress_to(corpus("unsupported/envelope-2"), out, 0, 1, &err),
                     SHMCOL_ERR_ENVELOPE_VERSION);
    assert_int_equal(decompress_to(corpus("unsupported/zstd-envelope-2"), out, 1, &err),
                     SHMCOL_ERR_ENVELOPE_VERSION);
    assert_int_equal(decompress_to(corpus("unsupported/zstd-encoding-2"), out, 1, &err),
                     SHMCOL_ERR_COLUMN_UNSUPPORTED);
    assert_int_equal(decompress_to(corpus("unsupported/later-region-zstd"), out, 1, &err),
                     SHMCOL_ERR_FEATURE); /* F-65, F-75 */
    assert_int_equal(compress_to(corpus("unsupported/later-region"), out, 0, 1, &err),
                     SHMCOL_ERR_FEATURE);
    assert_int_equal(compress_to(corpus("bad/block-values"), out, 0, 1, &err),
                     SHMCOL_ERR_BLOCK_HASH);
    assert_int_equal(compress_to(support_path("not there"), out, 0, 1, &err), SHMCOL_ERR_IO);
    assert_int_equal(access(out, F_OK), -1);
    assert_int_equal(decompress_to(corpus("good/zstd-mixed"), plain, 1, &err), SHMCOL_OK);
    assert_int_equal(shmcol_compress(corpus("good/rows-64"), plain, &o, &err), SHMCOL_ERR_EXISTS);
    o.overwrite = 1;
    assert_int_equal(shmcol_compress(plain, plain, &o, &err), SHMCOL_ERR_SAME_FILE);
    assert_string_equal(err.path, plain);
    assert_int_equal(shmcol_compress(NULL, plain, &o, &err), SHMCOL_ERR_INVALID_ARGUMENT);
    o.size = 4;
    assert_int_equal(shmcol_compress(plain, out, &o, &err), SHMCOL_ERR_INVALID_ARGUMENT);
}

static int stop_at_once(void *arg, uint64_t done, uint64_t total)
{
    (void)arg;
    assert_true(done <= total);
    return 1;
}

static void cancelled(void **state)
{
    (void)state;
    shmcol_compress_options o = SHMCOL_COMPRESS_OPTIONS_INIT;
    const char *out = support_path("cancelled.shmcol");
    unsigned before = support_entries();
    o.progress = stop_at_once;
    assert_int_equal(shmcol_compress(corpus("good/big-values"), out, &o, NULL),
                     SHMCOL_ERR_CANCELLED);
    assert_int_equal(shmcol_decompress(corpus("good/zstd-blocks"), out, &o, NULL),
                     SHMCOL_ERR_CANCELLED);
    assert_int_equal(support_entries(), before);
}

/* ---- damage ---- */

static shmcol_status check_memory(const uint8_t *data, size_t size, shmcol_level level)
{
    shmcol_file *file = NULL;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.level = level;
    options.threads = 1;
    shmcol_status status = read_open_memory(data, size, SHMCOL_OPEN_STORED, &file, NULL);
    if (status == SHMCOL_OK)
        status = shmcol_verify(file, &options, NULL);
    shmcol_close(file);
    return status;
}

/* Flips one bit of each byte. The level `checksums` finds all of them but those of content_id,
 * which need the level `full`. */
static void every_byte(void **state)
{
    (void)state;
    size_t size;
    uint8_t *data = read_corpus("good/zstd-mixed", &size);
    assert_int_equal(check_memory(data, size, SHMCOL_VERIFY_FULL), SHMCOL_OK);
    for (size_t i = 0; i < size; i += SANITIZED ? 13 : 1) {
        data[i] ^= (uint8_t)(1u << (i % 8));
        if (check_memory(data, size, SHMCOL_VERIFY_CHECKSUMS) == SHMCOL_OK)
            fail_msg("nobody sees that byte %zu changed", i);
        data[i] ^= (uint8_t)(1u << (i % 8));
    }
    for (size_t length = 0; length < size; length += SANITIZED ? 101 : 7)
        assert_int_equal(check_memory(data, length, SHMCOL_VERIFY_STRUCTURE), SHMCOL_ERR_TRUNCATED);
    free(data);
}

/* Any bytes in the frames give an answer and no crash, and no other content is published. The
 * hashes above are not repaired: decompressing must not rely on them. */
static void hostile_frames(void **state)
{
    (void)state;
    static const char *const files[] = {"good/zstd-mixed", "good/zstd-texts"};
    const char *bad = support_path("hostile.shmcol"), *out = support_path("out.shmcol");
    for (size_t f = 0; f < 2; f++) {
        size_t size;
        uint64_t schema, length;
        uint8_t *data = read_corpus(files[f], &size);
        memcpy(&schema, data + 200 + 4 * 24, 8);
        memcpy(&length, data + 200 + 4 * 24 + 8, 8);
        for (size_t i = schema + length, n = 0; i < size;
             i += 1 + i % (SANITIZED ? 211 : 31), n++) {
            uint8_t kept = data[i];
            data[i] = (uint8_t)(n % 3 == 0 ? 0xFF : n % 3 == 1 ? kept ^ 0x10 : kept + 1);
            FILE *w = fopen(bad, "wb");
            assert_int_equal(fwrite(data, 1, size, w), size);
            fclose(w);
            shmcol_status status = decompress_to(bad, out, 1, NULL);
            if (status == SHMCOL_OK) { /* for example a byte of the envelope, which is made anew */
                shmcol_file *file = NULL;
                assert_int_equal(shmcol_open(out, NULL, &file, NULL), SHMCOL_OK);
                assert_int_equal(shmcol_verify(file, NULL, NULL), SHMCOL_OK);
                shmcol_close(file);
            } else {
                assert_int_equal(shmcol_status_class(status), SHMCOL_CLASS_DATA);
            }
            unlink(out);
            data[i] = kept;
        }
        free(data);
    }
}

/* Frames that are wrong though every hash is right: the bad files of the corpus are never made
 * plain. */
static void bad_files_stay_closed(void **state)
{
    (void)state;
    DIR *d = opendir(SOURCE_DIR "/spec/corpus/bad");
    int count = 0;
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        char path[600];
        if (strncmp(e->d_name, "zstd-frame-", 11) != 0 &&
            strcmp(e->d_name, "zstd-uncompressed-prefix.shmcol") != 0 &&
            strcmp(e->d_name, "zstd-uncompressed-content.shmcol") != 0 &&
            strncmp(e->d_name, "zstd-prefix", 11) != 0 &&
            strncmp(e->d_name, "zstd-content", 12) != 0)
            continue;
        snprintf(path, sizeof path, SOURCE_DIR "/spec/corpus/bad/%s", e->d_name);
        shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
        shmcol_file *file = NULL;
        const char *out = support_path("never.shmcol");
        how.flags = SHMCOL_OPEN_COPY;
        assert_int_equal(shmcol_status_class(decompress_to(path, out, 2, NULL)), SHMCOL_CLASS_DATA);
        assert_int_equal(access(out, F_OK), -1);
        assert_int_equal(shmcol_status_class(shmcol_open(path, &how, &file, NULL)),
                         SHMCOL_CLASS_DATA);
        count++;
    }
    closedir(d);
    assert_true(count > 8);
}

/* ---- opening ---- */

static void opening(void **state)
{
    (void)state;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT, stored = SHMCOL_FILE_INFO_INIT;
    shmcol_file *file = NULL;
    const int32_t *id;
    uint64_t n;
    const char *path = corpus("good/zstd-mixed");
    assert_int_equal(shmcol_open(path, NULL, &file, &err), SHMCOL_ERR_FEATURE);
    assert_non_null(strstr(err.hint, "SHMCOL_OPEN_COPY"));
    how.flags = SHMCOL_OPEN_STORED;
    assert_int_equal(shmcol_open(path, &how, &file, &err), SHMCOL_OK);
    assert_int_equal(shmcol_int32(file, "id", &id, &n, NULL, &err), SHMCOL_ERR_FEATURE);
    assert_non_null(err.hint[0] ? err.hint : NULL);
    assert_int_equal(shmcol_get_info(file, &stored, &err), SHMCOL_OK);
    assert_true(stored.compressed && stored.stored_size == stored.file_size &&
                stored.incompat == 1);
    shmcol_close(file);
    how.flags = SHMCOL_OPEN_COPY;
    assert_int_equal(shmcol_open(path, &how, &file, &err), SHMCOL_OK);
    assert_int_equal(shmcol_get_info(file, &info, &err), SHMCOL_OK);
    assert_true(info.compressed && info.incompat == 0 && info.stored_size == stored.file_size);
    assert_true(info.plain_size == info.file_size && info.plain_size == stored.plain_size);
    assert_memory_equal(info.file_id, stored.content_id, 16);
    assert_int_equal(shmcol_int32(file, "id", &id, &n, NULL, &err), SHMCOL_OK);
    assert_true(n == 5 && id[0] == 5 && id[4] == 9);
    assert_int_equal(shmcol_verify(file, NULL, &err), SHMCOL_OK);
    shmcol_close(file);
    int fd = open(path, O_RDONLY);
    assert_int_equal(shmcol_open_fd(fd, &how, &file, &err), SHMCOL_OK);
    close(fd);
    shmcol_close(file);
    how.flags = SHMCOL_OPEN_COPY; /* a plain file is mapped as always */
    assert_int_equal(shmcol_open(corpus("good/rows-64"), &how, &file, &err), SHMCOL_OK);
    shmcol_close(file);
    assert_int_equal(shmcol_open(corpus("bad/header-hash"), &how, &file, &err),
                     SHMCOL_ERR_HEADER_HASH);
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* Asking for the plain form of a damaged compressed file gives the error that names the damage. */
static void opening_damaged(void **state)
{
    (void)state;
    static const uint32_t ways[] = {SHMCOL_OPEN_STORED, SHMCOL_OPEN_COPY, SHMCOL_OPEN_CACHE};
    static const uint64_t nothing = UINT64_MAX;
    const char *cut = support_path("cut.shmcol"), *wrong = support_path("wrong.shmcol");
    size_t size;
    uint8_t *data = read_corpus("good/zstd-mixed", &size);
    write_file(cut, data, size - 1);
    memcpy(data + FMT_H_BODY_LENGTH, &nothing, sizeof nothing);
    memset(data + FMT_H_HASH, 0, 8);
    uint64_t hash = fmt_hash(data, FMT_HEADER_SIZE);
    memcpy(data + FMT_H_HASH, &hash, sizeof hash);
    write_file(wrong, data, size);
    free(data);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
        shmcol_file *file = NULL;
        how.flags = ways[i];
        assert_int_equal(shmcol_open(cut, &how, &file, NULL), SHMCOL_ERR_TRUNCATED);
        assert_int_equal(shmcol_open(wrong, &how, &file, NULL), SHMCOL_ERR_HEADER_FIELD);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_good_file),
        cmocka_unit_test(compressed_by_another),
        cmocka_unit_test(refusals),
        cmocka_unit_test(cancelled),
        cmocka_unit_test(every_byte),
        cmocka_unit_test(hostile_frames),
        cmocka_unit_test(bad_files_stay_closed),
        cmocka_unit_test(opening),
        cmocka_unit_test(opening_damaged),
    };
    return cmocka_run_group_tests_name("compressed files", tests, support_begin, support_end);
}
