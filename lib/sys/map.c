/* Maps of files, and the kernel's knowledge of their pages. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "sys/sys.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22 /* Linux 5.14; older headers do not name them */
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

/* Maps a file; one in memory at a multiple of the size of a huge page if possible, since huge pages
 * are mapped as such only there. The kernel does that itself for files on disks, but in memory only
 * if it makes huge pages itself. It maps from the top down, so there is room below. */
static void *map_aligned(size_t size, int protection, int flags, int fd)
{
    void *got = mmap(NULL, size, protection, flags, fd, 0);
    uintptr_t beyond = (uintptr_t)got % SYS_HUGE_PAGE;
    if (got == MAP_FAILED || size < SYS_HUGE_PAGE || beyond == 0 || !sys_in_memory(fd))
        return got;
    munmap(got, size);
    /* The address is only a hint: a map elsewhere is correct, too. */
    return mmap((char *)got - beyond, size, protection, flags, fd, 0);
}

int sys_map(int fd, uint64_t size, bool writable_private, const uint8_t **map)
{
    if (size > SIZE_MAX)
        return ENOMEM;
    int protection = writable_private ? PROT_READ | PROT_WRITE : PROT_READ;
    /* NORESERVE: a private map needs no memory until a page is written, and a file larger than
     * memory must open. */
    int flags = writable_private ? MAP_PRIVATE | MAP_NORESERVE : MAP_SHARED;
    void *got = map_aligned((size_t)size, protection, flags, fd);
    /* Before Linux 6.7 a file that is sealed against writing cannot be mapped shared through a
     * writable descriptor. Nobody can write to it, so a private map shows the same pages. */
    if (got == MAP_FAILED && errno == EPERM && !writable_private)
        got = map_aligned((size_t)size, protection, MAP_PRIVATE, fd);
    if (got == MAP_FAILED)
        return errno;
    *map = got;
    return 0;
}

int sys_map_shared(int fd, uint64_t size, uint8_t **map)
{
    if (size > SIZE_MAX)
        return ENOMEM;
    void *got = map_aligned((size_t)size, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
    if (got == MAP_FAILED)
        return errno;
    *map = got;
    return 0;
}

int sys_huge_page(int fd, uint64_t offset)
{
    if (sys_hidden("collapse"))
        return EINVAL;
    const size_t size = SYS_HUGE_PAGE;
    void *room =
        mmap(NULL, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED)
        return errno;
    char *at = (char *)room + (size - (uintptr_t)room % size) % size;
    void *map = mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)offset);
    int errnum = map != MAP_FAILED && madvise(map, size, MADV_COLLAPSE) == 0 ? 0 : errno;
    munmap(room, 2 * size);
    return errnum;
}

void sys_unmap(const uint8_t *map, uint64_t size)
{
    if (map != NULL)
        munmap((void *)(uintptr_t)map, (size_t)size);
}

uint64_t sys_page_size(void)
{
    return (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Returns the size of the whole pages that hold these bytes, and sets *begin to the first. */
static size_t whole_pages(const uint8_t *map, uint64_t size, void **begin)
{
    uintptr_t first = (uintptr_t)map & ~((uintptr_t)sys_page_size() - 1);
    *begin = (void *)first;
    return (size_t)((uintptr_t)map + size - first);
}

int sys_advise(const uint8_t *map, uint64_t size, enum sys_advice advice)
{
    void *begin;
    size_t length = whole_pages(map, size, &begin);
    static const int advices[] = {[SYS_PREFAULT] = MADV_POPULATE_READ,
                                  [SYS_PREFAULT_WRITE] = MADV_POPULATE_WRITE,
                                  [SYS_SEQUENTIAL] = MADV_SEQUENTIAL,
                                  [SYS_RANDOM] = MADV_RANDOM,
                                  [SYS_LET_GO] = MADV_DONTNEED};
    if (size == 0 || madvise(begin, length, advices[advice]) == 0)
        return 0;
    if (advice != SYS_PREFAULT || errno != EINVAL)
        return errno;
    /* A kernel before 5.14: at least start reading the pages. */
    return madvise(begin, length, MADV_WILLNEED) == 0 ? 0 : errno;
}

void sys_map_read_ahead(const uint8_t *map, uint64_t size)
{
    void *begin;
    size_t length = whole_pages(map, size, &begin);
    (void)madvise(begin, length, MADV_WILLNEED);
}

int sys_was_written(const uint8_t *map, uint64_t size, bool *written)
{
    enum { PAGES = 512 };
    /* Bits of an entry: in memory, swapped out, a page of the file. */
    const uint64_t present = UINT64_C(1) << 63, swapped = UINT64_C(1) << 62,
                   of_file = UINT64_C(1) << 61;
    uint64_t entries[PAGES];
    void *begin;
    const uint64_t page = sys_page_size(),
                   pages = (whole_pages(map, size, &begin) + page - 1) / page,
                   first = (uintptr_t)begin / page;
    int fd = -1, errnum = sys_open_read("/proc/self/pagemap", &fd);
    *written = errnum != 0;
    for (uint64_t at = 0; at < pages && !*written; at += PAGES) {
        const uint64_t n = pages - at < PAGES ? pages - at : PAGES;
        size_t got;
        errnum = sys_pread(fd, entries, n * sizeof *entries, (first + at) * sizeof *entries, &got);
        *written = errnum != 0 || got < n * sizeof *entries;
        for (uint64_t i = 0; i < n && !*written; i++)
            *written = (entries[i] & (present | swapped)) != 0 && (entries[i] & of_file) == 0;
    }
    sys_close(fd);
    return 0;
}

int sys_resident(const uint8_t *map, uint64_t size, uint64_t *resident)
{
    enum { PAGES = 4096 };
    unsigned char in_core[PAGES];
    uint64_t page = sys_page_size(), found = 0;
    for (uint64_t at = 0; at < size; at += PAGES * page) {
        uint64_t length = size - at < PAGES * page ? size - at : PAGES * page;
        if (mincore((void *)(uintptr_t)(map + at), (size_t)length, in_core) != 0)
            return errno;
        for (uint64_t i = 0; i < (length + page - 1) / page; i++)
            found += in_core[i] & 1;
    }
    *resident = found * page;
    return 0;
}
