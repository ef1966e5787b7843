/* Each buffer has exactly the size that the interface promises for the array's length and offset,
 * each table of pointers as many as its count, so that the address sanitizer sees every read too
 * many. A lie therefore is a value that can be seen to be one: negative, missing, released, or so
 * large that no memory is. That there is less memory than a sane length promises nobody can see. */
#include "arrow_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the input ---- */

static const uint8_t *input;
static size_t input_left;
static uint64_t noise;

void arrow_begin(const uint8_t *data, size_t size)
{
    input = data;
    input_left = size;
    noise = 0;
}

/* The next byte of the input; 0 behind its end. */
static unsigned byte(void)
{
    if (input_left == 0)
        return 0;
    input_left--;
    return *input++;
}

unsigned arrow_below(unsigned n)
{
    return byte() % n;
}

/* A sequence that the input has begun: for what is long. */
static uint64_t next_noise(void)
{
    noise = noise * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return noise >> 16;
}

static int64_t lie(void)
{
    static const int64_t lies[] = {-1,        INT64_MIN,     INT64_MIN + 1,    -3,
                                   INT64_MAX, INT64_MAX - 1, INT64_C(1) << 62, INT64_C(1) << 61};
    return lies[arrow_below(8)];
}

/* ---- memory of one base structure ---- */

typedef struct owner {
    void *blocks[512];
    int n;
} owner;

int arrow_live;

static owner *now; /* who owns what take() gives */

/* Exactly `size` bytes, zeroed. */
static void *take(size_t size)
{
    if (now->n == 512)
        abort();
    void *block = calloc(1, size > 0 ? size : 1);
    if (block == NULL)
        abort();
    now->blocks[now->n++] = block;
    return block;
}

static void *take_copy(const void *bytes, size_t size)
{
    void *block = take(size);
    if (size > 0)
        memcpy(block, bytes, size);
    return block;
}

static void free_owner(owner *o)
{
    for (int i = 0; i < o->n; i++)
        free(o->blocks[i]);
    free(o);
    arrow_live--;
}

static owner *new_owner(void)
{
    owner *o = calloc(1, sizeof *o);
    if (o == NULL)
        abort();
    arrow_live++;
    return o;
}

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
    free_owner(schema->private_data);
}

static void release_array(struct ArrowArray *array)
{
    array->release = NULL;
    free_owner(array->private_data);
}

/* A consumer releases the base structure and nothing in it. */
static void release_part_of_schema(struct ArrowSchema *schema)
{
    (void)schema;
    abort();
}

static void release_part_of_array(struct ArrowArray *array)
{
    (void)array;
    abort();
}

/* ---- schemas ---- */

static const arrow_kind kinds[] = {
    {FIXED, 1, "c", 0, 0},     {FIXED, 2, "S", 0, 0},       {FIXED, 4, "i", 0, 0},
    {FIXED, 8, "l", 0, 0},     {FIXED, 8, "g", 0, 0},       {FIXED, 4, "f", 0, 0},
    {FIXED, 4, "tdD", 0, 0},   {FIXED, 8, "tdm", 0, 0},     {FIXED, 4, "ttm", 0, 0},
    {FIXED, 8, "ttn", 0, 0},   {FIXED, 8, "tsu:UTC", 0, 0}, {FIXED, 8, "tDn", 0, 0},
    {FIXED, 3, "w:3", 0, 0},   {FIXED, 40, "w:40", 0, 0},   {BITS, 0, "b", 0, 0},
    {NOTHING, 0, "n", 0, 0},   {SMALL, 0, "u", 0, 0},       {SMALL, 0, "z", 0, 0},
    {LARGE, 0, "U", 0, 0},     {LARGE, 0, "Z", 0, 0},       {VIEWS, 0, "vu", 0, 0},
    {VIEWS, 0, "vz", 0, 0},    {WORDS, 1, "c", SMALL, 0},   {WORDS, 1, "C", LARGE, 0},
    {WORDS, 2, "S", VIEWS, 0}, {WORDS, 4, "i", SMALL, 0},   {WORDS, 8, "l", LARGE, 0},
    {WORDS, 8, "L", SMALL, 0}, {TENSOR, 2, "s", 0, 4},      {TENSOR, 8, "g", 0, 6},
    {TENSOR, 4, "tdD", 0, 1},  {FOREIGN, 0, "", 0, 0},
};

