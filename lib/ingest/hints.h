/* Hints of the report, about columns (hints.c), their values (hints_values.c) and the text
 * (hints_text.c), and hints of errors (hints_error.c). */
#ifndef SHMCOL_INGEST_HINTS_H
#define SHMCOL_INGEST_HINTS_H

#include "ingest/ingest.h"

/* Adds the hints about the text as a whole. Returns false if there is no memory. */
bool ing_add_text_hints(ing_job *job);

/* Adds the hints about the forms in which values of string columns are written, and about two null
 * tokens (hints_values.c). Sets said[i] for a column that has one. Returns false if there is no
 * memory. */
bool ing_look_at_values(ing_job *job, bool *said);
/* Returns true if the text is a value in a form that could be declared. */
bool ing_is_another_form(const ing_job *job, const char *text, size_t n);

/* Returns a form of dates, or of timestamps, that the text matches, or NULL. */
const char *ing_form_of(const char *text, size_t n, bool time);

/* Replaces the hint of an error that a record gave, where a look at the text finds a better one
 * (C-27, hints_error.c). */
void ing_hint_error(ing_job *job, const ing_input *input, const ing_record *record,
                    shmcol_status status, shmcol_error *err);

#endif
