/* The values of an imported dictionary: each once, and the code of every value of a batch. */
#include "arrow/import_dictionary.h"

#include <stdlib.h>

#include "error.h"

/* Returns the code of value `i` of a batch's dictionary, -1 if there is none. Looks at value `i` of
 * the set first, because batches mostly repeat one dictionary. */
static int32_t code_of(const base_text_set *values, uint64_t i, shmcol_text text)
{
    if (values == NULL)
        return -1;
    if (i < values->count && base_text_set_is(values, (uint32_t)i, text.data, text.length))
        return (int32_t)i;
    return base_text_set_find(values, text.data, text.length);
}

static shmcol_status malformed(shmcol_error *err)
{
    return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "",
                    "a value of its dictionary lies outside the dictionary's bytes");
}

/* Makes the set and room for all of `texts`. */
static shmcol_status allocate(arrow_dictionary *dictionary, const arrow_texts *texts,
                              shmcol_error *err)
{
    uint64_t bytes = 0;
    if (texts->count > INT32_MAX)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-25",
                        "a dictionary of more than 2,147,483,647 values");
    for (uint64_t i = 0; i < texts->count; i++) {
        shmcol_text text;
        if (!arrow_texts_valid(texts, i))
            continue;
        if (!arrow_texts_at(texts, i, &text))
            return malformed(err);
        /* No memory has as many bytes, however often a view repeats them. */
        if (text.length > PTRDIFF_MAX - 1 - bytes)
            return shm_fail_memory(err);
        bytes += text.length;
    }
    dictionary->values = base_text_set_new(dictionary->secret);
    dictionary->offsets = malloc((size_t)(texts->count + 1) * sizeof *dictionary->offsets);
    if (dictionary->values == NULL || dictionary->offsets == NULL ||
        !base_text_set_reserve(dictionary->values, (uint32_t)texts->count, bytes))
        return shm_fail_memory(err);
    dictionary->offsets[0] = 0;
    return SHMCOL_OK;
}

shmcol_status arrow_dictionary_set(arrow_dictionary *dictionary, const arrow_texts *texts,
                                   shmcol_error *err)
{
    arrow_dictionary_free(dictionary);
    *dictionary = (arrow_dictionary){.secret = dictionary->secret};
    shmcol_status status = allocate(dictionary, texts, err);
    if (status != SHMCOL_OK)
        return status;
    base_text_set *values = dictionary->values;
    for (uint64_t i = 0; i < texts->count; i++) {
        shmcol_text text;
        if (!arrow_texts_valid(texts, i))
            continue;
        if (!arrow_texts_at(texts, i, &text))
            return malformed(err);
        if (base_text_set_find(values, text.data, text.length) >= 0)
            continue; /* a duplicate: F-39 wants each string once */
        if (!base_text_set_add(values, text.data, text.length))
            return shm_fail_memory(err);
        dictionary->offsets[values->count] = (int64_t)base_text_set_bytes(values);
    }
    return SHMCOL_OK;
}

shmcol_status arrow_dictionary_map(arrow_dictionary *dictionary, const arrow_texts *texts,
                                   shmcol_error *err)
{
    if (texts->count > dictionary->capacity) {
        int32_t *codes = realloc(dictionary->codes, (size_t)texts->count * sizeof *codes);
        if (codes == NULL)
            return shm_fail_memory(err);
        dictionary->codes = codes;
        dictionary->capacity = texts->count;
    }
    dictionary->texts = *texts;
    dictionary->has_null = false;
    dictionary->unknown = false;
    for (uint64_t i = 0; i < texts->count; i++) {
        shmcol_text text;
        dictionary->codes[i] = -1;
        if (!arrow_texts_valid(texts, i)) {
            dictionary->has_null = true;
            continue;
        }
        if (!arrow_texts_at(texts, i, &text))
            return malformed(err);
        dictionary->codes[i] = code_of(dictionary->values, i, text);
        dictionary->unknown |= dictionary->codes[i] < 0;
    }
    return SHMCOL_OK;
}

void arrow_dictionary_free(arrow_dictionary *dictionary)
{
    if (!dictionary->lent)
        base_text_set_free(dictionary->values);
    free(dictionary->offsets);
    free(dictionary->codes);
}
