/* Any bytes as the temporary of a table that is populated: attach, and fill rows as a worker does.
 * A user who can write the temporary can write anything into it. That may harm values, but no
 * process. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/bytes.h"
#include "format/ondisk.h"
#include "fuzz.h"
#include "populate/populate_internal.h"

#define TABLES 4
#define MAX_CLAIM 4096 /* rows */

/* The creators, who keep their locks until the process ends, and the bytes that they laid out. */
static struct {
    shmcol_populate *handle;
    uint8_t *bytes;
    size_t size;
} tables[TABLES];

static void read_temporary(int i)
{
    struct stat st;
    int fd = open(shmcol_populate_path(tables[i].handle), O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0)
        abort();
    tables[i].size = (size_t)st.st_size;
    tables[i].bytes = malloc(tables[i].size);
    if (tables[i].bytes == NULL || pread(fd, tables[i].bytes, tables[i].size, 0) != st.st_size)
        abort();
    close(fd);
}

static void create(int i, const shmcol_field *fields, uint32_t n, uint64_t rows,
                   const shmcol_writer_options *options)
{
    char path[64];
    shmcol_error err = SHMCOL_ERROR_INIT;
    snprintf(path, sizeof path, "%s/table-%d", fuzz_folder(), i);
    if (shmcol_populate_create(path, fields, n, rows, options, &tables[i].handle, &err) !=
        SHMCOL_OK) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    read_temporary(i);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const shmcol_type types[] = {SHMCOL_BOOL8,        SHMCOL_INT16,   SHMCOL_UINT64,
                                        SHMCOL_FLOAT32,      SHMCOL_DATE64,  SHMCOL_TIMESTAMP,
                                        SHMCOL_DURATION,     SHMCOL_TIME32,  SHMCOL_TENSOR,
                                        SHMCOL_FIXED_BINARY, SHMCOL_FLOAT16, SHMCOL_DECIMAL128};
    enum { N = sizeof types / sizeof *types };
    static const char names[] = "abcdefghijkl";
    shmcol_field fields[N];
    (void)argc, (void)argv;
    for (int i = 0; i < N; i++) {
        shmcol_field f = SHMCOL_FIELD_INIT;
        f.name = names + i;
        f.name_length = 1;
        f.type = types[i];
        f.nullable = i % 2;
        f.unit = SHMCOL_MILLI;
        f.zone = f.type == SHMCOL_TIMESTAMP ? "Europe/Oslo" : NULL;
        f.width = f.type == SHMCOL_FIXED_BINARY ? 3 : 0;
        f.element = f.type == SHMCOL_TENSOR ? SHMCOL_FLOAT64 : SHMCOL_BOOL8;
        f.dimensions = f.type == SHMCOL_TENSOR ? 2 : 0;
        f.shape[0] = f.shape[1] = f.dimensions;
        f.precision = f.type == SHMCOL_DECIMAL128 ? 20 : 0;
        fields[i] = f;
    }
    shmcol_writer_options part = SHMCOL_WRITER_OPTIONS_INIT;
    part.alignment = part.first_row = 65536;
    part.table_rows = part.first_row + 100;
    part.table_id[0] = part.previous_id[0] = 1;
    create(0, fields, N, 200, NULL);
    create(1, fields + 1, 1, 5000, NULL);
    create(2, fields, 0, 70, NULL);
    create(3, fields + N - 1, 1, 100, &part);
    return 0;
}

/* The bytes at the pointer lie inside the map: a sanitizer does not know where that ends. */
static void fill_inside(const shmcol_populate *p, uint8_t *bytes, uint64_t length)
{
    const sink_map *map = &p->shared->map;
    uint64_t at = (uint64_t)(bytes - map->bytes);
    if (bytes < map->bytes || at > map->length || length > map->length - at) {
        fprintf(stderr, "values outside the map\n");
        abort();
    }
    memset(bytes, 0x5A, length);
}

static void work(shmcol_populate *p, uint64_t first, uint64_t end, bool fill)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_range *range = NULL;
    if (shmcol_populate_claim(p, first, end, &range, &err) != SHMCOL_OK)
        return;
    for (uint32_t i = 0; i < shmcol_populate_columns(p); i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        void *values = NULL;
        uint8_t *validity = NULL;
        if (shmcol_populate_column(p, i, &info, &err) != SHMCOL_OK ||
            shmcol_range_values(range, i, &values, &validity, &err) != SHMCOL_OK)
            continue;
        fill_inside(p, values, (end - first) * info.width);
        if (validity != NULL)
            fill_inside(p, validity, (end - first + 7) / 8);
    }
    if (fill)
        (void)shmcol_range_fill(range, &err);
    else
        shmcol_range_drop(range);
}

static void use(shmcol_populate *p)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint64_t rows = shmcol_populate_rows(p), first = 0, end = 0, from = 0;
    for (uint32_t i = 0; i < shmcol_populate_columns(p); i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        uint32_t found;
        char name[FMT_NAME_MAX + 1];
        if (shmcol_populate_column(p, i, &info, &err) != SHMCOL_OK)
            continue;
        memcpy(name, info.name, info.name_length);
        name[info.name_length] = 0;
        (void)shmcol_populate_find(p, name, &found, &err);
    }
    for (int i = 0; i < 4 && shmcol_populate_missing(p, from, &first, &end, &err) == SHMCOL_OK;
         i++) {
        if (first >= end)
            break;
        work(p, first, end - first > MAX_CLAIM ? first + MAX_CLAIM : end, i != 1);
        from = end;
    }
    if (rows > 64 && rows <= MAX_CLAIM)
        work(p, rows / 64 * 64, rows, true);
}

static void overwrite(const char *path, const uint8_t *data, size_t size)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)size) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
        abort();
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_populate *p = NULL;
    uint8_t id[FMT_ID_SIZE] = {0};
    const char *path = shmcol_populate_path(tables[0].handle);
    if (size >= FMT_H_FILE_ID + FMT_ID_SIZE)
        memcpy(id, data + FMT_H_FILE_ID, sizeof id);
    overwrite(path, data, size);
    bool deep = shmcol_populate_attach(path, id, &p, &err) == SHMCOL_OK;
    if (deep) {
        use(p);
        fuzz_keep(data, size);
    }
    shmcol_populate_close(p);
    fuzz_count(deep);
    return 0;
}

/* An input that is no file is replaced by one of the tables as their creators laid them out. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    uint64_t state = seed;
    size = fuzz_kept(data, size, max_size, seed);
    if (!fuzz_is_file(data, size)) {
        int i = (int)(fuzz_random(&state) % TABLES);
        if (tables[i].size > max_size)
            return size;
        memcpy(data, tables[i].bytes, tables[i].size);
        size = tables[i].size;
    } else if (fuzz_random(&state) % 4 == 0 && size > 8) { /* the marks are at the end */
        data[size - 1 - fuzz_random(&state) % 8] = (uint8_t)(fuzz_random(&state) % 5);
    }
    size = fuzz_mutate(data, size, max_size, seed);
    if (seed % 16 != 0)
        fuzz_reseal_front(data, size);
    return size;
}
