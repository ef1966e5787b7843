/* A directory of the test program's own, and whole files. */
#ifndef SHMCOL_TESTS_SUPPORT_H
#define SHMCOL_TESTS_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Returns p, which must not be NULL. */
void *support_need(void *p);

/* Make the directory and remove it with all it holds: for set-up and tear-down. support_end fails
 * if a hidden file was left in it, support_remove does not. */
int support_begin(void **state);
int support_end(void **state);
int support_remove(void **state);

/* Return the directory, and the path of a name in it, which is good until the fourth call after. */
const char *support_directory(void);
const char *support_path(const char *name);

/* Returns the number of files in the directory. */
unsigned support_entries(void);

typedef struct support_bytes {
    uint8_t *data;
    size_t length;
} support_bytes;

/* Reads a whole file, aligned to 64 bytes as shmcol_open_memory wants it. The caller frees data,
 * which has one byte more than the file: a sanitizer sees any read beyond that. */
support_bytes support_read(const char *path);

/* Writes a file in the directory and returns its path. */
const char *support_make_file(const char *name, const void *data, size_t length);

/* Returns false and prints the first difference unless both are equal. */
bool support_same(support_bytes a, support_bytes b);

/* Fails the test unless both files have the same bytes. */
void support_same_files(const char *a, const char *b);

#endif
