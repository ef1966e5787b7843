/* The bound of the cache, and what is removed to keep it. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cache/cache_internal.h"
#include "sys/sys.h"

typedef struct entry {
    char name[CACHE_NAME + 1];
    uint64_t size;
    int64_t used; /* time of the last use */
} entry;

typedef struct entries {
    entry *all;
    size_t n, capacity;
    uint64_t bytes;
    bool no_memory;
    int directory;
} entries;

/* Returns true for an entry's name followed by `suffix`. */
static bool is_ours(const char *name, const char *suffix)
{
    return strspn(name, "0123456789abcdef") == CACHE_NAME && strcmp(name + CACHE_NAME, suffix) == 0;
}

static void add(void *arg, const char *name, const sys_file_info *info)
{
    entries *e = arg;
    if (sys_is_temporary(name))
        e->bytes += info->size; /* it survived the sweep: a process is at work */
    if (is_ours(name, ".lock") && info->size == 0)
        (void)sys_remove_unused(e->directory, name); /* the process that held it died */
    if (!is_ours(name, ""))
        return;
    if (e->n == e->capacity) {
        size_t capacity = e->capacity != 0 ? 2 * e->capacity : 64;
        entry *all = realloc(e->all, capacity * sizeof *all);
        if (all == NULL) {
            e->no_memory = true;
            return;
        }
        e->all = all;
        e->capacity = capacity;
    }
    entry *new = &e->all[e->n++];
    memcpy(new->name, name, sizeof new->name);
    new->size = info->size;
    new->used = info->mtime_ns;
    e->bytes += info->size;
}

static int by_use(const void *a, const void *b)
{
    const entry *x = a, *y = b;
    return x->used < y->used ? -1 : x->used > y->used;
}

static shmcol_status does_not_fit(const cache *c, uint64_t size, uint64_t in_use, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_MEMORY_BOUND, "",
             "the plain form takes %" PRIu64 " bytes and does not fit the cache's bound of %" PRIu64
             ", of which %" PRIu64 " are in use",
             size, c->limit, in_use);
    shm_error_hint(err, "raise SHMCOL_CACHE_LIMIT, or cache_limit where the file is opened");
    shm_error_path(err, c->path);
    return SHMCOL_ERR_MEMORY_BOUND;
}

/* Lists the files of the cache, the least recently used first. Errors: IO, NO_MEMORY. */
static shmcol_status list(const cache *c, entries *e, shmcol_error *err)
{
    int errnum = sys_list(c->directory, add, e);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, c->path, "cannot list the cache directory");
    if (e->no_memory)
        return shm_fail_memory(err);
    if (e->n > 1)
        qsort(e->all, e->n, sizeof *e->all, by_use);
    return SHMCOL_OK;
}

shmcol_status cache_make_room(const cache *c, uint64_t size, shmcol_error *err)
{
    entries e = {.directory = c->directory};
    sys_sweep(c->directory);
    if (size > c->limit)
        return does_not_fit(c, size, 0, err);
    shmcol_status status = list(c, &e, err);
    for (size_t i = 0; status == SHMCOL_OK && i < e.n && e.bytes > c->limit - size; i++) {
        if (sys_remove_unused(c->directory, e.all[i].name) == 0)
            e.bytes -= e.all[i].size;
    }
    if (status == SHMCOL_OK && e.bytes > c->limit - size)
        status = does_not_fit(c, size, e.bytes, err);
    free(e.all);
    return status;
}
