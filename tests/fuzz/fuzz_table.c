/* A directory of parts, changed in every way that a script of bytes can say: fields and bytes of
 * single parts with their hashes repaired or not, parts that are cut, gone, swapped, of another
 * kind or of another table; before the table is opened, and while it is open. Nothing may crash or
 * read out of bounds. Two opens of one directory give one answer. A table that verify calls good
 * must be readable to its last string. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "format/bytes.h"
#include "format/ondisk.h"
#include "fuzz.h"
#include "rows.h"
#include "shmcol.h"
#include "walk.h"

enum { ZONE = 65536, PARTS = 5, TABLE = 3, COLUMNS = 3, MOST_STEPS = 10, STEP = 8 };

/* The parts that the table is made of: 0 to 2 are a table; 3 takes the place of 2, and 4 follows
 * it, which is an append. */
static const struct {
    uint64_t first, rows;
    int before; /* the part before; -1: none */
} plan[PARTS] = {
    {0, ZONE, -1}, {ZONE, ZONE, 0}, {2 * ZONE, 700, 1}, {2 * ZONE, ZONE, 1}, {3 * ZONE, 50, 3}};

typedef struct part {
    uint8_t *bytes;
    size_t size;
} part;

static part parts[PARTS];
static char directory[100];

static char *path_of(uint64_t first)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%020" PRIu64 ".shmcol", directory, first);
    return path;
}

/* ---- the table before it is changed ---- */

static void need(bool good)
{
    if (!good)
        abort();
}

static void set_data(int index, shmcol_column_data columns[COLUMNS])
{
    static int8_t numbers[ZONE];
    static int64_t offsets[ZONE + 1];
    static int32_t codes[ZONE];
    static const char text[] = "some text that many strings are";
    static const int8_t null = 7;
    for (int i = 0; i < ZONE; i++) {
        numbers[i] = (int8_t)(i + index);
        codes[i] = i % (index < 2 ? 2 : 3);
        offsets[i + 1] = i < (int)sizeof text - 1 ? i : (int64_t)sizeof text - 1;
    }
    for (int i = 0; i < COLUMNS; i++)
        columns[i] = (shmcol_column_data)SHMCOL_COLUMN_DATA_INIT;
    columns[0].values = numbers;
    columns[0].validity_kind = SHMCOL_VALIDITY_SENTINEL;
    columns[0].sentinel = &null;
    columns[1].values = codes;
    columns[1].layout = SHMCOL_STRINGS_CODES;
    columns[1].width = 4;
    columns[2].values = offsets;
    columns[2].layout = SHMCOL_STRINGS_OFFSETS64;
    columns[2].data = text;
}

/* Makes a part's bytes. */
static void make_part(int index)
{
    static const char names[] = "nws";
    static const shmcol_type types[] = {SHMCOL_INT8, SHMCOL_DICTIONARY, SHMCOL_STRING};
    static const int64_t ends[] = {0, 1, 2, 4};
    shmcol_field fields[COLUMNS];
    shmcol_column_data columns[COLUMNS];
    shmcol_writer_options o = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_strings words = SHMCOL_STRINGS_INIT;
    shmcol_writer *w;
    part *p = &parts[index];
    o.overwrite = o.no_sync = 1;
    o.alignment = ZONE;
    o.first_row = plan[index].first;
    o.table_rows = plan[index].first + plan[index].rows;
    if (index != 0)
        memcpy(o.table_id, parts[0].bytes + FMT_H_FILE_ID, 16);
    if (plan[index].before >= 0)
        memcpy(o.previous_id, parts[plan[index].before].bytes + FMT_H_FILE_ID, 16);
    for (int i = 0; i < COLUMNS; i++) {
        fields[i] = (shmcol_field)SHMCOL_FIELD_INIT;
        fields[i].name = names + i;
        fields[i].name_length = 1;
        fields[i].type = types[i];
    }
    set_data(index, columns);
    words.count = index < 2 ? 2 : 3;
    words.offsets = ends;
    words.data = "bczz";
    words.data_length = (uint64_t)ends[words.count];
    const char *path = path_of(plan[index].first);
    need(shmcol_writer_create(path, fields, COLUMNS, &o, &w, NULL) == SHMCOL_OK);
    need(shmcol_writer_dictionary(w, 1, &words, 0, NULL) == SHMCOL_OK);
    need(shmcol_writer_append(w, plan[index].rows, columns, COLUMNS, NULL) == SHMCOL_OK);
    need(shmcol_writer_commit(w, NULL) == SHMCOL_OK);
    FILE *f = fopen(path, "rb");
    need(f != NULL && fseek(f, 0, SEEK_END) == 0);
    p->size = (size_t)ftell(f);
    p->bytes = malloc(p->size);
    rewind(f);
    need(p->bytes != NULL && fread(p->bytes, 1, p->size, f) == p->size);
    fclose(f);
    unlink(path);
}

