/* The inputs, each as text that can be read at any position, any number of times: in its own file,
 * or in the spool, which is one temporary file for all inputs that cannot be read where they are.
 * Few descriptors are open at a time, however many inputs there are. */
#ifndef SHMCOL_INGEST_INPUT_H
#define SHMCOL_INGEST_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "ingest/output.h"
#include "sys/sys.h"

/* At most so many files of inputs are open at a time. */
#define ING_FILES_MOST 16u

/* The files that are opened when they are needed (files.c). */
typedef struct ing_files ing_files;

/* One input. */
typedef struct ing_input {
    const char *given; /* the path as the caller gave it: "-" for standard input (C-97) */
    const char *path;  /* the same for messages */
    ing_files *files;  /* opens the file where fd is -1 */
    int fd;            /* stays open; -1: the file is opened when it is read */
    bool spooled;      /* fd is the spool's */
    bool borrowed;     /* fd is standard input, not ours to close */
    uint8_t added;     /* bytes that end its last record: 0; 1, an LF; 2, an escape and LF (C-85) */
    bool ends_in_cr;   /* an error unless in a comment (C-6, C-7) */
    uint8_t last;      /* last byte before `end`, if there is one */
    uint8_t sep;       /* the delimiter that its sep= line names (C-24); 0: it has none */
    int original_fd;   /* unconverted text, for refused records; -1: none */
    uint64_t offset;   /* of the text in its file: not 0 in the spool */
    uint64_t size;     /* of the text */
    uint64_t begin, end;  /* of the records; begin: behind the header once that is read */
    bool left_out;        /* it has no record (C-98) */
    uint64_t pos, length; /* in the joined text; `length` counts the added bytes */
    uint64_t run_end;     /* end of the last input of the same layout that follows directly */
    const struct ing_layout *layout; /* of the records (text.h); NULL until the header is read */
    uint64_t original_offset, original_size;
    sys_file_info file; /* when it was opened first */
} ing_input;

/* Reads bytes [at, at + length) of an input's text, which must be inside its size. Returns CHANGED
 * if the file is not what it was, IO. Thread-safe. */
shmcol_status ing_input_read(const ing_input *input, uint64_t at, void *data, size_t length,
                             shmcol_error *err);
/* Returns true if the input is in a file of its own which is not what it was. */
bool ing_input_changed(const ing_input *input);

/* Makes files of which ING_FILES_MOST are open at a time. Returns NULL if there is no memory. */
ing_files *ing_files_new(void);
/* Closes all that are open; NULL is allowed. */
void ing_files_free(ing_files *files);

/* ---- the spool (spool.c) ---- */

/* A temporary file that grows at its end. All zeros: not made yet. */
typedef struct ing_spool {
    bool open;
    int fd;
    uint64_t size;
} ing_spool;

/* Makes the file if there is none yet. Returns IO. */
shmcol_status ing_spool_open(ing_spool *spool, const ing_output *output, shmcol_error *err);
/* Appends to a spool that is open. Returns IO. */
shmcol_status ing_spool_write(ing_spool *spool, const ing_output *output, const void *data,
                              size_t length, shmcol_error *err);
/* Makes bytes [offset, spool->size) of the spool the text of the input, and gives up the place
 * where it was before. */
void ing_spool_take(ing_spool *spool, uint64_t offset, ing_input *input);
void ing_spool_close(ing_spool *spool);

#endif
