/* Declarations that the files of the extension share. Python.h comes first, as it demands. The
 * extension uses the limited API of 3.11: one binary for that and every later CPython. All objects
 * are used under the GIL. Long calls run without it, on a reference of their own. */
#ifndef SHMCOL_PYTHON_EXT_H
#define SHMCOL_PYTHON_EXT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <shmcol.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <structmember.h>

typedef struct ext_state {
    PyTypeObject *file, *buffer, *strings, *lists, *populate, *range, *reader, *taken;
} ext_state;
ext_state *ext_get_state(PyObject *module);

/* ---- errors (error.c) ---- */

/* Sets the exception that shmcol/_errors.py makes of `err`. Returns NULL. */
PyObject *ext_raise(const shmcol_error *err);
/* Sets the exception for a status and a message of the extension's own. Returns NULL. */
PyObject *ext_refuse(shmcol_status status, const char *message);
/* Makes the exception object without setting it. Returns NULL with another exception set. */
PyObject *ext_error_object(const shmcol_error *err);

/* A Python exception that has to wait until C code has returned. */
typedef struct ext_pending {
    PyObject *type, *value, *traceback;
} ext_pending;
/* Moves the exception that is set to `pending`, under the GIL. The first one stays. */
void ext_pending_take(ext_pending *pending);
/* Sets the pending exception again. Returns false if there was none. */
bool ext_pending_restore(ext_pending *pending);
/* Forgets the pending exception. */
void ext_pending_drop(ext_pending *pending);

/* A progress callable, the argument of ext_progress_call. */
typedef struct ext_progress {
    PyObject *call; /* NULL: none */
    ext_pending pending;
} ext_progress;
/* Calls the callable. It is a shmcol_progress, and also runs signal handlers, so that Ctrl-C
 * cancels. */
int ext_progress_call(void *arg, uint64_t done, uint64_t total);

/* ---- integers (numbers.c) ---- */

/* Convert an int to a uint64_t or uint32_t, for PyArg_ParseTuple's "O&". OverflowError if it does
 * not fit. */
int ext_u64(PyObject *object, void *to);
int ext_u32(PyObject *object, void *to);
/* Gives the index of a column from an int object. Returns false with an exception set. */
bool ext_index(PyObject *object, uint32_t *index);

/* ---- buffers (buffer.c) ---- */

/* Makes a buffer object of `length` bytes at `data`, which live as long as `owner`. */
PyObject *ext_buffer_new(ext_state *state, PyObject *owner, const void *data, uint64_t length,
                         bool writable);
extern PyType_Spec ext_buffer_spec;

/* ---- files (file.c, file_open.c, table.c) ---- */

typedef struct ext_file {
    PyObject_HEAD
    PyObject *weak;
    /* Never NULL once the object is handed out: dropping the last reference to the object closes
     * it. */
    shmcol_file *file;
    bool writable;
    ext_state *state;
} ext_file;
extern PyType_Spec ext_file_spec;
PyObject *ext_open(PyObject *module, PyObject *args);
PyObject *ext_open_fd(PyObject *module, PyObject *args);
PyObject *ext_file_parts(PyObject *self, PyObject *none);
PyObject *ext_file_part(PyObject *self, PyObject *index);
PyObject *ext_file_part_of_row(PyObject *self, PyObject *row);
PyObject *ext_file_refresh(PyObject *self, PyObject *none);
PyObject *ext_file_is_current(PyObject *self, PyObject *none);
PyObject *ext_file_release(PyObject *self, PyObject *args);
/* Makes the object of an open file, which it takes over. Returns NULL with an exception set. */
PyObject *ext_file_new(ext_state *state, shmcol_file *file, bool writable);
PyObject *ext_file_verify(PyObject *self, PyObject *args);
PyObject *ext_file_stats(PyObject *self, PyObject *args);
PyObject *ext_file_info(PyObject *self, PyObject *none);
PyObject *ext_file_head(PyObject *self, PyObject *none);
PyObject *ext_file_column(PyObject *self, PyObject *index);
PyObject *ext_file_metadata(PyObject *self, PyObject *index);
/* Describes a column for Field. Returns NULL with an exception set. */
PyObject *ext_describe(const shmcol_column_info *i);

/* ---- strings (strings.c) ---- */

/* Makes a Strings object of texts that live as long as `owner`. */
PyObject *ext_strings_new(ext_state *state, PyObject *owner, bool writable,
                          const shmcol_strings *strings, uint32_t column, bool binary);
extern PyType_Spec ext_strings_spec;
PyObject *ext_encode(PyObject *module, PyObject *args); /* texts.c */

