/* Schemas of every type, some of which lie. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arrow_input.h"
#include "arrow_make.h"

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
    arrow_free_owner(schema->private_data);
}

/* A consumer releases the base structure and nothing in it. */
static void release_part(struct ArrowSchema *schema)
{
    (void)schema;
    abort();
}

static const arrow_kind kinds[] = {
    {FIXED, 1, "c", 0, 0},          {FIXED, 2, "S", 0, 0},          {FIXED, 4, "i", 0, 0},
    {FIXED, 8, "l", 0, 0},          {FIXED, 8, "g", 0, 0},          {FIXED, 4, "f", 0, 0},
    {FIXED, 4, "tdD", 0, 0},        {FIXED, 8, "tdm", 0, 0},        {FIXED, 4, "ttm", 0, 0},
    {FIXED, 8, "ttn", 0, 0},        {FIXED, 8, "tsu:UTC", 0, 0},    {FIXED, 8, "tDn", 0, 0},
    {FIXED, 3, "w:3", 0, 0},        {FIXED, 40, "w:40", 0, 0},      {BITS, 0, "b", 0, 0},
    {NOTHING, 0, "n", 0, 0},        {SMALL, 0, "u", 0, 0},          {SMALL, 0, "z", 0, 0},
    {LARGE, 0, "U", 0, 0},          {LARGE, 0, "Z", 0, 0},          {VIEWS, 0, "vu", 0, 0},
    {VIEWS, 0, "vz", 0, 0},         {WORDS, 1, "c", SMALL, 0},      {WORDS, 1, "C", LARGE, 0},
    {WORDS, 2, "S", VIEWS, 0},      {WORDS, 4, "i", SMALL, 0},      {WORDS, 8, "l", LARGE, 0},
    {WORDS, 8, "L", SMALL, 0},      {TENSOR, 2, "s", 0, 4},         {TENSOR, 8, "g", 0, 6},
    {TENSOR, 4, "tdD", 0, 1},       {FOREIGN, 0, "", 0, 0},         {FIXED, 2, "e", 0, 0},
    {FIXED, 16, "d:38,2", 0, 0},    {FIXED, 4, "d:9,0,32", 0, 0},   {FIXED, 8, "d:18,18,64", 0, 0},
    {TENSOR, 2, "e", 0, 3},         {LISTS32, 0, "+l", 0, 0},       {LISTS64, 0, "+L", 0, 0},
    {LIST_VIEWS32, 0, "+vl", 0, 0}, {LIST_VIEWS64, 0, "+vL", 0, 0}, {LISTS32, 0, "+l", 0, 0},
    {LISTS64, 0, "+L", 0, 0}, /* twice: most tables have one */
    {LIST_VIEWS32, 0, "+vl", 0, 0}, {LIST_VIEWS64, 0, "+vL", 0, 0},
};

static const char *const foreign[] = {
    "",       "d:39,2",     "d:38,-1",       "+l",      "+s",           "+m",
    "+w:3",   "+w:0",       "+w:4294967296", "w:0",     "w:",           "w:-1",
    "w:4x",   "ts",         "tsx:",          "tss",     "w:2147483648", "tdq",
    "+ud:0",  "+r",         "\xFF\xFE",      "vuu",     "+vl",          "tiM",
    "d:9,10", "d:76,2,256", "d:10,2,32",     "d:38,2,", "+vL"};

/* A NUL-terminated text of the input, of any bytes. */
static char *some_text(unsigned most)
{
    unsigned length = arrow_below(most + 1);
    char *text = arrow_take(length + 1);
    for (unsigned i = 0; i < length; i++)
        text[i] = (char)arrow_byte();
    return text;
}

/* Metadata of `pairs` texts, two a pair; `lied` writes a negative number instead of that one (-1:
 * none, 0: the count). It ends there. */
