/* A file and its map, from its first bytes to its closing. Four system calls (and close), two
 * allocations, and no page of the map where the directory is short: to touch a first page of a map
 * and to let it go again takes six times as long as to read the same bytes. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/bytes.h"
#include "format/header.h"
#include "format/ondisk.h"
#include "read/table.h"
#include "read/words.h"

enum {
    DECOMPRESS = SHMCOL_OPEN_CACHE | SHMCOL_OPEN_COPY,
    FIRST_READ = 4096, /* a header of this version and the directory of a few columns */
    FRONT_MOST = 16384 /* of a directory that is copied: of some 50 columns */
};

shmcol_file *read_new_file(const char *path)
{
    size_t length = strlen(path);
    shmcol_file *file = malloc(sizeof *file + length + 1);
    if (file == NULL)
        return NULL;
    memset(file, 0, sizeof *file);
    atomic_init(&file->references, 1);
    atomic_init(&file->index_state, INDEX_UNKNOWN);
    atomic_init(&file->zones_wanted, UINT32_MAX);
    atomic_init(&file->words, NULL);
    file->fd = -1;
    memcpy(file->path, path, length + 1);
    return file;
}

static shmcol_status map_failed(const char *path, int errnum, uint64_t size, shmcol_error *err)
{
    if (errnum != ENOMEM)
        return shm_fail_sys(err, errnum, path, "cannot map");
    shm_fail(err, SHMCOL_ERR_ADDRESS_SPACE, "",
             "cannot map %" PRIu64 " bytes: not enough address space", size);
    shm_error_hint(err, "%s",
                   sizeof(void *) < 8
                       ? "a file of this size takes a 64-bit process"
                       : "raise the limit on address space (ulimit -v) or vm.max_map_count");
    shm_error_path(err, path);
    return SHMCOL_ERR_ADDRESS_SPACE;
}

shmcol_status read_advice_failed(const shmcol_file *file, int errnum, shmcol_error *err)
{
    if (errnum != EFAULT)
        return shm_fail_sys(err, errnum, file->path, "cannot advise the kernel on the mapped file");
    shm_fail(err, SHMCOL_ERR_FAULT, "", "the mapped file was cut short, or its device failed");
    shm_error_path(err, file->path);
    return SHMCOL_ERR_FAULT;
}

static shmcol_status advise(shmcol_file *file, uint32_t flags, shmcol_error *err)
{
    static const struct {
        uint32_t flag;
        enum sys_advice advice;
    } table[] = {{SHMCOL_OPEN_SEQUENTIAL, SYS_SEQUENTIAL},
                 {SHMCOL_OPEN_RANDOM, SYS_RANDOM},
                 {SHMCOL_OPEN_PREFAULT, SYS_PREFAULT}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int errnum = flags & table[i].flag
                         ? sys_advise(file->map, file->header.file_size, table[i].advice)
                         : 0;
        if (errnum != 0)
            return read_advice_failed(file, errnum, err);
    }
    return SHMCOL_OK;
}

/* Checks the header (F-60) of a mapped file of `size` bytes, of which the first `available` are at
 * `front`, and sets the header's fields of `file`. */
static shmcol_status check_header(shmcol_file *file, const uint8_t *front, uint64_t available,
                                  uint64_t size, uint32_t flags, shmcol_error *err)
{
    fmt_fault fault;
    fmt_header *h = &file->header;
    bool stored = (flags & SHMCOL_OPEN_STORED) != 0;
    int code = FMT_OK;
    /* A caller that allows decompressing learns what is wrong with a compressed file, and not that
     * it is compressed. */
    if (stored || (flags & DECOMPRESS) != 0)
        code = fmt_header_decode_stored(front, available, size, h, &fault);
    if (!stored && code == FMT_OK)
        code = fmt_header_decode(front, available, size, h, &fault);
    file->stored_size = size;
    file->compressed = code == FMT_OK && fmt_header_compressed(h);
    if (code == FMT_OK)
        return SHMCOL_OK;
    shmcol_status status = read_fault(file, &fault, NULL, err);
    if (code == FMT_FEATURE && fmt_header_decode_stored(front, available, size, h, NULL) == FMT_OK)
        shm_error_hint(err, "open it with SHMCOL_OPEN_CACHE or SHMCOL_OPEN_COPY, or make it plain "
                            "with shmcol-pack --plain");
    return status;
}

/* The first bytes of a file, which are read and not mapped: a file that is cut while it is opened
 * then gives an error and not a fault. */
typedef struct first_bytes {
    uint8_t first[FIRST_READ];
    uint8_t *longer; /* a later version's header may be longer than `first`: all of it, else NULL */
    const uint8_t *bytes; /* one of the two */
    size_t length;
    uint64_t file_size; /* as it was looked at, or less if it ends among these bytes */
} first_bytes;

/* Reads the first `length` bytes of the file, or as many as it has. */
static shmcol_status read_start(const char *path, int fd, uint8_t *to, uint64_t length,
                                first_bytes *b, shmcol_error *err)
{
    size_t wanted = b->file_size < length ? (size_t)b->file_size : (size_t)length;
    int errnum = sys_pread(fd, to, wanted, 0, &b->length);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, path, "cannot read");
    b->bytes = to;
    if (b->length < wanted)
        b->file_size = b->length;
    return SHMCOL_OK;
}

