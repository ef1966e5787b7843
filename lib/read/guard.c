/* SIGBUS. Reading a mapped file that is cut short, or whose device fails, raises it; here it
 * becomes an error, or a line on stderr, that names the column. */
#include <errno.h>
#include <string.h>

#include "format/descriptor.h"
#include "format/ondisk.h"
#include "read/file.h"

typedef struct search {
    const shmcol_file *file;
    uint64_t offset;   /* of the byte that failed */
    shmcol_error *err; /* NULL: only find `column` and `name` */
    bool found;
    uint32_t column;
    const char *name;
} search;

static bool holds(const fmt_descriptor *d, uint64_t offset)
{
    for (int i = 0; i < FMT_SLOTS; i++)
        if (offset - d->slots[i].offset < d->slots[i].stored_length)
            return true;
    return false;
}

/* Finds the column that the byte belongs to. The directory may be gone with the rest of the file,
 * so this runs inside a guard of its own. */
static void find_column(void *arg)
{
    search *s = arg;
    read_column c;
    for (uint32_t i = 0; i < s->file->header.columns; i++) {
        if (read_column_load(s->file, i, &c, NULL) != SHMCOL_OK || !c.supported)
            continue;
        if (holds(&c.descriptor, s->offset) ||
            (c.descriptor.type == FMT_DICTIONARY && holds(&c.dictionary, s->offset))) {
            s->column = i;
            s->name = c.name;
            s->found = true;
            break;
        }
    }
    if (s->found && s->err != NULL) {
        shm_fail(
            s->err, SHMCOL_ERR_FAULT, "",
            "the mapped file was cut short, or its device failed, while column \"%.200s\" was read",
            s->name);
        shm_error_column(s->err, s->column);
    }
}

shmcol_status read_fault_at(const shmcol_file *file, const uint8_t *address, shmcol_error *err)
{
    search s = {.file = file, .offset = (uint64_t)(address - file->map), .err = err};
    const uint8_t *again;
    shm_fail(err, SHMCOL_ERR_FAULT, "",
             "the mapped file was cut short, or its device failed, while it was read");
    if (err != NULL)
        sys_guard(file->map, file->header.file_size, find_column, &s, &again);
    shm_error_offset(err, (int64_t)s.offset);
    shm_error_path(err, file->path);
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
    int errnum = sys_guard(file->map, file->header.file_size, fn, arg, &address);
    if (errnum == EFAULT)
        return read_fault_at(file, address, err);
    return errnum == 0 ? SHMCOL_OK
                       : shm_fail_sys(err, errnum, NULL, "cannot install a handler for SIGBUS");
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

static void add_number(line *l, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    add(l, digits + at, sizeof digits - at);
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
    search s = {.file = file, .offset = (uint64_t)(address - file->map)};
    line l = {.length = 0};
    const uint8_t *again;
    void *both[] = {&s, &l};
    add_text(&l, "shmcol: ");
    add_text(&l, file->path[0] != 0 ? file->path : "(no path)");
    add_text(&l, ": byte ");
    add_number(&l, s.offset);
    add_text(&l, ": error: ");
    sys_guard(file->map, file->header.file_size, add_name, both, &again);
    add_text(&l, "the mapped file was cut short, or its device failed, while it was read\n");
    (void)sys_write(2, l.text, l.length);
}

shmcol_status shmcol_fault_report(shmcol_error *err)
{
    int errnum = sys_fault_report(print_fault);
    return errnum == 0 ? SHMCOL_OK
                       : shm_fail_sys(err, errnum, NULL, "cannot install a handler for SIGBUS");
}
