/* Types of imported Arrow fields. */
#include "arrow/import_type.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/import_name.h"
#include "arrow/import_tensor.h"
#include "arrow/metadata.h"
#include "error.h"

typedef struct plain_type {
    const char *format;
    arrow_form form;
    shmcol_type type;
    shmcol_unit unit;
    uint32_t width;
} plain_type;

/* Every format without a parameter. */
static const plain_type plain_types[] = {
    {"n", ARROW_NULL, SHMCOL_STRING, SHMCOL_SECOND, 0},
    {"b", ARROW_BITS, SHMCOL_BOOL8, SHMCOL_SECOND, 0},
    {"c", ARROW_FIXED, SHMCOL_INT8, SHMCOL_SECOND, 1},
    {"C", ARROW_FIXED, SHMCOL_UINT8, SHMCOL_SECOND, 1},
    {"s", ARROW_FIXED, SHMCOL_INT16, SHMCOL_SECOND, 2},
    {"S", ARROW_FIXED, SHMCOL_UINT16, SHMCOL_SECOND, 2},
    {"i", ARROW_FIXED, SHMCOL_INT32, SHMCOL_SECOND, 4},
    {"I", ARROW_FIXED, SHMCOL_UINT32, SHMCOL_SECOND, 4},
    {"l", ARROW_FIXED, SHMCOL_INT64, SHMCOL_SECOND, 8},
    {"L", ARROW_FIXED, SHMCOL_UINT64, SHMCOL_SECOND, 8},
    {"e", ARROW_FIXED, SHMCOL_FLOAT16, SHMCOL_SECOND, 2},
    {"f", ARROW_FIXED, SHMCOL_FLOAT32, SHMCOL_SECOND, 4},
    {"g", ARROW_FIXED, SHMCOL_FLOAT64, SHMCOL_SECOND, 8},
    {"u", ARROW_STRINGS32, SHMCOL_STRING, SHMCOL_SECOND, 0},
    {"U", ARROW_STRINGS64, SHMCOL_STRING, SHMCOL_SECOND, 0},
    {"vu", ARROW_VIEWS, SHMCOL_STRING, SHMCOL_SECOND, 0},
    {"z", ARROW_STRINGS32, SHMCOL_BINARY, SHMCOL_SECOND, 0},
    {"Z", ARROW_STRINGS64, SHMCOL_BINARY, SHMCOL_SECOND, 0},
    {"vz", ARROW_VIEWS, SHMCOL_BINARY, SHMCOL_SECOND, 0},
    {"tdD", ARROW_FIXED, SHMCOL_DATE32, SHMCOL_SECOND, 4},
    {"tdm", ARROW_FIXED, SHMCOL_DATE64, SHMCOL_MILLI, 8},
    {"tts", ARROW_FIXED, SHMCOL_TIME32, SHMCOL_SECOND, 4},
    {"ttm", ARROW_FIXED, SHMCOL_TIME32, SHMCOL_MILLI, 4},
    {"ttu", ARROW_FIXED, SHMCOL_TIME64, SHMCOL_MICRO, 8},
    {"ttn", ARROW_FIXED, SHMCOL_TIME64, SHMCOL_NANO, 8},
    {"tDs", ARROW_FIXED, SHMCOL_DURATION, SHMCOL_SECOND, 8},
    {"tDm", ARROW_FIXED, SHMCOL_DURATION, SHMCOL_MILLI, 8},
    {"tDu", ARROW_FIXED, SHMCOL_DURATION, SHMCOL_MICRO, 8},
    {"tDn", ARROW_FIXED, SHMCOL_DURATION, SHMCOL_NANO, 8},
};

const char *arrow_name(const struct ArrowSchema *schema)
{
    return schema->name != NULL ? schema->name : "";
}

static shmcol_status bad(const struct ArrowSchema *schema, const char *what, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_BAD_ARROW, "", "column \"%s\" (Arrow format \"%s\"): %s",
             arrow_name(schema), schema->format, what);
    return SHMCOL_ERR_BAD_ARROW;
}

