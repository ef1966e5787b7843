/* Hints of the report, in two files: about columns (hints.c), about the text (hints_text.c). */
#ifndef SHMCOL_INGEST_HINTS_H
#define SHMCOL_INGEST_HINTS_H

#include "ingest/ingest.h"

/* Adds the hints about the text as a whole. Returns false if there is no memory. */
bool ing_add_text_hints(ing_job *job);

#endif
