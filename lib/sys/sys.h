/* The boundary to the operating system: only lib/sys/ calls it. Functions that fail return an errno
 * value (0: done), so that the caller can say what it was doing; none prints, none exits. */
#ifndef SHMCOL_SYS_H
#define SHMCOL_SYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- files ---- */
int sys_open_read(const char *path,
                  int *fd); /* O_RDONLY, O_CLOEXEC; EINTR: a signal came while it waited (a FIFO) */
int sys_open_map(const char *path,
                 int *fd);     /* the same for a file to be mapped: never waits for a FIFO */
int sys_dup(int fd, int *out); /* close-on-exec */
void sys_close(int fd);        /* fd < 0 is allowed */
typedef struct sys_file_info {
    uint64_t size;
    bool regular, directory;
    uint64_t device, inode;
    int64_t mtime_ns;
} sys_file_info;
int sys_stat_fd(int fd, sys_file_info *info);
int sys_stat_path(const char *path, sys_file_info *info);
/* Reads exactly `length` bytes at `offset`, less only at the end of the file; *got says how many.
 * Retries EINTR and short reads. */
int sys_pread(int fd, void *data, size_t length, uint64_t offset, size_t *got);
/* Reads what there is (a pipe), at most `length`; *got = 0 at the end. EINTR: a signal came while
 * it waited; the caller decides whether to go on. */
int sys_read(int fd, void *data, size_t length, size_t *got);
int sys_pwrite(int fd, const void *data, size_t length, uint64_t offset); /* all of it */
int sys_write(int fd, const void *data, size_t length);
int sys_truncate(int fd, uint64_t size);
int sys_punch(int fd, uint64_t offset,
              uint64_t length); /* gives the space back; "not supported" counts as done */
/* Every byte of the range gets its place on the disk now, so that no write to it, through a map or
 * not, finds the disk full; what was not there reads as zero. EOPNOTSUPP: the file system cannot.
 */
int sys_allocate(int fd, uint64_t offset, uint64_t length);
/* Whether sys_allocate is a way to make later writes cheaper there: not in memory, where it makes
 * all pages, nor where data is copied on write. */
bool sys_reserves(int fd);
bool sys_in_memory(int fd); /* whether the file's only place is memory (tmpfs) */
/* Whether its file system has so many bytes left; where it has no limit but memory, whether that
 * many are free. */
bool sys_has_room(int fd, uint64_t length);
/* SEEK_DATA/SEEK_HOLE; all of it where not supported. */
int sys_next_data(int fd, uint64_t offset, uint64_t end, uint64_t *data_begin, uint64_t *data_end);
void sys_read_ahead(int fd, uint64_t offset, uint64_t length); /* advice only */

/* Has reads through `fd`, and its duplicates, bring in the pages they ask for and no others, or
 * (false) those that may be wanted next, too, as is usual. Advice only. */
void sys_read_only_asked(int fd, bool only);

/* ---- maps ---- */
int sys_map(int fd, uint64_t size, bool writable_private,
            const uint8_t **map); /* ENOMEM: address space */
int sys_map_shared(int fd, uint64_t size,
                   uint8_t **map); /* what is written there is written to the file */
void sys_unmap(const uint8_t *map, uint64_t size);
#define SYS_HUGE_PAGE (UINT64_C(2) << 20) /* of x86-64, and of ARM where small pages have 4 KiB */
/* Makes one huge page of the small ones of a file in memory from `offset`, a multiple of its size,
 * on. The file reaches that far, and at least one of them is there; what was not there reads as
 * zero. Fails where the kernel cannot; EAGAIN: not this time. */
int sys_huge_page(int fd, uint64_t offset);
/* PREFAULT_WRITE: as if a byte of every page were written, with what was there; EINVAL where the
 * kernel has no such thing. */
enum sys_advice { SYS_PREFAULT, SYS_PREFAULT_WRITE, SYS_SEQUENTIAL, SYS_RANDOM };
int sys_advise(const uint8_t *map, uint64_t size, enum sys_advice advice);
/* Has these bytes of a mapped file read, and no others around them as a fault on them would. Does
 * not wait; advice only. */
void sys_map_read_ahead(const uint8_t *map, uint64_t size);
/* Bytes in whole pages; map page-aligned. The kernel tells only those who own the file or may write
 * it; to others every page looks resident. */
int sys_resident(const uint8_t *map, uint64_t size, uint64_t *resident);
uint64_t sys_page_size(void);

/* ---- faults: SIGBUS on mapped pages. Handlers that were there before get what is not ours. ----
 */
