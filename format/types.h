/* The table of types (F-24) and the parameters that give a value its width (F-25). */
#ifndef SHMCOL_FORMAT_TYPES_H
#define SHMCOL_FORMAT_TYPES_H

#include <stdbool.h>

#include "format/ondisk.h"
#include "format/table.h"

/* The groups of buffers, in the order of the body (F-43). */
enum fmt_group {
    FMT_GROUP_NONE, /* a slot that is not used */
    FMT_GROUP_VALUES,
    FMT_GROUP_OFFSETS,
    FMT_GROUP_ELEMENT_OFFSETS,
    FMT_GROUP_CODES,
    FMT_GROUP_VALIDITY,
    FMT_GROUP_BYTES,
    FMT_GROUPS
};

/* The form of a type's bounds in a zone entry (F-47). */
enum fmt_bounds_kind {
    FMT_BOUNDS_NONE,
    FMT_BOUNDS_SIGNED,
    FMT_BOUNDS_UNSIGNED,
    FMT_BOUNDS_FLOAT16,
    FMT_BOUNDS_FLOAT32,
    FMT_BOUNDS_FLOAT64,
    FMT_BOUNDS_DECIMAL,
    FMT_BOUNDS_STRING
};

/* The types that may have elements of a type (F-25). */
enum { FMT_OF_TENSOR = 1, FMT_OF_LIST = 2 };

typedef struct fmt_type_info {
    const char *name; /* "float64" */
    uint8_t width;    /* bytes of a value; 0: given by the parameters, or none (string, binary) */
    uint8_t groups[FMT_SLOTS]; /* enum fmt_group; a list's elements: see fmt_slot_group */
    uint8_t child;  /* the first slot of an Arrow child array's own buffers; 0: no child (F-56) */
    uint8_t arrow;  /* type type of F-52; of a dictionary column: its values' */
    uint8_t bounds; /* enum fmt_bounds_kind */
    uint8_t unit_first, unit_last; /* units allowed; 1, 0: the type has no unit */
    uint8_t element_of;            /* FMT_OF_…: the types that it may be the element of */
    bool null_in_value;            /* a null is NaN or NaT in the value itself */
    uint64_t null_bits; /* the low `width` bytes of a null slot (F-24); wider ones are zero */
    const char
        *extension; /* the Arrow extension the type is (F-55), whose keys its metadata may not
                              have (F-34); NULL: none */
} fmt_type_info;

/* Returns the row of the table of types; NULL for a number that is no type. */
const fmt_type_info *fmt_type_of(uint16_t type);

/* Returns the enum fmt_group of a slot; FMT_GROUP_NONE for one that the type does not use. */
uint8_t fmt_slot_group(const fmt_descriptor *d, int slot);
/* Tells whether slot 1 holds offsets, and not values of d->width bytes. */
bool fmt_has_offsets(const fmt_descriptor *d);
/* Tells whether the column is an Arrow array with a child (F-55). */
bool fmt_has_child(const fmt_descriptor *d);
/* Returns how many elements that child has (F-56): of a list, M of F-27. */
uint64_t fmt_child_length(const fmt_descriptor *d);

/* Tells whether a column of that type has zone maps (F-46). The same types have an order, and may
 * be ascending (F-23). */
bool fmt_type_has_zones(uint16_t type);

/* Tells whether the column, or an element of the list, may have a time zone (F-25). */
bool fmt_may_have_zone(const fmt_descriptor *d);

/* Tells whether values of that type have a unit: times, timestamps, durations. */
bool fmt_type_has_unit(uint16_t type);
/* Returns fmt_type_info.extension, NULL also for a number that is no type. */
const char *fmt_type_extension(uint16_t type);
/* Returns the name of a unit: "s", "ms", "us" or "ns"; "?" for another number. */
const char *fmt_unit_name(uint8_t unit);

/* Returns P of F-25, the number of elements of one row's tensor; 0 if the dimensions break F-25. */
uint32_t fmt_tensor_elements(uint8_t dimensions, const uint32_t shape[7]);

/* Sets d->width and d->element_width from the type and its parameters; for fixed_binary and
 * dictionary, whose parameter it is, only checks the width. Returns false if they break F-25: a
 * parameter that the type does not have must be 0. Does not look at the name of the zone. */
bool fmt_derive_width(fmt_descriptor *d);

/* Return ceil(rows / 65,536) (F-46) and ceil(length / 524,288) (F-45). */
uint64_t fmt_zone_count(uint64_t rows);
uint64_t fmt_block_count(uint64_t length);

/* Finds the length of a slot by F-27, from type, width, length and null_count. `given` is the one
 * that it has where only the values say it: of bytes, and of a list's elements. `part`: it is a
 * column of a part of a table (F-79), which has a bitmap whatever its null_count is. Returns false
 * if a length that F-27 gives does not fit 63 bits, or if there is no number of elements that has
 * the length of a list's slot 2. */
bool fmt_slot_length(const fmt_descriptor *d, int slot, bool part, uint64_t given,
                     uint64_t *length);
/* Sets the stored and logical lengths of all slots so; `lengths` are those that are given. Returns
 * false where fmt_slot_length does. */
bool fmt_set_lengths(fmt_descriptor *d, const uint64_t lengths[FMT_SLOTS], bool part);

#endif
