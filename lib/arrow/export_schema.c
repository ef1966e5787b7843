/* Columns as schemas of the Arrow C data interface. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "arrow/arena.h"
#include "arrow/export.h"
#include "arrow/metadata.h"
#include "error.h"

static const char units[] = {'s', 'm', 'u', 'n'};

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release != NULL)
            schema->children[i]->release(schema->children[i]);
    if (schema->dictionary != NULL && schema->dictionary->release != NULL)
        schema->dictionary->release(schema->dictionary);
    schema->release = NULL;
    arrow_arena_release(schema->private_data);
}

/* Makes `schema` one more owner of the arena. */
static void own_schema(struct ArrowSchema *schema, arrow_arena *arena)
{
    arrow_arena_retain(arena);
    schema->private_data = arena;
    schema->release = release_schema;
}

static char *copy_text(arrow_arena *arena, const char *text, size_t length)
{
    char *copy = arrow_arena_take(arena, length + 1);
    if (copy != NULL && length > 0)
        memcpy(copy, text, length);
    return copy;
}

/* Returns the format string of a type without parameters, NULL for one that has some. */
static const char *plain_format(shmcol_type type)
{
    switch (type) {
    case SHMCOL_BOOL8: return "c"; /* the storage of arrow.bool8 */
    case SHMCOL_INT8: return "c";
    case SHMCOL_INT16: return "s";
    case SHMCOL_INT32: return "i";
    case SHMCOL_INT64: return "l";
    case SHMCOL_UINT8: return "C";
    case SHMCOL_UINT16: return "S";
    case SHMCOL_UINT32: return "I";
    case SHMCOL_UINT64: return "L";
    case SHMCOL_FLOAT16: return "e";
    case SHMCOL_FLOAT32: return "f";
    case SHMCOL_FLOAT64: return "g";
    case SHMCOL_DATE32: return "tdD";
    case SHMCOL_DATE64: return "tdm";
    case SHMCOL_STRING: return "U";
    case SHMCOL_BINARY: return "Z";
    case SHMCOL_LIST: return "+L";
    default: return NULL;
    }
}

/* Makes the format string of a type with parameters in the arena. Returns NULL without memory. */
static const char *made_format(const shmcol_column_info *info, shmcol_type type, uint64_t elements,
                               arrow_arena *arena)
{
    const char *zone = info->zone != NULL ? info->zone : "";
    size_t capacity = 32 + strlen(zone);
    char *format = arrow_arena_take(arena, capacity);
    if (format == NULL)
        return NULL;
    switch (type) {
    case SHMCOL_TIMESTAMP: snprintf(format, capacity, "ts%c:%s", units[info->unit], zone); break;
    case SHMCOL_DURATION: snprintf(format, capacity, "tD%c", units[info->unit]); break;
    case SHMCOL_TIME32:
    case SHMCOL_TIME64: snprintf(format, capacity, "tt%c", units[info->unit]); break;
    case SHMCOL_DICTIONARY:
        snprintf(format, capacity, "%s", info->width == 1 ? "c" : info->width == 2 ? "s" : "i");
        break;
    case SHMCOL_DECIMAL128:
        snprintf(format, capacity, "d:%u,%u", (unsigned)info->precision, (unsigned)info->scale);
        break;
    case SHMCOL_TENSOR: snprintf(format, capacity, "+w:%" PRIu64, elements); break;
    default: snprintf(format, capacity, "w:%u", (unsigned)info->width); break;
    }
    return format;
}

static shmcol_status set_format(const shmcol_column_info *info, shmcol_type type, uint64_t elements,
                                arrow_arena *arena, struct ArrowSchema *out, shmcol_error *err)
{
    out->format = plain_format(type);
    if (out->format == NULL)
        out->format = made_format(info, type, elements, arena);
    return out->format != NULL ? SHMCOL_OK : shm_fail_memory(err);
}

/* Makes the one child of a tensor or list, or the dictionary of a dictionary column. */
static struct ArrowSchema *add_inner(arrow_arena *arena, const char *name, int64_t flags)
{
    struct ArrowSchema *inner = arrow_arena_take(arena, sizeof *inner);
    if (inner == NULL)
        return NULL;
    inner->name = name;
    inner->flags = flags;
    own_schema(inner, arena);
    return inner;
}

/* The pairs of a column of bools, or of its elements (F-55). */
static const shmcol_pair bool8[] = {
    {{ARROW_EXTENSION_NAME, sizeof ARROW_EXTENSION_NAME - 1},
     {ARROW_EXTENSION_BOOL8, sizeof ARROW_EXTENSION_BOOL8 - 1}},
    {{ARROW_EXTENSION_METADATA, sizeof ARROW_EXTENSION_METADATA - 1}, {"", 0}},
};

