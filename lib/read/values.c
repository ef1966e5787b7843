/* Typed access to fixed-width columns, in place: no allocation, no copy. */
#include <inttypes.h>

#include "format/ondisk.h"
#include "format/types.h"
#include "read/file.h"

shmcol_status read_has_nulls(const read_column *column, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_HAS_NULLS, "", "column \"%.200s\" has %" PRIu64 " nulls", column->name,
             column->descriptor.null_count);
    shm_error_hint(err, "pass a pointer for the validity");
    return read_column_error(column, SHMCOL_ERR_HAS_NULLS, err);
}

/* A null must not be read as the zero that lies in its slot: who passes no place for the validity
 * may only have columns without nulls, or with a NaN or NaT there. */
static shmcol_status take_values(const read_column *column, const void **values,
                                 const uint8_t **validity, shmcol_error *err)
{
    const fmt_descriptor *d = &column->descriptor;
    if (d->null_count != 0 && validity == NULL && !fmt_type_of(d->type)->null_in_value)
        return read_has_nulls(column, err);
    const uint8_t *at, *bitmap = NULL;
    shmcol_status status = read_values_of(column, &at, validity != NULL ? &bitmap : NULL, err);
    if (status != SHMCOL_OK)
        return status;
    *values = at;
    if (validity != NULL)
        *validity = bitmap;
    return SHMCOL_OK;
}

/* Finds the values of the column called `name`, which must be of type `type`. */
static shmcol_status typed(const shmcol_file *file, const char *name, uint16_t type,
                           read_column *column, const void **values, uint64_t *n,
                           const uint8_t **validity, shmcol_error *err)
{
    shmcol_status status = read_column_named(file, name, column, err);
    if (status != SHMCOL_OK)
        return status;
    if (column->descriptor.type != type)
        return read_wrong_type(column, shmcol_type_name((shmcol_type)type), err);
    status = take_values(column, values, validity, err);
    if (status == SHMCOL_OK && n != NULL)
        *n = column->descriptor.length;
    return status;
}

static shmcol_status no_place(shmcol_error *err)
{
    return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "", "values is NULL");
}

/* The families of functions in shmcol.h: floats and instants whose null is in the value, values
 * with a validity, and both with a unit besides. */
#define GET(number, validity)                                                                      \
    read_column column;                                                                            \
    const void *at = NULL;                                                                         \
    shmcol_status status = values == NULL                                                          \
                               ? no_place(err)                                                     \
                               : typed(file, name, number, &column, &at, n, validity, err);        \
    if (status == SHMCOL_OK)                                                                       \
        *values = at;

#define IN_VALUE(function, number, ctype)                                                          \
    shmcol_status function(const shmcol_file *file, const char *name, const ctype **values,        \
                           uint64_t *n, shmcol_error *err)                                         \
    {                                                                                              \
        GET(number, NULL)                                                                          \
        return status;                                                                             \
    }

#define IN_VALUE_UNIT(function, number, ctype)                                                     \
    shmcol_status function(const shmcol_file *file, const char *name, const ctype **values,        \
                           uint64_t *n, shmcol_unit *unit, shmcol_error *err)                      \
    {                                                                                              \
        GET(number, NULL)                                                                          \
        if (status == SHMCOL_OK && unit != NULL)                                                   \
            *unit = (shmcol_unit)column.descriptor.unit;                                           \
        return status;                                                                             \
    }

#define WITH_VALIDITY(function, number, ctype)                                                     \
    shmcol_status function(const shmcol_file *file, const char *name, const ctype **values,        \
                           uint64_t *n, const uint8_t **validity, shmcol_error *err)               \
    {                                                                                              \
        GET(number, validity)                                                                      \
        return status;                                                                             \
    }

