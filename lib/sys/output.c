/* Publishing: a file that has no name until it is complete. Three ways, from the best to the
 * widest:
 *   an unnamed file (O_TMPFILE), linked through /proc/self/fd;
 *   a temporary name in the target's directory, hard-linked to the target;
 *   the same, renamed to the target without replacing (renameat2), or, where not even that exists,
 *   after a look whether it is there.
 * Tests force the second with SHMCOL_HIDE=tmpfile, the third with SHMCOL_HIDE=link, the last with
 * SHMCOL_HIDE=link,rename. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/output_internal.h"

/* Opens what is written as it is. A FIFO waits for its reader. */
static int open_through(sys_output *out, const char *path)
{
    struct stat st;
    out->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (out->fd < 0 || fstat(out->fd, &st) != 0)
        return errno;
    /* It may have changed since the look. */
    return S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode) ? 0 : EINVAL;
}

int output_begin(const char *path, const sys_output_how *how, sys_output **output,
                 const char **refused)
{
    sys_output *out = calloc(1, sizeof *out);
    if (out == NULL)
        return ENOMEM;
    out->fd = out->directory = -1;
    out->how = *how;
    out->process = sys_process();
    int error = output_target_find(path, how, &out->target, refused);
    if (error == 0 && out->target.through)
        error = open_through(out, path);
    else if (error == 0)
        error = temp_open_directory(out->target.parent, &out->directory, &out->can_sync_directory);
    if (error != 0) {
        sys_output_abort(out);
        return error;
    }
    if (!out->target.through)
        sys_sweep(out->directory);
    *output = out;
    return 0;
}

/* The file of an output whose directory is open. What replaces another is nobody else's to open
 * before it has the other's mode. */
static int open_file(sys_output *out)
{
    const mode_t fresh = out->how.own ? 0400 : out->how.text ? 0666 : 0444;
    mode_t made = 0, mode = out->target.replaces ? 0600 : fresh;
    int error = temp_open_unnamed(out->directory, true, mode, &out->fd);
    out->set_mode = out->target.replaces;
    if (temp_not_supported(error)) {
        error = temp_open_named(out->directory, false, mode, out->temp, &out->fd, &made);
        out->set_mode = true;
    }
    out->mode = out->target.replaces ? output_mode(&out->how, out->target.mode) : made;
    return error;
}

int sys_output_create(const char *path, sys_output_how how, sys_output **output,
                      const char **refused)
{
    sys_output *out;
    int error = output_begin(path, &how, &out, refused);
    if (error == 0 && !out->target.through && (error = open_file(out)) != 0)
        sys_output_abort(out);
    if (error == 0)
        *output = out;
    return error;
}

int sys_output_twin(const sys_output *like, sys_output **output)
{
    sys_output *out = calloc(1, sizeof *out);
    if (out == NULL)
        return ENOMEM;
    out->fd = out->directory = -1;
    out->how = like->how;
    out->process = like->process;
    out->target = like->target;
    out->can_sync_directory = like->can_sync_directory;
    out->target.name = strdup(like->target.name);
    out->target.parent = strdup(like->target.parent);
    int error = out->target.name != NULL && out->target.parent != NULL ? 0 : ENOMEM;
    if (error == 0)
        error = sys_dup(like->directory, &out->directory);
    if (error == 0)
        error = open_file(out);
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
        unlinkat(output->directory, output->temp, 0);
    sys_close(output->fd);
    sys_close(output->directory);
    free(output->shared);
    output_target_free(&output->target);
    free(output);
}

/* Gives the unnamed file the name `name`. */
static int link_unnamed(const sys_output *output, const char *name)
{
    char proc[40];
    snprintf(proc, sizeof proc, "/proc/self/fd/%d", output->fd);
    return linkat(AT_FDCWD, proc, output->directory, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

/* Gives the unnamed file a temporary name. It is held first: from its first moment on a sweep
 * leaves it alone. Where there are no locks no sweep does anything. */
static int link_temporary(sys_output *output)
{
    int error = EEXIST;
    (void)temp_hold(output->fd);
    for (int i = 0; i < TEMP_TRIES && error == EEXIST; i++) {
        char temp[TEMP_NAME_SIZE];
        error = temp_new_name(false, temp);
        if (error == 0)
            error = link_unnamed(output, temp);
        if (error == 0)
            memcpy(output->temp, temp, sizeof temp);
    }
    return error;
}

/* Replacing takes a rename, and a rename takes a name: the complete file gets a temporary one for a
 * moment. */
static int replace_target(sys_output *output)
{
    int error = output->temp[0] == 0 ? link_temporary(output) : 0;
    if (error == 0 &&
        renameat(output->directory, output->temp, output->directory, output->target.name) != 0)
        error = errno;
    if (error == 0)
        output->temp[0] = 0;
    return error;
}

/* Gives the temporary file the target's name, which must not exist. A rename first: at no moment
 * does the file have two names, of which a kill would leave the temporary one. */
static int name_target(sys_output *output)
{
    int directory = output->directory;
    const char *name = output->target.name;
    int error = sys_hidden("rename") ? EINVAL : 0;
    if (error == 0 && renameat2(directory, output->temp, directory, name, RENAME_NOREPLACE) != 0)
        error = errno;
    if (temp_not_supported(error)) {
        if (!sys_hidden("link") && linkat(directory, output->temp, directory, name, 0) == 0)
            return 0; /* abort's unlink takes the temporary name away */
        error = sys_hidden("link") ? EPERM : errno;
        if (error != EPERM && error != EMLINK && !temp_not_supported(error))
            return error;
        /* The last resort: between look and rename another process may take the name, and lose it
         * to us. */
        struct stat st;
        if (fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
            return EEXIST;
        error = renameat(directory, output->temp, directory, name) == 0 ? 0 : errno;
    }
    if (error == 0)
        output->temp[0] = 0;
    return error;
}

static int sync_fd(int fd)
{
    if (fsync(fd) == 0 || errno == EINVAL ||
        errno == EROFS) /* a file system without fsync has no more to give */
        return 0;
    return errno;
}

int output_complete(const sys_output *output)
{
    int error = output->set_mode ? temp_set_mode(output->fd, output->mode) : 0;
    return error == 0 && !output->how.no_sync ? sync_fd(output->fd) : error;
}

int output_settle(const sys_output *output, int error, bool *in_place)
{
    *in_place = false;
    if (error != 0 || output->how.no_sync || !output->can_sync_directory)
        return error;
    error = sync_fd(output->directory);
    /* What was there before is gone after a rename; the complete file is better than none. */
    if (error != 0)
        *in_place = output->how.replace || unlinkat(output->directory, output->target.name, 0) != 0;
    return error;
}

int sys_output_publish(sys_output *output, bool *in_place)
{
    int error = 0;
    *in_place = false;
    if (!output->target.through) {
        error = output_complete(output);
        if (error == 0)
            error = output->how.replace    ? replace_target(output)
                    : output->temp[0] == 0 ? link_unnamed(output, output->target.name)
                                           : name_target(output);
        error = output_settle(output, error, in_place);
    }
    sys_output_abort(output);
    return error;
}
