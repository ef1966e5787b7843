/* Handles of tables that are populated: the creator lays a table out, others attach to it. */
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "describe.h"
#include "format/bytes.h"
#include "format/directory.h"
#include "format/header.h"
#include "format/names.h"
#include "populate/populate_internal.h"
#include "structs.h"

shmcol_status populate_gone(const char *path, const char *why, shmcol_error *err)
{
    (void)shm_fail(err, SHMCOL_ERR_GONE, "", "no table is being populated here: %s", why);
    shm_error_path(err, path);
    return SHMCOL_ERR_GONE;
}

/* Checks that the file is a temporary whose creator lives. Errors: GONE, IO. */
static shmcol_status check_file(const char *path, int fd, sys_file_info *info, shmcol_error *err)
{
    bool alive = false;
    int errnum = sys_stat_fd(fd, info);
    if (errnum == 0 && info->regular)
        errnum = sys_output_alive(fd, &alive);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, path, "cannot open");
    if (!info->regular)
        return populate_gone(path, "not a regular file", err);
    return alive ? SHMCOL_OK
                 : populate_gone(path, "the process that created it has died, or has committed it",
                                 err);
}

static shmcol_status open_file(const char *path, int *fd, sys_file_info *info, shmcol_error *err)
{
    int errnum = sys_open_shared_output(path, fd);
    if (errnum == ENOENT)
        return populate_gone(path, "it was committed or given up", err);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, path, "cannot open");
    shmcol_status status = check_file(path, *fd, info, err);
    if (status != SHMCOL_OK)
        sys_close(*fd);
    return status;
}

/* Checks that the file is still this table: it may be in use for another one. Errors: IO, GONE. */
static shmcol_status check_id(const shmcol_populate *p, int fd, shmcol_error *err)
{
    uint8_t id[sizeof p->header.file_id];
    size_t got = 0;
    int errnum = sys_pread(fd, id, sizeof id, FMT_H_FILE_ID, &got);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, p->path, "cannot read");
    if (got == sizeof id && memcmp(id, p->header.file_id, sizeof id) == 0)
        return SHMCOL_OK;
    return populate_gone(p->path, "it was committed, and its place may be another table's", err);
}

shmcol_status populate_open_own(const shmcol_populate *p, int *fd, shmcol_error *err)
{
    sys_file_info info;
    shmcol_status status = open_file(p->path, fd, &info, err);
    if (status != SHMCOL_OK)
        return status;
    if (info.device != p->device || info.inode != p->inode)
        status = populate_gone(p->path, "the name is another file's", err);
    if (status != SHMCOL_OK)
        sys_close(*fd);
    return status;
}

shmcol_status populate_open(const shmcol_populate *p, int *fd, shmcol_error *err)
{
    shmcol_status status = populate_open_own(p, fd, err);
    if (status != SHMCOL_OK)
        return status;
    status = check_id(p, *fd, err);
    if (status != SHMCOL_OK)
        sys_close(*fd);
    return status;
}

static void release_map(populate_map *m)
{
    if (m == NULL || atomic_fetch_sub_explicit(&m->references, 1, memory_order_acq_rel) != 1)
        return;
    sys_unmap(m->map.bytes, m->map.length);
    free(m);
}

void populate_release(shmcol_populate *p)
{
    if (atomic_fetch_sub_explicit(&p->references, 1, memory_order_acq_rel) != 1)
        return;
    release_map(p->shared);
    free(p->values.columns);
    free(p->front);
    free(p);
}

/* ---- attach ---- */

static shmcol_status read_front(shmcol_populate *p, int fd, uint64_t offset, uint64_t length,
                                shmcol_error *err)
{
    size_t got = 0;
    uint8_t *bytes = realloc(p->front, (size_t)(offset + length));
    if (bytes == NULL)
        return shm_fail_memory(err);
    p->front = bytes;
    int errnum = sys_pread(fd, bytes + offset, (size_t)length, offset, &got);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, p->path, "cannot read");
    return got == length ? SHMCOL_OK : populate_gone(p->path, "the file was cut short", err);
}

/* Reads the header, which is that of a file that ends before the marks, and checks it. Errors:
 * GONE, IO, NO_MEMORY. */
static shmcol_status read_header(shmcol_populate *p, int fd, const uint8_t id[16], uint64_t size,
                                 shmcol_error *err)
{
    fmt_fault fault;
    uint64_t available = size < FMT_HEADER_SIZE_MAX ? size : FMT_HEADER_SIZE_MAX;
    if (size < FMT_HEADER_SIZE)
        return populate_gone(p->path, "the file is too short", err);
    shmcol_status status = read_front(p, fd, 0, available, err);
    if (status != SHMCOL_OK)
        return status;
    uint64_t file_size = fmt_load64(p->front + FMT_H_FILE_SIZE);
    if (file_size > size)
        return populate_gone(p->path, "the file is too short", err);
    if (fmt_header_decode(p->front, available < file_size ? available : file_size, file_size,
                          &p->header, &fault) != FMT_OK)
        return populate_gone(p->path, fault.text, err);
    p->marks = sink_tail_offset(file_size);
    p->n_marks = populate_mark_of(p->header.rows);
    if (memcmp(p->header.file_id, id, sizeof p->header.file_id) != 0 || size < p->marks ||
        size - p->marks != p->n_marks)
        return populate_gone(p->path, "the file is another one, or is complete", err);
    const fmt_region *last = &p->header.regions[FMT_REGION_METADATA];
    uint64_t front = last->offset + last->length;
    return front > available ? read_front(p, fd, available, front - available, err) : SHMCOL_OK;
}

