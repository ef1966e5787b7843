/* What an imported Arrow field is to us. */
#ifndef SHMCOL_ARROW_IMPORT_TYPE_H
#define SHMCOL_ARROW_IMPORT_TYPE_H

#include <stdbool.h>

#include "shmcol.h"

/* How the values lie in Arrow's buffers. */
typedef enum arrow_form {
    ARROW_FIXED,      /* `width` bytes each: the writer takes them where they lie */
    ARROW_BITS,       /* booleans, bit-packed */
    ARROW_BOOL8,      /* booleans, an int8 each: whatever is not 0 is true */
    ARROW_STRINGS32,  /* int32 offsets and bytes */
    ARROW_STRINGS64,  /* int64 offsets and bytes */
    ARROW_VIEWS,      /* 16-byte views */
    ARROW_DICTIONARY, /* integer indices of `width` bytes into an array of strings */
    ARROW_TENSOR,     /* fixed-size list of fixed-width elements, `width` bytes a row */
    ARROW_NULL        /* no buffers, every value null: becomes a string column */
} arrow_form;

typedef struct arrow_type {
    arrow_form form;
    shmcol_type type;
    shmcol_unit unit;
    const char *zone; /* timestamp: in the schema's format string; NULL: none */
    uint32_t width;
    bool index_unsigned; /* dictionary */
    bool ordered;        /* dictionary */
    arrow_form values;   /* dictionary: how its strings lie */
    shmcol_type element; /* tensor */
    uint32_t elements;   /* tensor: in one row */
    uint32_t dimensions;
    uint32_t shape[SHMCOL_MAX_DIMENSIONS];
} arrow_type;

/* Errors: TYPE_UNSUPPORTED, naming Arrow's type and the column; BAD_ARROW for a schema that breaks
 * Arrow's rules. */
shmcol_status arrow_type_of(const struct ArrowSchema *schema, uint32_t column, arrow_type *type,
                            shmcol_error *err);

/* That `schema` is a struct with children that are there: what both directions of an import begin
 * with. */
shmcol_status arrow_schema_check(const struct ArrowSchema *schema, shmcol_error *err);

/* The name of a column for messages: never NULL. */
const char *arrow_name(const struct ArrowSchema *schema);

/* The shape in the metadata of `arrow.fixed_shape_tensor`, whose other properties must be absent or
 * say nothing. On failure *problem says what is not supported or wrong. */
typedef struct arrow_tensor_shape {
    uint32_t dimensions;
    uint32_t shape[SHMCOL_MAX_DIMENSIONS];
} arrow_tensor_shape;
shmcol_status arrow_tensor_parse(shmcol_text json, arrow_tensor_shape *shape, const char **problem);

#endif
