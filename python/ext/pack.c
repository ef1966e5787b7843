/* CSV into a file: shmcol_csv_pack with all its options. */
#include "ext.h"

/* The arrays that options point at; strings belong to the caller's tuples. */
typedef struct lists {
    const char **inputs, **nulls, **columns, **dictionary;
    shmcol_pair *metadata, *null_pairs, *type_pairs;
    uint32_t n_inputs;
} lists;

static void free_lists(lists *l)
{
    PyMem_Free((void *)l->inputs);
    PyMem_Free((void *)l->nulls);
    PyMem_Free((void *)l->columns);
    PyMem_Free((void *)l->dictionary);
    PyMem_Free(l->metadata);
    PyMem_Free(l->null_pairs);
    PyMem_Free(l->type_pairs);
}

/* Paths are bytes, all else is text. */
static const char **paths_of(PyObject *tuple, uint32_t *n)
{
    Py_ssize_t size = PyTuple_Size(tuple);
    const char **paths = PyMem_Malloc((size_t)(size + 1) * sizeof *paths);
    if (paths == NULL)
        return (const char **)PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < size; i++) {
        paths[i] = PyBytes_AsString(PyTuple_GetItem(tuple, i));
        if (paths[i] == NULL) {
            PyMem_Free((void *)paths);
            return NULL;
        }
    }
    *n = (uint32_t)size;
    return paths;
}

/* The tuples of pack's arguments. */
typedef struct tuples {
    PyObject *inputs, *nulls, *null_pairs, *type_pairs, *columns, *dictionary, *metadata;
} tuples;

static bool take_lists(const tuples *t, lists *l, shmcol_csv_options *o)
{
    l->inputs = paths_of(t->inputs, &l->n_inputs);
    if (l->inputs == NULL || (l->nulls = ext_texts(t->nulls, &o->n_nulls)) == NULL ||
        (l->null_pairs = ext_pairs(t->null_pairs, &o->n_null_pairs)) == NULL ||
        (l->type_pairs = ext_pairs(t->type_pairs, &o->n_type_pairs)) == NULL ||
        (l->dictionary = ext_texts(t->dictionary, &o->n_dictionary)) == NULL ||
        (l->metadata = ext_pairs(t->metadata, &o->metadata_count)) == NULL)
        return false;
    if (t->columns != Py_None && (l->columns = ext_texts(t->columns, &o->n_columns)) == NULL)
        return false;
    o->nulls = l->nulls;
    o->null_pairs = l->null_pairs;
    o->type_pairs = l->type_pairs;
    o->dictionary = l->dictionary;
    o->metadata = l->metadata;
    o->columns = l->columns;
    return true;
}

static PyObject *report_columns(const shmcol_csv_report *r)
{
    PyObject *list = PyList_New(0);
    for (uint32_t i = 0; i < r->n_columns && list != NULL; i++) {
        const shmcol_csv_column *c = &r->columns[i];
        PyObject *column =
            Py_BuildValue("{s:s,s:s,s:i,s:z,s:K,s:K,s:K,s:O,s:s,s:s}", "name", c->name, "type",
                          shmcol_type_name(c->type), "unit", (int)c->unit, "zone", c->zone, "nulls",
                          (unsigned long long)c->nulls, "distinct", (unsigned long long)c->distinct,
                          "stored_bytes", (unsigned long long)c->stored_bytes, "forced",
                          c->forced ? Py_True : Py_False, "reason", c->reason, "range", c->range);
        if (column == NULL || PyList_Append(list, column) != 0)
            Py_CLEAR(list);
        Py_XDECREF(column);
    }
    return list;
}

static PyObject *report_of(const shmcol_csv_report *r)
{
    PyObject *warnings = PyList_New(0);
    for (uint32_t i = 0; i < r->n_warnings && warnings != NULL; i++) {
        PyObject *line =
            PyUnicode_DecodeUTF8(r->warnings[i], (Py_ssize_t)strlen(r->warnings[i]), "replace");
        if (line == NULL || PyList_Append(warnings, line) != 0)
            Py_CLEAR(warnings);
        Py_XDECREF(line);
    }
    return Py_BuildValue(
        "{s:K,s:K,s:N,s:N,s:K,s:K,s:d,s:s#,s:I,s:y#}", "rows", (unsigned long long)r->rows,
        "rejected", (unsigned long long)r->rejected, "columns", report_columns(r), "warnings",
        warnings, "bytes_in", (unsigned long long)r->bytes_in, "bytes_out",
        (unsigned long long)r->bytes_out, "seconds", r->seconds, "delimiter", &r->delimiter,
        (Py_ssize_t)1, "threads", r->threads, "file_id", (const char *)r->file_id, (Py_ssize_t)16);
}

static PyObject *run(const lists *l, const char *output, shmcol_csv_options *options,
                     PyObject *call)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    ext_progress progress = {call != Py_None ? call : NULL, {NULL, NULL, NULL}};
    shmcol_csv_report *report = NULL;
    shmcol_status status;
    options->progress = ext_progress_call;
    options->progress_arg = &progress;
    Py_BEGIN_ALLOW_THREADS status =
        shmcol_csv_pack(l->inputs, l->n_inputs, output, options, &report, &err);
    Py_END_ALLOW_THREADS if (status != SHMCOL_OK) return ext_pending_restore(&progress.pending)
        ? NULL
        : ext_raise(&err);
    PyObject *result = ext_pending_restore(&progress.pending) ? NULL : report_of(report);
    shmcol_csv_report_free(report);
    return result;
}

PyObject *ext_pack(PyObject *module, PyObject *args)
{
    (void)module;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    const char *output;
    Py_ssize_t output_length, rejects_length;
    int delimiter, quote, comment, skip_errors;
    tuples t;
    PyObject *progress;
    if (!PyArg_ParseTuple(args, "O!z#iippO&ippzO!O!zO!OO!pz#pppO!O&O&O&iO", &PyTuple_Type,
                          &t.inputs, &output, &output_length, &delimiter, &quote, &o.no_quote,
                          &o.no_header, ext_u64, &o.skip_lines, &comment, &o.trim, &o.decimal_comma,
                          &o.encoding, &PyTuple_Type, &t.nulls, &PyTuple_Type, &t.null_pairs,
                          &o.types, &PyTuple_Type, &t.type_pairs, &t.columns, &PyTuple_Type,
                          &t.dictionary, &skip_errors, &o.rejects, &rejects_length, &o.overwrite,
                          &o.no_sync, &o.dry_run, &PyTuple_Type, &t.metadata, ext_u32, &o.threads,
                          ext_u64, &o.memory, ext_u64, &o.window, &o.zstd_level, &progress))
        return NULL;
    o.delimiter = (char)delimiter;
    o.quote = (char)quote;
    o.comment = (char)comment;
    o.on_error = skip_errors ? SHMCOL_ON_ERROR_SKIP : SHMCOL_ON_ERROR_STOP;
    lists l = {0};
    PyObject *result = take_lists(&t, &l, &o) ? run(&l, output, &o, progress) : NULL;
    free_lists(&l);
    return result;
}
