/* The sink's regions: opening, writing, reading back. What happens at the end is in sink_finish.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compress/stored.h"
#include "format/hash.h"
#include "sink/sink_internal.h"

static shmcol_status check_fd(int fd, shmcol_error *err)
{
    sys_file_info info;
    int errnum = sys_stat_fd(fd, &info);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, NULL, "cannot use the output descriptor");
    if (!info.regular || info.size != 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "the output descriptor is not an empty file");
    return SHMCOL_OK;
}

/* The one that was kept, if it can be used again; else it goes. It stays where the path is not to
 * be had. */
static int open_shared(sink *s, const char *path, sys_output_how how, const char **refused)
{
    sys_output *kept = s->options.kept != NULL ? *s->options.kept : NULL;
    int errnum = kept != NULL ? sys_output_reuse(kept, path, how, refused) : EXDEV;
    if (errnum == EEXIST || *refused != NULL)
        return errnum;
    if (s->options.kept != NULL)
        *s->options.kept = NULL;
    s->reused = errnum == 0;
    if (!s->reused) {
        sys_output_abort(kept);
        return sys_output_create_shared(path, how, &s->output, &s->shared, refused);
    }
    s->output = kept;
    s->shared = sys_output_shared_path(kept);
    return 0;
}

static shmcol_status open_output(sink *s, int fd, shmcol_error *err)
{
    const char *refused = NULL;
    sys_output_how how = {.replace = s->options.overwrite, .no_sync = s->options.no_sync};
    if (s->path == NULL) {
        s->fd = fd;
        s->side_file_end = SINK_FAR;
        return check_fd(fd, err);
    }
    int errnum = s->options.shared ? open_shared(s, s->path, how, &refused)
                                   : sys_output_create(s->path, how, &s->output, &refused);
    if (errnum != 0)
        return shm_fail_output(err, errnum, refused, s->path, "the output");
    s->fd = sys_output_fd(s->output);
    return SHMCOL_OK;
}

/* A sink without an output. */
static shmcol_status new_sink(const char *path, const sink_options *options, sink **out,
                              shmcol_error *err)
{
    sink *s = calloc(1, sizeof *s);
    if (s == NULL)
        return shm_fail_memory(err);
    s->side_file = s->fd = -1;
    s->process = sys_process();
    s->options = *options;
    s->lock = sys_mutex_new();
    s->io[0] = sys_mutex_new();
    s->io[1] = sys_mutex_new();
    s->left = sys_cond_new();
    s->path = path != NULL ? strdup(path) : NULL;
    if (s->lock == NULL || s->io[0] == NULL || s->io[1] == NULL || s->left == NULL ||
        (path != NULL && s->path == NULL)) {
        sink_free(s);
        return shm_fail_memory(err);
    }
    *out = s;
    return SHMCOL_OK;
}

shmcol_status sink_create(const char *path, int fd, const sink_options *options, sink **out,
                          shmcol_error *err)
{
    sink *s = NULL;
    if (options->zstd_level != 0 && (path == NULL || options->shared))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "only a file with a name that one process writes can be compressed");
    if (options->zstd_level != 0 && !stored_level_good(options->zstd_level))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "zstd has no level %d",
                        options->zstd_level);
    shmcol_status status = new_sink(path, options, &s, err);
    if (status == SHMCOL_OK && (status = open_output(s, fd, err)) != SHMCOL_OK)
        sink_free(s);
    if (status == SHMCOL_OK)
        *out = s;
    return status;
}

shmcol_status sink_renew(sink **replaced, shmcol_error *err)
{
    sink *s = NULL;
    shmcol_status status = new_sink((*replaced)->path, &(*replaced)->options, &s, err);
    if (status != SHMCOL_OK)
        return status;
    int errnum = sys_output_twin((*replaced)->output, &s->output);
    if (errnum != 0) {
        status = shm_fail_output(err, errnum, NULL, s->path, "the output");
        sink_free(s);
        return status;
    }
    s->fd = sys_output_fd(s->output);
    sink_abort(*replaced);
    *replaced = s;
    return SHMCOL_OK;
}

static void free_state(sink_state *st)
{
    free(st->extents);
    free(st->hashes);
    *st = (sink_state){0};
}

