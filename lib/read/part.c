/* The directory of a table and its parts: what all handles of it share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/chain.h"
#include "read/table.h"

read_directory *read_directory_retain(read_directory *directory)
{
    atomic_fetch_add_explicit(&directory->references, 1, memory_order_relaxed);
    return directory;
}

void read_directory_release(read_directory *directory)
{
    if (directory == NULL ||
        atomic_fetch_sub_explicit(&directory->references, 1, memory_order_acq_rel) != 1)
        return;
    sys_close(directory->fd);
    free(directory);
}

read_part *read_part_retain(read_part *part)
{
    atomic_fetch_add_explicit(&part->references, 1, memory_order_relaxed);
    return part;
}

void read_part_release(read_part *part)
{
    if (part == NULL || atomic_fetch_sub_explicit(&part->references, 1, memory_order_acq_rel) != 1)
        return;
    shmcol_file *file = atomic_load_explicit(&part->file, memory_order_acquire);
    if (file != NULL) {
        sys_fault_unregister(file->slot);
        read_free_file(file);
    }
    sys_unmap(part->map, part->size);
    sys_close(part->fd);
    read_directory_release(part->directory);
    free(part);
}

shmcol_status read_part_file(read_part *part, int fd, shmcol_file **file, shmcol_error *err)
{
    shmcol_file *made, *other = atomic_load_explicit(&part->file, memory_order_acquire);
    char name[FMT_PART_NAME_SIZE];
    if (other != NULL) {
        *file = other;
        return SHMCOL_OK;
    }
    fmt_part_name(part->first_row, name);
    const char *directory = part->directory->path;
    const size_t size = strlen(directory) + 1 + sizeof name;
    char *path = malloc(size);
    if (path == NULL)
        return shm_fail_memory(err);
    snprintf(path, size, "%s%s%s", directory, directory[0] != 0 ? "/" : "", name);
    shmcol_status status = read_open_part(part, path, fd, &made, err);
    free(path);
    if (status != SHMCOL_OK)
        return status;
    if (atomic_compare_exchange_strong(&part->file, &other, made)) {
        made->slot = sys_fault_register(part->map, part->size, made);
        *file = made;
    } else {
        read_free_file(made); /* another thread was faster */
        *file = other;
    }
    return SHMCOL_OK;
}

uint64_t read_part_of_row(const read_table *table, uint64_t row)
{
    uint64_t low = 0, high = table->n_parts;
    while (high - low > 1) {
        const uint64_t at = low + (high - low) / 2;
        if (table->parts[at]->first_row <= row)
            low = at;
        else
            high = at;
    }
    return low;
}