static void begin(void)
{
    if (parts[0].bytes != NULL)
        return;
    snprintf(directory, sizeof directory, "%s/table", fuzz_folder());
    need(mkdir(directory, 0700) == 0);
    for (int i = 0; i < PARTS; i++)
        make_part(i);
}

/* ---- changes ---- */

/* The files of this execution, as they are to be written. */
static part now[PARTS];

static void write_all(int from, int end)
{
    for (int i = from; i < end; i++)
        fuzz_write(path_of(plan[i].first), now[i].bytes, now[i].size);
}

/* Lets the parts behind `index` follow it as it is now. */
static void chain_from(int index)
{
    for (int i = 1; i < PARTS; i++) {
        if (plan[i].before < index || now[i].size < FMT_HEADER_SIZE ||
            now[plan[i].before].size < FMT_HEADER_SIZE)
            continue;
        if (index == 0)
            memcpy(now[i].bytes + FMT_H_TABLE_ID, now[0].bytes + FMT_H_FILE_ID, 16);
        memcpy(now[i].bytes + FMT_H_PREVIOUS_ID, now[plan[i].before].bytes + FMT_H_FILE_ID, 16);
        fuzz_reseal(now[i].bytes, now[i].size);
    }
}

/* Puts something else under a part's name. */
static void put_other(uint64_t first, uint32_t kind)
{
    const char *path = path_of(first);
    char target[64];
    unlink(path);
    rmdir(path);
    snprintf(target, sizeof target, "%020d.shmcol", (int)(kind / 8 % 3) * ZONE);
    switch (kind % 8) {
    case 0: break; /* nothing */
    case 1: (void)mkfifo(path, 0600); break;
    case 2: (void)mkdir(path, 0700); break;
    case 3: (void)!symlink(target, path); break;
    case 4: (void)!symlink("none", path); break;
    case 5: fuzz_write(path, NULL, 0); break;
    case 6: (void)chmod(path, 0); break;
    default: fuzz_write(path, parts[kind / 8 % PARTS].bytes, parts[kind / 8 % PARTS].size);
    }
}

/* Does one step of the script to the bytes of a part. `last`: the step is about no bytes. */
static void change(const uint8_t *step)
{
    const int index = step[1] % PARTS;
    const uint32_t number = fmt_load32(step + 4);
    part *p = &now[index], swap;
    switch (step[0] % 6) {
    case 0:
    case 1: p->size = fuzz_mutate(p->bytes, p->size, p->size, number); break;
    case 2:
        if (p->size != 0)
            p->bytes[number % (step[2] % 2 == 0 ? p->size
                               : p->size < 4096 ? p->size
                                                : 4096)] ^= step[3];
        break;
    case 3: p->size = number % (p->size + 1); break;
    case 4:
        swap = *p;
        *p = now[step[2] % PARTS];
        now[step[2] % PARTS] = swap;
        break;
    default: /* F-79 */
        if (p->size >= FMT_HEADER_SIZE)
            fmt_store64(p->bytes + (step[2] % 2 == 0 ? FMT_H_FIRST_ROW : FMT_H_TABLE_ROWS),
                        (uint64_t)number % 8 * ZONE + step[3] % 3);
    }
    if (step[2] % 8 < 6)
        fuzz_reseal(p->bytes, p->size);
    if (step[2] % 8 < 5)
        chain_from(index);
}

/* ---- use ---- */

typedef struct use {
    shmcol_file *table;
    bool verified;
} use;

static void read_rows(const use *u, uint32_t column)
{
    const uint64_t rows = shmcol_rows(u->table), step = rows / 150 + 1;
    for (uint64_t row = 0; row < rows; row += step) {
        const char *text;
        uint64_t length;
        if (shmcol_string_row(u->table, column, row, &text, &length, NULL) == SHMCOL_OK)
            walk_touch(text, length);
        else if (u->verified)
            abort();
    }
}

static void read_column(const use *u, uint32_t column)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_stats stats = SHMCOL_STATS_INIT;
    const void *values;
    const uint8_t *validity;
    if (shmcol_get_column(u->table, column, &info, NULL) != SHMCOL_OK)
        return;
    (void)shmcol_column_stats(u->table, column, &stats, NULL);
    (void)shmcol_zone_stats(u->table, column, 2, &stats, NULL);
    if (shmcol_values(u->table, column, &values, &validity, NULL) == SHMCOL_OK) {
        walk_touch(values, info.width * shmcol_rows(u->table));
        if (validity != NULL)
            walk_touch(validity, (shmcol_rows(u->table) + 7) / 8);
    } else if (u->verified && info.width != 0) {
        abort();
    }
    if (info.type == SHMCOL_STRING || info.type == SHMCOL_DICTIONARY)
        read_rows(u, column);
    if (info.supported)
        rows_use(u->table, &info, u->verified);
}

