/* Writes a table from the memory of a program: batches of an array of structs, a null, text that
 * repeats. Usage: write OUTPUT; an output that exists is replaced. */
#include <math.h>
#include <shmcol.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { BATCH = 1000, BATCHES = 10, COLUMNS = 3 };

typedef struct trade {
    int64_t time; /* microseconds since 1970-01-01, UTC */
    double price; /* NaN: not known */
    const char *symbol;
} trade;

static shmcol_field make_field(const char *name, shmcol_type type)
{
    shmcol_field field = SHMCOL_FIELD_INIT;
    field.name = name;
    field.name_length = (uint32_t)strlen(name);
    field.type = type;
    return field;
}

static void fill_batch(trade *trades, int64_t batch)
{
    static const char *const symbols[] = {"AAPL", "IBM", "MSFT"};
    for (int64_t i = 0; i < BATCH; i++) {
        int64_t n = batch * BATCH + i;
        trades[i].time = 1700000000000000 + n * 250;
        trades[i].price = n % 100 == 99 ? (double)NAN : 100 + 0.25 * (double)(n % 40);
        trades[i].symbol = symbols[n % 3];
    }
}

static shmcol_status append_batch(shmcol_writer *writer, const trade *trades, shmcol_error *err)
{
    shmcol_column_data columns[COLUMNS] = {SHMCOL_COLUMN_DATA_INIT, SHMCOL_COLUMN_DATA_INIT,
                                           SHMCOL_COLUMN_DATA_INIT};
    columns[0].values = &trades->time;
    columns[1].values = &trades->price;
    columns[1].validity_kind = SHMCOL_VALIDITY_SENTINEL; /* every NaN is a null */
    columns[2].values = &trades->symbol;
    columns[2].layout = SHMCOL_STRINGS_POINTERS;
    for (int i = 0; i < COLUMNS; i++)
        columns[i].stride = sizeof *trades; /* from one struct to the next */
    return shmcol_writer_append(writer, BATCH, columns, COLUMNS, err);
}

static shmcol_status write_trades(const char *path, shmcol_error *err)
{
    static trade trades[BATCH];
    shmcol_field fields[COLUMNS] = {make_field("time", SHMCOL_TIMESTAMP),
                                    make_field("price", SHMCOL_FLOAT64),
                                    make_field("symbol", SHMCOL_STRING)};
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    shmcol_writer *writer;
    shmcol_status status;

    fields[0].unit = SHMCOL_MICRO;
    fields[0].zone = "UTC";
    fields[1].nullable = 1;
    fields[2].auto_dictionary = 1; /* stored as codes and three words, since that is smaller */
    options.overwrite = 1;
    options.expected_rows = BATCH * BATCHES; /* a hint: values go straight to their places */
    status = shmcol_writer_create(path, fields, COLUMNS, &options, &writer, err);
    if (status != SHMCOL_OK)
        return status;
    for (int64_t batch = 0; batch < BATCHES; batch++) {
        fill_batch(trades, batch);
        status = append_batch(writer, trades, err);
        if (status != SHMCOL_OK) {
            shmcol_writer_abort(writer); /* nothing stays behind */
            return status;
        }
    }
    return shmcol_writer_commit(writer, err); /* frees the writer, whatever it returns */
}

int main(int argc, char **argv)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (argc != 2) {
        fprintf(stderr, "usage: write OUTPUT\n");
        return 2;
    }
    if (write_trades(argv[1], &err) != SHMCOL_OK) {
        fprintf(stderr, "write: %s: %s\n", argv[1], err.message);
        return 1;
    }
    printf("%d rows in %s\n", BATCH * BATCHES, argv[1]);
    return 0;
}
