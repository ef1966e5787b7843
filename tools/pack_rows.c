/* Rows of shmcol files and tables into a new file or table. */
#include "pack_rows.h"

#include <stdlib.h>

#include "common_text.h"
#include "pack_metadata.h"
#include "pack_numbers.h"
#include "pack_text.h"

/* ---- types ---- */

/* Returns the field of a column as `input` has it. */
static shmcol_field own_field(const pack_rows *rows, uint32_t input, uint32_t column)
{
    return pack_field_of(&rows->inputs.all[input].columns[column].info);
}

/* Makes a field of the type that --types names. */
static void take_asked(shmcol_field *field, const shmcol_csv_column *asked)
{
    shmcol_field fresh = SHMCOL_FIELD_INIT;
    fresh.name = field->name;
    fresh.name_length = field->name_length;
    fresh.nullable = field->nullable;
    fresh.type = asked->type;
    fresh.unit = asked->unit;
    fresh.zone = asked->zone;
    fresh.precision = asked->precision;
    fresh.scale = asked->scale;
    fresh.element = asked->element;
    *field = fresh;
}

static shmcol_status differs(const pack_rows *rows, uint32_t input, uint32_t column,
                             shmcol_error *err)
{
    const shmcol_column_info *info = &rows->inputs.all[input].columns[column].info;
    char is[TEXT_TYPE], was[TEXT_TYPE];
    tool_error(err, SHMCOL_ERR_WRONG_TYPE, "--types gives it one type",
               "column \"%.*s\" is %s, and %s in the first input",
               info->name_length < 100 ? (int)info->name_length : 100, info->name,
               type_text(info, is, sizeof is),
               type_text(&rows->inputs.all[0].columns[column].info, was, sizeof was));
    (void)snprintf(err->path, sizeof err->path, "%s", rows->inputs.all[input].path);
    err->column = info->index;
    return err->status;
}

/* Decides the type of a column. *text: it takes the way by its text. */
static shmcol_status decide_type(pack_rows *rows, uint32_t column, bool *text, shmcol_error *err)
{
    const pack_column *c = &rows->wanted.columns[column];
    pack_flow *f = &rows->flows[column];
    f->from = &rows->inputs;
    f->index = column;
    f->own = f->field = own_field(rows, 0, column);
    if (c->retyped)
        take_asked(&f->field, &c->asked);
    *text = false;
    for (uint32_t i = 0; i < rows->inputs.n; i++) {
        const shmcol_field own = own_field(rows, i, column);
        const bool nullable = rows->inputs.all[i].columns[column].info.nullable != 0;
        f->field.nullable |= own.nullable || nullable;
        if (pack_same_type(&f->field, &own))
            continue;
        if (!c->retyped)
            return differs(rows, i, column, err);
        *text = *text || !pack_can_convert(own.type, f->field.type);
    }
    return SHMCOL_OK;
}

/* ---- the way by text ---- */

/* Takes the columns that were converted from the file of them. */
static void take_converted(pack_rows *rows, const bool *text, const uint32_t *places)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        pack_flow *f = &rows->flows[i];
        if (!text[i])
            continue;
        f->from = &rows->converted;
        f->index = places[i];
        f->field = pack_field_of(&rows->converted.all[0].columns[places[i]].info);
    }
}

/* Converts columns by way of their text. All that --types names take part, as a name in it must be
 * a column's; if one has the type `auto`, these are all columns. */
static shmcol_status convert(pack_rows *rows, const bool *text, shmcol_error *err)
{
    char **names = tool_alloc(rows->n, sizeof(*names));
    uint32_t *places = tool_alloc(rows->n, sizeof *places);
    shmcol_status status = SHMCOL_ERR_NO_COLUMN;
    for (int all = 0; all < 2 && status == SHMCOL_ERR_NO_COLUMN; all++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < rows->n; i++) {
            places[i] = n;
            if (all || rows->wanted.columns[i].retyped)
                names[n++] = rows->wanted.names[i];
        }
        status = pack_text(rows->request, &rows->inputs, names, n, &rows->converted, err);
    }
    if (status == SHMCOL_OK)
        take_converted(rows, text, places);
    free(names);
    free(places);
    return status;
}

/* ---- dictionaries ---- */

/* Gives the words of an input's column: those of its last part. */
static shmcol_status words_of(const rows_table *input, uint32_t column,
                              shmcol_dictionary *dictionary, shmcol_error *err)
{
    shmcol_file *last;
    shmcol_status status = shmcol_part(input->file, shmcol_parts(input->file) - 1, &last, err);
    if (status != SHMCOL_OK)
        return status;
    return shmcol_dictionary_column(last, input->columns[column].info.index, dictionary, err);
}

