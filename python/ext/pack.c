/* CSV into a file: shmcol_csv_pack with all its options. */
#include "ext.h"

/* The conversions from an option's Python object to a field of shmcol_csv_options. */
typedef enum option_kind {
    NUMBER,    /* int, also for flags and enums; a bool is one */
    U32,       /* uint32_t */
    U64,       /* uint64_t */
    CHARACTER, /* char: an int below 256 */
    TEXT,      /* const char *: a str */
    PATH,      /* const char *: bytes */
    TEXTS,     /* const char *const *, and their number: a tuple of str */
    PAIRS      /* const shmcol_pair *, and their number: a tuple of pairs of bytes */
} option_kind;

typedef struct csv_option {
    const char *name; /* of the field */
    option_kind kind;
    size_t field, count; /* offsets; count: TEXTS and PAIRS only */
} csv_option;

#define ONE(kind, name) {#name, kind, offsetof(shmcol_csv_options, name), 0}
#define LIST(kind, name, count)                                                                    \
    {#name, kind, offsetof(shmcol_csv_options, name), offsetof(shmcol_csv_options, count)}

/* Every field of shmcol_csv_options but its size and the progress callback. tests/cli/test_help.py
 * compares this table with the header, the tool's options and the package's pack(). */
static const csv_option options[] = {
    ONE(CHARACTER, delimiter),
    ONE(CHARACTER, quote),
    ONE(NUMBER, no_quote),
    ONE(CHARACTER, escape),
    ONE(NUMBER, no_header),
    LIST(TEXTS, names, n_names),
    ONE(U64, skip_lines),
    ONE(U64, skip_after_header),
    ONE(U64, skip_footer),
    ONE(U64, skip_rows),
    ONE(NUMBER, has_limit),
    ONE(U64, limit),
    ONE(CHARACTER, comment),
    ONE(NUMBER, trim),
    ONE(NUMBER, decimal_comma),
    ONE(TEXT, thousands),
    ONE(TEXT, encoding),
    LIST(TEXTS, nulls, n_nulls),
    LIST(PAIRS, null_pairs, n_null_pairs),
    ONE(TEXT, types),
    LIST(PAIRS, type_pairs, n_type_pairs),
    ONE(NUMBER, no_delimiter),
    LIST(TEXTS, date_formats, n_date_formats),
    LIST(TEXTS, timestamp_formats, n_timestamp_formats),
    LIST(TEXTS, true_words, n_true_words),
    LIST(TEXTS, false_words, n_false_words),
    LIST(TEXTS, columns, n_columns),
    LIST(TEXTS, dictionary, n_dictionary),
    ONE(U32, on_error),
    ONE(PATH, rejects),
    ONE(NUMBER, overwrite),
    ONE(NUMBER, no_sync),
    ONE(NUMBER, dry_run),
    LIST(PAIRS, metadata, metadata_count),
    ONE(U32, threads),
    ONE(U64, memory),
    ONE(U64, window),
    ONE(NUMBER, zstd_level),
    ONE(NUMBER, union_columns),
    ONE(TEXT, file_column),
    ONE(PATH, types_from),
    ONE(NUMBER, short_records),
    ONE(NUMBER, drop_extra),
};
enum { N_OPTIONS = sizeof options / sizeof *options };

/* Sets one field from `value`. Strings stay the object's, arrays are to be freed by free_arrays.
 * Returns false with an exception set. */
static bool take_option(const csv_option *option, PyObject *value, shmcol_csv_options *o)
{
    void *field = (char *)o + option->field, *count = (char *)o + option->count;
    switch (option->kind) {
    case NUMBER: {
        long number = PyLong_AsLong(value);
        *(int *)field = (int)number;
        return !PyErr_Occurred();
    }
    case CHARACTER: {
        long character = PyLong_AsLong(value);
        *(char *)field = (char)character;
        return !PyErr_Occurred();
    }
    case U32: return ext_u32(value, field) != 0;
    case U64: return ext_u64(value, field) != 0;
    case TEXT: {
        Py_ssize_t length;
        const char *text = PyUnicode_AsUTF8AndSize(value, &length);
        if (text != NULL && strlen(text) != (size_t)length)
            PyErr_SetString(PyExc_ValueError, "embedded null character");
        *(const char **)field = text;
        return !PyErr_Occurred();
    }
    case PATH: return (*(const char **)field = PyBytes_AsString(value)) != NULL;
    case TEXTS: return (*(const char ***)field = ext_texts(value, count)) != NULL;
    case PAIRS: return (*(shmcol_pair **)field = ext_pairs(value, count)) != NULL;
    }
    return false;
}

/* Sets the fields that a dict of field names has; None leaves a field at its default. Returns false
 * with an exception set: TypeError for a name that is no option. */
static bool take_options(PyObject *dict, shmcol_csv_options *o)
{
    Py_ssize_t known = 0;
    for (size_t i = 0; i < N_OPTIONS; i++) {
        PyObject *value = PyDict_GetItemString(dict, options[i].name);
        known += value != NULL;
        if (value != NULL && value != Py_None && !take_option(&options[i], value, o))
            return false;
    }
    if (known != PyDict_Size(dict))
        PyErr_SetString(PyExc_TypeError, "a name among the options is not one of them");
    return known == PyDict_Size(dict);
}

static void free_arrays(shmcol_csv_options *o)
{
    for (size_t i = 0; i < N_OPTIONS; i++)
        if (options[i].kind == TEXTS || options[i].kind == PAIRS)
            PyMem_Free(*(void **)((char *)o + options[i].field));
}

/* Returns the paths in a tuple of bytes, which keeps them; to be freed by PyMem_Free. NULL with an
 * exception set. */
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

static PyObject *report_columns(const shmcol_csv_report *r)
{
    PyObject *list = PyList_New(0);
    for (uint32_t i = 0; i < r->n_columns && list != NULL; i++) {
        const shmcol_csv_column *c = &r->columns[i];
        PyObject *column = Py_BuildValue(
            "{s:s,s:s,s:z,s:i,s:z,s:I,s:I,s:K,s:K,s:K,s:K,s:O,s:s,s:s}", "name", c->name, "type",
            shmcol_type_name(c->type), "element",
            c->type == SHMCOL_LIST ? shmcol_type_name(c->element) : NULL, "unit", (int)c->unit,
            "zone", c->zone, "precision", (unsigned)c->precision, "scale", (unsigned)c->scale,
            "nulls", (unsigned long long)c->nulls, "misfits", (unsigned long long)c->misfits,
            "distinct", (unsigned long long)c->distinct, "stored_bytes",
            (unsigned long long)c->stored_bytes, "forced", c->forced ? Py_True : Py_False, "reason",
            c->reason, "range", c->range);
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
        "{s:K,s:K,s:K,s:N,s:N,s:K,s:K,s:d,s:s#,s:I,s:y#,s:i,s:K,s:K}", "rows",
        (unsigned long long)r->rows, "rejected", (unsigned long long)r->rejected, "replaced",
        (unsigned long long)r->replaced, "columns", report_columns(r), "warnings", warnings,
        "bytes_in", (unsigned long long)r->bytes_in, "bytes_out", (unsigned long long)r->bytes_out,
        "seconds", r->seconds, "delimiter", &r->delimiter, (Py_ssize_t)(r->delimiter != 0),
        "threads", r->threads, "file_id", (const char *)r->file_id, (Py_ssize_t)16,
        "delimiter_source", (int)r->delimiter_source, "short_records",
        (unsigned long long)r->short_records, "extra_fields", (unsigned long long)r->extra_fields);
}

/* Adds the report of an append to that of a conversion, which it takes. */
static PyObject *with_append(PyObject *report, const ext_append *a)
{
    PyObject *appended = report != NULL ? ext_append_report(a) : NULL;
    if (appended == NULL || PyDict_SetItemString(report, "appended", appended) != 0)
        Py_CLEAR(report);
    Py_XDECREF(appended);
    return report;
}

/* Appends to the table in the directory `output` without the GIL. Returns the report, likewise. */
static PyObject *run_append(const char *const *inputs, uint32_t n_inputs, const char *output,
                            const shmcol_csv_options *o, ext_append *a)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_csv_report *report = NULL;
    shmcol_status status;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_csv_append(inputs, n_inputs, output, o, &a->options, &report, &err);
    Py_END_ALLOW_THREADS
    if (status != SHMCOL_OK)
        return ext_pending_restore(&a->progress.pending) ? NULL : ext_raise(&err);
    PyObject *result =
        ext_pending_restore(&a->progress.pending) ? NULL : with_append(report_of(report), a);
    shmcol_csv_report_free(report);
    return result;
}

