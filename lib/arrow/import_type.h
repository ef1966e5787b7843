/* The type of an imported Arrow field, and the type of the column that it becomes. */
#ifndef SHMCOL_ARROW_IMPORT_TYPE_H
#define SHMCOL_ARROW_IMPORT_TYPE_H

#include <stdbool.h>

#include "shmcol.h"

/* The layout of the values in Arrow's buffers. */
typedef enum arrow_form {
    ARROW_FIXED,        /* `width` bytes each: the writer takes them where they lie */
    ARROW_BITS,         /* booleans, bit-packed */
    ARROW_BOOL8,        /* booleans, an int8 each: anything but 0 is true */
    ARROW_STRINGS32,    /* int32 offsets and bytes */
    ARROW_STRINGS64,    /* int64 offsets and bytes */
    ARROW_VIEWS,        /* 16-byte views */
    ARROW_DICTIONARY,   /* integer indices of `width` bytes into an array of strings */
    ARROW_TENSOR,       /* fixed-size list of fixed-width elements, `width` bytes a row */
    ARROW_NARROW,       /* decimals of 4 or 8 bytes, which become wider */
    ARROW_LISTS32,      /* int32 offsets and an array of elements */
    ARROW_LISTS64,      /* int64 offsets and an array of elements */
    ARROW_LIST_VIEWS32, /* int32 offsets, int32 sizes and an array of elements, in any order */
    ARROW_LIST_VIEWS64, /* int64 offsets, int64 sizes */
    ARROW_NULL          /* no buffers, every value null: becomes a string column */
} arrow_form;

typedef struct arrow_type {
    arrow_form form;
    shmcol_type type;
    shmcol_unit unit;
    const char *zone; /* timestamp: in the schema's format string; NULL: none */
    uint32_t width;
    uint32_t precision, scale; /* decimal */
    bool index_unsigned;       /* dictionary */
    bool ordered;              /* dictionary */
    arrow_form values;         /* dictionary: how its strings lie; list: how its elements lie */
    shmcol_type element; /* tensor; list, whose unit, zone, precision and scale are the element's */
    uint32_t element_width; /* list: `width` of an element */
    uint32_t elements;      /* tensor: in one row */
    uint32_t dimensions;
    uint32_t shape[SHMCOL_MAX_DIMENSIONS];
} arrow_type;

/* Returns true for a form of lists, whose elements are a child. */
static inline bool arrow_form_is_list(arrow_form form)
{
    return form >= ARROW_LISTS32 && form <= ARROW_LIST_VIEWS64;
}

/* Finds the type of column `column` from its schema. Errors: TYPE_UNSUPPORTED, naming Arrow's type
 * and the column; BAD_ARROW for a schema that breaks Arrow's rules. */
shmcol_status arrow_type_of(const struct ArrowSchema *schema, uint32_t column, arrow_type *type,
                            shmcol_error *err);

/* Checks that `schema` is a struct whose children are there. Errors: BAD_ARROW, LIMIT (F-14). */
shmcol_status arrow_schema_check(const struct ArrowSchema *schema, shmcol_error *err);

/* Returns the name of a column for messages: never NULL. */
const char *arrow_name(const struct ArrowSchema *schema);

#endif
