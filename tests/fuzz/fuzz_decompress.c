/* Any bytes as a compressed file, read in every way: shmcol_decompress, opened as a copy, through a
 * cache, as stored, and compressed again by shmcol_compress. All ways must agree, and no incomplete
 * file may appear. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "read/file.h"
#include "shmcol.h"

#define MAX_PLAIN (UINT64_C(4) << 20)

typedef struct paths {
    char stored[64], plain[64], again[64], back[64], cache[64];
} paths;

static void must(bool condition, const char *what, shmcol_status one, shmcol_status other)
{
    if (condition)
        return;
    fprintf(stderr, "%s: %s, %s\n", what, shmcol_status_name(one), shmcol_status_name(other));
    abort();
}

static shmcol_status verify(shmcol_file *file, shmcol_level level)
{
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.threads = 1;
    options.level = level;
    return shmcol_verify(file, &options, NULL);
}

static void same_bytes(shmcol_file *file, const shmcol_file_info *plain)
{
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    if (shmcol_get_info(file, &info, NULL) != SHMCOL_OK || info.file_size != plain->file_size ||
        memcmp(info.map, plain->map, info.file_size) != 0)
        must(false, "two ways to one file give other bytes", SHMCOL_OK, SHMCOL_OK);
}

/* Opens the file with the flags; the answer and the bytes are those of shmcol_decompress. */
static void open_as(const paths *p, uint32_t flags, shmcol_status status,
                    const shmcol_file_info *plain)
{
    shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file *file = NULL;
    options.flags = flags;
    options.cache_dir = p->cache;
    shmcol_status opened = shmcol_open(p->stored, &options, &file, NULL);
    must(opened == status, "opened and decompressed have other answers", opened, status);
    if (opened != SHMCOL_OK)
        return;
    same_bytes(file, plain);
    shmcol_close(file);
}

/* Returns true for an answer about bytes that decompressing makes anew instead of copying. */
static bool is_left_behind(shmcol_status status)
{
    return status == SHMCOL_ERR_REGION_HASH || status == SHMCOL_ERR_GAP ||
           status == SHMCOL_ERR_BLOCK_HASH || status == SHMCOL_ERR_ENVELOPE;
}

/* Checks that the plain form is whole, gives the same answer as the compressed file, and can be
 * compressed again. */
static void use_plain(const paths *p, shmcol_status full)
{
    shmcol_compress_options options = SHMCOL_COMPRESS_OPTIONS_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_file *file = NULL, *twice = NULL;
    shmcol_status status = shmcol_open(p->plain, NULL, &file, NULL);
    must(status == SHMCOL_OK && shmcol_get_info(file, &info, NULL) == SHMCOL_OK, "not to be opened",
         status, full);
    status = verify(file, SHMCOL_VERIFY_STRUCTURE);
    must(status == SHMCOL_OK, "decompressed, but not whole", status, full);
    status = verify(file, SHMCOL_VERIFY_FULL);
    must(is_left_behind(full) || status == full, "the two forms have other answers", status, full);
    open_as(p, SHMCOL_OPEN_COPY, SHMCOL_OK, &info);
    open_as(p, SHMCOL_OPEN_CACHE, SHMCOL_OK, &info); /* makes the entry */
    open_as(p, SHMCOL_OPEN_CACHE, SHMCOL_OK, &info); /* finds it */
    options.level = 1;
    options.threads = 1;
    options.overwrite = options.no_sync = 1;
    status = shmcol_compress(p->plain, p->back, &options, NULL);
    if (status == SHMCOL_OK) {
        status = shmcol_decompress(p->back, p->again, &options, NULL);
        must(status == SHMCOL_OK && shmcol_open(p->again, NULL, &twice, NULL) == SHMCOL_OK,
             "no way back", status, full);
        same_bytes(twice, &info);
        shmcol_close(twice);
    } else { /* only what this version does not know of is refused */
        must(shmcol_status_class(status) == SHMCOL_CLASS_UNSUPPORTED, "not to be compressed again",
             status, full);
    }
    shmcol_close(file);
}

/* Returns true if the file passes the level `structure`. */
static bool use(const paths *p)
{
    shmcol_compress_options options = SHMCOL_COMPRESS_OPTIONS_INIT;
    shmcol_open_options as_it_is = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_file *file = NULL;
    as_it_is.flags = SHMCOL_OPEN_STORED;
    options.threads = 1;
    options.overwrite = options.no_sync = 1;
    if (shmcol_open(p->stored, &as_it_is, &file, NULL) != SHMCOL_OK) {
        shmcol_status status = shmcol_decompress(p->stored, p->plain, &options, NULL);
        must(status != SHMCOL_OK, "decompressed, but not opened", status, status);
        open_as(p, SHMCOL_OPEN_COPY, status, NULL);
        return false;
    }
    shmcol_status structure = verify(file, SHMCOL_VERIFY_STRUCTURE), full = structure;
    if (shmcol_get_info(file, &info, NULL) == SHMCOL_OK && info.compressed &&
        info.plain_size <= MAX_PLAIN) {
        full = verify(file, SHMCOL_VERIFY_FULL);
        shmcol_status status = shmcol_decompress(p->stored, p->plain, &options, NULL);
        must(full != SHMCOL_OK || status == SHMCOL_OK, "good, but not decompressed", full, status);
        if (status == SHMCOL_OK)
            use_plain(p, full);
        else
            open_as(p, SHMCOL_OPEN_COPY, status, NULL);
    }
    shmcol_close(file);
    return structure == SHMCOL_OK && info.compressed;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    paths p;
    const char *folder = fuzz_folder();
    snprintf(p.stored, sizeof p.stored, "%s/stored", folder);
    snprintf(p.plain, sizeof p.plain, "%s/plain", folder);
    snprintf(p.again, sizeof p.again, "%s/again", folder);
    snprintf(p.back, sizeof p.back, "%s/back", folder);
    snprintf(p.cache, sizeof p.cache, "%s/cache", folder);
    fuzz_write(p.stored, data, size);
    bool deep = use(&p);
    fuzz_count(deep);
    if (deep)
        fuzz_keep(data, size);
    fuzz_empty(p.cache);
    return 0;
}

/* A plain file is compressed first. Half of the mutants of a compressed one are those of its plain
 * form, compressed, so that hostile values come out of good frames. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint8_t *other = malloc(max_size + 1);
    if (other == NULL)
        abort();
    size = fuzz_kept(data, size, max_size, seed);
    if (fuzz_is_file(data, size) && seed % 2 == 0) {
        size_t plain = fuzz_other_form(data, size, false, other, max_size);
        if (plain != 0) {
            plain = fuzz_mutate(other, plain, max_size, seed);
            fuzz_reseal(other, plain);
        }
        size_t packed = plain != 0 ? fuzz_other_form(other, plain, true, data, max_size) : 0;
        size = packed != 0 ? packed : size;
    }
    size_t packed = fuzz_other_form(data, size, true, other, max_size);
    if (packed != 0) {
        memcpy(data, other, packed);
        size = packed;
    }
    free(other);
    if (seed % 2 != 0 || seed % 16 == 0)
        size = fuzz_mutate(data, size, max_size, seed);
    if (seed % 16 != 1)
        fuzz_reseal(data, size);
    return size;
}