void sink_free(sink *s)
{
    for (uint32_t i = 0; i < s->n_regions; i++)
        free_state(&s->regions[i]);
    free(s->regions);
    free(s->window.bytes);
    free(s->leaving.bytes);
    free(s->spare);
    free(s->path);
    if (s->side_file != s->fd)
        sys_close(s->side_file);
    sys_output_abort(s->output);
    if (s->lock != NULL)
        sys_mutex_free(s->lock);
    for (size_t i = 0; i < 2; i++)
        if (s->io[i] != NULL)
            sys_mutex_free(s->io[i]);
    if (s->left != NULL)
        sys_cond_free(s->left);
    free(s);
}

void sink_abort(sink *s)
{
    if (s == NULL)
        return;
    if (s->path == NULL && s->process == sys_process())
        (void)sys_truncate(s->fd,
                           0); /* it came empty; if this fails there is nobody left to tell */
    sink_free(s);
}

bool sink_own(const sink *s)
{
    return s->process == sys_process();
}

int sink_temporary(const sink *s, int *fd)
{
    return sys_output_side_file(s->output, fd);
}

sys_output *sink_output(const sink *s)
{
    return s->output;
}

const char *sink_shared_path(const sink *s)
{
    return s->shared;
}

bool sink_reused(const sink *s)
{
    return s->reused;
}

void sink_keep(sink *s, sys_output **kept)
{
    *kept = NULL;
    s->keep = kept;
}

shmcol_status sink_region_new(sink *s, sink_region *out, shmcol_error *err)
{
    sys_lock(s->lock);
    if (s->n_regions == s->region_capacity) {
        uint32_t capacity = s->region_capacity < 16 ? 16 : s->region_capacity * 2;
        sink_state *regions =
            capacity < s->region_capacity ? NULL : realloc(s->regions, capacity * sizeof *regions);
        if (regions == NULL) {
            sys_unlock(s->lock);
            return shm_fail_memory(err);
        }
        s->regions = regions;
        s->region_capacity = capacity;
    }
    s->regions[s->n_regions] = (sink_state){.open = true};
    *out = s->n_regions++;
    sys_unlock(s->lock);
    return SHMCOL_OK;
}

shmcol_status sink_pwrite(sink *s, int fd, const void *data, size_t length, uint64_t offset,
                          shmcol_error *err)
{
    sys_mutex *io = s->io[fd == s->fd ? 0 : 1];
    sys_lock(io);
    int errnum = sys_pwrite(fd, data, length, offset);
    sys_unlock(io);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, s->path, "cannot write %zu bytes%s", length,
                            fd == s->side_file ? " to the temporary file" : "");
    return SHMCOL_OK;
}

shmcol_status sink_pread(sink *s, int fd, void *data, size_t length, uint64_t offset,
                         shmcol_error *err)
{
    size_t got = 0;
    int errnum = sys_pread(fd, data, length, offset, &got);
    if (errnum != 0)
        return shm_fail_sys(err, errnum, s->path, "cannot read back %zu bytes", length);
    if (got != length)
        return shm_fail_sys(err, EIO, s->path, "cannot read back %zu bytes", length);
    return SHMCOL_OK;
}

/* Room for the hashes of the first `blocks` blocks. Under s->lock. */
static shmcol_status hash_room(sink_state *st, uint64_t blocks, shmcol_error *err)
{
    if (blocks <= st->n_hashes)
        return SHMCOL_OK;
    if (blocks > UINT32_MAX / 2)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-45", "a buffer of more than %llu blocks",
                        (unsigned long long)UINT32_MAX / 2);
    uint64_t capacity = st->n_hashes * 2ull > blocks ? st->n_hashes * 2ull : blocks;
    uint64_t *hashes = realloc(st->hashes, capacity * sizeof *hashes);
    if (hashes == NULL)
        return shm_fail_memory(err);
    memset(hashes + st->n_hashes, 0, (capacity - st->n_hashes) * sizeof *hashes);
    st->hashes = hashes;
    st->n_hashes = (uint32_t)capacity;
    return SHMCOL_OK;
}

/* Hashes the whole blocks inside a piece (F-45), outside the lock, and notes them. */
static shmcol_status note_hashes(sink *s, sink_region id, uint64_t pos, const uint8_t *data,
                                 size_t length, shmcol_error *err)
{
    if (pos == 0 &&
        length < FMT_BLOCK_SIZE) { /* perhaps all there will be, as in a table of few rows */
        uint64_t hash = fmt_hash(data, length);
        sys_lock(s->lock);
        s->regions[id].head_hash = hash;
        s->regions[id].head_length = (uint32_t)length;
        sys_unlock(s->lock);
        return SHMCOL_OK;
    }
    shmcol_status status = SHMCOL_OK;
    uint64_t block = (pos + FMT_BLOCK_SIZE - 1) / FMT_BLOCK_SIZE,
             end = (pos + length) / FMT_BLOCK_SIZE;
    while (block < end && status == SHMCOL_OK) {
        uint64_t hashes[16], first = block;
        for (; block < end && block - first < 16; block++)
            hashes[block - first] = fmt_hash(data + (block * FMT_BLOCK_SIZE - pos), FMT_BLOCK_SIZE);
        sys_lock(s->lock);
        status = hash_room(&s->regions[id], block, err);
        if (status == SHMCOL_OK)
            memcpy(s->regions[id].hashes + first, hashes, (block - first) * sizeof *hashes);
        sys_unlock(s->lock);
    }
    return status;
}

