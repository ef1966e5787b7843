/* Rows for a table in a directory: the options of an append, its report, and Arrow streams. */
#include "ext.h"

bool ext_append_begin(PyObject *given, ext_append *a)
{
    PyObject *metadata, *dictionary;
    Py_ssize_t length;
    int wait, sync;
    *a = (ext_append){.options = SHMCOL_APPEND_OPTIONS_INIT, .report = SHMCOL_APPEND_REPORT_INIT};
    shmcol_append_options *o = &a->options;
    if (!PyArg_ParseTuple(given, "ppO&O&z#O&O&O!O!", &wait, &sync, ext_u64, &o->part_rows, ext_u64,
                          &o->min_part_rows, &o->token, &length, ext_u64, &o->memory, ext_u32,
                          &o->threads, &PyTuple_Type, &metadata, &PyTuple_Type, &dictionary))
        return false;
    if (o->token != NULL && strlen(o->token) != (size_t)length) {
        PyErr_SetString(PyExc_ValueError, "embedded null character");
        return false;
    }
    o->no_wait = !wait;
    o->no_sync = !sync;
    a->pairs = ext_pairs(metadata, &o->metadata_count);
    a->modes = a->pairs != NULL ? ext_texts(dictionary, &o->n_dictionary) : NULL;
    if (a->modes == NULL) {
        ext_append_end(a);
        return false;
    }
    o->metadata = a->pairs;
    o->dictionary = a->modes;
    o->report = &a->report;
    o->progress = ext_progress_call; /* also for Ctrl-C, while another process appends */
    o->progress_arg = &a->progress;
    return true;
}

void ext_append_end(ext_append *a)
{
    PyMem_Free(a->pairs);
    PyMem_Free((void *)a->modes);
    ext_pending_drop(&a->progress.pending);
}

PyObject *ext_append_report(const ext_append *a)
{
    const shmcol_append_report *r = &a->report;
    return Py_BuildValue(
        "{s:K,s:K,s:K,s:K,s:K,s:K,s:O,s:O,s:I,s:y#}", "first_row", (unsigned long long)r->first_row,
        "rows", (unsigned long long)r->rows, "table_rows", (unsigned long long)r->table_rows,
        "parts", (unsigned long long)r->parts, "table_parts", (unsigned long long)r->table_parts,
        "removed", (unsigned long long)r->removed, "created", r->created ? Py_True : Py_False,
        "already_there", r->already_there ? Py_True : Py_False, "metadata_dropped",
        r->metadata_dropped, "id", (const char *)r->table_id, (Py_ssize_t)16);
}

/* append_stream(directory, stream, options, progress): returns the report as a dict. */
PyObject *ext_append_stream(PyObject *module, PyObject *args)
{
    (void)module;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_status status;
    const char *directory;
    struct ArrowArrayStream stream;
    PyObject *capsule, *given, *call, *result = NULL;
    ext_pending raised = {NULL, NULL, NULL};
    ext_append a;
    if (!PyArg_ParseTuple(args, "yOO!O", &directory, &capsule, &PyTuple_Type, &given, &call) ||
        !ext_append_begin(given, &a))
        return NULL;
    a.progress.call = call != Py_None ? call : NULL;
    if (!ext_stream_take(capsule, &stream)) {
        ext_append_end(&a);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    status = shmcol_append_stream(directory, &stream, &a.options, &err);
    Py_END_ALLOW_THREADS
    ext_stream_end(&stream, &raised);
    if (status != SHMCOL_OK) {
        if (!ext_pending_restore(&raised) && !ext_pending_restore(&a.progress.pending))
            ext_raise(&err);
    } else if (!ext_pending_restore(&a.progress.pending)) { /* one that came too late to stop it */
        result = ext_append_report(&a);
    }
    ext_pending_drop(&raised);
    ext_append_end(&a);
    return result;
}
