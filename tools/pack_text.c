/* Columns that get another type by way of their text: they are written as CSV and read again. */
#include "pack_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

typedef struct text_job {
    const pack_request *request;
    const pack_inputs *inputs;
    char **names;
    uint32_t n;
    char directory[PATH_SIZE]; /* a new one, for the file of the columns; "" once it is gone */
    char file[PATH_SIZE + 32];
    int fd; /* of the text, which has no name */
} text_job;

static shmcol_status fail(const text_job *job, const char *what, shmcol_error *err)
{
    const int errnum = errno;
    tool_error(err, SHMCOL_ERR_IO, "TMPDIR names another directory", "cannot %s: %s", what,
               strerror(errnum));
    (void)snprintf(err->path, sizeof err->path, "%.500s", job->directory);
    err->sys_errno = errnum;
    return err->status;
}

/* Makes a directory for the temporary files, and opens the one of the text. */
static shmcol_status open_temporary(text_job *job, shmcol_error *err)
{
    const char *place = getenv("TMPDIR"), *output = job->request->output;
    size_t length = place != NULL ? strlen(place) : 0;
    if (length == 0) {
        place = output != NULL ? output : "/var/tmp/";
        length = strlen(place);
        while (length > 1 && place[length - 1] == '/' && output != NULL)
            length--; /* a directory that is made */
        while (length > 0 && place[length - 1] != '/')
            length--;
        place = length == 0 ? "." : place;
        length = length == 0 ? 1 : length;
    }
    if (length + 32 > sizeof job->directory) {
        errno = ENAMETOOLONG;
        return fail(job, "make a temporary directory", err);
    }
    (void)snprintf(job->directory, sizeof job->directory, "%.*s/.shmcol-pack-XXXXXX", (int)length,
                   place);
    if (mkdtemp(job->directory) == NULL) {
        shmcol_status status = fail(job, "make a temporary directory", err);
        job->directory[0] = 0;
        return status;
    }
    (void)snprintf(job->file, sizeof job->file, "%s/text", job->directory);
    job->fd = open(job->file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (job->fd < 0)
        return fail(job, "make a temporary file", err);
    (void)unlink(job->file);
    (void)snprintf(job->file, sizeof job->file, "%s/columns", job->directory);
    return SHMCOL_OK;
}

static void close_temporary(text_job *job)
{
    if (job->fd >= 0)
        (void)close(job->fd);
    if (job->directory[0] == 0)
        return;
    (void)unlink(job->file);
    (void)rmdir(job->directory);
}

/* Writes the columns of one input as text. */
static shmcol_status write_input(text_job *job, const rows_table *input, bool header,
                                 shmcol_error *err)
{
    rows_table t = {.path = input->path, .file = input->file};
    t.err = (shmcol_error)SHMCOL_ERROR_INIT;
    t.names = job->names;
    t.n_names = job->n;
    t.last = shmcol_rows(t.file);
    t.out.fd = job->fd;
    if (rows_plan(&t)) {
        if (header)
            rows_header(&t);
        rows_write(&t);
    }
    if (t.err.status == SHMCOL_OK)
        (void)rows_flush(&t.out);
    shmcol_status status = t.err.status != SHMCOL_OK ? pack_input_failed(&t, err) : SHMCOL_OK;
    if (status == SHMCOL_OK && t.out.status == SHMCOL_ERR_CANCELLED) {
        tool_error(err, SHMCOL_ERR_CANCELLED, NULL, "a signal came");
        status = err->status;
    } else if (status == SHMCOL_OK && t.out.status != SHMCOL_OK) {
        errno = t.out.errnum;
        status = fail(job, "write a temporary file", err);
    }
    for (uint32_t c = 0; c < t.n_columns && t.columns != NULL; c++)
        free(t.columns[c].lead);
    free(t.columns);
    free(t.out.data);
    return status;
}

/* Counts the rows of the text before a byte: line ends outside of quotes, less the header's. */
static uint64_t row_at(int fd, int64_t offset)
{
    char bytes[65536];
    uint64_t lines = 0;
    bool quoted = false;
    for (int64_t at = 0; at < offset;) {
        const size_t want =
            offset - at < (int64_t)sizeof bytes ? (size_t)(offset - at) : sizeof bytes;
        const ssize_t got = pread(fd, bytes, want, at);
        if (got <= 0)
            break;
        for (ssize_t i = 0; i < got; i++) {
            quoted ^= bytes[i] == '"';
            lines += bytes[i] == '\n' && !quoted;
        }
        at += got;
    }
    return lines > 0 ? lines - 1 : 0;
}

/* Makes an error about the text one about the inputs: with the row, and its input. */
static void translate(const text_job *job, shmcol_error *err)
{
    const pack_inputs *inputs = job->inputs;
    err->path[0] = 0;
    if (err->file_offset >= 0 && err->line >= 0 && inputs->n > 0) {
        const uint64_t row = row_at(job->fd, err->file_offset);
        uint32_t i = inputs->n - 1;
        while (i > 0 && inputs->first[i] > row)
            i--;
        err->row = (int64_t)(row - inputs->first[i]);
        (void)snprintf(err->path, sizeof err->path, "%s", inputs->all[i].path);
    }
    err->file_offset = err->line = err->line_column = -1;
    if (strstr(err->hint, "--null") != NULL || strstr(err->hint, "--on-error") != NULL)
        (void)snprintf(err->hint, sizeof err->hint, "string has room for every value");
}

/* Reads the text with the types of the request. */
static shmcol_status read_text(text_job *job, shmcol_error *err)
{
    const shmcol_csv_options *asked = &job->request->csv;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    static const char *const never[] = {"never"};
    char path[32];
    const char *paths[1] = {path};
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", job->fd);
    o.delimiter = ',';
    o.types = asked->types;
    o.dictionary = never;
    o.n_dictionary = 1;
    o.no_sync = 1;
    o.threads = asked->threads;
    o.memory = asked->memory;
    o.progress = asked->progress;
    o.progress_arg = asked->progress_arg;
    shmcol_status status = shmcol_csv_pack(paths, 1, job->file, &o, NULL, err);
    if (status != SHMCOL_OK && shmcol_status_class(status) != SHMCOL_CLASS_SYSTEM)
        translate(job, err);
    return status;
}

shmcol_status pack_text(const pack_request *request, const pack_inputs *inputs, char **names,
                        uint32_t n, pack_inputs *converted, shmcol_error *err)
{
    text_job job = {.request = request, .inputs = inputs, .names = names, .n = n, .fd = -1};
    shmcol_status status = open_temporary(&job, err);
    for (uint32_t i = 0; i < inputs->n && status == SHMCOL_OK; i++)
        status = write_input(&job, &inputs->all[i], i == 0, err);
    if (status == SHMCOL_OK)
        status = read_text(&job, err);
    if (status == SHMCOL_OK) {
        const char *path = job.file;
        status = pack_inputs_open(converted, &path, 1, err);
        if (status == SHMCOL_OK)
            status = pack_inputs_choose(converted, names, n, err);
    }
    close_temporary(&job);
    return status;
}
