/* The facts that shmcol-info shows about one column. */
#ifndef TOOLS_INFO_COLUMNS_H
#define TOOLS_INFO_COLUMNS_H

#include "common.h"
#include "common_json.h"
#include "common_text.h"

typedef struct info_column {
    uint32_t index;
    shmcol_column_info info;
    shmcol_stats stats;
    bool readable; /* false: err has the reason, and only index is known */
    bool has_stats;
    uint64_t stored_bytes;    /* of all buffers, in all parts */
    uint64_t resident, total; /* --memory */
    shmcol_error err;
} info_column;

/* Fills in one column. A damaged column is not a failure of the whole. */
void info_read_column(const shmcol_file *file, uint32_t index, bool memory, info_column *out);

/* One buffer of a column. `key` is its name in JSON; people see the name with spaces. */
typedef struct info_buffer {
    const char *key;
    const shmcol_buffer *buffer;
} info_buffer;
enum { INFO_BUFFERS = 6 };
/* Returns "zstd" or "plain". */
const char *info_encoding(const shmcol_buffer *buffer);
/* Lists the buffers of a column, in the order of the slots, then those of its dictionary. */
void info_buffers(const shmcol_column_info *info, info_buffer out[INFO_BUFFERS]);

/* Prints the sections "columns" and "buffers" for people. */
void info_print_columns(const shmcol_file *file, const info_column *columns, uint32_t count,
                        bool memory);
void info_print_buffers(const info_column *columns, uint32_t count);
/* Writes the same as a JSON array "columns". */
void info_json_columns(json *j, const shmcol_file *file, const info_column *columns, uint32_t count,
                       bool memory);
/* Prints the metadata of the table (SHMCOL_TABLE) or of a column. Returns the status of the first
 * pair that cannot be read. */
shmcol_status info_print_metadata(const shmcol_file *file, uint32_t column, const char *title,
                                  shmcol_error *err);
shmcol_status info_json_metadata(json *j, const shmcol_file *file, uint32_t column,
                                 shmcol_error *err);

#endif
