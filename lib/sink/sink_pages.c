/* Allocation of an output before anything is written to it. */
#include <errno.h>
#include <stdatomic.h>

#include "sink/sink_internal.h"

#define EXTENT SYS_HUGE_PAGE
#define THREADS_MAX 4u /* more get in each other's way */
/* In fragmented memory the kernel must make room for each huge page, which takes 5 ms: writing the
 * same bytes to small pages takes 0.9 ms. A hint is given up after a few such pages. */
#define SLOW_SECONDS 0.002
#define SLOW_MAX 8u

typedef struct allocation {
    int fd;
    sink_map map;
    uint64_t size;
    bool hint;             /* only huge pages are made */
    _Atomic uint64_t next; /* offset of the next extent */
    _Atomic int errnum;    /* of the first failure; 0: none */
    _Atomic bool small;    /* the kernel makes no huge pages here, or slowly */
    _Atomic uint32_t slow; /* pages that took longer than SLOW_SECONDS */
} allocation;

/* Allocates one 2 MiB page at `at`: touch one small page, then let the kernel collapse the range.
 * Ten times cheaper than 512 small pages (each takes the file's lock), a hundred times cheaper to
 * map. Returns 0 or an errno value. */
static int make_huge(allocation *a, uint64_t at)
{
    if (a->small || a->size - at < EXTENT)
        return 0;
    int errnum = sys_allocate(a->fd, at, 1);
    if (errnum != 0)
        return errnum;
    const double begun = sys_seconds();
    errnum = sys_huge_page(a->fd, at);
    if (a->hint && sys_seconds() - begun > SLOW_SECONDS &&
        atomic_fetch_add(&a->slow, 1) >= SLOW_MAX)
        a->small = true;
    if (errnum != 0 && errnum != EAGAIN) /* EAGAIN: the small page was in use for a moment */
        a->small = true;
    return 0;
}

/* Allocates every byte of the extent at `at`, in a huge page if possible, and maps its pages. */
static int allocate_extent(allocation *a, uint64_t at)
{
    uint64_t length = a->size - at < EXTENT ? a->size - at : EXTENT,
             mapped = at < a->map.length ? a->map.length - at : 0;
    int errnum = make_huge(a, at);
    if (errnum == 0 && !a->hint)
        errnum = sys_allocate(a->fd, at, length);
    if (errnum == 0 && mapped > 0) /* if this fails, pages are mapped when they are used */
        (void)sys_advise(a->map.bytes + at, mapped < EXTENT ? mapped : EXTENT, SYS_PREFAULT_WRITE);
    return errnum;
}

static void allocate_extents(void *arg, uint32_t index)
{
    allocation *a = arg;
    uint64_t at;
    (void)index;
    while (a->errnum == 0 && !(a->hint && a->small) &&
           (at = atomic_fetch_add(&a->next, EXTENT)) < a->size) {
        int none = 0, errnum = allocate_extent(a, at);
        if (errnum != 0)
            (void)atomic_compare_exchange_strong(&a->errnum, &none, errnum);
    }
}

/* Allocates all extents, in several threads. Returns 0 or an errno value. */
static int allocate_all(allocation *a, uint32_t threads)
{
    uint64_t extents = a->size / EXTENT + 1;
    int errnum =
        sys_allocate(a->fd, a->size - 1, 1); /* the kernel makes no huge page beyond the end */
    if (errnum != 0)
        return errnum;
    threads = threads < THREADS_MAX ? threads : THREADS_MAX;
    sys_parallel(threads < extents ? threads : (uint32_t)extents, allocate_extents, a);
    return a->errnum;
}

int sink_allocate(const sink *s, uint64_t size)
{
    if (size == 0 || !sys_in_memory(s->fd) || !sys_has_room(s->fd, size))
        return sys_allocate(s->fd, 0, size);
    allocation a = {.fd = s->fd, .map = s->map, .size = size};
    return allocate_all(&a, s->options.threads);
}

#define ANNOUNCE_LEAST 1048576u /* shorter ranges cost more to announce than that saves */

void sink_announce(const sink *s, int fd, uint64_t offset, uint64_t length)
{
    if (length < ANNOUNCE_LEAST || !sys_has_room(fd, 4 * length))
        return;
    if (sys_reserves(fd))
        (void)sys_allocate(fd, offset, length);
    else if (fd == s->fd && length >= EXTENT && sys_in_memory(fd)) {
        allocation a = {.fd = fd, .size = length, .hint = true};
        (void)allocate_all(&a, s->options.threads);
    }
}
