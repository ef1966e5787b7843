/* A table that many processes fill. The memory that numpy sees belongs to the library's handle,
 * which lives as long as the object and every view: a view may outlive its range, the commit and
 * the `with`, and still points at valid memory. A view keeps its range, and the range keeps the
 * object, which counts its ranges: while there are any, the table's memory is not used again. */
#include "ext.h"

typedef struct ext_populate {
    PyObject_HEAD
    PyObject *weak;
    shmcol_populate *table; /* never NULL once the object is handed out */
    /* true: this process may commit it or begin again; it is not at an end, and neither is under
     * way. */
    bool creator;
    bool busy;
    Py_ssize_t ranges; /* number of range objects, also of those given back */
    /* Progress of the commit. The library knows its address, so it goes to the next table. NULL:
     * this process cannot commit. */
    ext_progress *progress;
    ext_state *state;
} ext_populate;

typedef struct ext_range {
    PyObject_HEAD
    ext_populate *populate;
    shmcol_range *range; /* NULL: given back */
    uint64_t rows;
} ext_range;

/* ---- create, attach, let go ---- */

static ext_populate *new_populate(ext_state *state)
{
    ext_populate *self = PyObject_New(ext_populate, state->populate);
    if (self == NULL)
        return NULL;
    self->weak = NULL;
    self->table = NULL;
    self->creator = self->busy = false;
    self->ranges = 0;
    self->progress = NULL;
    self->state = state;
    return self;
}

PyObject *ext_populate_attach(PyObject *module, PyObject *args)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    const char *path, *id;
    Py_ssize_t length;
    if (!PyArg_ParseTuple(args, "yy#", &path, &id, &length))
        return NULL;
    if (length != 16)
        return PyErr_Format(PyExc_ValueError, "an id has 16 bytes");
    ext_populate *self = new_populate(ext_get_state(module));
    if (self == NULL)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_populate_attach(path, (const uint8_t *)id, &self->table, &err);
    Py_END_ALLOW_THREADS
    if (status == SHMCOL_OK)
        return (PyObject *)self;
    Py_DECREF(self);
    return ext_raise(&err);
}

static shmcol_status create(ext_populate *self, const char *path, const struct ArrowSchema *schema,
                            uint64_t rows, const shmcol_writer_options *options, shmcol_error *err)
{
    shmcol_field *fields;
    uint32_t n;
    shmcol_status status = shmcol_import_schema(schema, &fields, &n, err);
    if (status != SHMCOL_OK)
        return status;
    status = shmcol_populate_create(path, fields, n, rows, options, &self->table, err);
    shmcol_fields_free(fields);
    return status;
}

PyObject *ext_populate_create(PyObject *module, PyObject *args)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    const char *path;
    uint64_t rows;
    int overwrite, sync;
    shmcol_status status;
    PyObject *capsule, *metadata;
    if (!PyArg_ParseTuple(args, "yOO&ppO&O&O!", &path, &capsule, ext_u64, &rows, &overwrite, &sync,
                          ext_u64, &options.memory, ext_u32, &options.threads, &PyTuple_Type,
                          &metadata))
        return NULL;
    const struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema == NULL)
        return NULL;
    if (schema->release == NULL)
        return ext_refuse(SHMCOL_ERR_BAD_ARROW, "the Arrow schema was released");
    shmcol_pair *pairs = ext_pairs(metadata, &options.metadata_count);
    ext_populate *self = pairs != NULL ? new_populate(ext_get_state(module)) : NULL;
    ext_progress *progress = self != NULL ? PyMem_Calloc(1, sizeof *progress) : NULL;
    if (progress == NULL) {
        PyMem_Free(pairs);
        Py_XDECREF((PyObject *)self);
        return PyErr_NoMemory();
    }
    self->progress = progress;
    options.overwrite = overwrite;
    options.no_sync = !sync;
    options.metadata = pairs;
    self->creator = true;
    options.progress = ext_progress_call;
    options.progress_arg = progress;
    Py_BEGIN_ALLOW_THREADS
    status = create(self, path, schema, rows, &options, &err);
    Py_END_ALLOW_THREADS
    PyMem_Free(pairs);
    if (status == SHMCOL_OK)
        return (PyObject *)self;
    Py_DECREF(self);
    return ext_raise(&err);
}

static void populate_deallocate(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    ext_populate *self = (ext_populate *)object;
    if (self->weak != NULL)
        PyObject_ClearWeakRefs(object);
    shmcol_populate *table = self->table;
    if (self->progress != NULL)
        ext_pending_drop(&self->progress->pending);
    PyMem_Free(self->progress);
    Py_BEGIN_ALLOW_THREADS /* unmapping a large file takes a while */
    shmcol_populate_close(table);
    Py_END_ALLOW_THREADS
    PyObject_Free(object);
    Py_DECREF(type);
}

