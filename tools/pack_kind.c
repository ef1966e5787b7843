/* The kind of work that shmcol-pack is asked for. */
#include "pack_kind.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_directory(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Ends the process where an input cannot be looked at. If it could be read a moment later, it would
 * be taken for what it is not. */
static void check_look(tool *t, const char *path, int errnum)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (errnum == 0)
        return;
    tool_error(&err, SHMCOL_ERR_IO, NULL, "cannot open the input: %s", strerror(errnum));
    err.sys_errno = errnum;
    snprintf(err.path, sizeof err.path, "%s", path);
    exit(tool_end(t, tool_fail(t, &err)));
}

/* Reads the first `size` bytes of a file, or as many as it has. Returns an errno value. */
static int read_start(const char *path, char *start, size_t size, size_t *have)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), errnum = fd < 0 ? errno : 0;
    *have = 0;
    while (errnum == 0 && *have < size) {
        const ssize_t got = pread(fd, start + *have, size - *have, (off_t)*have);
        if (got == 0)
            break;
        if (got > 0)
            *have += (size_t)got;
        else if (errno != EINTR)
            errnum = errno;
    }
    if (fd >= 0)
        (void)close(fd);
    return errnum;
}

/* Returns true for a regular file with the magic of shmcol, whole or damaged. */
static bool has_magic(tool *t, const char *path)
{
    static const char magic[] = "\x89SHMCOL\n"; /* F-10 */
    enum { PLACE = 32, SIZE = sizeof magic - 1 };
    char start[PLACE + SIZE];
    size_t have;
    int errnum;
    struct stat st;
    if (strcmp(path, "-") == 0)
        return false;
    if (stat(path, &st) != 0) {
        /* Nothing is there: who reads it says so. */
        check_look(t, path, errno == ENOENT || errno == ENOTDIR ? 0 : errno);
        return false;
    }
    /* A FIFO that is opened for a look would lose the bytes that its writer sends. */
    if (!S_ISREG(st.st_mode))
        return false;
    do
        errnum = read_start(path, start, sizeof start, &have);
    while (errnum == EINTR);
    check_look(t, path, errnum);
    return have == sizeof start && memcmp(start + PLACE, magic, SIZE) == 0;
}

bool pack_is_shmcol(tool *t, const char *path)
{
    return is_directory(path) || has_magic(t, path);
}

/* Returns true for a file that is compressed, or decompressed, as a whole: no part of a table. */
static bool is_whole_file(const char *path)
{
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file *file = NULL;
    how.flags = SHMCOL_OPEN_STORED;
    if (is_directory(path))
        return false;
    const bool part = shmcol_open(path, &how, &file, NULL) == SHMCOL_OK &&
                      shmcol_get_info(file, &info, NULL) == SHMCOL_OK && info.alignment != 0;
    shmcol_close(file);
    return !part;
}

/* Checks the options of tables. */
static void check_table(tool *t, const pack_request *r)
{
    const shmcol_append_options *o = &r->table;
    if (r->append == NULL) {
        if (o->token != NULL || o->no_wait || o->min_part_rows != 0)
            tool_usage(t, "--token, --no-wait and --min-part-rows need --append DIR");
        if (o->part_rows != 0 && !r->to_table)
            tool_usage(t, "--part-rows needs a table: --append DIR, or -o DIR/");
    } else if (r->output != NULL) {
        tool_usage(t, "--append and -o exclude each other");
    } else if (r->append[0] == 0) {
        tool_usage(t, "--append needs the name of a directory");
    }
    if (!r->to_table)
        return;
    if (r->zstd || r->plain)
        tool_usage(t, "a table in a directory is never compressed");
    if (r->csv.overwrite)
        tool_usage(t, "-f replaces files, and not tables");
}

static void check_shmcol(tool *t, const pack_request *r, const char *named)
{
    if (named != NULL)
        tool_usage(t, "--%s is for CSV, and the input is a shmcol file", named);
    if (r->output == NULL && r->append == NULL && !r->csv.dry_run)
        tool_usage(t, "name the output with -o FILE");
}

void pack_choose_kind(tool *t, pack_request *r)
{
    uint32_t shmcol = 0;
    if (r->zstd && r->plain)
        tool_usage(t, "--zstd and --plain exclude each other");
    for (uint32_t i = 0; i < r->n_inputs; i++)
        shmcol += pack_is_shmcol(t, r->inputs[i]);
    const size_t length = r->output != NULL ? strlen(r->output) : 0;
    const bool directory = length > 0 && (r->output[length - 1] == '/' || is_directory(r->output));
    r->to_table = r->append != NULL || (shmcol > 0 && directory && !r->zstd && !r->plain);
    if (shmcol > 0 && shmcol < r->n_inputs)
        tool_usage(t, "CSV and shmcol files do not mix: pack the CSV first");
    if (r->plain) {
        r->kind = PACK_PLAIN;
    } else if (shmcol > 0) {
        const bool whole =
            r->zstd && r->rows_only == NULL && r->n_inputs == 1 && is_whole_file(r->inputs[0]);
        r->kind = whole ? PACK_ZSTD : PACK_ROWS;
    }
    if (r->kind == PACK_PLAIN || r->kind == PACK_ZSTD) {
        check_shmcol(t, r, r->rows_only);
        if (r->n_inputs != 1)
            tool_usage(t, "one shmcol file at a time");
    } else if (r->kind == PACK_ROWS) {
        check_shmcol(t, r, r->csv_only);
    }
    check_table(t, r);
}
