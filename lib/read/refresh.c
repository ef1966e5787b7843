/* A newer handle of a table: it follows the chain from the last part of the older one on. */
#include <errno.h>
#include <string.h>

#include "alloc.h"
#include "read/table.h"

static shmcol_status replaced(const read_directory *directory, const char *what, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_FILE_REPLACED, "", "%s", what);
    shm_error_hint(err, "open it anew");
    shm_error_path(err, directory->path);
    return SHMCOL_ERR_FILE_REPLACED;
}

shmcol_status read_is_directory(const read_directory *directory, bool *is, shmcol_error *err)
{
    sys_file_info info;
    *is = true;
    if (directory->path[0] == 0)
        return SHMCOL_OK;
    int errnum = sys_stat_path(directory->path, &info);
    if (errnum != 0 && errnum != ENOENT && errnum != ENOTDIR)
        return shm_fail_sys(err, errnum, directory->path, "cannot look at the directory");
    *is = errnum == 0 && info.device == directory->device && info.inode == directory->inode;
    return SHMCOL_OK;
}

/* Checks that the path still leads to the directory. */
static shmcol_status check_directory(const read_directory *directory, shmcol_error *err)
{
    bool is;
    shmcol_status status = read_is_directory(directory, &is, err);
    if (status == SHMCOL_OK && !is)
        status = replaced(directory, "the directory of the table was removed or replaced", err);
    return status;
}

/* Makes a chain of the parts that no append changes: all but the last. */
static shmcol_status begin_chain(const read_table *t, read_chain *chain, shmcol_error *err)
{
    *chain = (read_chain){.directory = t->directory, .flags = t->flags};
    chain->parts = shm_alloc(t->n_parts, sizeof(*chain->parts));
    if (chain->parts == NULL)
        return shm_fail_memory(err);
    chain->capacity = t->n_parts;
    for (uint64_t k = 0; k + 1 < t->n_parts; k++)
        chain->parts[chain->n++] = read_part_retain(t->parts[k]);
    return SHMCOL_OK;
}

/* Follows the chain from the last part of an older handle on. */
static shmcol_status follow_from(const shmcol_file *file, read_chain *chain, shmcol_error *err)
{
    const read_table *t = file->table;
    shmcol_status status = begin_chain(t, chain, err);
    if (status != SHMCOL_OK)
        return status;
    memcpy(chain->table_id, file->header.part.table_id, sizeof chain->table_id);
    status = read_chain_follow(chain, t->parts[t->n_parts - 1], err);
    if (status != SHMCOL_OK)
        return status;
    const read_part *last = chain->n != 0 ? chain->parts[chain->n - 1] : NULL;
    if (last == NULL || last->first_row + last->rows < file->header.rows ||
        memcmp(chain->table_id, file->header.part.table_id, sizeof chain->table_id) != 0)
        return replaced(t->directory, "the table was replaced by another one", err);
    return SHMCOL_OK;
}

shmcol_status shmcol_refresh(shmcol_file *file, shmcol_file **newer, shmcol_error *err)
{
    read_chain chain;
    if (file == NULL || newer == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file or newer is NULL");
    const read_table *t = file->table;
    if (t == NULL) {
        *newer = shmcol_retain(file);
        return SHMCOL_OK;
    }
    shmcol_status status = check_directory(t->directory, err);
    if (status != SHMCOL_OK)
        return status;
    status = follow_from(file, &chain, err);
    if (status != SHMCOL_OK) {
        read_chain_free(&chain);
        return status;
    }
    if (chain.n == t->n_parts && chain.parts[chain.n - 1] == t->parts[chain.n - 1]) {
        read_chain_free(&chain);
        *newer = shmcol_retain(file);
        return SHMCOL_OK;
    }
    read_runs *shared = (t->flags & SHMCOL_OPEN_PRIVATE) != 0 ? NULL : t->runs;
    status = read_table_handle(&chain, shared, newer, err);
    if (status != SHMCOL_OK)
        read_chain_free(&chain);
    return status;
}
