/* Finds the header and the begin of the records (C-11 … C-14). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/ingest.h"

typedef struct header_reader {
    ing_text *text;
    ing_schema *schema;
    const ing_limits *limits;
    ing_matcher matcher;
    const shmcol_csv_options *options;
    uint64_t names_end; /* offset behind a first record that has the names of C-91; else 0 */
} header_reader;

/* Reads the first record of an input that is neither blank nor a comment; its length is 0 if there
 * is none. A header may reach into the lines of C-87. Skipped lines are checked as all text is, and
 * so is a record that exceeds the limit. *blank becomes true if a blank line was skipped. */
static shmcol_status first_record(const header_reader *h, const csv_dialect *asked,
                                  ing_records *records, const ing_input *input, ing_record *record,
                                  bool *blank, shmcol_error *err)
{
    const uint64_t end = h->text->no_header ? input->end : input->size;
    csv_dialect dialect = *asked;
    shmcol_status status;
    dialect.skip_blank = true;
    ing_records_begin(records, input, &dialect, input->begin, end, h->limits->record);
    do {
        status = ing_records_next(records, record, err);
        if (status != SHMCOL_OK)
            return status;
        if (record->skipped && (dialect.comment == 0 || record->text[0] != dialect.comment))
            *blank = true;
        if (record->skipped || record->cut)
            status = ing_check_record(h->text, NULL, input, record, NULL, err);
        if (status != SHMCOL_OK)
            return status;
    } while (record->skipped && record->length != 0);
    if (record->skipped)
        record->length = 0;
    return SHMCOL_OK;
}

static shmcol_status empty_input(const ing_text *text, const ing_input *input, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_CSV_EMPTY, "C-5",
             input->size == 0 ? "the input is empty" : "the input has no record");
    shm_error_hint(err, text->skip_lines || text->skip_footer ? "fewer lines to skip, perhaps"
                        : text->no_header ? "without a header, a line is the least a table needs"
                                          : "a header line is the least a table needs");
    shm_error_path(err, input->path);
    return SHMCOL_ERR_CSV_EMPTY;
}

/* Returns LIMIT (F-59). Asked before the fields are copied: a file that is no CSV may have very
 * many. */
static shmcol_status too_many_fields(const ing_input *input, const ing_record *record,
                                     shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_LIMIT, "F-59", "%zu fields: a table has at most 1,000,000 columns",
             record->n_fields);
    shm_error_hint(err, "is the delimiter right?");
    ing_place_error(input, record->offset, err);
    return SHMCOL_ERR_LIMIT;
}

/* Copies the header's fields as NUL-terminated texts, which the caller frees with free_names, also
 * after a failure. Returns CSV_NAME for a name that is too long, NO_MEMORY. */
static shmcol_status take_names(const csv_dialect *dialect, const ing_input *input,
                                ing_record *record, char ***names, shmcol_error *err)
{
    char **out = calloc(record->n_fields + 1, sizeof *out);
    *names = out;
    if (out == NULL)
        return shm_fail_memory(err);
    for (size_t i = 0; i < record->n_fields; i++) {
        size_t n;
        char *s = ing_record_field(record, i, &n);
        uint64_t at = record->offset + (uint64_t)(s - (char *)record->text);
        ing_cell cell = ing_get_cell(dialect, NULL, s, ing_halve(dialect, s, n));
        if (cell.n > FMT_NAME_MAX) {
            shm_fail(err, SHMCOL_ERR_CSV_NAME, "C-12", "the name of column %zu has %zu bytes",
                     i + 1, cell.n);
            shm_error_hint(err, "names have at most 65,535 bytes; is the delimiter right?");
            ing_place_error(input, at, err);
            return SHMCOL_ERR_CSV_NAME;
        }
        out[i] = malloc(cell.n + 1);
        if (out[i] == NULL)
            return shm_fail_memory(err);
        memcpy(out[i], cell.s, cell.n);
        out[i][cell.n] = 0;
    }
    return SHMCOL_OK;
}

static void free_names(char **names, size_t n)
{
    for (size_t i = 0; names != NULL && i < n; i++)
        free(names[i]);
    free(names);
}

