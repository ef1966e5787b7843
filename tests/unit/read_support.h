/* Helpers of the reader's tests: files of the corpus, opened or in memory. */
#ifndef SHMCOL_TESTS_READ_SUPPORT_H
#define SHMCOL_TESTS_READ_SUPPORT_H

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shmcol.h"
#include "support.h"

#ifndef SOURCE_DIR
#define SOURCE_DIR "."
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

/* Returns a path in spec/corpus, good until the fourth call after. */
static inline const char *corpus(const char *name)
{
    static char paths[4][400];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], SOURCE_DIR "/spec/corpus/%s.shmcol", name);
    return path;
}

static inline shmcol_file *open_corpus(const char *name)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    if (shmcol_open(corpus(name), NULL, &file, &err) != SHMCOL_OK)
        fail_msg("%s: %s", name, err.message);
    return file;
}

/* Calls use(file, arg) for each file of a folder of the corpus that can be opened. Returns their
 * number. */
static inline unsigned each_corpus(const char *folder, void (*use)(shmcol_file *file, void *arg),
                                   void *arg)
{
    char path[600];
    unsigned files = 0;
    snprintf(path, sizeof path, SOURCE_DIR "/spec/corpus/%s", folder);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (const struct dirent *e; (e = readdir(d)) != NULL;) {
        shmcol_file *file;
        snprintf(path, sizeof path, SOURCE_DIR "/spec/corpus/%s/%s", folder, e->d_name);
        if (strstr(e->d_name, ".shmcol") == NULL ||
            shmcol_open(path, NULL, &file, NULL) != SHMCOL_OK)
            continue;
        use(file, arg);
        files++;
        shmcol_close(file);
    }
    closedir(d);
    return files;
}

/* Reads a whole file into memory that is aligned to 64 bytes; the caller frees it. */
static inline uint8_t *read_corpus(const char *name, size_t *size)
{
    support_bytes bytes = support_read(corpus(name));
    *size = bytes.length;
    return bytes.data;
}

#endif
