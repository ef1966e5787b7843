/* Arrow schemas that the extension makes: copies of others, and those that Python describes.
 *
 * A node describes a column: (format, name, flags, metadata or None, length, null_count, buffers,
 * children, dictionary or None) with buffers a tuple of objects that have memory (None: a NULL
 * pointer) and children a tuple of nodes; or (schema capsule, array capsule, name) for one that
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

/* Returns the length of encoded metadata, which counts its own pairs. */
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

/* Returns the problem of a schema that another library made, NULL if all of it can be walked. */
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
    char message[160];
    snprintf(message, sizeof message, "the Arrow schema: %s", problem);
    ext_refuse(SHMCOL_ERR_BAD_ARROW, message);
    return NULL;
}

/* Makes a schema with the texts and flags of `like`, and with room for as many children and a
 * dictionary. It is to be released, also if this returns false without memory. */
static bool begin(struct ArrowSchema *to, const struct ArrowSchema *like, size_t metadata_length)
{
    const char *name = like->name != NULL ? like->name : "";
    *to = (struct ArrowSchema){.flags = like->flags, .release = release_schema};
    to->format = copy_bytes(like->format, strlen(like->format));
    to->name = copy_bytes(name, strlen(name));
    to->metadata = copy_bytes(like->metadata, metadata_length);
    to->children = calloc((size_t)like->n_children + 1, sizeof *to->children);
    to->dictionary = like->dictionary != NULL ? calloc(1, sizeof *to->dictionary) : NULL;
    bool good = to->format != NULL && to->name != NULL &&
                (like->metadata == NULL || to->metadata != NULL) && to->children != NULL &&
                (like->dictionary == NULL || to->dictionary != NULL);
    for (int64_t i = 0; i < like->n_children && good; i++) {
        to->children[i] = calloc(1, sizeof **to->children);
        good = to->children[i] != NULL;
        to->n_children = i + 1;
    }
    return good;
}

bool ext_schema_copy(const struct ArrowSchema *from, const char *name, struct ArrowSchema *to)
{
    size_t length = from->metadata != NULL ? metadata_size(from->metadata) : 0;
    struct ArrowSchema like = *from;
    like.name = name != NULL ? name : from->name;
    bool good = begin(to, &like, length);
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
    const char *name =
        from != NULL ? PyUnicode_AsUTF8AndSize(PyTuple_GetItem(node, 2), NULL) : NULL;
    if (name == NULL)
        return false;
    if (!ext_schema_copy(from, name, to)) {
        PyErr_NoMemory();
        return false;
    }
    to->flags |= ARROW_FLAG_NULLABLE; /* the schema of a single array often lacks the flag */
    return true;
}

