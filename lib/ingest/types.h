/* C-51: types by name. */
#ifndef SHMCOL_INGEST_TYPES_H
#define SHMCOL_INGEST_TYPES_H

#include "ingest/ingest.h"

typedef struct ing_type_wish {
    ing_type type;
    bool automatic;  /* "auto": as if nothing had been said */
    bool dictionary; /* "dictionary" */
} ing_type_wish;

/* The type called text[0, n). false: there is none. */
bool ing_parse_type(const char *text, size_t n, ing_type_wish *wish);
/* Writes a type as C-51 names it, with unit and zone. Returns out. */
#define ING_TYPE_TEXT 96
const char *ing_type_text(const ing_type *type, char out[ING_TYPE_TEXT]);
/* Whether `name` matches the glob pattern[0, n): * ? [a-z] [!a-z], \ takes the next character as it
 * is. */
bool ing_glob(const char *pattern, size_t n, const char *name);

#endif
