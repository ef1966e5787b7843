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
