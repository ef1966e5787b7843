/* Opening, checking and describing a file. */
#include "ext.h"

PyObject *ext_file_new(ext_state *state, shmcol_file *file, bool writable)
{
    ext_file *self = PyObject_New(ext_file, state->file);
    if (self == NULL) {
        shmcol_close(file);
        return NULL;
    }
    self->weak = NULL;
    self->file = file;
    self->writable = writable;
    self->state = state; /* the module outlives its types, and a type its objects */
    return (PyObject *)self;
}

static PyObject *hand_out(PyObject *module, shmcol_file *file, uint32_t flags)
{
    return ext_file_new(ext_get_state(module), file, (flags & SHMCOL_OPEN_PRIVATE) != 0);
}

PyObject *ext_open(PyObject *module, PyObject *args)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
    ext_progress progress = {NULL, {NULL, NULL, NULL}};
    const char *path;
    shmcol_file *file;
    shmcol_status status;
    Py_ssize_t length;
    if (!PyArg_ParseTuple(args, "yO&z#O&O", &path, ext_u32, &options.flags, &options.cache_dir,
                          &length, ext_u64, &options.cache_limit, &progress.call))
        return NULL;
    if (progress.call == Py_None)
        progress.call = NULL;
    if (options.cache_dir != NULL && strlen(options.cache_dir) != (size_t)length)
        return PyErr_Format(PyExc_ValueError, "embedded null byte");
    options.progress = ext_progress_call;
    options.progress_arg = &progress;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_open(path, &options, &file, &err);
    Py_END_ALLOW_THREADS
    if (ext_pending_restore(&progress.pending) || PyErr_CheckSignals() != 0) {
        /* The signal came at the very end, or to a thread that may not act on it. */
        if (status == SHMCOL_OK)
            shmcol_close(file);
        return NULL;
    }
    return status == SHMCOL_OK ? hand_out(module, file, options.flags) : ext_raise(&err);
}

PyObject *ext_open_fd(PyObject *module, PyObject *args)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_open_options options = SHMCOL_OPEN_OPTIONS_INIT;
    int fd;
    shmcol_file *file;
    shmcol_status status;
    if (!PyArg_ParseTuple(args, "iO&", &fd, ext_u32, &options.flags))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_open_fd(fd, &options, &file, &err);
    Py_END_ALLOW_THREADS
    return status == SHMCOL_OK ? hand_out(module, file, options.flags) : ext_raise(&err);
}

/* Returns the facts that every table needs, in little more than the calls: opening takes
 * microseconds. */
