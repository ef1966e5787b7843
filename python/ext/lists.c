/* Lists where they lie: which elements each row has. Each access checks its offsets. */
#include "ext.h"

typedef struct ext_lists {
    PyObject_HEAD
    ext_state *state;
    PyObject *owner; /* keeps the memory */
    bool writable;
    shmcol_list list;
    uint32_t column;
} ext_lists;

PyObject *ext_lists_new(ext_state *state, PyObject *owner, bool writable, const shmcol_list *list,
                        uint32_t column)
{
    ext_lists *made = PyObject_New(ext_lists, state->lists);
    if (made == NULL)
        return NULL;
    made->state = state;
    made->owner = Py_NewRef(owner);
    made->writable = writable;
    made->list = *list;
    made->column = column;
    return (PyObject *)made;
}

PyObject *ext_file_lists(PyObject *self, PyObject *arg)
{
    ext_file *f = (ext_file *)self;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_list list = SHMCOL_LIST_INIT;
    uint32_t index;
    if (!ext_index(arg, &index))
        return NULL;
    if (shmcol_list_column(f->file, index, &list, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return ext_lists_new(f->state, self, f->writable, &list, index);
}

static PyObject *damaged(const ext_lists *l, shmcol_status status, uint64_t row)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    err.status = status;
    err.column = l->column;
    err.row = (int64_t)row;
    snprintf(err.message, sizeof err.message, "%s",
             status == SHMCOL_ERR_OFFSETS ? "the offsets of the column are damaged"
                                          : "there is no such row");
    return ext_raise(&err);
}

/* Makes slice(first, end). Returns NULL with an exception set. */
static PyObject *slice_of(uint64_t first, uint64_t end)
{
    PyObject *from = PyLong_FromUnsignedLongLong(first);
    PyObject *to = from != NULL ? PyLong_FromUnsignedLongLong(end) : NULL;
    PyObject *made = to != NULL ? PySlice_New(from, to, NULL) : NULL;
    Py_XDECREF(from);
    Py_XDECREF(to);
    return made;
}

/* Returns the slice of the elements that row `arg` has, None for a null. */
static PyObject *at(PyObject *self, PyObject *arg)
{
    const ext_lists *l = (const ext_lists *)self;
    uint64_t row, first, length;
    if (!ext_u64(arg, &row))
        return NULL;
    shmcol_status status = shmcol_list_at(&l->list, row, &first, &length);
    if (status != SHMCOL_OK)
        return damaged(l, status, row);
    if (!shmcol_is_valid(l->list.validity, row))
        return Py_NewRef(Py_None);
    return slice_of(first, first + length);
}

/* Returns (offsets, elements or None for strings, validity or None). */
static PyObject *buffers(PyObject *self, PyObject *none)
{
    (void)none;
    const ext_lists *l = (const ext_lists *)self;
    const shmcol_list *list = &l->list;
    ext_state *state = l->state;
    PyObject *owner = l->owner;
    const bool writable = l->writable;
    PyObject *offsets = ext_buffer_new(state, owner, list->offsets,
                                       (list->count + 1) * sizeof *list->offsets, writable);
    PyObject *elements = list->element != SHMCOL_STRING
                             ? ext_buffer_new(state, owner, list->elements,
                                              list->n_elements * list->element_width, writable)
                             : Py_NewRef(Py_None);
    PyObject *bits = list->validity != NULL ? ext_buffer_new(state, owner, list->validity,
                                                             (list->count + 7) / 8, writable)
                                            : Py_NewRef(Py_None);
    return Py_BuildValue("NNN", offsets, elements, bits); /* NULL if one of them is */
}

/* Returns the elements of a list of strings, of all rows together. */
static PyObject *strings(PyObject *self, PyObject *none)
{
    (void)none;
    const ext_lists *l = (const ext_lists *)self;
    return ext_strings_new(l->state, l->owner, l->writable, &l->list.strings, l->column, false);
}

/* Returns the number of elements of all rows. */
static PyObject *elements(PyObject *self, PyObject *none)
{
    (void)none;
    return PyLong_FromUnsignedLongLong(((const ext_lists *)self)->list.n_elements);
}

static Py_ssize_t count(PyObject *self)
{
    return (Py_ssize_t)((const ext_lists *)self)->list.count;
}

static void deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(((ext_lists *)self)->owner);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"at", at, METH_O, "at(row) -> slice of the elements | None"},
    {"elements", elements, METH_NOARGS, "elements() -> number of elements of all rows"},
    {"strings", strings, METH_NOARGS, "strings() -> Strings of all rows"},
    {"buffers", buffers, METH_NOARGS,
     "buffers() -> (offsets, elements or None for strings, validity or None)"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)deallocate},
    {Py_tp_methods, (void *)methods},
    {Py_sq_length, (void *)count},
    {0, NULL},
};

PyType_Spec ext_lists_spec = {
    .name = "shmcol._shmcol.Lists",
    .basicsize = sizeof(ext_lists),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