/* ---- description ---- */

static PyObject *head(PyObject *self, PyObject *none)
{
    (void)none;
    const shmcol_populate *p = ((ext_populate *)self)->table;
    return Py_BuildValue("KIy#y", (unsigned long long)shmcol_populate_rows(p),
                         shmcol_populate_columns(p), (const char *)shmcol_populate_id(p),
                         (Py_ssize_t)16, shmcol_populate_path(p));
}

static PyObject *column(PyObject *self, PyObject *arg)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    uint32_t index;
    if (!ext_index(arg, &index))
        return NULL;
    if (shmcol_populate_column(((ext_populate *)self)->table, index, &info, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return ext_describe(&info);
}

static PyObject *missing(PyObject *self, PyObject *from)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    uint64_t row, first, end;
    if (!ext_u64(from, &row))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_populate_missing(((ext_populate *)self)->table, row, &first, &end, &err);
    Py_END_ALLOW_THREADS
    return status == SHMCOL_OK
               ? Py_BuildValue("KK", (unsigned long long)first, (unsigned long long)end)
               : ext_raise(&err);
}

/* ---- the end ---- */

/* Reserves the table for a call that ends it. Returns false with an exception if there is nothing
 * to end. */
static bool take(ext_populate *self)
{
    if (!self->creator)
        ext_refuse(SHMCOL_ERR_WRITER_STATE,
                   self->busy ? "a commit is under way"
                              : "only the process that created the table commits it, and once");
    self->busy = self->creator;
    self->creator = false;
    return self->busy;
}

static PyObject *commit(PyObject *object, PyObject *args)
{
    ext_populate *self = (ext_populate *)object;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    PyObject *call;
    int nulls, keep;
    if (!PyArg_ParseTuple(args, "ppO", &nulls, &keep, &call) || !take(self))
        return NULL;
    uint32_t flags = SHMCOL_POPULATE_KEEP | (nulls ? SHMCOL_POPULATE_NULLS : 0);
    self->progress->call = call != Py_None ? call : NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_populate_commit(self->table, flags, &err);
    if (status == SHMCOL_OK && !keep)
        shmcol_populate_abort(self->table);
    Py_END_ALLOW_THREADS
    self->progress->call = NULL;
    self->busy = false;
    self->creator = status != SHMCOL_OK || keep;
    /* The exception that stopped it, or a Ctrl-C that came too late to stop it. */
    if (ext_pending_restore(&self->progress->pending))
        return NULL;
    return status == SHMCOL_OK ? Py_NewRef(Py_None) : ext_raise(&err);
}

static PyObject *again(PyObject *object, PyObject *arg)
{
    ext_populate *self = (ext_populate *)object;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    const char *path = PyBytes_AsString(arg);
    ext_populate *next = path != NULL ? new_populate(self->state) : NULL;
    if (next == NULL)
        return NULL;
    if (!take(self)) {
        Py_DECREF(next);
        return NULL;
    }
    uint32_t flags = self->ranges > 0 ? SHMCOL_POPULATE_FRESH : 0;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_populate_again(self->table, path, flags, &next->table, &err);
    Py_END_ALLOW_THREADS
    self->busy = false;
    self->creator = status != SHMCOL_OK;
    if (status == SHMCOL_OK) {
        next->creator = true;
        next->progress = self->progress;
        self->progress = NULL;
        return (PyObject *)next;
    }
    Py_DECREF(next);
    return ext_raise(&err);
}

static PyObject *give_up(PyObject *object, PyObject *none)
{
    (void)none;
    ext_populate *self = (ext_populate *)object;
    if (self->busy)
        return ext_refuse(SHMCOL_ERR_WRITER_STATE, "a commit is under way");
    if (!self->creator)
        return Py_NewRef(Py_None);
    self->creator = false;
    self->busy = true;
    Py_BEGIN_ALLOW_THREADS
    shmcol_populate_abort(self->table);
    Py_END_ALLOW_THREADS
    self->busy = false;
    return Py_NewRef(Py_None);
}

/* ---- ranges ---- */