/* Runs fn(arg). A SIGBUS of this thread on [map, map + size) ends it as longjmp would: EFAULT, and
 * *address is the byte. Nests. Installs the handler, if it is not there, at each thread's first
 * guard. */
int sys_guard(const uint8_t *map, uint64_t size, void (*fn)(void *arg), void *arg,
              const uint8_t **address);
/* Whether this thread runs inside a sys_guard over these bytes. */
bool sys_guarded(const uint8_t *map);
/* From now on `report` is called, in signal context, for a SIGBUS at `address` in a map that was
 * registered and is not guarded. Installs the handler, if it is not there. */
int sys_fault_report(void (*report)(void *owner, const uint8_t *address));
/* Registers a map and its owner for sys_fault_report; lock-free, rarely allocates. Without memory
 * the map is merely not registered. */
typedef struct sys_fault_slot sys_fault_slot;
sys_fault_slot *sys_fault_register(const uint8_t *map, uint64_t size, void *owner);
void sys_fault_unregister(sys_fault_slot *slot); /* NULL is allowed */

/* ---- publishing: a file without a name, or with a temporary one, gets its name at the end, or
 * never ---- */
typedef struct sys_output sys_output;
typedef struct sys_output_how {
    /* Replaces the regular file that is there; or makes or replaces what a symbolic link leads to.
     */
    bool replace;
    bool no_sync;
    /* A new file may be written to: 0666 less the umask; one that replaces another has its mode.
     * Else nobody may write: 0444 less the umask, or the other's mode without its write bits. */
    bool text;
    /* A new file is its owner's alone to read (0400): who cannot open it cannot lock it either. */
    bool own;
    /* A character device or a FIFO is written to as it is. It is opened, which waits for a FIFO's
     * reader (EINTR: a signal came), and publishing does nothing. */
    bool through;
} sys_output_how;
/* Looks where `path` leads, this once, takes away what processes that have died left in that
 * directory (sys_sweep), and makes the file there: by O_TMPFILE, else under a temporary name.
 * EEXIST: there is something, and it was not asked to replace it. *refused is then, and after any
 * error, NULL or what may not be replaced: "a directory" (EISDIR), "a device", "a FIFO", "a
 * socket", "a link to an open file" (a link in /proc; EINVAL). */
int sys_output_create(const char *path, sys_output_how how, sys_output **output,
                      const char **refused);
/* Makes another file for the same place. */
int sys_output_twin(const sys_output *like, sys_output **output);
int sys_output_fd(const sys_output *output);
/* An unlinked, readable and writable file in the same directory; not of one that is written
 * through. */
int sys_output_side_file(const sys_output *output, int *fd);
bool sys_output_own(const sys_output *output); /* true in the process that made it */
bool sys_output_same(const sys_output *a, const sys_output *b); /* true if both get the same name */
/* Syncs (unless no_sync), links to the name or renames over it, syncs the directory. Frees `output`
 * whatever it returns; on failure nothing is left behind, with one exception: *in_place says that
 * the new, complete file is there, and only the directory's sync failed. A failed fsync is final.
 */
int sys_output_publish(sys_output *output, bool *in_place);
/* Frees it, and its file. In a child of fork it only frees: the name is the parent's to take away.
 * NULL is allowed. */
void sys_output_abort(sys_output *output);
/* The same as sys_output_create with a name from the beginning, by which other processes of this
 * user open it to write: *temp, good as long as the output. */
int sys_output_create_shared(const char *path, sys_output_how how, sys_output **output,
                             const char **temp, const char **refused);
/* Opens it by that name. ENOENT: it was published or given up. */
int sys_open_shared_output(const char *temp, int *fd);
const char *sys_output_shared_path(const sys_output *output); /* *temp again */
/* Publishes a shared output, which keeps its temporary name and stays the caller's, to be used
 * again or aborted. EOPNOTSUPP: the file system has no hard links, nothing has happened. */
int sys_output_publish_kept(sys_output *output, bool *in_place);
/* Makes it an output for `path`, with what was published still in it but for the first 64 bytes,
 * which are zeros. Only where nobody will see that: EBUSY if it has another name, or if anybody has
 * it open or mapped (this process's maps through the output's own descriptor, and those that
 * children of fork inherited of them, do not count, nor does an O_PATH descriptor); EXDEV for
 * another directory, or a file system that is not in memory, or where the mode of a new file is not
 * known. EEXIST and *refused as above. */
int sys_output_reuse(sys_output *output, const char *path, sys_output_how how,
                     const char **refused);
