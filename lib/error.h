/* The caller's shmcol_error. Every failure in lib/ is filled in by these functions, so that each
 * has a status, a rule and one line of text. They leave alone an error that was not begun with
 * SHMCOL_ERROR_INIT. */
#ifndef SHMCOL_ERROR_H
#define SHMCOL_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "format/fault.h"
#include "shmcol.h"

/* Does vsnprintf for people: one line of UTF-8, whatever the arguments hold. Characters that nobody
 * sees are written as \uXXXX; a text that does not fit ends in "...", between characters. */
void shm_print_line(char *out, size_t capacity, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Fills in `err`, which may be NULL, with `status`, the requirement `rule` ("F-36", "" for none)
 * and a printf message; all places become -1. Returns status: `return shm_fail(...)`. */
shmcol_status shm_fail(shmcol_error *err, shmcol_status status, const char *rule,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Fails for a system call: status IO (NO_MEMORY for ENOMEM, EXISTS for EEXIST), the path, which may
 * be NULL, and "message: strerror(errnum)". */
shmcol_status shm_fail_sys(shmcol_error *err, int errnum, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Fails for an output, called `what` ("the output"), that cannot be made at `path`. Status EXISTS
 * for EEXIST; IO if `refused` (NULL: nothing) names a file there that is not replaced, "a FIFO"
 * (sys_output_create); else as shm_fail_sys. */
shmcol_status shm_fail_output(shmcol_error *err, int errnum, const char *refused, const char *path,
                              const char *what);
/* Fails for an output that was made but cannot be published or, if `in_place`, that has its name
 * while the directory could not be synced. */
shmcol_status shm_fail_publish(shmcol_error *err, int errnum, bool in_place, const char *path,
                               const char *what);

/* Fails with NO_MEMORY. */
shmcol_status shm_fail_memory(shmcol_error *err);

/* Makes `err` what a fault of format/ says: its code, which is a status, its requirement, text,
 * column, row and offset, and `path`. The message begins with `what` and a colon. Both may be NULL.
 * Returns the status. */
shmcol_status shm_fail_fault(shmcol_error *err, const fmt_fault *fault, const char *what,
                             const char *path);

/* Returns the requirement that section 12 of spec/format.md gives a status; "" for one that is no
 * answer about a file. */
const char *shm_status_rule(shmcol_status status);

/* Copies `from`, an error of the library's own, to the caller's `err`, which may be NULL or
 * shorter. */
void shm_error_copy(shmcol_error *err, const shmcol_error *from);

/* Add to an error that was just filled in; err may be NULL. */
void shm_error_hint(shmcol_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void shm_error_path(shmcol_error *err, const char *path); /* only if the error has none yet */
void shm_error_column(shmcol_error *err, int64_t column);
void shm_error_row(shmcol_error *err, int64_t row);
void shm_error_errno(shmcol_error *err, int errnum);
void shm_error_offset(shmcol_error *err, int64_t file_offset);
void shm_error_line(shmcol_error *err, int64_t line, int64_t line_column);

#endif
