/* The boundary to the operating system: only lib/sys calls it. Functions that can fail return an
 * errno value (0: success), so that the caller can say what it was doing. None prints or exits. */
#ifndef SHMCOL_SYS_H
#define SHMCOL_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- files ---- */
/* Opens with O_RDONLY and O_CLOEXEC. EINTR: a signal came while it waited for a FIFO. */
int sys_open_read(const char *path, int *fd);
/* Opens a file to be mapped; never waits for a FIFO. */
int sys_open_map(const char *path, int *fd);
/* Opens a directory, close-on-exec. ENOTDIR: it is none. */
int sys_open_directory(const char *path, int *fd);
/* Opens a file of a directory to be mapped; never waits for a FIFO. */
int sys_open_map_at(int directory, const char *name, int *fd);
/* Finds out whether a directory has that name, whatever it is. */
int sys_has_name(int directory, const char *name, bool *has);
/* Returns `path` as an absolute one; links in it stay. The caller frees it. NULL: no memory, or the
 * current directory is gone. */
char *sys_absolute(const char *path);
/* Duplicates a descriptor, close-on-exec. */
int sys_dup(int fd, int *out);
/* Closes a descriptor; fd < 0 is allowed. */
void sys_close(int fd);
typedef struct sys_file_info {
    uint64_t size;
    bool regular, directory;
    uint64_t device, inode;
    int64_t mtime_ns;
} sys_file_info;
int sys_stat_fd(int fd, sys_file_info *info);
int sys_stat_path(const char *path, sys_file_info *info);
/* Reads `length` bytes at `offset`; fewer only at the end of the file. Sets *got to their number.
 * Retries EINTR and short reads. */
int sys_pread(int fd, void *data, size_t length, uint64_t offset, size_t *got);
/* Reads at most `length` bytes of what a pipe holds; *got = 0 at the end. EINTR: a signal came
 * while it waited; the caller decides whether to continue. */
int sys_read(int fd, void *data, size_t length, size_t *got);
/* Writes all bytes. */
int sys_pwrite(int fd, const void *data, size_t length, uint64_t offset);
int sys_write(int fd, const void *data, size_t length);
int sys_truncate(int fd, uint64_t size);
/* Gives the space of a range back. Succeeds where the file system cannot do it. */
int sys_punch(int fd, uint64_t offset, uint64_t length);
/* Allocates every byte of the range, so that no later write to it, through a map or not, finds the
 * disk full. New bytes read as zero. EOPNOTSUPP: the file system cannot. */
int sys_allocate(int fd, uint64_t offset, uint64_t length);
/* Returns true if sys_allocate makes later writes cheaper: not in memory, where it makes all pages,
 * nor where data is copied on write. */
bool sys_reserves(int fd);
/* Returns true if the file is in memory only (tmpfs). */
bool sys_in_memory(int fd);
/* Returns true if the file system has `length` bytes left, or, if it is limited by memory only, if
 * that much memory is free. */
bool sys_has_room(int fd, uint64_t length);
/* Makes reads through `fd` and its duplicates bring in only the pages that they ask for, or (false)
 * also those that may be wanted next, which is the default. Advice only. */
void sys_read_only_asked(int fd, bool only);

/* ---- maps ---- */
/* Maps a file for reading, or privately for writing. ENOMEM: no address space. */
int sys_map(int fd, uint64_t size, bool writable_private, const uint8_t **map);
/* Maps a file so that writes to the map go to the file. */
int sys_map_shared(int fd, uint64_t size, uint8_t **map);
void sys_unmap(const uint8_t *map, uint64_t size);
/* The size of a huge page on x86-64, and on ARM where small pages have 4 KiB. */
#define SYS_HUGE_PAGE (UINT64_C(2) << 20)
/* Makes one huge page of the small pages of a file in memory, from `offset` on, which is a multiple
 * of its size. The file must reach that far and have at least one of these pages; the missing ones
 * read as zero. Fails where the kernel cannot do it; EAGAIN: not this time. */