static PyObject *claim(PyObject *object, PyObject *args)
{
    ext_populate *self = (ext_populate *)object;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    shmcol_range *taken = NULL;
    uint64_t first, end;
    if (!PyArg_ParseTuple(args, "O&O&", ext_u64, &first, ext_u64, &end))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_populate_claim(self->table, first, end, &taken, &err);
    Py_END_ALLOW_THREADS
    if (status != SHMCOL_OK)
        return ext_raise(&err);
    ext_range *range = PyObject_New(ext_range, self->state->range);
    if (range == NULL) {
        shmcol_range_drop(taken);
        return NULL;
    }
    range->populate = (ext_populate *)Py_NewRef(object);
    self->ranges++;
    range->range = taken;
    range->rows = end - first;
    return (PyObject *)range;
}

/* Returns (values, validity or None): memory of the whole table's map, which a view keeps. */
static PyObject *range_values(PyObject *object, PyObject *arg)
{
    ext_range *self = (ext_range *)object;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info info = SHMCOL_COLUMN_INFO_INIT;
    void *data;
    uint8_t *bits;
    uint32_t index;
    if (!ext_index(arg, &index))
        return NULL;
    if (self->range == NULL)
        return ext_refuse(SHMCOL_ERR_WRITER_STATE, "the rows were given back");
    if (shmcol_populate_column(self->populate->table, index, &info, &err) != SHMCOL_OK ||
        shmcol_range_values(self->range, index, &data, &bits, &err) != SHMCOL_OK)
        return ext_raise(&err);
    PyObject *first =
        ext_buffer_new(self->populate->state, object, data, self->rows * info.width, true);
    PyObject *second = bits != NULL ? ext_buffer_new(self->populate->state, object, bits,
                                                     (self->rows + 7) / 8, true)
                                    : Py_NewRef(Py_None);
    return Py_BuildValue("NN", first, second); /* NULL if one of them is, and takes both */
}

static PyObject *fill(PyObject *object, PyObject *none)
{
    (void)none;
    ext_range *self = (ext_range *)object;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    shmcol_range *range = self->range;
    if (range == NULL)
        return ext_refuse(SHMCOL_ERR_WRITER_STATE, "the rows were given back");
    self->range = NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_range_fill(range, &err);
    Py_END_ALLOW_THREADS
    return status == SHMCOL_OK ? Py_NewRef(Py_None) : ext_raise(&err);
}

static PyObject *drop(PyObject *object, PyObject *none)
{
    (void)none;
    ext_range *self = (ext_range *)object;
    shmcol_range *range = self->range;
    self->range = NULL;
    shmcol_range_drop(range);
    return Py_NewRef(Py_None);
}

static void range_deallocate(PyObject *object)
{
    PyTypeObject *type = Py_TYPE(object);
    ext_range *self = (ext_range *)object;
    shmcol_range_drop(self->range);
    self->populate->ranges--;
    Py_DECREF(self->populate);
    PyObject_Free(object);
    Py_DECREF(type);
}

/* ---- the types ---- */

static PyMethodDef populate_methods[] = {
    {"head", head, METH_NOARGS, "head() -> (rows, columns, id, path of the temporary)"},
    {"column", column, METH_O, "column(index) -> tuple, as Field takes it"},
    {"missing", missing, METH_O,
     "missing(from) -> (first, end) of the first rows that are not filled"},
    {"claim", claim, METH_VARARGS, "claim(first, end) -> Range"},
    {"commit", commit, METH_VARARGS, "commit(nulls, keep, progress or None)"},
    {"again", again, METH_O, "again(path) -> Populate, after a commit that keeps"},
    {"abort", give_up, METH_NOARGS,
     "abort(): gives the table up, if this process made it and it is not at an end"},
    {NULL, NULL, 0, NULL},
};

static PyMemberDef populate_members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(ext_populate, weak), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot populate_slots[] = {
    {Py_tp_dealloc, (void *)populate_deallocate},
    {Py_tp_methods, (void *)populate_methods},
    {Py_tp_members, (void *)populate_members},
    {0, NULL},
};

PyType_Spec ext_populate_spec = {
    .name = "shmcol._shmcol.Populate",
    .basicsize = sizeof(ext_populate),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = populate_slots,
};

static PyMethodDef range_methods[] = {
    {"values", range_values, METH_O,
     "values(index) -> (Buffer, Buffer of the validity or None), to be written to"},
    {"fill", fill, METH_NOARGS, "fill(): gives the rows back filled"},
    {"drop", drop, METH_NOARGS,
     "drop(): gives the rows back as they were before; again does nothing"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot range_slots[] = {
    {Py_tp_dealloc, (void *)range_deallocate},
    {Py_tp_methods, (void *)range_methods},
    {0, NULL},
};

PyType_Spec ext_range_spec = {
    .name = "shmcol._shmcol.Range",
    .basicsize = sizeof(ext_range),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = range_slots,
};