/* Adds the child `item` of a tensor or list (F-55). */
static shmcol_status add_item(const shmcol_column_info *info, uint64_t elements, arrow_arena *arena,
                              struct ArrowSchema *out, shmcol_error *err)
{
    out->children = arrow_arena_take(arena, sizeof *out->children);
    struct ArrowSchema *item = add_inner(arena, "item", ARROW_FLAG_NULLABLE);
    if (out->children == NULL || item == NULL)
        return shm_fail_memory(err);
    out->children[0] = item;
    out->n_children = 1;
    if (info->element == SHMCOL_BOOL8) {
        shmcol_status status = arrow_metadata_encode_pairs(bool8, 2, arena, &item->metadata, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return set_format(info, info->element, elements, arena, item, err);
}

/* Adds the extension pairs of a tensor and its child. */
static shmcol_status fill_tensor(const shmcol_file *file, const shmcol_column_info *info,
                                 uint64_t elements, arrow_arena *arena, struct ArrowSchema *out,
                                 shmcol_error *err)
{
    char shape[16 + 11 * SHMCOL_MAX_DIMENSIONS] = "{\"shape\":[";
    size_t length = strlen(shape);
    for (uint32_t i = 0; i < info->dimensions; i++)
        length += (size_t)snprintf(shape + length, sizeof shape - length, "%s%u", i == 0 ? "" : ",",
                                   (unsigned)info->shape[i]);
    snprintf(shape + length, sizeof shape - length, "]}");
    const shmcol_pair extension[] = {
        {arrow_text(ARROW_EXTENSION_NAME), arrow_text(ARROW_EXTENSION_TENSOR)},
        {arrow_text(ARROW_EXTENSION_METADATA), arrow_text(shape)},
    };
    shmcol_status status =
        arrow_metadata_encode(file, info->index, extension, 2, arena, &out->metadata, err);
    if (status != SHMCOL_OK)
        return status;
    return add_item(info, elements, arena, out, err);
}

static shmcol_status fill_column(const shmcol_file *file, uint32_t column, arrow_arena *arena,
                                 struct ArrowSchema *out, shmcol_error *err)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_status status = arrow_source_info(file, column, &info, err);
    if (status != SHMCOL_OK)
        return status;
    uint64_t elements = 1;
    for (uint32_t i = 0; i < info.dimensions; i++)
        elements *= info.shape[i]; /* at most 2^31-1: F-25, checked with the descriptor */
    out->name = copy_text(arena, info.name, info.name_length);
    out->flags = info.nullable ? ARROW_FLAG_NULLABLE : 0;
    if (out->name == NULL)
        return shm_fail_memory(err);
    status = set_format(&info, info.type, elements, arena, out, err);
    if (status != SHMCOL_OK)
        return status;
    own_schema(out, arena);
    if (info.type == SHMCOL_TENSOR)
        return fill_tensor(file, &info, elements, arena, out, err);
    if (info.type == SHMCOL_LIST) {
        status = add_item(&info, elements, arena, out, err);
        if (status != SHMCOL_OK)
            return status;
    }
    if (info.type == SHMCOL_DICTIONARY) {
        out->flags |= info.dictionary_ordered ? ARROW_FLAG_DICTIONARY_ORDERED : 0;
        out->dictionary = add_inner(arena, "", 0);
        if (out->dictionary == NULL)
            return shm_fail_memory(err);
        out->dictionary->format = "U";
    }
    return arrow_metadata_encode(file, column, bool8, info.type == SHMCOL_BOOL8 ? 2 : 0, arena,
                                 &out->metadata, err);
}

/* Hands `root` out, or frees everything. */
static shmcol_status finish(arrow_arena *arena, shmcol_status status,
                            const struct ArrowSchema *root, struct ArrowSchema *out)
{
    if (status != SHMCOL_OK) {
        arrow_arena_destroy(arena);
        return status;
    }
    arrow_arena_release(arena);
    *out = *root;
    return SHMCOL_OK;
}

shmcol_status arrow_schema_of_column(shmcol_file *file, uint32_t column, struct ArrowSchema *out,
                                     shmcol_error *err)
{
    /* All text is copied, so a schema does not need the file. */
    arrow_arena *arena = arrow_arena_new(NULL, 0);
    if (arena == NULL)
        return shm_fail_memory(err);
    struct ArrowSchema root = {0};
    return finish(arena, fill_column(file, column, arena, &root, err), &root, out);
}

static shmcol_status fill_table(const shmcol_file *file, const uint32_t *columns, uint32_t n,
                                arrow_arena *arena, struct ArrowSchema *out, shmcol_error *err)
{
    struct ArrowSchema *children = arrow_arena_take(arena, n * sizeof *children);
    out->children = arrow_arena_take(arena, n * sizeof *out->children);
    if (children == NULL || out->children == NULL)
        return shm_fail_memory(err);
    out->format = "+s";
    out->name = "";
    shmcol_status status =
        arrow_metadata_encode(file, SHMCOL_TABLE, NULL, 0, arena, &out->metadata, err);
    if (status != SHMCOL_OK)
        return status;
    for (uint32_t i = 0; i < n; i++) {
        out->children[i] = &children[i];
        status = fill_column(file, columns != NULL ? columns[i] : i, arena, &children[i], err);
        if (status != SHMCOL_OK)
            return status;
    }
    out->n_children = n;
    own_schema(out, arena);
    return SHMCOL_OK;
}

shmcol_status arrow_schema_of_table(shmcol_file *file, const uint32_t *columns, uint32_t n,
                                    struct ArrowSchema *out, shmcol_error *err)
{
    arrow_arena *arena = arrow_arena_new(NULL, (size_t)n * 128);
    if (arena == NULL)
        return shm_fail_memory(err);
    struct ArrowSchema root = {0};
    return finish(arena, fill_table(file, columns, n, arena, &root, err), &root, out);
}

shmcol_status shmcol_export_schema(shmcol_file *file, struct ArrowSchema *schema, shmcol_error *err)
{
    if (file == NULL || schema == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "shmcol_export_schema needs a file and a place for the schema");
    return arrow_schema_of_table(file, NULL, shmcol_columns(file), schema, err);
}