int sys_huge_page(int fd, uint64_t offset);
/* PREFAULT_WRITE: as if a byte of every page were written with the value it has. EINVAL: the kernel
 * does not have it. LET_GO: this process's memory has the pages no more until they are used again;
 * what was written to a private map is lost. */
enum sys_advice { SYS_PREFAULT, SYS_PREFAULT_WRITE, SYS_SEQUENTIAL, SYS_RANDOM, SYS_LET_GO };
int sys_advise(const uint8_t *map, uint64_t size, enum sys_advice advice);
/* Starts reading these bytes of a mapped file, without the pages around them that a fault would
 * read. Does not wait. Advice only. */
void sys_map_read_ahead(const uint8_t *map, uint64_t size);
/* Sets *resident to the bytes that are in memory, in whole pages; map page-aligned. The kernel
 * tells only those who own the file or may write it; for others every page looks resident. */
int sys_resident(const uint8_t *map, uint64_t size, uint64_t *resident);
/* Finds out whether a page that has any of these bytes of a private map was written to. Where the
 * system does not tell, *written is true. */
int sys_was_written(const uint8_t *map, uint64_t size, bool *written);
uint64_t sys_page_size(void);

/* ---- reserved addresses (reserve.c): pages of files are mapped over them, back to back ---- */
/* Reserves addresses that no access may use yet. They take no memory. sys_unmap gives them back,
 * with all that was mapped there. */
int sys_reserve(uint64_t size, uint8_t **base);
/* Reserves the addresses at `base`. EEXIST: something is mapped there. */
int sys_reserve_at(uint8_t *base, uint64_t size);
/* Maps the pages of a shared map, at `from`, also at `to`. Both are page-aligned; the range at `to`
 * is reserved. The map at `from` stays. Where addresses are limited, a failure may leave nothing at
 * `to`. */
int sys_map_again(uint8_t *to, const uint8_t *from, uint64_t size);
/* Does the same where nothing is mapped at `to`, which costs a third less. EEXIST: the kernel will
 * not use that place, for another thread has it or for another reason. Any other failure, such as
 * EINVAL before Linux 5.13, changes nothing either. */
int sys_map_again_if_free(uint8_t *to, const uint8_t *from, uint64_t size);
/* Does the same over pages that are in use, in one step for a thread that reads there; takes twice
 * as long. A failure leaves what was there. */
int sys_map_over(uint8_t *to, const uint8_t *from, uint64_t size);
/* Maps pages of a file privately, for reading and writing, at `to`. */
int sys_map_private_at(uint8_t *to, int fd, uint64_t offset, uint64_t size);
/* Maps memory that is zero at `to`. */
int sys_memory_at(uint8_t *to, uint64_t size);
/* Returns true if this process may have only so many *bytes of addresses (RLIMIT_AS). */
bool sys_address_limit(uint64_t *bytes);
/* Finds out how many maps a process may have (vm.max_map_count), and how many this one has. Returns
 * false where /proc does not tell. */
bool sys_map_limit(uint64_t *most, uint64_t *used);

/* ---- faults: SIGBUS on mapped pages. Signals that are not ours go to the handlers that were there
 * before. ---- */
/* Runs fn(arg). If a SIGBUS of this thread on [map, map + size) ends it, as longjmp would, returns
 * EFAULT and sets *address to the byte. Can be nested. Installs the handler, if it is not there, at
 * each thread's first guard. */
int sys_guard(const uint8_t *map, uint64_t size, void (*fn)(void *arg), void *arg,
              const uint8_t **address);
/* Tells whether a byte belongs to a set of maps. Called in signal context. */
typedef bool sys_covers(const void *set, const uint8_t *address);
/* Does the same for a set of maps. */
int sys_guard_set(sys_covers *covers, const void *set, void (*fn)(void *arg), void *arg,
                  const uint8_t **address);
