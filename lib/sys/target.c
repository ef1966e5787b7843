/* Where an output goes. The path is looked at once, before any work: only a regular file is
 * replaced, and a symbolic link is not replaced but what it leads to. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "sys/output_internal.h"

#define PROC 0x9fa0 /* PROC_SUPER_MAGIC of linux/magic.h */
#define MOST_LINKS 40

/* Describes what is not a regular file; NULL: it is one. */
static const char *kind_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG: return NULL;
    case S_IFDIR: return "a directory";
    case S_IFIFO: return "a FIFO";
    case S_IFSOCK: return "a socket";
    default: return "a device";
    }
}

/* Returns true if the link itself is one of /proc. What it leads to may be a file without that
 * name, or with no name at all. */
static bool is_in_proc(const char *link)
{
    struct statfs st;
    int fd = open(link, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    bool found = fd >= 0 && fstatfs(fd, &st) == 0 && st.f_type == PROC;
    sys_close(fd);
    return found;
}

/* Reads the link at `path`. The caller frees *out, the path that it leads to. */
static int read_link(const char *path, char **out)
{
    char text[PATH_MAX];
    ssize_t length = readlink(path, text, sizeof text);
    if (length < 0)
        return errno;
    if (length == 0 || length == (ssize_t)sizeof text)
        return ENAMETOOLONG;
    const char *slash = strrchr(path, '/');
    int before = slash != NULL && text[0] != '/' ? (int)(slash + 1 - path) : 0;
    return asprintf(out, "%.*s%.*s", before, path, (int)length, text) < 0 ? ENOMEM : 0;
}

/* Follows links; *path, allocated by malloc, becomes the end of the last one. */
static int follow(char **path, const char **refused)
{
    struct stat st;
    for (int links = 0; links < MOST_LINKS; links++) {
        if (lstat(*path, &st) != 0)
            return errno == ENOENT ? 0 : errno;
        if (!S_ISLNK(st.st_mode))
            return 0;
        if (is_in_proc(*path)) {
            *refused = "a link to an open file";
            return EINVAL;
        }
        char *next = NULL;
        int errnum = read_link(*path, &next);
        if (errnum != 0)
            return errnum;
        free(*path);
        *path = next;
    }
    return ELOOP;
}

/* Decides about what is at *path, which becomes the end of its links. */
static int look(char **path, const sys_output_how *how, output_target *target, const char **refused)
{
    struct stat st, end;
    if (lstat(*path, &st) != 0)
        return errno == ENOENT ? 0 : errno;
    /* The kernel follows the links too, by its own rules: it refuses those that somebody else left
     * in a directory for all (fs.protected_symlinks). */
    bool link = S_ISLNK(st.st_mode), there = stat(*path, &end) == 0;
    int errnum = there || errno == ENOENT ? 0 : errno;
    if (there && how->through && (S_ISCHR(end.st_mode) || S_ISFIFO(end.st_mode))) {
        target->through = true;
        return 0;
    }
    if (link && errnum == 0)
        errnum = follow(path, refused);
    if (there && *refused == NULL)
        *refused = kind_of(end.st_mode);
    if (link && !how->replace)
        return EEXIST;
    if (*refused != NULL)
        return there && S_ISDIR(end.st_mode) ? EISDIR : EINVAL;
    if (errnum == 0 && there && !how->replace)
        errnum = EEXIST;
    target->replaces = there;
    target->mode = there ? end.st_mode & 0777 : 0;
    return errnum;
}

/* Splits the directory off `path`. */
static int split(const char *path, output_target *target)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    if (path[0] == 0)
        return ENOENT;
    if (name[0] == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return EISDIR;
    if (strlen(name) > NAME_MAX)
        return ENAMETOOLONG;
    target->name = strdup(name);
    target->parent = slash == NULL   ? strdup(".")
                     : slash == path ? strdup("/")
                                     : strndup(path, (size_t)(slash - path));
    return target->name != NULL && target->parent != NULL ? 0 : ENOMEM;
}

int output_target_find(const char *path, const sys_output_how *how, output_target *target,
                       const char **refused)
{
    char *end = strdup(path);
    *target = (output_target){0};
    *refused = NULL;
    int errnum = end != NULL ? look(&end, how, target, refused) : ENOMEM;
    if (errnum == 0)
        errnum = split(target->through ? path : end, target);
    free(end);
    if (errnum != 0)
        output_target_free(target);
    return errnum;
}

void output_target_free(output_target *target)
{
    free(target->parent);
    free(target->name);
    *target = (output_target){0};
}

mode_t output_mode(const sys_output_how *how, mode_t old)
{
    return how->text ? old : old & ~(mode_t)0222;
}
