/* SIGBUS. Reading a mapped file that is cut short, or whose device fails, raises it; here it
 * becomes an error, or a line on stderr, that names the column. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "format/chain.h"
#include "format/descriptor.h"
#include "format/header.h"
#include "format/ondisk.h"
#include "read/table.h"

/* The byte that failed, and the search for its column. */
typedef struct search {
    const shmcol_file *file; /* of the caller */
    read_spot spot;          /* of a table, in a part; of a file just the offset */
    bool found;
    uint32_t column;
    const char *name;
} search;

static search search_for(const shmcol_file *file, const uint8_t *address)
{
    search s = {.file = file, .spot = {.column = UINT32_MAX}};
    if (file->table == NULL)
        s.spot.offset = (uint64_t)(address - file->map);
    else
        (void)read_table_spot(file->table, address, &s.spot);
    return s;
}

static bool holds(const fmt_descriptor *d, uint64_t offset)
{
    for (int i = 0; i < FMT_SLOTS; i++)
        if (offset - d->slots[i].offset < d->slots[i].stored_length)
            return true;
    return false;
}

static void found(search *s, const read_column *c)
{
    s->column = c->index;
    s->name = c->name;
    s->found = true;
}

/* Finds the column that has the byte in a file or a part. */
static void find_by_offset(search *s, const shmcol_file *file)
{
    read_column c;
    for (uint32_t i = 0; i < file->header.columns && !s->found; i++) {
        if (read_column_load(file, i, &c, NULL) != SHMCOL_OK || !c.supported)
            continue;
        if (holds(&c.descriptor, s->spot.offset) ||
            (c.descriptor.type == FMT_DICTIONARY && holds(&c.dictionary, s->spot.offset)))
            found(s, &c);
    }
}

/* Does the same in a part, which need not be a file yet. */
static void find_in_part(search *s, const read_part *part)
{
    _Alignas(shmcol_file) uint8_t room[sizeof(shmcol_file) + 1] = {0};
    shmcol_file *file = (shmcol_file *)(void *)room;
    file->map = file->front = part->map;
    if (fmt_header_decode_stored(part->map, part->size, part->size, &file->header, NULL) == FMT_OK)
        find_by_offset(s, file);
}

static void find_column(void *arg)
{
    search *s = arg;
    read_column c;
    if (s->file->table == NULL)
        find_by_offset(s, s->file);
    else if (s->spot.column == UINT32_MAX && s->spot.part != NULL)
        find_in_part(s, s->spot.part);
    else if (s->spot.column < s->file->header.columns &&
             read_column_load(s->file, s->spot.column, &c, NULL) == SHMCOL_OK)
        found(s, &c);
}

static int guard(const shmcol_file *file, void (*fn)(void *arg), void *arg, const uint8_t **address)
{
    return file->table == NULL ? sys_guard(file->map, file->header.file_size, fn, arg, address)
                               : sys_guard_set(read_table_covers, file, fn, arg, address);
}

/* Adds the file and the offset to an error. */
static void add_place(const search *s, shmcol_error *err)
{
    char path[512], name[FMT_PART_NAME_SIZE];
    const read_part *part = s->spot.part;
    if (s->file->table == NULL || part == NULL) {
        shm_error_path(err, s->file->path);
    } else {
        fmt_part_name(part->first_row, name);
        snprintf(path, sizeof path, "%s%s%s", s->file->path, s->file->path[0] != 0 ? "/" : "",
                 name);
        shm_error_path(err, path);
    }
    if (s->file->table == NULL || part != NULL)
        shm_error_offset(err, (int64_t)s->spot.offset);
}

/* The directory may be gone with the rest of the file, so the search runs inside a guard of its
 * own. */
static void find_column_for(void *arg)
{
    search *s = ((void **)arg)[0];
    shmcol_error *err = ((void **)arg)[1];
    find_column(s);
    if (!s->found)
        return;
    shm_fail(
        err, SHMCOL_ERR_FAULT, "",
        "the mapped file was cut short, or its device failed, while column \"%.200s\" was read",
        s->name);
    shm_error_column(err, s->column);
}

