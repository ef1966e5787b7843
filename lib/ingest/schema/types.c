/* Reads types by name, and gives them to the columns that they are for (C-51). */
#include "format/types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingest/schema/schema.h"

static const struct {
    const char *name;
    uint16_t type;
    uint8_t unit;
} plain_types[] = {
    {"bool", FMT_BOOL8, 0},          {"bool8", FMT_BOOL8, 0},       {"int8", FMT_INT8, 0},
    {"int16", FMT_INT16, 0},         {"int32", FMT_INT32, 0},       {"int64", FMT_INT64, 0},
    {"uint8", FMT_UINT8, 0},         {"uint16", FMT_UINT16, 0},     {"uint32", FMT_UINT32, 0},
    {"uint64", FMT_UINT64, 0},       {"float32", FMT_FLOAT32, 0},   {"float64", FMT_FLOAT64, 0},
    {"date32", FMT_DATE32, 0},       {"date64", FMT_DATE64, 0},     {"date", FMT_DATE64, 0},
    {"timestamp", FMT_TIMESTAMP, 2}, {"time32[s]", FMT_TIME32, 0},  {"time32[ms]", FMT_TIME32, 1},
    {"time64[us]", FMT_TIME64, 2},   {"time64[ns]", FMT_TIME64, 3}, {"string", FMT_STRING, 0},
};

/* Reads timestamp[unit] and timestamp[unit;zone]. Returns false if it is none. */
static bool parse_timestamp_type(const char *text, size_t n, ing_type *type)
{
    if (n < 12 || memcmp(text, "timestamp[", 10) != 0 || text[n - 1] != ']')
        return false;
    const char *unit = text + 10, *end = text + n - 1,
               *semicolon = memchr(unit, ';', (size_t)(end - unit));
    size_t unit_length = (size_t)((semicolon ? semicolon : end) - unit);
    size_t zone_length = semicolon ? (size_t)(end - semicolon - 1) : 0;
    if (zone_length >= sizeof type->zone || (semicolon && zone_length == 0))
        return false;
    for (uint8_t i = 0; i < 4; i++)
        if (strlen(fmt_unit_name(i)) == unit_length &&
            memcmp(fmt_unit_name(i), unit, unit_length) == 0) {
            *type = (ing_type){FMT_TIMESTAMP, i, ""};
            memcpy(type->zone, end - zone_length, zone_length);
            return true;
        }
    return false;
}

bool ing_parse_type(const char *text, size_t n, ing_type_wish *wish)
{
    memset(wish, 0, sizeof *wish);
    for (size_t i = 0; i < sizeof plain_types / sizeof *plain_types; i++)
        if (strlen(plain_types[i].name) == n && memcmp(plain_types[i].name, text, n) == 0) {
            wish->type.type = plain_types[i].type;
            wish->type.unit = plain_types[i].unit;
            return true;
        }
    if (n == 4 && memcmp(text, "auto", 4) == 0) {
        wish->automatic = true;
        return true;
    }
    if (n == 10 && memcmp(text, "dictionary", 10) == 0) {
        wish->type.type = FMT_STRING;
        wish->dictionary = true;
        return true;
    }
    return parse_timestamp_type(text, n, &wish->type);
}

const char *ing_type_text(const ing_type *type, char out[ING_TYPE_TEXT])
{
    const char *name = fmt_type_of(type->type)->name, *zone = type->zone;
    if (type->type == FMT_TIMESTAMP || type->type == FMT_TIME32 || type->type == FMT_TIME64)
        snprintf(out, ING_TYPE_TEXT, "%s[%s%s%s]", name, fmt_unit_name(type->unit),
                 zone[0] ? ";" : "", zone);
    else
        snprintf(out, ING_TYPE_TEXT, "%s", name);
    return out;
}

/* Returns the length of the character at s, 1 if it is not UTF-8. *c gets its bytes as a number,
 * which orders as code points do. */
static size_t character(const char *s, size_t n, uint32_t *c)
{
    uint8_t first = (uint8_t)s[0];
    size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
    *c = first;
    if (length > n)
        return 1;
    for (size_t i = 1; i < length; i++)
        *c = *c << 8 | (uint8_t)s[i];
    return length;
}

/* Returns true if `c` is in the set that begins behind the '[' at pattern[0]. *used: its length
 * with brackets. A set that is not closed is a literal '['. */
static bool in_set(const char *pattern, size_t n, uint32_t c, size_t *used)
{
    size_t i = 1;
    bool negated = i < n && pattern[i] == '!', found = false;
    i += negated;
    for (size_t first = i; i < n && (pattern[i] != ']' || i == first);) {
        uint32_t low, high;
        i += character(pattern + i, n - i, &low);
        high = low;
        if (i + 1 < n && pattern[i] == '-' && pattern[i + 1] != ']')
            i += 1 + character(pattern + i + 1, n - i - 1, &high);
        found |= c >= low && c <= high;
    }
    if (i >= n) {
        *used = 1;
        return c == '[';
    }
    *used = i + 1;
    return found != negated;
}

/* Matches one element of the pattern with one character. *used: the length of the element. */
static bool matches_one(const char *pattern, size_t n, uint32_t c, size_t *used)
{
    uint32_t wanted;
    *used = 1;
    if (pattern[0] == '?')
        return true;
    if (pattern[0] == '[')
        return in_set(pattern, n, c, used);
    size_t escape = pattern[0] == '\\' && n > 1;
    *used = escape + character(pattern + escape, n - escape, &wanted);
    return wanted == c;
}

