/* Files in memory, which have no name. */
#include "ext.h"

PyObject *ext_memory_create(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    shmcol_error err = SHMCOL_ERROR_INIT;
    int fd;
    if (shmcol_memory_create(&fd, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return PyLong_FromLong(fd);
}

PyObject *ext_memory_seal(PyObject *module, PyObject *descriptor)
{
    (void)module;
    shmcol_error err = SHMCOL_ERROR_INIT;
    int fd = PyObject_AsFileDescriptor(descriptor);
    if (fd < 0)
        return NULL;
    if (shmcol_memory_seal(fd, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return Py_NewRef(Py_None);
}

PyObject *ext_fault_report(PyObject *module, PyObject *none)
{
    (void)module;
    (void)none;
    shmcol_error err = SHMCOL_ERROR_INIT;
    return shmcol_fault_report(&err) == SHMCOL_OK ? Py_NewRef(Py_None) : ext_raise(&err);
}
