/* Tables in directories, and their parts. */
#include "common_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>

bool tool_is_table(const shmcol_file_info *info)
{
    return info->map == NULL;
}

char *tool_part_name(uint64_t first_row, char out[PART_NAME_SIZE])
{
    (void)snprintf(out, PART_NAME_SIZE, "%020" PRIu64 ".shmcol", first_row);
    return out;
}

void tool_let_go(const shmcol_file *part)
{
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    if (shmcol_get_info(part, &info, NULL) == SHMCOL_OK && info.map != NULL)
        (void)madvise((void *)(uintptr_t)info.map, (size_t)info.file_size, MADV_DONTNEED);
}
