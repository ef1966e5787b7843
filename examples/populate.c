/* Fills one table from several processes at once, each writing its rows where readers will read
 * them. A worker that dies costs only its rows: the parent fills those itself. Usage: populate
 * OUTPUT; an output that exists is replaced. */
#include <inttypes.h>
#include <shmcol.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROWS = 1000000, WORKERS = 4, SHARE = ROWS / WORKERS / 64 * 64 };

/* [fill] */
/* Fills rows [first, end) of the table: both are multiples of 64, or the number of rows. */
static shmcol_status fill(shmcol_populate *table, uint64_t first, uint64_t end, shmcol_error *err)
{
    shmcol_range *range;
    void *values;
    shmcol_status status = shmcol_populate_claim(table, first, end, &range, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_range_values(range, 0, &values, NULL, err);
    if (status != SHMCOL_OK) {
        shmcol_range_drop(range); /* the rows count as not filled */
        return status;
    }
    double *half = values; /* the value of row `first`, in the file itself */
    for (uint64_t row = first; row < end; row++)
        half[row - first] = (double)row / 2;
    return shmcol_range_fill(range, err);
}
/* [fill] */

static void print_error(const shmcol_error *err)
{
    char text[1400];
    shmcol_error_format(err, text, sizeof text); /* file, place, message and hint in one line */
    fprintf(stderr, "populate: %s\n", text);
}

/* Starts the workers and waits for all. Children of fork use the handle that they inherit; other
 * programs find the table by shmcol_populate_path and shmcol_populate_id, and attach. */
static void run_workers(shmcol_populate *table)
{
    for (uint64_t k = 0; k < WORKERS; k++) {
        pid_t pid = fork();
        if (pid < 0)
            break; /* the rows of workers that could not be started are filled by the parent */
        if (pid == 0) {
            shmcol_error err = SHMCOL_ERROR_INIT;
            uint64_t first = k * SHARE, end = k == WORKERS - 1 ? ROWS : first + SHARE;
            if (fill(table, first, end, &err) == SHMCOL_OK)
                _exit(0);
            print_error(&err);
            _exit(1);
        }
    }
    while (wait(NULL) > 0)
        continue;
}

/* Fills the rows that no worker has filled. */
static shmcol_status fill_missing(shmcol_populate *table, shmcol_error *err)
{
    uint64_t first, end;
    for (;;) {
        shmcol_status status = shmcol_populate_missing(table, 0, &first, &end, err);
        if (status != SHMCOL_OK || first == end)
            return status;
        fprintf(stderr, "populate: rows %" PRIu64 " to %" PRIu64 " are filled again\n", first, end);
        status = fill(table, first, end, err);
        if (status != SHMCOL_OK)
            return status;
    }
}

int main(int argc, char **argv)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_field field = SHMCOL_FIELD_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_populate *table;

    if (argc != 2) {
        fprintf(stderr, "usage: populate OUTPUT\n");
        return 2;
    }
    field.name = "half";
    field.name_length = 4;
    field.type = SHMCOL_FLOAT64;
    options.overwrite = 1;
    if (shmcol_populate_create(argv[1], &field, 1, ROWS, &options, &table, &err) != SHMCOL_OK) {
        print_error(&err);
        return 1;
    }
    run_workers(table);
    if (fill_missing(table, &err) != SHMCOL_OK ||
        shmcol_populate_commit(table, 0, &err) != SHMCOL_OK) { /* frees the handle if it succeeds */
        print_error(&err);
        shmcol_populate_close(table); /* nothing stays behind */
        return 1;
    }
    printf("%d rows in %s\n", ROWS, argv[1]);
    return 0;
}
