/* shmcol-info: shows the contents of a file, and the processes that have it in memory. */
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common.h"
#include "info_columns.h"
#include "info_memory.h"
#include "info_parts.h"

enum { MEMORY = TOOL_OWN, COLUMNS, PARTS };

static const tool_option options[] = {
    {NULL, 0, NULL, "Options"},
    {"columns", COLUMNS, "A,B", "show only these columns (default: all)"},
    {"parts", PARTS, NULL, "also the parts of a table in a directory"},
    {"memory", MEMORY, NULL,
     "also how much of each column is in the page cache, and\n"
     "which processes map the file"},
    TOOL_OPTION_JSON,
    TOOL_OPTIONS_HELP,
};

static tool info_tool = {
    .name = "shmcol-info",
    .usage = "[options] FILE|DIRECTORY",
    .summary = "Shows the contents of a shmcol file, or of a table in a directory: schema, rows,\n"
               "sizes, encodings, ranges, metadata. No value is read; shmcol-check verifies the\n"
               "values.\n",
    .options = options,
    .epilogue = "Examples:\n"
                "  shmcol-info data.shmcol\n"
                "  shmcol-info --memory data.shmcol             also the processes that share it\n"
                "  shmcol-info --parts ticks/                   a table, and its parts\n"
                "  shmcol-info --json data.shmcol | jq '.columns[].name'\n",
};

typedef struct request {
    const char *path;
    char **names;
    uint32_t n_names;
    bool memory, parts;
} request;

/* The data that is read while the file is mapped, under shmcol_guard. */
typedef struct facts {
    const request *asked;
    shmcol_file *file;
    shmcol_file_info info;
    info_column *columns;
    uint32_t n_columns;
    info_parts parts;
    uint64_t resident, total;
    bool identified;
    map_identity identity;
    json *out;        /* NULL: for people */
    shmcol_error err; /* the first failure */
} facts;

static void keep_first(facts *f, const shmcol_error *err)
{
    if (f->err.status == SHMCOL_OK) {
        f->err = *err;
        if (f->err.path[0] == 0)
            (void)snprintf(f->err.path, sizeof f->err.path, "%s", f->asked->path);
    }
}

static bool read_columns(facts *f)
{
    const request *asked = f->asked;
    f->n_columns = asked->n_names != 0 ? asked->n_names : f->info.columns;
    f->columns = tool_alloc(f->n_columns, sizeof *f->columns);
    for (uint32_t i = 0; i < f->n_columns; i++) {
        shmcol_error err = SHMCOL_ERROR_INIT;
        uint32_t index = i;
        if (asked->n_names != 0 &&
            shmcol_find(f->file, asked->names[i], &index, &err) != SHMCOL_OK) {
            keep_first(f, &err);
            return false;
        }
        info_read_column(f->file, index, asked->memory, &f->columns[i]);
        if (!f->columns[i].readable)
            keep_first(f, &f->columns[i].err);
    }
    return true;
}

static const char *writer_name(uint32_t id)
{
    return id == 1 ? "shmcol" : "another writer";
}