/* ---- lists (lists.c) ---- */

PyObject *ext_file_lists(PyObject *self, PyObject *index);
/* Makes a Lists object of lists that live as long as `owner`. */
PyObject *ext_lists_new(ext_state *state, PyObject *owner, bool writable, const shmcol_list *list,
                        uint32_t column);
extern PyType_Spec ext_lists_spec;

/* ---- rows (rows.c) ---- */

PyObject *ext_file_reader(PyObject *self, PyObject *tuple);
PyObject *ext_file_search(PyObject *self, PyObject *args);
extern PyType_Spec ext_reader_spec;
extern PyType_Spec ext_taken_spec;

/* ---- Arrow (arrow_*.c) ---- */

/* Each moves its struct into a capsule. On failure the struct is released. */
PyObject *ext_capsule_schema(struct ArrowSchema *schema);
PyObject *ext_capsule_array(struct ArrowArray *array);
PyObject *ext_capsule_stream(struct ArrowArrayStream *stream);
/* Returns the schema of a capsule, all parts of which are there and can be walked. Returns NULL
 * with an exception: ValueError has the problem. */
struct ArrowSchema *ext_schema_of(PyObject *capsule);
/* Copies a schema, with another name if `name` is not NULL. Returns false without memory. */
bool ext_schema_copy(const struct ArrowSchema *from, const char *name, struct ArrowSchema *to);
PyObject *ext_file_export_schema(PyObject *self, PyObject *args);
PyObject *ext_file_export_stream(PyObject *self, PyObject *args);
PyObject *ext_file_export_array(PyObject *self, PyObject *args);
PyObject *ext_file_export_column(PyObject *self, PyObject *args);
PyObject *ext_make_schema(PyObject *module, PyObject *node);
PyObject *ext_make_array(PyObject *module, PyObject *node);
PyObject *ext_make_stream(PyObject *module, PyObject *args);
PyObject *ext_schema_difference(PyObject *module, PyObject *args);
PyObject *ext_schema_again(PyObject *module, PyObject *capsule);
PyObject *ext_read_stream(PyObject *module, PyObject *capsule);
/* Returns the exception that ended a stream of ext_make_stream, NULL for another stream. */
ext_pending *ext_stream_pending(struct ArrowArrayStream *stream);

/* ---- memory and populate (memory.c, populate.c) ---- */

PyObject *ext_memory_create(PyObject *module, PyObject *none);
PyObject *ext_memory_seal(PyObject *module, PyObject *descriptor);
/* Makes a SIGBUS on a page of an open file say file and column. */
PyObject *ext_fault_report(PyObject *module, PyObject *none);
PyObject *ext_populate_create(PyObject *module, PyObject *args);
PyObject *ext_populate_attach(PyObject *module, PyObject *args);
extern PyType_Spec ext_populate_spec;
extern PyType_Spec ext_range_spec;

/* ---- writing (write.c, append.c, pack.c) ---- */

/* Moves the stream of a capsule to `stream`. Returns false with an exception set. */
bool ext_stream_take(PyObject *capsule, struct ArrowArrayStream *stream);
/* Releases a stream that was read. *raised becomes the exception that a Python iterator ended it
 * with, which says more than the stream's end. */
void ext_stream_end(struct ArrowArrayStream *stream, ext_pending *raised);

/* An append: its options, with the arrays that they point at, and its report. */
typedef struct ext_append {
    shmcol_append_options options;
    shmcol_append_report report;
    ext_progress progress;
    shmcol_pair *pairs;
    const char **modes;
} ext_append;
/* Fills `a`, which stays in place, from a tuple of (wait, sync, part rows, min part rows, token,
 * memory, threads, metadata, dictionary), whose texts are the tuple's. Returns false with an
 * exception set; else the caller ends it with ext_append_end. */
bool ext_append_begin(PyObject *given, ext_append *a);
void ext_append_end(ext_append *a);
/* Returns the report as a dict. */
PyObject *ext_append_report(const ext_append *a);
PyObject *ext_append_stream(PyObject *module, PyObject *args);

PyObject *ext_write_stream(PyObject *module, PyObject *args);
PyObject *ext_pack(PyObject *module, PyObject *args);
/* Returns the UTF-8 of each string in a tuple, which keeps them; to be freed by PyMem_Free. NULL
 * with an exception set. */
const char **ext_texts(PyObject *tuple, uint32_t *n);
/* Returns the pairs of bytes objects in a tuple of tuples, which keeps them; to be freed by
 * PyMem_Free. NULL with an exception set. */
shmcol_pair *ext_pairs(PyObject *tuple, uint32_t *n);

#endif