PyObject *ext_file_head(PyObject *self, PyObject *none)
{
    (void)none;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file_info i = SHMCOL_FILE_INFO_INIT;
    if (shmcol_get_info(((ext_file *)self)->file, &i, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return Py_BuildValue("KIy#", (unsigned long long)i.rows, i.columns, (const char *)i.content_id,
                         (Py_ssize_t)16);
}

PyObject *ext_file_info(PyObject *self, PyObject *none)
{
    (void)none;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file_info i = SHMCOL_FILE_INFO_INIT;
    if (shmcol_get_info(((ext_file *)self)->file, &i, &err) != SHMCOL_OK)
        return ext_raise(&err);
    return Py_BuildValue(
        "{s:K,s:I,s:K,s:K,s:O,s:y#,s:y#,s:K,s:I,s:I,s:I,s:K,s:K,s:y#,s:y#}", "rows",
        (unsigned long long)i.rows, "columns", i.columns, "file_size",
        (unsigned long long)i.file_size, "stored_size", (unsigned long long)i.stored_size,
        "compressed", i.compressed ? Py_True : Py_False, "file_id", (const char *)i.file_id,
        (Py_ssize_t)16, "content_id", (const char *)i.content_id, (Py_ssize_t)16, "map",
        (unsigned long long)(uintptr_t)i.map, "csv_rules", i.csv_rules, "writer_version",
        i.writer_version, "alignment", i.alignment, "first_row", (unsigned long long)i.first_row,
        "table_rows", (unsigned long long)i.table_rows, "table_id", (const char *)i.table_id,
        (Py_ssize_t)16, "previous_id", (const char *)i.previous_id, (Py_ssize_t)16);
}

static PyObject *shape_of(const shmcol_column_info *i)
{
    PyObject *shape = PyTuple_New(i->type == SHMCOL_TENSOR ? (Py_ssize_t)i->dimensions : 0);
    for (uint32_t k = 0; shape != NULL && i->type == SHMCOL_TENSOR && k < i->dimensions; k++) {
        PyObject *number = PyLong_FromUnsignedLong(i->shape[k]);
        if (number == NULL || PyTuple_SetItem(shape, (Py_ssize_t)k, number) != 0)
            Py_CLEAR(shape);
    }
    return shape;
}

PyObject *ext_describe(const shmcol_column_info *i)
{
    const char *type = shmcol_type_name(i->type),
               *element = i->type == SHMCOL_TENSOR || i->type == SHMCOL_LIST
                              ? shmcol_type_name(i->element)
                              : NULL;
    uint64_t bytes = i->validity.length + i->values.length + i->bytes.length + i->elements.length +
                     i->dictionary_offsets.length + i->dictionary_bytes.length;
    return Py_BuildValue(
        "Is#sOKIizzNKOOKIIO", i->index, i->name, (Py_ssize_t)i->name_length, type,
        i->nullable ? Py_True : Py_False, (unsigned long long)i->null_count, i->width, (int)i->unit,
        i->zone, element, shape_of(i), (unsigned long long)i->dictionary_length,
        i->dictionary_sorted ? Py_True : Py_False, i->dictionary_ordered ? Py_True : Py_False,
        (unsigned long long)bytes, i->precision, i->scale, i->ascending ? Py_True : Py_False);
}

PyObject *ext_file_column(PyObject *self, PyObject *arg)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_column_info i = SHMCOL_COLUMN_INFO_INIT;
    uint32_t index;
    if (!ext_index(arg, &index))
        return NULL;
    if (shmcol_get_column(((ext_file *)self)->file, index, &i, &err) != SHMCOL_OK)
        return ext_raise(&err);
    if (!i.supported)
        return Py_BuildValue("Is#s", index, i.name, (Py_ssize_t)i.name_length, "unsupported");
    return ext_describe(&i);
}

PyObject *ext_file_metadata(PyObject *self, PyObject *arg)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_file *file = ((ext_file *)self)->file;
    uint32_t index = SHMCOL_TABLE, count;
    if (arg != Py_None && !ext_index(arg, &index))
        return NULL;
    if (shmcol_metadata_count(file, index, &count, &err) != SHMCOL_OK)
        return ext_raise(&err);
    PyObject *list = PyList_New(0);
    for (uint32_t i = 0; i < count && list != NULL; i++) {
        shmcol_text key, value;
        if (shmcol_metadata_get(file, index, i, &key, &value, &err) != SHMCOL_OK) {
            Py_DECREF(list);
            return ext_raise(&err);
        }
        PyObject *pair = Py_BuildValue("y#y#", key.data, (Py_ssize_t)key.length, value.data,
                                       (Py_ssize_t)value.length);
        if (pair == NULL || PyList_Append(list, pair) != 0)
            Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

PyObject *ext_file_stats(PyObject *self, PyObject *args)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_stats s = SHMCOL_STATS_INIT;
    shmcol_file *file = ((ext_file *)self)->file;
    PyObject *number;
    uint32_t index;
    long long zone;
    if (!PyArg_ParseTuple(args, "OL", &number, &zone) || !ext_index(number, &index))
        return NULL;
    if (zone < 0 ? shmcol_column_stats(file, index, &s, &err)
                 : shmcol_zone_stats(file, index, (uint64_t)zone, &s, &err))
        return ext_raise(&err);
    return Py_BuildValue(
        "{s:K,s:K,s:K,s:O,s:(LL),s:(KK),s:(dd),s:(y#y#),s:(KK),s:(y#y#)}", "rows",
        (unsigned long long)s.rows, "nulls", (unsigned long long)s.null_count, "nans",
        (unsigned long long)s.nan_count, "has_bounds", s.has_bounds ? Py_True : Py_False, "int",
        (long long)s.min_int, (long long)s.max_int, "uint", (unsigned long long)s.min_uint,
        (unsigned long long)s.max_uint, "float", s.min_float, s.max_float, "prefix", s.min_prefix,
        (Py_ssize_t)(s.min_length < 16 ? s.min_length : 16), s.max_prefix,
        (Py_ssize_t)(s.max_length < 16 ? s.max_length : 16), "length",
        (unsigned long long)s.min_length, (unsigned long long)s.max_length, "decimal",
        (const char *)&s.min_decimal, (Py_ssize_t)sizeof s.min_decimal,
        (const char *)&s.max_decimal, (Py_ssize_t)sizeof s.max_decimal);
}

/* Copies a problem without the GIL. Without memory it is not listed; the first one is known anyway.
 */
typedef struct problems {
    shmcol_error *list;
    size_t n, capacity;
} problems;

static void note_problem(void *arg, const shmcol_error *problem)
{
    problems *p = arg;
    if (p->n == p->capacity) {
        size_t capacity = p->capacity == 0 ? 8 : 2 * p->capacity;
        shmcol_error *list = realloc(p->list, capacity * sizeof *list);
        if (list == NULL)
            return;
        p->list = list;
        p->capacity = capacity;
    }
    p->list[p->n++] = *problem;
}

static PyObject *list_problems(const problems *p)
{
    PyObject *list = PyList_New(0);
    for (size_t i = 0; i < p->n && list != NULL; i++) {
        PyObject *problem = ext_error_object(&p->list[i]);
        if (problem == NULL || PyList_Append(list, problem) != 0)
            Py_CLEAR(list);
        Py_XDECREF(problem);
    }
    return list;
}

PyObject *ext_file_verify(PyObject *self, PyObject *args)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_verify_options options = SHMCOL_VERIFY_OPTIONS_INIT;
    ext_progress progress = {NULL, {NULL, NULL, NULL}};
    problems found = {NULL, 0, 0};
    shmcol_status status;
    int level;
    if (!PyArg_ParseTuple(args, "iO&O", &level, ext_u32, &options.threads, &progress.call))
        return NULL;
    if (progress.call == Py_None)
        progress.call = NULL;
    options.level = (shmcol_level)level;
    options.progress = ext_progress_call;
    options.progress_arg = &progress;
    options.problem = note_problem;
    options.problem_arg = &found;
    shmcol_file *file = shmcol_retain(((ext_file *)self)->file);
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_verify(file, &options, &err);
    shmcol_close(file);
    Py_END_ALLOW_THREADS
    PyObject *result = NULL;
    if (!ext_pending_restore(&progress.pending)) {
        if (status != SHMCOL_OK && found.n == 0)
            ext_raise(&err);
        else
            result = list_problems(&found);
    }
    free(found.list);
    return result;
}
