/* The layouts of a text: inputs whose records are alike share one. */
#include <stdlib.h>
#include <string.h>

#include "format/hash.h"
#include "ingest/text/text.h"

static bool same_fields(const ing_layout *a, const ing_layout *b)
{
    if (a->n_names != b->n_names || (a->fields == NULL) != (b->fields == NULL) ||
        a->hash != b->hash)
        return false;
    return a->fields == NULL || memcmp(a->fields, b->fields, a->n_names * sizeof *a->fields) == 0;
}

static bool same(const ing_layout *a, const ing_layout *b)
{
    return a->dialect.delimiter == b->dialect.delimiter && a->n_fields == b->n_fields &&
           a->extra == b->extra && same_fields(a, b);
}

const ing_layout *ing_layout_share(ing_text *text, ing_layout *wanted)
{
    const size_t size = wanted->fields == NULL ? 0 : wanted->n_names * sizeof *wanted->fields;
    wanted->hash = size == 0 ? 0 : fmt_hash(wanted->fields, size);
    for (uint32_t i = text->n_layouts; i-- != 0;) /* often it is that of the input before */
        if (same(text->layouts[i], wanted)) {
            free(wanted->fields);
            return text->layouts[i];
        }
    ing_layout *kept = malloc(sizeof *kept);
    ing_layout **layouts = text->layouts;
    if ((text->n_layouts & (text->n_layouts - 1)) == 0) /* full at 0 and at each power of two */
        layouts = realloc(text->layouts, (text->n_layouts * 2u + 1) * sizeof *layouts);
    if (layouts != NULL)
        text->layouts = layouts;
    if (kept == NULL || layouts == NULL) {
        free(kept);
        free(wanted->fields);
        return NULL;
    }
    *kept = *wanted;
    text->layouts_memory += sizeof *kept + size;
    text->layouts[text->n_layouts++] = kept;
    return kept;
}

void ing_layouts_end(ing_text *text)
{
    for (uint32_t i = 0; i < text->n_layouts; i++) {
        free(text->layouts[i]->fields);
        free(text->layouts[i]);
    }
    free(text->layouts);
}
