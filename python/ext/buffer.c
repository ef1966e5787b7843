/* Memory of another object, through the buffer protocol. An array over it keeps this object, and
 * this object keeps its owner, and so the map: no pointer can outlive its memory. */
#include "ext.h"

typedef struct ext_buffer {
    PyObject_HEAD
    PyObject *owner;
    const void *data;
    Py_ssize_t length;
    bool writable;
} ext_buffer;

PyObject *ext_buffer_new(ext_state *state, PyObject *owner, const void *data, uint64_t length,
                         bool writable)
{
    static const char nothing[64] = {0};
    ext_buffer *self = PyObject_New(ext_buffer, state->buffer);
    if (self == NULL)
        return NULL;
    self->owner = Py_NewRef(owner);
    self->data = length > 0 ? data : nothing;
    self->length = (Py_ssize_t)length;
    self->writable = writable && length > 0;
    return (PyObject *)self;
}

static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    const ext_buffer *b = (const ext_buffer *)self;
    return PyBuffer_FillInfo(view, self, (void *)(uintptr_t)b->data, b->length, !b->writable,
                             flags);
}

static void deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(((ext_buffer *)self)->owner);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)deallocate},
    {Py_bf_getbuffer, (void *)get_buffer},
    {0, NULL},
};

PyType_Spec ext_buffer_spec = {
    .name = "shmcol._shmcol.Buffer",
    .basicsize = sizeof(ext_buffer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
