/* The shape of a tensor, from the JSON of arrow.fixed_shape_tensor. */
#ifndef SHMCOL_ARROW_IMPORT_TENSOR_H
#define SHMCOL_ARROW_IMPORT_TENSOR_H

#include "shmcol.h"

typedef struct arrow_tensor_shape {
    uint32_t dimensions;
    uint32_t shape[SHMCOL_MAX_DIMENSIONS];
} arrow_tensor_shape;

/* Reads the shape from the metadata of arrow.fixed_shape_tensor, whose other properties must be
 * absent or say nothing. On failure *problem is the reason. Errors: BAD_ARROW, TYPE_UNSUPPORTED. */
shmcol_status arrow_tensor_parse(shmcol_text json, arrow_tensor_shape *shape, const char **problem);

#endif
