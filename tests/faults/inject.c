/* Counts the wrapped calls, and makes one of them fail. */
#define _GNU_SOURCE
#include "inject.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <zstd.h>

/* clang-format off */
#define KINDS(X) \
    X(memory) X(openat) X(read) X(write) X(pread64) X(pwrite64) \
    X(mmap) X(mremap) X(ftruncate) X(fallocate) X(fsync) X(linkat) X(renameat) \
    X(renameat2) X(fchmod) X(flock) X(fcntl) X(getrandom) X(madvise) \
    X(lseek) X(fstat) X(fstatfs) X(memfd_create) X(mkdir) X(utimensat) \
    X(fadvise64)
/* clang-format on */
#define ENUMERATE(name) KIND_##name,
#define NAME(name) #name,
enum kind { KINDS(ENUMERATE) N_KINDS };
static const char *const names[] = {KINDS(NAME)};

static atomic_bool on;
static enum kind wanted;
static injection what;
static atomic_ullong calls, failed;

static enum kind find(const char *name)
{
    for (unsigned i = 0; i < N_KINDS; i++)
        if (strcmp(names[i], name) == 0)
            return (enum kind)i;
    return N_KINDS;
}

bool inject_known(const char *kind)
{
    return find(kind) != N_KINDS;
}

void inject_begin(const injection *injected)
{
    what = *injected;
    wanted = find(what.kind);
    atomic_store(&calls, 0);
    atomic_store(&failed, 0);
    atomic_store(&on, true);
}

void inject_end(uint64_t *n_calls, uint64_t *n_failed)
{
    atomic_store(&on, false);
    *n_calls = atomic_load(&calls);
    *n_failed = atomic_load(&failed);
}

/* Returns true if this call is the one. */
static bool reached(enum kind kind)
{
    if (!atomic_load(&on) || kind != wanted)
        return false;
    uint64_t k = atomic_fetch_add(&calls, 1) + 1;
    bool now = what.first != 0 && (k == what.first || (what.from_then_on && k > what.first));
    if (now)
        atomic_fetch_add(&failed, 1);
    return now;
}

static bool fails(enum kind kind)
{
    if (!reached(kind))
        return false;
    errno = what.errnum;
    return true;
}

/* Calls that move bytes may fail or, where errnum is 0, move fewer. */
static bool fails_moving(enum kind kind, size_t *length)
{
    if (!reached(kind))
        return false;
    errno = what.errnum;
    if (what.errnum == 0 && *length > 1)
        *length /= 2;
    return what.errnum != 0;
}

/* One declaration of what the linker calls the two. */
#define WRAPPED(type, name, parameters)                                                            \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters
#define WRAP(type, name, parameters, arguments, kind, failure)                                     \
    WRAPPED(type, name, parameters)                                                                \
    {                                                                                              \
        return fails(kind) ? (failure) : __real_##name arguments;                                  \
    }
#define WRAP_MOVING(name, parameters, arguments, kind)                                             \
    WRAPPED(ssize_t, name, parameters)                                                             \
    {                                                                                              \
        return fails_moving(kind, &n) ? -1 : __real_##name arguments;                              \
    }

/* ---- memory and threads ---- */
WRAP(void *, malloc, (size_t n), (n), KIND_memory, NULL)
WRAP(void *, calloc, (size_t n, size_t size), (n, size), KIND_memory, NULL)
WRAP(void *, realloc, (void *p, size_t n), (p, n), KIND_memory, NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t n), (alignment, n), KIND_memory, NULL)
WRAP(char *, strdup, (const char *s), (s), KIND_memory, NULL)
WRAP(char *, strndup, (const char *s, size_t n), (s, n), KIND_memory, NULL)
WRAP(char *, realpath, (const char *path, char *out), (path, out), KIND_memory, NULL)
WRAP(DIR *, fdopendir, (int fd), (fd), KIND_memory, NULL)
WRAP(ZSTD_CCtx *, ZSTD_createCCtx, (void), (), KIND_memory, NULL)
WRAP(ZSTD_DCtx *, ZSTD_createDCtx, (void), (), KIND_memory, NULL)
WRAP(ZSTD_DStream *, ZSTD_createDStream, (void), (), KIND_memory, NULL)
WRAP(int, pthread_create, (pthread_t * t, const pthread_attr_t *a, void *(*run)(void *), void *arg),
     (t, a, run, arg), KIND_memory, EAGAIN)

