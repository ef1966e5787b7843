/* Strings, binaries and dictionaries in place. */
#include "format/bytes.h"
#include "format/ondisk.h"
#include "read/table.h"
#include "read/words.h"

static void fill_strings(const shmcol_file *file, const fmt_descriptor *d, const uint8_t *validity,
                         shmcol_strings *strings)
{
    shmcol_strings all = {
        .count = d->length,
        .offsets = read_slot(file, d, FMT_SLOT_VALUES),
        .data = read_slot(file, d, FMT_SLOT_BYTES),
        .data_length = d->slots[FMT_SLOT_BYTES].stored_length,
        .validity = validity,
    };
    SHM_GIVE(strings, all);
}

static shmcol_status named_strings(const shmcol_file *file, const char *name, uint16_t type,
                                   shmcol_strings *strings, shmcol_error *err)
{
    read_column c;
    SHM_CHECK_SIZE(strings, SHM_STRINGS_SIZE_1_0, err);
    shmcol_status status = read_column_named(file, name, &c, err);
    if (status != SHMCOL_OK)
        return status;
    if (c.descriptor.type != type)
        return read_wrong_type(&c, shmcol_type_name((shmcol_type)type), err);
    if (file->table != NULL)
        return read_not_one_run(&c, err);
    fill_strings(file, &c.descriptor, read_validity(&c), strings);
    return SHMCOL_OK;
}

shmcol_status shmcol_string(const shmcol_file *file, const char *name, shmcol_strings *strings,
                            shmcol_error *err)
{
    return named_strings(file, name, FMT_STRING, strings, err);
}

shmcol_status shmcol_binary(const shmcol_file *file, const char *name, shmcol_strings *strings,
                            shmcol_error *err)
{
    return named_strings(file, name, FMT_BINARY, strings, err);
}

shmcol_status shmcol_strings_column(const shmcol_file *file, uint32_t column,
                                    shmcol_strings *strings, shmcol_error *err)
{
    read_column c;
    SHM_CHECK_SIZE(strings, SHM_STRINGS_SIZE_1_0, err);
    shmcol_status status = read_column_plain(file, column, &c, err);
    if (status != SHMCOL_OK)
        return status;
    if (c.descriptor.type != FMT_STRING && c.descriptor.type != FMT_BINARY)
        return read_wrong_type(&c, "string or binary", err);
    if (file->table != NULL)
        return read_not_one_run(&c, err);
    fill_strings(file, &c.descriptor, read_validity(&c), strings);
    return SHMCOL_OK;
}

shmcol_status shmcol_string_at(const shmcol_strings *strings, uint64_t row, const char **data,
                               uint64_t *length)
{
    if (row >= strings->count)
        return SHMCOL_ERR_OUT_OF_RANGE;
    if (!shmcol_is_valid(strings->validity, row)) {
        *data = NULL;
        *length = 0;
        return SHMCOL_OK;
    }
    /* F-63: each offset is read once, and checked, whatever the file said before. As u64 a negative
     * one is too large. */
    uint64_t begin = (uint64_t)((const volatile int64_t *)strings->offsets)[row];
    uint64_t end = (uint64_t)((const volatile int64_t *)strings->offsets)[row + 1];
    if (begin > end || end > strings->data_length)
        return SHMCOL_ERR_OFFSETS;
    *data = strings->data + begin;
    *length = end - begin;
    return SHMCOL_OK;
}

/* Returns the place of the order in which an unsorted dictionary is searched. It is the file's, and
 * there from the first time that such a dictionary is given out. NULL: no memory. */
static void *order_place(const read_column *c)
{
    shmcol_file *file = (shmcol_file *)(uintptr_t)c->file;
    read_words *words = atomic_load_explicit(&file->words, memory_order_acquire), *made;
    if ((c->dictionary.flags & FMT_FLAG_SORTED) != 0)
        return NULL;
    if (words == NULL) {
        made = read_words_new(file->header.columns);
        if (made == NULL || atomic_compare_exchange_strong(&file->words, &words, made))
            words = made;
        else
            read_words_free(made); /* another thread was faster */
    }
    return words != NULL ? &words->orders[c->index] : NULL;
}

static shmcol_status fill_dictionary(const read_column *c, shmcol_dictionary *dictionary,
                                     shmcol_error *err)
{
    const fmt_descriptor *d = &c->descriptor;
    if (d->type != FMT_DICTIONARY)
        return read_wrong_type(c, "dictionary", err);
    const uint8_t *codes, *validity;
    shmcol_status status = read_values_of(c, &codes, &validity, err);
    if (status != SHMCOL_OK)
        return status;
    shmcol_dictionary all = {
        .count = d->length,
        .codes = codes,
        .code_width = d->width,
        .validity = validity,
        .sorted = (c->dictionary.flags & FMT_FLAG_SORTED) != 0,
        .ordered = (c->dictionary.flags & FMT_FLAG_ORDERED) != 0,
        .values = SHMCOL_STRINGS_INIT,
        .order = order_place(c),
    };
    fill_strings(c->dictionary_file, &c->dictionary, NULL, &all.values);
    SHM_GIVE(dictionary, all);
    return SHMCOL_OK;
}

shmcol_status shmcol_dictionary_get(const shmcol_file *file, const char *name,
                                    shmcol_dictionary *dictionary, shmcol_error *err)
{
    read_column c;
    SHM_CHECK_SIZE(dictionary, SHM_DICTIONARY_SIZE_1_0, err);
    shmcol_status status = read_column_named(file, name, &c, err);
    return status == SHMCOL_OK ? fill_dictionary(&c, dictionary, err) : status;
}

shmcol_status shmcol_dictionary_column(const shmcol_file *file, uint32_t column,
                                       shmcol_dictionary *dictionary, shmcol_error *err)
{
    read_column c;
    SHM_CHECK_SIZE(dictionary, SHM_DICTIONARY_SIZE_1_0, err);
    shmcol_status status = read_column_plain(file, column, &c, err);
    return status == SHMCOL_OK ? fill_dictionary(&c, dictionary, err) : status;
}

shmcol_status shmcol_dictionary_at(const shmcol_dictionary *dictionary, uint64_t row,
                                   const char **data, uint64_t *length)
{
    if (row >= dictionary->count)
        return SHMCOL_ERR_OUT_OF_RANGE;
    if (!shmcol_is_valid(dictionary->validity, row)) {
        *data = NULL;
        *length = 0;
        return SHMCOL_OK;
    }
    int64_t code = shmcol_code_at(dictionary, row);
    if (code < 0 || (uint64_t)code >= dictionary->values.count)
        return SHMCOL_ERR_CODES; /* F-39 */
    return shmcol_string_at(&dictionary->values, (uint64_t)code, data, length);
}
