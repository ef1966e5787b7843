/* Reserved addresses, over which the pages of files are mapped back to back. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sys/sys.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

enum { RESERVED = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE };

int sys_reserve(uint64_t size, uint8_t **base)
{
    if (size > SIZE_MAX)
        return ENOMEM;
    void *got = mmap(NULL, (size_t)size, PROT_NONE, RESERVED, -1, 0);
    if (got == MAP_FAILED)
        return errno;
    *base = got;
    return 0;
}

int sys_reserve_at(uint8_t *base, uint64_t size)
{
    void *got = mmap(base, (size_t)size, PROT_NONE, RESERVED | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == base)
        return 0;
    if (got == MAP_FAILED)
        return errno;
    munmap(got, (size_t)size); /* Linux before 4.17 takes the address for a wish */
    return EEXIST;
}

int sys_map_again(uint8_t *to, const uint8_t *from, uint64_t size)
{
    /* An old size of 0 leaves the map at `from` and makes another one of the same pages. */
    void *got = mremap((void *)(uintptr_t)from, 0, (size_t)size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    return got == MAP_FAILED ? errno : 0;
}

int sys_map_again_if_free(uint8_t *to, const uint8_t *from, uint64_t size)
{
    /* Without MREMAP_FIXED the new address is a wish, and nothing that is mapped there is lost. */
    void *got = mremap((void *)(uintptr_t)from, (size_t)size, (size_t)size,
                       MREMAP_MAYMOVE | MREMAP_DONTUNMAP, to);
    if (got == MAP_FAILED)
        return errno;
    if (got == to)
        return 0;
    munmap(got, (size_t)size);
    return EEXIST;
}

int sys_map_over(uint8_t *to, const uint8_t *from, uint64_t size)
{
    void *other = mremap((void *)(uintptr_t)from, 0, (size_t)size, MREMAP_MAYMOVE);
    if (other == MAP_FAILED)
        return errno;
    if (mremap(other, (size_t)size, (size_t)size, MREMAP_MAYMOVE | MREMAP_FIXED, to) != MAP_FAILED)
        return 0;
    const int errnum = errno;
    munmap(other, (size_t)size);
    return errnum;
}

int sys_map_private_at(uint8_t *to, int fd, uint64_t offset, uint64_t size)
{
    void *got = mmap(to, (size_t)size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd, (off_t)offset);
    return got == MAP_FAILED ? errno : 0;
}

int sys_memory_at(uint8_t *to, uint64_t size)
{
    void *got = mmap(to, (size_t)size, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    return got == MAP_FAILED ? errno : 0;
}

bool sys_address_limit(uint64_t *bytes)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return false;
    *bytes = (uint64_t)limit.rlim_cur;
    return true;
}

/* Counts the lines of a file of /proc. */
static uint64_t count_lines(const char *path)
{
    char buffer[4096];
    uint64_t lines = 0;
    size_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    while (got > 0 && sys_read(fd, buffer, sizeof buffer, &got) == 0)
        for (size_t i = 0; i < got; i++)
            lines += buffer[i] == '\n';
    close(fd);
    return lines;
}

bool sys_map_limit(uint64_t *most, uint64_t *used)
{
    char text[32];
    size_t got = 0;
    int fd = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const int errnum = sys_read(fd, text, sizeof text - 1, &got);
    close(fd);
    if (errnum != 0 || got == 0)
        return false;
    text[got] = 0;
    *most = strtoull(text, NULL, 10);
    *used = count_lines("/proc/self/maps");
    return *most != 0;
}