shmcol_status read_fault_at(const shmcol_file *file, const uint8_t *address, shmcol_error *err)
{
    search s = search_for(file, address);
    void *both[] = {&s, err};
    const uint8_t *again;
    shm_fail(err, SHMCOL_ERR_FAULT, "",
             "the mapped file was cut short, or its device failed, while it was read");
    if (err != NULL)
        guard(file, find_column_for, both, &again);
    add_place(&s, err);
    shm_error_hint(err,
                   "replace files by renaming a new one over them, never by writing into them");
    return SHMCOL_ERR_FAULT;
}

shmcol_status shmcol_guard(const shmcol_file *file, void (*fn)(void *arg), void *arg,
                           shmcol_error *err)
{
    const uint8_t *address;
    if (file == NULL || fn == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "file or fn is NULL");
    int errnum = guard(file, fn, arg, &address);
    if (errnum == EFAULT)
        return read_fault_at(file, address, err);
    return errnum == 0 ? SHMCOL_OK
                       : shm_fail_sys(err, errnum, NULL, "cannot install a handler for SIGBUS");
}

shmcol_status read_while_held(const shmcol_file *file, void (*fn)(void *arg), void *arg,
                              shmcol_error *err)
{
    const uint8_t *address;
    if (!sys_guarded(file->table != NULL ? file->table->parts[0]->map : file->map))
        fn(arg);
    else if (guard(file, fn, arg, &address) == EFAULT)
        return read_fault_at(file, address, err);
    return SHMCOL_OK;
}

/* ---- the report: signal context, so nothing but memory and write(2) ---- */

typedef struct line {
    char text[1024];
    size_t length;
} line;

static void add(line *l, const char *text, size_t length)
{
    size_t room = sizeof l->text - l->length;
    length = length < room ? length : room;
    memcpy(l->text + l->length, text, length);
    l->length += length;
}

static void add_text(line *l, const char *text)
{
    add(l, text, strlen(text));
}

/* Adds a number of at least `least` digits. */
static void add_number(line *l, uint64_t value, size_t least)
{
    char digits[20];
    size_t at = sizeof digits;
    for (; value != 0 || at > sizeof digits - least; value /= 10)
        digits[--at] = (char)('0' + value % 10);
    add(l, digits + at, sizeof digits - at);
}

static void add_path(line *l, const search *s)
{
    const char *path = s->file->path;
    if (path[0] != 0 || s->spot.part == NULL)
        add_text(l, path[0] != 0 ? path : "(no path)");
    if (s->spot.part == NULL)
        return;
    if (path[0] != 0)
        add_text(l, "/");
    add_number(l, s->spot.part->first_row, 20);
    add_text(l, ".shmcol");
}

static void add_name(void *arg)
{
    search *s = ((void **)arg)[0];
    line *l = ((void **)arg)[1];
    find_column(s);
    if (s->found) {
        size_t length = strnlen(s->name, 200), before = l->length;
        add_text(l, "column \"");
        add(l, s->name, length);
        add_text(l, "\": ");
        for (size_t i = before; i < l->length; i++)
            if ((unsigned char)l->text[i] < 0x20)
                l->text[i] = '?';
    }
}

static void print_fault(void *owner, const uint8_t *address)
{
    const shmcol_file *file = owner;
    search s = search_for(file, address);
    line l = {.length = 0};
    const uint8_t *again;
    void *both[] = {&s, &l};
    add_text(&l, "shmcol: ");
    add_path(&l, &s);
    add_text(&l, ": byte ");
    add_number(&l, s.spot.offset, 1);
    add_text(&l, ": error: ");
    guard(file, add_name, both, &again);
    add_text(&l, "the mapped file was cut short, or its device failed, while it was read\n");
    (void)sys_write(2, l.text, l.length);
}

shmcol_status shmcol_fault_report(shmcol_error *err)
{
    int errnum = sys_fault_report(print_fault);
    return errnum == 0 ? SHMCOL_OK
                       : shm_fail_sys(err, errnum, NULL, "cannot install a handler for SIGBUS");
}