/* The header of an input. */
typedef struct header_line {
    char **names; /* NULL: the input has none */
    size_t n;
    uint64_t end;  /* the offset behind it */
    uint8_t other; /* another delimiter with which it does not fit either (C-25); 0: none */
} header_line;

/* Reads the header of an input. Free line->names with free_names, also after a failure. */
static shmcol_status read_line(const header_reader *h, const ing_input *input,
                               const csv_dialect *dialect, header_line *line, shmcol_error *err)
{
    ing_records records;
    ing_record record;
    bool blank = false;
    shmcol_status status = first_record(h, dialect, &records, input, &record, &blank, err);
    if (status != SHMCOL_OK)
        goto done;
    if (record.length == 0)
        goto done;
    status = record.n_fields > FMT_SCHEMA_TABLES_MAX
                 ? too_many_fields(input, &record, err)
                 : ing_check_record(h->text, NULL, input, &record, NULL, err);
    if (status != SHMCOL_OK)
        goto done;
    line->n = record.n_fields;
    line->end = record.offset + record.length;
    status = take_names(dialect, input, &record, &line->names, err);
done:
    ing_records_end(&records);
    return status;
}

/* Tells whether a try ended for a reason that says nothing of the input. */
static bool was_stopped(shmcol_status status)
{
    return status == SHMCOL_ERR_NO_MEMORY || status == SHMCOL_ERR_IO ||
           status == SHMCOL_ERR_CANCELLED;
}

/* Reads the header of an input with the delimiter that the input has by itself, if it is another
 * one than the dialect's, and if the header then fits the table. Else sets line->other, and all
 * else stays. Returns IO, NO_MEMORY. */
static shmcol_status read_with_own(header_reader *h, const ing_input *input, csv_dialect *dialect,
                                   header_line *line, shmcol_error *err)
{
    ing_delimiter found;
    header_line own = {.names = NULL};
    csv_dialect other = *dialect;
    bool fits = false;
    shmcol_error error = SHMCOL_ERROR_INIT; /* the caller's has the first try's */
    shmcol_status status = ing_own_delimiter(h->text, input, &found, &error);
    if (was_stopped(status))
        goto stopped;
    if (status != SHMCOL_OK || found.byte == dialect->delimiter)
        return SHMCOL_OK;
    other.delimiter = found.byte;
    status = read_line(h, input, &other, &own, &error);
    if (was_stopped(status))
        goto stopped;
    if (status == SHMCOL_OK)
        status = ing_header_fits(&h->matcher, own.names, own.n, false, &fits, err);
    else
        status = SHMCOL_OK;
    if (status == SHMCOL_OK && fits) {
        free_names(line->names, line->n);
        *line = own;
        *dialect = other;
        return SHMCOL_OK;
    }
    line->other = found.byte;
    free_names(own.names, own.n);
    return status;
stopped:
    free_names(own.names, own.n);
    shm_error_copy(err, &error);
    return status;
}

/* Reads the header of an input with the delimiter of C-25, which becomes that of the dialect. */
static shmcol_status read_fitting(header_reader *h, const ing_input *input, csv_dialect *dialect,
                                  header_line *line, shmcol_error *err)
{
    bool fits = false;
    if (h->text->sniffed && input->sep != 0)
        dialect->delimiter = input->sep;
    const shmcol_status status = read_line(h, input, dialect, line, err);
    if (!h->text->sniffed || input->sep != 0 || h->schema->header == NULL)
        return status;
    if (status == SHMCOL_OK && line->names != NULL) {
        shmcol_status asked = ing_header_fits(&h->matcher, line->names, line->n, true, &fits, err);
        if (asked != SHMCOL_OK)
            return asked;
    }
    if (fits || (status == SHMCOL_OK && line->names == NULL))
        return SHMCOL_OK;
    shmcol_status own = read_with_own(h, input, dialect, line, err);
    return own != SHMCOL_OK || dialect->delimiter != h->text->dialect.delimiter ? own : status;
}

