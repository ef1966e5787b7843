/* The columns that shmcol-pack makes of shmcol files: --columns, --types, --dictionary. */
#ifndef TOOLS_PACK_WANTED_H
#define TOOLS_PACK_WANTED_H

#include "pack_inputs.h"
#include "pack_options.h"

typedef enum pack_dictionary { PACK_AUTO, PACK_ALWAYS, PACK_NEVER } pack_dictionary;

/* A column of the output. */
typedef struct pack_column {
    char *name;
    shmcol_csv_column asked; /* the type, if --types names one */
    bool retyped;            /* it does */
    pack_dictionary dictionary;
    bool dictionary_named; /* an entry of --dictionary is about it */
} pack_column;

typedef struct pack_wanted {
    pack_column *columns;
    char **names; /* of the columns */
    uint32_t n;
    shmcol_csv_report *report; /* the columns' types point into it */
} pack_wanted;

/* Finds the columns of the output: those of `file`, of which the options choose some. The rules of
 * CSV decide what the options mean: they are asked about a CSV that has the same header and no row.
 * The caller ends it with pack_wanted_end, also after an error. Errors: those of the options. */
shmcol_status pack_wanted_find(pack_wanted *wanted, const shmcol_file *file,
                               const shmcol_csv_options *options, shmcol_error *err);
void pack_wanted_end(pack_wanted *wanted);

#endif