/* Returns true if the slot is inside the map, which is stricter than inside the body (F-61). */
static bool is_mapped(const shmcol_populate *p, const fmt_slot *slot)
{
    uint64_t end = p->header.regions[FMT_REGION_CHECKSUMS].offset;
    return slot->stored_length <= end && slot->offset <= end - slot->stored_length;
}

static shmcol_status check_columns(shmcol_populate *p, shmcol_error *err)
{
    const fmt_header *h = &p->header;
    fmt_fault fault;
    p->values.columns = calloc(h->columns + 1ull, sizeof *p->values.columns);
    if (p->values.columns == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < h->columns; i++) {
        fmt_descriptor *d = &p->values.columns[i];
        if (fmt_directory_column(h, p->front, i, d, &fault) != FMT_OK)
            return populate_gone(p->path, fault.text, err);
        if (fmt_slot_group(d, FMT_SLOT_VALUES) != FMT_GROUP_VALUES ||
            !is_mapped(p, &d->slots[FMT_SLOT_VALUES]) ||
            !is_mapped(p, &d->slots[FMT_SLOT_VALIDITY]))
            return populate_gone(p->path, "a column has no fixed width, or no place", err);
    }
    return SHMCOL_OK;
}

static shmcol_status map_file(shmcol_populate *p, int fd, shmcol_error *err)
{
    sink_map *map = &p->shared->map;
    uint64_t length = p->header.regions[FMT_REGION_CHECKSUMS].offset; /* after all buffers */
    int errnum = sys_map_shared(fd, length, &map->bytes);
    if (errnum == 0) {
        map->length = length;
        return SHMCOL_OK;
    }
    map->bytes = NULL;
    return sink_fail_map(err, errnum, p->path, length);
}

static populate_map *new_map(void)
{
    populate_map *m = calloc(1, sizeof *m);
    if (m != NULL)
        atomic_init(&m->references, 1);
    return m;
}

/* Reads header and columns, and maps the file, if it is not `mapped` already. Errors: GONE, IO,
 * ADDRESS_SPACE, NO_MEMORY. */
static shmcol_status read_table(shmcol_populate *p, int fd, const uint8_t *id, uint64_t size,
                                bool mapped, shmcol_error *err)
{
    shmcol_status status = read_header(p, fd, id, size, err);
    if (status != SHMCOL_OK)
        return status;
    status = check_columns(p, err);
    if (status != SHMCOL_OK || mapped)
        return status;
    return map_file(p, fd, err);
}

/* Opens the table at `path`. Takes over one reference to `map`, which maps this file already if
 * `mapped`. Errors: GONE, IO, ADDRESS_SPACE, NO_MEMORY. */
static shmcol_status attach(const char *path, const uint8_t *id, populate_map *map, bool mapped,
                            shmcol_populate **populate, shmcol_error *err)
{
    int fd;
    sys_file_info info;
    shmcol_populate *p = calloc(1, sizeof *p + strlen(path) + 1);
    shmcol_status status =
        p != NULL && map != NULL ? open_file(path, &fd, &info, err) : shm_fail_memory(err);
    if (status != SHMCOL_OK) {
        free(p);
        release_map(map);
        return status;
    }
    memcpy(p->path, path, strlen(path) + 1);
    atomic_init(&p->references, 1);
    p->process = sys_process();
    p->device = info.device;
    p->inode = info.inode;
    p->shared = map;
    p->in_memory = sys_in_memory(fd);
    status = read_table(p, fd, id, info.size, mapped, err);
    sys_close(fd);
    if (status != SHMCOL_OK) {
        populate_release(p);
        return status;
    }
    p->values.map = map->map.bytes;
    *populate = p;
    return SHMCOL_OK;
}

shmcol_status shmcol_populate_attach(const char *path, const uint8_t *id,
                                     shmcol_populate **populate, shmcol_error *err)
{
    if (path == NULL || id == NULL || populate == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "path, id or populate is NULL");
    return attach(path, id, new_map(), false, populate, err);
}

/* ---- create ---- */

/* Lays the table out and opens it. `old` is the map of an output that may be used again. Takes the
 * writer over: it is the handle's, or aborted. */
