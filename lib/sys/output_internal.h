/* The structures and functions that the files of publishing share: output.c, shared_output.c,
 * target.c, temp.c and part_output.c. */
#ifndef SHMCOL_SYS_OUTPUT_INTERNAL_H
#define SHMCOL_SYS_OUTPUT_INTERNAL_H

#include <sys/types.h>

#include "sys/sys.h"

#define TEMP_TRIES 100
#define TEMP_NAME_SIZE 40

/* The target of a path, resolved once. */
typedef struct output_target {
    char *parent, *name; /* the directory's path, and the name in it; malloc'd */
    bool replaces;       /* it is a regular file */
    bool through;        /* it is a character device or a FIFO, which is written to as it is */
    mode_t mode;         /* of the regular file */
} output_target;

struct sys_output {
    int fd, directory;
    int temp_directory; /* the directory of a temporary name: mostly `directory` */
    bool borrows;       /* the directories are the caller's */
    bool can_sync_directory;
    sys_output_how how;
    output_target target;
    int64_t process;           /* the creator; no other process removes names */
    char temp[TEMP_NAME_SIZE]; /* our temporary name in the directory; "" while the file has none */
    char *shared;              /* the whole path of a shared output's temporary; NULL: not shared */
    bool set_mode;             /* publishing sets the file's mode to `mode` */
    mode_t mode;
    bool knows_fresh; /* shared: `fresh` is the mode of a file that replaces none */
    mode_t fresh;
};

/* ---- target.c ---- */

/* Resolves `path`. EEXIST, EISDIR, EINVAL and *refused as in sys_output_create. On success the
 * caller frees the target with output_target_free. */
int output_target_find(const char *path, const sys_output_how *how, output_target *target,
                       const char **refused);
void output_target_free(output_target *target);
/* Returns the mode of a file that replaces one of mode `old`. */
mode_t output_mode(const sys_output_how *how, mode_t old);

/* ---- temp.c ---- */

int temp_open_directory(const char *path, int *fd, bool *can_sync);
/* Creates an unnamed file in the directory. `linkable`: it must be possible to give it a name
 * later, which needs /proc. The kernel subtracts the umask from `mode`. */
int temp_open_unnamed(int directory, bool linkable, mode_t mode, int *fd);
/* Makes a new temporary name, of a shared output or of another one. */
int temp_new_name(bool shared, char out[TEMP_NAME_SIZE]);
/* Creates a file with such a name and holds it; after an error `temp` is "". Only its owner may
 * open it at first. Sets *made to `mode` less the umask, as the kernel applied it: a process cannot
 * read its umask safely. */
int temp_open_named(int directory, bool shared, mode_t mode, char temp[TEMP_NAME_SIZE], int *fd,
                    mode_t *made);
/* Holds a file until the last descriptor of this opening is closed, so that sys_sweep does not
 * remove its temporary name. EBUSY: a sweep is testing it. */
int temp_hold(int fd);
int temp_is_held(int fd, bool *held);
/* Sets the mode; no error where the file system has none. */
int temp_set_mode(int fd, mode_t mode);
/* Creates an unlinked, readable and writable file in the directory. */
int temp_side_file(int directory, int *fd);
/* Returns true for an error that means that this file system cannot do it. */
bool temp_not_supported(int errnum);

/* ---- output.c ---- */

/* Creates an output whose target is resolved and whose directory is open and swept, but which has
 * no file yet; or one that is written through. */
int output_begin(const char *path, const sys_output_how *how, sys_output **output,
                 const char **refused);
/* Creates the file of an output whose directory is open: without a name in `directory`, else under
 * a temporary name in `temp_directory`. */
int output_open_file(sys_output *output);
/* Gives the unnamed file a temporary name in `directory`. It is held before, so that no sweep
 * removes the name; without locks a sweep removes nothing. */
int output_link_temporary(sys_output *output, int directory);
/* Gives the complete file its name, which must not exist. */
int output_link(sys_output *output);
/* Renames the file over its target, with its temporary name. */
int output_rename(sys_output *output);
/* Gives the file its mode and syncs it. A failed fsync is final and never repeated: it may have
 * dropped the pages. */
int output_complete(const sys_output *output);
/* Syncs the directory after the file got its name, unless that failed with `errnum`, which is then
 * returned. If the sync fails, a new name is removed again. */
int output_sync_directory(const sys_output *output, int errnum, bool *in_place);

/* Syncs a file or directory. A file system without fsync cannot do more. */
int output_sync(int fd);

#endif
