/* The writer as lib/populate uses it: a table of columns of a fixed width, whose rows are known
 * from the beginning and whose values others write where they will be read. The public interface,
 * shmcol_writer_*, is in shmcol.h. */
#ifndef SHMCOL_WRITER_H
#define SHMCOL_WRITER_H

#include "format/table.h"
#include "shmcol.h"
#include "sink/sink.h"

typedef struct writer_output {
    const char *path; /* NULL: fd */
    int fd;
    bool shared; /* other processes write to it too */
} writer_output;

/* Creates a writer; the caller ends it with shmcol_writer_abort or writer_free. Errors:
 * INVALID_ARGUMENT, MEMORY_BOUND, NO_MEMORY, and those of sink_check and sink_create. */
shmcol_status writer_new(const writer_output *to, const shmcol_field *fields, uint32_t n_fields,
                         const shmcol_writer_options *options, shmcol_writer **writer,
                         shmcol_error *err);
/* Frees a writer whose sink has ended. */
void writer_free(shmcol_writer *w);
/* Returns the writer's sink; NULL: it has ended. */
sink *writer_sink(const shmcol_writer *w);
/* Fills `err` with a failure in a column, and returns `status`. `row` counts from the first of the
 * table; -1: no row. */
shmcol_status writer_fail_at(const shmcol_writer *w, shmcol_status status, const char *rule,
                             uint32_t index, int64_t row, const char *what, shmcol_error *err);

/* Functions that take over at the end of a writer, from which lib/append has its rows. */
typedef struct writer_end {
    /* Called once, by a commit, when the file is complete. Its status is that of the commit. */
    shmcol_status (*commit)(void *arg, shmcol_error *err);
    /* Called last, by every commit and abort, in a child of fork too. */
    void (*end)(void *arg);
    void *arg;
    const char *path; /* the file in messages of failures; lives until `end` */
} writer_end;
/* Sets that. */
void writer_at_end(shmcol_writer *w, writer_end end);

/* ---- values written in place ---- */

/* A map of the output, and what its directory says of each column. */
typedef struct writer_in_place {
    uint8_t *map;
    fmt_descriptor *columns;
} writer_in_place;

/* Returns the values of a column from row `row` on. */
static inline uint8_t *writer_values_at(const writer_in_place *p, uint32_t index, uint64_t row)
{
    const fmt_descriptor *d = &p->columns[index];
    return p->map + d->slots[FMT_SLOT_VALUES].offset + row * d->width;
}

/* Returns the bitmap of a column from row `row`, a multiple of 8, on; NULL: it is not nullable. */
static inline uint8_t *writer_validity_at(const writer_in_place *p, uint32_t index, uint64_t row)
{
    const fmt_slot *slot = &p->columns[index].slots[FMT_SLOT_VALIDITY];
    return slot->stored_length > 0 ? p->map + slot->offset + row / 8 : NULL;
}

/* Checks that every column has a fixed width: no other has an offset for each row before its value
 * is known. Errors: INVALID_ARGUMENT. */
shmcol_status writer_check_in_place(const shmcol_writer *w, shmcol_error *err);
/* Reserves a table of `rows` rows as large as it can become: every nullable column has a bitmap.
 * The other parameters and the errors are those of sink_reserve. */
shmcol_status writer_reserve(shmcol_writer *w, uint64_t rows, const sink_tail *tail,
                             const uint8_t id[16], sink_map *map, shmcol_error *err);
/* Begins a new table of the same columns, for `path`, after the sink has ended. `kept` as in
 * sink_options. On failure the writer is as it was. Errors: those of sink_create. */
shmcol_status writer_again(shmcol_writer *w, const char *path, sys_output **kept,
                           shmcol_error *err);
/* Checks all values where they are, makes null slots canonical, builds the zone maps, and
 * publishes the table. `keep` as in sink_keep; NULL: the output is not kept. Whatever is returned,
 * the sink has ended. Errors: BAD_VALUE (F-38), NO_MEMORY, and those of sink_finish. */
shmcol_status writer_finish_in_place(shmcol_writer *w, const writer_in_place *values,
                                     sys_output **keep, shmcol_error *err);

#endif
