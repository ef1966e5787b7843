/* The JSON of arrow.fixed_shape_tensor: an object with "shape" and perhaps "permutation" and
 * "dim_names". */
#include "arrow/import_tensor.h"

#include <stdbool.h>
#include <string.h>

#include "arrow/metadata.h"

typedef struct reader {
    const char *at, *end;
} reader;

static char peek(reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
    return r->at < r->end ? *r->at : '\0';
}

static bool accept(reader *r, char c)
{
    if (peek(r) != c)
        return false;
    r->at++;
    return true;
}

static bool accept_null(reader *r)
{
    if (peek(r) != 'n' || r->end - r->at < 4 || memcmp(r->at, "null", 4) != 0)
        return false;
    r->at += 4;
    return true;
}

/* Reads a string without resolving escapes: no key that is known has any. */
static bool read_string(reader *r, shmcol_text *text)
{
    if (!accept(r, '"'))
        return false;
    const char *begin = r->at;
    while (r->at < r->end && *r->at != '"')
        r->at += *r->at == '\\' && r->end - r->at > 1 ? 2 : 1;
    if (r->at >= r->end)
        return false;
    *text = (shmcol_text){begin, (uint64_t)(r->at - begin)};
    r->at++;
    return true;
}

static bool read_number(reader *r, uint64_t *number)
{
    char c = peek(r);
    if (c < '0' || c > '9')
        return false;
    *number = 0;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        *number = *number * 10 + (uint64_t)(*r->at - '0');
        if (*number > UINT32_MAX)
            return false;
        r->at++;
    }
    return true;
}

/* Reads an array of numbers: the first SHMCOL_MAX_DIMENSIONS of them, and their count. */
static bool read_numbers(reader *r, uint64_t numbers[SHMCOL_MAX_DIMENSIONS], uint32_t *count)
{
    *count = 0;
    if (!accept(r, '['))
        return false;
    if (accept(r, ']'))
        return true;
    do {
        uint64_t number;
        if (!read_number(r, &number))
            return false;
        if (*count < SHMCOL_MAX_DIMENSIONS)
            numbers[*count] = number;
        ++*count;
    } while (accept(r, ','));
    return accept(r, ']');
}

/* Reads an array of strings. Sets *any if one of them is not empty. */
static bool read_names(reader *r, bool *any)
{
    *any = false;
    if (!accept(r, '['))
        return false;
    if (accept(r, ']'))
        return true;
    do {
        shmcol_text name;
        if (!accept_null(r)) {
            if (!read_string(r, &name))
                return false;
            *any = *any || name.length > 0;
        }
    } while (accept(r, ','));
    return accept(r, ']');
}

typedef struct properties {
    uint64_t shape[SHMCOL_MAX_DIMENSIONS], permutation[SHMCOL_MAX_DIMENSIONS];
    uint32_t dimensions, permuted;
    bool named, unknown;
} properties;

static bool read_property(reader *r, properties *p)
{
    shmcol_text key;
    if (!read_string(r, &key) || !accept(r, ':'))
        return false;
    if (arrow_text_is(key, "shape"))
        return read_numbers(r, p->shape, &p->dimensions);
    if (accept_null(r))
        return true;
    if (arrow_text_is(key, "permutation"))
        return read_numbers(r, p->permutation, &p->permuted);
    if (arrow_text_is(key, "dim_names"))
        return read_names(r, &p->named);
    p->unknown = true;
    return true;
}

static bool read_object(reader *r, properties *p)
{
    if (!accept(r, '{'))
        return false;
    if (accept(r, '}'))
        return true;
    do {
        if (!read_property(r, p))
            return false;
        if (p->unknown) /* its value is not read: the answer is known */
            return true;
    } while (accept(r, ','));
    return accept(r, '}') && peek(r) == '\0' && r->at == r->end;
}

shmcol_status arrow_tensor_parse(shmcol_text json, arrow_tensor_shape *shape, const char **problem)
{
    reader r = {json.data, json.data + json.length};
    properties p = {{0}, {0}, 0, 0, false, false};
    if (!read_object(&r, &p)) {
        *problem = "the metadata of arrow.fixed_shape_tensor is not a JSON object with a shape";
        return SHMCOL_ERR_BAD_ARROW;
    }
    /* F-25 keeps the shape alone: another property that has a meaning is refused, not lost. */
    *problem = p.unknown ? "fixed_shape_tensor with a property of its own"
                         : "fixed_shape_tensor with dim_names";
    if (p.unknown || p.named)
        return SHMCOL_ERR_TYPE_UNSUPPORTED;
    *problem = "fixed_shape_tensor of 0 or of more than 7 dimensions";
    if (p.dimensions == 0 || p.dimensions > SHMCOL_MAX_DIMENSIONS)
        return SHMCOL_ERR_TYPE_UNSUPPORTED;
    *problem = "fixed_shape_tensor with a permutation";
    for (uint32_t i = 0; i < p.permuted; i++)
        if (p.permuted != p.dimensions || p.permutation[i] != i)
            return SHMCOL_ERR_TYPE_UNSUPPORTED;
    shape->dimensions = p.dimensions;
    memset(shape->shape, 0, sizeof shape->shape);
    *problem = "fixed_shape_tensor with a dimension of 0";
    for (uint32_t i = 0; i < p.dimensions; i++) {
        shape->shape[i] = (uint32_t)p.shape[i];
        if (shape->shape[i] == 0)
            return SHMCOL_ERR_TYPE_UNSUPPORTED;
    }
    return SHMCOL_OK;
}
