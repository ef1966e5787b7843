/* An open file: its columns' buffers, and the table of its methods. */
#include "ext.h"

static PyObject *find(PyObject *self, PyObject *name)
{
    ext_file *f = (ext_file *)self;
    shmcol_error err = SHMCOL_ERROR_INIT;
    Py_ssize_t length;
    uint32_t index;
    const char *text = PyUnicode_AsUTF8AndSize(name, &length);
    if (text == NULL) { /* a lone surrogate: no column has that name */
        if (!PyErr_ExceptionMatches(PyExc_UnicodeEncodeError))
            return NULL;
        PyErr_Clear();
        return ext_refuse(SHMCOL_ERR_NO_COLUMN, "no column has a name with a lone surrogate");
    }
    if (shmcol_find_n(f->file, text, (size_t)length, &index, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return PyLong_FromUnsignedLong(index);
}

/* Returns (values, validity or None). */
static PyObject *values(PyObject *self, PyObject *arg)
{
    ext_file *f = (ext_file *)self;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    const void *data;
    const uint8_t *bits;
    uint32_t index;
    if (!ext_index(arg, &index))
        return NULL;
    if (shmcol_get_column(f->file, index, &info, &err) != SHMCOL_OK ||
        shmcol_values(f->file, index, &data, &bits, &err) != SHMCOL_OK)
        return ext_raise(&err);
    uint64_t rows = shmcol_rows(f->file);
    PyObject *first = ext_buffer_new(f->state, self, data, rows * info.width, f->writable);
    PyObject *second = bits != NULL
                           ? ext_buffer_new(f->state, self, bits, (rows + 7) / 8, f->writable)
                           : Py_NewRef(Py_None);
    return Py_BuildValue("NN", first, second); /* NULL if one of them is, and takes both */
}

/* Returns the bitmap of a column of any type, or None. */
static PyObject *validity(PyObject *self, PyObject *arg)
{
    ext_file *f = (ext_file *)self;
    shmcol_error err = SHMCOL_ERROR_INIT;
    const uint8_t *bits;
    uint32_t index;
    if (!ext_index(arg, &index))
        return NULL;
    if (shmcol_validity(f->file, index, &bits, &err) != SHMCOL_OK)
        return ext_raise(&err);
    if (bits == NULL)
        return Py_NewRef(Py_None);
    return ext_buffer_new(f->state, self, bits, (shmcol_rows(f->file) + 7) / 8, f->writable);
}

static PyObject *strings(PyObject *self, PyObject *arg)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    shmcol_strings texts = SHMCOL_STRINGS_INIT;
    const ext_file *f = (const ext_file *)self;
    uint32_t index;
    if (!ext_index(arg, &index))
        return NULL;
    if (shmcol_get_column(f->file, index, &info, &err) != SHMCOL_OK ||
        shmcol_strings_column(f->file, index, &texts, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return ext_strings_new(f->state, self, f->writable, &texts, index, info.type == SHMCOL_BINARY);
}

static PyObject *categories(PyObject *self, PyObject *arg)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    uint32_t index;
    if (!ext_index(arg, &index))
        return NULL;
    const ext_file *f = (const ext_file *)self;
    if (shmcol_dictionary_column(f->file, index, &dictionary, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return ext_strings_new(f->state, self, f->writable, &dictionary.values, index, false);
}

/* Returns the code of a string in a column's dictionary, -1 if it is not there. */
static PyObject *code(PyObject *self, PyObject *args)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    shmcol_file *file = ((ext_file *)self)->file;
    PyObject *number;
    const char *text;
    Py_ssize_t length;
    uint32_t index;
    int64_t found = -1;
    shmcol_status status;
    if (!PyArg_ParseTuple(args, "Os#", &number, &text, &length) || !ext_index(number, &index))
        return NULL;
    if (shmcol_dictionary_column(file, index, &dictionary, &err) != SHMCOL_OK)
        return ext_raise(&err);
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_dictionary_code(&dictionary, text, (uint64_t)length, &found);
    Py_END_ALLOW_THREADS
    if (status != SHMCOL_OK) {
        err.status = status;
        err.column = index;
        snprintf(err.message, sizeof err.message, "the dictionary is damaged");
        return ext_raise(&err);
    }
    return PyLong_FromLongLong(found);
}

static PyObject *prefault(PyObject *self, PyObject *arg)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    uint32_t index;
    if (!ext_index(arg, &index))
        return NULL;
    shmcol_file *file = shmcol_retain(((ext_file *)self)->file);
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_prefault(file, index, &err);
    shmcol_close(file);
    Py_END_ALLOW_THREADS
    return status == SHMCOL_OK ? Py_NewRef(Py_None) : ext_raise(&err);
}

static PyObject *resident(PyObject *self, PyObject *arg)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint64_t bytes, total;
    uint32_t index = SHMCOL_TABLE;
    if (arg != Py_None && !ext_index(arg, &index))
        return NULL;
    if (shmcol_resident(((ext_file *)self)->file, index, &bytes, &total, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return Py_BuildValue("KK", (unsigned long long)bytes, (unsigned long long)total);
}

static void deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ext_file *f = (ext_file *)self;
    if (f->weak != NULL)
        PyObject_ClearWeakRefs(self);
    shmcol_file *file = f->file;
    PyObject_Free(self);
    Py_DECREF(type);
    Py_BEGIN_ALLOW_THREADS /* unmapping a large file takes a while */
    shmcol_close(file);
    Py_END_ALLOW_THREADS
}

static PyMethodDef methods[] = {
    {"head", ext_file_head, METH_NOARGS, "head() -> (rows, columns, content id)"},
    {"info", ext_file_info, METH_NOARGS, "info() -> dict"},
    {"column", ext_file_column, METH_O, "column(index) -> tuple, as Field takes it"},
    {"metadata", ext_file_metadata, METH_O, "metadata(index or None) -> list of (bytes, bytes)"},
    {"find", find, METH_O, "find(name) -> index"},
    {"values", values, METH_O, "values(index) -> (Buffer, Buffer of the validity or None)"},
    {"validity", validity, METH_O, "validity(index) -> Buffer of the bitmap, or None"},
    {"parts", ext_file_parts, METH_NOARGS, "parts() -> number of parts; 0 for a file"},
    {"part", ext_file_part, METH_O, "part(number) -> File"},
    {"part_of_row", ext_file_part_of_row, METH_O,
     "part_of_row(row) -> (number of the part, row in it)"},
    {"is_current", ext_file_is_current, METH_NOARGS, "is_current() -> bool"},
    {"release", ext_file_release, METH_VARARGS, "release(index or None, first, rows)"},
    {"reader", ext_file_reader, METH_O, "reader(cells) -> Reader"},
    {"search", ext_file_search, METH_VARARGS, "search(index, keys, offsets, right, rows)"},
    {"refresh", ext_file_refresh, METH_NOARGS, "refresh() -> File, self where nothing was added"},
    {"strings", strings, METH_O, "strings(index) -> Strings"},
    {"lists", ext_file_lists, METH_O, "lists(index) -> Lists"},
    {"categories", categories, METH_O, "categories(index) -> Strings"},
    {"code", code, METH_VARARGS, "code(index, text) -> code in the dictionary, or -1"},
    {"stats", ext_file_stats, METH_VARARGS, "stats(index, zone or -1) -> dict"},
    {"verify", ext_file_verify, METH_VARARGS,
     "verify(level, threads, progress or None) -> list of problems"},
    {"prefault", prefault, METH_O, "prefault(index)"},
    {"resident", resident, METH_O, "resident(index or None) -> (bytes in the page cache, bytes)"},
    {"export_schema", ext_file_export_schema, METH_VARARGS,
     "export_schema(columns) -> capsule arrow_schema"},
    {"export_stream", ext_file_export_stream, METH_VARARGS,
     "export_stream(columns, first, rows, batch_rows, trusted) -> capsule arrow_array_stream"},
    {"export_array", ext_file_export_array, METH_VARARGS,
     "export_array(columns, first, rows, trusted) -> (capsule arrow_schema, capsule arrow_array)"},
    {"export_column", ext_file_export_column, METH_VARARGS,
     "export_column(column, first, rows, trusted) -> (capsule arrow_schema, capsule arrow_array)"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(ext_file, weak), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)deallocate},
    {Py_tp_methods, (void *)methods},
    {Py_tp_members, (void *)members},
    {0, NULL},
};

PyType_Spec ext_file_spec = {
    .name = "shmcol._shmcol.File",
    .basicsize = sizeof(ext_file),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