static shmcol_status begin(shmcol_writer *w, uint64_t rows, populate_map *old,
                           shmcol_populate **populate, shmcol_error *err)
{
    uint8_t id[16];
    sink *s = writer_sink(w);
    const sink_tail marks = {populate_mark_of(rows), MARK_LEFT};
    populate_map *map = sink_reused(s) ? old : new_map();
    int errnum = sys_random(id, sizeof id);
    shmcol_status status = SHMCOL_OK;
    if (errnum != 0)
        status = shm_fail_sys(err, errnum, sink_shared_path(s), "cannot make an id");
    if (map == NULL)
        status = shm_fail_memory(err);
    else if (map == old)
        atomic_fetch_add_explicit(&map->references, 1, memory_order_relaxed);
    if (status == SHMCOL_OK)
        status = writer_reserve(w, rows, &marks, id, &map->map, err);
    if (status == SHMCOL_OK)
        status = attach(sink_shared_path(s), id, map, true, populate, err);
    else
        release_map(map);
    if (status != SHMCOL_OK) {
        shmcol_writer_abort(w);
        return status;
    }
    (*populate)->writer = w;
    (*populate)->created = true;
    return SHMCOL_OK;
}

shmcol_status shmcol_populate_create(const char *path, const shmcol_field *fields,
                                     uint32_t n_fields, uint64_t rows,
                                     const shmcol_writer_options *options,
                                     shmcol_populate **populate, shmcol_error *err)
{
    shmcol_writer *w;
    if (path == NULL || populate == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "path or populate is NULL");
    if (rows >= FMT_ROWS_LIMIT)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-14", "too many rows");
    const writer_output to = {.path = path, .fd = -1, .shared = true};
    shmcol_status status = writer_new(&to, fields, n_fields, options, &w, err);
    if (status != SHMCOL_OK)
        return status;
    status = writer_check_in_place(w, err);
    if (status == SHMCOL_OK)
        return begin(w, rows, NULL, populate, err);
    shmcol_writer_abort(w);
    return status;
}

/* ---- again, and the end ---- */

shmcol_status shmcol_populate_again(shmcol_populate *p, const char *path, uint32_t flags,
                                    shmcol_populate **next, shmcol_error *err)
{
    if (path == NULL || next == NULL || (flags & ~(uint32_t)SHMCOL_POPULATE_FRESH) != 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "no path, no place for the handle, or unknown flags 0x%x", flags);
    if (p->writer == NULL || !p->committed || p->process != sys_process())
        return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                        "only what this process has committed with KEEP is begun again, and once");
    if ((flags & SHMCOL_POPULATE_FRESH) != 0) {
        sys_output_abort(p->kept);
        p->kept = NULL;
    }
    shmcol_writer *w = p->writer;
    shmcol_status status = writer_again(w, path, &p->kept, err);
    if (status != SHMCOL_OK)
        return status;
    p->writer = NULL;
    return begin(w, p->header.rows, p->shared, next, err);
}

void shmcol_populate_abort(shmcol_populate *p)
{
    if (p->writer == NULL)
        return;
    /* In a child of fork the name stays: it is the creator's. */
    shmcol_writer_abort(p->writer);
    sys_output_abort(p->kept);
    p->writer = NULL;
    p->kept = NULL;
}

void shmcol_populate_close(shmcol_populate *p)
{
    if (p == NULL)
        return;
    shmcol_populate_abort(p);
    populate_release(p);
}

/* ---- what it is ---- */

const char *shmcol_populate_path(const shmcol_populate *p)
{
    return p->path;
}

const uint8_t *shmcol_populate_id(const shmcol_populate *p)
{
    return p->header.file_id;
}

uint64_t shmcol_populate_rows(const shmcol_populate *p)
{
    return p->header.rows;
}

uint32_t shmcol_populate_columns(const shmcol_populate *p)
{
    return p->header.columns;
}

shmcol_status shmcol_populate_column(const shmcol_populate *p, uint32_t index,
                                     shmcol_column_info *info, shmcol_error *err)
{
    SHM_CHECK_SIZE(info, SHM_COLUMN_INFO_SIZE_1_0, err);
    if (index >= p->header.columns)
        return shm_fail(err, SHMCOL_ERR_NO_COLUMN, "", "there is no column %u: the table has %u",
                        index, p->header.columns);
    const fmt_descriptor *d = &p->values.columns[index];
    const char *names = (const char *)p->front + p->header.regions[FMT_REGION_NAMES].offset;
    shmcol_column_info all = {.index = index,
                              .name = names + d->name_offset,
                              .name_length = d->name_length,
                              .type = (shmcol_type)d->type,
                              .supported = 1};
    shm_describe(d, names, &all);
    all.null_count = 0; /* nobody knows yet */
    SHM_GIVE(info, all);
    return SHMCOL_OK;
}

shmcol_status shmcol_populate_find(const shmcol_populate *p, const char *name, uint32_t *index,
                                   shmcol_error *err)
{
    fmt_fault fault;
    uint32_t found = FMT_NONE32;
    if (name == NULL || index == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "name or index is NULL");
    /* The copy of the file's front is enough: nothing after the directory is read. */
    if (fmt_name_find(&p->header, p->front, name, strlen(name), &found, &fault) != FMT_OK)
        return populate_gone(p->path, fault.text, err);
    if (found == FMT_NONE32)
        return shm_fail(err, SHMCOL_ERR_NO_COLUMN, "", "there is no column \"%.200s\"", name);
    *index = found;
    return SHMCOL_OK;
}