/* Sets *alive to true if the process that made it still lives. An error says nothing of that. */
int sys_output_alive(int fd, bool *alive);
/* Takes away the temporary names in a directory whose processes have died. Never one of who lives.
 */
void sys_sweep(int directory);
bool sys_is_temporary(const char *name); /* true for the name of an output in the making */
/* An unlinked, readable and writable file: in $TMPDIR, else beside `path` (NULL: not there), else
 * in /var/tmp, else in /tmp. */
int sys_temp_create(const char *path, int *fd);
/* A file in memory that only its descriptor names (memfd); it may be sealed. */
int sys_memory_file(int *fd);
/* From now on nobody can change it, its length or its seals. EBUSY: somebody maps it writable.
 * EINVAL: no such file. */
int sys_seal(int fd);

/* ---- a directory of our own, whose files processes share ---- */
/* Opens it, making what is missing of its path, for the owner alone. EPERM: it belongs to somebody
 * else, or others may write to it. */
int sys_private_directory(const char *path, int *fd);
/* Opens the file of that name and holds it: sys_remove_unused does not take away what is held. Ends
 * with the descriptor and all its duplicates. Never waits. EBUSY: somebody is taking it away, or
 * locks it against everybody. */
int sys_open_shared(int directory, const char *name, int *fd, sys_file_info *info);
/* The same by the directory's path, if that exists and is the user's alone as sys_private_directory
 * has it, and the file too. EPERM: one of them is not. */
int sys_open_private(const char *directory, const char *name, int *fd, sys_file_info *info);
/* Makes a lock file of that name and waits for it, or not (EWOULDBLOCK: somebody has it);
 * sys_unlock_name takes it away. A process that dies lets go. */
int sys_lock_name(int directory, const char *name, bool wait, int *fd);
void sys_unlock_name(int directory, const char *name, int fd);
void sys_remove_name(int directory, const char *name);  /* whoever holds it */
int sys_remove_unused(int directory, const char *name); /* EBUSY: somebody holds it */
void sys_touch(
    int fd,
    const sys_file_info *info); /* now is when it was used; `info` says when that was before */
/* Every regular file's name, size and mtime; of `info` nothing else is set. */
int sys_list(int directory, void (*fn)(void *arg, const char *name, const sys_file_info *info),
             void *arg);

/* ---- locks on ranges of bytes, which need not be there: held by the open file behind the
 * descriptor and not by the process, so that they end with its last descriptor, however that comes
 * ---- */
int sys_lock_range(int fd, uint64_t offset,
                   uint64_t length); /* against all others; never waits. EBUSY: a byte is held */
/* The same against those that are not shared; a descriptor that only reads is enough. */
int sys_lock_range_shared(int fd, uint64_t offset, uint64_t length);
int sys_unlock_range(int fd, uint64_t offset, uint64_t length);
/* The first lock of others that meets the range: its part of it; *held = 0: there is none. */
int sys_find_lock(int fd, uint64_t offset, uint64_t length, uint64_t *first, uint64_t *held);

/* ---- threads ---- */
uint32_t sys_cpu_count(void); /* that this process may run on */
/* Runs fn(arg, 0 … n-1) on n threads (the caller's is one of them) and waits for all. If fewer
 * threads can be had, fn still runs for every index. */
void sys_parallel(uint32_t n, void (*fn)(void *arg, uint32_t index), void *arg);
typedef struct sys_mutex sys_mutex;
sys_mutex *sys_mutex_new(void); /* NULL: no memory */
void sys_mutex_free(sys_mutex *mutex);
void sys_lock(sys_mutex *mutex);
void sys_unlock(sys_mutex *mutex);
typedef struct sys_cond sys_cond;
sys_cond *sys_cond_new(void);
void sys_cond_free(sys_cond *cond);
void sys_wait(sys_cond *cond, sys_mutex *mutex);
void sys_wake_all(sys_cond *cond);

/* ---- the rest ---- */
double sys_seconds(void); /* monotonic */
void sys_sleep_ms(uint32_t milliseconds);
int64_t sys_process(void);                /* this process's id */
int sys_random(void *out, size_t length); /* at most 256 bytes that nobody can guess */
const char *sys_getenv(const char *name); /* NULL in a set-uid process */
/* Returns true if the environment variable SHMCOL_HIDE, a list with commas, names this feature. The
 * caller then acts as if the machine lacked it, so that tests can force what only other machines
 * do. The features: avx512, avx2 (with it avx512); memfd; collapse (huge pages of files in memory);
 * tmpfile (O_TMPFILE); link (hard links, and so tmpfile); rename (renameat2 that does not replace).
 */
bool sys_hidden(const char *feature);

#endif
