/* Classes of values to a type: rule C-50, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "format/types.h"
#include "ingest/ingest.h"

void ing_facts_init(ing_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    facts->text_offset = UINT64_MAX;
}

/* A text that is kept with the place of its first value. A longer one than a token is kept as none. */
static void set_token(ing_facts *f, const char *text, uint32_t length, uint64_t offset)
{
    f->has_token = true;
    f->text_offset = offset;
    f->token_length = length <= sizeof f->token ? length : 0;
    memcpy(f->token, text, f->token_length);
}

/* Which of two texts the report names: the earlier one; the smaller one where that is not known, so that the order of joining does not
 * show. */
static bool goes_first(const ing_facts *a, const ing_facts *b)
{
    if (a->text_offset != b->text_offset || a->token_length != b->token_length)
        return a->text_offset != b->text_offset ? a->text_offset < b->text_offset : a->token_length < b->token_length;
    return memcmp(a->token, b->token, a->token_length) < 0;
}

/* A TEXT value: what the report may want to say about it. */
static void add_text(ing_facts *f, const char *text, size_t length, uint64_t offset)
{
    f->texts++;
    if (!f->has_token)
        set_token(f, text, length <= sizeof f->token ? (uint32_t)length : UINT32_MAX, offset);
    else if (!f->texts_differ && (length != f->token_length || memcmp(f->token, text, length) != 0))
        f->texts_differ = true;
    if (f->token_length == 0) /* too long to be told apart */
        f->texts_differ = true;
    size_t begin = 0, end = length;
    while (begin < end && (text[begin] == ' ' || text[begin] == '\t'))
        begin++;
    while (end > begin && (text[end - 1] == ' ' || text[end - 1] == '\t'))
        end--;
    if (end - begin < length) {
        char copy[PARSE_SLACK * 4] = {0};
        parse_value value;
        if (end - begin > sizeof copy - 2 * PARSE_SLACK)
            return;
        memcpy(copy + PARSE_SLACK, text + begin, end - begin);
        parse_classify(copy + PARSE_SLACK, end - begin, false, &value);
        f->texts_if_trimmed += value.class_ != PARSE_TEXT;
    }
}

void ing_facts_add(ing_facts *f, const parse_value *value, const char *text, size_t length, uint64_t offset)
{
    f->classes |= value->class_;
    if (value->class_ == PARSE_TEXT)
        add_text(f, text, length, offset);
    if ((value->class_ & (PARSE_TIMESTAMP | PARSE_TIMESTAMP_OFFSET)) && value->digits > f->digits)
        f->digits = value->digits;
    if (value->class_ == PARSE_TIMESTAMP_OFFSET) {
        if (f->has_offset && f->offset != value->offset)
            f->mixed_offsets = true;
        if (!f->has_offset || value->offset < f->offset)
            f->offset = value->offset;
        f->has_offset = true;
    }
}

void ing_facts_join(ing_facts *into, const ing_facts *from)
{
    into->classes |= from->classes;
    if (from->digits > into->digits)
        into->digits = from->digits;
    into->mixed_offsets |= from->mixed_offsets || (into->has_offset && from->has_offset && into->offset != from->offset);
    if (from->has_offset && (!into->has_offset || from->offset < into->offset))
        into->offset = from->offset;
    into->has_offset |= from->has_offset;
    into->quoted_empty += from->quoted_empty;
    into->texts_differ |= from->texts_differ;
    if (from->has_token && into->has_token && (into->token_length != from->token_length || memcmp(into->token, from->token, from->token_length) != 0))
        into->texts_differ = true;
    if (from->has_token && (!into->has_token || goes_first(from, into)))
        set_token(into, from->token, from->token_length, from->text_offset);
    into->texts += from->texts;
    into->texts_if_trimmed += from->texts_if_trimmed;
}

void ing_facts_recount(ing_facts *facts)
{
    facts->quoted_empty = facts->texts = facts->texts_if_trimmed = 0;
    facts->texts_differ = false;
}

static bool only(uint32_t classes, uint32_t allowed)
{
    return (classes & ~allowed) == 0;
}

static ing_type timestamp_type(const ing_facts *f)
{
    ing_type type = {FMT_TIMESTAMP, 0, ""};
    type.unit = (uint8_t)((f->digits + 2) / 3);
    if (f->classes == PARSE_TIMESTAMP_OFFSET) {
        int minutes = f->offset < 0 ? -f->offset : f->offset;
        if (f->mixed_offsets || f->offset == 0)
            memcpy(type.zone, "UTC", 4);
        else
            snprintf(type.zone, sizeof type.zone, "%c%02d:%02d", f->offset < 0 ? '-' : '+', minutes / 60 % 24, minutes % 60);
    }
    return type;
}

ing_type ing_resolve(const ing_facts *f)
{
    ing_type type = {FMT_STRING, 0, ""};
    uint32_t c = f->classes;
    if (c == 0 || (c & PARSE_TEXT))
        return type;
    if (only(c, PARSE_BOOL))
        type.type = FMT_BOOL8;
    else if (only(c, PARSE_INT | PARSE_INT_INEXACT))
        type.type = FMT_INT64;
    else if (only(c, PARSE_INT | PARSE_BIG | PARSE_FLOAT | PARSE_SPECIAL) && (c & (PARSE_FLOAT | PARSE_SPECIAL)) && c != PARSE_SPECIAL)
        type.type = FMT_FLOAT64;
    else if (only(c, PARSE_DATE))
        type.type = FMT_DATE64;
    else if (c == PARSE_TIMESTAMP || c == PARSE_TIMESTAMP_OFFSET)
        type = timestamp_type(f);
    return type;
}

bool ing_string_for_good(const ing_facts *f)
{
    /* Sets that make a string now and a float64 with one FLOAT more: {SPECIAL}, {BIG}, {INT, BIG}. All other string sets stay string sets.
     */
    return ing_resolve(f).type == FMT_STRING && f->classes != 0 && !only(f->classes, PARSE_INT | PARSE_BIG | PARSE_SPECIAL);
}

bool ing_same_type(const ing_type *a, const ing_type *b)
{
    return a->type == b->type && a->unit == b->unit && (a->zone[0] == 0) == (b->zone[0] == 0);
}

uint32_t ing_type_width(const ing_type *type)
{
    return fmt_type_of(type->type)->width;
}
