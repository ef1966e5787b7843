/* The conversion of CSV files, as lib/append uses it. */
#ifndef SHMCOL_INGEST_PACK_H
#define SHMCOL_INGEST_PACK_H

#include "shmcol.h"

/* Where the table goes. */
typedef struct ing_destination {
    const char *path; /* NULL: into the empty file `fd`, which stays the caller's */
    int fd;
    uint32_t most_words; /* of a dictionary that C-60 wants; 0: as many as C-60 allows */
} ing_destination;

/* Does what shmcol_csv_pack does; the options are of this version's size. A file in a descriptor is
 * not published. Errors: those of shmcol_csv_pack. */
shmcol_status ing_pack(const char *const *inputs, uint32_t n_inputs, const ing_destination *target,
                       const shmcol_csv_options *options, shmcol_csv_report **report,
                       shmcol_error *err);

#endif
