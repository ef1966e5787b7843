/* Imported batches: checked, then appended to a writer some rows at a time. */
#include "arrow/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arrow/import_array.h"
#include "arrow/import_list.h"
#include "arrow/metadata.h"
#include "error.h"
#include "secret.h"

/* The most rows that are converted at a time: those of a zone, or fewer if their values would need
 * more memory than this. */
enum { MOST_ROWS = 65536, MOST_BYTES = 16 << 20 };

struct arrow_importer {
    uint32_t n;
    /* true: all batches pass here. The importer gives the writer every dictionary, and notices the
     * values that a later batch adds. */
    bool whole;
    bool begun;            /* rows were appended: no dictionary can be given any more */
    uint64_t before, rows; /* appended so far; in the bound batch */
    shmcol_column_data *data;
    arrow_column *columns;
};

/* Makes the columns of the importer; on failure arrow_importer_free frees those it has. */
static shmcol_status make_columns(arrow_importer *importer, const struct ArrowSchema *schema,
                                  shmcol_error *err)
{
    uint32_t n = (uint32_t)schema->n_children;
    uint64_t secret = shm_secret();
    importer->columns = calloc((size_t)n + 1, sizeof *importer->columns);
    importer->data = calloc((size_t)n + 1, sizeof *importer->data);
    if (importer->columns == NULL || importer->data == NULL)
        return shm_fail_memory(err);
    importer->n = n;
    for (uint32_t i = 0; i < n; i++) {
        arrow_column *column = &importer->columns[i];
        column->index = i;
        column->dictionary.secret = secret;
        column->name = arrow_name(schema->children[i]);
        shmcol_status status = arrow_type_of(schema->children[i], i, &column->type, err);
        if (status == SHMCOL_OK && arrow_form_is_list(column->type.form))
            status = arrow_list_begin(column, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}

shmcol_status arrow_importer_new(const struct ArrowSchema *schema, bool whole, arrow_importer **out,
                                 shmcol_error *err)
{
    shmcol_status status = arrow_schema_check(schema, err);
    if (status != SHMCOL_OK)
        return status;
    arrow_importer *importer = calloc(1, sizeof *importer);
    if (importer == NULL)
        return shm_fail_memory(err);
    importer->whole = whole;
    status = make_columns(importer, schema, err);
    if (status != SHMCOL_OK) {
        arrow_importer_free(importer);
        return status;
    }
    *out = importer;
    return SHMCOL_OK;
}

void arrow_importer_free(arrow_importer *importer)
{
    if (importer == NULL)
        return;
    for (uint32_t i = 0; i < importer->n; i++)
        arrow_list_free(&importer->columns[i]);
    free(importer->columns);
    free(importer->data);
    free(importer);
}

/* Checks that the batch is a struct of `n` columns. check_root_rows checks its rows, after the
 * columns. */
static shmcol_status check_root(const struct ArrowArray *batch, uint32_t n, shmcol_error *err)
{
    const char *problem = NULL;
    if (batch == NULL || batch->release == NULL)
        problem = "it is missing or was released";
    else if (batch->length < 0 || batch->offset < 0 || batch->null_count < -1 ||
             batch->length > INT64_MAX - batch->offset)
        problem = "negative length, offset or null count, or a sum beyond 2^63";
    else if (batch->n_buffers != 1 || batch->buffers == NULL || batch->dictionary != NULL)
        problem = "it is not a struct array";
    else if (batch->n_children != n || (n > 0 && batch->children == NULL))
        problem = "it has not as many columns as its schema";
    else if (batch->null_count > 0)
        problem = "it has null rows";
    if (problem != NULL)
        return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "", "the Arrow array of a batch: %s", problem);
    return SHMCOL_OK;
}

/* Refuses a null row of the table itself, which has no place in a file. The columns were found to
 * be as long as the batch, so that a wrong length does not lead beyond the bitmap. */
static shmcol_status check_root_rows(const struct ArrowArray *batch, shmcol_error *err)
{
    if (batch->null_count == 0 || batch->buffers[0] == NULL)
        return SHMCOL_OK;
    for (int64_t row = 0; row < batch->length; row++)
        if (!shmcol_is_valid(batch->buffers[0], (uint64_t)(batch->offset + row))) {
            shm_fail(err, SHMCOL_ERR_BAD_ARROW, "", "the Arrow array of a batch: it has null rows");
            shm_error_row(err, row);
            return SHMCOL_ERR_BAD_ARROW;
        }
    return SHMCOL_OK;
}

/* Makes the row of a batch's error count from the table's first row. Errors of the writer do so
 * already. Returns `status`. */
static shmcol_status in_table(const arrow_importer *importer, shmcol_status status,
                              shmcol_error *err)
{
    if (status != SHMCOL_OK && err != NULL && err->row >= 0)
        err->row += (int64_t)importer->before;
    return status;
}

static bool has_values(const arrow_dictionary *dictionary)
{
    return dictionary->values != NULL && dictionary->values->count > 0;
}

/* Checks the batch's dictionary and maps its values. The first dictionary that has values is the
 * one that the writer is given, in its own order. */
static shmcol_status bind_dictionary(const arrow_importer *importer, arrow_column *column,
                                     shmcol_error *err)
{
    const struct ArrowArray *values = column->array->dictionary;
    const char *problem = NULL;
    arrow_texts texts;
    uint64_t count = values != NULL && values->length > 0 ? (uint64_t)values->length : 0;
    bool good = arrow_array_check(values, column->type.values, 0, 0, count, &problem);
    if (good) {
        problem = "its offsets do not ascend, or there are no bytes";
        good = arrow_array_texts(values, column->type.values, 0, count, &texts);
    }
    if (!good)
        return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "", "column \"%s\": dictionary: %s",
                        column->name, problem);
    bool gives = importer->whole || column->type.ordered;
    if (gives && !importer->begun && !column->as_strings && !has_values(&column->dictionary)) {
        shmcol_status status = arrow_dictionary_set(&column->dictionary, &texts, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return arrow_dictionary_map(&column->dictionary, &texts, err);
}

/* Checks a column of the batch, with its dictionary. */
static shmcol_status bind_column(const arrow_importer *importer, arrow_column *column,
                                 const struct ArrowArray *batch, shmcol_error *err)
{
    const struct ArrowArray *array = batch->children[column->index];
    uint64_t offset = (uint64_t)batch->offset, rows = (uint64_t)batch->length;
    shmcol_status status = arrow_list_bind(column, array, offset, rows, err);
    if (status == SHMCOL_OK && column->type.form == ARROW_DICTIONARY)
        status = bind_dictionary(importer, column, err);
    if (status != SHMCOL_OK)
        shm_error_column(err, column->index);
    return status;
}

shmcol_status arrow_importer_bind(arrow_importer *importer, const struct ArrowArray *batch,
                                  shmcol_error *err)
{
    shmcol_status status = check_root(batch, importer->n, err);
    if (status != SHMCOL_OK)
        return in_table(importer, status, err);
    for (uint32_t i = 0; i < importer->n; i++) {
        status = bind_column(importer, &importer->columns[i], batch, err);
        if (status != SHMCOL_OK)
            return in_table(importer, status, err);
    }
    status = check_root_rows(batch, err);
    if (status != SHMCOL_OK)
        return in_table(importer, status, err);
    importer->rows = (uint64_t)batch->length;
    return SHMCOL_OK;
}

/* Returns true if the writer was or will be given this column's dictionary. */
static bool is_given(const arrow_column *column)
{
    return column->type.form == ARROW_DICTIONARY && !column->as_strings &&
           has_values(&column->dictionary);
}

shmcol_status arrow_importer_conflict(const arrow_importer *importer, bool *conflict,
                                      shmcol_error *err)
{
    *conflict = false;
    for (uint32_t i = 0; i < importer->n; i++) {
        const arrow_column *column = &importer->columns[i];
        if (!is_given(column) || !column->dictionary.unknown)
            continue;
        if (column->type.ordered) {
            shm_fail(
                err, SHMCOL_ERR_TYPE_UNSUPPORTED, "",
                "column \"%s\" has an ordered dictionary that gets new values in a later batch",
                column->name);
            shm_error_hint(err, "unify the dictionaries of all batches first");
            shm_error_column(err, i);
            return SHMCOL_ERR_TYPE_UNSUPPORTED;
        }
        *conflict = true;
    }
    return SHMCOL_OK;
}

void arrow_importer_restart(arrow_importer *importer)
{
    for (uint32_t i = 0; i < importer->n; i++) {
        arrow_column *column = &importer->columns[i];
        column->as_strings = column->as_strings || (is_given(column) && column->dictionary.unknown);
        column->dictionary.given = false;
    }
    importer->begun = false;
    importer->before = 0;
}

bool arrow_importer_can_conflict(const arrow_importer *importer)
{
    for (uint32_t i = 0; i < importer->n; i++)
        if (is_given(&importer->columns[i]))
            return true;
    return false;
}

uint64_t arrow_importer_bytes(const arrow_importer *importer)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < importer->n; i++)
        bytes += arrow_list_bytes(&importer->columns[i]);
    return bytes;
}