int __wrap_asprintf(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **out, const char *format, ...)
{
    if (fails(KIND_memory))
        return -1;
    va_list more;
    va_start(more, format);
    int length = vasprintf(out, format, more);
    va_end(more);
    return length;
}

/* ---- files ---- */
static mode_t mode_argument(int flags, va_list more)
{
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
}

WRAPPED(int, open, (const char *path, int flags, ...))
{
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_argument(flags, more);
    va_end(more);
    return fails(KIND_openat) ? -1 : __real_open(path, flags, mode);
}

WRAPPED(int, openat, (int directory, const char *path, int flags, ...))
{
    va_list more;
    va_start(more, flags);
    mode_t mode = mode_argument(flags, more);
    va_end(more);
    return fails(KIND_openat) ? -1 : __real_openat(directory, path, flags, mode);
}

/* The library always passes fcntl an argument. */
WRAPPED(int, fcntl, (int fd, int command, ...))
{
    va_list more;
    va_start(more, command);
    void *argument = va_arg(more, void *);
    va_end(more);
    return fails(KIND_fcntl) ? -1 : __real_fcntl(fd, command, argument);
}

WRAP_MOVING(read, (int fd, void *data, size_t n), (fd, data, n), KIND_read)
WRAP_MOVING(write, (int fd, const void *data, size_t n), (fd, data, n), KIND_write)
WRAP_MOVING(pread, (int fd, void *data, size_t n, off_t at), (fd, data, n, at), KIND_pread64)
WRAP_MOVING(pwrite, (int fd, const void *data, size_t n, off_t at), (fd, data, n, at),
            KIND_pwrite64)
WRAP_MOVING(getrandom, (void *data, size_t n, unsigned flags), (data, n, flags), KIND_getrandom)
WRAP(void *, mmap, (void *at, size_t n, int protection, int flags, int fd, off_t offset),
     (at, n, protection, flags, fd, offset), KIND_mmap, MAP_FAILED)
WRAPPED(void *, mremap, (void *old, size_t length, size_t n, int flags, ...))
{
    va_list more;
    va_start(more, flags);
    void *at = (flags & MREMAP_FIXED) != 0 ? va_arg(more, void *) : NULL;
    va_end(more);
    return fails(KIND_mremap) ? MAP_FAILED : __real_mremap(old, length, n, flags, at);
}

WRAP(int, madvise, (void *at, size_t n, int advice), (at, n, advice), KIND_madvise, -1)
WRAP(int, ftruncate, (int fd, off_t n), (fd, n), KIND_ftruncate, -1)
WRAP(int, fallocate, (int fd, int mode, off_t at, off_t n), (fd, mode, at, n), KIND_fallocate, -1)
WRAP(int, fsync, (int fd), (fd), KIND_fsync, -1)
WRAP(int, linkat, (int a, const char *from, int b, const char *to, int flags),
     (a, from, b, to, flags), KIND_linkat, -1)
WRAP(int, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to),
     KIND_renameat, -1)
WRAP(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags),
     (a, from, b, to, flags), KIND_renameat2, -1)
WRAP(int, fchmod, (int fd, mode_t mode), (fd, mode), KIND_fchmod, -1)
WRAP(int, flock, (int fd, int operation), (fd, operation), KIND_flock, -1)
WRAP(off_t, lseek, (int fd, off_t at, int whence), (fd, at, whence), KIND_lseek, -1)
WRAP(int, fstat, (int fd, struct stat *st), (fd, st), KIND_fstat, -1)
WRAP(int, fstatfs, (int fd, struct statfs *st), (fd, st), KIND_fstatfs, -1)
WRAP(int, memfd_create, (const char *name, unsigned flags), (name, flags), KIND_memfd_create, -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), KIND_mkdir, -1)
WRAP(int, futimens, (int fd, const struct timespec times[2]), (fd, times), KIND_utimensat, -1)
WRAP(int, posix_fadvise, (int fd, off_t at, off_t n, int advice), (fd, at, n, advice),
     KIND_fadvise64, what.errnum)