bool ing_glob(const char *pattern, size_t n, const char *name)
{
    size_t p = 0, used, star = SIZE_MAX;
    const char *back = NULL, *end = name + strlen(name);
    while (name != end) {
        uint32_t c, skipped;
        size_t length = character(name, (size_t)(end - name), &c);
        if (p < n && pattern[p] == '*') {
            star = p++;
            back = name;
        } else if (p < n && matches_one(pattern + p, n - p, c, &used)) {
            p += used;
            name += length;
        } else if (star != SIZE_MAX) { /* let the last star take one character more */
            p = star + 1;
            back += character(back, (size_t)(end - back), &skipped);
            name = back;
        } else {
            return false;
        }
    }
    while (p < n && pattern[p] == '*')
        p++;
    return p == n;
}

static void apply(ing_column *c, const ing_type_wish *wish)
{
    c->asked.forced = !wish->automatic;
    if (c->asked.forced)
        c->asked.type = wish->type;
    if (wish->dictionary)
        c->asked.dictionary_mode = SHMCOL_DICTIONARY_ALWAYS;
}

/* Returns the length of one item of the list, up to the next comma outside brackets. A bracket that
 * is never closed does not count. */
static size_t item_length(const char *text)
{
    size_t n = 0;
    int depth = 0;
    for (; text[n] != 0 && (text[n] != ',' || depth > 0); n++)
        depth += (text[n] == '[') - (text[n] == ']');
    return depth > 0 ? strcspn(text, ",") : n;
}

static shmcol_status bad_type(const char *text, size_t n, shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_TYPE_NAME, "C-51", "\"%.*s\" is no type", n > 200 ? 200 : (int)n,
             text);
    shm_error_hint(err, "bool, int8 … int64, uint8 … uint64, float32, float64, date32, date64, "
                        "timestamp[s|ms|us|ns] or [unit;zone], time32[s|ms], time64[us|ns], "
                        "string, dictionary, auto");
    return SHMCOL_ERR_TYPE_NAME;
}

static shmcol_status no_such_name(const ing_schema *schema, const char *name, size_t n,
                                  shmcol_error *err)
{
    shm_fail(err, SHMCOL_ERR_NO_COLUMN, "C-51", "types names \"%.*s\", but there is no such column",
             n > 200 ? 200 : (int)n, name);
    shm_error_hint(err, "the first column is \"%.100s\"; * ? and [ ] match several",
                   schema->header[0]);
    return SHMCOL_ERR_NO_COLUMN;
}

/* Gives a type to the column called `name`, or, if there is none and the name is a glob, to all
 * that match it. An exact name wins over globs, an earlier glob over later ones: `assigned` has the
 * columns that have a type. Returns TYPE_NAME, NO_COLUMN. */
static shmcol_status apply_pair(ing_schema *schema, shmcol_text name, shmcol_text type, bool globs,
                                bool *assigned, shmcol_error *err)
{
    ing_type_wish wish;
    size_t length = (size_t)name.length;
    if (!ing_parse_type(type.data, (size_t)type.length, &wish))
        return bad_type(type.data, (size_t)type.length, err);
    uint32_t field = ing_find_field(schema, name.data, length);
    bool is_glob = memchr(name.data, '*', length) || memchr(name.data, '?', length) ||
                   memchr(name.data, '[', length);
    if (field == UINT32_MAX && !is_glob)
        return no_such_name(schema, name.data, length, err);
    for (uint32_t i = 0; i < schema->n_columns; i++) {
        ing_column *c = &schema->columns[i];
        bool hit = field != UINT32_MAX
                       ? !globs && c->asked.field == field
                       : globs && !assigned[i] && ing_glob(name.data, length, c->asked.name);
        if (hit) {
            apply(c, &wish);
            assigned[i] = true;
        }
    }
    return SHMCOL_OK;
}

/* Gives a type as apply_pair does, from an item NAME=TYPE of the list. A type has no '=', so the
 * last one ends the name. Returns INVALID_ARGUMENT too. */
static shmcol_status apply_item(ing_schema *schema, const char *item, size_t n, bool globs,
                                bool *assigned, shmcol_error *err)
{
    const char *sign = NULL;
    for (size_t i = 0; i < n; i++)
        if (item[i] == '=')
            sign = item + i;
    if (sign == NULL || sign == item) {
        shm_fail(err, SHMCOL_ERR_INVALID_ARGUMENT, "C-51", "\"%.*s\" is not of the form name=type",
                 n > 200 ? 200 : (int)n, item);
        return SHMCOL_ERR_INVALID_ARGUMENT;
    }
    shmcol_text name = {item, (uint64_t)(sign - item)}, type = {sign + 1, n - name.length - 1};
    return apply_pair(schema, name, type, globs, assigned, err);
}

shmcol_status ing_force_types(ing_schema *schema, const shmcol_csv_options *o, shmcol_error *err)
{
    if (o->types == NULL && o->n_type_pairs == 0)
        return SHMCOL_OK;
    bool *assigned = calloc(schema->n_columns + 1u, sizeof *assigned);
    shmcol_status status = assigned == NULL ? shm_fail_memory(err) : SHMCOL_OK;
    for (int globs = 0; status == SHMCOL_OK && globs < 2;
         globs++) { /* exact names first: they beat globs */
        for (const char *item = o->types; status == SHMCOL_OK && item != NULL && *item != 0;) {
            size_t n = item_length(item);
            if (n != 0)
                status = apply_item(schema, item, n, globs, assigned, err);
            item += n + (item[n] == ',');
        }
        for (uint32_t i = 0; status == SHMCOL_OK && i < o->n_type_pairs; i++)
            status = apply_pair(schema, o->type_pairs[i].key, o->type_pairs[i].value, globs,
                                assigned, err);
    }
    free(assigned);
    return status;
}