static char *make_metadata(const char *const *texts, int pairs, int lied)
{
    size_t size = 4, at = 4;
    for (int i = 0; i < 2 * pairs && (lied < 0 || i < lied); i++)
        size += 4 + (i + 1 == lied ? 0 : strlen(texts[i]));
    char *out = arrow_take(lied == 0 ? 4 : size);
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
    schema->format = arrow_take_copy(format, strlen(format) + 1);
    schema->name = name;
    schema->flags = arrow_below(4) == 0 ? 0 : ARROW_FLAG_NULLABLE;
    schema->release = release_part;
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
    case 7: schema->flags = arrow_lie(); break;
    case 8: schema->name = some_text(6); break;
    default:
        for (int64_t i = 0; i < schema->n_children && schema->children != NULL; i++)
            schema->children[i] = arrow_below(2) == 0 ? NULL : schema->children[i];
    }
}

static void make_children(struct ArrowSchema *schema, int64_t n)
{
    schema->n_children = n;
    schema->children = arrow_take((size_t)n * sizeof *schema->children);
    for (int64_t i = 0; i < n; i++)
        schema->children[i] = arrow_take(sizeof **schema->children);
}

/* Chooses a kind. Elements of lists are of those that come before the lists. */
static void choose_kind(arrow_kind *k, bool element)
{
    unsigned n = sizeof kinds / sizeof *kinds;
    while (element && arrow_is_list(&kinds[n - 1]))
        n--;
    *k = kinds[arrow_below(n)];
    if (k->form == FOREIGN)
        k->format = foreign[arrow_below(sizeof foreign / sizeof *foreign)];
}

/* Makes the schema of a column or of the elements of one. */
static void make_field(struct ArrowSchema *schema, const arrow_kind *k, const char *name)
{
    char list[16];
    snprintf(list, sizeof list, "+w:%u", k->elements);
    begin_schema(schema, k->form == TENSOR ? list : k->format, name);
    if (k->form == TENSOR) {
        schema->metadata = tensor_metadata(k->elements);
        make_children(schema, 1);
        begin_schema(schema->children[0], k->format, NULL);
    } else {
        schema->metadata = some_metadata();
    }
    if (k->form == WORDS) {
        schema->dictionary = arrow_take(sizeof *schema->dictionary);
        begin_schema(schema->dictionary,
                     k->values == SMALL   ? "u"
                     : k->values == LARGE ? "U"
                                          : "vu",
                     NULL);
        schema->flags |= arrow_below(3) == 0 ? ARROW_FLAG_DICTIONARY_ORDERED : 0;
    }
}

/* Makes the schema of column `index`. `again`: like one that was made before, by the same plan. */
static void make_column(struct ArrowSchema *schema, arrow_plan *p, unsigned index, bool again)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    arrow_kind *k = &p->kinds[index], *item = &p->items[index];
    if (!again)
        choose_kind(k, false);
    make_field(schema, k, arrow_take_copy(names[index], 2));
    if (!arrow_is_list(k))
        return;
    if (!again)
        choose_kind(item, true);
    make_children(schema, 1);
    make_field(schema->children[0], item, "item");
}

void arrow_make_schema(struct ArrowSchema *root, arrow_plan *p, bool again)
{
    arrow_owner *owner = arrow_new_owner();
    begin_schema(root, arrow_below(64) == 63 ? "+m" : "+s", "");
    root->metadata = some_metadata();
    root->release = release_schema;
    root->private_data = owner;
    if (!again)
        p->columns = arrow_below(MAX_COLUMNS + 1);
    make_children(root, p->columns);
    for (unsigned i = 0; i < p->columns; i++) {
        struct ArrowSchema *column = root->children[i];
        make_column(column, p, i, again);
        if (arrow_lies() && column->dictionary != NULL)
            lie_in_schema(column->dictionary);
        if (arrow_lies() && column->n_children == 1)
            lie_in_schema(column->children[0]);
        if (arrow_lies())
            lie_in_schema(column);
    }
    if (arrow_lies()) {
        lie_in_schema(root);
        if (root->release == NULL) /* as a producer would */
            arrow_free_owner(root->private_data);
    }
}