static const char *const foreign[] = {
    "",      "e",  "d:38,2",   "+l",   "+s",  "+m",   "+w:3", "+w:0",         "+w:4294967296",
    "w:0",   "w:", "w:-1",     "w:4x", "ts",  "tsx:", "tss",  "w:2147483648", "tdq",
    "+ud:0", "+r", "\xFF\xFE", "vuu",  "+vl", "tiM"};

/* A NUL-terminated text of the input, of any bytes. */
static char *some_text(unsigned most)
{
    unsigned length = arrow_below(most + 1);
    char *text = take(length + 1);
    for (unsigned i = 0; i < length; i++)
        text[i] = (char)byte();
    return text;
}

/* Metadata of `pairs` texts, two a pair; `lied` writes a negative number instead of that one (-1:
 * none, 0: the count). It ends there. */
static char *make_metadata(const char *const *texts, int pairs, int lied)
{
    size_t size = 4, at = 4;
    for (int i = 0; i < 2 * pairs && (lied < 0 || i < lied); i++)
        size += 4 + (i + 1 == lied ? 0 : strlen(texts[i]));
    char *out = take(lied == 0 ? 4 : size);
    int32_t number = lied == 0 ? -1 : pairs;
    memcpy(out, &number, 4);
    for (int i = 0; i < 2 * pairs && (lied < 0 || i < lied); i++) {
        number = i + 1 == lied ? INT32_MIN : (int32_t)strlen(texts[i]);
        memcpy(out + at, &number, 4);
        if (i + 1 != lied)
            memcpy(out + at + 4, texts[i], strlen(texts[i]));
        at += 4 + (i + 1 == lied ? 0 : strlen(texts[i]));
    }
    return out;
}

static char *some_metadata(void)
{
    const char *texts[] = {"key", some_text(4), some_text(8), ""};
    switch (arrow_below(16)) {
    case 1: return make_metadata(texts, 2, -1);
    case 2: return make_metadata(texts, 1, -1);
    case 3: return make_metadata(texts, 2, (int)arrow_below(5));
    case 4:
        return make_metadata((const char *const[]){"ARROW:extension:name", "arrow.bool8"}, 1, -1);
    case 5:
        return make_metadata((const char *const[]){"ARROW:extension:name", some_text(12),
                                                   "ARROW:extension:metadata", ""},
                             2, -1);
    default: return NULL;
    }
}

static char *tensor_metadata(unsigned elements)
{
    char json[64];
    static const char *const templates[] = {"{\"shape\":[%u]}",
                                            "{\"shape\":[1,%u],\"permutation\":[0,1]}",
                                            "{\"shape\":[%u,2]}",
                                            "{\"shape\":[%u],\"dim_names\":[null]}",
                                            " { \"shape\" : [ %u ] , \"permutation\" : null } ",
                                            "{\"shape\":[%u"};
    unsigned which = arrow_below(8);
    snprintf(json, sizeof json, templates[which < 6 ? which : 0], elements);
    const char *text = which == 7 ? some_text(20) : json;
    return make_metadata((const char *const[]){"ARROW:extension:name", "arrow.fixed_shape_tensor",
                                               "ARROW:extension:metadata", text},
                         2, -1);
}

static void begin_schema(struct ArrowSchema *schema, const char *format, const char *name)
{
    memset(schema, 0, sizeof *schema);
    schema->format = take_copy(format, strlen(format) + 1);
    schema->name = name;
    schema->flags = arrow_below(4) == 0 ? 0 : ARROW_FLAG_NULLABLE;
    schema->release = release_part_of_schema;
}

static void lie_in_schema(struct ArrowSchema *schema)
{
    switch (arrow_below(10)) {
    case 0: schema->format = NULL; break;
    case 1: schema->release = NULL; break;
    case 2: schema->name = NULL; break;
    case 3: schema->n_children = arrow_below(2) == 0 ? -1 : INT64_MAX; break;
    case 4: schema->children = NULL; break;
    case 5: schema->dictionary = NULL; break;
    case 6: schema->dictionary = schema; break;
    case 7: schema->flags = lie(); break;
    case 8: schema->name = some_text(6); break;
    default:
        for (int64_t i = 0; i < schema->n_children && schema->children != NULL; i++)
            schema->children[i] = arrow_below(2) == 0 ? NULL : schema->children[i];
    }
}

static void make_children(struct ArrowSchema *schema, int64_t n)
{
    schema->n_children = n;
    schema->children = take((size_t)n * sizeof *schema->children);
    for (int64_t i = 0; i < n; i++)
        schema->children[i] = take(sizeof **schema->children);
}

