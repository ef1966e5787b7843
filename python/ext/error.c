/* Errors of the library as exceptions, and exceptions that wait while C code unwinds. */
#include "ext.h"

PyObject *ext_error_object(const shmcol_error *err)
{
    char text[1400];
    shmcol_error_format(err, text, sizeof text);
    PyObject *module = PyImport_ImportModule("shmcol._errors");
    if (module == NULL)
        return NULL;
    /* Texts may hold a file's bytes, or a path's: bytes that are not UTF-8 are replaced. */
#define TEXT(s) PyUnicode_DecodeUTF8(s, (Py_ssize_t)strlen(s), "replace")
    PyObject *path = PyUnicode_DecodeFSDefault(err->path);
    PyObject *made = PyObject_CallMethod(
        module, "from_c", "iisNNNNisLLLLL", (int)err->status, shmcol_status_class(err->status),
        shmcol_status_name(err->status), TEXT(text), TEXT(err->message), TEXT(err->hint), path,
        err->sys_errno, err->rule, (long long)err->file_offset, (long long)err->column,
        (long long)err->row, (long long)err->line, (long long)err->line_column);
#undef TEXT
    Py_DECREF(module);
    return made;
}

PyObject *ext_raise(const shmcol_error *err)
{
    PyObject *made = ext_error_object(err);
    if (made != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(made), made);
        Py_DECREF(made);
    }
    return NULL;
}

PyObject *ext_refuse(shmcol_status status, const char *message)
{
    shmcol_error err = SHMCOL_ERROR_INIT;
    err.status = status;
    snprintf(err.message, sizeof err.message, "%s", message);
    return ext_raise(&err);
}

/* The limited API of 3.11 has these three objects for one exception. */
void ext_pending_take(ext_pending *pending)
{
    if (pending->type != NULL)
        PyErr_Clear();
    else
        PyErr_Fetch(&pending->type, &pending->value, &pending->traceback);
}

bool ext_pending_restore(ext_pending *pending)
{
    if (pending->type == NULL)
        return false;
    PyErr_Restore(pending->type, pending->value, pending->traceback);
    *pending = (ext_pending){NULL, NULL, NULL};
    return true;
}

void ext_pending_drop(ext_pending *pending)
{
    Py_CLEAR(pending->type);
    Py_CLEAR(pending->value);
    Py_CLEAR(pending->traceback);
}

int ext_progress_call(void *arg, uint64_t done, uint64_t total)
{
    ext_progress *progress = arg;
    PyGILState_STATE gil = PyGILState_Ensure();
    bool stop = progress->pending.type != NULL;
    if (!stop && progress->call != NULL) {
        PyObject *result = PyObject_CallFunction(progress->call, "KK", (unsigned long long)done,
                                                 (unsigned long long)total);
        stop = result == NULL;
        Py_XDECREF(result);
    }
    if (!stop)
        stop = PyErr_CheckSignals() != 0;
    if (stop && PyErr_Occurred())
        ext_pending_take(&progress->pending);
    PyGILState_Release(gil);
    return stop;
}
