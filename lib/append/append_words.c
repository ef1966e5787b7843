/* Dictionaries of parts (F-82): the words that the table has, then the new ones. */
#include <stdlib.h>
#include <string.h>

#include "append/append.h"
#include "arrow/import_words.h"
#include "format/dictionary_rule.h"
#include "secret.h"

/* The words of all columns, while they are collected. */
typedef struct collection {
    append_job *job;
    arrow_words *words; /* by column; `fresh` is NULL for one without a dictionary */
} collection;

/* Takes the words of the last part's dictionary. They are checked by the writers of the parts. */
static shmcol_status take_known(const append_job *job, uint32_t index, append_column *c,
                                shmcol_error *err)
{
    shmcol_dictionary d = SHMCOL_DICTIONARY_INIT;
    shmcol_status status = shmcol_dictionary_column(job->last, index, &d, err);
    if (status == SHMCOL_OK && d.values.count > APPEND_WORDS_MAX)
        return shm_fail(err, SHMCOL_ERR_LIMIT, "F-82",
                        "the dictionary of column \"%.200s\" has too many words", c->field.name);
    for (uint64_t i = 0; i < d.values.count && status == SHMCOL_OK; i++) {
        const char *data;
        uint64_t length;
        status = shmcol_string_at(&d.values, i, &data, &length);
        if (status == SHMCOL_OK && base_text_set_find(c->words, data, length) >= 0)
            status = SHMCOL_ERR_DICTIONARY;
        if (status != SHMCOL_OK) {
            shm_fail(err, status, "F-39", "the dictionary of column \"%.200s\" is damaged",
                     c->field.name);
            shm_error_path(err, job->dir);
        } else if (!base_text_set_add(c->words, data, length)) {
            status = shm_fail_memory(err);
        }
    }
    return status;
}

/* Begins the collection of a column's words. */
static shmcol_status begin(append_job *job, uint32_t index, arrow_words *words, shmcol_error *err)
{
    append_column *c = &job->columns[index];
    if (c->field.type != SHMCOL_DICTIONARY && !c->automatic)
        return SHMCOL_OK;
    c->words = base_text_set_new(shm_secret());
    words->fresh = base_text_set_new(shm_secret());
    if (c->words == NULL || words->fresh == NULL)
        return shm_fail_memory(err);
    shmcol_status status = job->file != NULL ? take_known(job, index, c, err) : SHMCOL_OK;
    words->known = c->words;
    words->most = c->automatic                      ? APPEND_WORDS_AUTO
                  : c->ordered && job->file != NULL ? 0
                                                    : APPEND_WORDS_MAX - c->words->count;
    return status;
}

static shmcol_status too_many(const append_job *job, uint32_t index, const arrow_words *words,
                              shmcol_error *err)
{
    const append_column *c = &job->columns[index];
    const int shown = words->left_out.length < 80 ? (int)words->left_out.length : 80;
    shmcol_status status = c->ordered ? SHMCOL_ERR_TYPE_UNSUPPORTED : SHMCOL_ERR_LIMIT;
    if (c->ordered) {
        shm_fail(err, status, "F-84",
                 "column \"%.200s\" has an ordered dictionary, and \"%.*s\" is not in it",
                 c->field.name, shown, words->left_out.data);
        shm_error_hint(err, "its order is known for the words of the first append only");
    } else {
        shm_fail(err, status, "F-82",
                 "the dictionary of column \"%.200s\" would have more than %u words", c->field.name,
                 APPEND_WORDS_MAX);
        shm_error_hint(err, "shmcol-pack DIR --dictionary 'NAME=never' -o NEW makes it a column of "
                            "strings");
    }
    shm_error_column(err, index);
    return status;
}

