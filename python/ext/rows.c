/* Rows by number: one as a dict, or any number of them copied into memory of their own. */
#include "ext.h"

/* ---- rows that were taken ---- */

typedef struct taken_column {
    uint32_t index, width;
    shmcol_type type, element;
    uint32_t element_width;
    uint64_t null_count;
    uint8_t *bits;    /* NULL: no nulls */
    uint8_t *values;  /* of a fixed width, or codes */
    int64_t *offsets; /* of texts and lists, whose bytes or elements are `data` */
    uint8_t *data;
    int64_t *string_offsets; /* of lists of strings */
    uint64_t n_elements, data_length;
} taken_column;

typedef struct ext_taken {
    PyObject_HEAD
    ext_state *state;
    uint64_t n;
    Py_ssize_t count;
    taken_column *columns;
} ext_taken;

static void free_column(taken_column *c)
{
    free(c->bits);
    free(c->values);
    free(c->offsets);
    free(c->data);
    free(c->string_offsets);
}

static void taken_deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ext_taken *t = (ext_taken *)self;
    for (Py_ssize_t i = 0; i < t->count; i++)
        free_column(&t->columns[i]);
    free(t->columns);
    PyObject_Free(self);
    Py_DECREF(type);
}

/* Returns the column with that index. NULL with an exception set. */
static taken_column *column_of(PyObject *self, PyObject *arg)
{
    ext_taken *t = (ext_taken *)self;
    uint32_t index;
    if (!ext_index(arg, &index))
        return NULL;
    for (Py_ssize_t i = 0; i < t->count; i++)
        if (t->columns[i].index == index)
            return &t->columns[i];
    PyErr_SetString(PyExc_LookupError, "the column was not taken");
    return NULL;
}

static PyObject *bits_of(PyObject *self, const taken_column *c)
{
    const ext_taken *t = (const ext_taken *)self;
    return c->bits != NULL ? ext_buffer_new(t->state, self, c->bits, (t->n + 7) / 8, true)
                           : Py_NewRef(Py_None);
}

/* Returns (values, validity or None). */
static PyObject *taken_values(PyObject *self, PyObject *arg)
{
    const ext_taken *t = (const ext_taken *)self;
    const taken_column *c = column_of(self, arg);
    if (c == NULL)
        return NULL;
    PyObject *values = ext_buffer_new(t->state, self, c->values, t->n * c->width, true);
    return Py_BuildValue("NN", values, bits_of(self, c));
}

static PyObject *taken_validity(PyObject *self, PyObject *arg)
{
    const taken_column *c = column_of(self, arg);
    return c != NULL ? bits_of(self, c) : NULL;
}

static PyObject *taken_nulls(PyObject *self, PyObject *arg)
{
    const taken_column *c = column_of(self, arg);
    return c != NULL ? PyLong_FromUnsignedLongLong(c->null_count) : NULL;
}

static PyObject *taken_strings(PyObject *self, PyObject *arg)
{
    const ext_taken *t = (const ext_taken *)self;
    const taken_column *c = column_of(self, arg);
    shmcol_strings texts = SHMCOL_STRINGS_INIT;
    if (c == NULL)
        return NULL;
    texts.count = t->n;
    texts.offsets = c->offsets;
    texts.data = (const char *)c->data;
    texts.data_length = c->data_length;
    texts.validity = c->bits;
    return ext_strings_new(t->state, self, true, &texts, c->index, c->type == SHMCOL_BINARY);
}

static PyObject *taken_lists(PyObject *self, PyObject *arg)
{
    const ext_taken *t = (const ext_taken *)self;
    const taken_column *c = column_of(self, arg);
    shmcol_list list = SHMCOL_LIST_INIT;
    if (c == NULL)
        return NULL;
    list.count = t->n;
    list.offsets = c->offsets;
    list.validity = c->bits;
    list.element = c->element;
    list.element_width = c->element_width;
    list.n_elements = c->n_elements;
    if (c->element == SHMCOL_STRING) {
        list.strings.count = c->n_elements;
        list.strings.offsets = c->string_offsets;
        list.strings.data = (const char *)c->data;
        list.strings.data_length = c->data_length;
    } else {
        list.elements = c->data;
    }
    return ext_lists_new(t->state, self, true, &list, c->index);
}

