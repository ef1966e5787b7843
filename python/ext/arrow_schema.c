/* Arrow schemas of our own making: copies of others, and such as Python describes.
 *
 * A node describes a column: (format, name, flags, metadata or None, length, null_count, buffers, children, dictionary or None) with
 * buffers a
 * tuple of objects that have memory (None: a NULL pointer) and children a tuple of nodes; or (schema capsule, array capsule, name) for one
 * that
 * another library made. */
#include "ext.h"

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (schema->children[i] != NULL && schema->children[i]->release != NULL)
            schema->children[i]->release(schema->children[i]);
        free(schema->children[i]);
    }
    if (schema->dictionary != NULL && schema->dictionary->release != NULL)
        schema->dictionary->release(schema->dictionary);
    free(schema->dictionary);
    free(schema->children);
    free((char *)(uintptr_t)schema->format);
    free((char *)(uintptr_t)schema->name);
    free((char *)(uintptr_t)schema->metadata);
    memset(schema, 0, sizeof *schema);
}

static char *copy_bytes(const void *bytes, size_t size)
{
    char *copy = bytes != NULL ? malloc(size + 1) : NULL;
    if (copy != NULL) {
        memcpy(copy, bytes, size);
        copy[size] = '\0';
    }
    return copy;
}

/* Its length: the metadata counts its own pairs. */
static size_t metadata_size(const char *metadata)
{
    int32_t pairs, length;
    memcpy(&pairs, metadata, 4);
    size_t size = 4;
    for (int32_t i = 0; i < 2 * pairs; i++) {
        memcpy(&length, metadata + size, 4);
        size += 4 + (size_t)(length > 0 ? length : 0);
    }
    return size;
}

enum { MAX_DEPTH = 64 }; /* that of Arrow's own libraries */

static bool metadata_is_good(const char *metadata)
{
    int32_t pairs, length;
    memcpy(&pairs, metadata, 4);
    if (pairs < 0 || pairs > INT32_MAX / 2)
        return false;
    const char *at = metadata + 4;
    for (int32_t i = 0; i < 2 * pairs; i++) {
        memcpy(&length, at, 4);
        if (length < 0)
            return false;
        at += 4 + (size_t)length;
    }
    return true;
}

/* Returns what is wrong with a schema that another library made; NULL: nothing, all of it can be
 * walked. */
static const char *schema_problem(const struct ArrowSchema *schema, int depth)
{
    if (schema == NULL || schema->release == NULL)
        return "a part of it is missing or was released";
    if (schema->format == NULL)
        return "a part of it has no format";
    if (depth > MAX_DEPTH)
        return "it is more than 64 levels deep";
    if (schema->n_children < 0 || (schema->n_children > 0 && schema->children == NULL))
        return "a part of it has no children, but a number of them";
    if (schema->metadata != NULL && !metadata_is_good(schema->metadata))
        return "its metadata has a negative length";
    const char *problem =
        schema->dictionary != NULL ? schema_problem(schema->dictionary, depth + 1) : NULL;
    for (int64_t i = 0; i < schema->n_children && problem == NULL; i++)
        problem = schema_problem(schema->children[i], depth + 1);
    return problem;
}

struct ArrowSchema *ext_schema_of(PyObject *capsule)
{
    struct ArrowSchema *schema = PyCapsule_GetPointer(capsule, "arrow_schema");
    if (schema == NULL)
        return NULL;
    const char *problem = schema->release == NULL ? "it was released" : schema_problem(schema, 0);
    if (problem == NULL)
        return schema;
    PyErr_Format(PyExc_ValueError, "the Arrow schema: %s", problem);
    return NULL;
}

/* An empty one with room for its children, to be released whatever becomes of it. */
static bool begin(struct ArrowSchema *to, const char *format, const char *name, int64_t flags, const char *metadata, size_t metadata_length,
                  int64_t n_children, bool dictionary)
{
    *to = (struct ArrowSchema){.flags = flags, .release = release_schema};
    to->format = copy_bytes(format, strlen(format));
    to->name = copy_bytes(name != NULL ? name : "", strlen(name != NULL ? name : ""));
    to->metadata = copy_bytes(metadata, metadata_length);
    to->children = calloc((size_t)n_children + 1, sizeof *to->children);
    to->dictionary = dictionary ? calloc(1, sizeof *to->dictionary) : NULL;
    bool good = to->format != NULL && to->name != NULL && (metadata == NULL || to->metadata != NULL) && to->children != NULL &&
                (!dictionary || to->dictionary != NULL);
    for (int64_t i = 0; i < n_children && good; i++) {
        to->children[i] = calloc(1, sizeof **to->children);
        good = to->children[i] != NULL;
        to->n_children = i + 1;
    }
    return good;
}