static bool same_words(const shmcol_strings *a, const shmcol_strings *b)
{
    for (uint64_t i = 0; i < a->count; i++) {
        const char *x, *y;
        uint64_t n, m;
        if (shmcol_string_at(a, i, &x, &n) != SHMCOL_OK ||
            shmcol_string_at(b, i, &y, &m) != SHMCOL_OK || n != m || memcmp(x, y, n) != 0)
            return false;
    }
    return a->count == b->count;
}

/* Checks that all inputs have the words of an ordered dictionary in the same order. */
static shmcol_status check_order(const pack_rows *rows, uint32_t column, shmcol_error *err)
{
    shmcol_dictionary first = SHMCOL_DICTIONARY_INIT;
    shmcol_status status = words_of(&rows->inputs.all[0], column, &first, err);
    for (uint32_t i = 1; i < rows->inputs.n && status == SHMCOL_OK; i++) {
        shmcol_dictionary other = SHMCOL_DICTIONARY_INIT;
        status = words_of(&rows->inputs.all[i], column, &other, err);
        if (status == SHMCOL_OK && other.ordered && same_words(&first.values, &other.values))
            continue;
        if (status != SHMCOL_OK)
            break;
        tool_error(err, SHMCOL_ERR_WRONG_TYPE, "--dictionary NAME=never makes strings of it",
                   "column \"%.100s\" has an ordered dictionary, and not that of the first input",
                   rows->wanted.names[column]);
        (void)snprintf(err->path, sizeof err->path, "%s", rows->inputs.all[i].path);
        return err->status;
    }
    return status;
}

/* Decides whether a column of texts has a dictionary. */
static shmcol_status decide_dictionary(pack_rows *rows, uint32_t column, shmcol_error *err)
{
    const pack_column *c = &rows->wanted.columns[column];
    pack_flow *f = &rows->flows[column];
    if (f->field.type != SHMCOL_STRING && f->field.type != SHMCOL_DICTIONARY)
        return SHMCOL_OK;
    const bool asked = c->retyped && c->asked.type == SHMCOL_DICTIONARY,
               kept = f->own.type == SHMCOL_DICTIONARY && rows->request->to_table;
    const shmcol_column_info *info = &rows->inputs.all[0].columns[column].info;
    f->field.type = SHMCOL_STRING;
    f->field.auto_dictionary = c->dictionary == PACK_AUTO;
    if (c->dictionary == PACK_ALWAYS || asked || (kept && !c->dictionary_named && !c->retyped))
        f->field.type = SHMCOL_DICTIONARY;
    f->ordered = f->own.type == SHMCOL_DICTIONARY && info->dictionary_ordered &&
                 f->from == &rows->inputs && c->dictionary != PACK_NEVER &&
                 (!c->retyped || c->asked.type == SHMCOL_DICTIONARY);
    if (!f->ordered)
        return SHMCOL_OK;
    f->field.type = SHMCOL_DICTIONARY;
    return check_order(rows, column, err);
}

shmcol_status pack_rows_begin(pack_rows *rows, const pack_request *request, shmcol_error *err)
{
    rows->request = request;
    shmcol_status status = pack_inputs_open(&rows->inputs, request->inputs, request->n_inputs, err);
    if (status != SHMCOL_OK)
        return status;
    status = pack_wanted_find(&rows->wanted, rows->inputs.all[0].file, &request->csv, err);
    if (status == SHMCOL_OK)
        status = pack_inputs_choose(&rows->inputs, rows->wanted.names, rows->wanted.n, err);
    if (status != SHMCOL_OK)
        return status;
    rows->n = rows->wanted.n;
    rows->flows = tool_alloc(rows->n, sizeof *rows->flows);
    bool *text = tool_alloc(rows->n, sizeof *text), any = false;
    for (uint32_t i = 0; i < rows->n && status == SHMCOL_OK; i++) {
        status = decide_type(rows, i, &text[i], err);
        any = any || text[i];
    }
    if (status == SHMCOL_OK && any)
        status = convert(rows, text, err);
    free(text);
    for (uint32_t i = 0; i < rows->n && status == SHMCOL_OK; i++) {
        status = decide_dictionary(rows, i, err);
        if (status == SHMCOL_OK)
            status = pack_metadata_of_column(&rows->inputs.all[0], i, &rows->flows[i].field, err);
    }
    if (status == SHMCOL_OK)
        status = pack_metadata_of_table(&rows->inputs.all[0], &request->csv, &rows->metadata,
                                        &rows->n_metadata, err);
    return status;
}

