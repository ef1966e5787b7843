/* Finds the first error of one record, exactly (C-16). */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "format/types.h"
#include "format/utf8.h"
#include "ingest/rows/rows.h"

/* Writes text for a message: at most 40 bytes of one line, a dot for a NUL, nothing that is not
 * UTF-8. */
static void quote_text(const char *s, size_t n, char out[64])
{
    const char *line = memchr(s, '\n', n);
    n = line == NULL                   ? n
        : line > s && line[-1] == '\r' ? (size_t)(line - s) - 1
                                       : (size_t)(line - s);
    size_t shown = n < 40 ? n : 40, bad = fmt_utf8_check((const uint8_t *)s, shown);
    if (bad != SIZE_MAX)
        shown = bad;
    for (size_t i = 0; i < shown; i++)
        out[i] = s[i] == 0 ? '.' : s[i];
    memcpy(out + shown, shown < n ? "..." : "", shown < n ? 4 : 1);
}

void ing_tell_record(shmcol_status status, const ing_record *record, size_t at,
                     const ing_layout *layout, shmcol_error *err)
{
    char text[64];
    quote_text((char *)record->text + at, record->length - at, text);
    switch (status) {
    case SHMCOL_ERR_CSV_NUL:
        shm_fail(err, status, "C-4", "a NUL byte in the text");
        shm_error_hint(err, "tr -d '\\000' takes such bytes out, in front of shmcol-pack -");
        break;
    case SHMCOL_ERR_CSV_UTF8:
        shm_fail(err, status, "C-2", "byte 0x%02X is not UTF-8 here", record->text[at]);
        shm_error_hint(err,
                       "name the encoding, as in --encoding latin1 or --encoding windows-1252; "
                       "--on-error replace reads what is no text as U+FFFD");
        break;
    case SHMCOL_ERR_CSV_CARRIAGE_RETURN:
        shm_fail(err, status, "C-6", "a carriage return that is not followed by a line feed");
        shm_error_hint(
            err,
            "lines end in LF or CR LF; tr '\\r' '\\n' makes such of lines that end in CR alone");
        break;
    case SHMCOL_ERR_CSV_AFTER_QUOTE:
        shm_fail(err, status, "C-7", "text after a closing quote: \"%s\"", text);
        shm_error_hint(
            err, "a quote inside a quoted field is doubled; --quote none takes quotes as they are");
        break;
    case SHMCOL_ERR_CSV_UNCLOSED_QUOTE:
        shm_fail(err, status, "C-7", "a quote that is never closed: \"%s\"", text);
        shm_error_hint(err, "--quote none takes quotes as they are");
        break;
    case SHMCOL_ERR_CSV_FIELD_SIZE:
        shm_fail(err, status, "C-15", "a record longer than the memory bound allows: \"%s\"", text);
        shm_error_hint(err, "is a quote left open? else raise --memory");
        break;
    default:
        if (layout->extra && record->n_fields == layout->n_fields) {
            shm_fail(err, status, "C-89", "the extra field is not empty here: \"%s\"", text);
            shm_error_hint(err, "--drop-extra drops it only where it is empty in all records");
            break;
        }
        shm_fail(err, status, "C-11", "%zu fields where %u are expected: \"%s\"", record->n_fields,
                 layout->n_fields, text);
        if (record->length != 0 && record->text[0] == '#')
            shm_error_hint(err, "--comment '#' leaves such lines out");
        else if (layout->n_fields == 1)
            shm_error_hint(err, "--delimiter names another one; --skip-lines leaves out what "
                                "stands above the table");
        else
            shm_error_hint(
                err, "--on-error skip leaves such records out; --delimiter names another one");
        break;
    }
}

/* Returns the first byte of the record that breaks C-2 or C-4, or SIZE_MAX. */
static size_t first_bad_byte(const ing_record *record, shmcol_status *status)
{
    const uint8_t *nul = memchr(record->text, 0, record->length);
    size_t at_nul = nul ? (size_t)(nul - record->text) : SIZE_MAX;
    size_t at_utf8 = record->skipped ? SIZE_MAX : fmt_utf8_check(record->text, record->length);
    *status = at_nul < at_utf8 ? SHMCOL_ERR_CSV_NUL : SHMCOL_ERR_CSV_UTF8;
    return at_nul < at_utf8 ? at_nul : at_utf8;
}

/* A value that does not fit the type that was asked for. */
typedef struct misfit {
    char shown[64];
    ing_list_fault list; /* of a list; without the text of the element, which `shown` has */
} misfit;

/* Checks the text of a list; what is wrong becomes the misfit's text. Returns NO_MEMORY. */
static shmcol_status check_list(const ing_text *text, const ing_column *c, ing_cell *cell,
                                bool *fits, misfit *m, shmcol_error *err)
{
    const ing_result result = ing_check_list(text, &c->asked.type, cell->s, cell->n, &m->list);
    if (result == ING_NO_MEMORY)
        return shm_fail_memory(err);
    *fits = result == ING_DONE;
    if (!*fits && m->list.element != 0) {
        cell->s = m->list.s;
        cell->n = m->list.n;
    }
    return SHMCOL_OK;
}

/* Sets *fits if a field fits the type that was asked for; else notes what does not. Doubled quotes
 * are undone in a copy: the record stays as it is. Returns NO_MEMORY. */