/* Gives an input a layout of the text. Returns MEMORY_BOUND, NO_MEMORY. */
static shmcol_status set_layout(const header_reader *h, ing_input *input, ing_layout *layout,
                                shmcol_error *err)
{
    layout->dialect.skip_blank = layout->n_fields >= 2; /* C-8 */
    input->layout = ing_layout_share(h->text, layout);
    if (input->layout == NULL)
        return shm_fail_memory(err);
    if (h->text->layouts_memory <= h->limits->memory / 8)
        return SHMCOL_OK;
    shm_fail(err, SHMCOL_ERR_MEMORY_BOUND, "",
             "the headers of the inputs differ in so many ways "
             "that the memory bound is too small");
    shm_error_hint(err, "raise --memory, or pack fewer inputs at a time");
    return SHMCOL_ERR_MEMORY_BOUND;
}

/* Gives the layout one more field where the first record has one, and where that is empty (C-89).
 * Returns IO, NO_MEMORY. */
static shmcol_status find_extra(const header_reader *h, const ing_input *input, ing_layout *layout,
                                shmcol_error *err)
{
    ing_records records;
    ing_record record;
    ing_layout more = *layout;
    shmcol_status status;
    more.n_fields++;
    more.extra = true;
    more.dialect.skip_blank = true;
    ing_records_begin(&records, input, &more.dialect, input->begin, input->end, h->limits->record);
    do
        status = ing_records_next(&records, &record, err);
    while (status == SHMCOL_OK && record.skipped && record.length != 0 && !record.cut);
    if (status == SHMCOL_OK && record.n_fields == more.n_fields && !record.skipped && !record.cut &&
        ing_shape_is_right(h->text, &more, &record)) {
        layout->n_fields++;
        layout->extra = true;
    }
    ing_records_end(&records);
    return status;
}

/* Reads the header of an input and sets input->begin behind it. The first one gives the names of
 * the columns, the others are matched with it. An input that has none is left out (C-98). */
static shmcol_status read_input(header_reader *h, ing_input *input, shmcol_error *err)
{
    header_line line = {.names = NULL};
    ing_layout layout = {.dialect = h->text->dialect};
    shmcol_status status = read_fitting(h, input, &layout.dialect, &line, err);
    if (status != SHMCOL_OK)
        goto done;
    if (line.names == NULL) {
        input->begin = input->end = input->size;
        input->left_out = true;
        goto done;
    }
    if (h->schema->header == NULL) {
        ing_matcher_first(&h->matcher, line.names, (uint32_t)line.n, input->path);
        line.names = NULL;
    }
    status = ing_match_header(&h->matcher, line.names, line.n, &layout, err);
    if (status != SHMCOL_OK) {
        if (status == SHMCOL_ERR_CSV_HEADERS_DIFFER && line.other != 0)
            shm_error_hint(err, "by itself this input has another delimiter, \"%s\"",
                           line.other == '\t' ? "tab" : (char[]){(char)line.other, 0});
        shm_error_path(err, input->path);
        goto done;
    }
    status = ing_begin_behind_header(h->text, input, line.end, err);
    if (status != SHMCOL_OK)
        goto done;
    layout.n_fields = (uint32_t)line.n;
    if (h->text->drop_extra)
        status = find_extra(h, input, &layout, err);
    if (status != SHMCOL_OK)
        goto done;
    status = set_layout(h, input, &layout, err);
    layout.fields = NULL; /* the text has them */
done:
    free(layout.fields);
    free_names(line.names, line.n);
    return status;
}

/* Reads the headers of all inputs (C-12, C-13). Inputs that are left out get the layout of one
 * beside them. Returns CSV_EMPTY if no input has a header. */
static shmcol_status read_headers(header_reader *h, shmcol_error *err)
{
    const ing_text_source *source = &h->text->source;
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < source->n_inputs; i++)
        status = read_input(h, &source->inputs[i], err);
    if (status != SHMCOL_OK)
        return status;
    const ing_layout *layout = ing_first_input(source)->layout;
    if (layout == NULL)
        return empty_input(h->text, &source->inputs[0], err);
    for (uint32_t i = 0; i < source->n_inputs; i++)
        if (source->inputs[i].left_out)
            source->inputs[i].layout = layout;
        else
            layout = source->inputs[i].layout;
    return SHMCOL_OK;
}

/* Sets the number of fields where there is no header: that of the first record of all inputs
 * (C-11), or 1 if all lines are blank. Returns CSV_EMPTY, LIMIT. */