/* Puts a piece where it belongs, the output or the side file; counts: it is one more of the
 * region's bytes. */
static shmcol_status put_extent(sink *s, sink_region id, uint64_t pos, const void *data,
                                size_t length, bool counts, shmcol_error *err)
{
    const uint8_t *from = data;
    while (length > 0) {
        size_t n = length;
        bool written = false;
        uint64_t offset = 0;
        sys_lock(s->lock);
        if (id >= s->n_regions || !s->regions[id].open) {
            sys_unlock(s->lock);
            return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                            "internal: write to a region that is not open");
        }
        const uint64_t capacity = s->regions[id].capacity;
        const bool in_place = pos < capacity;
        shmcol_status status = SHMCOL_OK;
        s->regions[id].written += counts ? length : 0;
        counts = false;
        if (in_place) {
            n = length < capacity - pos ? length : (size_t)(capacity - pos);
            offset = s->regions[id].guess_offset + pos;
        } else
            status = sink_side_file_put(s, id, pos, from, n, &written, &offset, err);
        int fd = in_place ? s->fd : s->side_file;
        sys_unlock(s->lock);
        if (status == SHMCOL_OK && !written)
            status = sink_pwrite(s, fd, from, n, offset, err);
        if (status != SHMCOL_OK)
            return status;
        pos += n;
        from += n;
        length -= n;
    }
    return SHMCOL_OK;
}

shmcol_status sink_put(sink *s, sink_region id, uint64_t pos, const void *data, size_t length,
                       shmcol_error *err)
{
    return put_extent(s, id, pos, data, length, false, err);
}

shmcol_status sink_hash(sink *s, sink_region region, uint64_t pos, const void *data, size_t length,
                        shmcol_error *err)
{
    return note_hashes(s, region, pos, data, length, err);
}

shmcol_status sink_write(sink *s, sink_region region, uint64_t pos, const void *data, size_t length,
                         shmcol_error *err)
{
    if (length == 0)
        return SHMCOL_OK;
    shmcol_status status = put_extent(s, region, pos, data, length, true, err);
    return status != SHMCOL_OK ? status : note_hashes(s, region, pos, data, length, err);
}

shmcol_status sink_read(sink *s, sink_region region, uint64_t pos, void *data, size_t length,
                        shmcol_error *err)
{
    uint8_t *to = data;
    while (length > 0) {
        sys_lock(s->lock);
        bool open = region < s->n_regions && s->regions[region].open;
        uint64_t guess_offset = open ? s->regions[region].guess_offset : 0,
                 capacity = open ? s->regions[region].capacity : 0;
        sys_unlock(s->lock);
        if (!open)
            return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                            "internal: read of a region that is not open");
        size_t n = length;
        shmcol_status status;
        if (pos < capacity) {
            n = length < capacity - pos ? length : (size_t)(capacity - pos);
            status = sink_pread(s, s->fd, to, n, guess_offset + pos, err);
        } else
            status = sink_side_file_get(s, region, pos, to, length, &n, err);
        if (status != SHMCOL_OK)
            return status;
        pos += n;
        to += n;
        length -= n;
    }
    return SHMCOL_OK;
}

void sink_drop(sink *s, sink_region region)
{
    sys_lock(s->lock);
    sink_state gone = {0};
    if (region < s->n_regions && s->regions[region].open) {
        gone = s->regions[region];
        s->regions[region] = (sink_state){0};
        s->dirty = s->dirty || (gone.capacity > 0 && gone.written > 0);
    }
    sys_unlock(s->lock);
    uint64_t in_place = gone.capacity < gone.written ? gone.capacity : gone.written;
    if (in_place > 0) /* a file system that cannot do it keeps the bytes until finish writes over
                         them (dirty) */
        (void)sys_punch(s->fd, gone.guess_offset, in_place);
    sink_side_file_punch(s, &gone, 0, UINT64_MAX);
    free_state(&gone);
}