/* Refuses a column with its Arrow type, after which `what` (NULL: nothing) says more. */
static shmcol_status unsupported(const struct ArrowSchema *schema, const char *what,
                                 const char *hint, shmcol_error *err)
{
    char name[ARROW_TYPE_NAME];
    shm_fail(err, SHMCOL_ERR_TYPE_UNSUPPORTED, "",
             "column \"%s\" has the Arrow type %s%s%s, which shmcol does not have",
             arrow_name(schema), arrow_type_name(schema, name), what != NULL ? ": " : "",
             what != NULL ? what : "");
    if (hint != NULL)
        shm_error_hint(err, "%s", hint);
    return SHMCOL_ERR_TYPE_UNSUPPORTED;
}

/* Returns true if `schema`, which another one points at, is there: neither missing nor released,
 * and with a format. */
static bool is_there(const struct ArrowSchema *schema)
{
    return schema != NULL && schema->release != NULL && schema->format != NULL;
}

/* Refuses children where the type has none: a producer that gives them means another type. */
static shmcol_status check_childless(const struct ArrowSchema *column,
                                     const struct ArrowSchema *schema, shmcol_error *err)
{
    if (schema->n_children == 0)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_BAD_ARROW, "",
             "column \"%s\": the Arrow format \"%.40s\" has no children, but %" PRId64 " are given",
             arrow_name(column), schema->format, schema->n_children);
    return SHMCOL_ERR_BAD_ARROW;
}

/* Returns the decimal number that is the whole of `text`, in [1, 2^31-1]; 0 for any other text. */
static uint32_t positive(const char *text)
{
    char *end;
    if (text[0] < '0' || text[0] > '9')
        return 0;
    unsigned long long number = strtoull(text, &end, 10);
    return *end == '\0' && number >= 1 && number <= INT32_MAX ? (uint32_t)number : 0;
}

/* Reads a timestamp's format: "ts", a unit, a colon, the zone. Returns false for another format. */
static bool timestamp_of(const char *format, arrow_type *type)
{
    static const char units[] = "smun";
    if (strncmp(format, "ts", 2) != 0 || format[2] == '\0' || format[3] != ':')
        return false;
    const char *unit = strchr(units, format[2]);
    if (unit == NULL)
        return false;
    *type = (arrow_type){.form = ARROW_FIXED,
                         .type = SHMCOL_TIMESTAMP,
                         .unit = (shmcol_unit)(unit - units),
                         .width = 8};
    type->zone = format[4] != '\0' ? format + 4 : NULL;
    return true;
}

/* Finds the type of a decimal. Returns false for one that shmcol does not have. */
static bool decimal_of(const char *format, arrow_type *type)
{
    int precision, scale, bits;
    if (!arrow_decimal_read(format, &precision, &scale, &bits) || precision < 1 || precision > 38 ||
        scale < 0 || scale > precision || (bits != 32 && bits != 64 && bits != 128))
        return false;
    *type = (arrow_type){.form = bits == 128 ? ARROW_FIXED : ARROW_NARROW,
                         .type = SHMCOL_DECIMAL128,
                         .width = (uint32_t)bits / 8,
                         .precision = (uint32_t)precision,
                         .scale = (uint32_t)scale};
    return true;
}

/* Finds a type by its format alone. */
static shmcol_status storage_of(const struct ArrowSchema *schema, arrow_type *type,
                                shmcol_error *err)
{
    for (size_t i = 0; i < sizeof plain_types / sizeof *plain_types; i++) {
        const plain_type *plain = &plain_types[i];
        if (strcmp(schema->format, plain->format) == 0) {
            *type = (arrow_type){.form = plain->form,
                                 .type = plain->type,
                                 .unit = plain->unit,
                                 .width = plain->width};
            return SHMCOL_OK;
        }
    }
    if (timestamp_of(schema->format, type) || decimal_of(schema->format, type))
        return SHMCOL_OK;
    if (schema->format[0] == 'd')
        return unsupported(
            schema, NULL,
            "decimals have up to 38 digits and a scale of 0 to their number: cast it "
            "to such a decimal128, to float64 or to a string",
            err);
    if (strncmp(schema->format, "w:", 2) != 0 || strcmp(schema->format, "w:0") == 0)
        return unsupported(schema, NULL, NULL, err);
    uint32_t width = positive(schema->format + 2);
    if (width == 0)
        return bad(schema, "the width is not a positive number", err);
    *type = (arrow_type){.form = ARROW_FIXED, .type = SHMCOL_FIXED_BINARY, .width = width};
    return SHMCOL_OK;
}

