/* Publishing: a file that has no name until it is complete. Three ways, from the best to the widest:
 *   an unnamed file (O_TMPFILE), linked through /proc/self/fd;
 *   a temporary name in the target's directory, hard-linked to the target;
 *   the same, renamed to the target without replacing (renameat2), or, where not even that exists, after a look whether it is there.
 * Tests force the second with SHMCOL_HIDE=tmpfile, and the third with SHMCOL_HIDE=link or link,rename. */
#include "sys/output_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int output_begin(const char *path, sys_output **output, char **parent)
{
    const char *name;
    int error = temp_split(path, parent, &name);
    if (error != 0)
        return error;
    sys_output *out = calloc(1, sizeof *out);
    char *own = strdup(name);
    error = out != NULL && own != NULL ? temp_open_directory(*parent, &out->directory, &out->can_sync_directory) : ENOMEM;
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
    int error = output_begin(path, &out, &parent);
    if (error != 0)
        return error;
    free(parent);
    error = temp_open_unnamed(out->directory, true, OUTPUT_MODE, &out->fd);
    if (temp_not_supported(error))
        error = temp_open_named(out->directory, false, OUTPUT_MODE, out->temp, &out->fd);
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
        error = temp_new_name(false, temp);
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
    if (error != EPERM && error != EMLINK && !temp_not_supported(error))
        return error;
    error = sys_hidden("rename") ? EINVAL : 0;
    if (error == 0 && renameat2(directory, output->temp, directory, output->name, RENAME_NOREPLACE) != 0)
        error = errno;
    if (temp_not_supported(error)) {
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

int output_sync(int fd)
{
    if (fsync(fd) == 0 || errno == EINVAL || errno == EROFS) /* a file system without fsync has no more to give */
        return 0;
    return errno;
}

int output_complete(const sys_output *output, bool no_sync)
{
    int error = output->shared != NULL && fchmod(output->fd, output->mode) != 0 ? errno : 0;
    return error == 0 && !no_sync ? output_sync(output->fd) : error;
}

int sys_output_publish(sys_output *output, bool replace, bool no_sync)
{
    int error = output_complete(output, no_sync);
    bool named = false;
    if (error == 0) {
        error = replace ? replace_target(output) : output->temp[0] == 0 ? link_unnamed(output, output->name) : name_target(output);
        named = error == 0;
    }
    if (error == 0 && !no_sync && output->can_sync_directory)
        error = output_sync(output->directory);
    /* What was there before is gone after a rename; the complete file is better than none. A fresh name goes away again. */
    if (error != 0 && named && !replace)
        unlinkat(output->directory, output->name, 0);
    sys_output_abort(output);
    return error;
}
