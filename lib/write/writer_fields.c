/* The schema of the caller: copied, checked, and made into columns. */
#include <stdlib.h>
#include <string.h>

#include "write/writer_internal.h"

/* Memory that text is copied to, after a first pass that measures it. */
typedef struct text_room {
    char *at;
    uint64_t size;
    shmcol_pair *pairs;
    uint64_t n_pairs;
} text_room;

/* Copies `length` bytes and a NUL, or, while `at` is NULL, only counts them. */
static const char *copy_text(text_room *room, const char *data, uint64_t length)
{
    room->size += length + 1;
    if (room->at == NULL)
        return NULL;
    char *to = room->at;
    if (length > 0)
        memcpy(to, data, (size_t)length);
    to[length] = 0;
    room->at += length + 1;
    return to;
}

static const shmcol_pair *copy_pairs(text_room *room, const shmcol_pair *pairs, uint32_t count)
{
    shmcol_pair *to = room->at != NULL ? room->pairs : NULL;
    for (uint32_t i = 0; i < count; i++) {
        const char *key = copy_text(room, pairs[i].key.data, pairs[i].key.length);
        const char *value = copy_text(room, pairs[i].value.data, pairs[i].value.length);
        if (to != NULL)
            to[i] = (shmcol_pair){{key, pairs[i].key.length}, {value, pairs[i].value.length}};
    }
    room->n_pairs += count;
    if (to != NULL)
        room->pairs += count;
    return to;
}

/* Sets what every column begins with. */
static void init_column(column *c, uint32_t index)
{
    c->index = index;
    c->values.region = c->bytes.region = c->validity.region = c->dictionary_offsets.region =
        c->dictionary_bytes.region = SINK_NONE;
}

/* Copies the parameters that the type of a field has; the others are ignored. */
static void describe(sink_column *out, const shmcol_field *f)
{
    *out = (sink_column){.name_length = f->name_length,
                         .type = (uint16_t)f->type,
                         .nullable = f->nullable != 0,
                         .metadata_count = f->metadata_count,
                         .dictionary = UINT32_MAX};
    for (int slot = 0; slot < FMT_SLOTS; slot++)
        out->regions[slot] = SINK_NONE;
    uint16_t value = out->type; /* the type that has unit, precision and scale */
    if (f->type == SHMCOL_TENSOR || f->type == SHMCOL_LIST)
        value = out->element = (uint16_t)f->element;
    if (f->type == SHMCOL_TENSOR) {
        out->dimensions = (uint8_t)f->dimensions;
        memcpy(out->shape, f->shape,
               (f->dimensions < FMT_DIMENSIONS_MAX ? f->dimensions : FMT_DIMENSIONS_MAX) *
                   sizeof *f->shape);
    }
    if (fmt_type_has_unit(value))
        out->unit = (uint8_t)f->unit;
    if (value == FMT_DECIMAL128) {
        out->precision = (uint8_t)f->precision;
        out->scale = (uint8_t)f->scale;
    }
    if (f->type == SHMCOL_FIXED_BINARY)
        out->width = f->width;
}

/* Tells whether the elements of a list may be of the type. */
static bool is_list_element(shmcol_type type)
{
    bool any = type >= SHMCOL_BOOL8 && type <= SHMCOL_LIST;
    return any && (fmt_type_of((uint16_t)type)->element_of & FMT_OF_LIST) != 0;
}

/* Tells whether the field, or its elements, are of a type. */
static bool is_of(const shmcol_field *f, shmcol_type type)
{
    return f->type == type || (f->type == SHMCOL_LIST && f->element == type);
}

/* Describes what makes a field impossible to copy; NULL: nothing. */
static const char *field_problem(const shmcol_field *f, size_t step)
{
    if (f->size != step)
        return "size is not that of shmcol_field";
    if (f->name == NULL && f->name_length > 0)
        return "no name";
    if (f->type < SHMCOL_BOOL8 || f->type > SHMCOL_LIST)
        return "no such type";
    if (f->metadata == NULL && f->metadata_count > 0)
        return "no metadata";
    if (f->type == SHMCOL_TENSOR && (f->element < SHMCOL_BOOL8 || f->element > SHMCOL_LIST ||
                                     f->dimensions < 1 || f->dimensions > FMT_DIMENSIONS_MAX))
        return "a tensor has an element type and 1 to 7 dimensions";
    if ((unsigned)f->unit > SHMCOL_NANO)
        return "no such unit";
    if (f->zone != NULL && f->zone[0] != 0 && !is_of(f, SHMCOL_TIMESTAMP))
        return "only a timestamp has a time zone";
    return NULL;
}

