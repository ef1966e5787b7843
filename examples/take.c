/* Finds rows by value and copies them by number. Usage: take FILE TIME...; column 0 is an int64
 * that ascends, column 1 a float64. */
#include <inttypes.h>
#include <shmcol.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 100 };

/* [take] */
/* Prints the prices at or before some times: column 0 is the time, and ascends; column 1 the price.
 */
static shmcol_status print_prices(shmcol_file *file, const int64_t *times, uint64_t n,
                                  shmcol_error *err)
{
    int64_t rows[MOST];
    double prices[MOST];
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    shmcol_status status = shmcol_search(file, 0, times, n, SHMCOL_RIGHT, rows, err);
    for (uint64_t i = 0; status == SHMCOL_OK && i < n; i++)
        rows[i]--; /* the last row at or before; -1: there is none */
    options.rows = rows;
    options.n = n;
    options.flags = SHMCOL_TAKE_MISSING; /* -1 gives NaN */
    if (status == SHMCOL_OK)
        status = shmcol_take_with(file, 1, &options, prices, NULL, err);
    for (uint64_t i = 0; status == SHMCOL_OK && i < n; i++)
        printf("%" PRId64 ": %g\n", times[i], prices[i]);
    return status;
}
/* [take] */

int main(int argc, char **argv)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file;
    int64_t times[MOST];
    if (argc < 3 || argc - 2 > MOST) {
        fputs("usage: take FILE TIME...\n", stderr);
        return 2;
    }
    for (int i = 2; i < argc; i++)
        times[i - 2] = strtoll(argv[i], NULL, 10);
    shmcol_status status = shmcol_open(argv[1], NULL, &file, &err);
    if (status == SHMCOL_OK) {
        status = print_prices(file, times, (uint64_t)argc - 2, &err);
        shmcol_close(file);
    }
    if (status != SHMCOL_OK)
        fprintf(stderr, "%s: %s\n", err.path, err.message);
    return shmcol_status_class(status);
}
