/* Publishing: a file that has no name until it is complete. Three ways, from the best to the widest:
 *   an unnamed file (O_TMPFILE), linked through /proc/self/fd;
 *   a temporary name in the target's directory, hard-linked to the target;
 *   the same, renamed to the target without replacing (renameat2), or, where not even that exists, after a look whether it is there.
 * Tests force the second with SHMCOL_HIDE=tmpfile, and the third with SHMCOL_HIDE=link or link,rename.
 * A shared output, which other processes write too, has a temporary name of its own kind: whoever finds one that nobody holds by a lock
 * knows that its process has died. */
#include "sys/sys.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Created with this mode: the kernel takes the umask off it, which a process cannot read safely by itself. */
#define OUTPUT_MODE 0444
#define TEMP_TRIES 100
#define TEMP_NAME ".shmcol-%016llx.tmp"
#define SHARED_NAME ".shmcol-%016llx.rows"
#define ALIVE_BYTE ((uint64_t)INT64_MAX - 1) /* the byte of a shared output that its process holds locked; no file is that long */

struct sys_output {
    int fd, directory;
    bool can_sync_directory;
    char temp[40];            /* our temporary name in the directory; "" while the file has none */
    char *shared;             /* the whole path of a shared output's temporary; NULL: not shared */
    int64_t process;          /* shared: who made it */
    mode_t mode;              /* shared: what the file's mode is to be when it is published */
    char *name;               /* the target's name in the directory */
};

/* Splits the directory off `path`: *directory is malloc'd. */
static int split(const char *path, char **directory, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    if (path[0] == 0)
        return ENOENT;
    if ((*name)[0] == 0 || strcmp(*name, ".") == 0 || strcmp(*name, "..") == 0)
        return EISDIR;
    if (strlen(*name) > NAME_MAX)
        return ENAMETOOLONG;
    *directory = slash == NULL ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
    return *directory != NULL ? 0 : ENOMEM;
}

static int open_directory(const char *path, int *fd, bool *can_sync)
{
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *can_sync = *fd >= 0;
    if (*fd < 0 && errno == EACCES) /* we may write there but not list it: good enough, except for the sync */
        *fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    return *fd >= 0 ? 0 : errno;
}

/* An unnamed file in the directory, if it can later be given a name (`linkable`: that takes /proc). */
static int open_unnamed(int directory, bool linkable, mode_t mode, int *fd)
{
    if (sys_hidden("tmpfile") || sys_hidden("link"))
        return EOPNOTSUPP;
    int got = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC | (linkable ? 0 : O_EXCL), mode);
    if (got < 0)
        return errno;
    char proc[40];
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", got);
    if (linkable && access(proc, F_OK) != 0) {
        close(got);
        return EOPNOTSUPP;
    }
    *fd = got;
    return 0;
}

static int temp_name(bool shared, char out[40])
{
    uint64_t number;
    int error = sys_random(&number, sizeof number);
    if (error == 0)
        snprintf(out, 40, shared ? SHARED_NAME : TEMP_NAME, (unsigned long long)number);
    return error;
}

