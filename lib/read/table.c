/* A handle of a table in a directory: a snapshot of its parts. */
#include "read/table.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "format/ondisk.h"

static read_directory *new_directory(int fd, const sys_file_info *info, const char *path)
{
    char *whole = sys_absolute(path[0] != 0 ? path : "/");
    const size_t length = whole != NULL && path[0] != 0 ? strlen(whole) : 0;
    read_directory *d = whole != NULL ? malloc(sizeof *d + length + 1) : NULL;
    if (d != NULL) {
        atomic_init(&d->references, 1);
        d->fd = fd;
        d->device = info->device;
        d->inode = info->inode;
        memcpy(d->path, whole, length);
        d->path[length] = 0;
    }
    free(whole);
    return d;
}

void read_table_free(shmcol_file *file)
{
    read_table *t = file->table;
    read_runs_let_go(t);
    read_runs_release(t->runs);
    for (uint64_t i = 0; i < t->n_parts; i++)
        read_part_release(t->parts[i]);
    free(t->parts);
    free(t->null_counts);
    free(t->held);
    free(t->ascends);
    read_directory_release(t->directory);
    free(t);
    file->front = file->map; /* it was the first part's */
}

/* Adds up the nulls of each column. */
static shmcol_status count_nulls(read_table *t, uint32_t columns, shmcol_error *err)
{
    t->null_counts = shm_alloc_zeroed(columns, sizeof *t->null_counts);
    t->held = shm_alloc_zeroed(2 * (uint64_t)columns, sizeof *t->held);
    t->ascends = shm_alloc_zeroed(columns, sizeof *t->ascends);
    if (t->null_counts == NULL || t->held == NULL || t->ascends == NULL)
        return shm_fail_memory(err);
    for (uint64_t k = 0; k < t->n_parts; k++)
        for (uint32_t i = 0; i < columns; i++)
            t->null_counts[i] += t->parts[k]->places[i].null_count;
    return SHMCOL_OK;
}

/* Sets what a handle has of a file: the header and the front of its first part. */
static void set_header(shmcol_file *file, const read_chain *chain)
{
    const read_table *t = file->table;
    const read_part *last = t->parts[t->n_parts - 1];
    uint64_t size = 0;
    for (uint64_t k = 0; k < t->n_parts; k++)
        size += t->parts[k]->size;
    file->private_pages = (t->flags & SHMCOL_OPEN_PRIVATE) != 0;
    file->header = t->first->header;
    file->front = t->first->front;
    file->header.rows = last->first_row + last->rows;
    file->header.file_size = file->stored_size = size;
    file->header.dictionaries = t->last->header.dictionaries;
    file->header.part.table_rows = file->header.rows;
    memcpy(file->header.file_id, chain->table_id, FMT_ID_SIZE);
    memcpy(file->header.content_id, chain->table_id, FMT_ID_SIZE);
    memcpy(file->header.part.table_id, chain->table_id, FMT_ID_SIZE);
    file->device = t->directory->device;
    file->inode = t->directory->inode;
}

shmcol_status read_table_handle(read_chain *chain, read_runs *runs, shmcol_file **out,
                                shmcol_error *err)
{
    shmcol_file *file = read_new_file(chain->directory->path), *first, *last;
    if (file == NULL)
        return shm_fail_memory(err);
    read_table *t = calloc(1, sizeof *t);
    shmcol_status status = t != NULL ? SHMCOL_OK : shm_fail_memory(err);
    if (status == SHMCOL_OK)
        status = read_part_file(chain->parts[0], -1, &first, err);
    if (status == SHMCOL_OK)
        status = read_part_file(chain->parts[chain->n - 1], -1, &last, err);
    if (status != SHMCOL_OK) {
        free(t);
        read_free_file(file);
        return status;
    }
    *t = (read_table){.directory = read_directory_retain(chain->directory),
                      .n_parts = chain->n,
                      .parts = chain->parts,
                      .first = first,
                      .last = last,
                      .flags = chain->flags,
                      .runs = runs};
    file->table = t;
    if (runs != NULL)
        atomic_fetch_add_explicit(&runs->references, 1, memory_order_relaxed);
    else
        t->runs = read_runs_new(first->header.columns);
    status = t->runs != NULL ? count_nulls(t, first->header.columns, err) : shm_fail_memory(err);
    if (status != SHMCOL_OK) {
        t->parts = NULL; /* they are the caller's */
        t->n_parts = 0;
        read_table_free(file);
        read_free_file(file);
        return status;
    }
    set_header(file, chain);
    file->slot = sys_fault_register_set(read_table_covers, file);
    *out = file;
    return SHMCOL_OK;
}

shmcol_status read_open_table(int fd, const sys_file_info *info, const char *path, uint32_t flags,
                              shmcol_file **out, shmcol_error *err)
{
    read_directory *directory = new_directory(fd, info, path);
    if (directory == NULL) {
        sys_close(fd);
        return shm_fail_memory(err);
    }
    read_chain chain = {.directory = directory, .flags = flags};
    shmcol_status status = read_chain_follow(&chain, NULL, err);
    if (status == SHMCOL_OK)
        status = read_table_handle(&chain, NULL, out, err);
    if (status != SHMCOL_OK)
        read_chain_free(&chain);
    read_directory_release(directory);
    return status;
}
