/* Hints of the report, in two files: about columns (hints.c), about the text (hints_text.c). */
#ifndef SHMCOL_INGEST_HINTS_H
#define SHMCOL_INGEST_HINTS_H

#include "ingest/ingest.h"

/* Adds the hints about the text as a whole. Returns false if there is no memory. */
bool ing_add_text_hints(ing_job *job);

/* Replaces the hint of an error that a record gave, where a look at the text finds a better one
 * (C-27, hints_error.c). */
void ing_hint_error(ing_job *job, const ing_input *input, const ing_record *record,
                    shmcol_status status, shmcol_error *err);

#endif