#define WITH_VALIDITY_UNIT(function, number, ctype)                                                \
    shmcol_status function(const shmcol_file *file, const char *name, const ctype **values,        \
                           uint64_t *n, shmcol_unit *unit, const uint8_t **validity,               \
                           shmcol_error *err)                                                      \
    {                                                                                              \
        GET(number, validity)                                                                      \
        if (status == SHMCOL_OK && unit != NULL)                                                   \
            *unit = (shmcol_unit)column.descriptor.unit;                                           \
        return status;                                                                             \
    }

IN_VALUE(shmcol_float16, FMT_FLOAT16, uint16_t)
IN_VALUE(shmcol_float32, FMT_FLOAT32, float)
IN_VALUE(shmcol_float64, FMT_FLOAT64, double)
IN_VALUE(shmcol_date64, FMT_DATE64, int64_t)
IN_VALUE_UNIT(shmcol_timestamp, FMT_TIMESTAMP, int64_t)
IN_VALUE_UNIT(shmcol_duration, FMT_DURATION, int64_t)
WITH_VALIDITY(shmcol_bool8, FMT_BOOL8, uint8_t)
WITH_VALIDITY(shmcol_int8, FMT_INT8, int8_t)
WITH_VALIDITY(shmcol_int16, FMT_INT16, int16_t)
WITH_VALIDITY(shmcol_int32, FMT_INT32, int32_t)
WITH_VALIDITY(shmcol_int64, FMT_INT64, int64_t)
WITH_VALIDITY(shmcol_uint8, FMT_UINT8, uint8_t)
WITH_VALIDITY(shmcol_uint16, FMT_UINT16, uint16_t)
WITH_VALIDITY(shmcol_uint32, FMT_UINT32, uint32_t)
WITH_VALIDITY(shmcol_uint64, FMT_UINT64, uint64_t)
WITH_VALIDITY(shmcol_date32, FMT_DATE32, int32_t)
WITH_VALIDITY_UNIT(shmcol_time32, FMT_TIME32, int32_t)
WITH_VALIDITY_UNIT(shmcol_time64, FMT_TIME64, int64_t)

shmcol_status shmcol_decimal128(const shmcol_file *file, const char *name,
                                const shmcol_decimal **values, uint64_t *n, uint32_t *precision,
                                uint32_t *scale, const uint8_t **validity, shmcol_error *err)
{
    GET(FMT_DECIMAL128, validity)
    if (status == SHMCOL_OK && precision != NULL)
        *precision = column.descriptor.precision;
    if (status == SHMCOL_OK && scale != NULL)
        *scale = column.descriptor.scale;
    return status;
}

shmcol_status shmcol_fixed_binary(const shmcol_file *file, const char *name, const uint8_t **values,
                                  uint64_t *n, uint32_t *width, const uint8_t **validity,
                                  shmcol_error *err)
{
    GET(FMT_FIXED_BINARY, validity)
    if (status == SHMCOL_OK && width != NULL)
        *width = column.descriptor.width;
    return status;
}

shmcol_status shmcol_tensor(const shmcol_file *file, const char *name, const void **values,
                            uint64_t *n, const uint8_t **validity, shmcol_error *err)
{
    GET(FMT_TENSOR, validity)
    return status;
}

shmcol_status shmcol_values(const shmcol_file *file, uint32_t column, const void **values,
                            const uint8_t **validity, shmcol_error *err)
{
    read_column c;
    if (values == NULL)
        return no_place(err);
    shmcol_status status = read_column_plain(file, column, &c, err);
    if (status == SHMCOL_OK && c.descriptor.width == 0)
        status = read_wrong_type(&c, "of a fixed width", err);
    return status == SHMCOL_OK ? take_values(&c, values, validity, err) : status;
}

shmcol_status shmcol_validity(const shmcol_file *file, uint32_t column, const uint8_t **validity,
                              shmcol_error *err)
{
    read_column c;
    if (validity == NULL)
        return no_place(err);
    shmcol_status status = read_column_plain(file, column, &c, err);
    return status == SHMCOL_OK ? read_validity_of(&c, validity, err) : status;
}
