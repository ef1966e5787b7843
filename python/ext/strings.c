/* Strings and byte strings where they lie: the texts of a column, or the values of a dictionary.
 * Each access checks its offsets. */
#include "ext.h"

typedef struct ext_strings {
    PyObject_HEAD
    ext_state *state;
    PyObject *owner; /* keeps the memory */
    bool writable;
    shmcol_strings texts;
    uint32_t column;
    bool binary;
} ext_strings;

PyObject *ext_strings_new(ext_state *state, PyObject *owner, bool writable,
                          const shmcol_strings *strings, uint32_t column, bool binary)
{
    ext_strings *self = PyObject_New(ext_strings, state->strings);
    if (self == NULL)
        return NULL;
    self->state = state;
    self->owner = Py_NewRef(owner);
    self->writable = writable;
    self->texts = *strings;
    self->column = column;
    self->binary = binary;
    return (PyObject *)self;
}

static PyObject *damaged(const ext_strings *s, shmcol_status status, uint64_t row, const char *what)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    err.status = status;
    err.column = s->column;
    err.row = (int64_t)row;
    snprintf(err.message, sizeof err.message, "%s", what);
    return ext_raise(&err);
}

/* Returns value `row`. The caller makes sure that there is such a row. */
static PyObject *value_at(const ext_strings *s, uint64_t row)
{
    const char *data;
    uint64_t length;
    shmcol_status status = shmcol_string_at(&s->texts, row, &data, &length);
    if (status != SHMCOL_OK)
        return damaged(s, status, row, "the offsets of the column are damaged");
    if (data == NULL)
        return Py_NewRef(Py_None);
    if (s->binary)
        return PyBytes_FromStringAndSize(data, (Py_ssize_t)length);
    PyObject *text = PyUnicode_DecodeUTF8(data, (Py_ssize_t)length, NULL);
    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        return damaged(s, SHMCOL_ERR_UTF8, row, "a string is not UTF-8");
    }
    return text;
}

static PyObject *at(PyObject *self, PyObject *arg)
{
    const ext_strings *s = (const ext_strings *)self;
    uint64_t row;
    if (!ext_u64(arg, &row))
        return NULL;
    if (row >= s->texts.count)
        return damaged(s, SHMCOL_ERR_CODES, row, "there is no such value");
    return value_at(s, row);
}

/* list(start, n, step): returns the rows start, start + step …. The caller has bounded them, as
 * slice.indices does. */
static PyObject *list(PyObject *self, PyObject *args)
{
    const ext_strings *s = (const ext_strings *)self;
    long long start, n, step;
    if (!PyArg_ParseTuple(args, "LLL", &start, &n, &step))
        return NULL;
    PyObject *made = PyList_New((Py_ssize_t)n);
    for (long long i = 0; i < n && made != NULL; i++) {
        PyObject *value = value_at(s, (uint64_t)(start + i * step));
        if (value == NULL || PyList_SetItem(made, (Py_ssize_t)i, value) != 0)
            Py_CLEAR(made);
    }
    return made;
}

/* Reads a byte of each value. Rows that are picked lie anywhere in memory: the processor waits for
 * many of them at once here, and for one at a time where an object is made between two. */
static void touch(const shmcol_strings *t, const int64_t *rows, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        uint64_t row = (uint64_t)rows[i];
        if (row >= t->count)
            continue;
        uint64_t offset = (uint64_t)((const volatile int64_t *)t->offsets)[row];
        if (offset < t->data_length)
            (void)((const volatile char *)t->data)[offset];
    }
}

static PyObject *value_or_none(const ext_strings *s, int64_t row)
{
    if (row < 0)
        return Py_NewRef(Py_None);
    if ((uint64_t)row >= s->texts.count)
        return damaged(s, SHMCOL_ERR_CODES, (uint64_t)row, "there is no such value");
    return value_at(s, (uint64_t)row);
}

/* take(rows): returns the values of the rows in a buffer of int64, None for a row below 0. */
static PyObject *take(PyObject *self, PyObject *arg)
{
    const ext_strings *s = (const ext_strings *)self;
    enum { TOUCHED = 256 };
    Py_buffer buffer;
    if (PyObject_GetBuffer(arg, &buffer, PyBUF_SIMPLE) != 0)
        return NULL;
    const int64_t *rows = buffer.buf; /* numpy's arrays are aligned */
    Py_ssize_t n = buffer.len / (Py_ssize_t)sizeof *rows;
    PyObject *made = PyList_New(n);
    for (Py_ssize_t i = 0; i < n && made != NULL; i++) {
        if (i % TOUCHED == 0)
            touch(&s->texts, rows + i, n - i < TOUCHED ? n - i : TOUCHED);
        PyObject *value = value_or_none(s, rows[i]);
        if (value == NULL || PyList_SetItem(made, i, value) != 0)
            Py_CLEAR(made);
    }
    PyBuffer_Release(&buffer);
    return made;
}

