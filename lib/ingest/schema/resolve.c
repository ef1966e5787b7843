/* Resolves the classes of values to a type: rule C-50, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "format/types.h"
#include "ingest/schema/schema.h"

void ing_facts_init(ing_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    facts->first_text_row = UINT64_MAX;
}

/* Keeps the column's first TEXT value so far, unless it is too long for a hint. */
static void set_first_text(ing_facts *f, const char *text, uint32_t length, uint64_t row)
{
    f->first_text_row = row;
    f->first_text_length = length <= sizeof f->first_text ? length : 0;
    memcpy(f->first_text, text, f->first_text_length);
    f->first_text_trims = false;
}

void ing_facts_first(ing_facts *f, const char *text, size_t length, uint64_t row)
{
    set_first_text(f, text, length <= sizeof f->first_text ? (uint32_t)length : UINT32_MAX, row);
}

/* Returns true if the TEXT value would be of another class without the spaces around it. */
static bool is_trimmed_value(const char *text, size_t length)
{
    size_t begin = 0, end = length;
    while (begin < end && (text[begin] == ' ' || text[begin] == '\t'))
        begin++;
    while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    if (end - begin == length || end - begin > 2 * PARSE_SLACK)
        return false;
    char copy[PARSE_SLACK * 4] = {0};
    parse_value value;
    memcpy(copy + PARSE_SLACK, text + begin, end - begin);
    parse_classify(copy + PARSE_SLACK, end - begin, &parse_style_plain, &value);
    return value.class_ != PARSE_TEXT;
}

/* Counts a TEXT value for the report's hints. */
static void add_text(ing_facts *f, const char *text, size_t length, uint64_t row)
{
    const bool first = f->first_text_row == UINT64_MAX, trims = is_trimmed_value(text, length);
    if (first)
        ing_facts_first(f, text, length, row);
    if (first)
        f->first_text_trims = trims;
    else if (!f->texts_differ &&
             (length != f->first_text_length || memcmp(f->first_text, text, length) != 0))
        f->texts_differ = true;
    if (f->first_text_length == 0) /* a text that was not kept may differ */
        f->texts_differ = true;
    f->texts++;
    f->texts_if_trimmed += trims;
}

static bool is_before(const ing_instant *a, const ing_instant *b)
{
    return a->seconds != b->seconds ? a->seconds < b->seconds : a->nanos < b->nanos;
}

static void add_instants(ing_facts *f, const ing_instant *earliest, const ing_instant *latest)
{
    if (!f->has_instant || is_before(earliest, &f->earliest))
        f->earliest = *earliest;
    if (!f->has_instant || is_before(&f->latest, latest))
        f->latest = *latest;
    f->has_instant = true;
}

void ing_facts_add(ing_facts *f, const parse_value *value, const char *text, size_t length,
                   uint64_t row)
{
    f->classes |= value->class_;
    f->grouped |= value->grouped;
    f->many_digits |= value->many_digits;
    if (value->class_ == PARSE_TEXT)
        add_text(f, text, length, row);
    if (value->class_ & (PARSE_TIMESTAMP | PARSE_TIMESTAMP_OFFSET)) {
        f->digits = value->digits > f->digits ? value->digits : f->digits;
        const ing_instant at = {value->seconds, value->nanos};
        add_instants(f, &at, &at);
    }
    if (value->class_ == PARSE_TIMESTAMP_OFFSET) {
        if (f->has_offset && f->offset != value->offset)
            f->mixed_offsets = true;
        if (!f->has_offset || value->offset < f->offset)
            f->offset = value->offset;
        f->has_offset = true;
    }
}

static void join_texts(ing_facts *into, const ing_facts *from)
{
    const bool both = from->first_text_row != UINT64_MAX && into->first_text_row != UINT64_MAX;
    into->texts_differ |= from->texts_differ;
    if (both && (into->first_text_length != from->first_text_length ||
                 memcmp(into->first_text, from->first_text, from->first_text_length) != 0))
        into->texts_differ = true;
    if (from->first_text_row < into->first_text_row) {
        set_first_text(into, from->first_text, from->first_text_length, from->first_text_row);
        into->first_text_trims = from->first_text_trims;
    }
    into->texts += from->texts;
    into->texts_if_trimmed += from->texts_if_trimmed;
}

void ing_facts_join(ing_facts *into, const ing_facts *from)
{
    into->classes |= from->classes;
    if (from->digits > into->digits)
        into->digits = from->digits;
    if (from->has_instant)
        add_instants(into, &from->earliest, &from->latest);
    into->mixed_offsets |= from->mixed_offsets ||
                           (into->has_offset && from->has_offset && into->offset != from->offset);
    if (from->has_offset && (!into->has_offset || from->offset < into->offset))
        into->offset = from->offset;
    into->has_offset |= from->has_offset;
    into->failed_forms |= from->failed_forms;
    into->quoted_empty += from->quoted_empty;
    into->grouped |= from->grouped;
    into->many_digits |= from->many_digits;
    into->misfits += from->misfits;
    join_texts(into, from);
}

