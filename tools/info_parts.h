/* Shows a part of a table, and the parts of a table, for shmcol-info. */
#ifndef TOOLS_INFO_PARTS_H
#define TOOLS_INFO_PARTS_H

#include "common.h"
#include "common_json.h"

typedef struct info_part {
    uint64_t first_row, rows, size;
    uint64_t resident, total; /* --memory */
    uint8_t id[16];
    const void *map;
} info_part;

/* The parts of a table; a file is its only one. */
typedef struct info_parts {
    bool table; /* false: a file */
    uint64_t count;
    info_part *all;
} info_parts;

/* Looks at all parts. The caller frees out->all, also after an error. Errors: those of a damaged
 * header, and of shmcol_resident. */
shmcol_status info_read_parts(const shmcol_file *file, bool memory, info_parts *out,
                              shmcol_error *err);
/* Prints for people how many parts there are. */
void info_print_parts_line(const info_parts *parts);
/* Prints the list of parts for people. */
void info_print_parts(const info_parts *parts, bool memory);
/* Writes it as a JSON array "parts". */
void info_json_parts(json *j, const info_parts *parts, bool memory);

/* Prints for people, or as the JSON object "part", the place of a file in its table (F-79). */
void info_print_place(const shmcol_file_info *info);
void info_json_place(json *j, const shmcol_file_info *info);

#endif