/* Reads all bytes that the check of the header needs. The caller sets b->file_size, and frees
 * b->longer. */
static shmcol_status read_first(const char *path, int fd, first_bytes *b, shmcol_error *err)
{
    shmcol_status status = read_start(path, fd, b->first, FIRST_READ, b, err);
    if (status != SHMCOL_OK || b->length < FIRST_READ)
        return status;
    uint32_t header = fmt_load32(b->first + FMT_H_HEADER_SIZE);
    /* The check of the header refuses one that is too long. */
    if (header <= FIRST_READ || header > FMT_HEADER_SIZE_MAX)
        return SHMCOL_OK;
    b->longer = malloc(header);
    return b->longer != NULL ? read_start(path, fd, b->longer, header, b, err)
                             : shm_fail_memory(err);
}

/* Prepares the directory: copies a short one. A long one stays in the map, of which single pages
 * will be read, so the kernel is told not to read megabytes around each. */
static shmcol_status prepare_front(shmcol_file *file, int fd, const first_bytes *b,
                                   shmcol_error *err)
{
    const fmt_region *last = &file->header.regions[FMT_REGION_METADATA];
    const uint64_t length = last->offset + last->length;
    const size_t known = length < b->length ? (size_t)length : b->length;
    size_t rest = 0;
    uint8_t *copy = length <= FRONT_MOST ? malloc((size_t)length) : NULL;
    if (copy == NULL) {
        (void)sys_advise(file->map, length, SYS_RANDOM);
        return SHMCOL_OK;
    }
    file->front = copy; /* freed with the file, also after a failure */
    memcpy(copy, b->bytes, known);
    if (known == length)
        return SHMCOL_OK;
    int errnum = sys_pread(fd, copy + known, (size_t)length - known, known, &rest);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, file->path, "cannot read");
    if (known + rest == length)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_TRUNCATED, "F-5", "the file was cut short while it was opened");
    shm_error_offset(err, (int64_t)(known + rest));
    shm_error_path(err, file->path);
    return SHMCOL_ERR_TRUNCATED;
}

void read_free_file(shmcol_file *file)
{
    if (file->front != file->map)
        free((void *)(uintptr_t)file->front);
    read_words_free(atomic_load_explicit(&file->words, memory_order_acquire));
    free(file);
}

/* Reads the first bytes of a mapped file, checks its header and prepares its directory. */
static shmcol_status read_and_check(shmcol_file *file, int fd, uint64_t size, uint32_t flags,
                                    shmcol_error *err)
{
    first_bytes b;
    b.longer = NULL;
    b.file_size = size;
    file->front = file->map;
    shmcol_status status = read_first(file->path, fd, &b, err);
    if (status != SHMCOL_OK)
        goto done;
    status = check_header(file, b.bytes, b.length, b.file_size, flags, err);
    if (status != SHMCOL_OK)
        goto done;
    status = prepare_front(file, fd, &b, err);
done:
    free(b.longer);
    return status;
}

/* Maps the file and checks its header. */
static shmcol_status map_and_check(shmcol_file *file, int fd, uint64_t size, uint32_t flags,
                                   shmcol_error *err)
{
    int errnum = sys_map(fd, size, (flags & SHMCOL_OPEN_PRIVATE) != 0, &file->map);
    if (errnum != 0)
        return map_failed(file->path, errnum, size, err);
    return read_and_check(file, fd, size, flags, err);
}

shmcol_status read_open_mapped(int fd, const sys_file_info *info, const char *path, uint32_t flags,
                               shmcol_file **out, shmcol_error *err)
{
    shmcol_file *file = read_new_file(path);
    if (file == NULL)
        return shm_fail_memory(err);
    file->device = info->device;
    file->inode = info->inode;
    file->private_pages = (flags & SHMCOL_OPEN_PRIVATE) != 0;
    shmcol_status status = map_and_check(file, fd, info->size, flags, err);
    if (status == SHMCOL_OK && flags != 0)
        status = advise(file, flags, err);
    if (status != SHMCOL_OK) {
        sys_unmap(file->map, info->size);
        read_free_file(file);
        return status;
    }
    file->slot = sys_fault_register(file->map, info->size, file);
    *out = file;
    return SHMCOL_OK;
}

shmcol_status read_open_memory(const void *data, size_t size, uint32_t flags, shmcol_file **file,
                               shmcol_error *err)
{
    if (data == NULL || file == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "data or file is NULL");
    if ((uintptr_t)data % 64 != 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "data must be aligned to 64 bytes");
    shmcol_file *opened = read_new_file("");
    if (opened == NULL)
        return shm_fail_memory(err);
    opened->map = opened->front = data;
    opened->in_memory = true;
    shmcol_status status = check_header(opened, data, size, size, flags, err);
    if (status != SHMCOL_OK) {
        read_free_file(opened);
        return status;
    }
    *file = opened;
    return SHMCOL_OK;
}

shmcol_status read_open_part(struct read_part *part, int fd, shmcol_file *file, shmcol_error *err)
{
    file->part = part;
    file->map = file->front = part->map;
    file->device = part->device;
    file->inode = part->inode;
    file->private_pages = part->private_pages;
    return fd >= 0 ? read_and_check(file, fd, part->size, 0, err)
                   : check_header(file, part->map, part->size, part->size, 0, err);
}
