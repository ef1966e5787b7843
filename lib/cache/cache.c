/* Opening of plain forms in the cache, and making them where they are missing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache_internal.h"
#include "format/header.h"

/* Finds the directory of the cache. The caller frees *out; NULL after an error. Returns 0 or an
 * errno value: ENOENT if nothing names it. */
static int find_directory(const char *wanted, char **out)
{
    const char *own = wanted != NULL ? wanted : sys_getenv("SHMCOL_CACHE");
    const char *xdg = sys_getenv("XDG_CACHE_HOME"), *home = sys_getenv("HOME");
    int length = -1;
    *out = NULL;
    if (own != NULL && own[0] != 0)
        length = asprintf(out, "%s", own);
    else if (xdg != NULL && xdg[0] == '/')
        length = asprintf(out, "%s/shmcol", xdg);
    else if (home != NULL && home[0] == '/')
        length = asprintf(out, "%s/.cache/shmcol", home);
    else
        return ENOENT;
    return length < 0 ? ENOMEM : 0;
}

static shmcol_status open_directory(cache *c, const char *wanted, shmcol_error *err)
{
    int errnum = find_directory(wanted, &c->path);
    if (errnum != 0)
        return shm_fail_sys(
            err, errnum, NULL,
            "no cache directory: neither SHMCOL_CACHE, XDG_CACHE_HOME nor HOME says where");
    errnum = sys_private_directory(c->path, &c->directory);
    if (errnum == 0)
        return SHMCOL_OK;
    c->directory = -1;
    if (errnum != EPERM)
        return shm_fail_sys(err, errnum, c->path, "cannot use the cache directory");
    shm_fail(err, SHMCOL_ERR_IO, "",
             "the cache directory belongs to another user, or others may write to it");
    shm_error_hint(err, "SHMCOL_CACHE names another; it must be yours, with mode 0700 or 0755");
    shm_error_path(err, c->path);
    return SHMCOL_ERR_IO;
}

uint64_t cache_limit_of(uint64_t wanted)
{
    const char *text = sys_getenv("SHMCOL_CACHE_LIMIT");
    char *end = NULL;
    if (wanted != 0)
        return wanted;
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return STORED_LIMIT_DEFAULT;
    uint64_t limit = strtoull(text, &end, 10);
    static const char units[] = "KMGT";
    const char *unit = *end != 0 ? strchr(units, *end) : NULL;
    if ((unit == NULL && *end != 0) || (unit != NULL && end[1] != 0))
        return STORED_LIMIT_DEFAULT;
    unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
    return limit > UINT64_MAX >> shift ? UINT64_MAX : limit << shift;
}

/* Opens and locks the file with the name of the entry. A file that is not the one that its name
 * says (made by another program, or damaged on the disk) is removed. Returns 0 or an errno value.
 */
static int open_named(const cache *c, int *fd, sys_file_info *info)
{
    fmt_header header;
    bool good = false;
    int errnum = sys_open_shared(c->directory, c->name, fd, info);
    if (errnum != 0)
        return errnum;
    const stored_source source = {*fd, NULL, info->size, c->path};
    if (info->regular && stored_peek(&source, &header, &good, NULL) == SHMCOL_OK && good &&
        !fmt_header_compressed(&header) && memcmp(header.content_id, c->id, sizeof c->id) == 0) {
        sys_touch(*fd, info);
        return 0;
    }
    sys_close(*fd);
    *fd = -1;
    (void)sys_remove_unused(c->directory, c->name); /* if it cannot go, publishing says so */
    return ENOENT;
}

/* Decompresses into the output and gives it its name. */
static shmcol_status fill(const cache *c, sys_output *output, const char *path,
                          const stored_source *source, const stored_work *work, shmcol_error *err)
{
    stored_result result;
    bool in_place;
    shmcol_status status = stored_decompress(source, work, sys_output_fd(output), &result, err);
    if (status != SHMCOL_OK) {
        sys_output_abort(output);
        return status;
    }
    /* The name of the lock is removed first, so that a process that dies after the publication
     * leaves nothing behind. A process that comes in between makes a lock of its own and does the
     * work again, which is harmless. */
    sys_remove_name(c->directory, c->lock);
    int errnum = sys_output_publish(output, &in_place);
    if (errnum == 0 || errnum == EEXIST || in_place)
        return SHMCOL_OK;
    return shm_fail_publish(err, errnum, false, path, "a file in the cache");
}

