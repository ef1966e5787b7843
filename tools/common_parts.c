/* Tables in directories, and their parts. */
#include "common_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "common_memory.h"

bool tool_is_table(const shmcol_file_info *info)
{
    return info->map == NULL;
}

char *tool_part_name(uint64_t first_row, char out[PART_NAME_SIZE])
{
    (void)snprintf(out, PART_NAME_SIZE, "%020" PRIu64 ".shmcol", first_row);
    return out;
}

static bool is_same(const char *path, const struct stat *other)
{
    struct stat st;
    return stat(path, &st) == 0 && st.st_dev == other->st_dev && st.st_ino == other->st_ino;
}

bool tool_is_in(const char *path, const char *input)
{
    struct stat st;
    if (stat(input, &st) != 0)
        return false;
    if (is_same(path, &st))
        return true;
    const char *slash = strrchr(path, '/');
    char *directory =
        slash != NULL ? tool_copy(path, (size_t)(slash - path) + 1) : tool_copy(".", 1);
    const bool inside = is_same(directory, &st);
    free(directory);
    return inside;
}

void tool_let_go(const shmcol_file *part)
{
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    if (shmcol_get_info(part, &info, NULL) == SHMCOL_OK && info.map != NULL)
        (void)madvise((void *)(uintptr_t)info.map, (size_t)info.file_size, MADV_DONTNEED);
}