/* Collects the words of a run of rows (an append_run_fn). */
static shmcol_status collect(void *arg, arrow_importer *importer, uint64_t rows, shmcol_error *err)
{
    collection *all = arg;
    append_job *job = all->job;
    uint64_t bytes = 0;
    (void)rows;
    for (uint32_t i = 0; i < job->n_columns; i++) {
        arrow_words *words = &all->words[i];
        if (words->fresh == NULL)
            continue;
        /* The order of a new dictionary is that of the first batch which has one. */
        if (job->columns[i].ordered && words->fresh->count > 0)
            words->most = words->fresh->count;
        shmcol_status status = arrow_words_collect(importer, i, words, err);
        if (status == SHMCOL_OK && words->many && !job->columns[i].automatic)
            status = too_many(job, i, words, err);
        if (status != SHMCOL_OK)
            return status;
        bytes += base_text_set_memory(words->fresh);
    }
    if (bytes > job->options.memory)
        return shm_fail(err, SHMCOL_ERR_MEMORY_BOUND, "",
                        "the dictionaries do not fit the memory bound");
    return append_ask(&job->options, err);
}

/* Adds the fresh words behind the known ones, sorted among themselves. Those of a new ordered
 * dictionary keep their order. */
static shmcol_status join(append_column *c, const base_text_set *fresh, shmcol_error *err)
{
    uint32_t *order = malloc(((size_t)fresh->count + 1) * sizeof *order);
    bool good = order != NULL && (c->ordered || base_text_set_order(fresh, order));
    for (uint32_t i = 0; i < fresh->count && good; i++) {
        uint64_t length;
        const uint8_t *text = base_text_set_at(fresh, c->ordered ? i : order[i], &length);
        good = base_text_set_add(c->words, text, length);
    }
    free(order);
    return good ? SHMCOL_OK : shm_fail_memory(err);
}

/* Makes the offsets of the words, for writers. */
static shmcol_status measure(append_column *c, shmcol_error *err)
{
    c->offsets = malloc(((size_t)c->words->count + 1) * sizeof *c->offsets);
    if (c->offsets == NULL)
        return shm_fail_memory(err);
    c->offsets[0] = 0;
    for (uint32_t i = 0; i < c->words->count; i++) {
        uint64_t length;
        base_text_set_at(c->words, i, &length);
        c->offsets[i + 1] = c->offsets[i] + (int64_t)length;
    }
    return SHMCOL_OK;
}

/* Decides about an automatic column (C-60), and completes the words of one with a dictionary. */
static shmcol_status complete(const append_job *job, append_column *c, const arrow_words *words,
                              shmcol_error *err)
{
    if (words->fresh == NULL)
        return SHMCOL_OK;
    if (c->automatic && !words->many &&
        fmt_dictionary_pays(job->source->rows, words->fresh->count,
                            base_text_set_bytes(words->fresh), words->bytes))
        c->field.type = SHMCOL_DICTIONARY;
    if (c->field.type != SHMCOL_DICTIONARY) {
        base_text_set_free(c->words);
        c->words = NULL;
        return SHMCOL_OK;
    }
    shmcol_status status = join(c, words->fresh, err);
    return status == SHMCOL_OK ? measure(c, err) : status;
}

shmcol_status append_words(append_job *job, shmcol_error *err)
{
    collection all = {.job = job};
    bool any = false;
    shmcol_status status = SHMCOL_OK;
    all.words = calloc((size_t)job->n_columns + 1, sizeof *all.words);
    if (all.words == NULL)
        return shm_fail_memory(err);
    for (uint32_t i = 0; i < job->n_columns && status == SHMCOL_OK; i++) {
        status = begin(job, i, &all.words[i], err);
        any |= all.words[i].fresh != NULL;
    }
    if (status == SHMCOL_OK && any)
        status = append_source_each(job->source, 0, job->source->rows, collect, &all, err);
    for (uint32_t i = 0; i < job->n_columns && status == SHMCOL_OK; i++) {
        status = complete(job, &job->columns[i], &all.words[i], err);
        if (status != SHMCOL_OK)
            break;
        arrow_words_lend(job->source->importer, i, job->columns[i].words);
        if (job->tail.importer != NULL)
            arrow_words_lend(job->tail.importer, i, job->columns[i].words);
    }
    for (uint32_t i = 0; i < job->n_columns; i++)
        base_text_set_free(all.words[i].fresh);
    free(all.words);
    return status;
}
