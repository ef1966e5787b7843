/* Files in a table's directory beside the table: parts that an append which died left, or that are
 * behind one which is missing. */
#include "check_table.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common_parts.h"
#include "common_text.h"

typedef struct orphan {
    char name[64];
    shmcol_orphan kind;
    uint64_t size, first_row, rows;
    bool readable; /* rows are known */
} orphan;

typedef struct orphans {
    const char *path;
    orphan *all;
    uint64_t count;
} orphans;

/* Looks at how many rows a file would have. */
static void look(const char *directory, orphan *o)
{
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_file *file = NULL;
    const size_t size = strlen(directory) + sizeof o->name + 2;
    char *path = tool_alloc(size, 1);
    (void)snprintf(path, size, "%s/%s", directory, o->name);
    how.flags = SHMCOL_OPEN_STORED;
    o->readable = shmcol_open(path, &how, &file, NULL) == SHMCOL_OK &&
                  shmcol_get_info(file, &info, NULL) == SHMCOL_OK && info.alignment != 0;
    if (o->readable) {
        o->rows = info.rows;
        o->first_row = info.first_row;
        o->size = info.file_size;
    }
    shmcol_close(file);
    free(path);
}

static void add(void *arg, shmcol_orphan kind, const char *name, uint64_t size)
{
    orphans *list = arg;
    orphan o = {.kind = kind, .size = size};
    if (strlen(name) >= sizeof o.name)
        return;
    memcpy(o.name, name, strlen(name) + 1);
    if (kind == SHMCOL_ORPHAN_PART)
        look(list->path, &o);
    list->all = tool_realloc(list->all, (size_t)list->count + 1, sizeof *list->all);
    list->all[list->count++] = o;
}

static int is_part_name(const struct dirent *entry)
{
    return strspn(entry->d_name, "0123456789") == 20 && strcmp(entry->d_name + 20, ".shmcol") == 0;
}

/* Adds the files of a table that could not be opened, less those that follow each other from row 0
 * on. */
static void add_unreached(orphans *list)
{
    struct dirent **names;
    uint64_t next = 0;
    bool reached = true;
    int count = scandir(list->path, &names, is_part_name, alphasort);
    for (int i = 0; i < count; i++) {
        add(list, SHMCOL_ORPHAN_PART, names[i]->d_name, 0);
        const orphan *o = &list->all[list->count - 1];
        reached = reached && o->readable && o->first_row == next;
        next += o->rows;
        list->count -= reached;
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

/* Tells whether an append has died that named several parts (F-84). */
static bool is_marked(const char *directory)
{
    char *path;
    struct stat st;
    if (asprintf(&path, "%s/.shmcol-appending", directory) < 0)
        return false;
    const bool marked = lstat(path, &st) == 0 && S_ISREG(st.st_mode);
    free(path);
    return marked;
}

static void print(const tool *t, const orphans *list, bool known)
{
    char count[TEXT_SMALL], rows[TEXT_SMALL], text[512];
    uint64_t parts = 0, sum = 0, first = 0;
    for (uint64_t i = 0; i < list->count; i++) {
        const orphan *o = &list->all[i];
        first = o->kind == SHMCOL_ORPHAN_PART && parts == 0 ? i : first;
        parts += o->kind == SHMCOL_ORPHAN_PART;
        sum += o->rows;
    }
    if (parts > 0) {
        (void)snprintf(text, sizeof text,
                       "beyond the table: %s %s of %s rows, the first is %s, to which no part "
                       "leads%s",
                       text_number(parts, count), parts == 1 ? "file" : "files",
                       text_number(sum, rows), list->all[first].name,
                       !known                  ? ""
                       : is_marked(list->path) ? "; the next append removes them"
                                               : "; no append has left them: a part is missing, "
                                                 "or is an older one");
        tool_warn(t, list->path, text);
    }
    if (parts < list->count) {
        (void)snprintf(text, sizeof text,
                       "%s temporary %s of a process that has died; the next append removes them",
                       text_number(list->count - parts, count),
                       list->count - parts == 1 ? "file" : "files");
        tool_warn(t, list->path, text);
    }
}

static void print_json(json *j, const orphans *list)
{
    json_array(j, "orphans");
    for (uint64_t i = 0; i < list->count; i++) {
        const orphan *o = &list->all[i];
        json_object(j, NULL);
        json_text(j, "name", o->name);
        json_text(j, "kind", o->kind == SHMCOL_ORPHAN_PART ? "part" : "temporary");
        json_uint(j, "size", o->size);
        if (o->readable)
            json_uint(j, "rows", o->rows);
        else
            json_null(j, "rows");
        json_close(j);
    }
    json_close(j);
}

void check_orphans(const tool *t, const char *path, shmcol_file *file, shmcol_status why,
                   bool quiet, json *out)
{
    orphans list = {.path = path};
    if (file != NULL)
        (void)shmcol_table_orphans(file, add, &list, NULL); /* fails where the table is gone */
    else if (why == SHMCOL_ERR_NO_TABLE || shmcol_status_class(why) != SHMCOL_CLASS_SYSTEM)
        add_unreached(&list);
    if (!quiet)
        print(t, &list, file != NULL);
    if (out != NULL)
        print_json(out, &list);
    free(list.all);
}