static shmcol_status check_cell(const ing_text *text, const ing_column *c, const char *s, size_t n,
                                bool *fits, misfit *m, shmcol_error *err)
{
    char small[256] = {0}, value[ING_WIDTH_MAX], *copy = small;
    if (n + 2 * PARSE_SLACK > sizeof small && (copy = calloc(1, n + 2 * PARSE_SLACK)) == NULL)
        return shm_fail_memory(err);
    memcpy(copy + PARSE_SLACK, s, n);
    ing_cell cell = ing_get_cell(&text->dialect, &c->asked.tokens, copy + PARSE_SLACK,
                                 ing_halve(&text->dialect, copy + PARSE_SLACK, n));
    shmcol_status status = SHMCOL_OK;
    *fits = cell.null || cell.quoted_empty;
    if (!*fits && c->asked.type.type == FMT_LIST)
        status = check_list(text, c, &cell, fits, m, err);
    else if (!*fits)
        *fits = ing_asked_value(text, &c->asked, cell.s, cell.n, value);
    if (!*fits)
        quote_text(cell.s, cell.n, m->shown);
    if (copy != small)
        free(copy);
    return status;
}

/* Says what else may be done about a value that does not fit. */
static void hint_asked(const ing_asked *asked, shmcol_error *err)
{
    int32_t minutes;
    const char *zone = asked->type.zone, *unit = fmt_unit_name(asked->type.unit);
    if (zone[0] == 0 || ing_zone_offset(zone, &minutes) ||
        (asked->form != NULL && asked->form->parts.has_offset))
        shm_error_hint(
            err,
            "another type, --null TOKEN if it stands for a missing value, --on-error null or skip");
    else
        shm_error_hint(err,
                       "values without an offset fit timestamp[%s], which has no zone, or "
                       "timestamp[%s;UTC] if they are in UTC",
                       unit, unit);
}

static void tell_misfit(const ing_column *c, const misfit *m, shmcol_error *err)
{
    char type[ING_ASKED_TEXT];
    shm_fail(err, SHMCOL_ERR_CSV_VALUE, c->asked.form != NULL ? "C-70" : "C-52",
             "\"%s\" in column \"%.100s\" is no %s", m->shown, c->asked.name,
             ing_asked_text(&c->asked, type));
    hint_asked(&c->asked, err);
}

/* Says what is wrong with a list, and with which element. */
static void tell_list(const ing_column *c, const misfit *m, shmcol_error *err)
{
    const ing_type element = ing_element_type(&c->asked.type);
    char type[ING_TYPE_TEXT];
    if (m->list.element == 0)
        shm_fail(err, SHMCOL_ERR_CSV_VALUE, "C-82", "\"%s\" in column \"%.100s\" is no %s: %s",
                 m->shown, c->asked.name, ing_type_text(&c->asked.type, type), m->list.why);
    else if (m->list.why != NULL)
        shm_fail(err, SHMCOL_ERR_CSV_VALUE, "C-82",
                 "element %" PRIu64 ", \"%s\", of a list in column \"%.100s\" %s", m->list.element,
                 m->shown, c->asked.name, m->list.why);
    else
        shm_fail(err, SHMCOL_ERR_CSV_VALUE, "C-82",
                 "element %" PRIu64 ", \"%s\", of a list in column \"%.100s\" is no %s",
                 m->list.element, m->shown, c->asked.name, ing_type_text(&element, type));
}

/* Finds the leftmost value that does not fit the type that was asked for (C-50, line 1). Returns
 * CSV_VALUE, NO_MEMORY, or OK if all fit. */
static shmcol_status check_forced(const ing_text *text, const ing_schema *schema,
                                  const ing_input *input, const ing_record *record,
                                  shmcol_error *err)
{
    const ing_column *worst = NULL;
    uint32_t worst_field = 0;
    uint64_t at = 0;
    misfit m = {.list = {0}};
    for (uint32_t i = 0; i < schema->n_columns; i++) {
        const ing_column *c = &schema->columns[i];
        const uint32_t field = ing_layout_field(input->layout, c->asked.field);
        size_t n;
        bool fits = true;
        if (!c->asked.forced || c->asked.lenient || c->asked.type.type == FMT_STRING ||
            field == ING_NO_FIELD || field >= record->n_fields ||
            (worst != NULL && worst_field < field))
            continue;
        const char *s = ing_record_field(record, field, &n);
        shmcol_status status = check_cell(text, c, s, n, &fits, &m, err);
        if (status != SHMCOL_OK)
            return status;
        if (fits)
            continue;
        worst = c;
        worst_field = field;
        at = record->offset + (uint64_t)(s - (const char *)record->text);
    }
    if (worst == NULL)
        return SHMCOL_OK;
    if (worst->asked.type.type == FMT_LIST)
        tell_list(worst, &m, err);
    else
        tell_misfit(worst, &m, err);
    shm_error_column(err, (int64_t)(worst - schema->columns));
    ing_place_error(input, at, err);
    return SHMCOL_ERR_CSV_VALUE;
}

shmcol_status ing_check_record(const ing_text *text, const ing_schema *schema,
                               const ing_input *input, const ing_record *record,
                               const ing_layout *layout, shmcol_error *err)
{
    shmcol_status status;
    size_t at = first_bad_byte(record, &status);
    if (record->wrong != SHMCOL_OK && record->wrong_at < at) {
        status = record->wrong;
        at = record->wrong_at;
    } else if (at == SIZE_MAX && !record->skipped && layout != NULL &&
               !ing_shape_is_right(text, layout, record)) {
        status = SHMCOL_ERR_CSV_RAGGED;
        at = 0;
    }
    if (at == SIZE_MAX)
        return schema != NULL && !record->skipped ? check_forced(text, schema, input, record, err)
                                                  : SHMCOL_OK;
    ing_tell_record(status, record, at, layout, err);
    ing_place_error(input, record->offset + at, err);
    return status;
}
