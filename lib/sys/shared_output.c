/* Outputs that other processes write too. Each has a temporary name of its own kind from the beginning: whoever finds one that nobody
 * holds by a lock knows that its process has died. */
#include "sys/output_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ALIVE_BYTE ((uint64_t)INT64_MAX - 1) /* the byte of a shared output that its process holds locked; no file is that long */

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
    int error = temp_open_named(out->directory, true, OUTPUT_MODE, out->temp, &out->fd);
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
    int error = output_begin(path, &out, &parent);
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
        error = replace ? temp_new_name(false, moved) : 0;
        if (error == 0 && linkat(directory, output->temp, directory, replace ? moved : output->name, 0) != 0)
            error = errno;
        if (!replace)
            break;
    }
    if (error == EPERM || error == EMLINK || temp_not_supported(error))
        return EOPNOTSUPP;
    if (error == 0 && replace && renameat(directory, moved, directory, output->name) != 0) {
        error = errno;
        unlinkat(directory, moved, 0);
    }
    return error;
}

int sys_output_publish_kept(sys_output *output, bool replace, bool no_sync)
{
    int error = output_complete(output, no_sync);
    if (error == 0)
        error = link_beside(output, replace);
    if (error != 0 || no_sync || !output->can_sync_directory)
        return error;
    error = output_sync(output->directory);
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
    int error = temp_split(path, &parent, &name);
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
