/* Columns as arrays of the Arrow C data interface. */
#include <stdbool.h>
#include <stdlib.h>

#include "arrow/arena.h"
#include "arrow/export.h"
#include "error.h"

static void release_array(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release != NULL)
            array->children[i]->release(array->children[i]);
    if (array->dictionary != NULL && array->dictionary->release != NULL)
        array->dictionary->release(array->dictionary);
    array->release = NULL;
    arrow_arena_release(array->private_data);
}

/* Begins an array with room for its buffers. Returns false without memory. */
static bool start_array(struct ArrowArray *array, arrow_arena *arena, int64_t n_buffers)
{
    array->buffers = arrow_arena_take(arena, (size_t)n_buffers * sizeof *array->buffers);
    if (array->buffers == NULL)
        return false;
    array->n_buffers = n_buffers;
    arrow_arena_retain(arena);
    array->private_data = arena;
    array->release = release_array;
    return true;
}

static struct ArrowArray *add_inner(arrow_arena *arena, int64_t n_buffers)
{
    struct ArrowArray *inner = arrow_arena_take(arena, sizeof *inner);
    return inner != NULL && start_array(inner, arena, n_buffers) ? inner : NULL;
}

/* Makes the values of all rows the child of a tensor: the parent's offset and length select. */
static bool fill_tensor(const arrow_source *source, arrow_arena *arena, struct ArrowArray *out)
{
    int64_t elements = 1;
    for (uint32_t i = 0; i < source->info.dimensions; i++)
        elements *= source->info.shape[i];
    struct ArrowArray *item = add_inner(arena, 2);
    out->children = arrow_arena_take(arena, sizeof *out->children);
    if (item == NULL || out->children == NULL)
        return false;
    item->length = (int64_t)source->rows * elements;
    item->buffers[1] = source->values;
    out->children[0] = item;
    out->n_children = 1;
    return true;
}

/* Makes the elements of all rows the child of a list: its offsets select. */
static bool fill_list(const arrow_source *source, arrow_arena *arena, struct ArrowArray *out)
{
    const bool strings = source->info.element == SHMCOL_STRING;
    struct ArrowArray *item = add_inner(arena, strings ? 3 : 2);
    out->children = arrow_arena_take(arena, sizeof *out->children);
    if (item == NULL || out->children == NULL)
        return false;
    item->length = (int64_t)source->list.n_elements;
    item->buffers[1] = strings ? source->list.strings.offsets : source->list.elements;
    if (strings)
        item->buffers[2] = source->list.strings.data;
    out->children[0] = item;
    out->n_children = 1;
    return true;
}

static bool fill_dictionary(const arrow_source *source, arrow_arena *arena, struct ArrowArray *out)
{
    struct ArrowArray *values = add_inner(arena, 3);
    if (values == NULL)
        return false;
    values->length = (int64_t)source->dictionary.count;
    values->buffers[1] = source->dictionary.offsets;
    values->buffers[2] = source->dictionary.data;
    out->dictionary = values;
    return true;
}

static bool fill_column(const arrow_source *source, arrow_rows rows, arrow_arena *arena,
                        struct ArrowArray *out)
{
    shmcol_type type = source->info.type;
    bool strings = type == SHMCOL_STRING || type == SHMCOL_BINARY;
    if (!start_array(out, arena, type == SHMCOL_TENSOR ? 1 : strings ? 3 : 2))
        return false;
    out->length = (int64_t)rows.rows;
    out->offset = (int64_t)rows.first;
    /* -1: the consumer counts the nulls of a part of the rows, if it needs their number. */
    out->null_count = source->validity == NULL    ? 0
                      : rows.rows == source->rows ? (int64_t)source->info.null_count
                                                  : -1;
    out->buffers[0] = source->validity;
    if (type == SHMCOL_TENSOR)
        return fill_tensor(source, arena, out);
    out->buffers[1] = source->values;
    if (strings)
        out->buffers[2] = source->bytes;
    if (type == SHMCOL_LIST)
        return fill_list(source, arena, out);
    return type != SHMCOL_DICTIONARY || fill_dictionary(source, arena, out);
}

