/* The parts of reading a header: names and what the options say of columns. */
#ifndef SHMCOL_INGEST_HEADER_H
#define SHMCOL_INGEST_HEADER_H

#include "ingest/ingest.h"

/* names.c: makes job->schema.header unique and not empty by C-12 (without a header: column_1 …), with a
 * warning for each change. */
shmcol_status ing_name_columns(ing_job *job, shmcol_error *err);
/* columns.c: job->schema.columns from the header and the options columns, nulls, dictionary, types (C-18,
 * C-22, C-51, C-60). */
shmcol_status ing_make_columns(ing_job *job, shmcol_error *err);
/* columns.c: makes the columns as they are after the header. */
void ing_reset_columns(ing_job *job);
void ing_free_columns(ing_job *job);
/* columns.c: the column called `name`, UINT32_MAX if there is none; `n` bytes. */
uint32_t ing_find_field(const ing_job *job, const char *name, size_t n);
/* columns.c: C-22: the column whose null token the option names, and the token; NULL if the
 * option names none (then it is a token of all columns) or one that is left out (*named). */
const ing_column *ing_null_column(const ing_job *job, const char *option, const char **token,
                                  bool *named);

#endif