/* Packs without the GIL. Returns the report as a dict; NULL with an exception set. */
static PyObject *run(const char *const *inputs, uint32_t n_inputs, const char *output,
                     shmcol_csv_options *o, PyObject *call)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    ext_progress progress = {call != Py_None ? call : NULL, {NULL, NULL, NULL}};
    shmcol_csv_report *report = NULL;
    shmcol_status status;
    o->progress = ext_progress_call;
    o->progress_arg = &progress;
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_csv_pack(inputs, n_inputs, output, o, &report, &err);
    Py_END_ALLOW_THREADS
    if (status != SHMCOL_OK)
        return ext_pending_restore(&progress.pending) ? NULL : ext_raise(&err);
    PyObject *result = ext_pending_restore(&progress.pending) ? NULL : report_of(report);
    shmcol_csv_report_free(report);
    return result;
}

PyObject *ext_pack(PyObject *module, PyObject *args)
{
    (void)module;
    shmcol_csv_options o = SHMCOL_CSV_OPTIONS_INIT;
    PyObject *paths, *dict, *progress, *append = Py_None, *result = NULL;
    ext_append a;
    const char *output;
    Py_ssize_t output_length;
    uint32_t n_inputs;
    if (!PyArg_ParseTuple(args, "O!z#O!O|O", &PyTuple_Type, &paths, &output, &output_length,
                          &PyDict_Type, &dict, &progress, &append))
        return NULL;
    const char **inputs = paths_of(paths, &n_inputs);
    if (inputs == NULL)
        return NULL;
    if (take_options(dict, &o) && append == Py_None) {
        result = run(inputs, n_inputs, output, &o, progress);
    } else if (!PyErr_Occurred() && ext_append_begin(append, &a)) {
        a.progress.call = progress != Py_None ? progress : NULL;
        result = run_append(inputs, n_inputs, output, &o, &a);
        ext_append_end(&a);
    }
    free_arrays(&o);
    PyMem_Free((void *)inputs);
    return result;
}
