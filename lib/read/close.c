/* References to files, parts and tables, and their end. */
#include "read/table.h"

shmcol_file *shmcol_retain(shmcol_file *file)
{
    if (file != NULL && file->part != NULL)
        read_part_retain(file->part);
    else if (file != NULL)
        atomic_fetch_add_explicit(&file->references, 1, memory_order_relaxed);
    return file;
}

void shmcol_close(shmcol_file *file)
{
    if (file != NULL && file->part != NULL) {
        read_part_release(file->part);
        return;
    }
    if (file == NULL || atomic_fetch_sub_explicit(&file->references, 1, memory_order_acq_rel) != 1)
        return;
    sys_fault_unregister(file->slot);
    if (file->table != NULL)
        read_table_free(file);
    else if (!file->in_memory)
        sys_unmap(file->map, file->header.file_size);
    sys_close(file->fd);
    read_free_file(file);
}
