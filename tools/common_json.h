/* Writes one JSON document. */
#ifndef TOOLS_COMMON_JSON_H
#define TOOLS_COMMON_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "shmcol.h"

#define JSON_SCHEMA 1
#define JSON_DEPTH 16

typedef struct json {
    FILE *out;
    int depth;
    char closing[JSON_DEPTH]; /* the bracket that ends each open value */
    bool some[JSON_DEPTH];    /* the value has an element already */
} json;

/* Opens the one object: {"schema": 1, "tool": name, "version": "1.0.0". json_finish closes it with
 * a line end. */
void json_begin(json *j, FILE *out, const char *tool);
void json_finish(json *j);
/* Each writes one value. `key` is NULL inside an array. */
void json_object(json *j, const char *key);
void json_array(json *j, const char *key);
void json_close(json *j);
void json_text(json *j, const char *key, const char *text); /* NULL gives null */
void json_text_n(json *j, const char *key, const char *text, size_t length);
void json_raw(json *j, const char *key, const char *text, size_t length); /* JSON already */
void json_uint(json *j, const char *key, uint64_t value);
void json_int(json *j, const char *key, int64_t value);
void json_double(json *j, const char *key, double value); /* NaN and infinities as text */
void json_bool(json *j, const char *key, bool value);
void json_null(json *j, const char *key);
/* Writes all fields of an error. Numbers that do not apply are null. */
void json_error(json *j, const char *key, const shmcol_error *err);

#endif
