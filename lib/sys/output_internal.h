/* What the files of publishing share: output.c, shared_output.c, target.c and temp.c. */
#ifndef SHMCOL_SYS_OUTPUT_INTERNAL_H
#define SHMCOL_SYS_OUTPUT_INTERNAL_H

#include <sys/types.h>

#include "sys/sys.h"

#define TEMP_TRIES 100
#define TEMP_NAME_SIZE 40

/* Where a path leads, looked at once. */
typedef struct output_target {
    char *parent, *name; /* the directory's path, and the name in it; malloc'd */
    bool replaces;       /* a regular file is there */
    bool through;        /* a character device or a FIFO is there, to be written to as it is */
    mode_t mode;         /* of the regular file that is there */
} output_target;

struct sys_output {
    int fd, directory;
    bool can_sync_directory;
    sys_output_how how;
    output_target target;
    int64_t process;           /* who made it: nobody else takes names away */
    char temp[TEMP_NAME_SIZE]; /* our temporary name in the directory; "" while the file has none */
    char *shared;              /* the whole path of a shared output's temporary; NULL: not shared */
    bool set_mode;             /* at publication the file's mode is to become `mode` */
    mode_t mode;
    bool knows_fresh; /* shared: `fresh` is the mode of a file that replaces none */
    mode_t fresh;
};

/* ---- target.c ---- */

/* Looks where `path` leads. EEXIST, EISDIR, EINVAL and *refused as sys_output_create has them.
 * On success the target is the caller's, to be freed by output_target_free. */
int output_target_find(const char *path, const sys_output_how *how, output_target *target,
                       const char **refused);
void output_target_free(output_target *target);
/* Returns the mode of what replaces a file of mode `old`. */
mode_t output_mode(const sys_output_how *how, mode_t old);

/* ---- temp.c ---- */

int temp_open_directory(const char *path, int *fd, bool *can_sync);
/* An unnamed file in the directory, if it can later be given a name (`linkable`: that takes /proc).
 * The kernel takes the umask off `mode`. */
int temp_open_unnamed(int directory, bool linkable, mode_t mode, int *fd);
/* A new temporary name, of a shared output or of another. */
int temp_new_name(bool shared, char out[TEMP_NAME_SIZE]);
/* A file with such a name, held by temp_hold; `temp` is "" if there is none. Only its owner may
 * open it now; *made is the mode that the kernel made of `mode`, less the umask, which a process
 * cannot read safely by itself. */
int temp_open_named(int directory, bool shared, mode_t mode, char temp[TEMP_NAME_SIZE], int *fd,
                    mode_t *made);
/* Holds a file so that sys_sweep leaves its temporary name alone, until the last descriptor of this
 * opening is closed. EBUSY: a sweep is just looking at it. */
int temp_hold(int fd);
int temp_is_held(int fd, bool *held);
/* Some file systems know no modes: that is no error. */
int temp_set_mode(int fd, mode_t mode);
/* An unlinked, readable and writable file in the directory. */
int temp_side_file(int directory, int *fd);
/* Errors that say "not on this file system" and not "not at all". */
bool temp_not_supported(int error);

/* ---- output.c ---- */

/* An output without a file, or one that is written through: its target is known, its directory open
 * and swept. */
int output_begin(const char *path, const sys_output_how *how, sys_output **output,
                 const char **refused);
/* Gives the file its mode and syncs it. A failed fsync may have dropped the pages: it is final,
 * never tried again. */
int output_complete(const sys_output *output);
/* Syncs the directory after the file got its name; `error` is what naming it said. A fresh name
 * goes away again where that fails. */
int output_settle(const sys_output *output, int error, bool *in_place);

#endif