bool ext_schema_copy(const struct ArrowSchema *from, const char *name, struct ArrowSchema *to)
{
    size_t length = from->metadata != NULL ? metadata_size(from->metadata) : 0;
    bool good = begin(to, from->format, name != NULL ? name : from->name, from->flags, from->metadata, length, from->n_children,
                      from->dictionary != NULL);
    for (int64_t i = 0; i < from->n_children && good; i++)
        good = ext_schema_copy(from->children[i], NULL, to->children[i]);
    if (good && from->dictionary != NULL)
        good = ext_schema_copy(from->dictionary, NULL, to->dictionary);
    if (!good && to->release != NULL)
        release_schema(to);
    return good;
}

static bool build(PyObject *node, struct ArrowSchema *to);

static bool build_imported(PyObject *node, struct ArrowSchema *to)
{
    struct ArrowSchema *from = ext_schema_of(PyTuple_GetItem(node, 0));
    const char *name = from != NULL ? PyUnicode_AsUTF8AndSize(PyTuple_GetItem(node, 2), NULL) : NULL;
    if (name == NULL)
        return false;
    if (!ext_schema_copy(from, name, to)) {
        PyErr_NoMemory();
        return false;
    }
    to->flags |= ARROW_FLAG_NULLABLE; /* whoever hands over an array alone need not have thought of that */
    return true;
}

static bool build_own(PyObject *node, struct ArrowSchema *to)
{
    const char *format, *name, *metadata;
    Py_ssize_t metadata_length, length, null_count;
    long long flags;
    PyObject *buffers, *children, *dictionary;
    if (!PyArg_ParseTuple(node, "ssLz#nnOO!O", &format, &name, &flags, &metadata, &metadata_length, &length, &null_count, &buffers,
                          &PyTuple_Type, &children, &dictionary))
        return false;
    Py_ssize_t n = PyTuple_Size(children);
    if (!begin(to, format, name, flags, metadata, (size_t)metadata_length, n, dictionary != Py_None)) {
        PyErr_NoMemory();
        return false;
    }
    for (Py_ssize_t i = 0; i < n; i++)
        if (!build(PyTuple_GetItem(children, i), to->children[i]))
            return false;
    return dictionary == Py_None || build(dictionary, to->dictionary);
}

static bool build(PyObject *node, struct ArrowSchema *to)
{
    memset(to, 0, sizeof *to);
    bool good = PyTuple_Check(node) && (PyTuple_Size(node) == 3 ? build_imported(node, to) : build_own(node, to));
    if (!good && to->release != NULL)
        release_schema(to);
    return good;
}

PyObject *ext_make_schema(PyObject *module, PyObject *node)
{
    (void)module;
    struct ArrowSchema schema;
    if (!build(node, &schema))
        return PyErr_Occurred() ? NULL : PyErr_Format(PyExc_TypeError, "a node is a tuple");
    return ext_capsule_schema(&schema);
}

/* Where two schemas differ in what says how buffers are read; NULL: nowhere. */
static const struct ArrowSchema *difference(const struct ArrowSchema *a, const struct ArrowSchema *b, bool named)
{
    bool same = strcmp(a->format, b->format) == 0 && a->n_children == b->n_children && (a->dictionary != NULL) == (b->dictionary != NULL);
    if (!same || (named && strcmp(a->name != NULL ? a->name : "", b->name != NULL ? b->name : "") != 0))
        return b;
    for (int64_t i = 0; i < a->n_children; i++) {
        const struct ArrowSchema *found = difference(a->children[i], b->children[i], true);
        if (found != NULL)
            return found;
    }
    return a->dictionary != NULL ? difference(a->dictionary, b->dictionary, false) : NULL;
}

/* None, or the name and format of the first column of the second schema that is not as in the first. */
PyObject *ext_schema_difference(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *first, *second;
    if (!PyArg_ParseTuple(args, "OO", &first, &second))
        return NULL;
    const struct ArrowSchema *a = ext_schema_of(first);
    const struct ArrowSchema *b = a != NULL ? ext_schema_of(second) : NULL;
    if (b == NULL)
        return NULL;
    const struct ArrowSchema *found = difference(a, b, false);
    return found == NULL ? Py_NewRef(Py_None) : Py_BuildValue("zs", found->name, found->format);
}

/* A schema moves into what reads it; this one stays. */
PyObject *ext_schema_again(PyObject *module, PyObject *capsule)
{
    (void)module;
    struct ArrowSchema copy;
    const struct ArrowSchema *schema = ext_schema_of(capsule);
    if (schema == NULL)
        return NULL;
    return ext_schema_copy(schema, NULL, &copy) ? ext_capsule_schema(&copy) : PyErr_NoMemory();
}