static void print_head(const facts *f)
{
    const shmcol_file_info *i = &f->info;
    char size[TEXT_SMALL], bytes[TEXT_SMALL], rows[TEXT_SMALL], columns[TEXT_SMALL], id[TEXT_SMALL];
    char *path = text_escape(f->asked->path, strlen(f->asked->path));
    tool_print("%s       %s\n", f->parts.table ? "table" : "file ", path);
    free(path);
    if (f->parts.table)
        info_print_parts_line(&f->parts);
    tool_print("size        %s (%s bytes)\n", text_size(i->file_size, size),
               text_number(i->file_size, bytes));
    if (i->compressed)
        tool_print("compressed  zstd, %.0f%% of the plain form's %s\n",
                   i->plain_size > 0 ? 100.0 * (double)i->file_size / (double)i->plain_size : 0,
                   text_size(i->plain_size, size));
    tool_print("rows        %s\n", text_number(i->rows, rows));
    tool_print("columns     %s", text_number(i->columns, columns));
    if (i->dictionaries > 0)
        tool_print(", %s %s", text_number(i->dictionaries, columns),
                   i->dictionaries == 1 ? "dictionary" : "dictionaries");
    tool_print("\nformat      %u.%u, Arrow envelope %u", i->version_major, i->version_minor,
               i->envelope_version);
    if ((i->compat | i->ro_compat | i->incompat) != 0)
        tool_print(", features compat %#" PRIx64 " ro_compat %#" PRIx64 " incompat %#" PRIx64,
                   i->compat, i->ro_compat, i->incompat);
    tool_print("\nwritten by  %s %u.%u.%u", writer_name(i->writer_id), i->writer_version / 1000000,
               i->writer_version / 1000 % 1000, i->writer_version % 1000);
    if (i->csv_rules != 0)
        tool_print(" from CSV, rules %u", i->csv_rules);
    tool_print("\n%-12s%s\n", f->parts.table ? "table id" : "file id", text_id(i->file_id, id));
    if (memcmp(i->file_id, i->content_id, sizeof i->file_id) != 0)
        tool_print("content id  %s\n", text_id(i->content_id, id));
    info_print_place(i);
    if (f->asked->memory)
        tool_print("page cache  %s of the %s (%.0f%%)\n", text_size(f->resident, size),
                   f->parts.table ? "table" : "file",
                   f->total > 0 ? 100.0 * (double)f->resident / (double)f->total : 0);
}

static void print_text(facts *f)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    print_head(f);
    if (f->n_columns > 0) {
        tool_print("\ncolumns\n");
        info_print_columns(f->file, f->columns, f->n_columns, f->asked->memory);
    }
    if (f->n_columns > 0 && !f->parts.table) {
        tool_print("\nbuffers\n");
        info_print_buffers(f->columns, f->n_columns);
    }
    if (f->asked->parts && f->parts.table)
        info_print_parts(&f->parts, f->asked->memory);
    if (info_print_metadata(f->file, SHMCOL_TABLE, "metadata", &err) != SHMCOL_OK)
        keep_first(f, &err);
    for (uint32_t i = 0; i < f->n_columns; i++) {
        const info_column *c = &f->columns[i];
        char title[160];
        if (!c->readable)
            continue;
        (void)snprintf(title, sizeof title, "metadata of %.*s",
                       c->info.name_length < 100 ? (int)c->info.name_length : 100, c->info.name);
        if (info_print_metadata(f->file, c->index, title, &err) != SHMCOL_OK)
            keep_first(f, &err);
    }
}

static void print_json(facts *f)
{
    const shmcol_file_info *i = &f->info;
    shmcol_error err = SHMCOL_ERROR_INIT;
    char id[TEXT_SMALL];
    json *j = f->out;
    json_text(j, "path", f->asked->path);
    json_uint(j, "file_size", i->file_size);
    json_bool(j, "compressed", i->compressed != 0);
    json_uint(j, "plain_size", i->plain_size);
    json_uint(j, "rows", i->rows);
    json_uint(j, "column_count", i->columns);
    json_uint(j, "dictionary_count", i->dictionaries);
    json_uint(j, "version_major", i->version_major);
    json_uint(j, "version_minor", i->version_minor);
    json_uint(j, "envelope_version", i->envelope_version);
    json_uint(j, "compat", i->compat);
    json_uint(j, "ro_compat", i->ro_compat);
    json_uint(j, "incompat", i->incompat);
    json_uint(j, "writer_id", i->writer_id);
    json_uint(j, "writer_version", i->writer_version);
    json_uint(j, "csv_rules", i->csv_rules);
    json_text(j, "file_id", text_id(i->file_id, id));
    json_text(j, "content_id", text_id(i->content_id, id));
    info_json_place(j, i);
    json_bool(j, "table", f->parts.table);
    json_uint(j, "part_count", f->parts.count);
    if (f->asked->parts)
        info_json_parts(j, &f->parts, f->asked->memory);
    if (info_json_metadata(j, f->file, SHMCOL_TABLE, &err) != SHMCOL_OK)
        keep_first(f, &err);
    info_json_columns(j, f->file, f->columns, f->n_columns, f->asked->memory);
    for (uint32_t c = 0; c < f->n_columns; c++) {
        uint32_t count;
        if (f->columns[c].readable &&
            shmcol_metadata_count(f->file, f->columns[c].index, &count, &err) != SHMCOL_OK)
            keep_first(f, &err);
    }
}

