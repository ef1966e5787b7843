/* How numbers are written: their marks (C-41). */
#ifndef SHMCOL_PARSE_STYLE_H
#define SHMCOL_PARSE_STYLE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct parse_style {
    char decimal;        /* the decimal mark: '.' or ',' */
    uint8_t group_size;  /* bytes of the group mark; 0: digits are not grouped */
    bool group_fraction; /* digits are grouped only in front of a decimal mark */
    char group[3];       /* the group mark */
} parse_style;

extern const parse_style parse_style_plain; /* 1234.5 */
extern const parse_style parse_style_comma; /* 1234,5 and 1.234,5 */

#endif
