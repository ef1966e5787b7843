/* The directory of a table and its parts: what all handles of it share. */
#include <errno.h>
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

/* Makes a part a file of nothing yet, which has its path. NULL: no memory. */
static shmcol_file *new_part_file(const read_part *part)
{
    char name[FMT_PART_NAME_SIZE];
    fmt_part_name(part->first_row, name);
    const char *directory = part->directory->path;
    const size_t size = strlen(directory) + 1 + sizeof name;
    char *path = malloc(size);
    if (path == NULL)
        return NULL;
    snprintf(path, size, "%s%s%s", directory, directory[0] != 0 ? "/" : "", name);
    shmcol_file *file = read_new_file(path);
    free(path);
    return file;
}

typedef struct opening {
    read_part *part;
    int fd;
    shmcol_file *file;
    shmcol_status status;
    shmcol_error *err;
} opening;

static void open_it(void *arg)
{
    opening *o = arg;
    o->status = read_open_part(o->part, o->fd, o->file, o->err);
}

/* Opens a part. Where the caller is inside shmcol_guard, a fault ends in an answer, so that the
 * file's memory is not left behind. */
static shmcol_status open_guarded(opening *o)
{
    const uint8_t *address;
    const read_part *part = o->part;
    if (o->fd >= 0 || !sys_guarded(part->map)) {
        open_it(o);
    } else if (sys_guard(part->map, part->size, open_it, o, &address) == EFAULT) {
        o->status = shm_fail(o->err, SHMCOL_ERR_FAULT, "",
                             "the mapped file was cut short, or its device failed");
        shm_error_path(o->err, o->file->path);
    }
    return o->status;
}

shmcol_status read_part_file(read_part *part, int fd, shmcol_file **file, shmcol_error *err)
{
    shmcol_file *other = atomic_load_explicit(&part->file, memory_order_acquire);
    if (other != NULL) {
        *file = other;
        return SHMCOL_OK;
    }
    opening o = {.part = part, .fd = fd, .file = new_part_file(part), .err = err};
    if (o.file == NULL)
        return shm_fail_memory(err);
    if (open_guarded(&o) != SHMCOL_OK) {
        read_free_file(o.file);
        return o.status;
    }
    if (atomic_compare_exchange_strong(&part->file, &other, o.file)) {
        o.file->slot = sys_fault_register(part->map, part->size, o.file);
        *file = o.file;
    } else {
        read_free_file(o.file); /* another thread was faster */
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
