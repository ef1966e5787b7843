/* The columns that shmcol-pack makes of shmcol files. */
#include "pack_wanted.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static shmcol_status no_memory_file(shmcol_error *err)
{
    tool_error(err, SHMCOL_ERR_IO, NULL, "cannot make a file in memory: %s", strerror(errno));
    err->sys_errno = errno;
    return err->status;
}

/* Writes the header of the file as CSV. */
static shmcol_status write_header(const shmcol_file *file, rows_out *out, shmcol_error *err)
{
    const uint32_t n = shmcol_columns(file);
    for (uint32_t i = 0; i < n; i++) {
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        shmcol_status status = shmcol_get_column(file, i, &info, err);
        if (status != SHMCOL_OK)
            return status;
        if (i > 0)
            rows_byte(out, ',');
        rows_byte(out, '"');
        for (uint32_t k = 0; k < info.name_length; k++) {
            if (info.name[k] == '"')
                rows_byte(out, '"');
            rows_byte(out, info.name[k]);
        }
        rows_byte(out, '"');
    }
    rows_byte(out, '\n');
    (void)rows_flush(out);
    if (out->status == SHMCOL_OK)
        return SHMCOL_OK;
    errno = out->errnum;
    return no_memory_file(err);
}

/* Asks for the columns of a CSV that is in a file in memory. */
static shmcol_status ask(pack_wanted *wanted, int fd, const shmcol_csv_options *options,
                         shmcol_error *err)
{
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    char path[32];
    const char *paths[1] = {path};
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    o.delimiter = ',';
    o.types = options->types;
    o.columns = options->columns;
    o.n_columns = options->n_columns;
    o.dictionary = options->dictionary;
    o.n_dictionary = options->n_dictionary;
    o.dry_run = 1;
    shmcol_status status = shmcol_csv_pack(paths, 1, NULL, &o, &wanted->report, err);
    if (status != SHMCOL_OK) { /* it is about the options, and not about that file */
        err->path[0] = 0;
        err->line = err->line_column = err->file_offset = -1;
    }
    return status;
}

/* Finds what --dictionary says of a column: an entry that names it beats one that does not, and
 * among equals the last counts. */
static void find_dictionary(const shmcol_csv_options *options, pack_column *c)
{
    bool exact = false;
    for (uint32_t i = 0; i < options->n_dictionary; i++) {
        const char *text = options->dictionary[i], *mark = strrchr(text, '=');
        const char *mode = mark != NULL ? mark + 1 : text;
        const bool named = mark != NULL && strlen(c->name) == (size_t)(mark - text) &&
                           memcmp(text, c->name, (size_t)(mark - text)) == 0;
        if (named || (mark == NULL && !exact)) {
            c->dictionary = mode[0] == 'n' ? PACK_NEVER : mode[1] == 'l' ? PACK_ALWAYS : PACK_AUTO;
            c->dictionary_named = true;
            exact = named;
        }
    }
}

shmcol_status pack_wanted_find(pack_wanted *wanted, const shmcol_file *file,
                               const shmcol_csv_options *options, shmcol_error *err)
{
    if (shmcol_columns(file) == 0)
        return SHMCOL_OK;
    int fd = memfd_create("shmcol-pack", MFD_CLOEXEC);
    if (fd < 0)
        return no_memory_file(err);
    rows_out out = {.fd = fd};
    shmcol_status status = write_header(file, &out, err);
    free(out.data);
    if (status == SHMCOL_OK)
        status = ask(wanted, fd, options, err);
    (void)close(fd);
    if (status != SHMCOL_OK)
        return status;
    wanted->n = wanted->report->n_columns;
    wanted->columns = tool_alloc(wanted->n, sizeof *wanted->columns);
    wanted->names = tool_alloc(wanted->n, sizeof(*wanted->names));
    for (uint32_t i = 0; i < wanted->n; i++) {
        pack_column *c = &wanted->columns[i];
        c->asked = wanted->report->columns[i];
        uint32_t column;
        /* A name that is empty is the only one that CSV changes (C-12). */
        const bool same = shmcol_find(file, c->asked.name, &column, NULL) == SHMCOL_OK;
        c->name = tool_copy(c->asked.name, same ? strlen(c->asked.name) : 0);
        c->retyped = c->asked.forced;
        wanted->names[i] = c->name;
        find_dictionary(options, c);
    }
    return SHMCOL_OK;
}

void pack_wanted_end(pack_wanted *wanted)
{
    for (uint32_t i = 0; i < wanted->n; i++)
        free(wanted->columns[i].name);
    free(wanted->columns);
    free(wanted->names);
    shmcol_csv_report_free(wanted->report);
    *wanted = (pack_wanted){0};
}
