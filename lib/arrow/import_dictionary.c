#include <stdlib.h>
#include <string.h>

#include "arrow/import.h"
#include "error.h"
#include "secret.h"

/* Whether `text` is the value with that code: asked first, because batches mostly repeat one
 * dictionary. */
static bool is_value(const arrow_dictionary *dictionary, uint64_t code, shmcol_text text)
{
    if (code >= dictionary->count)
        return false;
    int64_t begin = dictionary->offsets[code], end = dictionary->offsets[code + 1];
    return (uint64_t)(end - begin) == text.length &&
           (text.length == 0 ||
            memcmp(dictionary->bytes + begin, text.data, (size_t)text.length) == 0);
}

/* The slot that holds `text`, or the empty one where it would go. */
static uint32_t *find_slot(const arrow_dictionary *dictionary, shmcol_text text)
{
    uint64_t mask = dictionary->n_slots - 1;
    uint64_t hash = shm_keyed_hash(text.data, (size_t)text.length, dictionary->secret);
    for (uint64_t at = hash & mask;; at = (at + 1) & mask) {
        uint32_t *slot = &dictionary->slots[at];
        if (*slot == 0)
            return slot;
        if (is_value(dictionary, *slot - 1, text))
            return slot;
    }
}

static shmcol_status malformed(shmcol_error *err)
{
    return shm_fail(err, SHMCOL_ERR_BAD_ARROW, "",
                    "a value of its dictionary lies outside the dictionary's bytes");
}

static shmcol_status allocate(arrow_dictionary *dictionary, const arrow_texts *texts,
                              shmcol_error *err)
{
    uint64_t bytes = 0, slots = 16;
    if (texts->count > INT32_MAX)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-25",
                        "a dictionary of more than 2,147,483,647 values");
    for (uint64_t i = 0; i < texts->count; i++) {
        shmcol_text text;
        if (!arrow_texts_valid(texts, i))
            continue;
        if (!arrow_texts_at(texts, i, &text))
            return malformed(err);
        if (text.length >
            PTRDIFF_MAX - 1 - bytes) /* no memory has as much, however often a view repeats it */
            return shm_fail_memory(err);
        bytes += text.length;
    }
    while (slots < 2 * texts->count)
        slots *= 2;
    dictionary->offsets = malloc((size_t)(texts->count + 1) * sizeof *dictionary->offsets);
    dictionary->bytes = malloc((size_t)bytes + 1);
    dictionary->slots = calloc((size_t)slots, sizeof *dictionary->slots);
    dictionary->n_slots = slots;
    if (dictionary->offsets == NULL || dictionary->bytes == NULL || dictionary->slots == NULL)
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
    for (uint64_t i = 0; i < texts->count; i++) {
        shmcol_text text;
        if (!arrow_texts_valid(texts, i))
            continue;
        if (!arrow_texts_at(texts, i, &text))
            return malformed(err);
        uint32_t *slot = find_slot(dictionary, text);
        if (*slot != 0)
            continue; /* a duplicate: F-39 wants each string once */
        int64_t at = dictionary->offsets[dictionary->count];
        if (text.length > 0)
            memcpy(dictionary->bytes + at, text.data, (size_t)text.length);
        dictionary->offsets[++dictionary->count] = at + (int64_t)text.length;
        *slot = dictionary->count;
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
        if (is_value(dictionary, i, text)) {
            dictionary->codes[i] = (int32_t)i;
            continue;
        }
        uint32_t *slot = dictionary->n_slots == 0 ? NULL : find_slot(dictionary, text);
        if (slot == NULL || *slot == 0)
            dictionary->unknown = true;
        else
            dictionary->codes[i] = (int32_t)(*slot - 1);
    }
    return SHMCOL_OK;
}

void arrow_dictionary_free(arrow_dictionary *dictionary)
{
    free(dictionary->offsets);
    free(dictionary->bytes);
    free(dictionary->slots);
    free(dictionary->codes);
}