static void read_all(void *arg)
{
    const use *u = arg;
    for (uint32_t i = 0; i < shmcol_columns(u->table) && i < 8; i++)
        read_column(u, i);
}

static void look_up(shmcol_file *table, uint32_t column)
{
    shmcol_dictionary d = SHMCOL_DICTIONARY_INIT;
    int64_t code;
    if (shmcol_dictionary_column(table, column, &d, NULL) == SHMCOL_OK)
        (void)shmcol_dictionary_code(&d, "zz", 2, &code);
}

static void note(void *arg, shmcol_orphan kind, const char *name, uint64_t size)
{
    (void)arg, (void)kind, (void)size;
    walk_touch(name, strlen(name));
}

/* Opens the table, and looks at everything. NULL: it is none. */
static shmcol_file *open_it(void)
{
    shmcol_error err = SHMCOL_ERROR_INIT, again = SHMCOL_ERROR_INIT;
    use u = {.table = NULL};
    shmcol_file *other = NULL;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    const shmcol_status status = shmcol_open(directory, NULL, &u.table, &err);
    if (shmcol_open(directory, NULL, &other, &again) != status ||
        (status != SHMCOL_OK && strcmp(err.message, again.message) != 0))
        abort();
    shmcol_close(other);
    if (status != SHMCOL_OK)
        return NULL;
    options.threads = 1;
    options.level = SHMCOL_VERIFY_FULL;
    u.verified = shmcol_verify(u.table, &options, &err) == SHMCOL_OK;
    read_all(&u);
    look_up(u.table, 1);
    (void)shmcol_table_orphans(u.table, note, NULL, NULL);
    (void)shmcol_resident(u.table, SHMCOL_TABLE, NULL, NULL, NULL);
    return u.table;
}

static void verify_it(void *arg)
{
    const use *u = arg;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    options.threads = 1;
    options.level = SHMCOL_VERIFY_CHECKSUMS;
    (void)shmcol_verify(u->table, &options, NULL);
}

/* Changes files of a table that is open, and reads on. */
static void change_open(shmcol_file *table, const uint8_t *step)
{
    use u = {.table = table, .verified = false};
    const uint32_t number = fmt_load32(step + 4);
    const char *path = path_of(plan[step[1] % TABLE].first);
    shmcol_file *newer;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (step[2] % 4 == 0) {
        (void)truncate(path, number % 1500000);
    } else if (step[2] % 4 == 1) {
        put_other(plan[step[1] % PARTS].first, number);
    } else if (step[2] % 4 == 2) { /* an append */
        unlink(path_of(plan[3].first));
        write_all(3, PARTS);
    } else {
        FILE *f = fopen(path, "r+b");
        if (f != NULL && fseek(f, (long)(number % 1500000), SEEK_SET) == 0)
            (void)fputc(step[3], f);
        if (f != NULL)
            fclose(f);
    }
    if (shmcol_guard(table, read_all, &u, &err) == SHMCOL_ERR_FAULT && err.path[0] == 0)
        abort();
    (void)shmcol_guard(table, verify_it, &u, NULL);
    if (shmcol_refresh(table, &newer, NULL) != SHMCOL_OK)
        return;
    u.table = newer;
    (void)shmcol_guard(newer, read_all, &u, NULL);
    shmcol_close(newer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0, steps = 0;
    begin();
    fuzz_empty(directory);
    need(mkdir(directory, 0700) == 0);
    for (int i = 0; i < PARTS; i++) {
        now[i].size = parts[i].size;
        now[i].bytes = malloc(parts[0].size + parts[1].size); /* more than any part */
        need(now[i].bytes != NULL);
        memcpy(now[i].bytes, parts[i].bytes, parts[i].size);
    }
    for (; at + STEP <= size && data[at] < 160 && steps < MOST_STEPS; at += STEP, steps++)
        change(data + at);
    write_all(0, TABLE);
    for (; at + STEP <= size && data[at] < 192 && steps < MOST_STEPS; at += STEP, steps++)
        put_other(plan[data[at + 1] % PARTS].first, fmt_load32(data + at + 4));
    shmcol_file *table = open_it();
    for (; at + STEP <= size && table != NULL && steps < MOST_STEPS; at += STEP, steps++)
        change_open(table, data + at);
    fuzz_count(table != NULL);
    shmcol_close(table);
    for (int i = 0; i < PARTS; i++)
        free(now[i].bytes);
    return 0;
}