/* Returns true if this thread runs inside a guard over this byte. */
bool sys_guarded(const uint8_t *map);
/* Sets the function that is called, in signal context, for a SIGBUS at `address` in a map that is
 * registered and not guarded. Installs the handler, if it is not there. */
int sys_fault_report(void (*report)(void *owner, const uint8_t *address));
/* Registers a map and its owner for sys_fault_report. Lock-free, and rarely allocates; without
 * memory the map is not registered and NULL is returned. */
typedef struct sys_fault_slot sys_fault_slot;
sys_fault_slot *sys_fault_register(const uint8_t *map, uint64_t size, void *owner);
/* Does the same for a set of maps, which is the owner's: covers(owner, address) tells. */
sys_fault_slot *sys_fault_register_set(sys_covers *covers, void *owner);
/* Afterwards no report uses the owner. NULL is allowed. */
void sys_fault_unregister(sys_fault_slot *slot);

/* ---- publishing: a file without a name, or with a temporary one, gets its name at the end, or
 * never ---- */
typedef struct sys_output sys_output;
typedef struct sys_output_how {
    /* Replaces an existing regular file; creates or replaces the target of a symbolic link. */
    bool replace;
    bool no_sync;
    /* Keeps the file writable: a new one has mode 0666 less the umask, and one that replaces
     * another has its mode. Otherwise nobody may write: 0444 less the umask, or the other's mode
     * without its write bits. */
    bool text;
    /* Makes a new file readable by its owner only (0400): others cannot open it, nor lock it. */
    bool own;
    /* Writes to a character device or a FIFO as it is. Opening waits for a FIFO's reader (EINTR: a
     * signal came), and publishing does nothing. */
    bool through;
} sys_output_how;
/* Creates an output. Resolves `path` once, removes what processes that have died left in that
 * directory (sys_sweep), and creates the file there: with O_TMPFILE, else under a temporary name.
 * EEXIST: something is there, and `replace` is not set. *refused is then, and after any error, NULL
 * or a description of what is not replaced: "a directory" (EISDIR), "a device", "a FIFO",
 * "a socket", "a link to an open file" (a link in /proc; EINVAL). */
int sys_output_create(const char *path, sys_output_how how, sys_output **output,
                      const char **refused);
/* Creates another output for the same target. */
int sys_output_twin(const sys_output *like, sys_output **output);
int sys_output_fd(const sys_output *output);
/* Opens an unlinked, readable and writable file in the same directory; not for an output that is
 * written through. */
int sys_output_side_file(const sys_output *output, int *fd);
/* Returns true in the process that created it. */
bool sys_output_own(const sys_output *output);
/* Returns true if both will get the same name. */
bool sys_output_same(const sys_output *a, const sys_output *b);
/* Syncs the file (unless no_sync), links it to its name or renames it over it, and syncs the
 * directory. Frees `output` whatever it returns. On failure nothing is left behind, with one
 * exception: *in_place says that the new, complete file is there, and only the sync of the
 * directory failed. A failed fsync is final. */
int sys_output_publish(sys_output *output, bool *in_place);
/* Frees the output and removes its file. In a child of fork it only frees: the name belongs to the
 * parent. NULL is allowed. */
void sys_output_abort(sys_output *output);
/* Does the same as sys_output_create, but the file has a name from the beginning, by which other
 * processes of this user open it to write: *temp, valid as long as the output. */
int sys_output_create_shared(const char *path, sys_output_how how, sys_output **output,
                             const char **temp, const char **refused);
/* Opens a shared output by that name. ENOENT: it was published or given up. */
int sys_open_shared_output(const char *temp, int *fd);
/* Returns *temp of sys_output_create_shared. */
const char *sys_output_shared_path(const sys_output *output);
/* Publishes a shared output, which keeps its temporary name and stays the caller's, who may use it
 * again or abort it. EOPNOTSUPP: the file system has no hard links; nothing has happened. */
