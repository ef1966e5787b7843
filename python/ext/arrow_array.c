/* Arrow arrays over the memory of Python objects, described by the nodes of arrow_schema.c, and
 * streams of them. */
#include <errno.h>

#include "ext.h"

/* The memory that an array keeps. */
typedef struct holding {
    Py_ssize_t n;
    const void **pointers;
    Py_buffer views[];
} holding;

static void release_array(struct ArrowArray *array)
{
    holding *h = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++) {
        if (array->children[i]->release != NULL)
            array->children[i]->release(array->children[i]);
        free(array->children[i]);
    }
    if (array->dictionary != NULL && array->dictionary->release != NULL)
        array->dictionary->release(array->dictionary);
    free(array->dictionary);
    free(array->children);
    if (Py_IsInitialized()) { /* otherwise all objects are gone already */
        PyGILState_STATE gil = PyGILState_Ensure();
        for (Py_ssize_t i = 0; i < h->n; i++)
            if (h->views[i].obj != NULL)
                PyBuffer_Release(&h->views[i]);
        PyGILState_Release(gil);
    }
    free(h->pointers);
    free(h);
    memset(array, 0, sizeof *array);
}

static bool build(PyObject *node, struct ArrowArray *to);

static bool no_memory(void)
{
    PyErr_NoMemory();
    return false;
}

static bool take_buffers(PyObject *buffers, struct ArrowArray *to)
{
    Py_ssize_t n = PyTuple_Size(buffers);
    holding *h = calloc(1, sizeof *h + (size_t)n * sizeof *h->views);
    if (h == NULL)
        return no_memory();
    h->pointers = calloc((size_t)n + 1, sizeof *h->pointers);
    if (h->pointers == NULL) {
        free(h);
        return no_memory();
    }
    to->private_data = h;
    to->release = release_array; /* from here on it releases everything */
    to->buffers = h->pointers;
    to->n_buffers = n;
    for (h->n = 0; h->n < n; h->n++) {
        PyObject *object = PyTuple_GetItem(buffers, h->n);
        Py_buffer *view = &h->views[h->n];
        if (object != Py_None && PyObject_GetBuffer(object, view, PyBUF_SIMPLE) != 0)
            return false;
        h->pointers[h->n] = object != Py_None ? view->buf : NULL;
    }
    return true;
}

static bool take_children(PyObject *children, PyObject *dictionary, struct ArrowArray *to)
{
    Py_ssize_t n = PyTuple_Size(children);
    to->children = calloc((size_t)n + 1, sizeof *to->children);
    if (to->children == NULL)
        return no_memory();
    for (Py_ssize_t i = 0; i < n; i++) {
        to->children[i] = calloc(1, sizeof **to->children);
        if (to->children[i] == NULL)
            return no_memory();
        to->n_children = i + 1;
        if (!build(PyTuple_GetItem(children, i), to->children[i]))
            return false;
    }
    if (dictionary == Py_None)
        return true;
    to->dictionary = calloc(1, sizeof *to->dictionary);
    return to->dictionary != NULL ? build(dictionary, to->dictionary) : no_memory();
}

static bool build_own(PyObject *node, struct ArrowArray *to)
{
    PyObject *format, *name, *flags, *metadata, *buffers, *children, *dictionary;
    Py_ssize_t length, null_count;
    if (!PyArg_ParseTuple(node, "OOOOnnO!O!O", &format, &name, &flags, &metadata, &length,
                          &null_count, &PyTuple_Type, &buffers, &PyTuple_Type, &children,
                          &dictionary))
        return false;
    to->length = length;
    to->null_count = null_count;
    return take_buffers(buffers, to) && take_children(children, dictionary, to);
}

/* Moves the array out of its capsule, as the interface demands. */
static bool take_capsule(PyObject *capsule, struct ArrowArray *to)
{
    struct ArrowArray *from = PyCapsule_GetPointer(capsule, "arrow_array");
    if (from == NULL)
        return false;
    if (from->release == NULL) {
        ext_refuse(SHMCOL_ERR_BAD_ARROW, "the Arrow array was moved or released");
        return false;
    }
    *to = *from;
    from->release = NULL;
    return true;
}

static bool build(PyObject *node, struct ArrowArray *to)
{
    memset(to, 0, sizeof *to);
    bool good =
        PyTuple_Check(node) && (PyTuple_Size(node) == 3 ? take_capsule(PyTuple_GetItem(node, 1), to)
                                                        : build_own(node, to));
    if (!good && to->release != NULL)
        to->release(to);
    return good;
}

PyObject *ext_make_array(PyObject *module, PyObject *node)
{
    (void)module;
    struct ArrowArray array;
    if (!build(node, &array))
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "a node is a tuple");
    return ext_capsule_array(&array);
}

/* ---- a stream over an iterator of array capsules ---- */

typedef struct source {
    PyObject *iterator;
    struct ArrowSchema schema;
    ext_pending pending;
} source;

