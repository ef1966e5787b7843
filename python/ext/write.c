/* Any Arrow stream into a file, which is named by its path or by a descriptor of an empty one. */
#include "ext.h"

/* Takes (alignment, first row, rows of the table, its id, the id of the part before), or None.
 * Returns false with an exception set. */
static bool take_part(PyObject *part, shmcol_writer_options *options)
{
    const char *table_id, *previous_id;
    Py_ssize_t length, previous_length;
    if (part == Py_None)
        return true;
    if (!PyArg_ParseTuple(part, "O&O&O&y#y#", ext_u32, &options->alignment, ext_u64,
                          &options->first_row, ext_u64, &options->table_rows, &table_id, &length,
                          &previous_id, &previous_length))
        return false;
    if (length != sizeof options->table_id || previous_length != sizeof options->previous_id) {
        PyErr_SetString(PyExc_ValueError, "an id has 16 bytes");
        return false;
    }
    memcpy(options->table_id, table_id, sizeof options->table_id);
    memcpy(options->previous_id, previous_id, sizeof options->previous_id);
    return true;
}

bool ext_stream_take(PyObject *capsule, struct ArrowArrayStream *stream)
{
    struct ArrowArrayStream *given = PyCapsule_GetPointer(capsule, "arrow_array_stream");
    if (given == NULL)
        return false;
    if (given->release == NULL) {
        ext_refuse(SHMCOL_ERR_BAD_ARROW, "the Arrow stream was read before");
        return false;
    }
    *stream = *given; /* moved, as the interface demands */
    given->release = NULL;
    return true;
}

void ext_stream_end(struct ArrowArrayStream *stream, ext_pending *raised)
{
    ext_pending *pending = ext_stream_pending(stream);
    if (pending != NULL) {
        *raised = *pending;
        *pending = (ext_pending){NULL, NULL, NULL};
    }
    if (stream->release != NULL)
        stream->release(stream);
}

PyObject *ext_write_stream(PyObject *module, PyObject *args)
{
    (void)module;
    shmcol_error err = SHMCOL_ERROR_INIT;
    shmcol_writer_options options = SHMCOL_WRITER_OPTIONS_INIT;
    char *path = NULL;
    int overwrite, sync, fd = -1;
    PyObject *target, *capsule, *metadata, *dictionary, *part = Py_None;
    if (!PyArg_ParseTuple(args, "OOppO&O&O!iO!O&|O", &target, &capsule, &overwrite, &sync, ext_u64,
                          &options.memory, ext_u32, &options.threads, &PyTuple_Type, &metadata,
                          &options.zstd_level, &PyTuple_Type, &dictionary, ext_u64,
                          &options.expected_rows, &part) ||
        !take_part(part, &options))
        return NULL;
    if (PyLong_Check(target) ? (fd = PyObject_AsFileDescriptor(target)) < 0
                             : PyBytes_AsStringAndSize(target, &path, NULL) != 0)
        return NULL;
    struct ArrowArrayStream stream;
    shmcol_pair *pairs = ext_pairs(metadata, &options.metadata_count);
    const char **modes = pairs != NULL ? ext_texts(dictionary, &options.n_dictionary) : NULL;
    if (modes == NULL || !ext_stream_take(capsule, &stream)) {
        PyMem_Free(pairs);
        PyMem_Free((void *)modes);
        return NULL;
    }
    options.overwrite = overwrite;
    options.no_sync = !sync;
    options.metadata = pairs;
    options.dictionary = modes;
    ext_progress progress = {NULL, {NULL, NULL, NULL}}; /* for Ctrl-C */
    options.progress = ext_progress_call;
    options.progress_arg = &progress;
    shmcol_status status;
    Py_BEGIN_ALLOW_THREADS
    status = path != NULL ? shmcol_write_stream(path, &stream, &options, &err)
                          : shmcol_write_stream_fd(fd, &stream, &options, &err);
    Py_END_ALLOW_THREADS
    ext_pending raised = {NULL, NULL, NULL};
    ext_stream_end(&stream, &raised);
    PyMem_Free(pairs);
    PyMem_Free((void *)modes);
    if (status != SHMCOL_OK &&
        (ext_pending_restore(&raised) || ext_pending_restore(&progress.pending)))
        ext_pending_drop(&progress.pending);
    else if (status != SHMCOL_OK)
        ext_raise(&err);
    else if (!ext_pending_restore(&progress.pending)) /* one that came too late to stop it */
        return Py_NewRef(Py_None);
    ext_pending_drop(&raised);
    return NULL;
}
