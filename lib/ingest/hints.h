/* Hints of the report, about columns (hints.c), their values (hints_values.c), the text
 * (hints_text.c) and the shape of the table (hints_shape.c), and hints of errors (hints_error.c,
 * hints_misfit.c). */
#ifndef SHMCOL_INGEST_HINTS_H
#define SHMCOL_INGEST_HINTS_H

#include "ingest/ingest.h"

/* Adds the hints about the text as a whole. Returns false if there is no memory. */
bool ing_add_text_hints(ing_job *job);

/* Adds the hints about the shape of the table, which tells of options for records and header
 * (hints_shape.c). Returns false if there is no memory. */
bool ing_add_shape_hints(ing_job *job);
/* Writes what divides the lines of a table for which no delimiter was found, as the end of a
 * sentence; "" if nothing is known. */
#define ING_DIVIDER_TEXT 200
void ing_find_divider(const ing_job *job, char out[ING_DIVIDER_TEXT]);

/* Adds the hints about the forms in which values of string columns are written, and about two null
 * tokens (hints_values.c). Sets said[i] for a column that has one. Returns false if there is no
 * memory. */
bool ing_look_at_values(ing_job *job, bool *said);
/* Returns true if the text is a value in a form that could be declared. */
bool ing_is_another_form(const ing_job *job, const char *text, size_t n);

/* Returns true for a text by which many tools mean that a value is missing. */
bool ing_is_usual_token(const char *text, size_t n);
/* Returns true for a text that begins as the last lines of a report do: Total, (2 rows). */
bool ing_is_footer_text(const char *text, size_t n);

/* ---- options as hints write them (hints_option.c) ---- */

#define ING_OPTION_NAME 200u /* the longest name that is shown whole */
#define ING_OPTION_TEXT (8 * ING_OPTION_NAME)
/* Writes the option that makes a text of the column null, quoted for a shell. Returns false, and
 * writes the option's name alone, if one line cannot show it. */
bool ing_null_option(const ing_job *job, const ing_column *c, const char *text, size_t n,
                     char out[ING_OPTION_TEXT]);
/* Writes the option that names the column's type, in the same way; NAME stands for a name that one
 * line cannot show. */
void ing_type_option(const ing_column *c, const char *type, char out[ING_OPTION_TEXT]);

/* Gives an error the hint for the value s[0, n), which does not fit the type of its column
 * (hints_misfit.c). */
void ing_hint_misfit(const ing_job *job, const ing_column *c, const char *s, size_t n,
                     shmcol_error *err);

/* Returns a form of dates, or of timestamps, that the text matches, or NULL. */
const char *ing_form_of(const char *text, size_t n, bool time);

/* Replaces the hint of an error that a record gave, where a look at the text finds a better one
 * (C-27, hints_error.c). */
void ing_hint_error(ing_job *job, const ing_input *input, const ing_record *record,
                    shmcol_status status, shmcol_error *err);

#endif
