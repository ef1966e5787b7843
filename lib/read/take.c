/* Rows by number, of columns of a fixed width: a gather whose misses overlap. */
#include "read/take.h"

#include <inttypes.h>
#include <string.h>

#include "base/crew.h"
#include "format/types.h"
#include "structs.h"

enum {
    AHEAD = 64,          /* rows: more than the misses that a core can have at once */
    TASK_ROWS = 65536,   /* of a thread at a time */
    MANY_ROWS = 1 << 20, /* from here on several threads pay */
    MOST_THREADS = 8     /* beyond them memory is the limit */
};

/* ---- the rows ---- */

static shmcol_status wrong_row(const shmcol_file *file, const take_rows *r, shmcol_error *err)
{
    const int64_t least = r->missing ? TAKE_MISSING : 0;
    for (uint64_t i = 0; i < r->n; i++) {
        if (r->rows[i] >= least && (r->rows[i] < 0 || (uint64_t)r->rows[i] < file->header.rows))
            continue;
        shm_fail(err, SHMCOL_ERR_OUT_OF_RANGE, "",
                 "row %" PRId64 ", number %" PRIu64 " of the rows asked for, is not there: there "
                 "are %" PRIu64,
                 r->rows[i], i, file->header.rows);
        if (r->rows[i] < 0)
            shm_error_hint(err, "rows count from 0, and nothing counts from the end");
        shm_error_row(err, r->rows[i]);
        shm_error_path(err, file->path);
        break;
    }
    return SHMCOL_ERR_OUT_OF_RANGE;
}

shmcol_status take_check(const shmcol_file *file, const shmcol_take_options *options,
                         take_rows *rows, shmcol_error *err)
{
    shmcol_take_options all = SHMCOL_TAKE_OPTIONS_INIT;
    if (file == NULL || options == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file or options is NULL");
    if (options->size < SHM_TAKE_OPTIONS_SIZE_1_0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "options were not begun with SHMCOL_TAKE_OPTIONS_INIT");
    SHM_TAKE(all, options);
    if ((all.flags & ~(uint32_t)SHMCOL_TAKE_MISSING) != 0)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "unknown flags 0x%x", all.flags);
    if (all.n != 0 && all.rows == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "rows is NULL");
    if (all.n > INT64_MAX / sizeof *all.rows)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "n is %" PRIu64, all.n);
    *rows = (take_rows){all.rows, all.n, (all.flags & SHMCOL_TAKE_MISSING) != 0};
    /* The upper bit of one of the differences is set where a row is outside. */
    const uint64_t least = rows->missing ? (uint64_t)TAKE_MISSING : 0, last = file->header.rows - 1;
    uint64_t outside = 0;
    for (uint64_t i = 0; i < all.n; i++)
        outside |= ((uint64_t)all.rows[i] - least) | (last - (uint64_t)all.rows[i]);
    return outside >> 63 == 0 ? SHMCOL_OK : wrong_row(file, rows, err);
}

/* ---- bits ---- */

void take_bits(const uint8_t *bits, const take_rows *r, uint8_t *out)
{
    for (uint64_t i = 0; i < r->n; i += 8) {
        const uint64_t n = r->n - i < 8 ? r->n - i : 8;
        unsigned byte = 0;
        for (uint64_t k = 0; k < n; k++) {
            const int64_t row = r->rows[i + k];
            if (bits != NULL && i + k + AHEAD < r->n && r->rows[i + k + AHEAD] >= 0)
                take_soon(bits + (r->rows[i + k + AHEAD] >> 3));
            if (row >= 0)
                byte |= (bits == NULL ? 1u : (unsigned)bits[row >> 3] >> (row & 7) & 1u) << k;
        }
        out[i / 8] = (uint8_t)byte;
    }
}

shmcol_status take_check_nulls(const read_column *column, const take_rows *r,
                               const uint8_t *validity, shmcol_error *err)
{
    if (validity != NULL || r->n == 0 || fmt_type_of(column->descriptor.type)->null_in_value)
        return SHMCOL_OK;
    if (column->descriptor.null_count != 0)
        return read_has_nulls(column, err);
    for (uint64_t i = 0; r->missing && i < r->n; i++)
        if (r->rows[i] < 0) {
            shm_fail(err, SHMCOL_ERR_HAS_NULLS, "",
                     "row -1 gives a null, and there is no place for the validity of column "
                     "\"%.200s\"",
                     column->name);
            return read_column_error(column, SHMCOL_ERR_HAS_NULLS, err);
        }
    return SHMCOL_OK;
}

/* ---- values ---- */