/* Makes the plain form and publishes it. If locks do not work on the file system, two processes may
 * do that: the file of the first is as good. Errors: those of fill, IO, NO_MEMORY. */
static shmcol_status make(const cache *c, const stored_source *source, const stored_work *work,
                          shmcol_error *err)
{
    sys_output *output = NULL;
    const char *refused = NULL;
    shmcol_status status = SHMCOL_OK;
    char *path = NULL;
    if (asprintf(&path, "%s/%s", c->path, c->name) < 0)
        return shm_fail_memory(err);
    int errnum = sys_output_create(path, (sys_output_how){.own = true}, &output, &refused);
    if (errnum == 0)
        status = fill(c, output, path, source, work, err);
    else if (errnum != EEXIST)
        status = shm_fail_output(err, errnum, refused, path, "a file in the cache");
    free(path);
    return status;
}

/* Locks the entry. A caller that can be cancelled polls; others sleep. Errors: CANCELLED, IO. */
static shmcol_status lock_entry(const cache *c, const stored_work *work, int *lock,
                                shmcol_error *err)
{
    enum { LOOK_EVERY_MS = 20 };
    int errnum;
    while ((errnum = sys_lock_name(c->directory, c->lock, work->progress == NULL, lock)) ==
               EWOULDBLOCK &&
           work->progress != NULL) {
        if (work->progress(work->progress_arg, 0, 0) != 0)
            return shm_fail(err, SHMCOL_ERR_CANCELLED, "", "cancelled");
        sys_sleep_ms(LOOK_EVERY_MS);
    }
    return errnum == 0 ? SHMCOL_OK : shm_fail_sys(err, errnum, c->path, "cannot lock the cache");
}

static shmcol_status make_with_room(const cache *c, const stored_source *source,
                                    const stored_work *work, shmcol_error *err)
{
    uint64_t plain = 0;
    shmcol_status status = stored_plain_size(source, &plain, err);
    if (status == SHMCOL_OK)
        status = cache_make_room(c, plain, err);
    return status == SHMCOL_OK ? make(c, source, work, err) : status;
}

/* Makes the plain form under a lock. Other processes wait for the lock and then find the file. */
static shmcol_status make_locked(cache *c, const stored_source *source, const stored_work *work,
                                 int *fd, sys_file_info *info, shmcol_error *err)
{
    /* More than once: a process that makes room may remove a file that is not opened yet. */
    enum { TIMES = 3 };
    int lock = -1, errnum, made = 0;
    shmcol_status status = lock_entry(c, work, &lock, err);
    if (status != SHMCOL_OK)
        return status;
    while ((errnum = open_named(c, fd, info)) != 0 && made < TIMES && status == SHMCOL_OK) {
        /* It is being removed, or locked by another user, who may read files of an older version.
         * Do not wait for that. */
        if (errnum == EBUSY)
            sys_remove_name(c->directory, c->name);
        status = make_with_room(c, source, work, err);
        made++;
    }
    if (status == SHMCOL_OK && errnum != 0)
        status = shm_fail_sys(err, errnum, c->path, "cannot open what was put into the cache");
    sys_unlock_name(c->directory, c->lock, lock);
    return status;
}

static void name_of(const uint8_t id[16], char name[CACHE_NAME + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        name[2 * i] = digits[id[i] >> 4];
        name[2 * i + 1] = digits[id[i] & 15];
    }
    name[CACHE_NAME] = 0;
}

bool cache_find(const uint8_t id[16], const char *directory, int *fd, sys_file_info *info)
{
    char *path = NULL, name[CACHE_NAME + 1];
    name_of(id, name);
    bool found =
        find_directory(directory, &path) == 0 && sys_open_private(path, name, fd, info) == 0;
    if (found)
        sys_touch(*fd, info);
    free(path);
    return found;
}

shmcol_status cache_open(const stored_source *source, const uint8_t id[16],
                         const cache_options *options, const stored_work *work, int *fd,
                         sys_file_info *info, shmcol_error *err)
{
    cache c = {.directory = -1, .limit = cache_limit_of(options->limit)};
    memcpy(c.id, id, sizeof c.id);
    name_of(id, c.name);
    (void)snprintf(c.lock, sizeof c.lock, "%s.lock", c.name);
    *fd = -1;
    shmcol_status status = open_directory(&c, options->directory, err);
    if (status == SHMCOL_OK && open_named(&c, fd, info) != 0)
        status = make_locked(&c, source, work, fd, info, err);
    sys_close(c.directory);
    free(c.path);
    return status;
}
