/* A table in a directory: its parts, and a newer handle of it; whether a file is current, and its
 * memory given back. */
#include "ext.h"

/* Returns the number of parts; 0 for a file, which has none. */
PyObject *ext_file_parts(PyObject *self, PyObject *none)
{
    (void)none;
    shmcol_file *file = ((ext_file *)self)->file, *first;
    shmcol_error err = SHMCOL_ERROR_INIT;
    if (shmcol_part(file, 0, &first, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return PyLong_FromUnsignedLongLong(first == file ? 0 : shmcol_parts(file));
}

PyObject *ext_file_part(PyObject *self, PyObject *number)
{
    const ext_file *f = (const ext_file *)self;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *part;
    uint64_t index;
    if (!ext_u64(number, &index))
        return NULL;
    if (shmcol_part(f->file, index, &part, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return ext_file_new(f->state, shmcol_retain(part), f->writable);
}

PyObject *ext_file_part_of_row(PyObject *self, PyObject *arg)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint64_t row, index, part_row;
    if (!ext_u64(arg, &row))
        return NULL;
    if (shmcol_part_of_row(((ext_file *)self)->file, row, &index, &part_row, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return Py_BuildValue("KK", (unsigned long long)index, (unsigned long long)part_row);
}

PyObject *ext_file_refresh(PyObject *self, PyObject *none)
{
    (void)none;
    const ext_file *f = (const ext_file *)self;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = shmcol_retain(f->file), *newer = NULL;
    shmcol_status status;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_refresh(file, &newer, &err);
    shmcol_close(file);
    Py_END_ALLOW_THREADS
    if (status != SHMCOL_OK)
        return ext_raise(&err);
    if (newer != f->file)
        return ext_file_new(f->state, newer, f->writable);
    shmcol_close(newer);
    return Py_NewRef(self);
}

PyObject *ext_file_is_current(PyObject *self, PyObject *none)
{
    (void)none;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = shmcol_retain(((ext_file *)self)->file);
    shmcol_status status;
    int current = 0;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_is_current(file, &current, &err);
    shmcol_close(file);
    Py_END_ALLOW_THREADS
    if (status == SHMCOL_ERR_FILE_REPLACED)
        current = 0;
    else if (status != SHMCOL_OK)
        return ext_raise(&err);
    return PyBool_FromLong(current);
}

PyObject *ext_file_release(PyObject *self, PyObject *args)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    uint32_t index = SHMCOL_TABLE;
    uint64_t first, rows;
    PyObject *number;
    shmcol_status status;
    if (!PyArg_ParseTuple(args, "OO&O&", &number, ext_u64, &first, ext_u64, &rows) ||
        (number != Py_None && !ext_index(number, &index)))
        return NULL;
    shmcol_file *file = shmcol_retain(((ext_file *)self)->file);
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_release(file, index, first, rows, &err);
    shmcol_close(file);
    Py_END_ALLOW_THREADS
    return status == SHMCOL_OK ? Py_NewRef(Py_None) : ext_raise(&err);
}
