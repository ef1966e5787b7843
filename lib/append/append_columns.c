/* Columns of the table, and those of what is appended: matched by name (F-81). */
#include <stdlib.h>

#include "append/append.h"
#include "secret.h"

static shmcol_status describe(const shmcol_file *file, uint32_t index, append_column *c,
                              shmcol_error *err)
{
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_status status = shmcol_get_column(file, index, &info, err);
    if (status != SHMCOL_OK)
        return status;
    if (!info.supported) {
        shm_fail(err, SHMCOL_ERR_COLUMN_UNSUPPORTED, "F-24",
                 "column \"%.200s\" of the table is of a later version's type", info.name);
        shm_error_column(err, index);
        return SHMCOL_ERR_COLUMN_UNSUPPORTED;
    }
    c->field = append_field_of(&info);
    c->ordered = info.type == SHMCOL_DICTIONARY && info.dictionary_ordered;
    return append_pairs_of_file(&c->pairs, file, index, false, err);
}

shmcol_status append_columns_of(const shmcol_file *file, append_column **columns, uint32_t *n,
                                shmcol_error *err)
{
    *n = shmcol_columns(file);
    *columns = calloc((size_t)*n + 1, sizeof(**columns));
    if (*columns == NULL)
        return shm_fail_memory(err);
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; i < *n && status == SHMCOL_OK; i++)
        status = describe(file, i, &(*columns)[i], err);
    return status;
}

void append_columns_free(append_column *columns, uint32_t n)
{
    for (uint32_t i = 0; i < n && columns != NULL; i++) {
        free(columns[i].pairs.pairs);
        base_text_set_free(columns[i].words);
        free(columns[i].offsets);
    }
    free(columns);
}

/* ---- names ---- */

static shmcol_status no_column(const char *name, uint32_t length, bool in_table, shmcol_error *err)
{
    const int shown = length < 200 ? (int)length : 200;
    shm_fail(err, SHMCOL_ERR_NO_COLUMN, "F-81",
             in_table ? "column \"%.*s\" of the table is not among those that are appended"
                      : "column \"%.*s\" is not in the table",
             shown, name);
    shm_error_hint(err, "an append has the columns of the table, in any order");
    return SHMCOL_ERR_NO_COLUMN;
}

static shmcol_status wrong_type(const append_column *c, uint32_t index, const shmcol_field *f,
                                shmcol_error *err)
{
    char has[APPEND_TYPE_TEXT], wants[APPEND_TYPE_TEXT];
    const int shown = f->name_length < 120 ? (int)f->name_length : 120;
    shm_fail(err, SHMCOL_ERR_WRONG_TYPE, "F-81",
             "column \"%.*s\" is %s in the table, and %s in what is appended", shown, f->name,
             append_type_text(&c->field, wants), append_type_text(f, has));
    shm_error_hint(err, "convert it first; a column keeps the type that the first append gave it");
    shm_error_column(err, index);
    return SHMCOL_ERR_WRONG_TYPE;
}

/* Puts the columns' names into a set: a name's code is the column's number. */
static shmcol_status name_set(const append_column *columns, uint32_t n, base_text_set **names,
                              shmcol_error *err)
{
    *names = base_text_set_new(shm_secret());
    bool good = *names != NULL;
    for (uint32_t i = 0; i < n && good; i++)
        good = base_text_set_add(*names, columns[i].field.name, columns[i].field.name_length);
    return good ? SHMCOL_OK : shm_fail_memory(err);
}

/* Finds the column of each field. */
static shmcol_status find_fields(const append_column *columns, uint32_t n_columns,
                                 const base_text_set *names, const shmcol_field *fields, uint32_t n,
                                 uint32_t *order, shmcol_error *err)
{
    for (uint32_t i = 0; i < n_columns; i++)
        order[i] = UINT32_MAX;
    for (uint32_t k = 0; k < n; k++) {
        const shmcol_field *f = &fields[k];
        int32_t i = base_text_set_find(names, f->name, f->name_length);
        if (i < 0)
            return no_column(f->name, f->name_length, false, err);
        if (order[i] != UINT32_MAX)
            return shm_fail(err, SHMCOL_ERR_BAD_NAME, "F-31",
                            "two columns that are appended are called \"%.200s\"",
                            columns[i].field.name);
        if (!append_same_type(&columns[i].field, f))
            return wrong_type(&columns[i], k, f, err);
        order[i] = k;
    }
    for (uint32_t i = 0; i < n_columns; i++)
        if (order[i] == UINT32_MAX)
            return no_column(columns[i].field.name, columns[i].field.name_length, true, err);
    return SHMCOL_OK;
}