/* Finds the type of a dictionary-encoded field: an integer index into utf8, large_utf8 or
 * utf8_view. Any other one is refused with both types. */
static shmcol_status dictionary_of(const struct ArrowSchema *schema, arrow_type *type,
                                   shmcol_error *err)
{
    const struct ArrowSchema *values = schema->dictionary;
    arrow_type index, value;
    shmcol_text extension;
    bool extended = false;
    shmcol_status status = storage_of(schema, &index, err);
    if (status != SHMCOL_OK)
        return status;
    if (index.form != ARROW_FIXED || index.type < SHMCOL_INT8 || index.type > SHMCOL_UINT64)
        return bad(schema, "dictionary indices must be integers", err);
    if (!is_there(values))
        return bad(schema, "the schema of its dictionary was released or has no format", err);
    status =
        arrow_metadata_find(values->metadata, ARROW_EXTENSION_NAME, &extension, &extended, err);
    if (status != SHMCOL_OK)
        return status;
    bool known = values->dictionary == NULL && storage_of(values, &value, NULL) == SHMCOL_OK;
    if (!known || extended || value.type != SHMCOL_STRING || value.form == ARROW_NULL) {
        return unsupported(schema, extended ? "its values are an extension type" : NULL,
                           "only strings can be dictionary-encoded; decode the column first", err);
    }
    status = check_childless(schema, values, err);
    if (status != SHMCOL_OK)
        return status;
    *type = (arrow_type){.form = ARROW_DICTIONARY,
                         .type = SHMCOL_DICTIONARY,
                         .width = index.width,
                         .values = value.form};
    type->index_unsigned = index.type >= SHMCOL_UINT8;
    type->ordered = (schema->flags & ARROW_FLAG_DICTIONARY_ORDERED) != 0;
    return SHMCOL_OK;
}

/* Returns true for a type that elements of a tensor can have (F-25). */
static bool is_element(const arrow_type *type)
{
    return type->type == SHMCOL_FLOAT16 ||
           (type->type <= SHMCOL_DURATION && type->type != SHMCOL_DATE64 && type->zone == NULL);
}

/* Finds the type of a fixed-size list of fixed-width elements: a tensor, of the shape in the
 * metadata if it is an `extension`, else of one dimension. */