static int source_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    return ext_schema_copy(&((source *)stream->private_data)->schema, NULL, out) ? 0 : ENOMEM;
}

static int source_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    source *s = stream->private_data;
    memset(out, 0, sizeof *out);
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *capsule = PyIter_Next(s->iterator);
    if (capsule != NULL)
        take_capsule(capsule, out);
    Py_XDECREF(capsule);
    bool good = !PyErr_Occurred() && PyErr_CheckSignals() == 0;
    if (!good)
        ext_pending_take(&s->pending);
    PyGILState_Release(gil);
    if (!good && out->release != NULL)
        out->release(out);
    return good ? 0 : EIO;
}

static const char *source_error(struct ArrowArrayStream *stream)
{
    return ((source *)stream->private_data)->pending.type != NULL
               ? "the iterator of batches raised an exception"
               : NULL;
}

static void source_release(struct ArrowArrayStream *stream)
{
    source *s = stream->private_data;
    PyGILState_STATE gil = PyGILState_Ensure();
    Py_DECREF(s->iterator);
    ext_pending_drop(&s->pending);
    PyGILState_Release(gil);
    if (s->schema.release != NULL)
        s->schema.release(&s->schema);
    free(s);
    stream->release = NULL;
}

ext_pending *ext_stream_pending(struct ArrowArrayStream *stream)
{
    return stream->get_next == source_next ? &((source *)stream->private_data)->pending : NULL;
}

PyObject *ext_make_stream(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *capsule, *iterable;
    if (!PyArg_ParseTuple(args, "OO", &capsule, &iterable))
        return NULL;
    struct ArrowSchema *schema = ext_schema_of(capsule);
    if (schema == NULL)
        return NULL;
    source *s = calloc(1, sizeof *s);
    if (s == NULL)
        return PyErr_NoMemory();
    s->iterator = PyObject_GetIter(iterable);
    if (s->iterator == NULL) {
        free(s);
        return NULL;
    }
    s->schema = *schema;
    schema->release = NULL;
    struct ArrowArrayStream stream = {source_schema, source_next, source_error, source_release, s};
    return ext_capsule_stream(&stream);
}

/* ---- a stream taken apart ---- */

/* Calls the producer without the GIL: it may be Python, in any thread. */
static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *schema)
{
    int errnum;
    Py_BEGIN_ALLOW_THREADS
    errnum = stream->get_schema(stream, schema);
    Py_END_ALLOW_THREADS
    return errnum;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *array)
{
    int errnum;
    Py_BEGIN_ALLOW_THREADS
    errnum = stream->get_next(stream, array);
    Py_END_ALLOW_THREADS
    return errnum;
}

/* Appends every array of the stream. Returns 0, the stream's errno, or -1 with an exception set. */
static int take_all(struct ArrowArrayStream *stream, PyObject *list)
{
    for (;;) {
        struct ArrowArray array;
        memset(&array, 0, sizeof array);
        int errnum = get_next(stream, &array);
        if (errnum != 0 || array.release == NULL)
            return errnum;
        PyObject *capsule = ext_capsule_array(&array);
        bool good = capsule != NULL && PyList_Append(list, capsule) == 0;
        Py_XDECREF(capsule);
        if (!good)
            return -1;
    }
}

PyObject *ext_read_stream(PyObject *module, PyObject *capsule)
{
    (void)module;
    struct ArrowArrayStream *stream = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    struct ArrowSchema schema;
    if (stream == NULL)
        return NULL;
    if (stream->release == NULL)
        return ext_refuse(SHMCOL_ERR_BAD_ARROW, "the Arrow stream was read before");
    if (stream->get_schema == NULL || stream->get_next == NULL)
        return ext_refuse(SHMCOL_ERR_BAD_ARROW, "the Arrow stream gives no schema or no batches");
    memset(&schema, 0, sizeof schema);
    PyObject *list = PyList_New(0), *first = NULL;
    if (list == NULL)
        return NULL;
    int errnum = get_schema(stream, &schema);
    if (errnum == 0) {
        first = ext_capsule_schema(&schema);
        errnum = first != NULL ? take_all(stream, list) : -1;
    }
    if (errnum == 0)
        return Py_BuildValue("NN", first, list);
    if (!PyErr_Occurred()) {
        const char *why = stream->get_last_error != NULL ? stream->get_last_error(stream) : NULL;
        shmcol_error err = SHMCOL_ERROR_INIT;
        err.status = errnum == ENOMEM ? SHMCOL_ERR_NO_MEMORY : SHMCOL_ERR_IO;
        err.sys_errno = errnum;
        snprintf(err.message, sizeof err.message, "the Arrow stream: %s",
                 why != NULL ? why : strerror(errnum));
        ext_raise(&err);
    }
    Py_XDECREF(first);
    Py_DECREF(list);
    return NULL;
}
