/* Filling a caller's shmcol_error. Every failure in lib/ goes through these, so that each has a
 * status, a rule and one line of text. An error that was not begun as SHMCOL_ERROR_INIT is left
 * alone. */
#ifndef SHMCOL_ERROR_H
#define SHMCOL_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "format/fault.h"
#include "shmcol.h"

/* vsnprintf for people: one line of UTF-8 whatever the arguments hold; what does not fit ends in
 * "...", at a character's border. */
void shm_print_line(char *out, size_t capacity, const char *format, va_list args)
    __attribute__((format(printf, 3, 0)));

/* Starts `err` (may be NULL) anew with `status`, the requirement `rule` ("F-36", "" for none) and a
 * printf message; all places are -1. Returns status, so that `return shm_fail(...)` is the idiom.
 */
shmcol_status shm_fail(shmcol_error *err, shmcol_status status, const char *rule,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A failed system call: status IO (NO_MEMORY for ENOMEM, EXISTS for EEXIST), the path, "message:
 * strerror(errnum)". `path` may be NULL. */
shmcol_status shm_fail_sys(shmcol_error *err, int errnum, const char *path, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* An output that cannot be made at `path`; `what` names it: "the output". EXISTS for EEXIST; IO
 * where `refused` says what is there that is not replaced: "a FIFO" (sys_output_create), NULL:
 * nothing; else as shm_fail_sys. */
shmcol_status shm_fail_output(shmcol_error *err, int errnum, const char *refused, const char *path,
                              const char *what);
/* An output that was made and cannot be published, or, if `in_place`, has its name, but the
 * directory could not be synced. */
shmcol_status shm_fail_publish(shmcol_error *err, int errnum, bool in_place, const char *path,
                               const char *what);

shmcol_status shm_fail_memory(shmcol_error *err); /* NO_MEMORY */

/* Makes `err` what a fault of format/ says: its code, which is a status, its requirement, text,
 * column, row and offset, and `path`. The message begins with `what` and a colon. Both may be NULL.
 * Returns the status. */
shmcol_status shm_fail_fault(shmcol_error *err, const fmt_fault *fault, const char *what,
                             const char *path);

/* The requirement that section 12 of spec/format.md gives a status; "" for those that are no answer
 * about a file. */
const char *shm_status_rule(shmcol_status status);

/* Makes `err` (may be NULL) what `from`, one of the library's own, is. */
void shm_error_copy(shmcol_error *err, const shmcol_error *from);

/* Additions to an error that was just filled in; all allow err == NULL. */
void shm_error_hint(shmcol_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void shm_error_path(shmcol_error *err, const char *path); /* only if the error has none yet */
void shm_error_column(shmcol_error *err, int64_t column);
void shm_error_row(shmcol_error *err, int64_t row);
void shm_error_errno(shmcol_error *err, int errnum);
void shm_error_offset(shmcol_error *err, int64_t file_offset);
void shm_error_line(shmcol_error *err, int64_t line, int64_t line_column);

#endif
