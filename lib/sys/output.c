/* Publishing: a file has no name until it is complete. There are three ways, the best first:
 *   an unnamed file (O_TMPFILE), linked through /proc/self/fd;
 *   a temporary name in the target's directory, renamed to the target without replacing
 * (renameat2); a temporary name, hard-linked to the target, or, where there are no hard links
 * either, renamed to it after a check that it does not exist. Tests force the second with
 * SHMCOL_HIDE=tmpfile, the third with SHMCOL_HIDE=tmpfile,rename, the last with
 * SHMCOL_HIDE=link,rename. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/output_internal.h"

/* Opens a device or a FIFO that is written to as it is. A FIFO waits for its reader. */
static int open_through(sys_output *out, const char *path)
{
    struct stat st;
    out->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (out->fd < 0 || fstat(out->fd, &st) != 0)
        return errno;
    /* It may have been replaced since it was looked at. */
    return S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode) ? 0 : EINVAL;
}

int output_begin(const char *path, const sys_output_how *how, sys_output **output,
                 const char **refused)
{
    sys_output *out = calloc(1, sizeof *out);
    if (out == NULL)
        return ENOMEM;
    out->fd = out->directory = out->temp_directory = -1;
    out->how = *how;
    out->process = sys_process();
    int errnum = output_target_find(path, how, &out->target, refused);
    if (errnum == 0 && out->target.through)
        errnum = open_through(out, path);
    else if (errnum == 0)
        errnum = temp_open_directory(out->target.parent, &out->directory, &out->can_sync_directory);
    out->temp_directory = out->directory;
    if (errnum != 0) {
        sys_output_abort(out);
        return errnum;
    }
    if (!out->target.through)
        sys_sweep(out->directory);
    *output = out;
    return 0;
}

/* A file that will replace another cannot be opened by other users until it has the mode of that
 * one. */
int output_open_file(sys_output *out)
{
    const mode_t fresh = out->how.own ? 0400 : out->how.text ? 0666 : 0444;
    mode_t made = 0, mode = out->target.replaces ? 0600 : fresh;
    int errnum = temp_open_unnamed(out->directory, true, mode, &out->fd);
    out->set_mode = out->target.replaces;
    if (temp_not_supported(errnum)) {
        errnum = temp_open_named(out->temp_directory, false, mode, out->temp, &out->fd, &made);
        out->set_mode = true;
    }
    out->mode = out->target.replaces ? output_mode(&out->how, out->target.mode) : made;
    return errnum;
}

int sys_output_create(const char *path, sys_output_how how, sys_output **output,
                      const char **refused)
{
    sys_output *out;
    int errnum = output_begin(path, &how, &out, refused);
    if (errnum == 0 && !out->target.through && (errnum = output_open_file(out)) != 0)
        sys_output_abort(out);
    if (errnum == 0)
        *output = out;
    return errnum;
}

int sys_output_twin(const sys_output *like, sys_output **output)
{
    sys_output *out = calloc(1, sizeof *out);
    if (out == NULL)
        return ENOMEM;
    out->fd = out->directory = out->temp_directory = -1;
    out->how = like->how;
    out->process = like->process;
    out->target = like->target;
    out->can_sync_directory = like->can_sync_directory;
    out->target.name = strdup(like->target.name);
    out->target.parent = strdup(like->target.parent);
    int errnum = out->target.name != NULL && out->target.parent != NULL ? 0 : ENOMEM;
    if (errnum == 0)
        errnum = sys_dup(like->directory, &out->directory);
    out->temp_directory = out->directory;
    if (errnum == 0)
        errnum = output_open_file(out);
    if (errnum != 0) {
        sys_output_abort(out);
        return errnum;
    }
    *output = out;
    return 0;
}

int sys_output_fd(const sys_output *output)
{
    return output->fd;
}

int sys_output_side_file(const sys_output *output, int *fd)
{
    return temp_side_file(output->directory, fd);
}

bool sys_output_own(const sys_output *output)
{
    return output->process == sys_process();
}

bool sys_output_same(const sys_output *a, const sys_output *b)
{
    struct stat x, y;
    if (a->target.through || b->target.through || strcmp(a->target.name, b->target.name) != 0)
        return false;
    return fstat(a->directory, &x) == 0 && fstat(b->directory, &y) == 0 && x.st_dev == y.st_dev &&
           x.st_ino == y.st_ino;
}