#define GATHER(name, type)                                                                         \
    static void name(const void *from, const int64_t *rows, uint64_t n, void *to)                  \
    {                                                                                              \
        const type *values = from;                                                                 \
        type *out = to;                                                                            \
        uint64_t i = 0;                                                                            \
        for (; i + AHEAD < n; i++) {                                                               \
            take_soon(values + rows[i + AHEAD]);                                                   \
            out[i] = values[rows[i]];                                                              \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            out[i] = values[rows[i]];                                                              \
    }

typedef struct pair {
    uint64_t halves[2];
} pair;

GATHER(gather1, uint8_t)
GATHER(gather2, uint16_t)
GATHER(gather4, uint32_t)
GATHER(gather8, uint64_t)
GATHER(gather16, pair)

static void gather_wide(const uint8_t *from, const int64_t *rows, uint64_t n, uint32_t width,
                        uint8_t *to)
{
    for (uint64_t i = 0; i < n; i++) {
        if (i + 8 < n)
            take_soon(from + (uint64_t)rows[i + 8] * width);
        memcpy(to + i * width, from + (uint64_t)rows[i] * width, width);
    }
}

static void gather(const uint8_t *from, const int64_t *rows, uint64_t n, uint32_t width,
                   uint8_t *to)
{
    switch (width) {
    case 1: gather1(from, rows, n, to); break;
    case 2: gather2(from, rows, n, to); break;
    case 4: gather4(from, rows, n, to); break;
    case 8: gather8(from, rows, n, to); break;
    case 16: gather16(from, rows, n, to); break;
    default: gather_wide(from, rows, n, width, to);
    }
}

/* Writes what a null's slot has (F-24): NaN, NaT or 0. */
static void put_missing(const fmt_type_info *type, uint32_t width, uint8_t *to)
{
    if (width > sizeof type->null_bits)
        memset(to, 0, width);
    else
        memcpy(to, &type->null_bits, width);
}

/* Gathers rows of which some may be missing, block by block. */
static void gather_present(const read_column *c, const uint8_t *from, const take_rows *r,
                           uint8_t *to)
{
    const uint32_t width = c->descriptor.width;
    for (uint64_t at = 0; at < r->n; at += TAKE_BLOCK) {
        const uint64_t n = r->n - at < TAKE_BLOCK ? r->n - at : TAKE_BLOCK;
        int64_t rows[TAKE_BLOCK];
        for (uint64_t i = 0; i < n; i++)
            rows[i] = r->rows[at + i] >= 0 ? r->rows[at + i] : 0;
        if (c->descriptor.length != 0)
            gather(from, rows, n, width, to + at * width);
        for (uint64_t i = 0; i < n; i++)
            if (r->rows[at + i] < 0)
                put_missing(fmt_type_of(c->descriptor.type), width, to + (at + i) * width);
    }
}

/* ---- the call ---- */

typedef struct taking {
    const read_column *column;
    const uint8_t *values, *bits;
    take_rows rows;
    uint8_t *out, *validity;
} taking;

/* Takes rows [first, first + n), of which first is a multiple of 8. */
static void take_range(const taking *t, uint64_t first, uint64_t n)
{
    const uint32_t width = t->column->descriptor.width;
    const take_rows rows = {t->rows.rows + first, n, t->rows.missing};
    uint8_t *out = t->out + first * width;
    if (rows.missing)
        gather_present(t->column, t->values, &rows, out);
    else
        gather(t->values, rows.rows, n, width, out);
    if (t->validity != NULL)
        take_bits(t->bits, &rows, t->validity + first / 8);
}

static shmcol_status take_task(void *arg, void *worker, uint64_t index, uint64_t *done,
                               shmcol_error *err)
{
    const taking *t = arg;
    const uint64_t first = index * TASK_ROWS, rest = t->rows.n - first;
    (void)worker;
    (void)done;
    (void)err;
    take_range(t, first, rest < TASK_ROWS ? rest : TASK_ROWS);
    return SHMCOL_OK;
}

/* Returns how many threads take the rows. Inside shmcol_guard it is one: another thread's fault
 * would not be the guard's. */
static uint32_t threads_for(const taking *t, uint32_t wanted)
{
    const uint32_t cpus = sys_cpu_count(), most = cpus < MOST_THREADS ? cpus : MOST_THREADS;
    if (t->rows.n <= TASK_ROWS || sys_guarded(t->values))
        return 1;
    return wanted != 0 ? wanted : t->rows.n < MANY_ROWS ? 1 : most;
}

static shmcol_status take_all(taking *t, uint32_t wanted, shmcol_error *err)
{
    const base_crew crew = {
        .threads = threads_for(t, wanted),
        .tasks = (t->rows.n + TASK_ROWS - 1) / TASK_ROWS,
        .arg = t,
        .task = take_task,
    };
    if (crew.threads > 1)
        return base_crew_run(&crew, err);
    take_range(t, 0, t->rows.n);
    return SHMCOL_OK;
}

shmcol_status shmcol_take_with(const shmcol_file *file, uint32_t column,
                               const shmcol_take_options *options, void *out, uint8_t *validity,
                               shmcol_error *err)
{
    read_column c;
    taking t = {.column = &c, .out = out, .validity = validity};
    shmcol_status status = take_check(file, options, &t.rows, err);
    if (status == SHMCOL_OK)
        status = read_column_plain(file, column, &c, err);
    if (status == SHMCOL_OK && c.descriptor.width == 0)
        status = read_wrong_type(&c, "a type of a fixed width", err);
    if (status == SHMCOL_OK)
        status = take_check_nulls(&c, &t.rows, validity, err);
    if (status == SHMCOL_OK && out == NULL && t.rows.n != 0)
        status = shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "out is NULL");
    if (status != SHMCOL_OK || t.rows.n == 0)
        return status;
    status = read_values_of(&c, &t.values, &t.bits, err);
    return status == SHMCOL_OK ? take_all(&t, options->threads, err) : status;
}

shmcol_status shmcol_take(const shmcol_file *file, uint32_t column, const int64_t *rows, uint64_t n,
                          void *out, uint8_t *validity, shmcol_error *err)
{
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    options.rows = rows;
    options.n = n;
    return shmcol_take_with(file, column, &options, out, validity, err);
}
