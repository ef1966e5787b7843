/* Compresses and decompresses files in memory. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compress/stored.h"
#include "format/ondisk.h"
#include "fuzz.h"

static int memory_file(void)
{
    int fd = memfd_create("shmcol-fuzz", MFD_CLOEXEC);
    if (fd < 0)
        abort();
    return fd;
}

/* Larger than any test input: not worth the time. */
static bool is_small(const stored_source *source)
{
    uint64_t plain;
    return stored_plain_size(source, &plain, NULL) == SHMCOL_OK && plain <= (UINT64_C(1) << 20);
}

size_t fuzz_other_form(const uint8_t *file, size_t size, bool compressed, uint8_t *out, size_t room)
{
    const stored_source source = {-1, file, size, ""};
    const stored_work work = {.threads = 1, .level = 1};
    stored_result result;
    struct stat st;
    size_t length = 0;
    if (!compressed && !is_small(&source))
        return 0;
    int fd = memory_file(), side_file = compressed ? memory_file() : -1;
    shmcol_status status = compressed
                               ? stored_compress(&source, &work, fd, side_file, &result, NULL)
                               : stored_decompress(&source, &work, fd, &result, NULL);
    if (status == SHMCOL_OK && fstat(fd, &st) == 0 && (uint64_t)st.st_size <= room &&
        pread(fd, out, (size_t)st.st_size, 0) == st.st_size)
        length = (size_t)st.st_size;
    close(fd);
    if (side_file >= 0)
        close(side_file);
    return length;
}

/* stored_decompress writes the plain form before it compares its id with the one that was promised.
 */
bool fuzz_content_id(const uint8_t *file, size_t size, uint8_t id[16])
{
    const stored_source source = {-1, file, size, ""};
    const stored_work work = {.threads = 1};
    stored_result result;
    if (!is_small(&source))
        return false;
    int fd = memory_file();
    shmcol_status status = stored_decompress(&source, &work, fd, &result, NULL);
    bool good = (status == SHMCOL_OK || status == SHMCOL_ERR_FILE_ID) &&
                pread(fd, id, FMT_ID_SIZE, FMT_H_FILE_ID) == FMT_ID_SIZE;
    close(fd);
    return good;
}
