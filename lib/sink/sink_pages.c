/* Pages of an output, made before anything is written to them. */
#include <errno.h>
#include <stdatomic.h>

#include "sink/sink_internal.h"

#define EXTENT SYS_HUGE_PAGE
#define THREADS_MAX 4u /* more get in each other's way */

typedef struct allocation {
    int fd;
    sink_map map;
    uint64_t size;
    bool hint;             /* huge pages are made, or nothing is */
    _Atomic uint64_t next; /* where the next piece begins */
    _Atomic int errnum;    /* the first that came */
    _Atomic bool small;    /* huge pages are not to be had */
} allocation;

/* A huge page costs a tenth of 512 small ones, which are allocated one by one under the file's
 * lock, and a map of it a hundredth. It is made of what is there of it: one small page. */
static int make_huge(allocation *a, uint64_t at)
{
    if (a->small || a->size - at < EXTENT)
        return 0;
    int errnum = sys_allocate(a->fd, at, 1);
    if (errnum != 0)
        return errnum;
    errnum = sys_huge_page(a->fd, at);
    if (errnum != 0 && errnum != EAGAIN) /* else that page was in use for a moment */
        a->small = true;
    return 0;
}

/* Whatever the kernel made of the piece: every byte of it gets its place, and every page is mapped.
 */
static int allocate_extent(allocation *a, uint64_t at)
{
    uint64_t length = a->size - at < EXTENT ? a->size - at : EXTENT,
             mapped = at < a->map.length ? a->map.length - at : 0;
    int errnum = make_huge(a, at);
    if (errnum == 0 && !a->hint)
        errnum = sys_allocate(a->fd, at, length);
    if (errnum == 0 && mapped > 0) /* if this fails, the pages come when they are used */
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

static int make_all(allocation *a, uint32_t threads)
{
    uint64_t extents = a->size / EXTENT + 1;
    int errnum = sys_allocate(a->fd, a->size - 1, 1); /* a huge page is not made beyond the end */
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
    return make_all(&a, s->options.threads);
}

#define RESERVE_LEAST 1048576u /* below, asking costs more than it saves */

void sink_announce(const sink *s, int fd, uint64_t offset, uint64_t length)
{
    if (length < RESERVE_LEAST || !sys_has_room(fd, 4 * length))
        return;
    if (sys_reserves(fd))
        (void)sys_allocate(fd, offset, length);
    else if (fd == s->fd && length >= EXTENT && sys_in_memory(fd)) {
        allocation a = {.fd = fd, .size = length, .hint = true};
        (void)make_all(&a, s->options.threads);
    }
}
