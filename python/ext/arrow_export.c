/* Arrow out of a file, in the capsules of the Arrow PyCapsule interface. */
#include "ext.h"

static void end_schema(PyObject *capsule)
{
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema != NULL && schema->release != NULL)
        schema->release(schema);
    free(schema);
}

static void end_array(PyObject *capsule)
{
    struct ArrowArray *array = PyCapsule_GetPointer(capsule, "arrow_array");
    if (array != NULL && array->release != NULL)
        array->release(array);
    free(array);
}

static void end_stream(PyObject *capsule)
{
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (stream != NULL && stream->release != NULL)
        stream->release(stream);
    free(stream);
}

/* Defines a function that moves a struct into a capsule; the three differ only in the struct. */
#define CAPSULE(name, type, text, end)                                                             \
    PyObject *name(struct type *from)                                                              \
    {                                                                                              \
        struct type *to = malloc(sizeof *to);                                                      \
        PyObject *capsule = to != NULL ? PyCapsule_New(to, text, end) : PyErr_NoMemory();          \
        if (capsule == NULL) {                                                                     \
            from->release(from);                                                                   \
            free(to);                                                                              \
            return NULL;                                                                           \
        }                                                                                          \
        *to = *from;                                                                               \
        return capsule;                                                                            \
    }
CAPSULE(ext_capsule_schema, ArrowSchema, "arrow_schema", end_schema)
CAPSULE(ext_capsule_array, ArrowArray, "arrow_array", end_array)
CAPSULE(ext_capsule_stream, ArrowArrayStream, "arrow_array_stream", end_stream)

/* Gives the indices in a tuple (None: all columns), to be freed by PyMem_Free. */
static bool columns_of(const ext_file *f, PyObject *tuple, uint32_t **columns, uint32_t *n)
{
    *columns = NULL;
    *n = shmcol_columns(f->file);
    if (tuple == Py_None)
        return true;
    Py_ssize_t size = PyTuple_Size(tuple);
    if (size < 0)
        return false;
    uint32_t *made = PyMem_Malloc((size_t)(size + 1) * sizeof *made);
    if (made == NULL) {
        PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t i = 0; i < size; i++)
        if (!ext_index(PyTuple_GetItem(tuple, i), &made[i])) {
            PyMem_Free(made);
            return false;
        }
    *columns = made;
    *n = (uint32_t)size;
    return true;
}

/* Opens a stream over a part of the table. The checks before an export read whole columns, so they
 * are made without the GIL. */
static bool open_stream(PyObject *self, PyObject *tuple, uint64_t first, uint64_t rows,
                        uint64_t batch, uint32_t flags, struct ArrowArrayStream *stream)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    uint32_t *columns, n;
    if (!columns_of((ext_file *)self, tuple, &columns, &n))
        return false;
    shmcol_file *file = shmcol_retain(((ext_file *)self)->file);
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_export_rows(file, columns, n, first, rows, batch, flags, stream, &err);
    shmcol_close(file);
    Py_END_ALLOW_THREADS
    PyMem_Free(columns);
    if (status != SHMCOL_OK)
        ext_raise(&err);
    return status == SHMCOL_OK;
}

static PyObject *stream_failed(struct ArrowArrayStream *stream)
{
    const char *why = stream->get_last_error(stream);
    /* Nothing but memory can be missing there. */
    ext_refuse(SHMCOL_ERR_NO_MEMORY, why != NULL ? why : "out of memory");
    stream->release(stream);
    return NULL;
}

PyObject *ext_file_export_schema(PyObject *self, PyObject *args)
{
    PyObject *tuple;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    if (!PyArg_ParseTuple(args, "O", &tuple) ||
        !open_stream(self, tuple, 0, 0, 0, SHMCOL_ARROW_TRUSTED, &stream))
        return NULL;
    if (stream.get_schema(&stream, &schema) != 0)
        return stream_failed(&stream);
    stream.release(&stream);
    return ext_capsule_schema(&schema);
}

PyObject *ext_file_export_stream(PyObject *self, PyObject *args)
{
    PyObject *tuple;
    uint64_t first, rows, batch;
    int trusted;
    struct ArrowArrayStream stream;
    if (!PyArg_ParseTuple(args, "OO&O&O&p", &tuple, ext_u64, &first, ext_u64, &rows, ext_u64,
                          &batch, &trusted) ||
        !open_stream(self, tuple, first, rows, batch, trusted ? SHMCOL_ARROW_TRUSTED : 0, &stream))
        return NULL;
    return ext_capsule_stream(&stream);
}

static PyObject *both(struct ArrowSchema *schema, struct ArrowArray *array)
{
    PyObject *first = ext_capsule_schema(schema), *second = ext_capsule_array(array);
    return Py_BuildValue("NN", first, second);
}

/* Exports the rows as the one batch of a stream. */
PyObject *ext_file_export_array(PyObject *self, PyObject *args)
{
    PyObject *tuple;
    uint64_t first, rows;
    int trusted;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray array;
    if (!PyArg_ParseTuple(args, "OO&O&p", &tuple, ext_u64, &first, ext_u64, &rows, &trusted) ||
        !open_stream(self, tuple, first, rows, 0,
                     SHMCOL_ARROW_EMPTY_BATCH | (trusted ? SHMCOL_ARROW_TRUSTED : 0), &stream))
        return NULL;
    if (stream.get_schema(&stream, &schema) != 0)
        return stream_failed(&stream);
    if (stream.get_next(&stream, &array) != 0) {
        schema.release(&schema);
        return stream_failed(&stream);
    }
    stream.release(&stream);
    return both(&schema, &array);
}

/* Exports a column as the array itself, not as a table of one column. */
PyObject *ext_file_export_column(PyObject *self, PyObject *args)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    PyObject *number;
    uint64_t first, rows;
    int trusted;
    uint32_t column;
    struct ArrowSchema schema;
    struct ArrowArray array;
    if (!PyArg_ParseTuple(args, "OO&O&p", &number, ext_u64, &first, ext_u64, &rows, &trusted) ||
        !ext_index(number, &column))
        return NULL;
    shmcol_file *file = shmcol_retain(((ext_file *)self)->file);
    uint64_t all = shmcol_rows(file);
    if (first > all || rows > all - first) {
        shmcol_close(file);
        return PyErr_Format(PyExc_IndexError, "no such rows");
    }
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_export_column(file, column, trusted ? SHMCOL_ARROW_TRUSTED : 0, &schema, &array,
                                  &err);
    shmcol_close(file);
    Py_END_ALLOW_THREADS
    if (status != SHMCOL_OK)
        return ext_raise(&err);
    if (rows != all && array.null_count != 0)
        array.null_count = -1;     /* for the consumer to count */
    array.offset = (int64_t)first; /* a slice; the struct is the caller's */
    array.length = (int64_t)rows;
    return both(&schema, &array);
}