/* Describes which parameter breaks F-25 and would not even fit the column; NULL: none. */
static const char *parameter_problem(const shmcol_field *f)
{
    if (f->type == SHMCOL_LIST && !is_list_element(f->element))
        return "the elements of a list are strings, or of a fixed width as numbers and times are";
    if (is_of(f, SHMCOL_DECIMAL128) &&
        (f->precision < 1 || f->precision > FMT_PRECISION_MAX || f->scale > f->precision))
        return "a decimal128 has a precision of 1 to 38, and a scale that is not above it";
    return NULL;
}

static shmcol_status refuse_field(uint32_t index, const shmcol_field *f, const char *rule,
                                  const char *problem, shmcol_error *err)
{
    int length = f->name != NULL ? (int)(f->name_length < 200 ? f->name_length : 200) : 0;
    shmcol_status status = shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, rule, "field %u \"%.*s\": %s",
                                    index, length, f->name != NULL ? f->name : "", problem);
    shm_error_column(err, index);
    return status;
}

/* Goes over all text once: counts it, or copies it if there is memory for it. */
static void copy_all(shmcol_writer *w, const shmcol_field *fields, size_t step,
                     const shmcol_writer_options *options, text_room *room)
{
    w->metadata = copy_pairs(room, options->metadata, options->metadata_count);
    for (uint32_t i = 0; i < w->n_columns; i++) {
        const shmcol_field *f =
            (const shmcol_field *)(const void *)((const char *)fields + step * i);
        sink_column *out = &w->columns[i].out;
        out->name = copy_text(room, f->name, f->name_length);
        out->zone =
            f->zone != NULL && f->zone[0] != 0 ? copy_text(room, f->zone, strlen(f->zone)) : NULL;
        out->metadata = copy_pairs(room, f->metadata, f->metadata_count);
    }
}

shmcol_status writer_table(const shmcol_writer *w, uint64_t rows, sink_table *table,
                           shmcol_error *err)
{
    *table = (sink_table){.rows = rows,
                          .n_columns = w->n_columns,
                          .metadata = w->metadata,
                          .metadata_count = w->metadata_count,
                          .csv_rules = w->csv_rules,
                          .part = w->part};
    table->columns = calloc(w->n_columns + 1ull, sizeof *table->columns);
    table->dictionaries = calloc(w->n_columns + 1ull, sizeof *table->dictionaries);
    return table->columns != NULL && table->dictionaries != NULL ? SHMCOL_OK : shm_fail_memory(err);
}

/* Checks names, types and limits now and not at the commit. Errors: those of sink_check,
 * NO_MEMORY. / */
static shmcol_status check_schema(const shmcol_writer *w, shmcol_error *err)
{
    sink_table table;
    shmcol_status status = writer_table(w, 0, &table, err);
    for (uint32_t i = 0; i < w->n_columns && status == SHMCOL_OK; i++) {
        sink_column *out = &table.columns[i];
        *out = w->columns[i].out;
        out->lengths[FMT_SLOT_VALUES] =
            sizeof(int64_t); /* the one offset of a string column without rows */
        if (out->type == FMT_LIST && out->element == FMT_STRING)
            out->lengths[FMT_SLOT_ELEMENTS] = sizeof(int64_t);
        if (out->type == FMT_DICTIONARY) {
            out->dictionary = table.n_dictionaries;
            table.dictionaries[table.n_dictionaries++].offsets_length = sizeof(int64_t);
        }
    }
    if (status == SHMCOL_OK)
        status = sink_check(&table, err);
    free(table.columns);
    free(table.dictionaries);
    return status;
}

/* Makes the elements of a list, of which those of a fixed width have `width` bytes. Errors:
 * NO_MEMORY. */
static shmcol_status make_elements(column *c, uint32_t width, shmcol_error *err)
{
    column *e = calloc(1, sizeof *e);
    if (e == NULL)
        return shm_fail_memory(err);
    init_column(e, c->index);
    e->out = c->out; /* the name, for errors; unit, precision and scale are theirs */
    e->out.type = c->out.element;
    e->out.element = 0;
    e->mode = e->out.type == FMT_STRING ? MODE_STRINGS : MODE_FIXED;
    e->width = e->mode == MODE_STRINGS ? sizeof(int64_t) : width;
    c->elements = e;
    return SHMCOL_OK;
}