void ing_facts_recount(ing_facts *facts)
{
    facts->quoted_empty = facts->misfits = facts->texts = facts->texts_if_trimmed = 0;
    facts->texts_differ = false;
}

static bool only(uint32_t classes, uint32_t allowed)
{
    return (classes & ~allowed) == 0;
}

static ing_type timestamp_type(const ing_facts *f)
{
    ing_type type = {.type = FMT_TIMESTAMP};
    type.unit = (uint8_t)((f->digits + 2) / 3);
    if (f->classes == PARSE_TIMESTAMP_OFFSET) {
        int minutes = f->offset < 0 ? -f->offset : f->offset;
        if (f->mixed_offsets || f->offset == 0)
            memcpy(type.zone, "UTC", 4);
        else
            snprintf(type.zone, sizeof type.zone, "%c%02d:%02d", f->offset < 0 ? '-' : '+',
                     minutes / 60 % 24, minutes % 60);
    }
    return type;
}

/* Returns true if all instants fit the unit (C-50, line 7). Instants that are not among the facts
 * were stored in this unit or a coarser one. */
static bool instants_fit(const ing_facts *f, uint8_t unit)
{
    int64_t count;
    return !f->has_instant ||
           (parse_timestamp_units(f->earliest.seconds, f->earliest.nanos, unit, &count) &&
            parse_timestamp_units(f->latest.seconds, f->latest.nanos, unit, &count));
}

ing_type ing_resolve(const ing_facts *f)
{
    ing_type type = {.type = FMT_STRING};
    uint32_t c = f->classes;
    if (c == 0 || (c & PARSE_TEXT))
        return type;
    if (only(c, PARSE_BOOL))
        type.type = FMT_BOOL8;
    else if (only(c, PARSE_INT | PARSE_INT_INEXACT))
        type.type = FMT_INT64;
    else if (only(c, PARSE_INT | PARSE_BIG | PARSE_FLOAT | PARSE_SPECIAL) &&
             (c & (PARSE_FLOAT | PARSE_SPECIAL)) && c != PARSE_SPECIAL)
        type.type = FMT_FLOAT64;
    else if (only(c, PARSE_DATE))
        type.type = FMT_DATE64;
    else if (c == PARSE_TIMESTAMP || c == PARSE_TIMESTAMP_OFFSET)
        type = timestamp_type(f);
    return type.type != FMT_TIMESTAMP || instants_fit(f, type.unit)
               ? type
               : (ing_type){.type = FMT_STRING};
}

bool ing_string_for_good(const ing_facts *f)
{
    /* These sets of classes make a string, but with one FLOAT more a float64: {SPECIAL}, {BIG},
     * {INT, BIG}. All other sets that make a string stay so. */
    return ing_resolve(f).type == FMT_STRING && f->classes != 0 &&
           !only(f->classes, PARSE_INT | PARSE_BIG | PARSE_SPECIAL);
}

bool ing_hint_possible(const ing_facts *f)
{
    return f->texts == 0 || f->texts == f->texts_if_trimmed || !f->texts_differ;
}

bool ing_same_type(const ing_type *a, const ing_type *b)
{
    return a->type == b->type && a->unit == b->unit && (a->zone[0] == 0) == (b->zone[0] == 0);
}

uint32_t ing_type_width(const ing_type *type)
{
    return fmt_type_of(type->type)->width;
}

/* ---- forms for all columns (C-79) ---- */

void ing_note_forms(const ing_forms *forms, ing_facts *facts, const char *s, size_t n)
{
    parse_value value;
    for (uint32_t i = 0; i < forms->n; i++)
        if (!(facts->failed_forms >> i & 1) && !ing_form_value(&forms->list[i], s, n, &value))
            facts->failed_forms |= 1u << i;
}

ing_form *ing_next_form(ing_forms *forms, const ing_facts *facts)
{
    for (uint32_t i = 0; i < forms->n; i++)
        if (!(facts->failed_forms >> i & 1))
            return &forms->list[i];
    return NULL;
}

static uint32_t class_of(const ing_form *form)
{
    return form->kind == ING_DATE_FORM    ? PARSE_DATE
           : form->kind == ING_WORDS_FORM ? PARSE_BOOL
           : form->parts.has_offset       ? PARSE_TIMESTAMP_OFFSET
                                          : PARSE_TIMESTAMP;
}

bool ing_choose_form(ing_forms *forms, ing_column *c)
{
    ing_form *form;
    while ((form = ing_next_form(forms, &c->result.facts)) != NULL) {
        if (c->target.form != NULL && c->target.form != form)
            ing_facts_init(&c->result.form_facts); /* those of another form */
        c->target.form = form;
        c->result.form_facts.classes = class_of(form);
        c->target.type = ing_resolve(&c->result.form_facts);
        if (c->target.type.type != FMT_STRING)
            return true;
        c->result.facts.failed_forms |= 1u << (form - forms->list); /* instants that do not fit */
    }
    c->target.form = NULL;
    return false;
}