static int open_named(int directory, bool shared, mode_t mode, char temp[40], int *fd)
{
    int error = EEXIST;
    for (int i = 0; i < TEMP_TRIES && error == EEXIST; i++) {
        error = temp_name(shared, temp);
        if (error != 0)
            break;
        *fd = openat(directory, temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
        if (*fd >= 0)
            return 0;
        error = errno;
    }
    temp[0] = 0;
    return error;
}

/* Errors that say "not on this file system" and not "not at all". */
static bool not_supported(int error)
{
    return error == EOPNOTSUPP || error == EISDIR || error == EINVAL || error == ENOSYS || error == ENOENT;
}

/* An output without a file: its directory is open, *parent (malloc'd) is the directory's path. */
static int begin(const char *path, sys_output **output, char **parent)
{
    const char *name;
    int error = split(path, parent, &name);
    if (error != 0)
        return error;
    sys_output *out = calloc(1, sizeof *out);
    char *own = strdup(name);
    error = out != NULL && own != NULL ? open_directory(*parent, &out->directory, &out->can_sync_directory) : ENOMEM;
    if (error != 0) {
        free(own);
        free(out);
        free(*parent);
        return error;
    }
    out->name = own;
    out->fd = -1;
    *output = out;
    return 0;
}

int sys_output_create(const char *path, sys_output **output)
{
    char *parent;
    sys_output *out;
    int error = begin(path, &out, &parent);
    if (error != 0)
        return error;
    free(parent);
    error = open_unnamed(out->directory, true, OUTPUT_MODE, &out->fd);
    if (not_supported(error))
        error = open_named(out->directory, false, OUTPUT_MODE, out->temp, &out->fd);
    if (error != 0) {
        sys_output_abort(out);
        return error;
    }
    *output = out;
    return 0;
}

int sys_output_fd(const sys_output *output)
{
    return output->fd;
}

void sys_output_abort(sys_output *output)
{
    if (output == NULL)
        return;
    if (output->temp[0] != 0 && (output->shared == NULL || output->process == sys_process()))
        unlinkat(output->directory, output->temp, 0);
    sys_close(output->fd);
    sys_close(output->directory);
    free(output->shared);
    free(output->name);
    free(output);
}

/* Gives the unnamed file the name `name`. */
static int link_unnamed(const sys_output *output, const char *name)
{
    char proc[40];
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", output->fd);
    return linkat(AT_FDCWD, proc, output->directory, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

/* Replacing takes a rename, and a rename takes a name: the complete file gets a temporary one for a moment. */
static int replace_target(sys_output *output)
{
    int error = output->temp[0] == 0 ? EEXIST : 0;
    for (int i = 0; i < TEMP_TRIES && error == EEXIST; i++) {
        char temp[40];
        error = temp_name(false, temp);
        if (error == 0)
            error = link_unnamed(output, temp);
        if (error == 0)
            memcpy(output->temp, temp, sizeof temp);
    }
    if (error == 0 && renameat(output->directory, output->temp, output->directory, output->name) != 0)
        error = errno;
    if (error == 0)
        output->temp[0] = 0;
    return error;
}

/* From a temporary name to the target's, which must not exist. */
static int name_target(sys_output *output)
{
    int directory = output->directory;
    int error = sys_hidden("link") ? EPERM : 0;
    if (error == 0) {
        if (linkat(directory, output->temp, directory, output->name, 0) == 0)
            return 0; /* abort's unlink takes the temporary name away */
        error = errno;
    }
    if (error != EPERM && error != EMLINK && !not_supported(error))
        return error;
    error = sys_hidden("rename") ? EINVAL : 0;
    if (error == 0 && renameat2(directory, output->temp, directory, output->name, RENAME_NOREPLACE) != 0)
        error = errno;
    if (not_supported(error)) {
        /* The last resort: between look and rename another process may take the name, and lose it to us. */
        struct stat st;
        if (fstatat(directory, output->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            return EEXIST;
        error = renameat(directory, output->temp, directory, output->name) == 0 ? 0 : errno;
    }
    if (error == 0)
        output->temp[0] = 0;
    return error;
}

static int sync_fd(int fd)
{
    if (fsync(fd) == 0 || errno == EINVAL || errno == EROFS) /* a file system without fsync has no more to give */
        return 0;
    return errno;
}

/* A failed fsync may have dropped the pages: it is final, never tried again. */
static int complete(const sys_output *output, bool no_sync)
{
    int error = output->shared != NULL && fchmod(output->fd, output->mode) != 0 ? errno : 0;
    return error == 0 && !no_sync ? sync_fd(output->fd) : error;
}

int sys_output_publish(sys_output *output, bool replace, bool no_sync)
{
    int error = complete(output, no_sync);
    bool named = false;
    if (error == 0) {
        error = replace ? replace_target(output) : output->temp[0] == 0 ? link_unnamed(output, output->name) : name_target(output);
        named = error == 0;
    }
    if (error == 0 && !no_sync && output->can_sync_directory)
        error = sync_fd(output->directory);
    /* What was there before is gone after a rename; the complete file is better than none. A fresh name goes away again. */
    if (error != 0 && named && !replace)
        unlinkat(output->directory, output->name, 0);
    sys_output_abort(output);
    return error;
}

int sys_spool_create(const char *path, int *fd)
{
    char *parent = NULL, temp[40] = "";
    const char *name;
    int directory = -1;
    bool can_sync;
    int error = split(path != NULL ? path : "spool", &parent, &name);
    if (error != 0)
        return error;
    error = open_directory(parent, &directory, &can_sync);
    free(parent);
    if (error != 0)
        return error;
    error = open_unnamed(directory, false, 0600, fd);
    if (not_supported(error)) {
        error = open_named(directory, false, 0600, temp, fd);
        if (error == 0)
            unlinkat(directory, temp, 0);
    }
    close(directory);
    return error;
}

int sys_temp_create(const char *path, int *fd)
{
    static const char *const shared[] = {"/var/tmp/spool", "/tmp/spool"};
    const char *wanted = sys_getenv("TMPDIR");
    int error = ENOENT;
    if (wanted != NULL && wanted[0] != 0) {
        char *inside = NULL;
        if (asprintf(&inside, "%s/spool", wanted) < 0)
            return ENOMEM;
        error = sys_spool_create(inside, fd);
        free(inside);
    }
    if (error != 0 && path != NULL)
        error = sys_spool_create(path, fd);
    for (size_t i = 0; i < sizeof shared / sizeof *shared && error != 0; i++)
        error = sys_spool_create(shared[i], fd);
    return error;
}

/* ---- shared outputs ---- */

static bool is_shared_name(const char *name)
{
    unsigned long long number;
    char same[40];
    return sscanf(name, ".shmcol-%16llx", &number) == 1 && snprintf(same, sizeof same, SHARED_NAME, number) > 0 && strcmp(name, same) == 0;
}

/* Takes the shared output of that name away if its process has died. What does not work leaves it to somebody who may. */
static void remove_dead(int directory, const char *name)
{
    int fd = openat(directory, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (sys_lock_range(fd, ALIVE_BYTE, 1) == 0)
        unlinkat(directory, name, 0);
    close(fd);
}

static void remove_all_dead(int directory)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    if (d == NULL) {
        sys_close(fd);
        return;
    }
    for (const struct dirent *e; (e = readdir(d)) != NULL;)
        if (is_shared_name(e->d_name))
            remove_dead(directory, e->d_name);
    closedir(d);
}

/* One try: EEXIST where another process took the file for a dead one's between its making and its lock. */
static int open_alive(sys_output *out)
{
    struct stat st;
    int error = open_named(out->directory, true, OUTPUT_MODE, out->temp, &out->fd);
    if (error != 0)
        return error;
    error = sys_lock_range(out->fd, ALIVE_BYTE, 1);
    if (error == 0 && fstat(out->fd, &st) != 0)
        error = errno;
    if (error == 0 && st.st_nlink > 0) {
        out->mode = st.st_mode & 07777; /* as the umask has it */
        return fchmod(out->fd, 0600) == 0 ? 0 : errno;
    }
    unlinkat(out->directory, out->temp, 0);
    out->temp[0] = 0;
    sys_close(out->fd);
    out->fd = -1;
    return error == 0 || error == EBUSY ? EEXIST : error;
}

/* The temporary's whole path, good whatever becomes the current directory. */
static int find_path(sys_output *out, const char *parent)
{
    char *whole = realpath(parent, NULL);
    if (whole == NULL)
        return errno;
    int length = asprintf(&out->shared, "%s/%s", strcmp(whole, "/") == 0 ? "" : whole, out->temp);
    free(whole);
    if (length >= 0)
        return 0;
    out->shared = NULL;
    return ENOMEM;
}

int sys_output_create_shared(const char *path, sys_output **output, const char **temp)
{
    char *parent;
    sys_output *out;
    int error = begin(path, &out, &parent);
    if (error != 0)
        return error;
    remove_all_dead(out->directory);
    out->process = sys_process();
    error = EEXIST;
    for (int i = 0; i < TEMP_TRIES && error == EEXIST; i++)
        error = open_alive(out);
    if (error == 0)
        error = find_path(out, parent);
    free(parent);
    if (error != 0) {
        sys_output_abort(out);
        return error;
    }
    *output = out;
    *temp = out->shared;
    return 0;
}

int sys_open_shared_output(const char *temp, int *fd)
{
    int got = open(temp, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (got < 0)
        return errno;
    *fd = got;
    return 0;
}

bool sys_output_alive(int fd)
{
    uint64_t first, held;
    return sys_find_lock(fd, ALIVE_BYTE, 1, &first, &held) == 0 && held > 0;
}

/* ---- a shared output that is used again ---- */

/* The target's name beside the temporary one. EOPNOTSUPP: no hard links here. */
static int link_beside(const sys_output *output, bool replace)
{
    int directory = output->directory, error = sys_hidden("link") ? EPERM : EEXIST;
    char moved[40] = "";
    for (int i = 0; i < TEMP_TRIES && error == EEXIST; i++) {
        error = replace ? temp_name(false, moved) : 0;
        if (error == 0 && linkat(directory, output->temp, directory, replace ? moved : output->name, 0) != 0)
            error = errno;
        if (!replace)
            break;
    }
    if (error == EPERM || error == EMLINK || not_supported(error))
        return EOPNOTSUPP;
    if (error == 0 && replace && renameat(directory, moved, directory, output->name) != 0) {
        error = errno;
        unlinkat(directory, moved, 0);
    }
    return error;
}

int sys_output_publish_kept(sys_output *output, bool replace, bool no_sync)
{
    int error = complete(output, no_sync);
    if (error == 0)
        error = link_beside(output, replace);
    if (error != 0 || no_sync || !output->can_sync_directory)
        return error;
    error = sync_fd(output->directory);
    if (error != 0 && !replace)
        unlinkat(output->directory, output->name, 0);
    return error;
}

/* Whether the file has no name but the temporary one. */
static bool is_nameless(const sys_output *output)
{
    struct stat st, named;
    return fstat(output->fd, &st) == 0 && fstatat(output->directory, output->temp, &named, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink == 1 &&
           named.st_dev == st.st_dev && named.st_ino == st.st_ino;
}

/* The kernel gives a write lease only where nobody else has the file open, a map and a descriptor on its way to another process included,
 * and makes whoever opens it meanwhile wait. Who was about to when the last name went finds no header when the lease is given back. To
 * break the lease the kernel sends a signal: one that nobody minds, as the usual one, SIGIO, ends the process. Giving it back forgets
 * which. */
static int take_back(const sys_output *output)
{
    static const char nothing[64];
    if (fcntl(output->fd, F_SETSIG, SIGURG) != 0 || fcntl(output->fd, F_SETLEASE, F_WRLCK) != 0)
        return EBUSY;
    int error = is_nameless(output) ? sys_pwrite(output->fd, nothing, sizeof nothing, 0) : EBUSY;
    (void)fcntl(output->fd, F_SETLEASE, F_UNLCK);
    return error;
}

static bool same_directory(const char *path, int directory)
{
    struct stat a, b;
    return stat(path, &a) == 0 && fstat(directory, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int sys_output_reuse(sys_output *output, const char *path)
{
    char *parent;
    const char *name;
    int error = split(path, &parent, &name);
    if (error != 0)
        return error;
    char *own = strdup(name);
    error = own == NULL ? ENOMEM : 0;
    /* Leases speak of this machine alone, and only in memory is there much to be won. */
    if (error == 0 && (!sys_in_memory(output->fd) || !same_directory(parent, output->directory)))
        error = EXDEV;
    if (error == 0)
        error = output->process == sys_process() ? take_back(output) : EBUSY;
    if (error == 0 && fchmod(output->fd, 0600) != 0)
        error = errno;
    free(parent);
    if (error != 0) {
        free(own);
        return error;
    }
    free(output->name);
    output->name = own;
    return 0;
}

const char *sys_output_shared_path(const sys_output *output)
{
    return output->shared;
}