/* Returns the bytes of all columns. */
static PyObject *taken_size(PyObject *self, PyObject *none)
{
    const ext_taken *t = (const ext_taken *)self;
    uint64_t size = 0;
    (void)none;
    for (Py_ssize_t i = 0; i < t->count; i++) {
        const taken_column *c = &t->columns[i];
        size += c->bits != NULL ? (t->n + 7) / 8 : 0;
        size += c->offsets != NULL ? (t->n + 1) * 8 + c->data_length : t->n * c->width;
        size += c->string_offsets != NULL ? (c->n_elements + 1) * 8 : 0;
    }
    return PyLong_FromUnsignedLongLong(size);
}

static PyMethodDef taken_methods[] = {
    {"values", taken_values, METH_O, "values(index) -> (values, validity or None)"},
    {"validity", taken_validity, METH_O, "validity(index) -> bitmap or None"},
    {"nulls", taken_nulls, METH_O, "nulls(index) -> number of nulls"},
    {"strings", taken_strings, METH_O, "strings(index) -> Strings"},
    {"lists", taken_lists, METH_O, "lists(index) -> Lists"},
    {"size", taken_size, METH_NOARGS, "size() -> bytes of all columns"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot taken_slots[] = {
    {Py_tp_dealloc, (void *)taken_deallocate},
    {Py_tp_methods, (void *)taken_methods},
    {0, NULL},
};

PyType_Spec ext_taken_spec = {
    .name = "shmcol._shmcol.Taken",
    .basicsize = sizeof(ext_taken),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = taken_slots,
};

/* ---- the reader of some columns ---- */

/* A column of the reader, ready to be read. */
typedef struct cell {
    PyObject *name;
    PyObject *getter;  /* called with a row; NULL: the value is made here */
    PyObject *convert; /* called with the number that is made here; NULL: it stays */
    uint32_t index;
    shmcol_type type, element;
    uint32_t width, element_width;
    const uint8_t *values, *bits;
    shmcol_strings texts; /* of a file's column; count 0 where rows must be looked for */
    uint64_t typical;     /* bytes, or elements, that a row has */
    bool has_nulls;
} cell;

typedef struct ext_reader {
    PyObject_HEAD
    ext_file *file;
    bool in_parts;
    Py_ssize_t count;
    cell *cells;
} ext_reader;

static void reader_deallocate(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    ext_reader *r = (ext_reader *)self;
    for (Py_ssize_t i = 0; i < r->count; i++) {
        Py_XDECREF(r->cells[i].name);
        Py_XDECREF(r->cells[i].getter);
        Py_XDECREF(r->cells[i].convert);
    }
    PyMem_Free(r->cells);
    Py_XDECREF((PyObject *)r->file);
    PyObject_Free(self);
    Py_DECREF(type);
}

static bool is_text(shmcol_type type)
{
    return type == SHMCOL_STRING || type == SHMCOL_BINARY;
}

/* Notes where the values of a column are. */
static shmcol_status prepare(const ext_reader *r, cell *c, shmcol_error *err)
{
    shmcol_file *file = r->file->file;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    const uint64_t rows = shmcol_rows(file);
    const void *values = NULL;
    shmcol_status status = shmcol_get_column(file, c->index, &info, err);
    if (status != SHMCOL_OK)
        return status;
    c->type = info.type;
    c->element = info.element;
    c->width = info.width;
    c->typical = 16;
    c->has_nulls = info.null_count != 0;
    c->texts = (shmcol_strings)SHMCOL_STRINGS_INIT;
    if (info.width != 0) {
        status = shmcol_values(file, c->index, &values, &c->bits, err);
        c->values = values;
    } else if (is_text(info.type) && !r->in_parts) {
        status = shmcol_strings_column(file, c->index, &c->texts, err);
        if (rows != 0)
            c->typical = c->texts.data_length / rows + 1;
    } else if (info.type == SHMCOL_LIST && shmcol_parts(file) > 0) {
        shmcol_list list = SHMCOL_LIST_INIT;
        shmcol_file *part;
        status = shmcol_part(file, 0, &part, err);
        if (status == SHMCOL_OK)
            status = shmcol_list_column(part, c->index, &list, err);
        c->element_width = list.element_width;
        if (list.count != 0)
            c->typical = (list.n_elements / list.count + 1) *
                         (list.element_width != 0 ? list.element_width : 8);
    }
    return status;
}

/* file.reader(((index, name, getter or None, convert or None), …)) */
PyObject *ext_file_reader(PyObject *self, PyObject *tuple)
{
    ext_file *f = (ext_file *)self;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *first = NULL;
    const Py_ssize_t n = PyTuple_Size(tuple);
    ext_reader *r = n < 0 ? NULL : PyObject_New(ext_reader, f->state->reader);
    if (r == NULL)
        return NULL;
    r->file = (ext_file *)Py_NewRef(self);
    r->count = 0;
    r->cells = PyMem_Calloc((size_t)n + 1, sizeof *r->cells);
    if (r->cells == NULL) {
        Py_DECREF((PyObject *)r);
        return PyErr_NoMemory();
    }
    shmcol_status status = shmcol_part(f->file, 0, &first, &err);
    r->in_parts = first != f->file;
    for (Py_ssize_t i = 0; i < n && status == SHMCOL_OK; i++) {
        cell *c = &r->cells[i];
        PyObject *number, *getter, *convert;
        if (!PyArg_ParseTuple(PyTuple_GetItem(tuple, i), "OUOO", &number, &c->name, &getter,
                              &convert) ||
            !ext_index(number, &c->index)) {
            c->name = NULL; /* borrowed until here */
            Py_DECREF((PyObject *)r);
            return NULL;
        }
        Py_INCREF(c->name);
        c->getter = getter != Py_None ? Py_NewRef(getter) : NULL;
        c->convert = convert != Py_None ? Py_NewRef(convert) : NULL;
        r->count++;
        status = prepare(r, c, &err);
    }
    if (status == SHMCOL_OK)
        return (PyObject *)r;
    Py_DECREF((PyObject *)r);
    return ext_raise(&err);
}

/* ---- one row ---- */

static PyObject *text_at(const ext_reader *r, const cell *c, uint64_t row)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    const char *data;
    uint64_t length;
    shmcol_status status =
        c->texts.offsets != NULL
            ? shmcol_string_at(&c->texts, row, &data, &length)
            : shmcol_string_row(r->file->file, c->index, row, &data, &length, &err);
    if (status != SHMCOL_OK) {
        err.status = status;
        err.column = c->index;
        err.row = (int64_t)row;
        if (err.message[0] == 0)
            snprintf(err.message, sizeof err.message, "the offsets of the column are damaged");
        return ext_raise(&err);
    }
    if (data == NULL)
        return Py_NewRef(Py_None);
    if (c->type == SHMCOL_BINARY)
        return PyBytes_FromStringAndSize(data, (Py_ssize_t)length);
    PyObject *text = PyUnicode_DecodeUTF8(data, (Py_ssize_t)length, NULL);
    if (text == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
        PyErr_Clear();
        err.status = SHMCOL_ERR_UTF8;
        err.column = c->index;
        err.row = (int64_t)row;
        snprintf(err.message, sizeof err.message, "a string is not UTF-8");
        return ext_raise(&err);
    }
    return text;
}

static PyObject *integer_at(const cell *c, uint64_t row, bool is_unsigned)
{
    const uint8_t *at = c->values + row * c->width;
    int64_t value = 0;
    switch (c->width) {
    case 1: value = is_unsigned ? *at : *(const int8_t *)at; break;
    case 2: value = is_unsigned ? *(const uint16_t *)at : *(const int16_t *)at; break;
    case 4: value = is_unsigned ? (int64_t)*(const uint32_t *)at : *(const int32_t *)at; break;
    default: value = *(const int64_t *)at; break;
    }
    return is_unsigned ? PyLong_FromUnsignedLongLong((uint64_t)value) : PyLong_FromLongLong(value);
}

static PyObject *number_at(const cell *c, uint64_t row)
{
    switch (c->type) {
    case SHMCOL_BOOL8: return PyBool_FromLong(c->values[row]);
    case SHMCOL_FLOAT32: return PyFloat_FromDouble(((const float *)c->values)[row]);
    case SHMCOL_FLOAT64: return PyFloat_FromDouble(((const double *)c->values)[row]);
    case SHMCOL_UINT8:
    case SHMCOL_UINT16:
    case SHMCOL_UINT32:
    case SHMCOL_UINT64: return integer_at(c, row, true);
    default: return integer_at(c, row, false);
    }
}

static PyObject *value_at(const ext_reader *r, const cell *c, uint64_t row)
{
    if (c->getter == NULL && (is_text(c->type) || c->type == SHMCOL_DICTIONARY))
        return text_at(r, c, row);
    if (!shmcol_is_valid(c->bits, row))
        return Py_NewRef(Py_None);
    if (c->getter != NULL)
        return PyObject_CallFunction(c->getter, "K", (unsigned long long)row);
    PyObject *number = number_at(c, row);
    if (number == NULL || c->convert == NULL)
        return number;
    PyObject *made = PyObject_CallFunctionObjArgs(c->convert, number, NULL);
    Py_DECREF(number);
    return made;
}

static PyObject *reader_row(PyObject *self, PyObject *arg)
{
    const ext_reader *r = (const ext_reader *)self;
    uint64_t row;
    if (!ext_u64(arg, &row))
        return NULL;
    if (row >= shmcol_rows(r->file->file)) {
        PyErr_SetString(PyExc_IndexError, "there is no such row");
        return NULL;
    }
    PyObject *made = PyDict_New();
    for (Py_ssize_t i = 0; made != NULL && i < r->count; i++) {
        const cell *c = &r->cells[i];
        PyObject *value = value_at(r, c, row);
        if (value == NULL || PyDict_SetItem(made, c->name, value) != 0)
            Py_CLEAR(made);
        Py_XDECREF(value);
    }
    return made;
}

/* ---- many rows ---- */

/* Takes texts or lists. Their bytes are guessed by the column's mean; where they do not fit, once
 * more. */
static shmcol_status take_texts(const shmcol_file *file, const cell *c,
                                const shmcol_take_options *options, taken_column *to,
                                shmcol_error *err)
{
    shmcol_taken taken = SHMCOL_TAKEN_INIT;
    const uint64_t n = options->n;
    to->offsets = malloc((size_t)(n + 1) * sizeof *to->offsets);
    taken.offsets = to->offsets;
    taken.validity = to->bits;
    taken.capacity = n * (c->typical + c->typical / 4) + 256;
    shmcol_status status = SHMCOL_ERR_INVALID_ARGUMENT;
    for (int i = 0; i < 2 && status == SHMCOL_ERR_INVALID_ARGUMENT; i++) {
        free(to->data);
        free(to->string_offsets);
        to->data = malloc(taken.capacity != 0 ? (size_t)taken.capacity : 1);
        taken.string_capacity = i == 0 ? taken.capacity / 8 + 2 : taken.n_elements + 1;
        to->string_offsets = to->element == SHMCOL_STRING
                                 ? malloc((size_t)taken.string_capacity * sizeof(int64_t))
                                 : NULL;
        if (to->offsets == NULL || to->data == NULL ||
            (to->element == SHMCOL_STRING && to->string_offsets == NULL)) {
            err->status = SHMCOL_ERR_NO_MEMORY;
            snprintf(err->message, sizeof err->message, "out of memory");
            return err->status;
        }
        taken.data = to->data;
        taken.string_offsets = to->string_offsets;
        status = shmcol_take_strings(file, c->index, options, &taken, err);
        taken.capacity = taken.data_length;
    }
    to->n_elements = taken.n_elements;
    to->data_length = taken.data_length;
    return status;
}

static shmcol_status take_column(const shmcol_file *file, const cell *c,
                                 const shmcol_take_options *options, taken_column *to,
                                 shmcol_error *err)
{
    const uint64_t n = options->n;
    to->index = c->index;
    to->type = c->type;
    to->element = c->type == SHMCOL_LIST ? c->element : (shmcol_type)0;
    to->element_width = c->element_width;
    to->width = c->width;
    const bool bits = c->has_nulls || (options->flags & SHMCOL_TAKE_MISSING) != 0;
    to->bits = bits ? malloc((size_t)(n / 8 + 1)) : NULL;
    to->values = c->width != 0 ? malloc((size_t)(n * c->width + 1)) : NULL;
    if ((bits && to->bits == NULL) || (c->width != 0 && to->values == NULL)) {
        err->status = SHMCOL_ERR_NO_MEMORY;
        snprintf(err->message, sizeof err->message, "out of memory");
        return err->status;
    }
    shmcol_status status =
        c->width != 0 ? shmcol_take_with(file, c->index, options, to->values, to->bits, err)
                      : take_texts(file, c, options, to, err);
    if (status != SHMCOL_OK || !bits)
        return status;
    uint64_t valid = 0;
    for (uint64_t i = 0; i < (n + 7) / 8; i++)
        valid += (uint64_t)__builtin_popcount(to->bits[i]);
    to->null_count = n - valid;
    if (to->null_count == 0) {
        free(to->bits);
        to->bits = NULL;
    }
    return SHMCOL_OK;
}

static shmcol_status take_columns(const ext_reader *r, const shmcol_file *file,
                                  const shmcol_take_options *options, ext_taken *t,
                                  shmcol_error *err)
{
    shmcol_status status = SHMCOL_OK;
    for (Py_ssize_t i = 0; i < r->count && status == SHMCOL_OK; i++) {
        t->count++;
        status = take_column(file, &r->cells[i], options, &t->columns[i], err);
    }
    return status;
}

/* reader.take(rows, missing) -> Taken; rows: a buffer of int64 */
static PyObject *reader_take(PyObject *self, PyObject *args)
{
    enum { FEW = 2048 }; /* below that the GIL is kept: to let it go takes longer */
    const ext_reader *r = (const ext_reader *)self;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_take_options options = SHMCOL_TAKE_OPTIONS_INIT;
    Py_buffer rows;
    int missing;
    if (!PyArg_ParseTuple(args, "y*p", &rows, &missing))
        return NULL;
    ext_taken *t = PyObject_New(ext_taken, r->file->state->taken);
    if (t == NULL) {
        PyBuffer_Release(&rows);
        return NULL;
    }
    t->state = r->file->state;
    t->n = options.n = (uint64_t)rows.len / sizeof(int64_t);
    t->count = 0;
    t->columns = calloc((size_t)r->count + 1, sizeof *t->columns);
    options.rows = rows.buf;
    options.flags = missing != 0 ? SHMCOL_TAKE_MISSING : 0;
    shmcol_status status = SHMCOL_OK;
    if (t->columns == NULL) {
        PyErr_NoMemory();
    } else if (options.n < FEW) {
        status = take_columns(r, r->file->file, &options, t, &err);
    } else {
        shmcol_file *file = shmcol_retain(r->file->file);
        Py_BEGIN_ALLOW_THREADS
        status = take_columns(r, file, &options, t, &err);
        shmcol_close(file);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&rows);
    if (t->columns != NULL && status == SHMCOL_OK)
        return (PyObject *)t;
    Py_DECREF((PyObject *)t);
    return status != SHMCOL_OK ? ext_raise(&err) : NULL;
}

static PyMethodDef reader_methods[] = {
    {"row", reader_row, METH_O, "row(number) -> {name: value}"},
    {"take", reader_take, METH_VARARGS, "take(rows, missing) -> Taken"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot reader_slots[] = {
    {Py_tp_dealloc, (void *)reader_deallocate},
    {Py_tp_methods, (void *)reader_methods},
    {0, NULL},
};

PyType_Spec ext_reader_spec = {
    .name = "shmcol._shmcol.Reader",
    .basicsize = sizeof(ext_reader),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = reader_slots,
};

/* ---- keys ---- */

/* file.search(index, keys, right, rows): keys are a buffer of values, or (offsets, bytes); rows a
 * writable buffer of int64. */
PyObject *ext_file_search(PyObject *self, PyObject *args)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_strings texts = SHMCOL_STRINGS_INIT;
    PyObject *number;
    Py_buffer keys, offsets = {0}, rows;
    int right;
    uint32_t index;
    shmcol_status status;
    if (!PyArg_ParseTuple(args, "Oy*z*pw*", &number, &keys, &offsets, &right, &rows))
        return NULL;
    bool good = ext_index(number, &index);
    if (good) {
        const uint64_t n = (uint64_t)rows.len / sizeof(int64_t);
        texts.count = n;
        texts.offsets = offsets.buf;
        texts.data = keys.buf;
        texts.data_length = (uint64_t)keys.len;
        const void *given = offsets.buf != NULL ? (const void *)&texts : keys.buf;
        shmcol_file *file = shmcol_retain(((ext_file *)self)->file);
        Py_BEGIN_ALLOW_THREADS
        status = shmcol_search(file, index, given, n, right != 0 ? SHMCOL_RIGHT : SHMCOL_LEFT,
                               rows.buf, &err);
        shmcol_close(file);
        Py_END_ALLOW_THREADS
        good = status == SHMCOL_OK || (ext_raise(&err), false);
    }
    PyBuffer_Release(&keys);
    if (offsets.obj != NULL)
        PyBuffer_Release(&offsets);
    PyBuffer_Release(&rows);
    return good ? Py_NewRef(Py_None) : NULL;
}