/* Notes which files processes may map, and how much of them is in the page cache. */
static void identify(facts *f)
{
    const void **maps = tool_alloc(f->parts.count, sizeof(*maps));
    for (uint64_t i = 0; i < f->parts.count; i++) {
        maps[i] = f->parts.all[i].map;
        f->resident += f->parts.all[i].resident;
        f->total += f->parts.all[i].total;
    }
    f->identified = memory_identify(maps, (size_t)f->parts.count, &f->identity);
    free(maps);
}

/* Reads everything that lies in the map. */
static void tell(void *arg)
{
    facts *f = arg;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (shmcol_get_info(f->file, &f->info, &err) != SHMCOL_OK) {
        keep_first(f, &err);
        return;
    }
    if (!read_columns(f))
        return;
    if (info_read_parts(f->file, f->asked->memory, &f->parts, &err) != SHMCOL_OK)
        keep_first(f, &err);
    if (f->asked->memory) {
        identify(f);
    }
    if (f->out != NULL)
        print_json(f);
    else
        print_text(f);
}

static void print_users(const map_users *users, const facts *f)
{
    const uint64_t file_size = f->info.file_size;
    char rss[TEXT_SMALL], pss[TEXT_SMALL], own[TEXT_SMALL], tables[TEXT_SMALL];
    tool_print("\nprocesses that map it\n");
    if (users->count > 0) {
        text_table table = {"rlrrrr", NULL, 0, 0};
        const char *const head[] = {"pid", "command", "PSS", "RSS", "private", "page tables"};
        for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
            table_add(&table, head[i]);
        for (uint32_t i = 0; i < users->count; i++) {
            char pid[TEXT_SMALL];
            (void)snprintf(pid, sizeof pid, "%ld", (long)users->users[i].pid);
            table_add(&table, pid);
            table_add(&table, users->users[i].command);
            table_add(&table, text_size(users->users[i].pss, pss));
            table_add(&table, text_size(users->users[i].rss, rss));
            table_add(&table, text_size(users->users[i].private_bytes, own));
            table_add(&table, text_size(users->users[i].page_tables, tables));
        }
        table_print(&table, tool_out, 2, terminal_width());
    }
    tool_print("  %u %s: PSS %s in all, %.2f x the %s (RSS %s, private %s); page tables "
               "of all their memory %s\n",
               users->count, users->count == 1 ? "process" : "processes",
               text_size(users->pss, pss),
               file_size > 0 ? (double)users->pss / (double)file_size : 0,
               f->parts.table ? "table" : "file", text_size(users->rss, rss),
               text_size(users->private_bytes, own), text_size(users->page_tables, tables));
    if (users->unseen > 0)
        tool_print("  %u more could not be examined%s\n", users->unseen,
                   geteuid() != 0 ? " (root can)" : "");
}

static void json_users(json *j, const facts *f, const map_users *users)
{
    json_object(j, "memory");
    json_uint(j, "resident", f->resident);
    json_uint(j, "resident_of", f->total);
    json_array(j, "processes");
    for (uint32_t i = 0; i < users->count; i++) {
        json_object(j, NULL);
        json_int(j, "pid", users->users[i].pid);
        json_text(j, "command", users->users[i].command);
        json_uint(j, "pss", users->users[i].pss);
        json_uint(j, "rss", users->users[i].rss);
        json_uint(j, "private", users->users[i].private_bytes);
        json_uint(j, "page_tables", users->users[i].page_tables);
        json_close(j);
    }
    json_close(j);
    json_uint(j, "unseen_processes", users->unseen);
    json_uint(j, "pss", users->pss);
    json_uint(j, "rss", users->rss);
    json_uint(j, "private", users->private_bytes);
    json_uint(j, "page_tables", users->page_tables);
    json_double(j, "pss_of_file",
                f->info.file_size > 0 ? (double)users->pss / (double)f->info.file_size : 0);
    json_close(j);
}