static bool build_own(PyObject *node, struct ArrowSchema *to)
{
    const char *format, *name, *metadata;
    Py_ssize_t metadata_length, length, null_count;
    long long flags;
    PyObject *buffers, *children, *dictionary;
    if (!PyArg_ParseTuple(node, "ssLz#nnOO!O", &format, &name, &flags, &metadata, &metadata_length,
                          &length, &null_count, &buffers, &PyTuple_Type, &children, &dictionary))
        return false;
    Py_ssize_t n = PyTuple_Size(children);
    struct ArrowSchema like = {
        .format = format, .name = name, .flags = flags, .metadata = metadata, .n_children = n};
    like.dictionary = dictionary != Py_None ? &like : NULL; /* only its presence counts */
    if (!begin(to, &like, (size_t)metadata_length)) {
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
    bool good = PyTuple_Check(node) &&
                (PyTuple_Size(node) == 3 ? build_imported(node, to) : build_own(node, to));
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

/* Returns true if buffers of both are read alike. The names of children do not matter. */
static bool same_format(const struct ArrowSchema *a, const struct ArrowSchema *b)
{
    if (strcmp(a->format, b->format) != 0 || a->n_children != b->n_children ||
        (a->dictionary != NULL) != (b->dictionary != NULL))
        return false;
    for (int64_t i = 0; i < a->n_children; i++)
        if (!same_format(a->children[i], b->children[i]))
            return false;
    return a->dictionary == NULL || same_format(a->dictionary, b->dictionary);
}

/* Returns true if both make the same columns of a file, extensions included. Types that no file has
 * are refused when they are written. */
static bool same_type(const shmcol_field *a, const shmcol_field *b)
{
    return a->type == b->type && a->unit == b->unit && a->width == b->width &&
           a->element == b->element && a->dimensions == b->dimensions &&
           memcmp(a->shape, b->shape, sizeof a->shape) == 0 &&
           strcmp(a->zone != NULL ? a->zone : "", b->zone != NULL ? b->zone : "") == 0;
}

static const char *name_of(const struct ArrowSchema *schema)
{
    return schema->name != NULL ? schema->name : "";
}

static bool has_column(const struct ArrowSchema *table, const char *name)
{
    for (int64_t i = 0; i < table->n_children; i++)
        if (strcmp(name_of(table->children[i]), name) == 0)
            return true;
    return false;
}

/* Compares the names of a table's columns with those of the first table. Returns the difference and
 * sets *name, or returns NULL. */
static const char *other_names(const struct ArrowSchema *a, const struct ArrowSchema *b,
                               const char **name)
{
    for (int64_t i = 0; i < a->n_children || i < b->n_children; i++) {
        const char *was = i < a->n_children ? name_of(a->children[i]) : NULL,
                   *is = i < b->n_children ? name_of(b->children[i]) : NULL;
        if (was != NULL && is != NULL && strcmp(was, is) == 0)
            continue;
        *name = is;
        if (is != NULL && !has_column(a, is))
            return "is not in the first batch";
        if (was != NULL && !has_column(b, was)) {
            *name = was;
            return "of the first batch is missing";
        }
        *name = is != NULL ? is : was;
        return "stands at another place than in the first batch";
    }
    return NULL;
}

/* Compares a table's column with that of the first table. Returns the difference and sets *name, or
 * returns NULL. */
static const char *difference(const struct ArrowSchema *a, const struct ArrowSchema *b,
                              const char **name)
{
    static const char other_type[] = "has another type than in the first batch";
    shmcol_field *fields = NULL, *others = NULL;
    uint32_t n, m;
    const char *what = other_names(a, b, name);
    for (int64_t i = 0; what == NULL && i < a->n_children; i++)
        if (!same_format(a->children[i], b->children[i])) {
            *name = name_of(b->children[i]);
            what = other_type;
        }
    if (what == NULL && shmcol_import_schema(a, &fields, &n, NULL) == SHMCOL_OK &&
        shmcol_import_schema(b, &others, &m, NULL) == SHMCOL_OK)
        for (uint32_t i = 0; i < n && what == NULL; i++)
            if (!same_type(&fields[i], &others[i])) {
                *name = name_of(b->children[i]);
                what = other_type;
            }
    shmcol_fields_free(fields);
    shmcol_fields_free(others);
    return what;
}

/* Returns (name, difference) of the first column of the second table that is not as in the first
 * one, or None. */
PyObject *ext_schema_difference(PyObject *module, PyObject *args)
{
    (void)module;
    PyObject *first, *second;
    if (!PyArg_ParseTuple(args, "OO", &first, &second))
        return NULL;
    const struct ArrowSchema *a = ext_schema_of(first);
    const struct ArrowSchema *b = a != NULL ? ext_schema_of(second) : NULL;
    const char *name = "";
    if (b == NULL)
        return NULL;
    const char *what = difference(a, b, &name);
    return what == NULL ? Py_NewRef(Py_None) : Py_BuildValue("ss", name, what);
}

/* Copies a schema for a consumer, which takes the copy; this one stays. */
PyObject *ext_schema_again(PyObject *module, PyObject *capsule)
{
    (void)module;
    struct ArrowSchema copy;
    const struct ArrowSchema *schema = ext_schema_of(capsule);
    if (schema == NULL)
        return NULL;
    return ext_schema_copy(schema, NULL, &copy) ? ext_capsule_schema(&copy) : PyErr_NoMemory();
}
