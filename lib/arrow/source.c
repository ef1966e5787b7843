/* The values of one exported column, checked for consumers that trust them. */
#include "arrow/source.h"

#include <stdbool.h>
#include <string.h>

#include "error.h"

/* The bytes that empty buffers point at: many consumers take NULL for an absent validity bitmap
 * only. */
static const _Alignas(64) uint8_t nothing[64];

static const void *not_null(const void *pointer)
{
    return pointer != NULL ? pointer : nothing;
}

shmcol_status arrow_source_info(const shmcol_file *file, uint32_t column, shmcol_column_info *info,
                                shmcol_error *err)
{
    shmcol_column_info got = SHMCOL_COLUMN_INFO_INIT;
    shmcol_status status = shmcol_get_column(file, column, &got, err);
    if (status != SHMCOL_OK)
        return status;
    if (!got.supported) {
        status = shm_fail(err, SHMCOL_ERR_COLUMN_UNSUPPORTED, "F-28",
                          "column \"%s\" is of a kind this version cannot read", got.name);
        shm_error_column(err, column);
        shm_error_hint(err, "export the other columns");
        return status;
    }
    *info = got;
    return SHMCOL_OK;
}

static shmcol_status broken(const arrow_source *source, shmcol_status status, const char *rule,
                            uint64_t row, const char *what, shmcol_error *err)
{
    shm_fail(err, status, rule, "column \"%s\": %s", source->info.name, what);
    shm_error_column(err, source->info.index);
    if (row < source->rows)
        shm_error_row(err, (int64_t)row);
    return status;
}

/* Returns true if the offsets obey F-36 for `length` bytes. *row is the first value that breaks it.
 */
static bool offsets_hold(const int64_t *offsets, uint64_t count, uint64_t length, uint64_t *row)
{
    *row = 0;
    if (offsets[0] != 0)
        return false;
    bool descends = false;
    for (uint64_t i = 0; i < count; i++)
        descends |= offsets[i + 1] < offsets[i];
    if (!descends)
        return (uint64_t)offsets[count] == length;
    while (*row < count && offsets[*row + 1] >= offsets[*row])
        ++*row;
    return false;
}

static int64_t code_at(const arrow_source *source, uint64_t row)
{
    switch (source->info.width) {
    case 1: return ((const int8_t *)source->values)[row];
    case 2: return ((const int16_t *)source->values)[row];
    default: return ((const int32_t *)source->values)[row];
    }
}

/* Returns the largest code, with negative ones taken as large, in one pass without branches. */
static uint64_t largest_code(const arrow_source *source)
{
    uint32_t largest = 0;
    uint64_t n = source->rows;
    if (source->info.width == 1) {
        const uint8_t *codes = source->values;
        for (uint64_t i = 0; i < n; i++)
            largest = codes[i] > largest ? codes[i] : largest;
        return largest > INT8_MAX ? UINT64_MAX : largest;
    }
    if (source->info.width == 2) {
        const uint16_t *codes = source->values;
        for (uint64_t i = 0; i < n; i++)
            largest = codes[i] > largest ? codes[i] : largest;
        return largest > INT16_MAX ? UINT64_MAX : largest;
    }
    const uint32_t *codes = source->values;
    for (uint64_t i = 0; i < n; i++)
        largest = codes[i] > largest ? codes[i] : largest;
    return largest > INT32_MAX ? UINT64_MAX : largest;
}

/* Checks the codes by F-39, those of null slots too: consumers look values up before they look at
 * the validity. Only in an empty dictionary is the 0 of a null slot outside. */