/* Hands `root` out, or frees everything. */
static shmcol_status finish(arrow_arena *arena, bool complete, const struct ArrowArray *root,
                            struct ArrowArray *out, shmcol_error *err)
{
    if (!complete) {
        arrow_arena_destroy(arena);
        return shm_fail_memory(err);
    }
    arrow_arena_release(arena);
    *out = *root;
    return SHMCOL_OK;
}

/* Makes the array of a whole column. Nothing is copied. Errors: NO_MEMORY. */
static shmcol_status array_of_column(shmcol_file *file, const arrow_source *source,
                                     struct ArrowArray *out, shmcol_error *err)
{
    arrow_arena *arena = arrow_arena_new(file, 0);
    if (arena == NULL)
        return shm_fail_memory(err);
    struct ArrowArray root = {0};
    arrow_rows all = {0, source->rows};
    bool complete = fill_column(source, all, arena, &root);
    return finish(arena, complete, &root, out, err);
}

static bool fill_table(const arrow_source *sources, uint32_t n, arrow_rows rows, arrow_arena *arena,
                       struct ArrowArray *out)
{
    struct ArrowArray *children = arrow_arena_take(arena, n * sizeof *children);
    out->children = arrow_arena_take(arena, n * sizeof *out->children);
    if (children == NULL || out->children == NULL || !start_array(out, arena, 1))
        return false;
    out->length = (int64_t)rows.rows;
    out->n_children = n;
    for (uint32_t i = 0; i < n; i++) {
        out->children[i] = &children[i];
        if (!fill_column(&sources[i], rows, arena, &children[i]))
            return false;
    }
    return true;
}

shmcol_status arrow_array_of_table(shmcol_file *file, const arrow_source *sources, uint32_t n,
                                   arrow_rows rows, struct ArrowArray *out, shmcol_error *err)
{
    arrow_arena *arena = arrow_arena_new(file, (size_t)n * 128);
    if (arena == NULL)
        return shm_fail_memory(err);
    struct ArrowArray root = {0};
    bool complete = fill_table(sources, n, rows, arena, &root);
    return finish(arena, complete, &root, out, err);
}

shmcol_status shmcol_export_column(shmcol_file *file, uint32_t column, uint32_t flags,
                                   struct ArrowSchema *schema, struct ArrowArray *array,
                                   shmcol_error *err)
{
    if (file == NULL || schema == NULL || array == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "shmcol_export_column needs a file and places for schema and array");
    arrow_source source;
    shmcol_status status = arrow_source_open(file, column, flags, &source, err);
    if (status != SHMCOL_OK)
        return status;
    struct ArrowSchema made;
    status = arrow_schema_of_column(file, column, &made, err);
    if (status != SHMCOL_OK)
        return status;
    status = array_of_column(file, &source, array, err);
    if (status != SHMCOL_OK) {
        made.release(&made);
        return status;
    }
    *schema = made;
    return SHMCOL_OK;
}

shmcol_status shmcol_export_table(shmcol_file *file, uint32_t flags, struct ArrowArray *array,
                                  shmcol_error *err)
{
    if (file == NULL || array == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "shmcol_export_table needs a file and a place for the array");
    uint32_t n = shmcol_columns(file);
    arrow_source *sources = calloc(n > 0 ? n : 1, sizeof *sources);
    if (sources == NULL)
        return shm_fail_memory(err);
    shmcol_status status;
    arrow_rows all = {0, shmcol_rows(file)};
    for (uint32_t i = 0; i < n; i++) {
        status = arrow_source_open(file, i, flags, &sources[i], err);
        if (status != SHMCOL_OK)
            goto done;
    }
    status = arrow_array_of_table(file, sources, n, all, array, err);
done:
    free(sources);
    return status;
}
