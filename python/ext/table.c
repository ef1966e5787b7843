/* A table in a directory: its parts, and a newer handle of it. */
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