/* A search, done without the GIL: the value to find, and the result. */
typedef struct search {
    const ext_strings *s;
    const char *text;
    uint64_t length, first, end;
    uint8_t *out;          /* NULL, or a byte a row: 1 if it is equal */
    bool once;             /* end with the first */
    uint64_t found, count; /* the first row, or `end` */
    shmcol_status status;
} search;

static void run(search *q)
{
    q->found = q->end;
    for (uint64_t row = q->first; row < q->end && !(q->once && q->count > 0); row++) {
        const char *data;
        uint64_t length;
        q->status = shmcol_string_at(&q->s->texts, row, &data, &length);
        if (q->status != SHMCOL_OK) {
            q->found = row;
            return;
        }
        bool same =
            data != NULL && length == q->length && memcmp(data, q->text, (size_t)length) == 0;
        if (q->out != NULL)
            q->out[row - q->first] = same;
        if (same && q->count++ == 0)
            q->found = row;
    }
}

/* Returns (first row or -1, count) of a value among rows [first, end); fills `out`, if given. */
static PyObject *compare(PyObject *self, PyObject *args)
{
    search q = {.s = (const ext_strings *)self};
    Py_buffer text, out = {0};
    int once;
    PyObject *target;
    if (!PyArg_ParseTuple(args, "y*O&O&pO", &text, ext_u64, &q.first, ext_u64, &q.end, &once,
                          &target))
        return NULL;
    if (target != Py_None && PyObject_GetBuffer(target, &out, PyBUF_WRITABLE) != 0) {
        PyBuffer_Release(&text);
        return NULL;
    }
    q.text = text.buf;
    q.length = (uint64_t)text.len;
    q.once = once != 0;
    q.out = out.buf;
    bool fits = q.first <= q.end && q.end <= q.s->texts.count &&
                (out.obj == NULL || (uint64_t)out.len == q.end - q.first);
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        run(&q);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&text);
    if (out.obj != NULL)
        PyBuffer_Release(&out);
    if (!fits)
        return PyErr_Format(PyExc_ValueError, "no such rows");
    if (q.status != SHMCOL_OK)
        return damaged(q.s, q.status, q.found, "the offsets of the column are damaged");
    return Py_BuildValue("LK", q.count > 0 ? (long long)q.found : -1, (unsigned long long)q.count);
}

/* Returns (offsets, data, validity or None). */
static PyObject *buffers(PyObject *self, PyObject *none)
{
    (void)none;
    const ext_strings *s = (const ext_strings *)self;
    const shmcol_strings *t = &s->texts;
    PyObject *owner = s->owner;
    PyObject *offsets = ext_buffer_new(s->state, owner, t->offsets,
                                       (t->count + 1) * sizeof *t->offsets, s->writable);
    PyObject *data = ext_buffer_new(s->state, owner, t->data, t->data_length, s->writable);
    PyObject *bits = t->validity != NULL ? ext_buffer_new(s->state, owner, t->validity,
                                                          (t->count + 7) / 8, s->writable)
                                         : Py_NewRef(Py_None);
    return Py_BuildValue("NNN", offsets, data, bits);
}

static Py_ssize_t count(PyObject *self)
{
    return (Py_ssize_t)((const ext_strings *)self)->texts.count;
}

static void deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    Py_XDECREF(((ext_strings *)self)->owner);
    PyObject_Free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"at", at, METH_O, "at(row) -> str | bytes | None"},
    {"list", list, METH_VARARGS, "list(start, n, step) -> list of str | bytes | None"},
    {"take", take, METH_O, "take(rows: int64 buffer, below 0: None) -> list of str | bytes | None"},
    {"compare", compare, METH_VARARGS,
     "compare(value, first, end, once, out or None) -> (first row or -1, count)"},
    {"buffers", buffers, METH_NOARGS, "buffers() -> (offsets, data, validity or None)"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, (void *)deallocate},
    {Py_tp_methods, (void *)methods},
    {Py_sq_length, (void *)count},
    {0, NULL},
};

PyType_Spec ext_strings_spec = {
    .name = "shmcol._shmcol.Strings",
    .basicsize = sizeof(ext_strings),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};