static void tell_memory(facts *f)
{
    map_users users;
    if (!f->identified || !memory_scan(&f->identity, &users)) {
        shmcol_error err;
        tool_error(&err, SHMCOL_ERR_IO, "--memory needs /proc",
                   "/proc does not show which processes map the file");
        keep_first(f, &err);
        return;
    }
    if (f->out != NULL)
        json_users(f->out, f, &users);
    else
        print_users(&users, f);
    free(users.users);
}

/* Reads the file. Returns other than OK where the map could not be read to the end; f->err has the
 * first failure of any kind. */
static shmcol_status tell_all(facts *f)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_open_options how = SHMCOL_OPEN_OPTIONS_INIT;
    how.flags = SHMCOL_OPEN_STORED; /* the directory and the zone maps are enough */
    if (shmcol_open(f->asked->path, &how, &f->file, &err) != SHMCOL_OK) {
        keep_first(f, &err);
        return err.status;
    }
    shmcol_status status = shmcol_guard(f->file, tell, f, &err);
    if (status != SHMCOL_OK)
        keep_first(f, &err);
    shmcol_close(f->file); /* before the shares are read: this mapping would count in them */
    if (f->asked->memory && f->err.status == SHMCOL_OK)
        tell_memory(f);
    free(f->columns);
    free(f->parts.all);
    free(f->identity.names);
    return status;
}

static int run_text(const request *asked)
{
    facts f = {.asked = asked, .info = SHMCOL_FILE_INFO_INIT, .err = SHMCOL_ERROR_INIT};
    (void)tell_all(&f); /* f.err has it */
    if (f.err.status == SHMCOL_OK)
        return SHMCOL_CLASS_OK;
    fflush(tool_out);
    tool_print_error(&info_tool, &f.err);
    return shmcol_status_class(f.err.status);
}

/* Prints the JSON object. It is built in memory: a file that is cut short while it is read must not
 * leave half of one. */
static int run_json(const request *asked)
{
    char *text = NULL;
    size_t length = 0;
    json j;
    facts f = {.asked = asked, .info = SHMCOL_FILE_INFO_INIT, .out = &j, .err = SHMCOL_ERROR_INIT};
    FILE *memory = open_memstream(&text, &length);
    if (memory == NULL) {
        tool_error(&f.err, SHMCOL_ERR_NO_MEMORY, NULL, "out of memory");
        return tool_fail(&info_tool, &f.err);
    }
    json_begin(&j, memory, info_tool.name);
    shmcol_status status = tell_all(&f);
    if (status == SHMCOL_OK && f.err.status != SHMCOL_OK)
        json_error(&j, "error", &f.err);
    json_finish(&j);
    if (fclose(memory) != 0)
        tool_error(&f.err, status = SHMCOL_ERR_NO_MEMORY, NULL, "out of memory");
    if (status != SHMCOL_OK) {
        free(text);
        return tool_fail(&info_tool, &f.err);
    }
    fwrite(text, 1, length, tool_out);
    free(text);
    if (f.err.status != SHMCOL_OK)
        tool_print_error(&info_tool, &f.err);
    return shmcol_status_class(f.err.status);
}

int main(int argc, char **argv)
{
    static request asked; /* static: it keeps pointers to the end of the process */
    tool_begin(&info_tool, argc, argv);
    for (int key; (key = tool_next_option(&info_tool, argc, argv)) != -1;) {
        if (key == MEMORY)
            asked.memory = true;
        else if (key == PARTS)
            asked.parts = true;
        else if (key == COLUMNS)
            option_names(&info_tool, "columns", optarg, &asked.names, &asked.n_names);
    }
    if (argc - optind != 1)
        tool_usage(&info_tool, optind == argc ? "no file is named" : "one file at a time");
    asked.path = argv[optind];
    int status = info_tool.json ? run_json(&asked) : run_text(&asked);
    return tool_end(&info_tool, status);
}