static shmcol_status check_codes(const arrow_source *source, shmcol_error *err)
{
    uint64_t distinct = source->dictionary.count;
    if (source->rows == 0 || largest_code(source) < distinct)
        return SHMCOL_OK;
    for (uint64_t row = 0; row < source->rows; row++) {
        int64_t code = code_at(source, row);
        if (code == 0 && distinct == 0 && !shmcol_is_valid(source->validity, row))
            continue;
        if (code < 0 || (uint64_t)code >= distinct)
            return broken(source, SHMCOL_ERR_CODES, "F-39", row,
                          "a code lies outside the dictionary", err);
    }
    return SHMCOL_OK;
}

/* Checks the null count by F-35: consumers size results by it. */
static shmcol_status check_null_count(const arrow_source *source, shmcol_error *err)
{
    if (source->validity == NULL)
        return SHMCOL_OK;
    uint64_t valid = 0, words = source->rows / 64;
    for (uint64_t i = 0; i < words; i++) {
        uint64_t word;
        memcpy(&word, source->validity + 8 * i, sizeof word);
        valid += (uint64_t)__builtin_popcountll(word);
    }
    for (uint64_t row = 64 * words; row < source->rows; row++)
        valid += (uint64_t)shmcol_is_valid(source->validity, row);
    if (source->rows - valid == source->info.null_count)
        return SHMCOL_OK;
    return broken(source, SHMCOL_ERR_VALIDITY, "F-35", UINT64_MAX,
                  "the null count is not the one of the validity bitmap", err);
}

static shmcol_status check(const arrow_source *source, shmcol_error *err)
{
    uint64_t row = 0;
    shmcol_type type = source->info.type;
    if ((type == SHMCOL_STRING || type == SHMCOL_BINARY) &&
        !offsets_hold(source->values, source->rows, source->info.bytes.length, &row))
        return broken(source, SHMCOL_ERR_OFFSETS, "F-36", row,
                      "offsets do not ascend from 0 to the length of the bytes", err);
    if (type == SHMCOL_LIST) {
        const shmcol_strings *strings = &source->list.strings;
        if (!offsets_hold(source->values, source->rows, source->list.n_elements, &row))
            return broken(source, SHMCOL_ERR_OFFSETS, "F-36", row,
                          "offsets do not ascend from 0 to the number of elements", err);
        if (source->info.element == SHMCOL_STRING &&
            !offsets_hold(strings->offsets, strings->count, strings->data_length, &row))
            return broken(source, SHMCOL_ERR_OFFSETS, "F-36", UINT64_MAX,
                          "the elements' offsets do not ascend to the length of their bytes", err);
    }
    if (type == SHMCOL_DICTIONARY) {
        const shmcol_strings *values = &source->dictionary;
        if (!offsets_hold(values->offsets, values->count, values->data_length, &row))
            return broken(source, SHMCOL_ERR_OFFSETS, "F-36", UINT64_MAX,
                          "the dictionary's offsets do not ascend to the length of its bytes", err);
        shmcol_status status = check_codes(source, err);
        if (status != SHMCOL_OK)
            return status;
    }
    return check_null_count(source, err);
}

/* Adds to the error of a column that is no single run what to do for an export. */
static shmcol_status hint_stream(shmcol_status status, shmcol_error *err)
{
    if (status == SHMCOL_ERR_NOT_ONE_RUN)
        shm_error_hint(err, "export a stream, which gives a batch for each part");
    return status;
}

/* Sets the pointers to the values, by the kind of column. */
static shmcol_status find_values(const shmcol_file *file, uint32_t column, arrow_source *source,
                                 shmcol_error *err)
{
    shmcol_strings strings = SHMCOL_STRINGS_INIT;
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    shmcol_list list = SHMCOL_LIST_INIT;
    shmcol_status status;
    switch (source->info.type) {
    case SHMCOL_STRING:
    case SHMCOL_BINARY:
        status = hint_stream(shmcol_strings_column(file, column, &strings, err), err);
        source->values = strings.offsets;
        source->bytes = not_null(strings.data);
        source->validity = strings.validity;
        return status;
    case SHMCOL_LIST:
        status = hint_stream(shmcol_list_column(file, column, &list, err), err);
        list.elements = not_null(list.elements);
        list.strings.data = not_null(list.strings.data);
        source->list = list;
        source->values = list.offsets;
        source->validity = list.validity;
        return status;
    case SHMCOL_DICTIONARY:
        status = shmcol_dictionary_column(file, column, &dictionary, err);
        source->values = not_null(dictionary.codes);
        source->validity = dictionary.validity;
        source->dictionary = dictionary.values;
        source->dictionary.data = not_null(dictionary.values.data);
        return status;
    default:
        status = shmcol_values(file, column, &source->values, &source->validity, err);
        source->values = not_null(source->values);
        return status;
    }
}