static shmcol_status tensor_of(const struct ArrowSchema *schema, bool extension, arrow_type *type,
                               shmcol_error *err)
{
    const struct ArrowSchema *item =
        schema->n_children == 1 && schema->children != NULL ? schema->children[0] : NULL;
    shmcol_text json = {"", 0};
    bool found = false;
    arrow_type element;
    arrow_tensor_shape shape;
    const char *problem = NULL;
    uint32_t size = strncmp(schema->format, "+w:", 3) == 0 ? positive(schema->format + 3) : 0;
    if (size == 0)
        return bad(schema,
                   extension ? "arrow.fixed_shape_tensor is not over a fixed-size list of elements"
                             : "the size of the list is not a positive number",
                   err);
    if (!is_there(item))
        return bad(schema, "the schema of its elements is missing, was released or has no format",
                   err);
    shmcol_status status =
        arrow_metadata_find(item->metadata, ARROW_EXTENSION_NAME, &json, &found, err);
    if (status != SHMCOL_OK)
        return status;
    bool plain = !found && item->dictionary == NULL &&
                 storage_of(item, &element, NULL) == SHMCOL_OK && element.form == ARROW_FIXED;
    if (!plain || !is_element(&element)) {
        return unsupported(
            schema, found ? "its elements are an extension type" : NULL,
            "elements can be integers, floats, date32, durations and timestamps without a zone",
            err);
    }
    status = check_childless(schema, item, err);
    if (status == SHMCOL_OK)
        status =
            arrow_metadata_find(schema->metadata, ARROW_EXTENSION_METADATA, &json, &found, err);
    if (status != SHMCOL_OK)
        return status;
    shape = (arrow_tensor_shape){1, {size}};
    if (extension)
        status = arrow_tensor_parse(json, &shape, &problem);
    if (status == SHMCOL_ERR_TYPE_UNSUPPORTED)
        return unsupported(schema, problem, NULL, err);
    if (status != SHMCOL_OK)
        return bad(schema, problem, err);
    *type = (arrow_type){.form = ARROW_TENSOR,
                         .type = SHMCOL_TENSOR,
                         .unit = element.unit,
                         .element = element.type,
                         .elements = size};
    uint64_t product = 1;
    for (uint32_t i = 0; i < shape.dimensions && product <= INT32_MAX; i++)
        product *= shape.shape[i];
    if (product != size)
        return bad(schema, "the shape of the tensor is not the size of the list", err);
    if ((uint64_t)size * element.width > INT32_MAX)
        return unsupported(schema, "more than 2,147,483,647 bytes a row", NULL, err);
    type->width = size * element.width;
    type->dimensions = shape.dimensions;
    memcpy(type->shape, shape.shape, sizeof type->shape);
    return SHMCOL_OK;
}

/* Returns the form of a list's format; ARROW_NULL for another format. */
static arrow_form list_form(const char *format)
{
    static const struct {
        const char *format;
        arrow_form form;
    } lists[] = {{"+l", ARROW_LISTS32},
                 {"+L", ARROW_LISTS64},
                 {"+vl", ARROW_LIST_VIEWS32},
                 {"+vL", ARROW_LIST_VIEWS64}};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(format, lists[i].format) == 0)
            return lists[i].form;
    return ARROW_NULL;
}

/* Returns true for a type that elements of a list can have (F-24). */
static bool is_list_element(const arrow_type *type)
{
    return type->form != ARROW_NULL &&
           (type->type <= SHMCOL_STRING || type->type == SHMCOL_FLOAT16 ||
            type->type == SHMCOL_DECIMAL128);
}

/* Finds the type of a list of any number of elements. */
static shmcol_status list_of(const struct ArrowSchema *schema, arrow_type *type, shmcol_error *err)
{
    const struct ArrowSchema *item =
        schema->n_children == 1 && schema->children != NULL ? schema->children[0] : NULL;
    shmcol_text extension;
    bool extended = false, known;
    arrow_type element = {0};
    if (!is_there(item))
        return bad(schema, "the schema of its elements is missing, was released or has no format",
                   err);
    shmcol_status status =
        arrow_metadata_find(item->metadata, ARROW_EXTENSION_NAME, &extension, &extended, err);
    if (status != SHMCOL_OK)
        return status;
    if (extended && arrow_text_is(extension, ARROW_EXTENSION_BOOL8)) {
        if (strcmp(item->format, "c") != 0 || item->dictionary != NULL)
            return bad(schema, "arrow.bool8 is not over int8", err);
        element = (arrow_type){.form = ARROW_BOOL8, .type = SHMCOL_BOOL8, .width = 1};
        known = true;
    } else {
        known = !extended && item->dictionary == NULL &&
                storage_of(item, &element, NULL) == SHMCOL_OK && is_list_element(&element);
    }
    if (!known)
        return unsupported(schema, extended ? "its elements are an extension type" : NULL,
                           "elements of a list can be bools, numbers, decimals, dates, times, "
                           "durations and strings",
                           err);
    status = check_childless(schema, item, err);
    if (status != SHMCOL_OK)
        return status;
    *type = element;
    type->form = list_form(schema->format);
    type->type = SHMCOL_LIST;
    type->values = element.form;
    type->element = element.type;
    type->element_width = element.width;
    type->width = 0;
    return SHMCOL_OK;
}