static shmcol_status count_fields(header_reader *h, shmcol_error *err)
{
    ing_text_source *source = &h->text->source;
    shmcol_status status = SHMCOL_OK;
    bool blank = false;
    uint32_t n_fields = 0;
    for (uint32_t i = 0; status == SHMCOL_OK && n_fields == 0 && i < source->n_inputs; i++) {
        const ing_input *input = &source->inputs[i];
        ing_records records;
        ing_record record;
        status = first_record(h, &h->text->dialect, &records, input, &record, &blank, err);
        if (status == SHMCOL_OK && record.n_fields > FMT_SCHEMA_TABLES_MAX)
            status = too_many_fields(input, &record, err);
        if (status == SHMCOL_OK && record.length != 0) {
            n_fields = (uint32_t)record.n_fields;
            if (ing_record_is_names(&h->text->dialect, &record, h->options->names,
                                    h->options->n_names))
                h->names_end = record.offset + record.length;
        }
        ing_records_end(&records);
    }
    if (status == SHMCOL_OK && n_fields == 0 && !blank)
        return empty_input(h->text, &source->inputs[0], err);
    h->schema->n_fields = n_fields + (n_fields == 0);
    ing_leave_out(h->text, h->schema->n_fields, h->limits->record);
    return status;
}

/* Gives all inputs the same layout, where there is no header. Returns NO_MEMORY. */
static shmcol_status share_layout(const header_reader *h, shmcol_error *err)
{
    const uint32_t n = h->schema->n_fields;
    shmcol_status status = SHMCOL_OK;
    for (uint32_t i = 0; status == SHMCOL_OK && i < h->text->source.n_inputs; i++) {
        ing_layout layout = {.dialect = h->text->dialect, .n_fields = n, .n_names = n};
        status = set_layout(h, &h->text->source.inputs[i], &layout, err);
    }
    return status;
}

static shmcol_status read_header(header_reader *h, shmcol_error *err)
{
    ing_text *text = h->text;
    shmcol_status status = ing_choose_delimiter(text, err);
    if (status != SHMCOL_OK)
        return status;
    if (text->no_header) {
        status = count_fields(h, err);
        if (status == SHMCOL_OK)
            status = ing_give_names(h->schema, h->options->names, h->options->n_names,
                                    text->source.inputs[0].path, err);
        return status == SHMCOL_OK ? share_layout(h, err) : status;
    }
    return read_headers(h, err);
}

/* Warns of a first record that has the names that were given (C-91). Returns false if there is no
 * memory. */
static bool warn_of_header(const header_reader *h, ing_control *control)
{
    const char *const looks =
        "the first record has the names of the columns: it looks like a header";
    shmcol_error place = SHMCOL_ERROR_INIT;
    if (h->text->source.n_inputs != 1) /* the others may have no header */
        return ing_warn(control, "%s", looks);
    ing_place_error(&h->text->source.inputs[0], h->names_end, &place);
    return ing_warn(control, "%s; --skip-lines %" PRId64 " leaves it out", looks, place.line - 1);
}

shmcol_status ing_read_header(ing_job *job, const shmcol_csv_options *options, shmcol_error *err)
{
    ing_text *text = &job->text;
    ing_schema *schema = &job->schema;
    header_reader h = {text,         schema,
                       &job->limits, ing_matcher_begin(schema, options, job->limits.memory),
                       options,      0};
    shmcol_status status = read_header(&h, err);
    ing_matcher_end(&h.matcher);
    if (status != SHMCOL_OK)
        return status;
    status = ing_warn_left_out(&text->source, &job->control, err);
    if (status != SHMCOL_OK)
        return status;
    status = ing_name_columns(schema, text->no_header, ing_first_input(&text->source)->path,
                              &job->control, err);
    if (status != SHMCOL_OK)
        return status;
    if (h.names_end != 0 && options->skip_rows == 0 && !warn_of_header(&h, &job->control))
        return shm_fail_memory(err);
    status = ing_make_columns(schema, options, &text->numbers, job->limits.memory, err);
    if (status == SHMCOL_OK && !options->union_columns)
        status = ing_check_kept(schema, &text->source, err);
    if (status == SHMCOL_OK)
        status = ing_add_file_column(schema, options, &text->source, err);
    return status == SHMCOL_OK ? ing_source_join(&text->source, err) : status;
}