/* `again`: a schema like one that was made before, by the same plan. */
static void make_column(struct ArrowSchema *schema, arrow_kind *k, unsigned index, bool again)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    if (!again) {
        *k = kinds[arrow_below(sizeof kinds / sizeof *kinds)];
        if (k->form == FOREIGN)
            k->format = foreign[arrow_below(sizeof foreign / sizeof *foreign)];
    }
    char list[16];
    snprintf(list, sizeof list, "+w:%u", k->elements);
    begin_schema(schema, k->form == TENSOR ? list : k->format, take_copy(names[index], 2));
    if (k->form == TENSOR) {
        schema->metadata = tensor_metadata(k->elements);
        make_children(schema, 1);
        begin_schema(schema->children[0], k->format, NULL);
    } else {
        schema->metadata = some_metadata();
    }
    if (k->form == WORDS) {
        schema->dictionary = take(sizeof *schema->dictionary);
        begin_schema(schema->dictionary,
                     k->values == SMALL   ? "u"
                     : k->values == LARGE ? "U"
                                          : "vu",
                     NULL);
        schema->flags |= arrow_below(3) == 0 ? ARROW_FLAG_DICTIONARY_ORDERED : 0;
    }
}

/* Returns true if the input wants a lie here. */
static bool lies(void)
{
    return arrow_below(20) == 19;
}

void arrow_make_schema(struct ArrowSchema *root, arrow_plan *p, bool again)
{
    now = new_owner();
    begin_schema(root, arrow_below(64) == 63 ? "+m" : "+s", "");
    root->metadata = some_metadata();
    root->release = release_schema;
    root->private_data = now;
    if (!again)
        p->columns = arrow_below(MAX_COLUMNS + 1);
    make_children(root, p->columns);
    for (unsigned i = 0; i < p->columns; i++) {
        struct ArrowSchema *column = root->children[i];
        make_column(column, &p->kinds[i], i, again);
        if (lies() && column->dictionary != NULL)
            lie_in_schema(column->dictionary);
        if (lies() && column->n_children == 1)
            lie_in_schema(column->children[0]);
        if (lies())
            lie_in_schema(column);
    }
    if (lies()) {
        lie_in_schema(root);
        if (root->release == NULL) /* as a producer would */
            free_owner(root->private_data);
    }
}

/* ---- arrays ---- */

/* Fills memory: zeros, small numbers, the input's bytes or noise. */
static void fill(uint8_t *to, size_t size)
{
    unsigned how = arrow_below(8);
    for (size_t i = 0; i < size && how >= 3; i++)
        to[i] = how < 6              ? (uint8_t)(next_noise() % 100 == 0)
                : how == 6 && i < 64 ? (uint8_t)byte()
                                     : (uint8_t)next_noise();
}

static void fill_text(uint8_t *to, size_t size)
{
    bool raw = arrow_below(16) == 15;
    for (size_t i = 0; i < size; i++)
        to[i] = raw ? (uint8_t)byte() : (uint8_t)('a' + next_noise() % 26);
}

static void begin_array(struct ArrowArray *array, int64_t length, int64_t n_buffers)
{
    memset(array, 0, sizeof *array);
    array->length = length;
    array->offset = arrow_below(3) == 0 ? arrow_below(20) : 0;
    array->n_buffers = n_buffers;
    array->buffers = take((size_t)n_buffers * sizeof *array->buffers);
    array->release = release_part_of_array;
}

/* The values that the buffers hold. */
static size_t values_of(const struct ArrowArray *array)
{
    return (size_t)(array->length + array->offset);
}

static void make_validity(struct ArrowArray *array)
{
    size_t size = (values_of(array) + 7) / 8;
    if (arrow_below(3) == 0)
        return;
    uint8_t *bits = take(size);
    memset(bits, 0xFF, size);
    for (size_t i = 0; i < size && arrow_below(2) == 0; i++)
        bits[i] = (uint8_t)next_noise();
    array->buffers[0] = bits;
    array->null_count = arrow_below(4) == 0   ? 0
                        : arrow_below(4) == 0 ? (int64_t)arrow_below((unsigned)array->length + 1)
                                              : -1;
}

static void put_offset(uint8_t *to, size_t i, int64_t offset, bool large)
{
    int32_t small = (int32_t)offset;
    if (large)
        memcpy(to + 8 * i, &offset, 8);
    else
        memcpy(to + 4 * i, &small, 4);
}

