/* Helpers of the tests of the cache: a cache directory of their own. */
#ifndef CACHE_SUPPORT_H
#define CACHE_SUPPORT_H

#include <dirent.h>

#include "read_support.h"
#include "writer_support.h"

static char directory[300];

/* Names a cache directory that does not exist yet. */
static inline int fresh(void **state)
{
    static unsigned number;
    (void)state;
    char name[40];
    snprintf(name, sizeof name, "caches/%u/shmcol", number++);
    snprintf(directory, sizeof directory, "%s", support_path(name));
    return 0;
}

static inline shmcol_status open_cached(const char *path, uint64_t limit, uint32_t more,
                                        shmcol_file **file, shmcol_error *err)
{
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    how.flags = SHMCOL_OPEN_CACHE | more;
    how.cache_dir = directory;
    how.cache_limit = limit;
    return shmcol_open(path, &how, file, err);
}

static inline shmcol_file *must_open(const char *path, uint64_t limit)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    if (open_cached(path, limit, 0, &file, &err) != SHMCOL_OK)
        fail_msg("%s: %s", path, err.message);
    return file;
}

/* Returns the path of the cache entry of an open file. */
static inline const char *cached_path(const shmcol_file *file)
{
    static char paths[4][400];
    static unsigned next;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    assert_int_equal(shmcol_get_info(file, &info, NULL), SHMCOL_OK);
    char *path = paths[next++ % 4];
    int used = snprintf(path, sizeof paths[0], "%s/", directory);
    for (int i = 0; i < 16; i++)
        used += snprintf(path + used, sizeof paths[0] - (size_t)used, "%02x", info.content_id[i]);
    return path;
}

static inline unsigned entries(void)
{
    unsigned n = 0;
    DIR *d = opendir(directory);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d)) != NULL;)
        n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
    closedir(d);
    return n;
}

#endif
