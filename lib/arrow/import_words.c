/* Words of imported columns (import_words.h). */
#include "arrow/import_words.h"

#include <stdlib.h>

#include "arrow/import_column.h"
#include "error.h"

/* Adds a word, unless it is there. */
static shmcol_status add(arrow_words *words, shmcol_text text, shmcol_error *err)
{
    if ((words->known != NULL && base_text_set_find(words->known, text.data, text.length) >= 0) ||
        base_text_set_find(words->fresh, text.data, text.length) >= 0)
        return SHMCOL_OK;
    words->many = words->fresh->count >= words->most || words->fresh->count == INT32_MAX;
    if (words->many)
        words->left_out = text;
    if (words->many || base_text_set_add(words->fresh, text.data, text.length))
        return SHMCOL_OK;
    return shm_fail_memory(err);
}

static shmcol_status collect_dictionary(const arrow_column *column, arrow_words *words,
                                        shmcol_error *err)
{
    const arrow_texts *texts = &column->dictionary.texts;
    shmcol_status status = SHMCOL_OK;
    for (uint64_t i = 0; i < texts->count && status == SHMCOL_OK && !words->many; i++) {
        shmcol_text text;
        if (!arrow_texts_valid(texts, i))
            continue;
        if (!arrow_texts_at(texts, i, &text))
            return arrow_column_malformed(column, -1,
                                          "a value of its dictionary lies outside the "
                                          "dictionary's bytes",
                                          err);
        status = add(words, text, err);
    }
    return status;
}

shmcol_status arrow_words_collect(arrow_importer *importer, uint32_t index, arrow_words *words,
                                  shmcol_error *err)
{
    const arrow_column *column = arrow_importer_column(importer, index);
    if (column->type.form == ARROW_DICTIONARY)
        return collect_dictionary(column, words, err);
    shmcol_status status = SHMCOL_OK;
    const bool none = column->type.form == ARROW_NULL;
    for (uint64_t row = 0; row < column->rows && status == SHMCOL_OK && !words->many && !none;
         row++) {
        shmcol_text text;
        bool valid;
        if (!arrow_column_text(column, row, &text, &valid))
            return arrow_column_malformed(column, (int64_t)row, "a string lies outside its bytes",
                                          err);
        if (!valid)
            continue;
        words->bytes += text.length;
        status = add(words, text, err);
    }
    return status;
}

void arrow_words_lend(arrow_importer *importer, uint32_t index, base_text_set *words)
{
    arrow_column *column = arrow_importer_column(importer, index);
    if (column->type.form != ARROW_DICTIONARY)
        return;
    if (!column->dictionary.lent)
        base_text_set_free(column->dictionary.values);
    free(column->dictionary.offsets);
    column->dictionary.offsets = NULL;
    column->as_strings = words == NULL;
    column->dictionary.lent = words != NULL;
    column->dictionary.given = words != NULL;
    column->dictionary.values = words;
}
