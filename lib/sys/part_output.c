/* Outputs that get their names in a directory that the caller holds: parts of a table. Their
 * temporary names lie in the directory above it where that is possible, so that a program that
 * lists the directory sees parts only. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/output_internal.h"

/* Returns true if files can be renamed from `parent` to `directory`: both are of one mount. The
 * kernel looks at that before it looks for the file, and a file of that name does not exist. */
static bool can_move(int parent, int directory)
{
    char name[TEMP_NAME_SIZE];
    if (parent < 0 || temp_new_name(false, name) != 0)
        return false;
    return renameat(parent, name, directory, name) != 0 && errno == ENOENT;
}

/* Looks at what has the name now. EEXIST: something has, and is not to be replaced. ENOENT: there
 * is nothing to replace. EINVAL: it is no regular file. */
static int look(int directory, const char *name, const sys_output_how *how, output_target *target)
{
    struct stat st;
    int errnum = fstatat(directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
    if (!how->replace)
        return errnum == 0 ? EEXIST : errnum == ENOENT ? 0 : errnum;
    if (errnum == 0 && !S_ISREG(st.st_mode))
        return EINVAL;
    target->replaces = errnum == 0;
    target->mode = errnum == 0 ? st.st_mode & 0777 : 0;
    return errnum;
}

int sys_output_create_part(const sys_part_place *place, const char *name, sys_output_how how,
                           sys_output **output)
{
    sys_output *out = calloc(1, sizeof *out);
    if (out == NULL)
        return ENOMEM;
    out->fd = -1;
    out->borrows = true;
    out->directory = out->temp_directory = place->directory;
    out->how = how;
    out->process = sys_process();
    out->target.name = strdup(name);
    int errnum =
        out->target.name != NULL ? look(place->directory, name, &how, &out->target) : ENOMEM;
    if (errnum == 0 && can_move(place->parent, place->directory))
        out->temp_directory = place->parent;
    if (errnum == 0)
        errnum = output_open_file(out);
    /* The directory above may be closed to this user. */
    if ((errnum == EACCES || errnum == EPERM || errnum == EROFS) &&
        out->temp_directory != place->directory) {
        out->temp_directory = place->directory;
        errnum = output_open_file(out);
    }
    if (errnum != 0) {
        sys_output_abort(out);
        return errnum;
    }
    *output = out;
    return 0;
}

int sys_output_complete(sys_output *output)
{
    return output_complete(output);
}

int sys_output_link(sys_output *output)
{
    return output_link(output);
}

int sys_output_rename(sys_output *output)
{
    int errnum = 0;
    if (output->temp[0] == 0)
        errnum = output_link_temporary(output, output->temp_directory);
    if (errnum != 0 && output->temp_directory != output->directory)
        errnum = output_link_temporary(output, output->directory);
    return errnum == 0 ? output_rename(output) : errnum;
}

bool sys_output_named(const sys_output *output)
{
    struct stat st, named;
    return fstat(output->fd, &st) == 0 &&
           fstatat(output->directory, output->target.name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           st.st_dev == named.st_dev && st.st_ino == named.st_ino;
}

void sys_output_unlink(sys_output *output)
{
    if (sys_output_own(output) && sys_output_named(output))
        (void)unlinkat(output->directory, output->target.name, 0);
}