shmcol_status arrow_source_open(const shmcol_file *file, uint32_t column, uint32_t flags,
                                arrow_source *source, shmcol_error *err)
{
    memset(source, 0, sizeof *source);
    source->rows = shmcol_rows(file);
    shmcol_status status = arrow_source_info(file, column, &source->info, err);
    if (status != SHMCOL_OK)
        return status;
    status = find_values(file, column, source, err);
    if (status != SHMCOL_OK)
        return status;
    return (flags & SHMCOL_ARROW_TRUSTED) != 0 ? SHMCOL_OK : check(source, err);
}

bool arrow_is_table(const shmcol_file *file)
{
    shmcol_file *part;
    return shmcol_part(file, 0, &part, NULL) != SHMCOL_OK || part != file;
}

/* Takes the values from the table's array over all parts, which begins `first` rows before those of
 * the part. A part begins at a whole byte of the bitmap (F-79). */
static shmcol_status take_from_array(const shmcol_file *table, uint32_t column, uint64_t first,
                                     arrow_source *source, shmcol_error *err)
{
    const void *values;
    const uint8_t *validity;
    shmcol_status status = shmcol_values(table, column, &values, &validity, err);
    if (status != SHMCOL_OK || source->rows == 0)
        return status;
    source->values = (const uint8_t *)values + first * source->info.width;
    source->validity = validity != NULL ? validity + first / 8 : NULL;
    return SHMCOL_OK;
}

/* Takes the values of the table's dictionary, which is that of its last part (F-82). */
static shmcol_status take_dictionary(const shmcol_file *table, uint32_t column,
                                     arrow_source *source, shmcol_error *err)
{
    shmcol_dictionary dictionary = SHMCOL_DICTIONARY_INIT;
    shmcol_file *last;
    shmcol_status status = shmcol_part(table, shmcol_parts(table) - 1, &last, err);
    if (status == SHMCOL_OK)
        status = shmcol_dictionary_column(last, column, &dictionary, err);
    if (status != SHMCOL_OK)
        return status;
    source->dictionary = dictionary.values;
    source->dictionary.data = not_null(dictionary.values.data);
    return SHMCOL_OK;
}

shmcol_status arrow_source_open_part(const shmcol_file *table, uint64_t part, uint32_t column,
                                     uint32_t flags, arrow_source *source, shmcol_error *err)
{
    shmcol_file_info info = SHMCOL_FILE_INFO_INIT;
    shmcol_file *file;
    shmcol_status status = shmcol_part(table, part, &file, err);
    if (status == SHMCOL_OK)
        status = shmcol_get_info(file, &info, err);
    if (status == SHMCOL_OK)
        status = arrow_source_open(file, column, SHMCOL_ARROW_TRUSTED, source, err);
    if (status == SHMCOL_OK && source->info.type == SHMCOL_DICTIONARY)
        status = take_dictionary(table, column, source, err);
    if (status == SHMCOL_OK && source->info.width != 0 && info.private_pages)
        status = take_from_array(table, column, info.first_row, source, err);
    if (status != SHMCOL_OK)
        return status;
    return (flags & SHMCOL_ARROW_TRUSTED) != 0 ? SHMCOL_OK : check(source, err);
}
