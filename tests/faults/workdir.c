/* The files of a scenario's work folder. */
#define _GNU_SOURCE
#include "workdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES = WORKDIR_NAME };
static const char *const folders[] = {"out", "cache", "tmp"};

_Noreturn void broken(const char *what)
{
    fprintf(stderr, "faults_inprocess: %s: %s\n", what, strerror(errno));
    exit(125);
}

typedef void entry_fn(const char *name, const char *path, const struct stat *st, void *arg);

/* Calls fn for all that is in a folder; for a directory after what it has. */
static void each_entry(const char *work, const char *folder, entry_fn *fn, void *arg)
{
    char path[3 * NAMES], name[NAMES];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/%s", work, folder);
    DIR *d = opendir(path);
    if (d == NULL)
        broken(path);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        (void)snprintf(name, sizeof name, "%.40s/%.250s", folder, e->d_name);
        (void)snprintf(path, sizeof path, "%s/%s", work, name);
        if (lstat(path, &st) != 0)
            broken(path);
        if (S_ISDIR(st.st_mode))
            each_entry(work, name, fn, arg);
        fn(name, path, &st, arg);
    }
    closedir(d);
}

static void each(const scenario_place *place, entry_fn *fn, void *arg)
{
    for (unsigned f = 0; f < sizeof folders / sizeof *folders; f++)
        each_entry(place->work, folders[f], fn, arg);
}

static void remove_entry(const char *name, const char *path, const struct stat *st, void *arg)
{
    (void)name, (void)arg;
    if ((S_ISDIR(st->st_mode) ? rmdir(path) : unlink(path)) != 0)
        broken(path);
}

static void copy_file(const char *from, const char *to, mode_t mode)
{
    static char bytes[1 << 16];
    int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, mode);
    ssize_t n = 0;
    while (in >= 0 && out >= 0 && (n = read(in, bytes, sizeof bytes)) > 0)
        if (write(out, bytes, (size_t)n) != n)
            broken(to);
    if (in < 0 || out < 0 || n < 0)
        broken(from);
    close(in);
    close(out);
}

/* Copies a table that has one part, as all that scenarios begin with. */
static void copy_table(const scenario_place *place, const char *table)
{
    static const char part[] = "00000000000000000000.shmcol";
    char from[2 * NAMES], to[2 * NAMES];
    (void)snprintf(to, sizeof to, "%s/out/table", place->work);
    if (mkdir(to, 0755) != 0)
        broken(to);
    (void)snprintf(from, sizeof from, "%s/%s/%s", place->inputs, table, part);
    (void)snprintf(to, sizeof to, "%s/out/table/%s", place->work, part);
    copy_file(from, to, 0444);
}

void workdir_reset(const scenario_place *place, const scenario *which)
{
    char from[2 * NAMES], to[2 * NAMES];
    each(place, remove_entry, NULL);
    (void)snprintf(from, sizeof from, "%s/old.shmcol", place->inputs);
    (void)snprintf(to, sizeof to, "%s/out/out.shmcol", place->work);
    if (which->replace)
        copy_file(from, to, 0444);
    if (which->table != NULL)
        copy_table(place, which->table);
}

/* FNV-1a: two files of our own are told apart, nobody attacks it. */
static uint64_t hash_of(const char *path)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    static unsigned char bytes[1 << 16];
    int fd = open(path, O_RDONLY);
    for (ssize_t n; (n = read(fd, bytes, sizeof bytes)) > 0;)
        for (ssize_t i = 0; i < n; i++)
            hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
    close(fd);
    return hash;
}

static void add_entry(const char *name, const char *path, const struct stat *st, void *arg)
{
    workdir_snapshot *s = arg;
    if (s->n == WORKDIR_ENTRIES)
        broken(path);
    workdir_entry *e = &s->all[s->n++];
    *e = (workdir_entry){.mode = st->st_mode};
    (void)snprintf(e->name, sizeof e->name, "%s", name);
    if (S_ISDIR(st->st_mode))
        return;
    e->size = st->st_size;
    e->hash = hash_of(path);
}

void workdir_look(const scenario_place *place, workdir_snapshot *snapshot)
{
    snapshot->n = 0;
    each(place, add_entry, snapshot);
}

bool workdir_holds(const workdir_snapshot *s, const workdir_entry *e, bool any_mode)
{
    for (unsigned i = 0; i < s->n; i++)
        if (strcmp(s->all[i].name, e->name) == 0 && (s->all[i].mode == e->mode || any_mode) &&
            s->all[i].size == e->size && s->all[i].hash == e->hash)
            return true;
    return false;
}
