/* An imported schema as fields of a writer. */
#include <stdlib.h>
#include <string.h>

#include "arrow/import_type.h"
#include "arrow/metadata.h"
#include "error.h"

/* The memory that the fields of a schema need beside themselves. */
typedef struct needs {
    uint64_t pairs, bytes;
} needs;

/* Returns true if the column keeps the pair. The envelope writes the extension pairs of bool8 and
 * tensor columns itself (F-34). */
static bool is_kept(const shmcol_pair *pair, const arrow_type *type)
{
    if (type->type != SHMCOL_BOOL8 && type->type != SHMCOL_TENSOR)
        return true;
    return !arrow_text_is(pair->key, ARROW_EXTENSION_NAME) &&
           !arrow_text_is(pair->key, ARROW_EXTENSION_METADATA);
}

/* Adds the memory of one field to `total`. */
static shmcol_status measure(const struct ArrowSchema *child, const arrow_type *type, needs *total,
                             shmcol_error *err)
{
    size_t name = strlen(arrow_name(child));
    if (name >= UINT32_MAX)
        return shm_fail(err, SHMCOL_ERR_BAD_NAME, "F-31", "a name of %zu bytes is too long", name);
    total->bytes += name + 1;
    if (type->zone != NULL)
        total->bytes += strlen(type->zone) + 1;
    arrow_metadata_reader reader;
    shmcol_status status = arrow_metadata_begin(&reader, child->metadata, err);
    if (status != SHMCOL_OK)
        return status;
    while (reader.left > 0) {
        shmcol_pair pair;
        status = arrow_metadata_next(&reader, &pair, err);
        if (status != SHMCOL_OK)
            return status;
        if (!is_kept(&pair, type))
            continue;
        total->pairs++;
        total->bytes += pair.key.length + pair.value.length;
    }
    /* Columns may share their metadata: the sum must not wrap. */
    return total->bytes > INT64_MAX / 2 ? shm_fail_memory(err) : SHMCOL_OK;
}

static char *keep(char **at, const char *text, size_t length)
{
    char *copy = *at;
    if (length > 0)
        memcpy(copy, text, length);
    *at += length;
    return copy;
}

/* Copies the metadata that was measured, and so was read once without an error. */
static void fill_metadata(const struct ArrowSchema *child, const arrow_type *type,
                          shmcol_field *field, shmcol_pair **pairs, char **bytes)
{
    arrow_metadata_reader reader;
    shmcol_pair pair;
    field->metadata = *pairs;
    if (arrow_metadata_begin(&reader, child->metadata, NULL) != SHMCOL_OK)
        return;
    while (reader.left > 0 && arrow_metadata_next(&reader, &pair, NULL) == SHMCOL_OK) {
        if (!is_kept(&pair, type))
            continue;
        shmcol_pair *copy = (*pairs)++;
        copy->key = (shmcol_text){keep(bytes, pair.key.data, pair.key.length), pair.key.length};
        copy->value =
            (shmcol_text){keep(bytes, pair.value.data, pair.value.length), pair.value.length};
        field->metadata_count++;
    }
}

static void fill_field(const struct ArrowSchema *child, const arrow_type *type, shmcol_field *field,
                       shmcol_pair **pairs, char **bytes)
{
    const char *name = arrow_name(child);
    *field = (shmcol_field)SHMCOL_FIELD_INIT;
    field->name_length = (uint32_t)strlen(name);
    field->name = keep(bytes, name, (size_t)field->name_length + 1);
    field->type = type->type;
    /* A column of Arrow's null type holds nothing but nulls, whatever its flags say. */
    field->nullable = (child->flags & ARROW_FLAG_NULLABLE) != 0 || type->form == ARROW_NULL;
    field->unit = type->unit;
    if (type->zone != NULL)
        field->zone = keep(bytes, type->zone, strlen(type->zone) + 1);
    field->width = type->type == SHMCOL_FIXED_BINARY ? type->width : 0;
    field->precision = type->precision;
    field->scale = type->scale;
    if (type->type == SHMCOL_LIST)
        field->element = type->element;
    if (type->type == SHMCOL_TENSOR) {
        field->element = type->element;
        field->dimensions = type->dimensions;
        memcpy(field->shape, type->shape, sizeof field->shape);
    }
    fill_metadata(child, type, field, pairs, bytes);
}

shmcol_status shmcol_import_schema(const struct ArrowSchema *schema, shmcol_field **fields,
                                   uint32_t *n_fields, shmcol_error *err)
{
    if (fields == NULL || n_fields == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "shmcol_import_schema needs a place for the fields");
    shmcol_status status = arrow_schema_check(schema, err);
    if (status != SHMCOL_OK)
        return status;
    uint32_t n = (uint32_t)schema->n_children;
    needs total = {0, 0};
    for (uint32_t i = 0; i < n; i++) {
        arrow_type type;
        status = arrow_type_of(schema->children[i], i, &type, err);
        if (status != SHMCOL_OK)
            return status;
        status = measure(schema->children[i], &type, &total, err);
        if (status != SHMCOL_OK)
            return status;
    }
    /* One block: fields, pairs, text. */
    uint64_t size = n * sizeof(shmcol_field) + total.pairs * sizeof(shmcol_pair) + total.bytes + 1;
    shmcol_field *block = size <= PTRDIFF_MAX ? calloc(1, (size_t)size) : NULL;
    if (block == NULL)
        return shm_fail_memory(err);
    shmcol_pair *pairs = (shmcol_pair *)(void *)(block + n);
    char *bytes = (char *)(pairs + total.pairs);
    for (uint32_t i = 0; i < n; i++) {
        arrow_type type;
        if (arrow_type_of(schema->children[i], i, &type, NULL) == SHMCOL_OK)
            fill_field(schema->children[i], &type, &block[i], &pairs, &bytes);
    }
    *fields = block;
    *n_fields = n;
    return SHMCOL_OK;
}

void shmcol_fields_free(shmcol_field *fields)
{
    free(fields);
}