void sys_output_abort(sys_output *output)
{
    if (output == NULL)
        return;
    if (output->temp[0] != 0 && sys_output_own(output))
        unlinkat(output->temp_directory, output->temp, 0);
    sys_close(output->fd);
    if (!output->borrows)
        sys_close(output->directory);
    free(output->shared);
    output_target_free(&output->target);
    free(output);
}

/* Gives the unnamed file the name `name`. */
static int link_unnamed(const sys_output *output, int directory, const char *name)
{
    char proc[40];
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", output->fd);
    return linkat(AT_FDCWD, proc, directory, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

int output_link_temporary(sys_output *output, int directory)
{
    int errnum = EEXIST;
    (void)temp_hold(output->fd);
    for (int i = 0; i < TEMP_TRIES && errnum == EEXIST; i++) {
        char temp[TEMP_NAME_SIZE];
        errnum = temp_new_name(false, temp);
        if (errnum == 0)
            errnum = link_unnamed(output, directory, temp);
        if (errnum != 0)
            continue;
        memcpy(output->temp, temp, sizeof temp);
        output->temp_directory = directory;
    }
    return errnum;
}

int output_rename(sys_output *output)
{
    if (renameat(output->temp_directory, output->temp, output->directory, output->target.name) != 0)
        return errno;
    output->temp[0] = 0;
    return 0;
}

/* Renames the complete file over the target. An unnamed file needs a temporary name for that
 * moment. */
static int replace_target(sys_output *output)
{
    int errnum = output->temp[0] == 0 ? output_link_temporary(output, output->directory) : 0;
    return errnum == 0 ? output_rename(output) : errnum;
}

/* Gives the temporary file the target's name, which must not exist. A rename is tried first: then
 * the file never has two names, of which a kill would leave the temporary one. */
static int name_target(sys_output *output)
{
    int from = output->temp_directory, directory = output->directory;
    const char *name = output->target.name;
    int errnum = sys_hidden("rename") ? EINVAL : 0;
    if (errnum == 0 && renameat2(from, output->temp, directory, name, RENAME_NOREPLACE) != 0)
        errnum = errno;
    if (temp_not_supported(errnum)) {
        if (!sys_hidden("link") && linkat(from, output->temp, directory, name, 0) == 0)
            return 0; /* sys_output_abort removes the temporary name */
        errnum = sys_hidden("link") ? EPERM : errno;
        if (errnum != EPERM && errnum != EMLINK && !temp_not_supported(errnum))
            return errnum;
        /* The last resort. Another process may take the name between the check and the rename, and
         * its file is then replaced. */
        struct stat st;
        if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            return EEXIST;
        errnum = renameat(from, output->temp, directory, name) == 0 ? 0 : errno;
    }
    if (errnum == 0)
        output->temp[0] = 0;
    return errnum;
}

int output_link(sys_output *output)
{
    return output->temp[0] == 0 ? link_unnamed(output, output->directory, output->target.name)
                                : name_target(output);
}

int output_sync(int fd)
{
    if (fsync(fd) == 0 || errno == EINVAL || errno == EROFS)
        return 0;
    return errno;
}

int output_complete(const sys_output *output)
{
    int errnum = output->set_mode ? temp_set_mode(output->fd, output->mode) : 0;
    return errnum == 0 && !output->how.no_sync ? output_sync(output->fd) : errnum;
}

int output_sync_directory(const sys_output *output, int errnum, bool *in_place)
{
    *in_place = false;
    if (errnum != 0 || output->how.no_sync || !output->can_sync_directory)
        return errnum;
    errnum = output_sync(output->directory);
    /* After a rename the old file is gone, and the complete new one is better than none. */
    if (errnum != 0)
        *in_place = output->how.replace || unlinkat(output->directory, output->target.name, 0) != 0;
    return errnum;
}

int sys_output_publish(sys_output *output, bool *in_place)
{
    int errnum = 0;
    *in_place = false;
    if (!output->target.through) {
        errnum = output_complete(output);
        if (errnum == 0)
            errnum = output->how.replace ? replace_target(output) : output_link(output);
        errnum = output_sync_directory(output, errnum, in_place);
    }
    sys_output_abort(output);
    return errnum;
}
