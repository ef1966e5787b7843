/* Runs: the pages of a column's parts, mapped back to back over reserved addresses. Parts have
 * whole zones and begin their buffers on 64 KiB (F-79), so that each begins where the one before
 * ends. A run has room to grow. What an append adds is mapped behind; the part that replaces the
 * last one is mapped over it in one step, and has the same bytes there. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/chain.h"
#include "format/ondisk.h"
#include "read/table.h"

/* The least room to grow, and the most addresses of all runs of a table: an eighth of what a
 * process has on x86-64. */
#define LEAST_ROOM (UINT64_C(1) << 30)
#define MOST_RESERVED (UINT64_C(1) << 44)

enum {
    BITMAP_OF_ZONE = FMT_ZONE_ROWS / 8,
    NEAR = 4 << 20 /* twice a huge page, to which the kernel may want to align a map */
};

/* A buffer that is being mapped: one of one column over the parts of a handle. */
typedef struct wanted {
    const read_column *column;
    const read_table *table;
    int which;
    uint64_t rows;      /* of the handle */
    uint64_t zone_size; /* bytes of a zone */
    bool copied;        /* a page is larger than the bitmap of a zone */
    bool limited;       /* addresses are (RLIMIT_AS) */
} wanted;

read_runs *read_runs_new(uint32_t columns)
{
    read_runs *runs = calloc(1, sizeof *runs + 2 * (size_t)columns * sizeof(read_run *));
    if (runs == NULL)
        return NULL;
    atomic_init(&runs->references, 1);
    runs->n = 2 * columns;
    runs->mutex = sys_mutex_new();
    if (runs->mutex != NULL)
        return runs;
    free(runs);
    return NULL;
}

/* Drops a reference to a run. Under the lock. */
static void let_go(read_runs *runs, read_run *run)
{
    if (run == NULL || --run->references != 0)
        return;
    sys_unmap(run->base, run->reserved);
    runs->reserved -= run->reserved;
    free(run);
}