/* Offsets that ascend to the end of the bytes; in between they may be anything. */
static void make_strings(struct ArrowArray *array, bool large)
{
    size_t n = values_of(array) + 1, width = large ? 8 : 4;
    uint8_t *offsets = take(n * width);
    unsigned wild = arrow_below(8);
    int64_t at = arrow_below(3) == 0 ? arrow_below(9) : 0;
    for (size_t i = 0; i < n; i++) {
        put_offset(offsets, i, at, large);
        at += i + 1 < n ? (int64_t)(next_noise() % 6) : 0;
    }
    if (wild == 7 && n > 2) {
        size_t from = next_noise() % (n - 1), to = from + next_noise() % (n - from);
        int64_t value = arrow_below(2) == 0 ? lie() : (int64_t)next_noise();
        for (size_t i = from; i < to; i++)
            put_offset(offsets, i, value, large);
    }
    array->buffers[1] = offsets;
    array->buffers[2] = take((size_t)at);
    fill_text((uint8_t *)(uintptr_t)array->buffers[2], (size_t)at);
}

static void make_view(uint8_t *to, const int64_t *sizes, unsigned variadic)
{
    int32_t length = (int32_t)(next_noise() % 13), buffer = 0, offset = 0;
    bool raw = next_noise() % 512 == 0;
    if (variadic > 0 && next_noise() % 2 == 0) {
        buffer = (int32_t)(next_noise() % variadic);
        length = sizes[buffer] > 12 ? 13 + (int32_t)(next_noise() % (uint64_t)(sizes[buffer] - 12))
                                    : length;
        offset = length > 12 ? (int32_t)(next_noise() % (uint64_t)(sizes[buffer] - length + 1)) : 0;
    }
    memcpy(to, &length, 4);
    for (int i = 4; i < 16 && length <= 12; i++)
        to[i] = (uint8_t)('a' + next_noise() % 26);
    if (length > 12) {
        memcpy(to + 8, &buffer, 4);
        memcpy(to + 12, &offset, 4);
    }
    for (int i = 0; i < 16 && raw; i++)
        to[i] = (uint8_t)next_noise();
}

static void make_views(struct ArrowArray *array)
{
    unsigned variadic = (unsigned)array->n_buffers - 3;
    int64_t *sizes = take(variadic * sizeof *sizes);
    for (unsigned i = 0; i < variadic; i++) {
        sizes[i] = arrow_below(60);
        array->buffers[2 + i] = take((size_t)sizes[i]);
        fill_text((uint8_t *)(uintptr_t)array->buffers[2 + i], (size_t)sizes[i]);
    }
    uint8_t *views = take(16 * values_of(array));
    for (size_t i = 0; i < values_of(array); i++)
        make_view(views + 16 * i, sizes, variadic);
    if (lies() && variadic > 0)
        sizes[0] = -1 - (int64_t)arrow_below(2) * INT64_MAX;
    array->buffers[1] = views;
    array->buffers[array->n_buffers - 1] = sizes;
}

static void make_texts(struct ArrowArray *array, arrow_form f, int64_t length)
{
    begin_array(array, length, f == VIEWS ? 3 + arrow_below(3) : 3);
    make_validity(array);
    if (f == VIEWS)
        make_views(array);
    else
        make_strings(array, f == LARGE);
}

static void make_indices(struct ArrowArray *array, unsigned width, int64_t words)
{
    uint8_t *indices = take(width * values_of(array));
    unsigned raw = arrow_below(16);
    for (size_t i = 0; i < values_of(array); i++) {
        uint64_t index = raw == 15 && next_noise() % 8 == 0 ? next_noise()
                         : words > 0                        ? next_noise() % (uint64_t)words
                                                            : 0;
        memcpy(indices + width * i, &index, width);
    }
    array->buffers[1] = indices;
}

/* Room for `n` children, which are there. */
static struct ArrowArray *one_child(struct ArrowArray *array)
{
    array->n_children = 1;
    array->children = take(sizeof *array->children);
    array->children[0] = take(sizeof **array->children);
    return array->children[0];
}

static void make_fixed(struct ArrowArray *array, size_t width, int64_t length)
{
    begin_array(array, length, 2);
    make_validity(array);
    array->buffers[1] = take(width == 0 ? (values_of(array) + 7) / 8 : width * values_of(array));
    fill((uint8_t *)(uintptr_t)array->buffers[1],
         width == 0 ? (values_of(array) + 7) / 8 : width * values_of(array));
}

