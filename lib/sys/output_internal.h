/* What the files of publishing share: output.c, shared_output.c and temp.c. */
#ifndef SHMCOL_SYS_OUTPUT_INTERNAL_H
#define SHMCOL_SYS_OUTPUT_INTERNAL_H

#include "sys/sys.h"

#include <sys/types.h>

/* Created with this mode: the kernel takes the umask off it, which a process cannot read safely by itself. */
#define OUTPUT_MODE 0444
#define TEMP_TRIES 100
#define SHARED_NAME ".shmcol-%016llx.rows"

struct sys_output {
    int fd, directory;
    bool can_sync_directory;
    char temp[40];            /* our temporary name in the directory; "" while the file has none */
    char *shared;             /* the whole path of a shared output's temporary; NULL: not shared */
    int64_t process;          /* shared: who made it */
    mode_t mode;              /* shared: what the file's mode is to be when it is published */
    char *name;               /* the target's name in the directory */
};

/* ---- temp.c ---- */

/* Splits the directory off `path`: *directory is malloc'd. */
int temp_split(const char *path, char **directory, const char **name);
int temp_open_directory(const char *path, int *fd, bool *can_sync);
/* An unnamed file in the directory, if it can later be given a name (`linkable`: that takes /proc). */
int temp_open_unnamed(int directory, bool linkable, mode_t mode, int *fd);
/* A new temporary name, of a shared output or of another. */
int temp_new_name(bool shared, char out[40]);
/* A file with such a name; "" if there is none. */
int temp_open_named(int directory, bool shared, mode_t mode, char temp[40], int *fd);
/* Errors that say "not on this file system" and not "not at all". */
bool temp_not_supported(int error);

/* ---- output.c ---- */

/* An output without a file: its directory is open, *parent (malloc'd) is the directory's path. */
int output_begin(const char *path, sys_output **output, char **parent);
int output_sync(int fd);
/* Gives the file its mode and syncs it. A failed fsync may have dropped the pages: it is final, never tried again. */
int output_complete(const sys_output *output, bool no_sync);

#endif
