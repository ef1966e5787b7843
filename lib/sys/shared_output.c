/* Outputs that other processes write to, too. Each has a temporary name of its own kind from the
 * beginning. If no process holds a lock on it, its creator has died. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/output_internal.h"

/* Finds the absolute path of the temporary, which does not depend on the current directory. */
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
    int errnum = output_begin(path, &how, &out, refused);
    if (errnum != 0)
        return errnum;
    bool replaces = out->target.replaces;
    errnum =
        temp_open_named(out->directory, true, replaces ? 0600 : 0444, out->temp, &out->fd, &made);
    out->set_mode = true;
    out->knows_fresh = !replaces;
    out->fresh = made;
    out->mode = replaces ? output_mode(&how, out->target.mode) : made;
    if (errnum == 0)
        errnum = find_path(out);
    if (errnum != 0) {
        sys_output_abort(out);
        return errnum;
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

/* Links the target's name to the file, which keeps its temporary name. EOPNOTSUPP: no hard links
 * here. */
static int link_beside(const sys_output *output)
{
    const char *name = output->target.name;
    bool replace = output->how.replace;
    int directory = output->directory, errnum = sys_hidden("link") ? EPERM : EEXIST;
    char moved[TEMP_NAME_SIZE] = "";
    for (int i = 0; i < TEMP_TRIES && errnum == EEXIST; i++) {
        errnum = replace ? temp_new_name(false, moved) : 0;
        if (errnum == 0 &&
            linkat(directory, output->temp, directory, replace ? moved : name, 0) != 0)
            errnum = errno;
        if (!replace)
            break;
    }
    if (errnum == EPERM || errnum == EMLINK || temp_not_supported(errnum))
        return EOPNOTSUPP;
    if (errnum == 0 && replace && renameat(directory, moved, directory, name) != 0) {
        errnum = errno;
        unlinkat(directory, moved, 0);
    }
    return errnum;
}

int sys_output_publish_kept(sys_output *output, bool *in_place)
{
    int errnum = output_complete(output);
    *in_place = false;
    if (errnum == 0)
        errnum = link_beside(output);
    return output_sync_directory(output, errnum, in_place);
}

/* Returns true if the file has no name but the temporary one. */
static bool is_nameless(const sys_output *output)
{
    struct stat st, named;
    return fstat(output->fd, &st) == 0 &&
           fstatat(output->directory, output->temp, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           st.st_nlink == 1 && named.st_dev == st.st_dev && named.st_ino == st.st_ino;
}

/* Zeroes the header of a published file, if no other process can see that. The kernel gives a write
 * lease only if no other process has the file open or mapped, or has a descriptor of it in transit.
 * While the lease is held, a process that opens the file waits, and one that had found the name
 * before it was removed sees no header afterwards. The kernel breaks a lease with a signal. SIGURG
 * is ignored by default; the default for leases, SIGIO, would kill the process. Giving the lease
 * back resets the choice. EBUSY: other processes could see it. */
static int take_back(const sys_output *output)
{
    static const char nothing[64];
    if (fcntl(output->fd, F_SETSIG, SIGURG) != 0 || fcntl(output->fd, F_SETLEASE, F_WRLCK) != 0)
        return EBUSY;
    int errnum = is_nameless(output) ? sys_pwrite(output->fd, nothing, sizeof nothing, 0) : EBUSY;
    (void)fcntl(output->fd, F_SETLEASE, F_UNLCK);
    return errnum;
}

static bool same_directory(const char *path, int directory)
{
    struct stat a, b;
    return stat(path, &a) == 0 && fstat(directory, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Makes the output's file an empty one for `target`, if that is possible: EBUSY, EXDEV. */
static int reuse(sys_output *output, const output_target *target)
{
    /* Leases know of this machine only, and reuse saves much only in memory. */
    if (!sys_in_memory(output->fd) || !same_directory(target->parent, output->directory))
        return EXDEV;
    if (!target->replaces && !output->knows_fresh)
        return EXDEV;
    int errnum = sys_output_own(output) ? take_back(output) : EBUSY;
    return errnum == 0 ? temp_set_mode(output->fd, 0600) : errnum;
}

int sys_output_reuse(sys_output *output, const char *path, sys_output_how how, const char **refused)
{
    output_target target;
    int errnum = output_target_find(path, &how, &target, refused);
    if (errnum != 0)
        return errnum;
    errnum = reuse(output, &target);
    if (errnum != 0) {
        output_target_free(&target);
        return errnum;
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