static void make_array(struct ArrowArray *array, const arrow_kind *k, int64_t length)
{
    switch (k->form) {
    case BITS:
    case FIXED: make_fixed(array, k->width, length); break;
    case SMALL:
    case LARGE:
    case VIEWS: make_texts(array, k->form, length); break;
    case WORDS: {
        int64_t words = arrow_below(20);
        begin_array(array, length, 2);
        make_validity(array);
        make_indices(array, k->width, words);
        array->dictionary = take(sizeof *array->dictionary);
        make_texts(array->dictionary, k->values, words);
        break;
    }
    case TENSOR: {
        begin_array(array, length, 1);
        make_validity(array);
        make_fixed(one_child(array), k->width, (int64_t)values_of(array) * k->elements);
        break;
    }
    default: begin_array(array, length, arrow_below(2));
    }
}

/* `wide`: places are multiplied by at least 4, or lead to nothing, so that a large one can be seen
 * to be a lie. */
static void lie_in_array(struct ArrowArray *array, bool wide)
{
    int64_t value = lie();
    switch (arrow_below(11)) {
    case 0: array->length = value < 0 || wide ? value : array->length; break;
    case 1: array->offset = value < 0 || wide ? value : array->offset; break;
    case 2: array->null_count = value; break;
    case 3: array->n_buffers = value; break;
    case 4:
        array->n_buffers = array->n_buffers < 3 ? array->n_buffers - 1 : (int64_t)arrow_below(3);
        break;
    case 5: array->buffers = NULL; break;
    case 6: {
        unsigned which = arrow_below(6);
        if (which < array->n_buffers && array->buffers != NULL)
            array->buffers[which] = NULL;
        break;
    }
    case 7: array->release = NULL; break;
    case 8:
        array->n_children = arrow_below(2) == 0 ? 0 : value;
        array->children = arrow_below(2) == 0 ? NULL : array->children;
        break;
    case 9:
        if (array->n_children > 0 && array->children != NULL)
            array->children[0] = NULL;
        break;
    default: array->dictionary = arrow_below(2) == 0 ? NULL : array;
    }
}

/* The table's own array may lie about its length where there are columns to compare it with. */
static void lie_in_root(struct ArrowArray *root, const arrow_plan *p)
{
    bool compared = false;
    for (unsigned i = 0; i < p->columns; i++)
        compared = compared || (p->kinds[i].form != NOTHING && p->kinds[i].form != FOREIGN);
    switch (arrow_below(3)) {
    case 0:
        root->length = compared ? (arrow_below(2) == 0 ? lie() : root->length + 1000) : -1;
        break;
    case 1:
        root->offset = compared ? (arrow_below(2) == 0 ? lie() : root->offset + 1000) : -1;
        break;
    default: lie_in_array(root, false);
    }
    if (root->release == NULL) { /* the end of a stream */
        root->length = 0;
        free_owner(root->private_data);
    }
}

void arrow_make_batch(struct ArrowArray *root, const arrow_plan *p)
{
    static const int64_t lengths[] = {0, 1, 2, 3, 7, 8, 9, 20, 63, 64, 65, 100, 5, 4097, 17, 33};
    now = new_owner();
    noise = byte() | (uint64_t)byte() << 8;
    int64_t length = lengths[arrow_below(16)];
    begin_array(root, length, 1);
    root->release = release_array;
    root->private_data = now;
    if (p->columns > 0 && arrow_below(4) == 0) {
        root->buffers[0] = memset(take((values_of(root) + 7) / 8), 0xFF, (values_of(root) + 7) / 8);
        root->null_count = -(int64_t)arrow_below(2);
    }
    root->n_children = p->columns;
    root->children = take(p->columns * sizeof *root->children);
    for (unsigned i = 0; i < p->columns; i++) {
        const arrow_kind *k = &p->kinds[i];
        struct ArrowArray *array = root->children[i] = take(sizeof *array);
        int64_t rows = (int64_t)values_of(root) + (arrow_below(4) == 0 ? arrow_below(4) : 0);
        make_array(array, k, lies() && rows > 0 ? rows - 1 : rows);
        if (lies() && array->dictionary != NULL)
            lie_in_array(array->dictionary, true);
        if (lies() && array->n_children == 1)
            lie_in_array(array->children[0], k->width >= 4);
        if (lies())
            lie_in_array(array,
                         k->form == FIXED ? k->width >= 4 : k->form != BITS && k->form != WORDS);
    }
    if (lies())
        lie_in_root(root, p);
}
