/* Forms: how the values of a type are written, in the type's brackets (C-70) or for all columns
 * (C-79). */
#ifndef SHMCOL_INGEST_FORMS_H
#define SHMCOL_INGEST_FORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "parse/form.h"
#include "parse/form_plan.h"
#include "parse/marks.h"
#include "parse/parse.h"
#include "shmcol.h"

typedef enum ing_form_kind {
    ING_DATE_FORM,      /* to dates; times in it are 00:00:00 */
    ING_TIMESTAMP_FORM, /* to timestamps; a form without a time means midnight */
    ING_TIME_FORM,
    ING_EPOCH_FORM, /* C-74 */
    ING_WORDS_FORM, /* C-76 */
    ING_MARKS_FORM  /* of numbers: C-77, C-78 */
} ing_form_kind;

/* A form. Its texts are those of the options. */
typedef struct ing_form {
    ing_form_kind kind;
    bool plain;       /* the bytes of a field that matches are the value: no quote, no space that
                         may be trimmed stands at its ends */
    shmcol_text text; /* as it was given; empty for words for all columns */
    parse_form parts; /* of the first three kinds */
    parse_marks marks;
    /* Words, [0] for false and [1] for true: separated by commas, or a list. */
    shmcol_text words[2];
    const char *const *list[2];
    uint32_t n_list[2];
    parse_plan *plans[PARSE_PLAN_DAYS + 1]; /* by the unit; NULL: not made yet */
    bool no_plans; /* there are so many forms that their plans would take too much memory */
} ing_form;

/* The reason why a text is no form, one line. */
#define ING_WHY 256

/* Reads a form of that kind, but for words, from text[0, n). Returns false if there is none; then
 * `why` has the reason. */
bool ing_form_read(const char *text, size_t n, ing_form_kind kind, const shmcol_csv_options *o,
                   ing_form *form, char why[ING_WHY]);
/* Reads the words of C-76, "yes,y|no,n", in the same way. */
bool ing_form_read_words(const char *text, size_t n, ing_form *form, char why[ING_WHY]);
/* Reads the marks of C-77 or C-78 in the same way. numbers: how they are written otherwise. */
bool ing_form_read_marks(const char *text, size_t n, const shmcol_csv_options *o,
                         const parse_style *numbers, bool integer, ing_form *form,
                         char why[ING_WHY]);
/* Makes a form of the words for all columns, in the same way. */
bool ing_form_list_words(const shmcol_csv_options *o, ing_form *form, char why[ING_WHY]);
/* Returns true if a number can match the form (C-71): it holds only where it was asked for. */
bool ing_form_is_numeric(const ing_form *form);
/* Reads a text that must match the form, which is no epoch and no marks. *value has DATE,
 * TIMESTAMP, TIMESTAMP_OFFSET or BOOL, or class 0 and a time of day as seconds and nanos. Returns
 * false if the text does not match. */
bool ing_form_value(const ing_form *form, const char *s, size_t n, parse_value *value);
/* Writes the form as a user may have given it. Returns out. */
#define ING_FORM_TEXT 160
const char *ing_form_text(const ing_form *form, char out[ING_FORM_TEXT]);

/* The most forms of one kind for all columns. */
#define ING_FORMS_A_KIND 8u

/* The forms for all columns, in the order in which a column is asked for them (C-79): dates,
 * timestamps, words. */
typedef struct ing_forms {
    ing_form list[2 * ING_FORMS_A_KIND + 1];
    uint32_t n;
    ing_form iso_date, iso_time[2]; /* for the fast ways of types without a form; [1]: with %f */
    uint32_t numeric;               /* those that columns are not asked for: a bit each */
} ing_forms;

/* Reads the forms for all columns from the options. Returns INVALID_ARGUMENT with the reason. */
shmcol_status ing_forms_read(const shmcol_csv_options *options, ing_forms *forms,
                             shmcol_error *err);
/* Returns the plan by which fields of the form are read fast in a column that counts `unit` (one of
 * parse_timestamp_units, or PARSE_PLAN_DAYS), or NULL if there is none. The form owns it. */
const parse_plan *ing_form_plan(ing_form *form, unsigned unit);
/* Frees the plans of a form. */
void ing_form_end(ing_form *form);
void ing_forms_end(ing_forms *forms);
/* Returns true if the text may match one of the forms for all columns, or `form`, unless NULL. */
bool ing_forms_match(const ing_forms *forms, const ing_form *form, const char *s, size_t n);

#endif
