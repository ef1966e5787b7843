/* One directory at a time, below /tmp. */
#include "support.h"

#include <dirent.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char directory[40];

void *support_need(void *p)
{
    assert_non_null(p);
    return p;
}

int support_begin(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/shmcol-test-XXXXXX");
    return mkdtemp(directory) == NULL;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

int support_remove(void **state)
{
    (void)state;
    return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Counts the files in the directory; with `hidden`, those whose names begin with a dot. */
static unsigned count(bool hidden)
{
    DIR *d = support_need(opendir(directory));
    unsigned n = 0;
    for (struct dirent *x = readdir(d); x != NULL; x = readdir(d))
        n += strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0 &&
             (!hidden || x->d_name[0] == '.');
    closedir(d);
    return n;
}

int support_end(void **state)
{
    bool clean = count(true) == 0;
    return support_remove(state) == 0 && clean ? 0 : -1;
}

const char *support_directory(void)
{
    return directory;
}

const char *support_path(const char *name)
{
    static char paths[4][400];
    static unsigned next;
    char *path = paths[next++ % 4];
    support_need(directory[0] != 0 ? directory : NULL); /* support_begin made it */
    snprintf(path, sizeof paths[0], "%s/%s", directory, name);
    return path;
}

unsigned support_entries(void)
{
    return count(false);
}

support_bytes support_read(const char *path)
{
    FILE *f = support_need(fopen(path, "rb"));
    struct stat st;
    void *data = NULL;
    assert_int_equal(fstat(fileno(f), &st), 0);
    support_bytes b = {NULL, (size_t)st.st_size};
    assert_int_equal(posix_memalign(&data, 64, b.length + 1), 0);
    b.data = data;
    assert_int_equal(fread(b.data, 1, b.length, f), b.length);
    fclose(f);
    return b;
}

const char *support_make_file(const char *name, const void *data, size_t length)
{
    const char *path = support_path(name);
    FILE *f = support_need(fopen(path, "wb"));
    assert_int_equal(fwrite(data, 1, length, f), length);
    assert_int_equal(fclose(f), 0);
    return path;
}

bool support_same(support_bytes a, support_bytes b)
{
    if (a.length != b.length)
        print_error("%zu and %zu bytes\n", a.length, b.length);
    for (size_t i = 0; i < a.length && i < b.length; i++)
        if (a.data[i] != b.data[i]) {
            print_error("byte %zu: %02x and %02x\n", i, a.data[i], b.data[i]);
            return false;
        }
    return a.length == b.length;
}

void support_same_files(const char *a, const char *b)
{
    support_bytes bytes_a = support_read(a), bytes_b = support_read(b);
    if (!support_same(bytes_a, bytes_b))
        fail_msg("%s and %s differ", a, b);
    free(bytes_a.data);
    free(bytes_b.data);
}