int sys_output_publish_kept(sys_output *output, bool *in_place);
/* Recycles a published output as a new temporary file for `path`. The old contents stay, except the
 * 64-byte header, which is zeroed so that late readers see an invalid file. Succeeds only if no
 * other process can observe the change: EBUSY if the inode has another name, or is open or mapped
 * elsewhere. (This process's maps through the output's own descriptor, those that children of fork
 * inherited of them, and O_PATH descriptors do not count.) EXDEV: another directory, a file system
 * that is not in memory, or an unknown mode of a new file. EEXIST and *refused as in
 * sys_output_create. */
int sys_output_reuse(sys_output *output, const char *path, sys_output_how how,
                     const char **refused);
/* Sets *alive to true if the process that created the output still lives. After an error that is
 * unknown. */
int sys_output_alive(int fd, bool *alive);
/* Removes the temporary names in a directory whose processes have died, and never those of living
 * ones. */
void sys_sweep(int directory);
/* Returns true for the temporary name of an output. */
bool sys_is_temporary(const char *name);
/* Returns true if the process that made the temporary file of that name has died. */
bool sys_temporary_is_dead(int directory, const char *name);
/* The directory of a table, and the one above it (-1: not known), where temporary names may lie.
 * Both are the caller's and stay open as long as the outputs. */
typedef struct sys_part_place {
    int directory, parent;
} sys_part_place;
/* Creates an output for the name `name` in place->directory. It is published step by step, in any
 * order with others, and then given to sys_output_abort. EEXIST: something has the name, and
 * how.replace is not set. ENOENT, EINVAL: there is nothing to replace, or no regular file. */
int sys_output_create_part(const sys_part_place *place, const char *name, sys_output_how how,
                           sys_output **output);
/* Gives the file its mode and syncs it (unless no_sync). A failed fsync is final. */
int sys_output_complete(sys_output *output);
/* Gives the complete file its name, which must not exist (EEXIST). Does not sync the directory. */
int sys_output_link(sys_output *output);
/* Renames the complete file over the one that has its name. Does not sync the directory. */
int sys_output_rename(sys_output *output);
/* Returns true if the file has its name now. */
bool sys_output_named(const sys_output *output);
/* Removes the name again if it is that of the file. */
void sys_output_unlink(sys_output *output);
/* Opens an unlinked, readable and writable file: in $TMPDIR, else beside `path` (NULL: not there),
 * else in /var/tmp, else in /tmp. */
int sys_temp_create(const char *path, int *fd);
/* Creates a file in memory that has a descriptor and no name (memfd); it can be sealed. */
int sys_memory_file(int *fd);
/* Seals a file in memory: nobody can change it, its length or its seals any more. EBUSY: it is
 * still mapped writable. EINVAL: not such a file. */
int sys_seal(int fd);

/* ---- a directory of our own, whose files processes share ---- */
/* Opens the directory, and creates what is missing of its path, for the owner alone. EPERM: it
 * belongs to another user, or others may write to it. */
int sys_private_directory(const char *path, int *fd);
/* Opens the file of that name and holds it until the descriptor and all its duplicates are closed:
 * sys_remove_unused does not remove it in that time. Never waits. EBUSY: it is being removed, or is
 * locked exclusively. */
int sys_open_shared(int directory, const char *name, int *fd, sys_file_info *info);
/* Does the same by the directory's path, if the directory exists and both it and the file are the
 * user's alone as in sys_private_directory. EPERM: one of them is not. */
int sys_open_private(const char *directory, const char *name, int *fd, sys_file_info *info);
/* Creates a lock file of that name and waits for it, or not (EWOULDBLOCK: another has it).
 * sys_unlock_name removes it. The lock of a process that dies is released. */
int sys_lock_name(int directory, const char *name, bool wait, int *fd);
void sys_unlock_name(int directory, const char *name, int fd);
/* Removes the name, even while the file is held. */
void sys_remove_name(int directory, const char *name);
/* Removes the name unless the file is held: EBUSY. */
int sys_remove_unused(int directory, const char *name);
/* Notes that the file is used now, if `info`, of the time before, is older than a minute. */
void sys_touch(int fd, const sys_file_info *info);
/* Calls fn with name, size and mtime of every regular file; nothing else of `info` is set. */
int sys_list(int directory, void (*fn)(void *arg, const char *name, const sys_file_info *info),
             void *arg);

