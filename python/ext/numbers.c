/* Integers from Python, checked for overflow: the K, I and k of PyArg_ParseTuple do not check. */
#include "ext.h"

int ext_u64(PyObject *object, void *to)
{
    unsigned long long value = PyLong_AsUnsignedLongLong(object);
    if (PyErr_Occurred())
        return 0;
    *(uint64_t *)to = value;
    return 1;
}

int ext_u32(PyObject *object, void *to)
{
    uint64_t value;
    if (!ext_u64(object, &value))
        return 0;
    if (value > UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "an integer of more than 32 bits");
        return 0;
    }
    *(uint32_t *)to = (uint32_t)value;
    return 1;
}

bool ext_index(PyObject *object, uint32_t *index)
{
    if (!ext_u32(object, index))
        return false;
    if (*index == UINT32_MAX)
        PyErr_SetString(PyExc_IndexError, "no such column");
    return *index != UINT32_MAX;
}