shmcol_status append_match(const append_column *columns, uint32_t n_columns,
                           const shmcol_field *fields, uint32_t n, uint32_t *order,
                           shmcol_error *err)
{
    base_text_set *names = NULL;
    shmcol_status status = name_set(columns, n_columns, &names, err);
    if (status == SHMCOL_OK)
        status = find_fields(columns, n_columns, names, fields, n, order, err);
    base_text_set_free(names);
    return status;
}

/* ---- the columns of an append ---- */

/* Makes the columns of a first append those of the source. */
static shmcol_status columns_of_source(append_job *job, shmcol_error *err)
{
    const append_source *source = job->source;
    job->n_columns = source->n;
    job->columns = calloc((size_t)source->n + 1, sizeof *job->columns);
    if (job->columns == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < source->n; i++) {
        append_column *c = &job->columns[i];
        const struct ArrowSchema *child = source->schema.children[i];
        c->field = source->fields[i];
        c->field.nullable = 1;
        c->automatic = c->field.type == SHMCOL_STRING && c->field.auto_dictionary;
        c->field.auto_dictionary = 0;
        c->ordered = c->field.type == SHMCOL_DICTIONARY && child->dictionary != NULL &&
                     (child->flags & ARROW_FLAG_DICTIONARY_ORDERED) != 0;
        for (uint32_t k = 0; k < c->field.metadata_count; k++) {
            shmcol_status status = append_pairs_add(&c->pairs, c->field.metadata[k], err);
            if (status != SHMCOL_OK)
                return status;
        }
    }
    return SHMCOL_OK;
}

/* Collects the metadata of the table, and counts what it does not take. */
static shmcol_status take_metadata(append_job *job, const uint32_t *order, shmcol_error *err)
{
    const shmcol_append_options *o = &job->options;
    append_pairs brought = {0};
    shmcol_status status = append_pairs_of_schema(&brought, &job->source->schema, err);
    for (uint32_t i = 0; i < o->metadata_count && status == SHMCOL_OK; i++)
        status = append_pairs_add(&brought, o->metadata[i], err);
    if (status != SHMCOL_OK || job->file == NULL) {
        job->pairs = brought;
        return status;
    }
    status = append_pairs_of_file(&job->pairs, job->file, SHMCOL_TABLE, false, err);
    job->report.metadata_dropped = append_pairs_missing(brought.pairs, brought.n, &job->pairs);
    for (uint32_t i = 0; i < job->n_columns; i++) {
        const shmcol_field *f = &job->source->fields[order[i]];
        job->report.metadata_dropped +=
            append_pairs_missing(f->metadata, f->metadata_count, &job->columns[i].pairs);
    }
    free(brought.pairs);
    return status;
}

shmcol_status append_columns(append_job *job, shmcol_error *err)
{
    const append_source *source = job->source;
    shmcol_status status = job->file != NULL
                               ? append_columns_of(job->file, &job->columns, &job->n_columns, err)
                               : columns_of_source(job, err);
    if (status != SHMCOL_OK)
        return status;
    uint32_t *order = malloc(((size_t)job->n_columns + 1) * sizeof *order);
    if (order == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < job->n_columns && job->file == NULL; i++)
        order[i] = i;
    if (job->file != NULL)
        status = append_match(job->columns, job->n_columns, source->fields, source->n, order, err);
    if (status == SHMCOL_OK)
        status = take_metadata(job, order, err);
    if (status == SHMCOL_OK)
        status = append_source_arrange(job->source, order, job->n_columns, err);
    free(order);
    for (uint32_t i = 0; i < job->n_columns; i++) {
        job->columns[i].field.metadata = job->columns[i].pairs.pairs;
        job->columns[i].field.metadata_count = job->columns[i].pairs.n;
    }
    return status;
}