/* ---- the rows ---- */

/* Gives the writer the words of ordered dictionaries. */
static shmcol_status give_words(const pack_rows *rows, shmcol_writer *writer, shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; i < rows->n && status == SHMCOL_OK; i++) {
        shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
        if (!rows->flows[i].ordered)
            continue;
        status = words_of(&rows->inputs.all[0], i, &dictionary, err);
        if (status == SHMCOL_OK)
            status = shmcol_writer_dictionary(writer, i, &dictionary.values, 1, err);
    }
    return status;
}

/* Where a batch lies: in the inputs, and in the columns that were converted. */
typedef struct place {
    rows_table *input, *converted;
    uint64_t at, converted_at;
} place;

static shmcol_status find_place(pack_rows *rows, uint64_t row, place *p, uint64_t *n,
                                shmcol_error *err)
{
    uint64_t more;
    shmcol_status status = pack_inputs_at(&rows->inputs, row, &p->input, &p->at, n, err);
    if (status == SHMCOL_OK && rows->converted.n > 0) {
        status = pack_inputs_at(&rows->converted, row, &p->converted, &p->converted_at, &more, err);
        if (status == SHMCOL_OK && more < *n)
            *n = more;
    }
    if (*n > PACK_BATCH)
        *n = PACK_BATCH;
    return status;
}

/* Makes the columns of a batch of at most *n rows, and sets *n to what it has. */
static shmcol_status fill(pack_rows *rows, const place *p, uint64_t *n, shmcol_column_data *data,
                          shmcol_error *err)
{
    for (uint32_t i = 0; i < rows->n; i++)
        if (rows->flows[i].from == &rows->inputs && !rows->flows[i].ordered)
            *n = pack_flow_rows(&p->input->columns[i], p->at, *n);
    for (uint32_t i = 0; i < rows->n; i++) {
        pack_flow *f = &rows->flows[i];
        const bool own = f->from == &rows->inputs;
        rows_table *t = own ? p->input : p->converted;
        shmcol_status status = pack_flow_fill(f, &t->columns[f->index],
                                              own ? p->at : p->converted_at, *n, &data[i], err);
        if (status == SHMCOL_OK)
            continue;
        (void)snprintf(err->path, sizeof err->path, "%s", p->input->path);
        if (err->row >= 0)
            err->row += (int64_t)t->part_first;
        return status;
    }
    return SHMCOL_OK;
}

static shmcol_status step(const pack_rows *rows, uint64_t row, shmcol_error *err)
{
    const shmcol_csv_options *o = &rows->request->csv;
    const pack_inputs *in = &rows->inputs;
    const uint64_t done =
        in->rows > 0 ? (uint64_t)((double)in->size * ((double)row / (double)in->rows)) : 0;
    if (o->progress == NULL || o->progress(o->progress_arg, done, in->size) == 0)
        return SHMCOL_OK;
    tool_error(err, SHMCOL_ERR_CANCELLED, NULL, "a signal came");
    return err->status;
}

shmcol_status pack_rows_move(pack_rows *rows, shmcol_writer *writer, shmcol_error *err)
{
    shmcol_column_data *data = tool_alloc(rows->n, sizeof *data);
    shmcol_status status = writer != NULL ? give_words(rows, writer, err) : SHMCOL_OK;
    for (uint64_t row = 0, n = 0; row < rows->inputs.rows && status == SHMCOL_OK; row += n) {
        place p = {0};
        status = step(rows, row, err);
        if (status == SHMCOL_OK)
            status = find_place(rows, row, &p, &n, err);
        if (status == SHMCOL_OK)
            status = fill(rows, &p, &n, data, err);
        if (status == SHMCOL_OK && writer != NULL)
            status = shmcol_writer_append(writer, n, data, rows->n, err);
    }
    free(data);
    return status;
}

void pack_rows_end(pack_rows *rows)
{
    for (uint32_t i = 0; i < rows->n && rows->flows != NULL; i++) {
        free(rows->flows[i].buffer);
        free(rows->flows[i].offsets);
        free((void *)(uintptr_t)rows->flows[i].field.metadata);
    }
    free(rows->flows);
    free(rows->metadata);
    pack_inputs_end(&rows->inputs);
    pack_inputs_end(&rows->converted);
    pack_wanted_end(&rows->wanted);
    *rows = (pack_rows){0};
}
