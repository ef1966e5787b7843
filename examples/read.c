/* Reads columns of a table in place: finds the windiest day. Nothing here allocates memory for
 * values or copies any. Usage: read FILE, made by shmcol-pack of tests/data/seattle-weather.csv. */
#include <inttypes.h>
#include <shmcol.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = NULL;
    const int64_t *date; /* milliseconds since 1970-01-01 */
    const double *wind;  /* a null is NaN, which no comparison finds greater */
    uint64_t rows, windiest = 0;
    double most = -1;

    if (argc != 2) {
        fprintf(stderr, "usage: read FILE\n");
        return 2;
    }
    if (shmcol_open(argv[1], NULL, &file, &err) != SHMCOL_OK ||
        shmcol_date64(file, "date", &date, NULL, &err) != SHMCOL_OK ||
        shmcol_float64(file, "wind", &wind, &rows, &err) != SHMCOL_OK) {
        fprintf(stderr, "read: %s: %s\n", argv[1], err.message);
        shmcol_close(file); /* NULL is allowed */
        return 1;
    }
    for (uint64_t row = 0; row < rows; row++) {
        if (date[row] != SHMCOL_NAT && wind[row] > most) {
            most = wind[row];
            windiest = row;
        }
    }
    if (most >= 0)
        printf("the windiest of %" PRIu64 " days: day %" PRId64 " after 1970-01-01, %.1f m/s\n",
               rows, date[windiest] / 86400000, most);
    shmcol_close(file);
    return 0;
}