/* Finds the type of an extension. Extension types that are not known pass with their storage and
 * metadata, if shmcol stores that type unchanged. */
static shmcol_status extension_of(const struct ArrowSchema *schema, shmcol_text name,
                                  arrow_type *type, shmcol_error *err)
{
    if (arrow_text_is(name, ARROW_EXTENSION_TENSOR))
        return tensor_of(schema, true, type, err);
    if (arrow_text_is(name, ARROW_EXTENSION_BOOL8)) {
        if (strcmp(schema->format, "c") != 0 || schema->dictionary != NULL)
            return bad(schema, "arrow.bool8 is not over int8", err);
        *type = (arrow_type){.form = ARROW_BOOL8, .type = SHMCOL_BOOL8, .width = 1};
        return SHMCOL_OK;
    }
    if (schema->dictionary != NULL)
        return dictionary_of(schema, type, err);
    if (list_form(schema->format) != ARROW_NULL)
        return list_of(schema, type, err);
    shmcol_status status = storage_of(schema, type, err);
    if (status == SHMCOL_OK && (type->form == ARROW_BITS || type->form == ARROW_NULL)) {
        char text[160];
        int length = name.length < 80 ? (int)name.length : 80;
        snprintf(text, sizeof text, "\"%.*s\" (an extension of %s)", length, name.data,
                 type->form == ARROW_BITS ? "bool" : "null");
        return unsupported(schema, text, NULL, err);
    }
    return status;
}

static shmcol_status type_of(const struct ArrowSchema *schema, arrow_type *type, shmcol_error *err)
{
    shmcol_text extension;
    bool extended = false;
    if (schema->format == NULL)
        return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "", "column \"%s\" has no Arrow format",
                        arrow_name(schema));
    shmcol_status status =
        arrow_metadata_find(schema->metadata, ARROW_EXTENSION_NAME, &extension, &extended, err);
    if (status != SHMCOL_OK)
        return status;
    if (extended)
        return extension_of(schema, extension, type, err);
    if (schema->dictionary != NULL)
        return dictionary_of(schema, type, err);
    if (strncmp(schema->format, "+w:", 3) == 0 && strcmp(schema->format, "+w:0") != 0)
        return tensor_of(schema, false, type, err);
    if (list_form(schema->format) != ARROW_NULL)
        return list_of(schema, type, err);
    return storage_of(schema, type, err);
}

shmcol_status arrow_type_of(const struct ArrowSchema *schema, uint32_t column, arrow_type *type,
                            shmcol_error *err)
{
    shmcol_status status = type_of(schema, type, err);
    if (status == SHMCOL_OK && type->form != ARROW_TENSOR && !arrow_form_is_list(type->form))
        status = check_childless(schema, schema, err);
    if (status != SHMCOL_OK)
        shm_error_column(err, column);
    return status;
}

shmcol_status arrow_schema_check(const struct ArrowSchema *schema, shmcol_error *err)
{
    if (schema == NULL || schema->release == NULL || schema->format == NULL)
        return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "",
                        "the Arrow schema is missing or was released");
    if (strcmp(schema->format, "+s") != 0)
        return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "",
                        "the Arrow schema is no struct (a table) but of format \"%.40s\"",
                        schema->format);
    if (schema->dictionary != NULL)
        return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "",
                        "the Arrow schema is a dictionary-encoded struct");
    if (schema->n_children < 0 || (schema->n_children > 0 && schema->children == NULL))
        return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "",
                        "the Arrow schema says it has %" PRId64 " columns but has none",
                        schema->n_children);
    if (schema->n_children >= UINT32_MAX)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-14", "%" PRId64 " columns are too many",
                        schema->n_children);
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i] == NULL || schema->children[i]->release == NULL)
            return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "",
                            "column %" PRId64 " of the Arrow schema is missing or was released", i);
    return SHMCOL_OK;
}