void read_runs_release(read_runs *runs)
{
    if (runs == NULL || atomic_fetch_sub_explicit(&runs->references, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < runs->n; i++)
        let_go(runs, runs->newest[i]);
    sys_mutex_free(runs->mutex);
    free(runs);
}

void read_runs_let_go(read_table *table)
{
    if (table->runs == NULL || table->held == NULL)
        return;
    sys_lock(table->runs->mutex);
    for (uint32_t i = 0; i < table->runs->n; i++)
        let_go(table->runs, atomic_load_explicit(&table->held[i], memory_order_relaxed));
    sys_unlock(table->runs->mutex);
}

static uint64_t pages(uint64_t bytes)
{
    const uint64_t page = sys_page_size();
    return (bytes + page - 1) / page * page;
}

/* Returns the bytes of `rows` rows, in whole pages; UINT64_MAX if they are too many. */
static uint64_t bytes_of(const wanted *w, uint64_t rows)
{
    const uint64_t zones = rows / FMT_ZONE_ROWS, rest = rows % FMT_ZONE_ROWS;
    uint64_t bytes;
    if (__builtin_mul_overflow(zones, w->zone_size, &bytes))
        return UINT64_MAX;
    bytes += w->which == READ_RUN_VALUES ? rest * w->column->descriptor.width : (rest + 7) / 8;
    return bytes > INT64_MAX ? UINT64_MAX : pages(bytes);
}

void read_hint_maps(shmcol_error *err)
{
    uint64_t bytes, most, used;
    if (sys_address_limit(&bytes))
        shm_error_hint(err, "the limit on address space is %" PRIu64 " bytes: raise it (ulimit -v)",
                       bytes);
    else if (sys_map_limit(&most, &used))
        shm_error_hint(err,
                       "vm.max_map_count allows %" PRIu64 " maps, and %" PRIu64
                       " are in use: raise it, or make fewer parts: shmcol-pack DIR -o DIR2/ "
                       "--part-rows N",
                       most, used);
}

static shmcol_status no_room(const wanted *w, int errnum, shmcol_error *err)
{
    const shmcol_file *file = w->column->file;
    if (errnum != ENOMEM)
        return shm_fail_sys(err, errnum, file->path, "cannot map column \"%.200s\"",
                            w->column->name);
    shm_fail(err, SHMCOL_ERR_ADDRESS_SPACE, "",
             "cannot map column \"%.200s\" over %" PRIu64 " parts: no room for more maps",
             w->column->name, w->table->n_parts);
    read_hint_maps(err);
    return read_column_error(w->column, SHMCOL_ERR_ADDRESS_SPACE, err);
}

/* Returns the offset of the buffer in a part. */
static uint64_t offset_in(const wanted *w, const read_part *part)
{
    const read_place *place = &part->places[w->column->index];
    return FMT_PART_ALIGNMENT *
           (uint64_t)(w->which == READ_RUN_VALUES ? place->values : place->validity);
}

static uint8_t *place_in(const wanted *w, const read_run *run, const read_part *part)
{
    return run->base + part->first_row / FMT_ZONE_ROWS * w->zone_size;
}

/* Maps a buffer of a part for reading and writing. All parts but the last are opened again by their
 * names, which stay theirs: a thousand parts need no thousand descriptors. Returns an errno value;
 * ESTALE: the name is another file's. */
static int map_private(const read_part *part, uint8_t *to, uint64_t from, uint64_t size)
{
    char name[FMT_PART_NAME_SIZE];
    sys_file_info info;
    int fd;
    if (part->fd >= 0)
        return sys_map_private_at(to, part->fd, from, size);
    fmt_part_name(part->first_row, name);
    int errnum = sys_open_map_at(part->directory->fd, name, &fd);
    if (errnum != 0)
        return errnum;
    errnum = sys_stat_fd(fd, &info);
    if (errnum == 0 && (info.device != part->device || info.inode != part->inode))
        errnum = ESTALE;
    if (errnum == 0)
        errnum = sys_map_private_at(to, fd, from, size);
    sys_close(fd);
    return errnum;
}

/* Shows the buffer of one part in the run. Returns an errno value. */
static int map_part(const wanted *w, read_run *run, const read_part *part)
{
    const uint64_t from = offset_in(w, part), size = bytes_of(w, part->rows);
    uint8_t *to = place_in(w, run, part);
    if (size == 0)
        return 0;
    if (part->private_pages)
        return map_private(part, to, from, size);
    return w->limited || part->first_row < run->rows ? sys_map_over(to, part->map + from, size)
                                                     : sys_map_again(to, part->map + from, size);
}

static void add_part(read_run *run, const read_part *part)
{
    memcpy(run->last_id, part->id, sizeof run->last_id);
    run->last_first_row = part->first_row;
    run->rows = part->first_row + part->rows;
}

/* Adds the parts of the handle that the run does not have. A failure leaves what was there. */
static int extend(const wanted *w, read_run *run)
{
    const read_table *t = w->table;
    uint64_t next = 0;
    if (run->rows != 0) {
        next = read_part_of_row(t, run->last_first_row);
        next += memcmp(t->parts[next]->id, run->last_id, sizeof run->last_id) == 0;
    }
    for (; next < t->n_parts; next++) {
        const read_part *part = t->parts[next];
        int errnum = map_part(w, run, part);
        if (errnum != 0)
            return errnum;
        add_part(run, part);
    }
    return 0;
}

/* Returns how many bytes of addresses a run of `need` bytes gets. */
static uint64_t reserve_for(const read_runs *runs, uint64_t need, bool grows)
{
    const uint64_t room = need > LEAST_ROOM ? need : LEAST_ROOM;
    if (!grows || sys_hidden("room") || room > MOST_RESERVED ||
        runs->reserved + need + room > MOST_RESERVED)
        return need;
    return need + room;
}

/* Makes a run without a part. Returns an errno value. */
static int reserve_run(const wanted *w, read_runs *runs, read_run **out)
{
    const uint64_t page = sys_page_size(), need = bytes_of(w, w->rows);
    read_run *run = need != UINT64_MAX ? calloc(1, sizeof *run) : NULL;
    if (run == NULL)
        return ENOMEM;
    run->zone_size = w->zone_size;
    run->references = 1;
    run->reserved = reserve_for(runs, need > page ? need : page, !w->limited);
    int errnum = sys_reserve(run->reserved, &run->base);
    if (errnum == ENOMEM && run->reserved > need) {
        run->reserved = need > page ? need : page;
        errnum = sys_reserve(run->reserved, &run->base);
    }
    if (errnum != 0) {
        free(run);
        return errnum;
    }
    runs->reserved += run->reserved;
    *out = run;
    return 0;
}

/* Returns the end of the part in the run, in whole pages. */
static uint8_t *end_in(const wanted *w, const read_run *run, uint64_t part)
{
    const read_part *p = w->table->parts[part];
    return place_in(w, run, p) + bytes_of(w, p->rows);
}

/* Returns how many parts of a new run end well before the run does: near a map the kernel may not
 * use a wished address. */
static uint64_t parts_in_the_open(const wanted *w, const read_run *run)
{
    const uint8_t *const end = run->base + bytes_of(w, w->rows);
    uint64_t n = w->table->n_parts;
    if (w->limited || w->table->parts[0]->private_pages || sys_hidden("hole"))
        return 0;
    while (n > 0 && (uint64_t)(end - end_in(w, run, n - 1)) < NEAR)
        n--;
    return n;
}

/* Maps the first parts of a new run. A map over reserved addresses costs half as much again as one
 * where nothing is mapped, so their reservation is given back. If another thread gets an address of
 * them, the run stays without a part and gets other addresses. Returns an errno value. */
static int map_in_the_open(const wanted *w, read_run *run)
{
    const uint64_t n = parts_in_the_open(w, run);
    int errnum = 0;
    if (n < 2)
        return 0;
    uint8_t *const end = end_in(w, run, n - 1);
    const uint64_t size = (uint64_t)(end - run->base) + NEAR;
    sys_unmap(run->base, size);
    for (uint64_t i = 0; i < n && errnum == 0; i++) {
        const read_part *part = w->table->parts[i];
        errnum = sys_map_again_if_free(place_in(w, run, part), part->map + offset_in(w, part),
                                       bytes_of(w, part->rows));
        if (errnum == 0)
            add_part(run, part);
    }
    if (errnum == 0)
        errnum = sys_reserve_at(end, NEAR);
    if (errnum == 0)
        return 0;
    sys_unmap(run->base, bytes_of(w, run->rows));
    sys_unmap(end + NEAR, run->reserved - size);
    run->rows = 0;
    return sys_reserve(run->reserved, &run->base);
}

/* Makes a run of all parts of the handle. */
static int make_run(const wanted *w, read_runs *runs, read_run **out)
{
    read_run *run;
    int errnum = reserve_run(w, runs, &run);
    if (errnum != 0)
        return errnum;
    errnum = map_in_the_open(w, run);
    if (errnum != 0) {
        runs->reserved -= run->reserved;
        free(run);
        return errnum;
    }
    errnum = extend(w, run);
    if (errnum != 0) {
        let_go(runs, run);
        return errnum;
    }
    *out = run;
    return 0;
}

/* Finds or makes the run of a handle. Under the lock. The caller's reference is new. */
static int find_run(const wanted *w, read_runs *runs, uint32_t index, read_run **out)
{
    read_run *run = runs->newest[index];
    int errnum = 0;
    if (run != NULL && run->rows < w->rows) {
        if (bytes_of(w, w->rows) <= run->reserved)
            errnum = extend(w, run);
        else
            run = NULL;
    }
    if (errnum != 0)
        return errnum;
    if (run == NULL) {
        errnum = make_run(w, runs, &run);
        if (errnum != 0)
            return errnum;
        let_go(runs, runs->newest[index]);
        runs->newest[index] = run;
    }
    run->references++;
    *out = run;
    return 0;
}

/* ---- bitmaps where pages are large ---- */

typedef struct copying {
    const wanted *w;
    const read_run *run;
} copying;

static void copy_parts(void *arg)
{
    const copying *c = arg;
    const read_table *t = c->w->table;
    for (uint64_t k = 0; k < t->n_parts; k++)
        memcpy(place_in(c->w, c->run, t->parts[k]), t->parts[k]->map + offset_in(c->w, t->parts[k]),
               (size_t)((t->parts[k]->rows + 7) / 8));
}

static void free_copy(read_run *run)
{
    sys_unmap(run->base, run->reserved);
    free(run);
}

/* Copies the bitmaps of all parts into memory of this handle. A fault ends in an answer where the
 * caller is inside shmcol_guard, so that the memory is not left behind. */
static shmcol_status copy_run(const wanted *w, read_run **out, shmcol_error *err)
{
    const shmcol_file *file = w->column->file;
    const uint8_t *address;
    const uint64_t size = bytes_of(w, w->rows);
    read_run *run = size != UINT64_MAX ? calloc(1, sizeof *run) : NULL;
    copying c = {w, run};
    int errnum = run != NULL ? sys_reserve(size, &run->base) : ENOMEM;
    if (errnum == 0)
        errnum = sys_memory_at(run->base, size);
    if (errnum != 0) {
        free(run);
        return no_room(w, errnum, err);
    }
    *run = (read_run){.references = 1,
                      .copied = true,
                      .base = run->base,
                      .reserved = size,
                      .zone_size = w->zone_size,
                      .rows = w->rows};
    if (!sys_guarded(w->table->parts[0]->map)) {
        copy_parts(&c);
    } else if (sys_guard_set(read_table_covers, file, copy_parts, &c, &address) == EFAULT) {
        free_copy(run);
        return read_fault_at(file, address, err);
    }
    *out = run;
    return SHMCOL_OK;
}

/* ---- the runs of a handle ---- */

/* Finds, maps or copies the run of a handle. */
static shmcol_status get_run(const wanted *w, uint32_t index, read_run **out, shmcol_error *err)
{
    read_runs *runs = w->table->runs;
    _Atomic(read_run *) *held = &w->table->held[index];
    read_run *copy = NULL;
    int errnum = 0;
    shmcol_status status = w->copied ? copy_run(w, &copy, err) : SHMCOL_OK;
    if (status != SHMCOL_OK)
        return status;
    sys_lock(runs->mutex);
    *out = atomic_load_explicit(held, memory_order_relaxed);
    if (*out == NULL && copy != NULL) {
        runs->reserved += copy->reserved;
        *out = copy;
        copy = NULL;
    } else if (*out == NULL) {
        errnum = find_run(w, runs, index, out);
    }
    if (errnum == 0)
        atomic_store_explicit(held, *out, memory_order_release);
    sys_unlock(runs->mutex);
    if (copy != NULL)
        free_copy(copy); /* another thread was faster */
    return errnum != 0 ? no_room(w, errnum, err) : SHMCOL_OK;
}

/* Gives the run of a column's values or validity; maps it if this is the first access. */
static shmcol_status run_of(const read_column *column, int which, const uint8_t **base,
                            shmcol_error *err)
{
    uint64_t limit;
    const read_table *t = column->file->table;
    const uint32_t index = 2 * column->index + (uint32_t)which;
    const bool values = which == READ_RUN_VALUES;
    read_run *run = atomic_load_explicit(&t->held[index], memory_order_acquire);
    if (run == NULL) {
        const wanted w = {
            .column = column,
            .table = t,
            .which = which,
            .rows = column->descriptor.length,
            .zone_size =
                values ? (uint64_t)FMT_ZONE_ROWS * column->descriptor.width : BITMAP_OF_ZONE,
            .copied = !values && (BITMAP_OF_ZONE % sys_page_size() != 0 || sys_hidden("pages")),
            .limited = sys_address_limit(&limit),
        };
        shmcol_status status = get_run(&w, index, &run, err);
        if (status != SHMCOL_OK)
            return status;
    }
    *base = run->base;
    return SHMCOL_OK;
}

shmcol_status read_validity_of(const read_column *column, const uint8_t **validity,
                               shmcol_error *err)
{
    const uint8_t *bitmap = NULL;
    shmcol_status status = SHMCOL_OK;
    if (column->file->table == NULL)
        bitmap = read_validity(column);
    else if (column->descriptor.null_count != 0)
        status = run_of(column, READ_RUN_VALIDITY, &bitmap, err);
    if (status == SHMCOL_OK)
        *validity = bitmap;
    return status;
}

shmcol_status read_values_of(const read_column *column, const uint8_t **values,
                             const uint8_t **validity, shmcol_error *err)
{
    const uint8_t *at = NULL;
    shmcol_status status = SHMCOL_OK;
    if (column->file->table == NULL)
        at = read_slot(column->file, &column->descriptor, FMT_SLOT_VALUES);
    else
        status = run_of(column, READ_RUN_VALUES, &at, err);
    if (status == SHMCOL_OK && validity != NULL)
        status = read_validity_of(column, validity, err);
    if (status == SHMCOL_OK)
        *values = at;
    return status;
}