void arrow_importer_from_row(arrow_importer *importer, uint64_t row)
{
    importer->before = row;
}

arrow_column *arrow_importer_column(arrow_importer *importer, uint32_t column)
{
    return &importer->columns[column];
}

/* Gives the writer a column's dictionary. The writer takes it once, before the first row. A caller
 * that appends batch by batch may have given it before, or with the first batch: then strings are
 * looked up in that one. */
static shmcol_status give_dictionary(const arrow_importer *importer, arrow_column *column,
                                     shmcol_writer *writer, shmcol_error *err)
{
    arrow_dictionary *dictionary = &column->dictionary;
    shmcol_strings distinct = SHMCOL_STRINGS_INIT;
    shmcol_error why = SHMCOL_ERROR_INIT;
    distinct.count = dictionary->values->count;
    distinct.offsets = dictionary->offsets;
    distinct.data =
        base_text_set_bytes(dictionary->values) != 0 ? (const char *)dictionary->values->bytes : "";
    distinct.data_length = base_text_set_bytes(dictionary->values);
    shmcol_status status =
        shmcol_writer_dictionary(writer, column->index, &distinct, column->type.ordered, &why);
    dictionary->given = status == SHMCOL_OK;
    column->as_strings = status == SHMCOL_ERR_WRITER_STATE && !importer->whole;
    if (status == SHMCOL_OK || column->as_strings)
        return SHMCOL_OK;
    shm_fail(err, status, why.rule, "%s", why.message);
    shm_error_column(err, column->index);
    return status;
}

