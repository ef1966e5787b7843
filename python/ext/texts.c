/* Python's strings into Arrow's: offsets, bytes, a bitmap; and Python's containers into the arrays
 * that options are made of. */
#include "ext.h"

/* Gives the UTF-8 of a str, or the bytes of a bytes-like, borrowed from the object. Returns -1 for
 * another object or a str without UTF-8, -2 with an exception. */
static int text_of(PyObject *object, bool binary, const char **data, Py_ssize_t *length)
{
    if (binary && PyBytes_Check(object))
        return PyBytes_AsStringAndSize(object, (char **)data, length) == 0 ? 0 : -2;
    if (binary || !PyUnicode_Check(object))
        return -1;
    *data = PyUnicode_AsUTF8AndSize(object, length);
    if (*data == NULL && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) { /* a lone surrogate */
        PyErr_Clear();
        return -1;
    }
    return *data != NULL ? 0 : -2;
}

/* The result of encode: three bytearrays, `nulls` NULL as long as there is no null. */
typedef struct encoding {
    PyObject *offsets, *data, *nulls;
    Py_ssize_t room, used, null_count;
} encoding;

static bool append(encoding *e, const char *data, Py_ssize_t length)
{
    if (e->used + length > e->room) {
        Py_ssize_t room = 2 * e->room > e->used + length ? 2 * e->room : e->used + length;
        if (PyByteArray_Resize(e->data, room) != 0)
            return false;
        e->room = room;
    }
    memcpy(PyByteArray_AsString(e->data) + e->used, data, (size_t)length);
    e->used += length;
    return true;
}

static bool append_null(encoding *e, Py_ssize_t row, Py_ssize_t n)
{
    if (e->nulls == NULL) {
        e->nulls = PyByteArray_FromStringAndSize(NULL, (n + 7) / 8);
        if (e->nulls == NULL)
            return false;
        memset(PyByteArray_AsString(e->nulls), 0xFF, (size_t)((n + 7) / 8));
    }
    PyByteArray_AsString(e->nulls)[row / 8] &= (char)~(1u << (row % 8));
    e->null_count++;
    return true;
}

/* Returns the row of the first object that is neither text nor None, -1 if there is none, -2 with
 * an exception. */
static Py_ssize_t encode_all(encoding *e, PyObject *list, bool binary)
{
    Py_ssize_t n = PyList_Size(list);
    for (Py_ssize_t row = 0; row < n; row++) {
        PyObject *object =
            PyList_GetItem(list, row); /* borrowed: nothing below can change the list */
        const char *data;
        Py_ssize_t length;
        int kind = object == Py_None ? 1 : text_of(object, binary, &data, &length);
        if (kind == -2)
            return -2;
        if (kind == -1)
            return row;
        if (!(kind == 1 ? append_null(e, row, n) : append(e, data, length)))
            return -2;
        memcpy(PyByteArray_AsString(e->offsets) + (row + 1) * 8, &e->used, 8);
    }
    return -1;
}

PyObject *ext_encode(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *list, *result = NULL;
    int binary;
    encoding e = {0};
    if (!PyArg_ParseTuple(args, "Op", &list, &binary))
        return NULL;
    if (!PyList_Check(list))
        return PyErr_Format(PyExc_TypeError, "encode takes a list");
    Py_ssize_t n = PyList_Size(list);
    e.room = 8 * n + 16;
    e.offsets = PyByteArray_FromStringAndSize(NULL, (n + 1) * 8);
    e.data = PyByteArray_FromStringAndSize(NULL, e.room);
    if (e.offsets != NULL && e.data != NULL) {
        memset(PyByteArray_AsString(e.offsets), 0, 8);
        Py_ssize_t row = encode_all(&e, list, binary != 0);
        if (row >= 0)
            result = PyLong_FromSsize_t(row);
        else if (row == -1)
            result = Py_BuildValue("OOOn", e.offsets, e.data, e.nulls != NULL ? e.nulls : Py_None,
                                   e.null_count);
    }
    Py_XDECREF(e.offsets);
    Py_XDECREF(e.data);
    Py_XDECREF(e.nulls);
    return result;
}

const char **ext_texts(PyObject *tuple, uint32_t *n)
{
    Py_ssize_t size = PyTuple_Size(tuple);
    const char **texts = size < 0 ? NULL : PyMem_Malloc((size_t)(size + 1) * sizeof *texts);
    if (texts == NULL)
        return size < 0 ? NULL : (const char **)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_ssize_t length;
        texts[i] = PyUnicode_AsUTF8AndSize(PyTuple_GetItem(tuple, i), &length);
        if (texts[i] != NULL && strlen(texts[i]) != (size_t)length) {
            PyErr_SetString(PyExc_ValueError, "embedded null character");
            texts[i] = NULL;
        }
        if (texts[i] == NULL) {
            PyMem_Free(texts);
            return NULL;
        }
    }
    *n = (uint32_t)size;
    return texts;
}

shmcol_pair *ext_pairs(PyObject *tuple, uint32_t *n)
{
    Py_ssize_t size = PyTuple_Size(tuple);
    shmcol_pair *pairs = size < 0 ? NULL : PyMem_Malloc((size_t)(size + 1) * sizeof *pairs);
    if (pairs == NULL)
        return size < 0 ? NULL : (shmcol_pair *)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < size; i++) {
        Py_ssize_t key, value;
        if (!PyArg_ParseTuple(PyTuple_GetItem(tuple, i), "y#y#", &pairs[i].key.data, &key,
                              &pairs[i].value.data, &value)) {
            PyMem_Free(pairs);
            return NULL;
        }
        pairs[i].key.length = (uint64_t)key;
        pairs[i].value.length = (uint64_t)value;
    }
    *n = (uint32_t)size;
    return pairs;
}