/* ---- a directory that one process at a time changes ---- */
/* Opens the directory above an open one. */
int sys_open_parent(int directory, int *fd);
/* Creates a directory with mode 0777 less the umask. EEXIST: there is something. */
int sys_make_directory(const char *path);
/* Removes an empty directory. */
int sys_remove_directory(const char *path);
/* Locks the directory against other openings of it (flock). Never waits. EWOULDBLOCK: another has
 * it. The lock ends with sys_release_directory in any process, or with the last duplicate of the
 * descriptor. */
int sys_hold_directory(int fd);
void sys_release_directory(int fd);
int sys_sync_directory(int fd);
/* Describes what has that name, also a link. */
int sys_stat_at(int directory, const char *name, sys_file_info *info);
int sys_unlink_at(int directory, const char *name);
/* Creates an empty file. EEXIST: something other than a regular file has the name, also a link to
 * one. An existing regular file stays as it is. */
int sys_create_empty_at(int directory, const char *name);

/* ---- locks on ranges of bytes, which need not exist. They belong to the open file behind the
 * descriptor and not to the process, and end with its last descriptor, for whatever reason. ---- */
/* Locks the range against all others. Never waits. EBUSY: a byte of it is locked. */
int sys_lock_range(int fd, uint64_t offset, uint64_t length);
/* Locks the range against locks that are not shared; a read-only descriptor is enough. */
int sys_lock_range_shared(int fd, uint64_t offset, uint64_t length);
int sys_unlock_range(int fd, uint64_t offset, uint64_t length);
/* Finds the first lock of others in the range, and the part of the range that it covers; *held = 0:
 * there is none. */
int sys_find_lock(int fd, uint64_t offset, uint64_t length, uint64_t *first, uint64_t *held);

/* ---- threads ---- */
/* Returns the number of CPUs that this process may run on. */
uint32_t sys_cpu_count(void);
/* Runs fn(arg, 0 … n-1) on n threads, of which the caller's is one, and waits for all. If fewer
 * threads can be started, fn still runs for every index. */
void sys_parallel(uint32_t n, void (*fn)(void *arg, uint32_t index), void *arg);
typedef struct sys_mutex sys_mutex;
sys_mutex *sys_mutex_new(void); /* NULL: no memory */
void sys_mutex_free(sys_mutex *mutex);
void sys_lock(sys_mutex *mutex);
void sys_unlock(sys_mutex *mutex);
typedef struct sys_cond sys_cond;
sys_cond *sys_cond_new(void); /* NULL: no memory */
void sys_cond_free(sys_cond *cond);
void sys_wait(sys_cond *cond, sys_mutex *mutex);
void sys_wake_all(sys_cond *cond);

/* ---- the rest ---- */
/* Returns the time of a monotonic clock. */
double sys_seconds(void);
void sys_sleep_ms(uint32_t milliseconds);
/* Returns the id of this process. */
int64_t sys_process(void);
/* Fills `out` with at most 256 unpredictable bytes. */
int sys_random(void *out, size_t length);
/* Returns the variable's value; NULL: not set, or a set-uid process. */
const char *sys_getenv(const char *name);
/* Returns true if the environment variable SHMCOL_HIDE, a list with commas, names this feature. The
 * caller then acts as if the machine lacked it, so that tests can force what only other machines
 * do. The features: avx512, avx2 (with it avx512); memfd; collapse (huge pages of files in memory);
 * tmpfile (O_TMPFILE); link (hard links, and so tmpfile); rename (renameat2 that does not replace);
 * pages (small enough for a bitmap of a zone); room (addresses for a table to grow). */
bool sys_hidden(const char *feature);

#endif
