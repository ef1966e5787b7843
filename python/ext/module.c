/* The module shmcol._shmcol: a thin layer over the C library. The interface for users is the Python
 * code beside it. */
#include "ext.h"

static PyMethodDef functions[] = {
    {"open", ext_open, METH_VARARGS,
     "open(path: bytes, flags: int, cache_dir: bytes | None, cache_limit: int) -> File"},
    {"open_fd", ext_open_fd, METH_VARARGS,
     "open_fd(fd: int, flags: int) -> File: the descriptor stays the caller's"},
    {"encode", ext_encode, METH_VARARGS,
     "encode(objects: list, binary: bool) -> (offsets, data, nulls, number of nulls), or the row "
     "of the first object that is not text"},
    {"make_schema", ext_make_schema, METH_O, "make_schema(node) -> capsule arrow_schema"},
    {"make_array", ext_make_array, METH_O, "make_array(node) -> capsule arrow_array"},
    {"make_stream", ext_make_stream, METH_VARARGS,
     "make_stream(schema capsule, iterator of array capsules) -> capsule arrow_array_stream"},
    {"schema_difference", ext_schema_difference, METH_VARARGS,
     "schema_difference(schema capsule, another) -> None, or (name, words) of what differs first"},
    {"schema_again", ext_schema_again, METH_O, "schema_again(schema capsule) -> a copy"},
    {"read_stream", ext_read_stream, METH_O,
     "read_stream(stream capsule) -> (schema capsule, list of array capsules)"},
    {"write_stream", ext_write_stream, METH_VARARGS,
     "write_stream(path or descriptor, stream capsule, overwrite, sync, memory, threads, metadata, "
     "zstd, dictionary, expected rows, part)"},
    {"append_stream", ext_append_stream, METH_VARARGS,
     "append_stream(directory, stream capsule, options, progress or None) -> report"},
    {"memory_create", ext_memory_create, METH_NOARGS,
     "memory_create() -> descriptor of a new file in memory, the caller's"},
    {"memory_seal", ext_memory_seal, METH_O,
     "memory_seal(descriptor): it can be neither written nor cut short any more"},
    {"fault_report", ext_fault_report, METH_NOARGS,
     "fault_report(): a SIGBUS on a page of an open file says file and column first"},
    {"populate_create", ext_populate_create, METH_VARARGS,
     "populate_create(path, schema capsule, rows, overwrite, sync, memory, threads, metadata) -> "
     "Populate"},
    {"populate_attach", ext_populate_attach, METH_VARARGS,
     "populate_attach(path of the temporary, id) -> Populate"},
    {"pack", ext_pack, METH_VARARGS,
     "pack(inputs, output, options by their names, progress or None, options of an append or None) "
     "-> report"},
    {NULL, NULL, 0, NULL},
};

ext_state *ext_get_state(PyObject *module)
{
    return PyModule_GetState(module);
}

static PyTypeObject *add_type(PyObject *module, PyType_Spec *spec)
{
    PyObject *type = PyType_FromModuleAndSpec(module, spec, NULL);
    if (type != NULL && PyModule_AddType(module, (PyTypeObject *)type) != 0)
        Py_CLEAR(type);
    return (PyTypeObject *)type;
}

static int execute(PyObject *module)
{
    ext_state *state = ext_get_state(module);
    state->file = add_type(module, &ext_file_spec);
    state->buffer = state->file != NULL ? add_type(module, &ext_buffer_spec) : NULL;
    state->strings = state->buffer != NULL ? add_type(module, &ext_strings_spec) : NULL;
    state->lists = state->strings != NULL ? add_type(module, &ext_lists_spec) : NULL;
    state->populate = state->lists != NULL ? add_type(module, &ext_populate_spec) : NULL;
    state->range = state->populate != NULL ? add_type(module, &ext_range_spec) : NULL;
    state->reader = state->range != NULL ? add_type(module, &ext_reader_spec) : NULL;
    state->taken = state->reader != NULL ? add_type(module, &ext_taken_spec) : NULL;
    if (state->taken == NULL ||
        PyModule_AddStringConstant(module, "__version__", SHMCOL_PYTHON_VERSION) != 0)
        return -1;
    static const struct {
        const char *name;
        long value;
    } numbers[] = {{"PREFAULT", SHMCOL_OPEN_PREFAULT}, {"SEQUENTIAL", SHMCOL_OPEN_SEQUENTIAL},
                   {"RANDOM", SHMCOL_OPEN_RANDOM},     {"PRIVATE", SHMCOL_OPEN_PRIVATE},
                   {"CACHE", SHMCOL_OPEN_CACHE},       {"COPY", SHMCOL_OPEN_COPY}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (PyModule_AddIntConstant(module, numbers[i].name, numbers[i].value) != 0)
            return -1;
    return 0;
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    ext_state *state = ext_get_state(module);
    Py_VISIT(state->file);
    Py_VISIT(state->buffer);
    Py_VISIT(state->strings);
    Py_VISIT(state->lists);
    Py_VISIT(state->populate);
    Py_VISIT(state->range);
    Py_VISIT(state->reader);
    Py_VISIT(state->taken);
    return 0;
}

static int clear(PyObject *module)
{
    ext_state *state = ext_get_state(module);
    Py_CLEAR(state->file);
    Py_CLEAR(state->buffer);
    Py_CLEAR(state->strings);
    Py_CLEAR(state->lists);
    Py_CLEAR(state->populate);
    Py_CLEAR(state->range);
    Py_CLEAR(state->reader);
    Py_CLEAR(state->taken);
    return 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, (void *)execute},
/* An interpreter that can run without the GIL turns it on for this module, where nothing else
 * guards much of the data. */
#ifdef Py_GIL_DISABLED
    {Py_mod_gil, Py_MOD_GIL_USED},
#endif
    {0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,  .m_name = "shmcol._shmcol", .m_size = sizeof(ext_state),
    .m_methods = functions, .m_slots = slots,           .m_traverse = traverse,
    .m_clear = clear,
};

PyMODINIT_FUNC PyInit__shmcol(void);
PyMODINIT_FUNC PyInit__shmcol(void)
{
    return PyModuleDef_Init(&definition);
}
