/* An open file, and a column of it that has been checked: shared by all files of lib/read. */
#ifndef SHMCOL_READ_FILE_H
#define SHMCOL_READ_FILE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "error.h"
#include "format/fault.h"
#include "format/table.h"
#include "shmcol.h"
#include "structs.h"
#include "sys/sys.h"

struct shmcol_file {
    atomic_uint references;
    const uint8_t *map;
    const uint8_t *front; /* the file up to the end of the directory (METADATA): a copy if that is
                             short, else the map */
    fmt_header header;    /* checked (F-60); header.file_size is the size of the map */
    bool in_memory;       /* the bytes are the caller's: nothing to unmap */
    bool private_pages;   /* SHMCOL_OPEN_PRIVATE */
    int fd; /* a duplicate of the caller's descriptor (shmcol_open_fd), or the descriptor of a file
               opened as it is stored or in its plain form; else -1 */
    bool compressed; /* the file that was opened is compressed; the map is its plain form, unless
                        the header says otherwise */
    uint64_t stored_size;   /* of the file that was opened */
    uint64_t device, inode; /* of the file that is mapped */
    sys_file_info named;    /* the file that the path led to */
    /* The place of a pair of the table's metadata, whose block was checked: its number in the upper
     * half, its offset in the block in the lower. 0: unknown. */
    atomic_uint_least64_t metadata_place;
    atomic_int index_state; /* enum index_state, of the name index as a whole (F-32) */
    /* The column whose zone entries the kernel was asked for last (stats.c). */
    atomic_uint zones_wanted;
    _Atomic(struct read_words *) words; /* of unsorted dictionaries (words.c); NULL: none yet */
    sys_fault_slot *slot;
    /* A part of a table that is open has the table's map, and lives as long as this; else NULL. */
    struct read_part *part;
    /* A table in a directory; then there is no map, and header and front are those of the first
     * part, with the rows of the table. NULL: a file. */
    struct read_table *table;
    char path[]; /* "" if unknown */
};

enum index_state { INDEX_UNKNOWN, INDEX_GOOD };

/* A column ready for use: descriptor and name checked, every buffer inside the map (F-61). */
typedef struct read_column {
    const shmcol_file *file;
    uint32_t index;
    bool supported; /* false: only name and metadata are good (F-28) */
    fmt_descriptor descriptor;
    fmt_descriptor dictionary;          /* of a dictionary column */
    const shmcol_file *dictionary_file; /* whose map has it: of a table the last part */
    const char *name;
} read_column;

/* Turns a fault of format/ into an error: status, the requirement of section 12, place, path.
 * `name` (may be NULL) is the column's. Returns the status. */
shmcol_status read_fault(const shmcol_file *file, const fmt_fault *fault, const char *name,
                         shmcol_error *err);

/* Loads column `index`: copies its descriptor out and checks it, its name and its dictionary's
 * descriptor. A column of an unknown kind is no error here; supported is false then. Errors:
 * NO_COLUMN, DESCRIPTOR_HASH, DESCRIPTOR_FIELD, NAME, METADATA, LAYOUT. */
shmcol_status read_column_load(const shmcol_file *file, uint32_t index, read_column *column,
                               shmcol_error *err);
/* Does the same; COLUMN_UNSUPPORTED is an error. */
shmcol_status read_column_supported(const shmcol_file *file, uint32_t index, read_column *column,
                                    shmcol_error *err);
/* Does the same for a column whose values are read in place. Error: FEATURE for a compressed file
 * that was opened as it is stored. */
shmcol_status read_column_plain(const shmcol_file *file, uint32_t index, read_column *column,
                                shmcol_error *err);
/* Does the same by name. */
shmcol_status read_column_named(const shmcol_file *file, const char *name, read_column *column,
                                shmcol_error *err);

/* Adds a column's index and the file's path to an error, and returns `status`. */
shmcol_status read_column_error(const read_column *column, shmcol_status status, shmcol_error *err);

/* Fails with OFFSETS or CODES at a row of the table whose value is damaged. */
shmcol_status read_damaged_row(const shmcol_file *file, uint32_t column, uint64_t row,
                               shmcol_status status, shmcol_error *err);

/* Fails with WRONG_TYPE, naming both types. */
shmcol_status read_wrong_type(const read_column *column, const char *wanted, shmcol_error *err);