/* Lowers *rows to the number of rows from `row` on that are converted next. */
static shmcol_status next_rows(const arrow_importer *importer, uint64_t row, uint64_t *rows,
                               shmcol_error *err)
{
    uint64_t a_row = 0, strings = 0;
    for (uint32_t i = 0; i < importer->n; i++) {
        a_row += arrow_list_scratch(&importer->columns[i]);
        strings += arrow_list_scratch(&importer->columns[i]) > 1;
    }
    if (a_row == 0)
        return SHMCOL_OK; /* nothing is converted: all rows go at once */
    uint64_t most = MOST_BYTES / a_row;
    most = most < 1 ? 1 : most > MOST_ROWS ? MOST_ROWS : most;
    *rows = *rows < most ? *rows : most;
    for (uint32_t i = 0; i < importer->n && strings > 0; i++) {
        shmcol_status status =
            arrow_list_fit(&importer->columns[i], row, rows, MOST_BYTES / strings, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}

/* Prepares rows [row, row + rows) of all columns for the writer. */
static shmcol_status prepare_rows(arrow_importer *importer, uint64_t row, uint64_t rows,
                                  shmcol_error *err)
{
    for (uint32_t i = 0; i < importer->n; i++) {
        shmcol_status status =
            arrow_list_prepare(&importer->columns[i], row, rows, &importer->data[i], err);
        if (status != SHMCOL_OK)
            return status;
    }
    return SHMCOL_OK;
}

shmcol_status arrow_importer_append(arrow_importer *importer, shmcol_writer *writer,
                                    shmcol_error *err)
{
    shmcol_status status;
    for (uint32_t i = 0; i < importer->n; i++) {
        arrow_column *column = &importer->columns[i];
        if (!is_given(column) || column->dictionary.given)
            continue;
        status = give_dictionary(importer, column, writer, err);
        if (status != SHMCOL_OK)
            return status;
    }
    for (uint64_t row = 0; row < importer->rows;) {
        uint64_t rows = importer->rows - row;
        status = next_rows(importer, row, &rows, err);
        if (status != SHMCOL_OK)
            return in_table(importer, status, err);
        status = prepare_rows(importer, row, rows, err);
        if (status != SHMCOL_OK)
            return in_table(importer, status, err);
        importer->begun = true;
        status = shmcol_writer_append(writer, rows, importer->data, importer->n, err);
        if (status != SHMCOL_OK)
            return status;
        row += rows;
    }
    importer->before += importer->rows;
    return SHMCOL_OK;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

/* Returns true if the schema's type becomes the type of the writer's column. Strings go as strings,
 * also into a dictionary column. A unit counts where the type has one. */
static bool same_type(const arrow_type *type, const shmcol_column_info *info)
{
    if (type->type == SHMCOL_STRING || type->type == SHMCOL_DICTIONARY)
        return info->type == SHMCOL_STRING || info->type == SHMCOL_DICTIONARY;
    if (type->type != info->type || !same_text(type->zone, info->zone))
        return false;
    if (type->type == SHMCOL_FIXED_BINARY && type->width != info->width)
        return false;
    bool tensor = type->type == SHMCOL_TENSOR, list = type->type == SHMCOL_LIST;
    shmcol_type value = tensor || list ? type->element : type->type;
    if (value == SHMCOL_DECIMAL128 &&
        (type->precision != info->precision || type->scale != info->scale))
        return false;
    if (list && type->element != info->element)
        return false;
    if (value >= SHMCOL_TIMESTAMP && value <= SHMCOL_TIME64 && type->unit != info->unit)
        return false;
    return !tensor || (type->element == info->element && type->dimensions == info->dimensions &&
                       memcmp(type->shape, info->shape, sizeof type->shape) == 0);
}

/* Compares the schema with the writer's columns, because the writer would read the array's buffers
 * as values of its own types. */
static shmcol_status check_writer(const arrow_importer *importer, const shmcol_writer *writer,
                                  shmcol_error *err)
{
    for (uint32_t i = 0; i < importer->n; i++) {
        const arrow_column *column = &importer->columns[i];
        shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
        if (shmcol_writer_column(writer, i, &info, NULL) != SHMCOL_OK)
            return shm_fail(err, SHMCOL_ERR_WRITER_STATE, "",
                            "the Arrow schema has %u columns, the writer has %u", importer->n, i);
        if (same_type(&column->type, &info))
            continue;
        shm_fail(err, SHMCOL_ERR_WRONG_TYPE, "",
                 "column \"%s\" of the Arrow schema is %s, but the writer's column %u is %s%s",
                 column->name, shmcol_type_name(column->type.type), i, shmcol_type_name(info.type),
                 info.type == column->type.type ? " of another unit, zone, width or shape" : "");
        shm_error_hint(err, "append with the schema that the writer's fields came from");
        shm_error_column(err, i);
        return SHMCOL_ERR_WRONG_TYPE;
    }
    return SHMCOL_OK;
}

shmcol_status shmcol_writer_append_arrow(shmcol_writer *writer, const struct ArrowSchema *schema,
                                         const struct ArrowArray *array, shmcol_error *err)
{
    arrow_importer *importer;
    if (writer == NULL)
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        "shmcol_writer_append_arrow needs a writer");
    shmcol_status status = arrow_importer_new(schema, false, &importer, err);
    if (status != SHMCOL_OK)
        return status;
    status = check_writer(importer, writer, err);
    if (status != SHMCOL_OK)
        goto done;
    status = arrow_importer_bind(importer, array, err);
    if (status != SHMCOL_OK)
        goto done;
    status = arrow_importer_append(importer, writer, err);
done:
    arrow_importer_free(importer);
    return status;
}
