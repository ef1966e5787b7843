/* Imported arrays on their way to the writer. Most columns go as they lie. Bits, views and foreign
 * codes, which the writer does not take, are converted, some rows at a time, into memory that does
 * not grow with the batch. */
#ifndef SHMCOL_ARROW_IMPORT_H
#define SHMCOL_ARROW_IMPORT_H

#include <stdbool.h>

#include "shmcol.h"

typedef struct arrow_importer arrow_importer;

/* Makes an importer for arrays of `schema`, which must outlive it. *out is the caller's, to be
 * freed by arrow_importer_free.
 *
 * `whole`: it will see all batches, and gives the writer the first dictionary of each dictionary
 * column, so that its order is kept. Otherwise this is one batch of many: only an ordered
 * dictionary, whose order means something, is given to the writer. Other columns go as strings,
 * which the writer looks up in the dictionary that its caller gave it, or makes a dictionary of.
 *
 * Errors: BAD_ARROW, TYPE_UNSUPPORTED, LIMIT, NO_MEMORY. */
shmcol_status arrow_importer_new(const struct ArrowSchema *schema, bool whole, arrow_importer **out,
                                 shmcol_error *err);
/* Checks a batch, which must live until it was appended. Errors: BAD_ARROW, BAD_VALUE, LIMIT,
 * NO_MEMORY. */
shmcol_status arrow_importer_bind(arrow_importer *importer, const struct ArrowArray *batch,
                                  shmcol_error *err);
/* Appends the batch that was bound last. Errors: BAD_ARROW, NO_MEMORY, and the writer's. */
shmcol_status arrow_importer_append(arrow_importer *importer, shmcol_writer *writer,
                                    shmcol_error *err);

/* Sets *conflict if the bound batch has dictionary values that the writer was not given and cannot
 * be given any more. Then everything has to be written anew, after arrow_importer_restart, which
 * lets those columns go as strings. Errors: TYPE_UNSUPPORTED if such a dictionary is ordered, since
 * the new order would be a guess. */
shmcol_status arrow_importer_conflict(const arrow_importer *importer, bool *conflict,
                                      shmcol_error *err);
/* Forgets the batches that were appended. */
void arrow_importer_restart(arrow_importer *importer);
/* Returns true if a later batch can still conflict with the dictionaries that were given. */
bool arrow_importer_can_conflict(const arrow_importer *importer);
/* Returns the bytes that the bound batch keeps in memory, about. */
uint64_t arrow_importer_bytes(const arrow_importer *importer);
/* Counts the rows of errors from `row` on, for the batch that is bound next. */
void arrow_importer_from_row(arrow_importer *importer, uint64_t row);
/* Returns a column of the importer (import_column.h). */
struct arrow_column *arrow_importer_column(arrow_importer *importer, uint32_t column);
/* Frees the importer. NULL is allowed. */
void arrow_importer_free(arrow_importer *importer);

/* ---- import_stream.c ---- */

/* Fails with the errno of the stream's producer, which gave no `what`, and the producer's own
 * message. */
shmcol_status arrow_stream_failed(struct ArrowArrayStream *stream, int errnum, const char *what,
                                  shmcol_error *err);
/* Sets which string columns become dictionaries (SHMCOL_DICTIONARY), or do where C-60 says so
 * (auto_dictionary): by the n_entries entries for all columns, in their order, then by those that
 * name a column. May be called again, with more entries. Errors: INVALID_ARGUMENT, NO_COLUMN. */
shmcol_status arrow_choose_dictionaries(const char *const *entries, uint32_t n_entries,
                                        shmcol_field *fields, uint32_t n, shmcol_error *err);

#endif