/* Fails with HAS_NULLS: the caller has no place for the validity. */
shmcol_status read_has_nulls(const read_column *column, shmcol_error *err);

/* Fails with NOT_ONE_RUN: the column of a table in a directory has several runs of bytes. */
shmcol_status read_not_one_run(const read_column *column, shmcol_error *err);

/* Fails with FAULT at a byte of the map, with its offset and, if that can still be read, the
 * column. */
shmcol_status read_fault_at(const shmcol_file *file, const uint8_t *address, shmcol_error *err);

/* Calls fn(arg), which reads the map while the caller holds memory. Inside shmcol_guard a fault
 * ends here, with FAULT, so that the memory can be freed. */
shmcol_status read_while_held(const shmcol_file *file, void (*fn)(void *arg), void *arg,
                              shmcol_error *err);

/* Returns the bytes of a slot of a checked descriptor of a file with a map. Never NULL: an empty
 * slot points at the start of the map. */
static inline const void *read_slot(const shmcol_file *file, const fmt_descriptor *d, int slot)
{
    return file->map + d->slots[slot].offset;
}

/* Returns the validity bitmap of a column of a file with a map. NULL if the column has no nulls,
 * even with a bitmap (F-79). */
static inline const uint8_t *read_validity(const read_column *column)
{
    const fmt_descriptor *d = &column->descriptor;
    return d->null_count != 0 ? read_slot(column->file, d, FMT_SLOT_VALIDITY) : NULL;
}

/* Gives the values of a column that has a width, of a file or over all parts of a table. Unless
 * `validity` is NULL, it becomes the bitmap, or NULL if there are no nulls. The first access to a
 * table's column maps it. Errors: ADDRESS_SPACE, IO. */
shmcol_status read_values_of(const read_column *column, const uint8_t **values,
                             const uint8_t **validity, shmcol_error *err);
/* Gives the validity bitmap of any column, likewise. */
shmcol_status read_validity_of(const read_column *column, const uint8_t **validity,
                               shmcol_error *err);
/* Makes a file of nothing yet, as the first checks need it. Returns NULL if there is no memory. */
shmcol_file *read_new_file(const char *path);
/* Frees what read_new_file and the checks made, and not the map. */
void read_free_file(shmcol_file *file);
/* Makes a file of nothing yet that of a part which its table has mapped. `fd` may be -1: then the
 * header is checked in the map, and there is no copy of the directory. Errors: those of F-60. */
shmcol_status read_open_part(struct read_part *part, int fd, shmcol_file *file, shmcol_error *err);
/* Maps the file of `fd`, which the caller keeps, and checks its header. `flags` are SHMCOL_OPEN_…,
 * of which CACHE and COPY do nothing here. *out is closed with shmcol_close. Errors: those of
 * shmcol_open. */
shmcol_status read_open_mapped(int fd, const sys_file_info *info, const char *path, uint32_t flags,
                               shmcol_file **out, shmcol_error *err);
/* Fails for an advice on the map that the kernel refused: FAULT if pages could not be brought in,
 * else IO. */
shmcol_status read_advice_failed(const shmcol_file *file, int errnum, shmcol_error *err);
/* Returns the length of the plain form of a file that was opened as it is stored; 0 if its
 * directory is damaged. */
uint64_t read_plain_size(const shmcol_file *file);
/* Does the work of shmcol_open_memory, with SHMCOL_OPEN_STORED or 0. */
shmcol_status read_open_memory(const void *data, size_t size, uint32_t flags, shmcol_file **file,
                               shmcol_error *err);
/* Finds out whether the file of `fd` is compressed, and if so decodes its header
 * (open_compressed.c). A damaged file counts as not compressed: opening it as a plain one then
 * finds the damage. Errors: IO, NO_MEMORY. */
shmcol_status read_peek_compressed(int fd, const sys_file_info *info, const char *path,
                                   fmt_header *stored, bool *compressed, shmcol_error *err);
/* Opens the plain form of a compressed file, whose header is `stored`, from the cache or in memory,
 * as the flags allow. Errors: those of shmcol_open. */
shmcol_status read_open_plain_form(int fd, const sys_file_info *info, const char *path,
                                   const shmcol_open_options *options, const fmt_header *stored,
                                   shmcol_file **out, shmcol_error *err);

#endif
