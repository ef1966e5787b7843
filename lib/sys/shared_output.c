/* Outputs that other processes write too. Each has a temporary name of its own kind from the
 * beginning: whoever finds one that nobody holds by a lock knows that its process has died. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/output_internal.h"

/* The temporary's whole path, good whatever becomes the current directory. */
static int find_path(sys_output *out)
{
    char *whole = realpath(out->target.parent, NULL);
    if (whole == NULL)
        return errno;
    int length = asprintf(&out->shared, "%s/%s", strcmp(whole, "/") == 0 ? "" : whole, out->temp);
    free(whole);
    if (length >= 0)
        return 0;
    out->shared = NULL;
    return ENOMEM;
}

int sys_output_create_shared(const char *path, sys_output_how how, sys_output **output,
                             const char **temp, const char **refused)
{
    sys_output *out;
    mode_t made = 0;
    int error = output_begin(path, &how, &out, refused);
    if (error != 0)
        return error;
    bool replaces = out->target.replaces;
    error =
        temp_open_named(out->directory, true, replaces ? 0600 : 0444, out->temp, &out->fd, &made);
    out->set_mode = true;
    out->knows_fresh = !replaces;
    out->fresh = made;
    out->mode = replaces ? output_mode(&how, out->target.mode) : made;
    if (error == 0)
        error = find_path(out);
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

int sys_output_alive(int fd, bool *alive)
{
    return temp_is_held(fd, alive);
}

/* ---- a shared output that is used again ---- */

/* The target's name beside the temporary one. EOPNOTSUPP: no hard links here. */
static int link_beside(const sys_output *output)
{
    const char *name = output->target.name;
    bool replace = output->how.replace;
    int directory = output->directory, error = sys_hidden("link") ? EPERM : EEXIST;
    char moved[TEMP_NAME_SIZE] = "";
    for (int i = 0; i < TEMP_TRIES && error == EEXIST; i++) {
        error = replace ? temp_new_name(false, moved) : 0;
        if (error == 0 &&
            linkat(directory, output->temp, directory, replace ? moved : name, 0) != 0)
            error = errno;
        if (!replace)
            break;
    }
    if (error == EPERM || error == EMLINK || temp_not_supported(error))
        return EOPNOTSUPP;
    if (error == 0 && replace && renameat(directory, moved, directory, name) != 0) {
        error = errno;
        unlinkat(directory, moved, 0);
    }
    return error;
}

int sys_output_publish_kept(sys_output *output, bool *in_place)
{
    int error = output_complete(output);
    *in_place = false;
    if (error == 0)
        error = link_beside(output);
    return output_settle(output, error, in_place);
}

/* Returns true if the file has no name but the temporary one. */
static bool is_nameless(const sys_output *output)
{
    struct stat st, named;
    return fstat(output->fd, &st) == 0 &&
           fstatat(output->directory, output->temp, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           st.st_nlink == 1 && named.st_dev == st.st_dev && named.st_ino == st.st_ino;
}

/* The kernel gives a write lease only where nobody else has the file open, a map and a descriptor
 * on its way to another process included, and makes whoever opens it meanwhile wait. Who was about
 * to when the last name went finds no header when the lease is given back. To break the lease the
 * kernel sends a signal: one that nobody minds, as the usual one, SIGIO, ends the process. Giving
 * it back forgets which. */
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
    return stat(path, &a) == 0 && fstat(directory, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* The output's file takes the place of a new one for `target`, if it can. */
static int reuse(sys_output *output, const output_target *target)
{
    /* Leases speak of this machine alone, and only in memory is there much to be won. */
    if (!sys_in_memory(output->fd) || !same_directory(target->parent, output->directory))
        return EXDEV;
    if (!target->replaces && !output->knows_fresh)
        return EXDEV;
    int error = sys_output_own(output) ? take_back(output) : EBUSY;
    return error == 0 ? temp_set_mode(output->fd, 0600) : error;
}

int sys_output_reuse(sys_output *output, const char *path, sys_output_how how, const char **refused)
{
    output_target target;
    int error = output_target_find(path, &how, &target, refused);
    if (error != 0)
        return error;
    error = reuse(output, &target);
    if (error != 0) {
        output_target_free(&target);
        return error;
    }
    output_target_free(&output->target);
    output->target = target;
    output->how = how;
    output->mode = target.replaces ? output_mode(&how, target.mode) : output->fresh;
    return 0;
}

const char *sys_output_shared_path(const sys_output *output)
{
    return output->shared;
}