/* Sets the mode and the width of a column, which follow from its type. Errors: INVALID_ARGUMENT
 * (F-25), MEMORY_BOUND, NO_MEMORY. */
static shmcol_status set_mode(shmcol_writer *w, column *c, const shmcol_field *f, shmcol_error *err)
{
    c->zoned = fmt_type_has_zones(c->out.type);
    if (f->type == SHMCOL_DICTIONARY || (f->type == SHMCOL_STRING && f->auto_dictionary)) {
        c->mode = MODE_NUMBERED;
        c->automatic = f->type == SHMCOL_STRING;
        c->width = sizeof(int32_t);
        c->distinct = base_text_set_new(w->secret);
        return c->distinct != NULL ? SHMCOL_OK : shm_fail_memory(err);
    }
    fmt_descriptor d = {.type = c->out.type,
                        .unit = c->out.unit,
                        .precision = c->out.precision,
                        .scale = c->out.scale,
                        .width = c->out.width,
                        .element = c->out.element,
                        .dimensions = c->out.dimensions};
    memcpy(d.shape, c->out.shape, sizeof d.shape);
    if (!fmt_derive_width(&d))
        return writer_fail(c, SHMCOL_ERR_INVALID_ARGUMENT, "F-25", -1,
                           "the parameters of the type are not allowed", err);
    c->mode = c->out.type == FMT_LIST ? MODE_LISTS
              : fmt_has_offsets(&d)   ? MODE_STRINGS
                                      : MODE_FIXED;
    c->width = c->mode == MODE_FIXED ? d.width : sizeof(int64_t);
    if (c->mode == MODE_LISTS)
        return make_elements(c, d.element_width, err);
    if (c->width > w->memory / 4)
        return writer_fail(c, SHMCOL_ERR_MEMORY_BOUND, "", -1,
                           "one value does not fit the memory bound", err);
    return SHMCOL_OK;
}

shmcol_status writer_fields(shmcol_writer *w, const shmcol_field *fields, uint32_t n_fields,
                            const shmcol_writer_options *options, shmcol_error *err)
{
    size_t step = n_fields > 0 ? fields[0].size : sizeof *fields;
    if (step < SHM_FIELD_SIZE_1_0 || (options->metadata == NULL && options->metadata_count > 0))
        return shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "",
                        step < SHM_FIELD_SIZE_1_0 ? "size is not that of shmcol_field"
                                                  : "no metadata");
    w->columns = calloc(n_fields + 1ull, sizeof *w->columns);
    if (w->columns == NULL)
        return shm_fail_memory(err);
    w->n_columns = n_fields;
    w->metadata_count = options->metadata_count;
    for (uint32_t i = 0; i < n_fields; i++) {
        const shmcol_field *f =
            (const shmcol_field *)(const void *)((const char *)fields + step * i);
        const char *problem = field_problem(f, step);
        if (problem != NULL)
            return refuse_field(i, f, "", problem, err);
        problem = parameter_problem(f);
        if (problem != NULL)
            return refuse_field(i, f, "F-25", problem, err);
        column *c = &w->columns[i];
        init_column(c, i);
        describe(&c->out, f);
        c->out.nullable |= writer_is_part(w);
        if (c->out.type == FMT_DICTIONARY) /* until the dictionary is known */
            c->out.width = writer_code_width(w, 0);
    }
    text_room room = {0};
    copy_all(w, fields, step, options, &room);
    w->text = malloc((size_t)room.size + 1);
    w->pairs = calloc((size_t)room.n_pairs + 1, sizeof *w->pairs);
    if (w->text == NULL || w->pairs == NULL)
        return shm_fail_memory(err);
    room = (text_room){.at = w->text, .pairs = w->pairs};
    copy_all(w, fields, step, options, &room);
    shmcol_status status = check_schema(w, err);
    for (uint32_t i = 0; i < n_fields && status == SHMCOL_OK; i++)
        status =
            set_mode(w, &w->columns[i],
                     (const shmcol_field *)(const void *)((const char *)fields + step * i), err);
    return status;
}
