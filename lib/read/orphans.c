/* Files in the directory of a table that are no part of it: an append that died left them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "format/chain.h"
#include "read/table.h"

typedef struct orphan {
    char name[32];
    uint64_t size, first_row;
    shmcol_orphan kind;
} orphan;

typedef struct orphans {
    int directory;
    uint64_t n, capacity;
    orphan *all;
    bool no_memory;
} orphans;

static void look(void *arg, const char *name, const sys_file_info *info)
{
    orphans *o = arg;
    orphan found = {.size = info->size, .kind = SHMCOL_ORPHAN_PART};
    if (strlen(name) >= sizeof found.name)
        return;
    if (!fmt_part_name_row(name, &found.first_row)) {
        if (!sys_is_temporary(name) || !sys_temporary_is_dead(o->directory, name))
            return;
        found.kind = SHMCOL_ORPHAN_TEMPORARY;
    }
    memcpy(found.name, name, strlen(name) + 1);
    if (o->n == o->capacity) {
        const uint64_t capacity = o->capacity != 0 ? 2 * o->capacity : 64;
        orphan *larger = realloc(o->all, (size_t)capacity * sizeof *larger);
        o->no_memory = o->no_memory || larger == NULL;
        if (larger == NULL)
            return;
        o->all = larger;
        o->capacity = capacity;
    }
    o->all[o->n++] = found;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const orphan *)a)->name, ((const orphan *)b)->name);
}

static bool is_reached(const read_table *table, const orphan *o)
{
    const read_part *part = table->parts[read_part_of_row(table, o->first_row)];
    return o->kind == SHMCOL_ORPHAN_PART && part->first_row == o->first_row;
}

shmcol_status shmcol_table_orphans(shmcol_file *file,
                                   void (*found)(void *arg, shmcol_orphan kind, const char *name,
                                                 uint64_t size),
                                   void *arg, shmcol_error *err)
{
    shmcol_file *newer;
    if (file == NULL || found == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file or found is NULL");
    if (file->table == NULL)
        return SHMCOL_OK;
    orphans o = {.directory = file->table->directory->fd};
    int errnum = sys_list(o.directory, look, &o);
    shmcol_status status = errnum != 0
                               ? shm_fail_sys(err, errnum, file->path, "cannot list the directory")
                           : o.no_memory ? shm_fail_memory(err)
                                         : SHMCOL_OK;
    /* The chain is followed after that, so that what was appended meanwhile is no orphan. */
    if (status == SHMCOL_OK)
        status = shmcol_refresh(file, &newer, err);
    if (status == SHMCOL_OK) {
        if (o.n != 0)
            qsort(o.all, (size_t)o.n, sizeof *o.all, by_name);
        for (uint64_t i = 0; i < o.n; i++)
            if (!is_reached(newer->table, &o.all[i]))
                found(arg, o.all[i].kind, o.all[i].name, o.all[i].size);
        shmcol_close(newer);
    }
    free(o.all);
    return status;
}
