/* Adds rows to a table that grows, and follows it: a column is one array over all rows, and longer
 * after each refresh. Usage: grow DIRECTORY; a table that is there gets more rows. */
#include <inttypes.h>
#include <shmcol.h>
#include <stdio.h>

enum { ROWS = 100000 };

/* [append] */
/* Adds ROWS rows to the table, all or none. The first call makes it. */
static shmcol_status append(const char *directory, double from, shmcol_error *err)
{
    static double price[ROWS];
    shmcol_field field = SHMCOL_FIELD_INIT;
    shmcol_column_data column = SHMCOL_COLUMN_DATA_INIT;
    shmcol_writer *writer;
    field.name = "price";
    field.name_length = 5;
    field.type = SHMCOL_FLOAT64;
    for (int i = 0; i < ROWS; i++)
        price[i] = from + i;
    column.values = price;
    shmcol_status status = shmcol_append_create(directory, &field, 1, NULL, &writer, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_writer_append(writer, ROWS, &column, 1, err);
    if (status != SHMCOL_OK) {
        shmcol_writer_abort(writer); /* the table is as it was */
        return status;
    }
    return shmcol_writer_commit(writer, err); /* now readers see the rows */
}
/* [append] */

/* [follow] */
/* Gives *table the rows that were added since it was opened. Arrays of the old handle are gone with
 * it here; keep it open to keep them. */
static shmcol_status follow(shmcol_file **table, shmcol_error *err)
{
    shmcol_file *newer;
    const double *price;
    uint64_t rows;
    shmcol_status status = shmcol_refresh(*table, &newer, err);
    if (status != SHMCOL_OK)
        return status;
    shmcol_close(*table);
    *table = newer;
    status = shmcol_float64(newer, "price", &price, &rows, err); /* one array over all parts */
    if (status == SHMCOL_OK)
        printf("%" PRIu64 " rows, the last price is %.0f\n", rows, price[rows - 1]);
    return status;
}
/* [follow] */

int main(int argc, char **argv)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *table = NULL;
    if (argc != 2) {
        fprintf(stderr, "usage: grow DIRECTORY\n");
        return 2;
    }
    shmcol_status status = append(argv[1], 0, &err);
    if (status == SHMCOL_OK)
        status = shmcol_open(argv[1], NULL, &table, &err);
    for (int i = 1; i <= 3 && status == SHMCOL_OK; i++) {
        status = append(argv[1], 1000.0 * i, &err);
        if (status == SHMCOL_OK)
            status = follow(&table, &err);
    }
    if (status != SHMCOL_OK) {
        char text[1400];
        shmcol_error_format(&err, text, sizeof text);
        fprintf(stderr, "grow: %s\n", text);
    }
    shmcol_close(table); /* NULL is allowed */
    return status != SHMCOL_OK;
}
